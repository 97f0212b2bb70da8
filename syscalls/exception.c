/*
 * Exception channels and exceptions (tasks.md 14.2, 14.5, 4.2).
 */
#include <kernel/channel.h>
#include <kernel/policy.h>
#include <mm/reclaim.h>
#include <syscall_protos.h>

#include "era.h"
#include "exception.h"

/* Frames of a channel. */
#define CHANNEL_FRAMES 2

#define TASK_RIGHTS (ZX_RIGHT_INSPECT | ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER | \
		     ZX_RIGHT_MANAGE_THREAD)
#define CHANNEL_RIGHTS (ZX_RIGHT_READ | ZX_RIGHT_WAIT | ZX_RIGHT_TRANSFER)

/* The task's slot of the wanted kind; rows 3 to 5 of tasks.md 14.2. */
static zx_status_t find_slot(const struct handle_ref *task, bool debugger,
			     struct exception_slot **out)
{
	struct process *p;
	struct job *j;

	if (task->object->type == ZX_OBJ_TYPE_THREAD) {
		*out = &thread_from_object(task->object)->exceptions;
		return debugger ? ZX_ERR_INVALID_ARGS : ZX_OK;
	}
	if (task->object->type == ZX_OBJ_TYPE_PROCESS) {
		p = process_from_object(task->object);
		*out = debugger ? &p->debugger : &p->exceptions;
	} else if (task->object->type == ZX_OBJ_TYPE_JOB) {
		j = job_from_object(task->object);
		*out = debugger ? &j->debugger : &j->exceptions;
	} else {
		return ZX_ERR_WRONG_TYPE;
	}
	return task->rights & ZX_RIGHT_ENUMERATE ? ZX_OK : ZX_ERR_ACCESS_DENIED;
}

/* Row 6, as far as the slot does not say it: a task on its way out. */
static zx_status_t check_alive(struct object *task)
{
	if (task->type == ZX_OBJ_TYPE_PROCESS)
		return process_check_alive(process_from_object(task));
	if (task->type == ZX_OBJ_TYPE_JOB)
		return job_check_alive(job_from_object(task));
	return thread_is_dying(thread_from_object(task)) ? ZX_ERR_BAD_STATE
							  : ZX_OK;
}

static zx_status_t bind(const struct handle_ref *task,
			struct exception_slot *slot, uaddr_t out)
{
	struct channel *user;
	zx_status_t status = check_alive(task->object);

	if (status != ZX_OK)
		return status;
	do {
		status = exception_slot_bind(task->object, slot, task->rights,
					     &user);
	} while (mm_try_again(status, CHANNEL_FRAMES));
	if (status != ZX_OK)
		return status;
	status = handle_make(&user->peer.object, CHANNEL_RIGHTS, out);
	if (status != ZX_OK)
		exception_slot_unbind(slot, user);
	object_unref(&user->peer.object);
	return status;
}

zx_status_t sys_task_create_exception_channel(zx_handle_t handle,
					      uint32_t options, uaddr_t out)
{
	bool debugger = options & ZX_EXCEPTION_CHANNEL_DEBUGGER;
	struct exception_slot *slot;
	struct handle_ref task;
	zx_status_t status;

	if (options & ~ZX_EXCEPTION_CHANNEL_DEBUGGER)
		return ZX_ERR_INVALID_ARGS;
	status = policy_check(ZX_POL_NEW_CHANNEL);
	if (status != ZX_OK)
		return status;
	status = handle_get_ref(handle, ZX_OBJ_TYPE_NONE, TASK_RIGHTS, &task);
	if (status != ZX_OK)
		return status;
	status = find_slot(&task, debugger, &slot);
	if (status == ZX_OK)
		status = bind(&task, slot, out);
	object_unref(task.object);
	return status;
}

zx_status_t sys_exception_get_thread(zx_handle_t handle, uaddr_t out)
{
	struct thread *t;
	struct object *o;
	zx_rights_t rights;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_EXCEPTION, 0, &o);

	if (status != ZX_OK)
		return status;
	t = exception_get_thread(o, &rights);
	status = handle_make(&t->object, rights, out);
	object_unref(o);
	return status;
}

zx_status_t sys_exception_get_process(zx_handle_t handle, uaddr_t out)
{
	struct thread *t;
	struct object *o;
	zx_rights_t rights;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_EXCEPTION, 0, &o);

	if (status != ZX_OK)
		return status;
	t = exception_get_thread(o, &rights);
	status = exception_check_process_access(o);
	if (status == ZX_OK)
		status = handle_make(&t->process->object, rights, out);
	object_unref(o);
	return status;
}

zx_status_t exception_get_property(struct object *o, u32 property,
				   uaddr_t value, size_t value_size)
{
	if (value_size < sizeof(u32))
		return ZX_ERR_BUFFER_TOO_SMALL;
	if (o->type != ZX_OBJ_TYPE_EXCEPTION)
		return ZX_ERR_WRONG_TYPE;
	return user_put_u32(value, property == ZX_PROP_EXCEPTION_STATE
					   ? exception_get_state(o)
					   : exception_get_strategy(o));
}

static zx_status_t set_state(struct object *o, u32 state)
{
	if (state > ERA_EXCEPTION_STATE_MAX)
		return ZX_ERR_INVALID_ARGS;
	exception_set_state(o, state);
	return ZX_OK;
}

zx_status_t exception_set_property(struct object *o, u32 property,
				   uaddr_t value, size_t value_size)
{
	u32 word;

	if (value_size < sizeof(word))
		return ZX_ERR_BUFFER_TOO_SMALL;
	if (o->type != ZX_OBJ_TYPE_EXCEPTION)
		return ZX_ERR_WRONG_TYPE;
	if (user_read(&word, value, sizeof(word)) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	if (property == ZX_PROP_EXCEPTION_STATE)
		return set_state(o, word);
	if (word > ZX_EXCEPTION_STRATEGY_SECOND_CHANCE)
		return ZX_ERR_INVALID_ARGS;
	return exception_set_strategy(o, word);
}

/* The longer record begins as the shorter one, but for the size it tells. */
zx_status_t info_exception_report(struct object *thread, u32 topic,
				  const struct info_out *out)
{
	zx_exception_report_v2_t r;
	size_t bytes = topic == ZX_INFO_THREAD_EXCEPTION_REPORT_V1
			       ? sizeof(zx_exception_report_v1_t) : sizeof(r);
	zx_status_t status = exception_get_report(thread_from_object(thread),
						  &r);

	if (status != ZX_OK)
		return status;
	r.header.size = (u32)bytes;
	return info_put_record(out, &r, bytes);
}
