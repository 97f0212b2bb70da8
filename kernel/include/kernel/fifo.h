/*
 * FIFOs: pairs with a ring of small elements each way. Not among the calls of
 * the specification; as Zircon's documentation has them.
 */
#ifndef KERNEL_FIFO_H
#define KERNEL_FIFO_H

#include <kernel/peer.h>

struct fifo {
	struct peer peer;		/* first: see peer_first() */
	/* Fixed after creation. */
	u32 elem_size;
	u32 elem_count;
	u8 *ring;			/* what this end reads */
	/* Under peer.object.lock; `used` is read without by the other end. */
	u32 head;			/* element to be read next */
	u32 used;
};

static inline struct fifo *fifo_from_object(struct object *o)
{
	return container_of(o, struct fifo, peer.object);
}

void fifo_init(void);
/* elem_count * elem_size is at most a page, and not 0. NO_MEMORY. Both ends
 * carry a reference of the caller. */
MUST_CHECK zx_status_t fifo_create(u32 elem_count, u32 elem_size,
				   struct fifo **a, struct fifo **b);
/* As many of *count elements as have room in the other end's ring: *count.
 * PEER_CLOSED; SHOULD_WAIT: none has. */
MUST_CHECK zx_status_t fifo_put(struct fifo *f, const u8 *data, u32 *count);
/* As many of *count elements as there are. SHOULD_WAIT, PEER_CLOSED: none. */
MUST_CHECK zx_status_t fifo_get(struct fifo *f, u8 *data, u32 *count);

#endif
