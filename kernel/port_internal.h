/* Shared by port.c and port_async.c alone: what a port looks like inside. */
#ifndef KERNEL_PORT_INTERNAL_H
#define KERNEL_PORT_INTERNAL_H

#include <kernel/port.h>

struct port {
	struct object object;
	struct spinlock lock;		/* LOCK_PORT */
	/* Under lock. */
	struct list_node packets;	/* struct port_packet, oldest first */
	struct list_node readers;	/* struct port_reader, oldest first */
	u32 user_count;			/* user packets in the queue */
	bool closed;			/* the last handle is gone */
	/* Atomic: async waits that name the port; relaxed, a limit. */
	u32 async_count;
};

_Static_assert(offsetof(struct port, object) == 0, "port_from_object()");

void port_async_init(void);

#endif
