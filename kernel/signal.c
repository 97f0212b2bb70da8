/*
 * Signals and observers (tasks.md 4.4, pager-port.md 12).
 *
 * All under object->lock (LOCK_OBJECT): an observer that is linked is told of
 * each change before the change's caller goes on. Callbacks wake threads and
 * queue packets, so LOCK_PORT and LOCK_THREAD come later in the order.
 */
#include <kernel/object.h>
#include <kernel/panic.h>

zx_signals_t object_user_signals(const struct object *o)
{
	if (o->type == ZX_OBJ_TYPE_EVENT)
		return ZX_EVENT_SIGNAL_MASK;
	if (o->type == ZX_OBJ_TYPE_EVENTPAIR)
		return ZX_EVENTPAIR_SIGNAL_MASK;
	return ZX_USER_SIGNAL_ALL;
}

void object_unlink_observer_locked(struct object *o, struct observer *ob)
{
	list_del(&ob->node);
	__atomic_store_n(&o->observer_count, o->observer_count - 1,
			 __ATOMIC_RELAXED);
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
			object_unlink_observer_locked(o, ob);
		}
		ob->ops->on_signals(ob, o->signals);
	}
}

void object_update_signals_locked(struct object *o, zx_signals_t clear,
				  zx_signals_t set)
{
	zx_signals_t before = o->signals;
	zx_signals_t after = (before & ~clear) | set;

	if (after == before)
		return;
	/* Atomic for object_read_signals(), which has no lock. */
	__atomic_store_n(&o->signals, after, __ATOMIC_RELAXED);
	if (!list_is_empty(&o->observers))
		notify_locked(o, after & ~before);
}

void object_update_signals(struct object *o, zx_signals_t clear,
			   zx_signals_t set)
{
	spin_lock(&o->lock);
	object_update_signals_locked(o, clear, set);
	spin_unlock(&o->lock);
}

zx_status_t object_add_observer_locked(struct object *o, struct observer *ob)
{
	list_init(&ob->node);
	if (!handle_identity_is_live(&ob->handle))
		return ZX_ERR_CANCELED;
	if (ob->one_shot && !ob->edge && (ob->trigger & o->signals)) {
		ob->ops->on_signals(ob, o->signals);
		return ZX_OK;
	}
	if (o->observer_count >= OBJECT_MAX_OBSERVERS)
		return ZX_ERR_NO_MEMORY;
	list_add_tail(&o->observers, &ob->node);
	__atomic_store_n(&o->observer_count, o->observer_count + 1,
			 __ATOMIC_RELAXED);
	/*
	 * We store the count, then read the handle's word; the closer ends the
	 * word, then reads the count (object_cancel_observers). With a full
	 * fence on both sides one of us sees the other (Arm ARM B2.3, store
	 * buffering): the handle is dead to us, or the closer finds us linked.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!handle_identity_is_live(&ob->handle)) {
		object_unlink_observer_locked(o, ob);
		return ZX_ERR_CANCELED;
	}
	if (!ob->one_shot)
		ob->ops->on_signals(ob, o->signals);
	return ZX_OK;
}

zx_status_t object_add_observer(struct object *o, struct observer *ob)
{
	zx_status_t status;

	spin_lock(&o->lock);
	status = object_add_observer_locked(o, ob);
	spin_unlock(&o->lock);
	return status;
}

bool object_remove_observer(struct object *o, struct observer *ob)
{
	bool linked;

	spin_lock(&o->lock);
	linked = list_is_linked(&ob->node);
	if (linked)
		object_unlink_observer_locked(o, ob);
	spin_unlock(&o->lock);
	return linked;
}

void object_cancel_observers_slow(struct object *o,
				  const struct handle_identity *id)
{
	struct observer *ob, *next;

	spin_lock(&o->lock);
	list_for_each_safe(ob, next, &o->observers, node) {
		if (!handle_identity_equal(&ob->handle, id))
			continue;
		object_unlink_observer_locked(o, ob);
		ob->ops->on_cancel(ob, o->signals);
	}
	spin_unlock(&o->lock);
}
