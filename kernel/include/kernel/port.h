/*
 * Ports: FIFO queues of 48-byte packets (pager-port.md 10, 11).
 *
 * Delivery never allocates: a packet is embedded in what it speaks for (an
 * async wait, a page source) or, for user packets, allocated by zx_port_queue.
 */
#ifndef KERNEL_PORT_H
#define KERNEL_PORT_H

#include <kernel/handle.h>
#include <kernel/time.h>
#include <zircon/syscalls/port.h>

struct port;
struct port_packet;

struct port_packet_ops {
	/*
	 * The packet has left the port: copied to a reader, or dropped with
	 * the port (dropped = true). It is on no queue and its memory is the
	 * owner's again; no port lock is held. Thread context, may sleep.
	 */
	void (*left)(struct port_packet *, bool dropped);
};

struct port_packet {
	/* Fixed after init; NULL for user packets, which the port frees. */
	const struct port_packet_ops *ops;
	/* Under the port's lock while queued; else the owner's. */
	struct list_node node;
	zx_port_packet_t body;
	/* Under the port's lock: it is in the queue; it was, or was handed to
	 * a reader. */
	bool queued;
	bool sent;
};

/* Boot, by job_init(). */
void port_init(void);
/* INVALID_ARGS (options), NO_MEMORY. */
MUST_CHECK zx_status_t port_create(u32 options, struct port **out);

/* A port begins with its object; port_internal.h asserts it. */
static inline struct object *port_object(struct port *p)
{
	return (struct object *)p;
}

static inline struct port *port_from_object(struct object *o)
{
	return (struct port *)o;
}

void port_packet_init(struct port_packet *pkt,
		      const struct port_packet_ops *ops);
/*
 * Appends pkt and wakes one reader. If the last handle of the port is gone the
 * packet is not queued and false is returned (the caller does what `left`
 * with dropped = true would do). Spinlock-safe, allocates nothing.
 */
bool port_queue_packet(struct port *p, struct port_packet *pkt);
/* Takes pkt back if it is still queued; true if it was. `left` is not called.
 * False also while a reader has it in hand: `left` is still to come then. */
bool port_withdraw_packet(struct port *p, struct port_packet *pkt);

/* NO_MEMORY (also when too many wait in all ports together), BAD_HANDLE
 * (closed), SHOULD_WAIT (`limit` user packets wait here). */
MUST_CHECK zx_status_t port_queue_user(struct port *p,
				       const zx_port_packet_t *body,
				       u32 limit);
/* The oldest packet; TIMED_OUT, INTERNAL_INTR_KILLED. */
MUST_CHECK zx_status_t port_wait(struct port *p, ktime_t deadline,
				 zx_port_packet_t *out);

/* Registrations that a port keeps, fired or not: bounds port_cancel(). */
#define PORT_MAX_ASYNC 65536u

/*
 * zx_object_wait_async and zx_port_cancel after the look-ups; see
 * pager-port.md 12.3, 10.4. wait_async: NO_MEMORY; NO_SPACE: the port has
 * PORT_MAX_ASYNC, or the object OBJECT_MAX_OBSERVERS; BAD_HANDLE if the source
 * handle or the last port handle was closed meanwhile. cancel: NOT_FOUND.
 */
MUST_CHECK zx_status_t port_wait_async(struct port *p,
				       const struct handle_ref *source, u64 key,
				       zx_signals_t signals, u32 options);
MUST_CHECK zx_status_t port_cancel(struct port *p,
				   const struct handle_ref *source, u64 key);
/* The same for all sources, also for handles that are closed by now. Holds a
 * lock for few waits at a time; ends early in a thread that is killed. */
MUST_CHECK zx_status_t port_cancel_key(struct port *p, u64 key);

#endif
