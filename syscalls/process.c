/* Calls on processes (tasks.md 6). */
#include <kernel/policy.h>
#include <mm/reclaim.h>
#include <mm/vmar.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "either.h"

/* Frames that a process begins with: tables, a root VMAR, handles. */
#define PROCESS_FRAMES 8

/* All plain values are copied out before a handle becomes live. */
static zx_status_t copy_two(uaddr_t out0, zx_handle_t value0, uaddr_t out1,
			    zx_handle_t value1)
{
	zx_status_t status = user_put_u32(out0, value0);

	return status == ZX_OK ? user_put_u32(out1, value1) : status;
}

/* Both handles or none. */
static zx_status_t make_handles(struct process *p, uaddr_t proc_handle,
				uaddr_t vmar_handle)
{
	struct handle_slot proc, vmar;
	zx_status_t status = handle_reserve(handle_table_current(), &proc);

	if (status != ZX_OK)
		return status;
	status = handle_reserve(handle_table_current(), &vmar);
	if (status != ZX_OK)
		goto cancel_proc;
	status = copy_two(proc_handle, proc.value, vmar_handle, vmar.value);
	if (status != ZX_OK)
		goto cancel_vmar;
	handle_publish(&proc, &p->object, ZX_DEFAULT_PROCESS_RIGHTS);
	handle_publish(&vmar, &process_root_vmar(p)->object,
		       VMAR_ROOT_RIGHTS);
	return ZX_OK;
cancel_vmar:
	handle_cancel(&vmar);
cancel_proc:
	handle_cancel(&proc);
	return status;
}

/* Options, policy, name, job, state, outs (6.1). A process whose handles cannot
 * be told is killed, since nothing else would end it. */
zx_status_t sys_process_create(zx_handle_t job, uaddr_t name, size_t name_size,
			       uint32_t options, uaddr_t proc_handle,
			       uaddr_t vmar_handle)
{
	char text[ZX_MAX_NAME_LEN];
	struct process *p;
	struct object *o;
	zx_status_t status;

	if (options)
		return ZX_ERR_INVALID_ARGS;
	status = policy_check(ZX_POL_NEW_PROCESS);
	if (status != ZX_OK)
		return status;
	status = user_read_name(text, name, name_size);
	if (status != ZX_OK)
		return status;
	status = handle_get_either(job, ZX_OBJ_TYPE_JOB,
				   ZX_RIGHT_MANAGE_PROCESS, ZX_RIGHT_WRITE, &o);
	if (status != ZX_OK)
		return status;
	do {
		status = process_create(job_from_object(o), text, &p);
	} while (mm_try_again(status, PROCESS_FRAMES));
	object_unref(o);
	if (status != ZX_OK)
		return status;
	status = make_handles(p, proc_handle, vmar_handle);
	if (status != ZX_OK)
		process_kill(p, ZX_TASK_RETCODE_SYSCALL_KILL);
	object_unref(&p->object);
	return status;
}

/* Steps 5 to 9 of tasks.md 6.2 with a handle to pass on. */
static zx_status_t start_with_handle(struct process *p, struct thread *t,
				     uaddr_t entry, uaddr_t stack,
				     const struct handle_taken *arg1, u64 arg2)
{
	struct handle_slot slot;
	zx_status_t status;

	if (!(arg1->rights & ZX_RIGHT_TRANSFER))
		return ZX_ERR_ACCESS_DENIED;
	status = handle_reserve(p->handles, &slot);
	if (status != ZX_OK)
		return status;
	status = process_publish_handle(p, &slot, arg1);
	if (status != ZX_OK) {
		handle_cancel(&slot);
		return status;
	}
	status = process_start(p, t, entry, stack, slot.value, arg2);
	/* BAD_HANDLE if the process died meanwhile, which closed it. */
	if (status != ZX_OK)
		status_ignore(handle_close(p->handles, slot.value));
	return status;
}

/* Row 4 comes before anything is done with arg1. */
static zx_status_t start(struct process *p, struct thread *t, uaddr_t entry,
			 uaddr_t stack, const struct handle_taken *arg1,
			 u64 arg2)
{
	if (t->process != p)
		return ZX_ERR_ACCESS_DENIED;
	if (!arg1->object)
		return process_start(p, t, entry, stack, 0, arg2);
	return start_with_handle(p, t, entry, stack, arg1, arg2);
}

static zx_status_t look_up_start(zx_handle_t process, zx_handle_t thread,
				 struct object **p, struct object **t)
{
	zx_status_t status = handle_get_either(process, ZX_OBJ_TYPE_PROCESS,
					       ZX_RIGHT_WRITE,
					       ZX_RIGHT_MANAGE_PROCESS, p);

	if (status != ZX_OK)
		return status;
	status = handle_get_either(thread, ZX_OBJ_TYPE_THREAD, ZX_RIGHT_WRITE,
				   ZX_RIGHT_MANAGE_THREAD, t);
	if (status != ZX_OK)
		object_unref(*p);
	return status;
}

/* arg1 leaves the caller's table whatever the result; a value that names
 * nothing is no error. */
zx_status_t sys_process_start(zx_handle_t handle, zx_handle_t thread,
			      zx_vaddr_t entry, zx_vaddr_t stack,
			      zx_handle_t arg1, uintptr_t arg2)
{
	struct handle_taken taken = { .object = NULL };
	struct object *p, *t;
	zx_status_t status = look_up_start(handle, thread, &p, &t);
	bool found = status == ZX_OK;

	if (handle_take(handle_table_current(), arg1, &taken) != ZX_OK)
		taken.object = NULL;
	if (found) {
		status = start(process_from_object(p), thread_from_object(t),
			       entry, stack, &taken, arg2);
		object_unref(t);
		object_unref(p);
	}
	if (taken.object)
		handle_release_taken(&taken);
	return status;
}

void sys_process_exit(int64_t retcode)
{
	process_exit_current(retcode);
}
