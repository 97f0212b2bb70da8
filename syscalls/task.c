/*
 * Calls on tasks of any kind (tasks.md 9).
 */
#include <kernel/process.h>
#include <kernel/suspend.h>
#include <syscall_protos.h>

/* Whoever kills itself does not come back: the return to user mode stops. */
static zx_status_t kill(struct object *o)
{
	switch (o->type) {
	case ZX_OBJ_TYPE_PROCESS:
		process_kill(process_from_object(o),
			     ZX_TASK_RETCODE_SYSCALL_KILL);
		return ZX_OK;
	case ZX_OBJ_TYPE_JOB:
		job_kill(job_from_object(o), ZX_TASK_RETCODE_SYSCALL_KILL);
		return ZX_OK;
	case ZX_OBJ_TYPE_THREAD:
		process_kill_thread(thread_from_object(o));
		return ZX_OK;
	}
	return ZX_ERR_WRONG_TYPE;
}

zx_status_t sys_task_kill(zx_handle_t handle)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE,
					ZX_RIGHT_DESTROY, &o);

	if (status != ZX_OK)
		return status;
	status = kill(o);
	object_unref(o);
	return status;
}

static zx_status_t suspend(struct object *task, uaddr_t out)
{
	struct object *token;
	zx_status_t status = suspend_token_create(task, &token);

	if (status != ZX_OK)
		return status;
	/* Without a handle the token goes, and takes the suspension back. */
	status = handle_make(token, ZX_DEFAULT_SUSPEND_TOKEN_RIGHTS, out);
	object_unref(token);
	return status;
}

zx_status_t sys_task_suspend_token(zx_handle_t handle, uaddr_t token)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE,
					ZX_RIGHT_WRITE, &o);

	if (status != ZX_OK)
		return status;
	status = suspend(o, token);
	object_unref(o);
	return status;
}

/* The same under its older name. */
zx_status_t sys_task_suspend(zx_handle_t handle, uaddr_t token)
{
	return sys_task_suspend_token(handle, token);
}
