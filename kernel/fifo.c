/*
 * FIFOs.
 *
 * A ring and READABLE change together under the reading end's lock. WRITABLE
 * is the other end's signal, under another lock: whoever has changed a ring
 * works it out anew from the ring after that. The last one to do so, in the
 * order of that lock, sees all changes, so it is right in the end.
 */
#include <kernel/fifo.h>
#include <mm/slab.h>

struct fifo_pair {
	struct fifo ends[2];
};

static struct slab_cache fifo_cache;

void fifo_init(void)
{
	slab_cache_init(&fifo_cache, "fifo", sizeof(struct fifo_pair));
}

static struct fifo *other_end(struct fifo *f)
{
	return container_of(f->peer.other, struct fifo, peer);
}

static size_t ring_bytes(const struct fifo *f)
{
	return (size_t)f->elem_count * f->elem_size;
}

static void fifo_destroy(struct object *o)
{
	struct fifo *f = fifo_from_object(o);

	kfree(f->ring, ring_bytes(f));
	f->ring = NULL;
	if (peer_drop(&f->peer))
		slab_free(&fifo_cache, peer_first(&f->peer));
}

static void fifo_close(struct object *o)
{
	struct fifo *f = fifo_from_object(o);

	spin_lock(&o->lock);
	f->peer.closed = true;
	spin_unlock(&o->lock);
	object_update_signals(&f->peer.other->object, ZX_FIFO_WRITABLE,
			      ZX_FIFO_PEER_CLOSED);
}

static const struct object_ops fifo_ops = {
	.destroy = fifo_destroy,
	.on_zero_handles = fifo_close,
};

static zx_status_t pair_alloc(struct fifo_pair *p, size_t bytes)
{
	p->ends[0].ring = kmalloc(bytes);
	if (!p->ends[0].ring)
		return ZX_ERR_NO_MEMORY;
	p->ends[1].ring = kmalloc(bytes);
	if (p->ends[1].ring)
		return ZX_OK;
	kfree(p->ends[0].ring, bytes);
	return ZX_ERR_NO_MEMORY;
}

zx_status_t fifo_create(u32 elem_count, u32 elem_size, struct fifo **a,
			struct fifo **b)
{
	struct fifo_pair *p = slab_alloc(&fifo_cache);

	if (!p)
		return ZX_ERR_NO_MEMORY;
	if (pair_alloc(p, (size_t)elem_count * elem_size) != ZX_OK) {
		slab_free(&fifo_cache, p);
		return ZX_ERR_NO_MEMORY;
	}
	for (u32 i = 0; i < 2; i++) {
		p->ends[i].elem_size = elem_size;
		p->ends[i].elem_count = elem_count;
		p->ends[i].head = 0;
		p->ends[i].used = 0;
	}
	*a = &p->ends[0];
	*b = &p->ends[1];
	peer_init(&(*a)->peer, &(*b)->peer, ZX_OBJ_TYPE_FIFO, &fifo_ops,
		  ZX_FIFO_WRITABLE);
	return ZX_OK;
}

/* WRITABLE of f, by the ring of the other end. */
static void update_writable(struct fifo *f)
{
	struct object *o = &f->peer.object;
	u32 used;

	spin_lock(&o->lock);
	/* Relaxed: see above, the lock orders it. */
	used = __atomic_load_n(&other_end(f)->used, __ATOMIC_RELAXED);
	if (used == f->elem_count)
		object_update_signals_locked(o, ZX_FIFO_WRITABLE, 0);
	else if (!(o->signals & ZX_FIFO_PEER_CLOSED))
		object_update_signals_locked(o, 0, ZX_FIFO_WRITABLE);
	spin_unlock(&o->lock);
}

static inline u8 *element(struct fifo *f, u32 i)
{
	return f->ring + (size_t)(i % f->elem_count) * f->elem_size;
}

static zx_status_t put_locked(struct fifo *to, const u8 *data, u32 *count)
{
	u32 room = to->elem_count - to->used;

	if (to->peer.closed)
		return ZX_ERR_PEER_CLOSED;
	if (room == 0)
		return ZX_ERR_SHOULD_WAIT;
	if (*count > room)
		*count = room;
	for (u32 i = 0; i < *count; i++)
		__builtin_memcpy(element(to, to->head + to->used + i),
				 data + (size_t)i * to->elem_size,
				 to->elem_size);
	__atomic_store_n(&to->used, to->used + *count, __ATOMIC_RELAXED);
	object_update_signals_locked(&to->peer.object, 0, ZX_FIFO_READABLE);
	return ZX_OK;
}

zx_status_t fifo_put(struct fifo *f, const u8 *data, u32 *count)
{
	struct fifo *to = other_end(f);
	zx_status_t status;

	spin_lock(&to->peer.object.lock);
	status = put_locked(to, data, count);
	spin_unlock(&to->peer.object.lock);
	if (status == ZX_OK)
		update_writable(f);
	return status;
}

static zx_status_t get_locked(struct fifo *f, u8 *data, u32 *count)
{
	struct object *o = &f->peer.object;

	if (f->used == 0)
		return o->signals & ZX_FIFO_PEER_CLOSED ? ZX_ERR_PEER_CLOSED
							: ZX_ERR_SHOULD_WAIT;
	if (*count > f->used)
		*count = f->used;
	for (u32 i = 0; i < *count; i++)
		__builtin_memcpy(data + (size_t)i * f->elem_size,
				 element(f, f->head + i), f->elem_size);
	f->head = (f->head + *count) % f->elem_count;
	__atomic_store_n(&f->used, f->used - *count, __ATOMIC_RELAXED);
	if (f->used == 0)
		object_update_signals_locked(o, ZX_FIFO_READABLE, 0);
	return ZX_OK;
}

zx_status_t fifo_get(struct fifo *f, u8 *data, u32 *count)
{
	zx_status_t status;

	spin_lock(&f->peer.object.lock);
	status = get_locked(f, data, count);
	spin_unlock(&f->peer.object.lock);
	if (status == ZX_OK)
		update_writable(other_end(f));
	return status;
}
