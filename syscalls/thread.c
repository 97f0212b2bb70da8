/*
 * Calls on threads (tasks.md 7).
 */
#include <kernel/process.h>
#include <mm/reclaim.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

/* Frames of a thread: its kernel stack, and a record. */
#define THREAD_FRAMES 8

/* The thread is NEW: PROCESS_THREADS shows it from its start on. */
static zx_status_t create(struct process *p, const char *name, uaddr_t out)
{
	struct thread *t;
	zx_status_t status;

	do {
		status = process_create_thread(p, name, &t);
	} while (mm_try_again(status, THREAD_FRAMES));
	if (status != ZX_OK)
		return status;
	status = handle_make(&t->object, ZX_DEFAULT_THREAD_RIGHTS, out);
	object_unref(&t->object);
	return status;
}

/* Options, name, process, state, out (7.1). */
zx_status_t sys_thread_create(zx_handle_t process, uaddr_t name,
			      size_t name_size, uint32_t options, uaddr_t out)
{
	char text[ZX_MAX_NAME_LEN];
	struct object *o;
	zx_status_t status;

	if (options)
		return ZX_ERR_INVALID_ARGS;
	status = user_read_name(text, name, name_size);
	if (status != ZX_OK)
		return status;
	status = handle_get(process, ZX_OBJ_TYPE_PROCESS,
			    ZX_RIGHT_MANAGE_THREAD, &o);
	if (status != ZX_OK)
		return status;
	status = create(process_from_object(o), text, out);
	object_unref(o);
	return status;
}

/* Two starters race under the process's lock: exactly one wins. The stack is
 * not looked at: the thread faults when it uses a bad one. */
zx_status_t sys_thread_start(zx_handle_t handle, zx_vaddr_t thread_entry,
			     zx_vaddr_t stack, uintptr_t arg1, uintptr_t arg2)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_THREAD,
					ZX_RIGHT_MANAGE_THREAD, &o);

	if (status != ZX_OK)
		return status;
	status = process_start_thread(thread_from_object(o), thread_entry,
				      stack, arg1, arg2);
	object_unref(o);
	return status;
}

void sys_thread_exit(void)
{
	thread_exit();
}
