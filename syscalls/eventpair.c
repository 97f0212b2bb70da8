/*
 * Calls on eventpairs (tasks.md 13).
 */
#include <kernel/eventpair.h>
#include <kernel/policy.h>
#include <syscall_protos.h>

zx_status_t sys_eventpair_create(uint32_t options, uaddr_t out0, uaddr_t out1)
{
	struct peer *a, *b;
	zx_status_t status;

	if (options)
		return ZX_ERR_NOT_SUPPORTED;
	status = policy_check(ZX_POL_NEW_EVENTPAIR);
	if (status != ZX_OK)
		return status;
	status = eventpair_create(&a, &b);
	if (status != ZX_OK)
		return status;
	return peer_make_handles(a, b, ZX_DEFAULT_EVENTPAIR_RIGHTS, out0, out1);
}
