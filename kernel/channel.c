/*
 * Channels: the queues. Calls: channel_call.c.
 *
 * An end whose last handle goes is closed under its lock before its queue is
 * taken down, and senders look at that under the same lock: so nothing is put
 * into a queue that nobody will empty. An end whose own handle was sent to it is
 * out of everybody's reach, and goes with the other end.
 */
#include <kernel/channel.h>
#include <mm/slab.h>

#include "channel_internal.h"

struct channel_pair {
	struct channel ends[2];
};

static struct slab_cache channel_cache;

void channel_init(void)
{
	slab_cache_init(&channel_cache, "channel", sizeof(struct channel_pair));
}

/* An end that never had a handle may hold messages still. */
static void channel_destroy(struct object *o)
{
	struct channel *c = channel_from_object(o);

	messages_free(&c->messages);
	if (peer_drop(&c->peer))
		slab_free(&channel_cache, peer_first(&c->peer));
}

static void take_messages_locked(struct channel *c, struct list_node *out)
{
	c->peer.closed = true;
	list_splice_tail(out, &c->messages);
	c->message_count = 0;
	object_update_signals_locked(&c->peer.object, ZX_CHANNEL_READABLE, 0);
}

static bool carries(const struct message *m, const struct channel *c)
{
	for (u32 i = 0; i < m->handle_count; i++)
		if (m->handles[i].taken.object == &c->peer.object)
			return true;
	return false;
}

/* The other end has gone, and c was sent to itself. What is still on its way is
 * refused; a call that began before may have taken the handle out again. */
static void end_if_buried_locked(struct channel *c, struct list_node *out)
{
	struct message *m;

	c->peer.closed = true;
	list_for_each(m, &c->messages, node) {
		if (!carries(m, c))
			continue;
		take_messages_locked(c, out);
		return;
	}
}

static void channel_close(struct object *o)
{
	struct channel *c = channel_from_object(o);
	struct channel *other = channel_other(c);
	struct list_node unread;

	list_init(&unread);
	spin_lock(&o->lock);
	take_messages_locked(c, &unread);
	spin_unlock(&o->lock);

	spin_lock(&other->peer.object.lock);
	object_update_signals_locked(&other->peer.object, ZX_CHANNEL_WRITABLE,
				     ZX_CHANNEL_PEER_CLOSED);
	channel_end_calls_locked(other);
	if (other->sent_itself)
		end_if_buried_locked(other, &unread);
	spin_unlock(&other->peer.object.lock);
	/* Relaxed: set before this end had a handle, and looked at again. */
	if (__atomic_load_n(&other->exceptions, __ATOMIC_RELAXED))
		exception_channel_abandoned(other);
	messages_free(&unread);
}

static const struct object_ops channel_ops = {
	.destroy = channel_destroy,
	.on_zero_handles = channel_close,
};

static void end_init(struct channel *c)
{
	list_init(&c->messages);
	list_init(&c->calls);
	c->message_count = 0;
	c->sent_itself = false;
	c->last_txid = 0;
	c->exceptions = NULL;
}

zx_status_t channel_create(struct channel **a, struct channel **b)
{
	struct channel_pair *p = slab_alloc(&channel_cache);

	if (!p)
		return ZX_ERR_NO_MEMORY;
	*a = &p->ends[0];
	*b = &p->ends[1];
	end_init(*a);
	end_init(*b);
	peer_init(&(*a)->peer, &(*b)->peer, ZX_OBJ_TYPE_CHANNEL, &channel_ops,
		  ZX_CHANNEL_WRITABLE);
	return ZX_OK;
}

static zx_status_t deliver_locked(struct channel *to, struct message *m)
{
	if (to->peer.closed)
		return ZX_ERR_PEER_CLOSED;
	if (!list_is_empty(&to->calls) && channel_answer_call_locked(to, m))
		return ZX_OK;
	if (to->message_count >= CHANNEL_MAX_MESSAGES)
		return ZX_ERR_NO_SPACE;
	list_add_tail(&to->messages, &m->node);
	if (to->message_count++ == 0)
		object_update_signals_locked(&to->peer.object, 0,
					     ZX_CHANNEL_READABLE);
	return ZX_OK;
}

zx_status_t channel_note_receiver(struct channel *from, const struct message *m)
{
	struct channel *to = channel_other(from);
	zx_status_t status = ZX_OK;

	if (!carries(m, to))
		return ZX_OK;
	spin_lock(&to->peer.object.lock);
	if (to->peer.object.signals & ZX_CHANNEL_PEER_CLOSED)
		status = ZX_ERR_PEER_CLOSED;
	to->sent_itself = true;
	spin_unlock(&to->peer.object.lock);
	return status;
}

zx_status_t channel_send(struct channel *from, struct message *m)
{
	struct channel *to = channel_other(from);
	zx_status_t status;

	spin_lock(&to->peer.object.lock);
	status = deliver_locked(to, m);
	spin_unlock(&to->peer.object.lock);
	return status;
}

static void unqueue_locked(struct channel *c, struct message *m)
{
	list_del(&m->node);
	if (--c->message_count == 0)
		object_update_signals_locked(&c->peer.object,
					     ZX_CHANNEL_READABLE, 0);
}

static zx_status_t take_locked(struct channel *c, bool discard,
			       struct channel_sizes *sizes,
			       struct message **out)
{
	struct message *m;
	bool fits;

	*out = NULL;
	if (list_is_empty(&c->messages))
		return c->peer.object.signals & ZX_CHANNEL_PEER_CLOSED
			       ? ZX_ERR_PEER_CLOSED : ZX_ERR_SHOULD_WAIT;
	m = list_entry(c->messages.next, struct message, node);
	fits = m->byte_count <= sizes->bytes &&
	       m->handle_count <= sizes->handles;
	sizes->bytes = m->byte_count;
	sizes->handles = m->handle_count;
	if (fits || discard) {
		unqueue_locked(c, m);
		*out = m;
	}
	return fits ? ZX_OK : ZX_ERR_BUFFER_TOO_SMALL;
}

zx_status_t channel_receive(struct channel *c, bool discard,
			    struct channel_sizes *sizes, struct message **out)
{
	zx_status_t status;

	spin_lock(&c->peer.object.lock);
	status = take_locked(c, discard, sizes, out);
	spin_unlock(&c->peer.object.lock);
	if (__builtin_expect(status != ZX_OK, 0) && *out)
		message_free(*out);
	return status;
}
