/*
 * IOMMUs and bus transaction initiators: objects with next to no state.
 */
#include <kernel/bti.h>
#include <mm/slab.h>

static struct slab_cache iommu_cache;
static struct slab_cache bti_cache;

void bti_init(void)
{
	slab_cache_init(&iommu_cache, "iommu", sizeof(struct object));
	slab_cache_init(&bti_cache, "bti", sizeof(struct bti));
}

static void iommu_destroy(struct object *o)
{
	slab_free(&iommu_cache, o);
}

static const struct object_ops iommu_ops = {
	.destroy = iommu_destroy,
};

zx_status_t iommu_create(struct object **out)
{
	struct object *o = slab_alloc(&iommu_cache);

	if (!o)
		return ZX_ERR_NO_MEMORY;
	object_init(o, ZX_OBJ_TYPE_IOMMU, &iommu_ops, 0);
	*out = o;
	return ZX_OK;
}

static void bti_destroy(struct object *o)
{
	struct bti *b = bti_from_object(o);

	object_unref(b->iommu);
	slab_free(&bti_cache, b);
}

static const struct object_ops bti_ops = {
	.destroy = bti_destroy,
};

zx_status_t bti_create(struct object *iommu, u64 id, struct bti **out)
{
	struct bti *b = slab_alloc(&bti_cache);

	if (!b)
		return ZX_ERR_NO_MEMORY;
	object_init(&b->object, ZX_OBJ_TYPE_BTI, &bti_ops, 0);
	mutex_init(&b->lock, LOCK_DEVICE);
	object_ref(iommu);
	b->iommu = iommu;
	b->id = id;
	b->pinned_count = 0;
	b->quarantine_count = 0;
	*out = b;
	return ZX_OK;
}

void bti_get_info(struct bti *b, zx_info_bti_t *out)
{
	out->minimum_contiguity = PAGE_SIZE;
	out->aspace_size = UINT64_MAX;
	mutex_lock(&b->lock);
	out->pmo_count = b->pinned_count;
	out->quarantine_count = b->quarantine_count;
	mutex_unlock(&b->lock);
}
