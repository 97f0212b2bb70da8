/*
 * Job policy: what is done when a process makes an object, maps memory writable
 * and executable, or names no handle (tasks.md 1.5, 10.3).
 *
 * Conditions are numbered as user space of the era numbers them; here they are
 * no more than places in a word. A job's policy changes only while it has no
 * children, so that each process has a copy which is fixed for its life.
 */
#ifndef KERNEL_POLICY_H
#define KERNEL_POLICY_H

#include <kernel/process.h>
#include <zircon/syscalls/policy.h>

#define POLICY_CONDITION_BITS 4
#define POLICY_CONDITION_MASK 15u
#define POLICY_CONDITION_COUNT 16

/* How the era numbers conditions. */
struct policy_numbers {
	u32 condition_count;
	u32 new_conditions;	/* bit n: condition n is one of ZX_POL_NEW_* */
};

/*
 * Applies the entries to the policy, all or none. In order: INVALID_ARGS (a
 * condition or a flag is unknown), NOT_SUPPORTED (an action is), ALREADY_EXISTS
 * (`absolute`, and a condition whose override is DENY has another action). Not
 * absolute: such entries are left out.
 */
MUST_CHECK zx_status_t policy_apply(struct policy *p,
				    const zx_policy_basic_v2_t *entries,
				    u32 count, bool absolute,
				    const struct policy_numbers *numbers);
/* INVALID_ARGS: a negative slack, an unknown mode. The larger slack stays. */
MUST_CHECK zx_status_t policy_set_slack(struct policy *p,
					const zx_policy_timer_slack_t *slack);

zx_status_t policy_act(u32 condition, u32 action, zx_status_t denied);

/* What the caller's job says to the condition: ZX_OK or `denied`, after an
 * exception or a kill of the caller's process if it says so. Any lock may be
 * held; one load and a test where nothing is set. */
static inline MUST_CHECK zx_status_t policy_check_or(u32 condition,
						     zx_status_t denied)
{
	u64 actions = process_current()->policy_actions;
	u32 action = (u32)(actions >> (condition * POLICY_CONDITION_BITS)) &
		     POLICY_CONDITION_MASK;

	return __builtin_expect(action == ZX_POL_ACTION_ALLOW, 1)
		       ? ZX_OK : policy_act(condition, action, denied);
}

static inline MUST_CHECK zx_status_t policy_check(u32 condition)
{
	return policy_check_or(condition, ZX_ERR_ACCESS_DENIED);
}

/* The calling thread named no handle of its process: BAD_HANDLE, after what the
 * policy says. */
zx_status_t policy_bad_handle(void);

#endif
