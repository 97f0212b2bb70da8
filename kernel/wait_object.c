/*
 * Waiting for signals of objects.
 *
 * A wait links one observer for each object, all to one waiter. The observers
 * note every state of the signals that they see; the first state that has a
 * wanted bit wakes the thread. What was seen between the wake and the moment
 * at which the observer is unlinked counts as well.
 */
#include <kernel/thread.h>
#include <kernel/wait_object.h>
#include <mm/slab.h>
#include <zircon/syscalls/object.h>

struct wait_observer {
	struct observer observer;
	struct waiter *waiter;		/* fixed */
	zx_signals_t wanted;		/* fixed */
	/* Under the object's lock while linked, then the waiter's own. */
	zx_signals_t seen;
};

static struct wait_observer *from_observer(struct observer *ob)
{
	return container_of(ob, struct wait_observer, observer);
}

static void wait_on_signals(struct observer *ob, zx_signals_t signals)
{
	struct wait_observer *w = from_observer(ob);

	w->seen |= signals;
	if (signals & w->wanted)
		waiter_wake(w->waiter, ZX_OK);
}

static void wait_on_cancel(struct observer *ob, zx_signals_t signals)
{
	struct wait_observer *w = from_observer(ob);

	w->seen |= signals | ZX_SIGNAL_HANDLE_CLOSED;
	waiter_wake(w->waiter, ZX_ERR_CANCELED);
}

static const struct observer_ops wait_observer_ops = {
	.on_signals = wait_on_signals,
	.on_cancel = wait_on_cancel,
};

/* Links w. OK, or NO_MEMORY with nothing linked; a handle that is closed
 * already, or a wanted bit that is active already, wakes the waiter. */
static zx_status_t observer_start(struct wait_observer *w,
				  const struct handle_ref *ref,
				  zx_signals_t wanted, struct waiter *waiter)
{
	zx_status_t status;

	w->observer.ops = &wait_observer_ops;
	w->observer.handle = ref->identity;
	w->observer.one_shot = false;
	w->waiter = waiter;
	w->wanted = wanted;
	w->seen = 0;
	status = object_add_observer(ref->object, &w->observer);
	if (status != ZX_ERR_CANCELED)
		return status;
	wait_on_cancel(&w->observer, object_read_signals(ref->object));
	return ZX_OK;
}

/* Unlinks w and tells all that it has seen. */
static zx_signals_t observer_end(struct wait_observer *w, struct object *o)
{
	object_remove_observer(o, &w->observer);
	return w->seen;
}

/* The status that the caller gets for what was seen. */
static zx_status_t outcome(zx_status_t woken, bool closed, bool matched)
{
	if (woken == ZX_ERR_INTERNAL_INTR_KILLED)
		return woken;
	if (closed)
		return ZX_ERR_CANCELED;
	return matched ? ZX_OK : ZX_ERR_TIMED_OUT;
}

/* A wanted bit that is active already needs no observer. */
zx_status_t object_wait_one(const struct handle_ref *ref, zx_signals_t signals,
			    ktime_t deadline, zx_signals_t *observed)
{
	struct wait_observer w;
	struct waiter waiter;
	zx_signals_t now = object_read_signals(ref->object);
	zx_status_t status;

	*observed = now;
	if (now & signals)
		return ZX_OK;
	waiter_init(&waiter);
	status = observer_start(&w, ref, signals, &waiter);
	if (status != ZX_OK)
		return status;
	status = waiter_sleep(&waiter, deadline, WAIT_INTERRUPTIBLE,
			      ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
	now |= observer_end(&w, ref->object);
	*observed = now;
	return outcome(status, (now & ZX_SIGNAL_HANDLE_CLOSED) != 0,
		       (now & signals) != 0);
}

/* All are linked, or none. */
static zx_status_t start_all(struct wait_observer *w,
			     const struct handle_ref *refs,
			     const zx_wait_item_t *items, size_t count,
			     struct waiter *waiter)
{
	zx_status_t status = ZX_OK;
	size_t n;

	for (n = 0; n < count && status == ZX_OK; n++)
		status = observer_start(&w[n], &refs[n], items[n].waitfor,
					waiter);
	if (status == ZX_OK)
		return ZX_OK;
	/* The last one tried, number n - 1, is not linked. */
	while (--n > 0)
		observer_end(&w[n - 1], refs[n - 1].object);
	return status;
}

static zx_status_t end_all(struct wait_observer *w,
			   const struct handle_ref *refs,
			   zx_wait_item_t *items, size_t count,
			   zx_status_t woken)
{
	bool closed = false, matched = false;

	for (size_t i = 0; i < count; i++) {
		zx_signals_t seen = observer_end(&w[i], refs[i].object);

		items[i].pending = seen;
		closed |= (seen & ZX_SIGNAL_HANDLE_CLOSED) != 0;
		matched |= (seen & items[i].waitfor) != 0;
	}
	return outcome(woken, closed, matched);
}

/* The observers are too many for a stack; the waiter stays on it. */
zx_status_t object_wait_many(const struct handle_ref *refs,
			     zx_wait_item_t *items, size_t count,
			     ktime_t deadline)
{
	size_t bytes = count * sizeof(struct wait_observer);
	struct wait_observer *w = kmalloc(bytes);
	struct waiter waiter;
	zx_status_t status;

	if (!w)
		return ZX_ERR_NO_MEMORY;
	waiter_init(&waiter);
	status = start_all(w, refs, items, count, &waiter);
	if (status == ZX_OK) {
		status = waiter_sleep(&waiter, deadline, WAIT_INTERRUPTIBLE,
				      ZX_THREAD_STATE_BLOCKED_WAIT_MANY);
		status = end_all(w, refs, items, count, status);
	}
	kfree(w, bytes);
	return status;
}
