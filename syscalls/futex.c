/*
 * Futexes (tasks.md 11).
 */
#include <kernel/futex.h>
#include <kernel/handle.h>
#include <syscall_protos.h>

/* What the owner's handle says is judged only after the comparison of the
 * word: so its status goes along. */
zx_status_t sys_futex_wait(uaddr_t value_ptr, zx_futex_t current_value,
			   zx_handle_t new_futex_owner, zx_time_t deadline)
{
	zx_status_t found = ZX_OK;
	struct object *o = NULL;
	zx_status_t status;

	if (new_futex_owner != ZX_HANDLE_INVALID)
		found = handle_get(new_futex_owner, ZX_OBJ_TYPE_THREAD, 0, &o);
	status = futex_wait(value_ptr, (u32)current_value, found,
			    o ? thread_from_object(o) : NULL, deadline);
	if (o)
		object_unref(o);
	return status;
}

zx_status_t sys_futex_wake(uaddr_t value_ptr, uint32_t wake_count)
{
	return futex_wake(value_ptr, wake_count);
}
