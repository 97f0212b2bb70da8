/*
 * Calls on timers (pager-port.md 12.8).
 */
#include <kernel/policy.h>
#include <kernel/timer_object.h>
#include <syscall_protos.h>

#include "era.h"

zx_status_t sys_timer_create(uint32_t options, zx_clock_t clock_id, uaddr_t out)
{
	struct object *o;
	zx_status_t status;

	if (clock_id != ZX_CLOCK_MONOTONIC &&
	    (!ERA_TIMER_KNOWS_BOOT_CLOCK || clock_id != TIMER_CLOCK_BOOT))
		return ZX_ERR_INVALID_ARGS;
	status = policy_check(ZX_POL_NEW_TIMER);
	if (status != ZX_OK)
		return status;
	if (options > ZX_TIMER_SLACK_LATE)
		return ZX_ERR_INVALID_ARGS;
	status = timer_object_create(options, &o);
	if (status != ZX_OK)
		return status;
	status = handle_make(o, ZX_DEFAULT_TIMER_RIGHTS, out);
	object_unref(o);
	return status;
}

zx_status_t sys_timer_set(zx_handle_t handle, zx_time_t deadline,
			  zx_duration_t slack)
{
	struct object *o;
	zx_status_t status;

	if (slack < 0)
		return ZX_ERR_OUT_OF_RANGE;
	status = handle_get(handle, ZX_OBJ_TYPE_TIMER, ZX_RIGHT_WRITE, &o);
	if (status != ZX_OK)
		return status;
	if (slack < process_current()->timer_slack)
		slack = process_current()->timer_slack;
	timer_object_set(o, deadline, slack);
	object_unref(o);
	return ZX_OK;
}

zx_status_t sys_timer_cancel(zx_handle_t handle)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_TIMER,
					ZX_RIGHT_WRITE, &o);

	if (status != ZX_OK)
		return status;
	timer_object_cancel(o);
	object_unref(o);
	return ZX_OK;
}
