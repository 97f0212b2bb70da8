/*
 * Waiting (pager-port.md 12.1-12.3) and sleeping (tasks.md 16).
 */
#include <kernel/exception.h>
#include <kernel/port.h>
#include <kernel/sched.h>
#include <kernel/wait_object.h>
#include <mm/slab.h>
#include <syscall_protos.h>
#include <syscalls/user.h>
#include <zircon/syscalls/object.h>

#include "era.h"

/* What was observed is written for OK, TIMED_OUT and CANCELED; a pointer that
 * cannot be written overrides all three. */
static zx_status_t wait_one(const struct handle_ref *ref, zx_signals_t signals,
			    ktime_t deadline, uaddr_t observed)
{
	zx_signals_t seen;
	zx_status_t status;

	if (!object_is_waitable(ref->object))
		return ZX_ERR_NOT_SUPPORTED;
	status = object_wait_one(ref, signals, deadline, &seen);
	if (status != ZX_OK && status != ZX_ERR_TIMED_OUT &&
	    status != ZX_ERR_CANCELED)
		return status;
	if (observed && user_put_u32(observed, seen) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return status;
}

zx_status_t sys_object_wait_one(zx_handle_t handle, zx_signals_t signals,
				zx_time_t deadline, uaddr_t observed)
{
	struct handle_ref ref;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_NONE,
					    ZX_RIGHT_WAIT, &ref);

	if (status != ZX_OK)
		return status;
	status = wait_one(&ref, signals, deadline, observed);
	object_unref(ref.object);
	return status;
}

/* Only the deadline or a kill ends it. */
static zx_status_t sleep_until(ktime_t deadline, u32 shown_state)
{
	struct waiter w;

	waiter_init(&w);
	return waiter_sleep(&w, deadline, WAIT_INTERRUPTIBLE, shown_state);
}

/* What zx_object_wait_many() needs; too large for the stack. */
struct wait_many {
	zx_wait_item_t items[ZX_WAIT_MANY_MAX_ITEMS];
	struct handle_ref refs[ZX_WAIT_MANY_MAX_ITEMS];
	size_t ref_count;
};

/* References are counted as they are taken, so that the caller drops exactly
 * those when an item is refused. */
static zx_status_t look_up_all(struct wait_many *m, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		zx_status_t status = handle_get_ref(m->items[i].handle,
						    ZX_OBJ_TYPE_NONE,
						    ZX_RIGHT_WAIT, &m->refs[i]);

		if (status != ZX_OK)
			return status;
		m->ref_count++;
		if (!object_is_waitable(m->refs[i].object))
			return ZX_ERR_NOT_SUPPORTED;
	}
	return ZX_OK;
}

/* Nothing is written back when an item is refused (pager-port.md 12.2). */
static zx_status_t wait_many(struct wait_many *m, uaddr_t items, size_t count,
			     ktime_t deadline)
{
	size_t bytes = count * sizeof(zx_wait_item_t);
	zx_status_t status;

	if (user_read(m->items, items, bytes) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	status = look_up_all(m, count);
	if (status != ZX_OK)
		return status;
	status = object_wait_many(m->refs, m->items, count, deadline);
	if (status != ZX_OK && status != ZX_ERR_TIMED_OUT &&
	    status != ZX_ERR_CANCELED)
		return status;
	if (user_write(items, m->items, bytes) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return status;
}

zx_status_t sys_object_wait_many(uaddr_t items, size_t num_items,
				 zx_time_t deadline)
{
	struct wait_many *m;
	zx_status_t status;

	if (num_items > ZX_WAIT_MANY_MAX_ITEMS)
		return ZX_ERR_OUT_OF_RANGE;
	if (num_items == 0)
		return sleep_until(deadline,
				   ZX_THREAD_STATE_BLOCKED_WAIT_MANY);
	m = kmalloc(sizeof(*m));
	if (!m)
		return ZX_ERR_NO_MEMORY;
	m->ref_count = 0;
	status = wait_many(m, items, num_items, deadline);
	for (size_t i = 0; i < m->ref_count; i++)
		object_unref(m->refs[i].object);
	kfree(m, sizeof(*m));
	return status;
}

/* The port was looked up before the source: the order of the spec. */
static zx_status_t wait_async(struct port *p, zx_handle_t handle, u64 key,
			      zx_signals_t signals, u32 options)
{
	struct handle_ref source;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_NONE,
					    ZX_RIGHT_WAIT, &source);

	if (status != ZX_OK)
		return status;
	status = ZX_ERR_NOT_SUPPORTED;
	if (object_is_waitable(source.object))
		status = port_wait_async(p, &source, key, signals, options);
	object_unref(source.object);
	return status;
}

/* More registrations than a port or an object keeps (pager-port.md 12.3). */
static zx_status_t too_many_waits(void)
{
	if (ERA_WAIT_ASYNC_LIMIT_IS_POLICY)
		exception_raise_policy(
			ZX_EXCP_POLICY_CODE_PORT_TOO_MANY_OBSERVERS, 0);
	return ZX_ERR_NO_MEMORY;
}

zx_status_t sys_object_wait_async(zx_handle_t handle, zx_handle_t port,
				  uint64_t key, zx_signals_t signals,
				  uint32_t options)
{
	struct object *p;
	zx_status_t status;

	if (options & ~(ZX_WAIT_ASYNC_TIMESTAMP | ZX_WAIT_ASYNC_EDGE))
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(port, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &p);
	if (status != ZX_OK)
		return status;
	status = wait_async(port_from_object(p), handle, key, signals,
			    options);
	object_unref(p);
	return status == ZX_ERR_NO_SPACE ? too_many_waits() : status;
}

/* Always OK: a killed thread does not see the answer. */
zx_status_t sys_nanosleep(zx_time_t deadline)
{
	if (deadline <= ktime_now())
		sched_yield();
	else
		(void)!sleep_until(deadline,
				   ZX_THREAD_STATE_BLOCKED_SLEEPING);
	return ZX_OK;
}
