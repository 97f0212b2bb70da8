/*
 * Resources. They do not change after creation; only the list of exclusive
 * ranges does, under list_lock (LOCK_DEVICE).
 */
#include <kernel/handle.h>
#include <kernel/panic.h>
#include <kernel/resource.h>
#include <mm/slab.h>

static struct resource root = {
	.kind = ZX_RSRC_KIND_ROOT,
	.name = "root",
};
struct object *root_resource = &root.object;

static struct slab_cache resource_cache;
static struct mutex list_lock;
/* Under list_lock: resources with ZX_RSRC_FLAG_EXCLUSIVE, by node. */
static struct list_node exclusives;

static void resource_destroy(struct object *o)
{
	struct resource *r = resource_from_object(o);

	ASSERT(r != &root);	/* the kernel has a reference of its own */
	if (r->flags & ZX_RSRC_FLAG_EXCLUSIVE) {
		mutex_lock(&list_lock);
		list_del(&r->node);
		mutex_unlock(&list_lock);
	}
	slab_free(&resource_cache, r);
}

static const struct object_ops resource_ops = {
	.destroy = resource_destroy,
};

void resource_init(void)
{
	slab_cache_init(&resource_cache, "resource", sizeof(struct resource));
	mutex_init(&list_lock, LOCK_DEVICE);
	list_init(&exclusives);
	object_init(&root.object, ZX_OBJ_TYPE_RESOURCE, &resource_ops, 0);
}

static bool is_ranged(u32 kind)
{
	return kind != ZX_RSRC_KIND_ROOT && kind != ZX_RSRC_KIND_VMEX &&
	       kind != ZX_RSRC_KIND_HYPERVISOR;
}

static bool is_known(u32 kind)
{
	return kind < ZX_RSRC_KIND_COUNT || kind == ZX_RSRC_KIND_SYSTEM;
}

/* Of ranges that do not wrap. */
static bool contains(const struct resource *r, u64 base, u64 size)
{
	return base >= r->base && base - r->base <= r->size &&
	       size <= r->size - (base - r->base);
}

static bool grants(const struct resource *r, u32 kind, u64 base, u64 size)
{
	if (r->kind == ZX_RSRC_KIND_ROOT)
		return true;
	/* The later name for permission to mark memory executable. */
	if (kind == ZX_RSRC_KIND_VMEX && r->kind == ZX_RSRC_KIND_SYSTEM)
		return contains(r, ZX_RSRC_SYSTEM_VMEX_BASE, 1);
	return r->kind == kind && contains(r, base, size);
}

static zx_status_t check_options(const struct resource *parent, u32 options,
				 u64 base, u64 size)
{
	u32 kind = ZX_RSRC_EXTRACT_KIND(options);
	u64 end;

	if (!is_known(kind) ||
	    (ZX_RSRC_EXTRACT_FLAGS(options) & ~ZX_RSRC_FLAG_EXCLUSIVE))
		return ZX_ERR_INVALID_ARGS;
	if (parent->kind != ZX_RSRC_KIND_ROOT && parent->kind != kind)
		return ZX_ERR_ACCESS_DENIED;
	if (!is_ranged(kind))
		return options == kind && base == 0 && size == 0
			       ? ZX_OK : ZX_ERR_INVALID_ARGS;
	/* A range may end with the last number there is. */
	if (size == 0 || __builtin_add_overflow(base, size - 1, &end))
		return ZX_ERR_INVALID_ARGS;
	return grants(parent, kind, base, size) ? ZX_OK : ZX_ERR_ACCESS_DENIED;
}

/* NOT_FOUND if it touches an exclusive range; joins their list if it is one. */
static zx_status_t claim(struct resource *r)
{
	struct resource *other;
	zx_status_t status = ZX_OK;

	if (!is_ranged(r->kind))
		return ZX_OK;
	mutex_lock(&list_lock);
	list_for_each(other, &exclusives, node)
		if (other->kind == r->kind &&
		    r->base <= other->base + (other->size - 1) &&
		    other->base <= r->base + (r->size - 1))
			status = ZX_ERR_NOT_FOUND;
	if (status == ZX_OK && (r->flags & ZX_RSRC_FLAG_EXCLUSIVE))
		list_add_tail(&exclusives, &r->node);
	mutex_unlock(&list_lock);
	return status;
}

zx_status_t resource_create(const struct resource *parent, u32 options,
			    u64 base, u64 size,
			    const char name[ZX_MAX_NAME_LEN],
			    struct resource **out)
{
	zx_status_t status = check_options(parent, options, base, size);
	struct resource *r;

	if (status != ZX_OK)
		return status;
	r = slab_alloc(&resource_cache);
	if (!r)
		return ZX_ERR_NO_MEMORY;
	r->kind = ZX_RSRC_EXTRACT_KIND(options);
	r->flags = ZX_RSRC_EXTRACT_FLAGS(options);
	r->base = base;
	r->size = size;
	__builtin_memcpy(r->name, name, sizeof(r->name));
	status = claim(r);
	if (status != ZX_OK) {
		slab_free(&resource_cache, r);
		return status;
	}
	object_init(&r->object, ZX_OBJ_TYPE_RESOURCE, &resource_ops, 0);
	*out = r;
	return ZX_OK;
}

zx_status_t resource_check_range(zx_handle_t value, u32 kind, u64 base,
				 u64 size)
{
	struct object *o;
	zx_status_t status = handle_get(value, ZX_OBJ_TYPE_RESOURCE, 0, &o);

	if (status != ZX_OK)
		return status;
	if (!grants(resource_from_object(o), kind, base, size))
		status = ZX_ERR_ACCESS_DENIED;
	object_unref(o);
	return status;
}

zx_status_t resource_check_kind(zx_handle_t value, u32 kind)
{
	zx_status_t status = resource_check_range(value, kind, 0, 0);

	return status == ZX_ERR_ACCESS_DENIED ? ZX_ERR_WRONG_TYPE : status;
}
