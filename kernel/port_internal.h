/* Shared by port.c, port_async.c and port_cancel.c alone: what a port and an
 * async wait look like inside. */
#ifndef KERNEL_PORT_INTERNAL_H
#define KERNEL_PORT_INTERNAL_H

#include <kernel/port.h>

struct port {
	struct object object;
	struct spinlock lock;		/* LOCK_PORT */
	/* Under lock. */
	struct list_node packets;	/* struct port_packet, oldest first */
	struct list_node readers;	/* struct port_reader, oldest first */
	struct list_node asyncs;	/* struct async_place, oldest first */
	u32 user_count;			/* user packets in the queue */
	bool closed;			/* the last handle is gone */
	/* Atomic: async waits that name the port; relaxed, a limit. */
	u32 async_count;
};

_Static_assert(offsetof(struct port, object) == 0, "port_from_object()");

/* In a port's list of async waits: a wait's place, or where one who walks
 * through them stands. */
struct async_place {
	struct list_node node;		/* under the port's lock */
	bool is_wait;			/* fixed */
};

/* The head of port_async.c tells its life. */
struct async_wait {
	struct observer observer;
	struct port_packet packet;
	/* Fixed after preparation. */
	struct port *port;		/* counted */
	struct object *source;		/* not counted; see port_async.c */
	struct async_place place;
	bool timestamp;
};

extern const struct observer_ops async_observer_ops;
extern const struct port_packet_ops async_packet_ops;

static inline struct async_wait *async_from_observer(struct observer *ob)
{
	return container_of(ob, struct async_wait, observer);
}

static inline struct async_wait *async_from_packet(struct port_packet *pkt)
{
	return container_of(pkt, struct async_wait, packet);
}

void port_async_init(void);
/* Takes it off the port's list, too: not under the port's lock. Spinlock-safe. */
void async_free(struct async_wait *a);

#endif
