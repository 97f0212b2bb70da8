/*
 * Calls on jobs (tasks.md 10).
 */
#include <kernel/policy.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "either.h"
#include "era.h"

#define POLICY_MAX_ENTRIES 32u	/* of one call */

static zx_status_t make_handle(struct job *parent, uaddr_t out)
{
	struct job *job;
	zx_status_t status = job_create(parent, &job);

	if (status != ZX_OK)
		return status;
	status = handle_make(&job->object, ZX_DEFAULT_JOB_RIGHTS, out);
	object_unref(&job->object);
	return status;
}

zx_status_t sys_job_create(zx_handle_t parent_job, uint32_t options,
			   uaddr_t out)
{
	struct object *parent;
	zx_status_t status;

	if (options)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get_either(parent_job, ZX_OBJ_TYPE_JOB,
				   ZX_RIGHT_MANAGE_JOB, ZX_RIGHT_WRITE,
				   &parent);
	if (status != ZX_OK)
		return status;
	status = make_handle(job_from_object(parent), out);
	object_unref(parent);
	return status;
}

/* What zx_job_set_policy was given, read once. */
struct policy_args {
	u32 count;
	bool absolute;
	union {
		zx_policy_basic_v1_t v1[POLICY_MAX_ENTRIES];
		zx_policy_basic_v2_t v2[POLICY_MAX_ENTRIES];
		zx_policy_timer_slack_t slack;
	};
};

/* Checks 1 and 2 of tasks.md 10.3. */
static zx_status_t check_policy(u32 options, u32 topic, uaddr_t policy,
				u32 count)
{
	bool is_slack = topic == ZX_JOB_POL_TIMER_SLACK;

	if (!is_slack && topic != ZX_JOB_POL_BASIC_V1 &&
	    topic != ZX_JOB_POL_BASIC_V2)
		return ZX_ERR_INVALID_ARGS;
	if (options != ZX_JOB_POL_RELATIVE && options != ZX_JOB_POL_ABSOLUTE)
		return ZX_ERR_INVALID_ARGS;
	if (!policy || count == 0 || count > POLICY_MAX_ENTRIES)
		return ZX_ERR_INVALID_ARGS;
	if (is_slack && (options != ZX_JOB_POL_RELATIVE || count != 1))
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

static zx_status_t read_policy(struct policy_args *a, u32 topic, uaddr_t policy)
{
	if (topic == ZX_JOB_POL_TIMER_SLACK)
		return user_read(&a->slack, policy, sizeof(a->slack));
	if (topic == ZX_JOB_POL_BASIC_V1)
		return user_read(a->v1, policy, a->count * sizeof(a->v1[0]));
	return user_read(a->v2, policy, a->count * sizeof(a->v2[0]));
}

/* Entries without flags may not be loosened. In place, from the end, since the
 * new ones are the longer. */
static void upgrade_entries(struct policy_args *a)
{
	for (u32 i = a->count; i-- > 0;) {
		zx_policy_basic_v1_t old = a->v1[i];

		a->v2[i] = (zx_policy_basic_v2_t){
			.condition = old.condition,
			.action = old.policy,
			.flags = ZX_POL_OVERRIDE_DENY,
		};
	}
}

static zx_status_t set_policy(struct job *job, u32 topic, struct policy_args *a)
{
	static const struct policy_numbers numbers = {
		.condition_count = ERA_POL_MAX,
		.new_conditions = ERA_POL_NEW_CONDITIONS,
	};

	if (topic == ZX_JOB_POL_TIMER_SLACK)
		return job_set_slack(job, &a->slack);
	if (topic == ZX_JOB_POL_BASIC_V1)
		upgrade_entries(a);
	return job_set_policy(job, a->v2, a->count, a->absolute, &numbers);
}

zx_status_t sys_job_set_policy(zx_handle_t handle, uint32_t options,
			       uint32_t topic, uaddr_t policy,
			       uint32_t policy_size)
{
	struct policy_args args;
	struct object *job;
	zx_status_t status = check_policy(options, topic, policy, policy_size);

	if (status != ZX_OK)
		return status;
	args.count = policy_size;
	args.absolute = options == ZX_JOB_POL_ABSOLUTE;
	status = read_policy(&args, topic, policy);
	if (status != ZX_OK)
		return status;
	status = handle_get(handle, ZX_OBJ_TYPE_JOB, ZX_RIGHT_SET_POLICY, &job);
	if (status != ZX_OK)
		return status;
	status = set_policy(job_from_object(job), topic, &args);
	object_unref(job);
	return status;
}

zx_status_t sys_job_set_critical(zx_handle_t job, uint32_t options,
				 zx_handle_t process)
{
	struct object *j, *p;
	zx_status_t status;

	if (options & ~ZX_JOB_CRITICAL_PROCESS_RETCODE_NONZERO)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(job, ZX_OBJ_TYPE_JOB, ZX_RIGHT_DESTROY, &j);
	if (status != ZX_OK)
		return status;
	status = handle_get(process, ZX_OBJ_TYPE_PROCESS, ZX_RIGHT_WAIT, &p);
	if (status == ZX_OK) {
		status = process_set_critical(process_from_object(p),
					      job_from_object(j), options != 0);
		object_unref(p);
	}
	object_unref(j);
	return status;
}
