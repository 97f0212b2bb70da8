/*
 * Eventpairs.
 */
#include <kernel/eventpair.h>
#include <mm/slab.h>

struct eventpair {
	struct peer ends[2];
};

static struct slab_cache eventpair_cache;

void eventpair_init(void)
{
	slab_cache_init(&eventpair_cache, "eventpair",
			sizeof(struct eventpair));
}

static void eventpair_destroy(struct object *o)
{
	struct peer *p = peer_from_object(o);

	if (peer_drop(p))
		slab_free(&eventpair_cache, peer_first(p));
}

static void eventpair_close(struct object *o)
{
	struct peer *p = peer_from_object(o);

	spin_lock(&o->lock);
	p->closed = true;
	spin_unlock(&o->lock);
	object_update_signals(&p->other->object, 0, ZX_EVENTPAIR_PEER_CLOSED);
}

static const struct object_ops eventpair_ops = {
	.destroy = eventpair_destroy,
	.on_zero_handles = eventpair_close,
};

zx_status_t eventpair_create(struct peer **a, struct peer **b)
{
	struct eventpair *e = slab_alloc(&eventpair_cache);

	if (!e)
		return ZX_ERR_NO_MEMORY;
	*a = &e->ends[0];
	*b = &e->ends[1];
	peer_init(*a, *b, ZX_OBJ_TYPE_EVENTPAIR, &eventpair_ops, 0);
	return ZX_OK;
}
