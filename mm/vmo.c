/*
 * VMOs: object, size, information. Pages are in vmo_page.c, mappings in
 * vmo_map.c, copies to and from callers in vmo_io.c, range operations in
 * vmo_range.c, children in vmo_child.c, relatives in vmo_family.c.
 */
#include <arch/cache.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/discardable.h>
#include <mm/evict.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/vmar.h>
#include <mm/vmo_info.h>

#include "vmo_gap.h"

/* Pages that one step of a VMO's end frees. */
#define TEARDOWN_BUDGET 1024

struct page *zero_page;

static struct slab_cache vmo_cache;

void vmo_init_module(void)
{
	slab_cache_init(&vmo_cache, "vmo", sizeof(struct vmo));
	vmo_family_init_module();
}

static void free_vmo(struct epoch_head *h)
{
	slab_free(&vmo_cache, container_of(h, struct vmo, epoch));
}

static bool free_some(struct vmo *v)
{
	struct page *list = NULL;
	bool done;

	/* Relatives look at the tree for their charges until we have left. */
	if (v->kin.family)
		mutex_lock(v->lock);
	done = ptree_teardown_step(&v->pages, TEARDOWN_BUDGET, &list);
	if (v->kin.family)
		mutex_unlock(v->lock);
	pmm_free_list(list);
	return done;
}

static void leave_source(struct vmo *v)
{
	mutex_lock(v->lock);
	list_del(&v->overlay_node);
	mutex_unlock(v->lock);
	object_unref(&v->source_vmo->object);
}

/* No handle, mapping, slice or overlay is left: nobody else reaches the tree.
 * What it holds on to ends with it, one hop deep: a base has no base. */
static void vmo_destroy(struct object *o)
{
	struct vmo *v = vmo_from_object(o);

	DEBUG_ASSERT(list_is_empty(&v->mappings) && v->mapping_count == 0);
	if (v->discardable)
		discardable_detach(v);
	if (v->source) {
		evict_leave(v);
		page_source_vmo_destroyed(v->source);
	}
	while (!ptree_is_bare(&v->pages) && !free_some(v))
		continue;
	if (v->kin.family)
		vmo_kin_leave(v);
	if (v->source_vmo)
		leave_source(v);
	if (v->base != v)
		object_unref(&v->base->object);
	epoch_defer(&v->epoch, free_vmo);
}

static const struct object_ops vmo_ops = {
	.destroy = vmo_destroy,
};

struct vmo *vmo_alloc(enum vmo_kind kind, u64 size, u32 options)
{
	struct vmo *v = slab_alloc(&vmo_cache);

	if (!v)
		return NULL;
	/* The object in front has all set one by one. */
	memset(&v->lock, 0, offsetof(struct vmo, epoch) -
				    offsetof(struct vmo, lock));
	object_init(&v->object, ZX_OBJ_TYPE_VMO, &vmo_ops,
		    ZX_VMO_ZERO_CHILDREN);
	mutex_init(&v->own_lock, LOCK_VMO);
	list_init(&v->mappings);
	list_init(&v->overlays);
	list_init(&v->overlay_node);
	ptree_init(&v->pages);
	v->lock = &v->own_lock;
	v->base = v;
	v->kind = kind;
	v->size = size;
	v->options = options;
	v->cache_policy = ZX_CACHE_POLICY_CACHED;
	return v;
}

/* Relaxed: what the caller goes on to read is under the VMO's lock. */
bool vmo_try_ref(struct vmo *v)
{
	u32 count = __atomic_load_n(&v->object.ref_count, __ATOMIC_RELAXED);

	do {
		if (count == 0)
			return false;
	} while (!__atomic_compare_exchange_n(&v->object.ref_count, &count,
					      count + 1, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

void vmo_attach_base(struct vmo *v, struct vmo *base, u64 shift)
{
	object_ref(&base->object);
	v->base = base;
	v->lock = base->lock;
	v->shift = shift;
}

zx_status_t vmo_create_with_source(u64 size, u32 options,
				   struct page_source *source,
				   struct vmo **out)
{
	struct vmo *v = vmo_alloc(VMO_PAGED, size, options);

	if (!v)
		return ZX_ERR_NO_MEMORY;
	v->source = source;
	if (source) {
		v->lookup = VMO_HAS_SOURCE;
		evict_join(v);
	}
	*out = v;
	return ZX_OK;
}

static zx_status_t create_anonymous(u64 size, u32 options, struct vmo **out)
{
	zx_status_t status = vmo_create_with_source(size, options, NULL, out);

	if (status != ZX_OK || !(options & ZX_VMO_DISCARDABLE))
		return status;
	status = discardable_attach(*out);
	if (status != ZX_OK)
		object_unref(&(*out)->object);
	return status;
}

zx_status_t vmo_create(u64 size, u32 options, struct vmo **out)
{
	zx_status_t status;

	do {
		status = create_anonymous(size, options, out);
	} while (mm_try_again(status, 1));
	return status;
}

/* --- Size ----------------------------------------------------------------- */

u64 vmo_get_size(struct vmo *v)
{
	u64 size;

	mutex_lock(v->lock);
	size = vmo_size_locked(v);
	mutex_unlock(v->lock);
	return size;
}

/* The source ends earlier for those through whom it shines, and what it has
 * behind that end never comes back to them (vmo.md 5.7). */
static void clip_overlays_locked(struct vmo *v, u64 end)
{
	struct vmo *overlay;

	list_for_each(overlay, &v->overlays, overlay_node)
		overlay->window_end = min_u64(overlay->window_end, end);
}

static void shrink_locked(struct vmo *v, u64 size)
{
	u64 first = vmo_index(v, size), end = vmo_end_locked(v);

	if (v->source)
		page_source_shrink(v->source, &v->pages, size);
	v->size = size;
	v->window_end = min_u64(v->window_end, first);
	clip_overlays_locked(v, first);
	vmo_drop_pages_locked(v, first, end);
}

/* Is there a page at index, of v's own or shining through? Zeroes that shine
 * through count: the source may put something else there. */
static bool is_resident_locked(const struct vmo *v, u64 index)
{
	struct pt_slot s = ptree_get(&v->pages, index);

	if (pt_slot_type(s) == PT_EMPTY && (v->lookup & VMO_IS_OVERLAY) &&
	    index < v->window_end)
		return !vmo_is_absent_locked(v->source_vmo, index);
	return pt_slot_type(s) == PT_PAGE;
}

/* Clears a page from a byte on. Where it is used past the cache the lines that
 * the kernel's alias may have are no good, and none may stay. */
static void zero_behind_locked(const struct vmo *v, u8 *page, u64 from)
{
	bool uncached = v->lookup & VMO_IS_UNCACHED;

	if (uncached)
		arch_cache_clean_invalidate(page, PAGE_SIZE);
	memset(page + from, 0, PAGE_SIZE - from);
	if (uncached)
		arch_cache_clean_invalidate(page, PAGE_SIZE);
}

/* vmo.md 1, line 7: what an unaligned new size cuts off reads zero. A page
 * that is not there reads zero, or comes from the pager as the pager has it. */
static zx_status_t zero_tail_locked(struct vmo *v, u64 size)
{
	u64 index = vmo_index(v, size);
	struct page *page;
	bool writable;
	zx_status_t status;

	if (is_page_aligned(size) || !is_resident_locked(v, index))
		return ZX_OK;
	status = vmo_get_page_locked(v, index, true, NULL, &page, &writable);
	/* Resizing asks nobody (pager-port.md 5.3): the page stays as it is. */
	if (status == ZX_ERR_SHOULD_WAIT)
		return ZX_OK;
	if (status == ZX_OK)
		zero_behind_locked(v, vmo_page_bytes(page), size & PAGE_MASK);
	return status;
}

zx_status_t vmo_prepare_resize_locked(struct vmo *v, u64 rounded)
{
	u64 first = vmo_index(v, rounded), end = vmo_end_locked(v);

	/* vmo.md 5.5: the end must have an index. */
	if (rounded >= v->size)
		return first >= PT_INDEX_LIMIT ? ZX_ERR_INVALID_ARGS : ZX_OK;
	if (vmo_has_pins_locked(v, first, end))
		return ZX_ERR_BAD_STATE;
	if (v->source && vmo_cut_gap_locked(v, first) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	return ptree_remove_prepare(&v->pages, first, end);
}

/* What a pager's VMO grows by reads zero and is news to the service (7.5). */
static zx_status_t grow_locked(struct vmo *v, u64 rounded)
{
	zx_status_t status = ZX_OK;

	if (v->source)
		status = vmo_add_gap_locked(v, vmo_end_locked(v),
					    vmo_index(v, rounded));
	if (status == ZX_OK)
		v->size = rounded;
	return status;
}

zx_status_t vmo_resize_locked(struct vmo *v, u64 size, u64 rounded)
{
	zx_status_t status = vmo_prepare_resize_locked(v, rounded);

	if (status == ZX_OK && rounded >= v->size) {
		status = grow_locked(v, rounded);
	} else if (status == ZX_OK) {
		status = zero_tail_locked(v, size);
		if (status == ZX_OK)
			shrink_locked(v, rounded);
	}
	if (status == ZX_OK)
		v->modified = true;
	return status;
}

zx_status_t vmo_check_set_size(const struct vmo *v, u64 size, u64 *rounded)
{
	if (v->base->kind == VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (!(v->options & ZX_VMO_RESIZABLE))
		return ZX_ERR_UNAVAILABLE;
	if (!round_up_page(size, rounded) || *rounded > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

zx_status_t vmo_set_size(struct vmo *v, u64 size)
{
	struct vmo *b = v->kind == VMO_REFERENCE ? v->base : v;
	u64 rounded;
	zx_status_t status = vmo_check_set_size(b, size, &rounded);

	if (status != ZX_OK)
		return status;
	do {
		mutex_lock(b->lock);
		status = vmo_resize_locked(b, size, rounded);
		mutex_unlock(b->lock);
	} while (mm_try_again(status, 1));
	return status;
}

/* --- Information ---------------------------------------------------------- */

void vmo_set_name(struct vmo *v, const char *name, size_t length)
{
	status_ignore(object_set_name(&v->object, name, length));
}

void vmo_get_name(struct vmo *v, char *name)
{
	object_get_name(&v->object, name);
}

/* Address spaces that map the VMO, exact up to SHARE_EXACT, and 1 below two
 * mappings (vmo.md 10.2). */
#define SHARE_EXACT 64

static u64 share_count_locked(struct vmo *v)
{
	const struct aspace *seen[SHARE_EXACT];
	struct mapping *m;
	u64 count = 0;

	list_for_each(m, &v->base->mappings, vmo_node) {
		u64 i = 0;

		if (m->named != v)
			continue;
		while (i < count && seen[i] != m->vmar->aspace)
			i++;
		if (i == count && count < SHARE_EXACT)
			seen[count++] = m->vmar->aspace;
	}
	return count < 1 ? 1 : count;
}

u64 vmo_metadata_bytes(struct vmo *v)
{
	u64 bytes = 0, found;

	mutex_lock(v->lock);
	if (ptree_next(&v->pages, 0, PT_INDEX_LIMIT, &found).word)
		bytes = sizeof(struct pt_node) *
			(v->pages.height + 1 +
			 ptree_count(&v->pages, 0, PT_INDEX_LIMIT) / PT_FANOUT);
	mutex_unlock(v->lock);
	return bytes;
}

static u32 info_flags(const struct vmo *v)
{
	u32 flags = 0;

	if (v->base->kind != VMO_PHYSICAL)
		flags |= ZX_INFO_VMO_TYPE_PAGED;
	if (v->base->kind == VMO_PHYSICAL || v->base->kind == VMO_CONTIGUOUS)
		flags |= ZX_INFO_VMO_CONTIGUOUS;
	if (v->options & ZX_VMO_RESIZABLE)
		flags |= ZX_INFO_VMO_RESIZABLE;
	if (v->is_clone)
		flags |= ZX_INFO_VMO_IS_COW_CLONE;
	if (v->base->source || v->base->source_vmo)
		flags |= ZX_INFO_VMO_PAGER_BACKED;
	if (v->discardable)
		flags |= ZX_INFO_VMO_DISCARDABLE;
	if (v->is_immutable)
		flags |= ZX_INFO_VMO_IMMUTABLE;
	return flags;
}

void vmo_get_info(struct vmo *v, zx_info_vmo_t *out)
{
	memset(out, 0, sizeof(*out));
	out->koid = v->object.koid;
	vmo_get_name(v, out->name);
	out->parent_koid = vmo_birth_parent_koid(v);
	out->num_children = vmo_child_count(v);
	out->flags = info_flags(v);
	mutex_lock(v->lock);
	out->size_bytes = vmo_size_locked(v);
	out->num_mappings = v->mapping_count;
	out->share_count = share_count_locked(v);
	out->cache_policy = v->base->cache_policy;
	mutex_unlock(v->lock);
}
