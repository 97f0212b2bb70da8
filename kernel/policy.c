/*
 * Job policy: see <kernel/policy.h>.
 */
#include <kernel/policy.h>

static bool raises(u32 action)
{
	return action == ZX_POL_ACTION_ALLOW_EXCEPTION ||
	       action == ZX_POL_ACTION_DENY_EXCEPTION;
}

/* A kill takes effect on the way back to user mode; the call fails until then,
 * so that nothing is made. */
__attribute__((noinline)) zx_status_t policy_act(u32 condition, u32 action,
						 zx_status_t denied)
{
	if (raises(action))
		exception_raise_policy(condition, 0);
	if (action == ZX_POL_ACTION_KILL)
		process_kill(process_current(), ZX_TASK_RETCODE_POLICY_KILL);
	return action == ZX_POL_ACTION_ALLOW_EXCEPTION ? ZX_OK : denied;
}

zx_status_t policy_bad_handle(void)
{
	status_ignore(policy_check_or(ZX_POL_BAD_HANDLE, ZX_ERR_BAD_HANDLE));
	return ZX_ERR_BAD_HANDLE;
}

static zx_status_t check_entries(const zx_policy_basic_v2_t *entries, u32 count,
				 const struct policy_numbers *numbers)
{
	for (u32 i = 0; i < count; i++)
		if (entries[i].condition >= numbers->condition_count ||
		    entries[i].flags > ZX_POL_OVERRIDE_DENY)
			return ZX_ERR_INVALID_ARGS;
	for (u32 i = 0; i < count; i++)
		if (entries[i].action > ZX_POL_ACTION_KILL)
			return ZX_ERR_NOT_SUPPORTED;
	return ZX_OK;
}

/* False: the condition is sealed with another action. */
static bool set_one(struct policy *p, u32 condition,
		    const zx_policy_basic_v2_t *e)
{
	u32 shift = condition * POLICY_CONDITION_BITS;

	if (p->sealed & 1u << condition)
		return (p->actions >> shift & POLICY_CONDITION_MASK) ==
		       e->action;
	p->actions &= ~((u64)POLICY_CONDITION_MASK << shift);
	p->actions |= (u64)e->action << shift;
	if (e->flags == ZX_POL_OVERRIDE_DENY)
		p->sealed |= 1u << condition;
	return true;
}

/* One entry, which stands for several conditions if it is NEW_ANY. */
static bool set_entry(struct policy *p, const zx_policy_basic_v2_t *e,
		      const struct policy_numbers *numbers)
{
	u32 conditions = 1u << e->condition;
	bool good = true;

	if (e->condition == ZX_POL_NEW_ANY)
		conditions |= numbers->new_conditions;
	for (u32 n = 0; n < numbers->condition_count; n++)
		if (conditions & 1u << n)
			good &= set_one(p, n, e);
	return good;
}

zx_status_t policy_apply(struct policy *p, const zx_policy_basic_v2_t *entries,
			 u32 count, bool absolute,
			 const struct policy_numbers *numbers)
{
	zx_status_t status = check_entries(entries, count, numbers);
	struct policy changed = *p;

	if (status != ZX_OK)
		return status;
	for (u32 i = 0; i < count; i++)
		if (!set_entry(&changed, &entries[i], numbers) && absolute)
			return ZX_ERR_ALREADY_EXISTS;
	*p = changed;
	return ZX_OK;
}

/* Children copy what their parent had: so the larger is the largest of all on
 * the way to the root. */
zx_status_t policy_set_slack(struct policy *p,
			     const zx_policy_timer_slack_t *slack)
{
	if (slack->min_slack < 0 || slack->default_mode > ZX_TIMER_SLACK_LATE)
		return ZX_ERR_INVALID_ARGS;
	if (slack->min_slack > p->timer_slack)
		p->timer_slack = slack->min_slack;
	p->slack_mode = slack->default_mode;
	return ZX_OK;
}
