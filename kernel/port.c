/*
 * Ports (pager-port.md 10).
 *
 * LOCK_PORT, a spinlock, guards the queue, the readers that wait, and the
 * counts. A packet that arrives while readers wait is handed to the oldest of
 * them directly, so that readers are served first come, first served, and a
 * packet cannot be taken by two.
 *
 * A packet belongs to its owner; the port only links it. User packets are the
 * port's own (ops NULL). Packets of async waits are in port_async.c and
 * port_cancel.c.
 */
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/suspend.h>
#include <kernel/thread.h>
#include <kernel/wait.h>
#include <mm/slab.h>
#include <zircon/syscalls/object.h>

#include "port_internal.h"

/* In all ports together (pager-port.md 10.2). */
#define USER_PACKET_POOL 16384u

struct port_reader {
	struct waiter waiter;
	/* Under the port's lock; the reader's own once it has been woken. */
	struct port_packet *packet;
};

static struct slab_cache port_cache;
static struct slab_cache packet_cache;
/* Atomic: user packets in all ports; relaxed, a limit. */
static u32 packet_pool_used;

void port_init(void)
{
	slab_cache_init(&port_cache, "port", sizeof(struct port));
	slab_cache_init(&packet_cache, "user packet",
			sizeof(struct port_packet));
	port_async_init();
}

/* A packet is on no queue until port_queue_packet(). */
void port_packet_init(struct port_packet *pkt,
		      const struct port_packet_ops *ops)
{
	pkt->ops = ops;
	pkt->queued = false;
	pkt->sent = false;
	list_init(&pkt->node);
}

static struct port_packet *packet_alloc(void)
{
	struct port_packet *pkt = NULL;

	if (__builtin_expect(arch_add32(&packet_pool_used, 1) <=
			     USER_PACKET_POOL, 1))
		pkt = slab_alloc(&packet_cache);
	if (__builtin_expect(!pkt, 0))
		arch_add32(&packet_pool_used, -1u);
	return pkt;
}

static void packet_free(struct port_packet *pkt)
{
	arch_add32(&packet_pool_used, -1u);
	slab_free(&packet_cache, pkt);
}

/* The packet is out of the queue: gives it back to its owner. */
static inline void packet_release(struct port_packet *pkt, bool dropped)
{
	if (pkt->ops)
		pkt->ops->left(pkt, dropped);
	else
		packet_free(pkt);
}

static inline struct port_packet *pop_locked(struct port *p)
{
	struct list_node *n = p->packets.next;
	struct port_packet *pkt;

	if (n == &p->packets)
		return NULL;
	list_del(n);
	pkt = list_entry(n, struct port_packet, node);
	pkt->queued = false;
	if (!pkt->ops)
		p->user_count--;
	return pkt;
}

/* A reader that is being killed or has timed out does not take it. One that was
 * woken is not touched any more. */
static inline __attribute__((always_inline)) bool
hand_over_locked(struct port *p, struct port_packet *pkt)
{
	struct list_node *n;
	struct port_reader *r;

	while ((n = list_pop_head(&p->readers)) != NULL) {
		r = list_entry(n, struct port_reader, waiter.node);
		r->packet = pkt;
		if (!thread_is_dying(r->waiter.thread) &&
		    waiter_wake(&r->waiter, ZX_OK))
			return true;
		r->packet = NULL;
	}
	return false;
}

/* Readers only wait while the queue is empty, so a hand-over keeps the order. */
static inline void deliver_locked(struct port *p, struct port_packet *pkt)
{
	if (!list_is_empty(&p->readers) && hand_over_locked(p, pkt))
		return;
	list_add_tail(&p->packets, &pkt->node);
	pkt->queued = true;
	if (!pkt->ops)
		p->user_count++;
}

bool port_queue_packet(struct port *p, struct port_packet *pkt)
{
	bool open;

	spin_lock(&p->lock);
	open = !p->closed;
	if (open) {
		pkt->sent = true;
		deliver_locked(p, pkt);
	}
	spin_unlock(&p->lock);
	return open;
}

bool port_withdraw_packet(struct port *p, struct port_packet *pkt)
{
	bool queued;

	spin_lock(&p->lock);
	queued = pkt->queued;
	if (queued) {
		list_del(&pkt->node);
		pkt->queued = false;
	}
	spin_unlock(&p->lock);
	return queued;
}

zx_status_t port_queue_user(struct port *p, const zx_port_packet_t *body,
			    u32 limit)
{
	struct port_packet *pkt = packet_alloc();
	zx_status_t status = ZX_OK;

	if (!pkt)
		return ZX_ERR_NO_MEMORY;
	pkt->ops = NULL;
	pkt->body = *body;
	pkt->body.type = ZX_PKT_TYPE_USER;
	spin_lock(&p->lock);
	if (__builtin_expect(p->closed, 0))
		status = ZX_ERR_BAD_HANDLE;
	else if (__builtin_expect(p->user_count >= limit, 0))
		status = ZX_ERR_SHOULD_WAIT;
	else
		deliver_locked(p, pkt);
	spin_unlock(&p->lock);
	if (__builtin_expect(status != ZX_OK, 0))
		packet_free(pkt);
	return status;
}

/* The queue was empty. Leaves with a packet in r->packet or with a status. Only
 * a waker says OK, who had unlinked r and set its packet before (its release,
 * our acquire). */
static zx_status_t reader_sleep(struct port *p, struct port_reader *r,
				ktime_t deadline)
{
	zx_status_t status = waiter_sleep(&r->waiter, deadline,
					  WAIT_BREAKABLE,
					  ZX_THREAD_STATE_BLOCKED_PORT);

	if (__builtin_expect(status == ZX_OK, 1))
		return ZX_OK;
	spin_lock(&p->lock);
	if (list_is_linked(&r->waiter.node))
		list_del(&r->waiter.node);
	spin_unlock(&p->lock);
	return status;
}

/* A packet that is there is taken even if the deadline has passed; 0 and
 * negative deadlines poll without a look at the clock. */
static inline __attribute__((always_inline)) zx_status_t
take_or_sleep(struct port *p, ktime_t deadline, struct port_packet **out)
{
	struct port_reader r;
	zx_status_t status;

	spin_lock(&p->lock);
	*out = pop_locked(p);
	if (*out) {
		spin_unlock(&p->lock);
		return ZX_OK;
	}
	if (deadline <= 0) {
		spin_unlock(&p->lock);
		return ZX_ERR_TIMED_OUT;
	}
	r.packet = NULL;
	waiter_init(&r.waiter);
	list_add_tail(&p->readers, &r.waiter.node);
	spin_unlock(&p->lock);
	status = reader_sleep(p, &r, deadline);
	*out = r.packet;
	return status;
}

static inline void accept(struct port_packet *pkt, zx_port_packet_t *out)
{
	*out = pkt->body;
	stat_add(STAT_PACKETS, 1);
	packet_release(pkt, false);
}

/* A suspended reader is off the list, so that packets go to others, and looks
 * again when it may go on. */
static __attribute__((noinline)) zx_status_t
wait_on(struct port *p, ktime_t deadline, zx_port_packet_t *out,
	zx_status_t status)
{
	struct port_packet *pkt;

	while (status == ZX_ERR_INTERNAL_INTR_RETRY) {
		status = thread_stop_in_call();
		if (status == ZX_OK)
			status = take_or_sleep(p, deadline, &pkt);
		if (status == ZX_OK)
			accept(pkt, out);
	}
	return status;
}

zx_status_t port_wait(struct port *p, ktime_t deadline, zx_port_packet_t *out)
{
	struct port_packet *pkt;
	zx_status_t status = take_or_sleep(p, deadline, &pkt);

	if (__builtin_expect(status != ZX_OK, 0))
		return wait_on(p, deadline, out, status);
	accept(pkt, out);
	return ZX_OK;
}

/* The last handle is gone: what is queued is dropped, and nothing more comes
 * in. A reader that sleeps here goes on to its deadline (10.3). */
static void port_on_zero_handles(struct object *o)
{
	struct port *p = port_from_object(o);
	struct port_packet *pkt;

	do {
		spin_lock(&p->lock);
		p->closed = true;
		pkt = pop_locked(p);
		spin_unlock(&p->lock);
		if (pkt)
			packet_release(pkt, true);
	} while (pkt);
}

/* May run under the lock of an object that drops its async waits: spinlock-
 * safe. */
static void port_destroy(struct object *o)
{
	struct port *p = port_from_object(o);

	ASSERT(list_is_empty(&p->packets) && list_is_empty(&p->readers) &&
	       list_is_empty(&p->asyncs));
	slab_free(&port_cache, p);
}

static const struct object_ops port_ops = {
	.destroy = port_destroy,
	.on_zero_handles = port_on_zero_handles,
};

zx_status_t port_create(u32 options, struct port **out)
{
	struct port *p;

	if (options & ~ZX_PORT_BIND_TO_INTERRUPT)
		return ZX_ERR_INVALID_ARGS;
	p = slab_alloc(&port_cache);
	if (!p)
		return ZX_ERR_NO_MEMORY;
	object_init(&p->object, ZX_OBJ_TYPE_PORT, &port_ops, 0);
	spin_init(&p->lock, LOCK_PORT);
	list_init(&p->packets);
	list_init(&p->readers);
	list_init(&p->asyncs);
	p->user_count = 0;
	p->async_count = 0;
	p->closed = false;
	*out = p;
	return ZX_OK;
}
