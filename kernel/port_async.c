/*
 * zx_object_wait_async and zx_port_cancel (pager-port.md 12.3, 10.4, 10.5).
 *
 * An async wait is an observer and a packet in one allocation, so that firing
 * cannot fail. Its life, all steps under the source object's lock but the last:
 *
 *	armed	linked to the source's observers
 *	fired	linked to the port's queue, or handed to a reader
 *	gone	read, dropped with the port, cancelled, or its handle closed
 *		while it was armed
 *
 * It holds a reference on the port, none on the source: the handle that it
 * watches through does, and the handle's end ends it, or it has fired and does
 * not look at the source any more.
 */
#include <kernel/panic.h>
#include <kernel/time.h>
#include <mm/slab.h>

#include "port_internal.h"

struct async_wait {
	struct observer observer;
	struct port_packet packet;
	struct port *port;		/* counted; fixed */
	bool timestamp;			/* fixed */
};

static struct slab_cache async_cache;

void port_async_init(void)
{
	slab_cache_init(&async_cache, "async wait", sizeof(struct async_wait));
}

static struct async_wait *from_observer(struct observer *ob)
{
	return container_of(ob, struct async_wait, observer);
}

static struct async_wait *from_packet(struct port_packet *pkt)
{
	return container_of(pkt, struct async_wait, packet);
}

/* Spinlock-safe: a port's destruction does not sleep. */
static void async_free(struct async_wait *a)
{
	arch_add32(&a->port->async_count, -1u);
	object_unref(&a->port->object);
	slab_free(&async_cache, a);
}

static void async_fire(struct observer *ob, zx_signals_t signals)
{
	struct async_wait *a = from_observer(ob);

	a->packet.body.signal.observed = signals;
	if (a->timestamp)
		a->packet.body.signal.timestamp = ktime_now();
	if (!port_queue_packet(a->port, &a->packet))
		async_free(a);
}

static void async_cancel(struct observer *ob, zx_signals_t signals)
{
	(void)signals;
	async_free(from_observer(ob));
}

static const struct observer_ops async_observer_ops = {
	.on_signals = async_fire,
	.on_cancel = async_cancel,
};

static void async_left(struct port_packet *pkt, bool dropped)
{
	(void)dropped;
	async_free(from_packet(pkt));
}

static const struct port_packet_ops async_packet_ops = {
	.left = async_left,
};

static void async_prepare(struct async_wait *a, struct port *p,
			  const struct handle_ref *source, u64 key,
			  zx_signals_t signals, u32 options)
{
	a->observer.ops = &async_observer_ops;
	a->observer.handle = source->identity;
	a->observer.trigger = signals;
	a->observer.one_shot = true;
	a->observer.edge = (options & ZX_WAIT_ASYNC_EDGE) != 0;
	port_packet_init(&a->packet, &async_packet_ops);
	a->packet.body = (zx_port_packet_t){
		.key = key,
		.type = ZX_PKT_TYPE_SIGNAL_ONE,
		.status = ZX_OK,
		.signal = { .trigger = signals, .count = 1 },
	};
	a->timestamp = (options & ZX_WAIT_ASYNC_TIMESTAMP) != 0;
	a->port = p;
	object_ref(&p->object);
}

zx_status_t port_wait_async(struct port *p, const struct handle_ref *source,
			    u64 key, zx_signals_t signals, u32 options)
{
	struct async_wait *a = slab_alloc(&async_cache);
	zx_status_t status = ZX_ERR_NO_MEMORY;

	if (!a)
		return ZX_ERR_NO_MEMORY;
	async_prepare(a, p, source, key, signals, options);
	if (arch_add32(&p->async_count, 1) <= PORT_MAX_ASYNC)
		status = object_add_observer(source->object, &a->observer);
	/* From here on an accepted wait may have fired and be gone. */
	if (status != ZX_OK)
		async_free(a);
	return status == ZX_ERR_CANCELED ? ZX_ERR_BAD_HANDLE : status;
}

static bool matches(const struct async_wait *a, const struct port *p,
		    const struct handle_identity *id, u64 key)
{
	return a->port == p && a->packet.body.key == key &&
	       handle_identity_equal(&a->observer.handle, id);
}

static void collect_armed_locked(struct port *p,
				 const struct handle_ref *source, u64 key,
				 struct list_node *found)
{
	struct object *o = source->object;
	struct observer *ob, *next;

	list_for_each_safe(ob, next, &o->observers, node) {
		if (ob->ops != &async_observer_ops ||
		    !matches(from_observer(ob), p, &source->identity, key))
			continue;
		object_unlink_observer_locked(o, ob);
		list_add_tail(found, &ob->node);
	}
}

static void collect_queued_locked(struct port *p,
				  const struct handle_identity *id, u64 key,
				  struct list_node *found)
{
	struct port_packet *pkt, *next;

	list_for_each_safe(pkt, next, &p->packets, node) {
		if (pkt->ops != &async_packet_ops ||
		    !matches(from_packet(pkt), p, id, key))
			continue;
		list_del(&pkt->node);
		pkt->queued = false;
		list_add_tail(found, &from_packet(pkt)->observer.node);
	}
}

/*
 * Firing happens under the source's lock: while we hold it, each wait is either
 * armed or in the queue (or read). The walks are bounded by OBJECT_MAX_OBSERVERS
 * and by the packets of one port (PORT_MAX_ASYNC, 2049 user packets, one for
 * each pager VMO).
 */
zx_status_t port_cancel(struct port *p, const struct handle_ref *source,
			u64 key)
{
	struct list_node found = LIST_INIT(found);
	struct list_node *n;
	zx_status_t status;

	spin_lock(&source->object->lock);
	collect_armed_locked(p, source, key, &found);
	spin_lock(&p->lock);
	collect_queued_locked(p, &source->identity, key, &found);
	spin_unlock(&p->lock);
	spin_unlock(&source->object->lock);

	status = list_is_empty(&found) ? ZX_ERR_NOT_FOUND : ZX_OK;
	while ((n = list_pop_head(&found)) != NULL)
		async_free(from_observer(list_entry(n, struct observer, node)));
	return status;
}
