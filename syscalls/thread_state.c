/*
 * Register state of threads (tasks.md 7.4, 7.5).
 */
#include <kernel/boot.h>
#include <kernel/handle.h>
#include <kernel/suspend.h>
#include <syscall_protos.h>
#include <syscalls/user.h>
#include <zircon/syscalls/debug.h>

#include "era.h"

/* A record of any kind. */
union thread_state {
	zx_thread_state_general_regs_t general;
	zx_thread_state_vector_regs_t vector;
	zx_thread_state_debug_regs_t debug;
	u64 word;
};

/* Kind and size, in this order; *bytes is what the kind's record has. */
static zx_status_t check_kind(u32 kind, size_t size, size_t *bytes)
{
	*bytes = arch_thread_state_bytes(kind);
	if (*bytes == 0)
		return ZX_ERR_INVALID_ARGS;
	return size < *bytes ? ZX_ERR_BUFFER_TOO_SMALL : ZX_OK;
}

static zx_status_t read_state(struct thread *t, u32 kind, uaddr_t buffer,
			      size_t size)
{
	union thread_state state;
	size_t bytes;
	zx_status_t status = check_kind(kind, size, &bytes);

	if (status == ZX_OK)
		status = thread_read_state(t, kind, &state);
	if (status == ZX_OK)
		status = user_write(buffer, &state, bytes);
	return status;
}

zx_status_t sys_thread_read_state(zx_handle_t handle, uint32_t kind,
				  uaddr_t buffer, size_t buffer_size)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_THREAD,
					ZX_RIGHT_READ, &o);

	if (status != ZX_OK)
		return status;
	status = read_state(thread_from_object(o), kind, buffer, buffer_size);
	object_unref(o);
	return status;
}

static bool debug_regs_are_refused(void)
{
	return ERA_DEBUG_REGS_ARE_DEBUG &&
	       !boot_has_arg("kernel.enable-debugging-syscalls");
}

/* What is larger than the record is accepted, and the rest not looked at. */
static zx_status_t write_state(struct thread *t, u32 kind, uaddr_t buffer,
			       size_t size)
{
	union thread_state state;
	size_t bytes;
	zx_status_t status = check_kind(kind, size, &bytes);

	if (status == ZX_OK)
		status = user_read(&state, buffer, bytes);
	if (status == ZX_OK && kind == ZX_THREAD_STATE_DEBUG_REGS &&
	    debug_regs_are_refused())
		return ZX_ERR_NOT_SUPPORTED;
	if (status == ZX_OK)
		status = thread_write_state(t, kind, &state);
	return status;
}

zx_status_t sys_thread_write_state(zx_handle_t handle, uint32_t kind,
				   uaddr_t buffer, size_t buffer_size)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_THREAD,
					ZX_RIGHT_WRITE, &o);

	if (status != ZX_OK)
		return status;
	status = write_state(thread_from_object(o), kind, buffer, buffer_size);
	object_unref(o);
	return status;
}
