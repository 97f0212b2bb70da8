/*
 * Channels: two ends, each with a queue of messages (tasks.md 12).
 *
 * A message goes into the queue of the other end, or to the call that waits
 * there for its transaction id. Queue, waiting calls and signals of an end
 * change together, under its object's lock.
 */
#ifndef KERNEL_CHANNEL_H
#define KERNEL_CHANNEL_H

#include <kernel/exception.h>
#include <kernel/message.h>
#include <kernel/peer.h>
#include <kernel/time.h>

/* A writer that lets more messages lie unread is stopped (tasks.md 12.3). */
#define CHANNEL_MAX_MESSAGES 3500u

struct channel {
	struct peer peer;		/* first: see peer_first() */
	/* Under peer.object.lock. */
	struct list_node messages;	/* oldest first */
	u32 message_count;
	bool sent_itself;		/* its own handle may be in its messages */
	u32 last_txid;			/* without the top bit */
	struct list_node calls;		/* waiting for replies */
	/* The kernel's end of an exception channel: where it is registered, or
	 * NULL. Under registration_lock (exception_slot.c). */
	struct exception_slot *exceptions;
};

static inline struct channel *channel_from_object(struct object *o)
{
	return container_of(o, struct channel, peer.object);
}

static inline struct channel *channel_other(struct channel *c)
{
	return container_of(c->peer.other, struct channel, peer);
}

void channel_init(void);
/* NO_MEMORY. Both ends carry a reference of the caller. */
MUST_CHECK zx_status_t channel_create(struct channel **a, struct channel **b);

/* Before m is sent through `from`: remembers that it carries the handle of the end
 * that gets it, if it does. PEER_CLOSED: `from` has been closed meanwhile. */
MUST_CHECK zx_status_t channel_note_receiver(struct channel *from,
					     const struct message *m);
/*
 * Sends m from this end. OK takes m; else it is the caller's still:
 * PEER_CLOSED; NO_SPACE: CHANNEL_MAX_MESSAGES wait already. Does not allocate.
 */
MUST_CHECK zx_status_t channel_send(struct channel *from, struct message *m);

struct channel_sizes {
	u32 bytes;
	u32 handles;
};

/*
 * Takes the oldest message of this end's queue. SHOULD_WAIT, PEER_CLOSED: it is
 * empty; BUFFER_TOO_SMALL: the message is larger than *sizes in one or the
 * other, which then tell what it needs, and is destroyed if `discard`. On OK
 * *sizes are the message's.
 */
MUST_CHECK zx_status_t channel_receive(struct channel *c, bool discard,
				       struct channel_sizes *sizes,
				       struct message **out);

/*
 * Sends m, which has 4 bytes at least, with a new transaction id in them, and
 * waits for the reply, which is the caller's then. As channel_send() if m was
 * not sent; NO_MEMORY; TIMED_OUT; PEER_CLOSED; CANCELED: the handle `id` was
 * closed or moved; INTERNAL_INTR_KILLED. m is taken in any case.
 */
MUST_CHECK zx_status_t channel_call(struct channel *c,
				    const struct handle_identity *id,
				    struct message *m, ktime_t deadline,
				    struct message **reply);

#endif
