/*
 * Signals and observers (tasks.md 4.4, pager-port.md 12).
 *
 * All under object->lock (LOCK_OBJECT): an observer that is linked is told of
 * each change before the change's caller goes on. Callbacks wake threads and
 * queue packets, so LOCK_PORT and LOCK_THREAD come later in the order.
 */
#include <kernel/object.h>
#include <kernel/panic.h>

/* The types whose first handle carries ZX_RIGHT_WAIT (abi.md 5). */
#define WAITABLE_TYPES                                                      \
	(1ul << ZX_OBJ_TYPE_PROCESS | 1ul << ZX_OBJ_TYPE_THREAD |           \
	 1ul << ZX_OBJ_TYPE_VMO | 1ul << ZX_OBJ_TYPE_CHANNEL |              \
	 1ul << ZX_OBJ_TYPE_EVENT | 1ul << ZX_OBJ_TYPE_INTERRUPT |          \
	 1ul << ZX_OBJ_TYPE_LOG | 1ul << ZX_OBJ_TYPE_SOCKET |               \
	 1ul << ZX_OBJ_TYPE_EVENTPAIR | 1ul << ZX_OBJ_TYPE_JOB |            \
	 1ul << ZX_OBJ_TYPE_FIFO | 1ul << ZX_OBJ_TYPE_TIMER |               \
	 1ul << ZX_OBJ_TYPE_CLOCK)

bool object_is_waitable(const struct object *o)
{
	return (WAITABLE_TYPES >> o->type) & 1;
}

zx_signals_t object_user_signals(const struct object *o)
{
	if (o->type == ZX_OBJ_TYPE_EVENT)
		return ZX_EVENT_SIGNAL_MASK;
	if (o->type == ZX_OBJ_TYPE_EVENTPAIR)
		return ZX_EVENTPAIR_SIGNAL_MASK;
	return ZX_USER_SIGNAL_ALL;
}

static void unlink_locked(struct object *o, struct observer *ob)
{
	list_del(&ob->node);
	o->observer_count--;
}

/* `risen`: the bits that this change made active. A one-shot observer that is
 * linked has no active trigger, so a rise is what it waits for. */
static void notify_locked(struct object *o, zx_signals_t risen)
{
	struct observer *ob, *next;

	list_for_each_safe(ob, next, &o->observers, node) {
		if (ob->one_shot) {
			if (!(ob->trigger & risen))
				continue;
			unlink_locked(o, ob);
		}
		ob->ops->on_signals(ob, o->signals);
	}
}

void object_update_signals(struct object *o, zx_signals_t clear,
			   zx_signals_t set)
{
	zx_signals_t before, after;

	spin_lock(&o->lock);
	before = o->signals;
	after = (before & ~clear) | set;
	if (after != before) {
		/* Atomic for object_read_signals(), which has no lock. */
		__atomic_store_n(&o->signals, after, __ATOMIC_RELAXED);
		if (!list_is_empty(&o->observers))
			notify_locked(o, after & ~before);
	}
	spin_unlock(&o->lock);
}

static zx_status_t add_observer_locked(struct object *o, struct observer *ob)
{
	/*
	 * The closer of the handle first ends its word, then takes o->lock to
	 * cancel observers. So either we see the end here, or we link before
	 * it takes the lock and it finds us.
	 */
	if (!handle_identity_is_live(&ob->handle))
		return ZX_ERR_CANCELED;
	if (ob->one_shot && !ob->edge && (ob->trigger & o->signals)) {
		ob->ops->on_signals(ob, o->signals);
		return ZX_OK;
	}
	if (o->observer_count >= OBJECT_MAX_OBSERVERS)
		return ZX_ERR_NO_MEMORY;
	list_add_tail(&o->observers, &ob->node);
	o->observer_count++;
	if (!ob->one_shot)
		ob->ops->on_signals(ob, o->signals);
	return ZX_OK;
}

zx_status_t object_add_observer(struct object *o, struct observer *ob)
{
	zx_status_t status;

	list_init(&ob->node);
	spin_lock(&o->lock);
	status = add_observer_locked(o, ob);
	spin_unlock(&o->lock);
	return status;
}

bool object_remove_observer(struct object *o, struct observer *ob)
{
	bool linked;

	spin_lock(&o->lock);
	linked = list_is_linked(&ob->node);
	if (linked)
		unlink_locked(o, ob);
	spin_unlock(&o->lock);
	return linked;
}

void object_cancel_observers(struct object *o,
			     const struct handle_identity *id)
{
	struct observer *ob, *next;

	spin_lock(&o->lock);
	list_for_each_safe(ob, next, &o->observers, node) {
		if (!handle_identity_equal(&ob->handle, id))
			continue;
		unlink_locked(o, ob);
		ob->ops->on_cancel(ob, o->signals);
	}
	spin_unlock(&o->lock);
}
