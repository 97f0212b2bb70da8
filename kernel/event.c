/*
 * Events.
 */
#include <kernel/event.h>
#include <mm/slab.h>

static struct slab_cache event_cache;

void event_init(void)
{
	slab_cache_init(&event_cache, "event", sizeof(struct object));
}

static void event_destroy(struct object *o)
{
	slab_free(&event_cache, o);
}

static const struct object_ops event_ops = {
	.destroy = event_destroy,
};

zx_status_t event_create(struct object **out)
{
	struct object *o = slab_alloc(&event_cache);

	if (!o)
		return ZX_ERR_NO_MEMORY;
	object_init(o, ZX_OBJ_TYPE_EVENT, &event_ops, 0);
	*out = o;
	return ZX_OK;
}
