/*
 * Channel calls: a thread sends a message and waits for the reply.
 *
 * The call stands on its thread's stack. It is linked to the end that it waits
 * on, and watches its handle as an observer without a trigger; both links, the
 * reply and every wake are under that end's lock. Whoever ends a call unlinks
 * it first.
 */
#include <kernel/channel.h>
#include <kernel/wait.h>
#include <zircon/syscalls/object.h>

#include "channel_internal.h"

#define TXID_KERNEL 0x80000000u		/* user space chooses ids without it */

struct channel_waiter {
	struct waiter waiter;		/* node: c->calls */
	struct observer observer;
	/* Under the end's lock. */
	u32 txid;
	struct message *reply;
};

static struct channel_waiter *from_node(struct list_node *n)
{
	return container_of(n, struct channel_waiter, waiter.node);
}

/* Never: it has no trigger. */
static void call_on_signals(struct observer *ob, zx_signals_t signals)
{
	(void)ob;
	(void)signals;
}

static void call_on_cancel(struct observer *ob, zx_signals_t signals)
{
	(void)signals;
	waiter_wake(&container_of(ob, struct channel_waiter, observer)->waiter,
		    ZX_ERR_CANCELED);
}

static const struct observer_ops call_observer_ops = {
	.on_signals = call_on_signals,
	.on_cancel = call_on_cancel,
};

static struct channel_waiter *find_locked(struct channel *c, u32 txid)
{
	for (struct list_node *n = c->calls.next; n != &c->calls; n = n->next)
		if (from_node(n)->txid == txid)
			return from_node(n);
	return NULL;
}

bool channel_answer_call_locked(struct channel *c, struct message *m)
{
	struct channel_waiter *w;
	u32 txid;

	if (m->byte_count < sizeof(txid))
		return false;
	__builtin_memcpy(&txid, m->data, sizeof(txid));
	w = find_locked(c, txid);
	if (!w)
		return false;
	list_del(&w->waiter.node);
	/* If the wait has ended another way meanwhile, its thread finds the
	 * reply when it gets the lock. */
	w->reply = m;
	waiter_wake(&w->waiter, ZX_OK);
	return true;
}

void channel_end_calls_locked(struct channel *c)
{
	struct list_node *n;

	while ((n = list_pop_head(&c->calls)) != NULL)
		waiter_wake(&from_node(n)->waiter, ZX_ERR_PEER_CLOSED);
}

/* The counter comes round after 2^31 calls: pending ids are passed over. */
static void begin_locked(struct channel *c, struct channel_waiter *w)
{
	do
		w->txid = ++c->last_txid | TXID_KERNEL;
	while (!list_is_empty(&c->calls) && find_locked(c, w->txid));
	list_add_tail(&c->calls, &w->waiter.node);
}

static zx_status_t call_begin(struct channel *c, struct channel_waiter *w,
			      const struct handle_identity *id)
{
	zx_status_t status;

	waiter_init(&w->waiter);
	w->reply = NULL;
	w->observer.ops = &call_observer_ops;
	w->observer.handle = *id;
	w->observer.trigger = 0;
	w->observer.one_shot = true;
	w->observer.edge = false;
	spin_lock(&c->peer.object.lock);
	status = object_add_observer_locked(&c->peer.object, &w->observer);
	if (status == ZX_OK)
		begin_locked(c, w);
	spin_unlock(&c->peer.object.lock);
	return status;
}

static struct message *call_end(struct channel *c, struct channel_waiter *w)
{
	struct message *reply;

	spin_lock(&c->peer.object.lock);
	if (list_is_linked(&w->waiter.node))
		list_del(&w->waiter.node);
	if (list_is_linked(&w->observer.node))
		object_unlink_observer_locked(&c->peer.object, &w->observer);
	reply = w->reply;
	spin_unlock(&c->peer.object.lock);
	return reply;
}

zx_status_t channel_call(struct channel *c, const struct handle_identity *id,
			 struct message *m, ktime_t deadline,
			 struct message **reply)
{
	struct channel_waiter w;
	zx_status_t status = call_begin(c, &w, id);

	if (status != ZX_OK) {
		message_free(m);
		return status;
	}
	__builtin_memcpy(m->data, &w.txid, sizeof(w.txid));
	status = channel_send(c, m);
	if (status == ZX_OK)
		status = waiter_sleep(&w.waiter, deadline, WAIT_INTERRUPTIBLE,
				      ZX_THREAD_STATE_BLOCKED_CHANNEL);
	else
		message_free(m);
	*reply = call_end(c, &w);
	if (!*reply)
		return status;
	if (status != ZX_ERR_INTERNAL_INTR_KILLED)
		return ZX_OK;
	message_free(*reply);
	return status;
}
