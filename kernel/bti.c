/*
 * IOMMUs, bus transaction initiators, pinned memory tokens.
 *
 * A token and the quarantine it lies in refer to each other: that is the leak
 * that keeps frames whose device nobody has stopped.
 */
#include <kernel/bti.h>
#include <mm/slab.h>
#include <mm/vmo_pin.h>

static struct slab_cache iommu_cache;
static struct slab_cache bti_cache;
static struct slab_cache pmt_cache;

void bti_init(void)
{
	slab_cache_init(&iommu_cache, "iommu", sizeof(struct object));
	slab_cache_init(&bti_cache, "bti", sizeof(struct bti));
	slab_cache_init(&pmt_cache, "pmt", sizeof(struct pmt));
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
	list_init(&b->quarantine);
	b->quarantine_count = 0;
	*out = b;
	return ZX_OK;
}

void bti_get_info(struct bti *b, zx_info_bti_v2_t *out)
{
	out->minimum_contiguity = PAGE_SIZE;
	out->aspace_size = UINT64_MAX;
	mutex_lock(&b->lock);
	out->pmo_count = b->pinned_count;
	out->quarantine_count = b->quarantine_count;
	mutex_unlock(&b->lock);
}

/* --- Pinned memory tokens -------------------------------------------------- */

static void pmt_destroy(struct object *o)
{
	struct pmt *p = pmt_from_object(o);

	/* Without this, one that never had a handle. */
	pmt_unpin(p);
	object_unref(&p->vmo->object);
	object_unref(&p->bti->object);
	slab_free(&pmt_cache, p);
}

/* Closed without unpinning: into the quarantine. */
static void pmt_on_zero_handles(struct object *o)
{
	struct pmt *p = pmt_from_object(o);
	struct bti *b = p->bti;

	mutex_lock(&b->lock);
	if (p->pins) {
		object_ref(&p->object);
		list_add_tail(&b->quarantine, &p->node);
		b->quarantine_count++;
	}
	mutex_unlock(&b->lock);
}

static const struct object_ops pmt_ops = {
	.destroy = pmt_destroy,
	.on_zero_handles = pmt_on_zero_handles,
};

zx_status_t bti_pin(struct bti *b, struct vmo *v, u64 offset, u64 bytes,
		    bool writes, struct pmt **out)
{
	struct pmt *p = slab_alloc(&pmt_cache);
	zx_status_t status;

	if (!p)
		return ZX_ERR_NO_MEMORY;
	status = writes ? vmo_pin(v, offset, bytes) :
			  vmo_pin_to_read(v, offset, bytes);
	if (status != ZX_OK) {
		slab_free(&pmt_cache, p);
		return status;
	}
	object_init(&p->object, ZX_OBJ_TYPE_PMT, &pmt_ops, 0);
	object_ref(&b->object);
	object_ref(&v->object);
	p->bti = b;
	p->vmo = v;
	p->offset = offset;
	p->bytes = bytes;
	p->pins = true;
	mutex_lock(&b->lock);
	b->pinned_count++;
	mutex_unlock(&b->lock);
	*out = p;
	return ZX_OK;
}

void pmt_unpin(struct pmt *p)
{
	bool pins;

	mutex_lock(&p->bti->lock);
	pins = p->pins;
	p->pins = false;
	p->bti->pinned_count -= pins;
	mutex_unlock(&p->bti->lock);
	if (pins)
		vmo_unpin(p->vmo, p->offset, p->bytes);
}

/* The first token of the quarantine, whose reference is the caller's. */
static struct pmt *take_quarantined(struct bti *b)
{
	struct list_node *node;

	mutex_lock(&b->lock);
	node = list_pop_head(&b->quarantine);
	b->quarantine_count -= node != NULL;
	mutex_unlock(&b->lock);
	return node ? container_of(node, struct pmt, node) : NULL;
}

void bti_release_quarantine(struct bti *b)
{
	struct pmt *p;

	while ((p = take_quarantined(b)) != NULL) {
		pmt_unpin(p);
		object_unref(&p->object);
	}
}
