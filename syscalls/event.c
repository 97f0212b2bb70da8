/*
 * Calls on events (tasks.md 13).
 */
#include <kernel/event.h>
#include <kernel/policy.h>
#include <syscall_protos.h>

zx_status_t sys_event_create(uint32_t options, uaddr_t out)
{
	struct object *o;
	zx_status_t status;

	if (options)
		return ZX_ERR_INVALID_ARGS;
	status = policy_check(ZX_POL_NEW_EVENT);
	if (status != ZX_OK)
		return status;
	status = event_create(&o);
	if (status != ZX_OK)
		return status;
	status = handle_make(o, ZX_DEFAULT_EVENT_RIGHTS, out);
	object_unref(o);
	return status;
}
