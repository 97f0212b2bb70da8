/*
 * VMARs: what can be asked of them. Each call takes the aspace's lock, makes
 * its checks in the order of spec/vmar.md, prepares, and then changes what
 * cannot fail any more. Removing regions is change.c's.
 */
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/vdso.h>
#include <mm/vmo.h>

#include "vmar_internal.h"

#define CAN_MAP_RWX (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | \
		     ZX_VM_CAN_MAP_EXECUTE)
#define SPECIFIC_ANY (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE)
#define PLACED (SPECIFIC_ANY | ZX_VM_OFFSET_IS_UPPER_LIMIT)

/* spec 3.2.4 */
#define ENTROPY_BITS 30
#define ENTROPY_BITS_COMPACT 8

static struct slab_cache vmar_cache;

void vmar_init_cache(void)
{
	slab_cache_init(&vmar_cache, "vmar", sizeof(struct vmar));
}

static void free_vmar(struct epoch_head *h)
{
	slab_free(&vmar_cache, container_of(h, struct vmar, epoch));
}

/* No handle, no tree: a reader may still stand in its (empty) tree. */
static void vmar_object_destroy(struct object *o)
{
	struct vmar *v = vmar_from_object(o);

	aspace_unref(v->aspace);
	epoch_defer(&v->epoch, free_vmar);
}

static const struct object_ops vmar_ops = {
	.destroy = vmar_object_destroy,
};

struct vmar *vmar_create(struct aspace *as, struct vmar *parent, uaddr_t base,
			 u64 size, u32 flags)
{
	struct vmar *v = slab_alloc(&vmar_cache);

	if (!v)
		return NULL;
	memset(v, 0, sizeof(*v));
	object_init(&v->object, ZX_OBJ_TYPE_VMAR, &vmar_ops, 0);
	v->region.start = base >> PAGE_SHIFT;
	v->region.end = (base + size) >> PAGE_SHIFT;
	v->aspace = as;
	v->parent = parent;
	v->base = base;
	v->size = size;
	v->flags = flags;
	v->depth = parent ? parent->depth + 1 : 0;
	v->alive = true;
	rtree_init(&v->children);
	aspace_ref(as);
	return v;
}

/* check_placement() where the caller chooses or limits the place. */
static __attribute__((noinline)) zx_status_t check_chosen_placement(
	const struct vmar *v, const struct vmar_placement *w)
{
	bool specific = w->options & SPECIFIC_ANY;
	bool limit = w->options & ZX_VM_OFFSET_IS_UPPER_LIMIT;

	if (specific && limit)
		return ZX_ERR_INVALID_ARGS;
	if (!is_page_aligned(w->offset))
		return ZX_ERR_INVALID_ARGS;
	if (!(v->flags & ZX_VM_CAN_MAP_SPECIFIC))
		return ZX_ERR_ACCESS_DENIED;
	if (limit) {
		if (w->offset > v->size || w->size > w->offset)
			return ZX_ERR_INVALID_ARGS;
	} else if (w->offset >= v->size || w->size > v->size - w->offset) {
		return ZX_ERR_INVALID_ARGS;
	}
	return ZX_OK;
}

/* spec 4, checks 9-11 (the same as 5, 15-17). */
static inline zx_status_t check_placement(const struct vmar *v,
					  const struct vmar_placement *w)
{
	if (w->options & PLACED)
		return check_chosen_placement(v, w);
	if (w->offset != 0 || w->size > v->size)
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

static u32 placement_align_log2(const struct vmar_placement *w)
{
	u32 log2 = w->options >> ZX_VM_ALIGN_BASE;

	return log2 > PAGE_SHIFT ? log2 - PAGE_SHIFT : 0;
}

static zx_status_t place_specific(struct vmar *v,
				  const struct vmar_placement *w,
				  struct rtree_txn *txn, u64 *page)
{
	u64 first = (v->base + w->offset) >> PAGE_SHIFT;
	u64 end = first + (w->size >> PAGE_SHIFT);

	if (first & ((1ul << placement_align_log2(w)) - 1))
		return ZX_ERR_INVALID_ARGS;
	*page = first;
	if (!rtree_seek_free(txn, &v->children, first, end) &&
	    !(w->options & ZX_VM_SPECIFIC_OVERWRITE))
		return ZX_ERR_ALREADY_EXISTS;
	return ZX_OK;
}

/* spec 4, checks 12-13. txn stands at the place, if that is free. */
static zx_status_t place(struct vmar *v, const struct vmar_placement *w,
			 struct rtree_txn *txn, u64 *page)
{
	u64 span = w->options & ZX_VM_OFFSET_IS_UPPER_LIMIT ? w->offset
							    : v->size;
	struct rt_want want = {
		.lo = v->base >> PAGE_SHIFT,
		.hi = (v->base + span) >> PAGE_SHIFT,
		.size_pages = w->size >> PAGE_SHIFT,
		.align_log2 = placement_align_log2(w),
	};
	u32 entropy = v->flags & ZX_VM_COMPACT ? ENTROPY_BITS_COMPACT
					       : ENTROPY_BITS;

	if (w->options & SPECIFIC_ANY)
		return place_specific(v, w, txn, page);
	if (!rtree_place(txn, &v->children, &want, entropy,
			 &v->aspace->random, page))
		return ZX_ERR_NO_RESOURCES;
	return ZX_OK;
}

/* --- zx_vmar_allocate ----------------------------------------------------- */

static zx_status_t allocate_locked(struct vmar *parent,
				   const struct vmar_placement *where,
				   u32 flags, struct vmar **out)
{
	struct rtree_txn txn;
	struct vmar *v;
	zx_status_t status;
	u64 page;

	if (!parent->alive)
		return ZX_ERR_BAD_STATE;
	if (where->size == 0)
		return ZX_ERR_INVALID_ARGS;
	if (flags & CAN_MAP_RWX & ~parent->flags)
		return ZX_ERR_ACCESS_DENIED;
	status = check_placement(parent, where);
	if (status == ZX_OK)
		status = place(parent, where, &txn, &page);
	if (status != ZX_OK)
		return status;
	if (parent->depth + 1 >= VMAR_MAX_DEPTH)
		return ZX_ERR_NO_MEMORY;
	v = vmar_create(parent->aspace, parent, page << PAGE_SHIFT,
			where->size, flags);
	if (!v)
		return ZX_ERR_NO_MEMORY;
	status = rtree_insert_prepare(&txn, rt_slot_make(&v->region, RT_VMAR));
	if (status != ZX_OK) {
		object_unref(&v->object);
		return status;
	}
	object_ref(&v->object);		/* the caller's; the first is the tree's */
	rtree_commit(&txn);
	*out = v;
	return ZX_OK;
}

zx_status_t vmar_allocate(struct vmar *parent,
			  const struct vmar_placement *where, u32 flags,
			  struct vmar **out)
{
	zx_status_t status;

	do {
		mutex_lock(&parent->aspace->lock);
		status = allocate_locked(parent, where, flags, out);
		mutex_unlock(&parent->aspace->lock);
		/* At the greatest depth it is not frames that are missing. */
	} while (parent->depth + 1 < VMAR_MAX_DEPTH &&
		 mm_try_again(status, 1));
	return status;
}

/* --- zx_vmar_map ---------------------------------------------------------- */

/* A region of the VMAR's own children that is a VMAR touches [start, end). */
static __attribute__((noinline)) bool touches_vmar(const struct vmar *v,
						   u64 start, u64 end)
{
	struct rtree_walk w;
	struct rt_slot s;

	rtree_walk_begin(&w, &v->children, start);
	while ((s = rtree_walk_next(&w)).word &&
	       rt_slot_region(s)->start < end) {
		if (rt_slot_type(s) == RT_VMAR)
			return true;
	}
	return false;
}

static inline zx_status_t insert_mapping(struct rtree_txn *txn,
					 struct mapping *m)
{
	zx_status_t status = rtree_insert_prepare(txn, mapping_slot(m));

	if (status != ZX_OK)
		return status;
	/* On the VMO's list before a fault can find it in the tree, so that a
	 * VMO operation meets every mapping that may have entries. */
	mapping_link(m, MAPPING_ALIVE);
	rtree_commit(txn);
	return ZX_OK;
}

/* OVERWRITE: in place of what is there, if anything is; else txn serves. */
static __attribute__((noinline)) zx_status_t overwrite(struct vmar *v,
						       struct rtree_txn *txn,
						       struct mapping *m)
{
	u64 start = m->region.start, end = m->region.end;
	struct vmar_edges edges = vmar_find_edges(v, start, end);

	return edges.first.word ? vmar_replace_range(v, start, end, &edges, m)
				: insert_mapping(txn, m);
}

/* spec 5, check 20. What the mapping is of may be executable. */
static __attribute__((noinline)) zx_status_t check_code(
	const struct vmar *v, const struct vmar_placement *where,
	const struct vmo *vmo, u64 vmo_offset, u32 prot, u32 *max_prot,
	bool *is_code)
{
	return aspace_check_code(v->aspace, vmo, vmo_offset, where->size, prot,
				 max_prot, is_code);
}

static void note_code(struct aspace *as, const struct mapping *m)
{
	as->code_start = m->region.start;
	as->code_end = m->region.end;
}

/* The mapping goes before anybody knew of it. */
static void forget_code(struct aspace *as, u64 page)
{
	if (as->code_end && as->code_start == page)
		as->code_start = as->code_end = 0;
}

static inline zx_status_t map_locked(struct vmar *v,
				     const struct vmar_placement *where,
				     struct vmo *vmo, u64 vmo_offset, u32 prot,
				     u32 max_prot, struct mapping **out)
{
	struct rtree_txn txn;
	struct mapping *m;
	zx_status_t status;
	bool is_code = false;
	u64 page, end;

	if (!v->alive)
		return ZX_ERR_BAD_STATE;
	if (where->size == 0)
		return ZX_ERR_INVALID_ARGS;
	status = check_placement(v, where);
	if (status == ZX_OK)
		status = place(v, where, &txn, &page);
	if (status == ZX_OK && (max_prot & ZX_VM_PERM_EXECUTE))
		status = check_code(v, where, vmo, vmo_offset, prot, &max_prot,
				    &is_code);
	if (status != ZX_OK)
		return status;
	end = page + (where->size >> PAGE_SHIFT);
	if ((where->options & ZX_VM_SPECIFIC_OVERWRITE) &&
	    touches_vmar(v, page, end))
		return ZX_ERR_INVALID_ARGS;
	if ((where->options & ZX_VM_SPECIFIC_OVERWRITE) &&
	    aspace_touches_code(v->aspace, page, end))
		return ZX_ERR_ACCESS_DENIED;
	m = mapping_create(v, page, end, vmo, vmo_offset, prot, max_prot);
	if (!m)
		return ZX_ERR_NO_MEMORY;
	m->fault_beyond_stream =
		where->options & ZX_VM_FAULT_BEYOND_STREAM_SIZE;
	status = where->options & ZX_VM_SPECIFIC_OVERWRITE ?
			 overwrite(v, &txn, m) : insert_mapping(&txn, m);
	if (status != ZX_OK) {
		mapping_discard(m);
		return status;
	}
	if (is_code)
		note_code(v->aspace, m);
	*out = m;
	return ZX_OK;
}

zx_status_t vmar_map(struct vmar *v, const struct vmar_placement *where,
		     struct vmo *vmo, u64 vmo_offset, u32 prot, u32 max_prot,
		     bool populate, uaddr_t *out)
{
	struct mapping *m;
	zx_status_t status;

	do {
		mutex_lock(&v->aspace->lock);
		status = map_locked(v, where, vmo, vmo_offset, prot, max_prot,
				    &m);
		if (status == ZX_OK) {
			*out = mapping_base(m);
			if (populate)
				status = mapping_populate(m, m->region.start,
							  m->region.end);
			if (status != ZX_OK) {
				forget_code(v->aspace, m->region.start);
				vmar_remove_mapping(m);
			}
		}
		mutex_unlock(&v->aspace->lock);
	} while (mm_try_again(status, 1));
	return status;
}

/* --- zx_vmar_unmap, zx_vmar_destroy --------------------------------------- */

/* spec 6, checks 7-8: whole sub-VMARs only, and something must be there. Only
 * the regions at the two edges can lie partly inside. */
static zx_status_t check_unmap(const struct vmar *v,
			       const struct vmar_edges *e, u64 start, u64 end,
			       bool children)
{
	if (!e->first.word)
		return ZX_ERR_NOT_FOUND;
	if (!children && touches_vmar(v, start, end))
		return ZX_ERR_INVALID_ARGS;
	if (rt_slot_type(e->first) == RT_VMAR &&
	    rt_slot_region(e->first)->start < start)
		return ZX_ERR_INVALID_ARGS;
	if (rt_slot_type(e->last) == RT_VMAR &&
	    rt_slot_region(e->last)->end > end)
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

static __attribute__((noinline)) zx_status_t unmap_range(struct vmar *v,
							 u64 start, u64 end,
							 bool children)
{
	struct vmar_edges edges = vmar_find_edges(v, start, end);
	zx_status_t status = check_unmap(v, &edges, start, end, children);

	if (status == ZX_OK)
		status = vmar_replace_range(v, start, end, &edges, NULL);
	return status;
}

static inline zx_status_t unmap_locked(struct vmar *v, u64 start, u64 end,
				       bool children)
{
	struct rt_slot s = rtree_lookup(&v->children, start);

	/* The usual case, just one mapping: no pieces, nothing to prepare. */
	if (rt_slot_type(s) != RT_MAPPING ||
	    rt_slot_region(s)->start != start || rt_slot_region(s)->end != end)
		return unmap_range(v, start, end, children);
	vmar_remove_mapping(mapping_from_slot(s));
	return ZX_OK;
}

zx_status_t vmar_unmap(struct vmar *v, uaddr_t addr, u64 size, bool children)
{
	u64 start = addr >> PAGE_SHIFT;
	u64 end = start + (size >> PAGE_SHIFT);
	zx_status_t status;

	do {
		mutex_lock(&v->aspace->lock);
		if (!v->alive)
			status = ZX_ERR_BAD_STATE;
		else if (!vmar_contains(v, addr, size))
			status = ZX_ERR_INVALID_ARGS;
		else if (aspace_touches_code(v->aspace, start, end))
			status = ZX_ERR_ACCESS_DENIED;
		else
			status = unmap_locked(v, start, end, children);
		mutex_unlock(&v->aspace->lock);
	} while (mm_try_again(status, 1));
	return status;
}

void vmar_undo_map(struct vmar *v, uaddr_t addr, u64 size)
{
	mutex_lock(&v->aspace->lock);
	forget_code(v->aspace, addr >> PAGE_SHIFT);
	mutex_unlock(&v->aspace->lock);
	/* NOT_FOUND or BAD_STATE if another thread was faster: gone anyway. */
	status_ignore(vmar_unmap(v, addr, size, true));
}

zx_status_t vmar_destroy(struct vmar *v)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&v->aspace->lock);
	if (v->alive && aspace_touches_code(v->aspace, v->region.start,
					    v->region.end)) {
		status = ZX_ERR_ACCESS_DENIED;
	} else if (v->alive) {
		vmar_destroy_locked(v);
		status = ZX_OK;
	}
	mutex_unlock(&v->aspace->lock);
	return status;
}
