/*
 * zx_object_wait_async (pager-port.md 12.3, 10.5); port_cancel.c takes back.
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
 *
 * From preparation to its end it also stands in the port's list. Until its
 * packet is sent, whoever takes it from there holds the source meanwhile: the
 * call that registers it, the one that ends its handle, or one that cancels. So
 * the source of what is in the list and not sent lives under the port's lock.
 */
#include <kernel/panic.h>
#include <kernel/time.h>
#include <mm/slab.h>

#include "port_internal.h"

static struct slab_cache async_cache;

void port_async_init(void)
{
	slab_cache_init(&async_cache, "async wait", sizeof(struct async_wait));
}

/* Spinlock-safe: a port's destruction does not sleep. */
void async_free(struct async_wait *a)
{
	spin_lock(&a->port->lock);
	list_del(&a->place.node);
	spin_unlock(&a->port->lock);
	arch_add32(&a->port->async_count, -1u);
	object_unref(&a->port->object);
	slab_free(&async_cache, a);
}

static void async_fire(struct observer *ob, zx_signals_t signals)
{
	struct async_wait *a = async_from_observer(ob);

	a->packet.body.signal.observed = signals;
	if (a->timestamp)
		a->packet.body.signal.timestamp = ktime_now();
	if (!port_queue_packet(a->port, &a->packet))
		async_free(a);
}

static void async_cancel(struct observer *ob, zx_signals_t signals)
{
	(void)signals;
	async_free(async_from_observer(ob));
}

const struct observer_ops async_observer_ops = {
	.on_signals = async_fire,
	.on_cancel = async_cancel,
};

static void async_left(struct port_packet *pkt, bool dropped)
{
	(void)dropped;
	async_free(async_from_packet(pkt));
}

const struct port_packet_ops async_packet_ops = {
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
	a->source = source->object;
	a->place.is_wait = true;
	spin_lock(&p->lock);
	list_add_tail(&p->asyncs, &a->place.node);
	spin_unlock(&p->lock);
}

zx_status_t port_wait_async(struct port *p, const struct handle_ref *source,
			    u64 key, zx_signals_t signals, u32 options)
{
	struct async_wait *a = slab_alloc(&async_cache);
	zx_status_t status = ZX_ERR_NO_SPACE;

	if (!a)
		return ZX_ERR_NO_MEMORY;
	async_prepare(a, p, source, key, signals, options);
	if (arch_add32(&p->async_count, 1) <= PORT_MAX_ASYNC)
		status = object_add_observer(source->object, &a->observer);
	/* From here on an accepted wait may have fired and be gone. */
	if (status != ZX_OK)
		async_free(a);
	if (status == ZX_ERR_CANCELED)
		return ZX_ERR_BAD_HANDLE;
	return status == ZX_ERR_NO_MEMORY ? ZX_ERR_NO_SPACE : status;
}
