/*
 * Pairs of objects: channels, eventpairs, fifos.
 *
 * Both ends stand in one allocation, which goes with the second of them: so an
 * end may look at the other one at any time, without a reference, and needs
 * only the other's lock. An end is closed when its last handle is gone; the
 * other one has PEER_CLOSED from then on.
 */
#ifndef KERNEL_PEER_H
#define KERNEL_PEER_H

#include <kernel/object.h>

struct peer {
	struct object object;
	/* Fixed after creation. */
	struct peer *other;
	/* Under object.lock: no handle is left, nothing more goes in. */
	bool closed;
	/* Atomic, of the end with the lower address: ends that exist. Acquire
	 * and release on the drop, as for references. */
	u32 end_count;
};

static inline struct peer *peer_from_object(struct object *o)
{
	return container_of(o, struct peer, object);
}

/* True for objects that are one end of a pair. */
static inline bool object_has_peer(const struct object *o)
{
	return o->type == ZX_OBJ_TYPE_CHANNEL ||
	       o->type == ZX_OBJ_TYPE_EVENTPAIR || o->type == ZX_OBJ_TYPE_FIFO;
}

/* The ends get a reference each. a stands below b in the allocation. */
void peer_init(struct peer *a, struct peer *b, u32 type,
	       const struct object_ops *ops, zx_signals_t signals);
/* For destroy: true if this was the second end, and the memory may go. */
bool peer_drop(struct peer *p);
/* The end with the lower address, which the allocation begins with. */
static inline struct peer *peer_first(struct peer *p)
{
	return p < p->other ? p : p->other;
}

/* zx_object_signal_peer: PEER_CLOSED. The masks were checked. */
MUST_CHECK zx_status_t peer_signal(struct peer *p, zx_signals_t clear,
				   zx_signals_t set);

/*
 * Handles to both ends of a new pair, with their values at out0 and out1:
 * NO_MEMORY, INVALID_ARGS with no handle made. Takes the caller's references
 * in any case.
 */
MUST_CHECK zx_status_t peer_make_handles(struct peer *a, struct peer *b,
					 zx_rights_t rights, uaddr_t out0,
					 uaddr_t out1);

#endif
