/*
 * Listing of an address space (ZX_INFO_PROCESS_MAPS, spec/vmar.md 13.2).
 *
 * Entries come in the order (address, depth), which is depth-first pre-order.
 * The cursor is the key of the last entry told, so that a listing can be
 * broken off at any entry, the lock dropped, and taken up again: whatever
 * happened in between, no entry comes twice. Neighbouring pieces of one VMO
 * with equal protection are told as one entry (12.4).
 */
#include <kernel/string.h>
#include <mm/vmo_info.h>

#include "vmar_internal.h"

#define DEPTH_ROOT 1

/* One entry: a VMAR or a mapping, and its depth. */
struct entry {
	struct rt_slot slot;
	u64 depth;
};

/*
 * The entry with the smallest key above the cursor's, or an empty slot. Each
 * step looks for the first child that reaches beyond the address: it is the
 * answer, or it contains the answer, or its next sibling is.
 */
static struct entry next_entry(struct vmar *root,
			       const struct maps_cursor *cursor)
{
	struct entry best = { { 0 }, 0 };
	u64 page = cursor->address >> PAGE_SHIFT;
	struct vmar *v = root;
	u64 depth = DEPTH_ROOT;

	if (cursor->depth < DEPTH_ROOT)
		return (struct entry){ rt_slot_make(&root->region, RT_VMAR),
				       DEPTH_ROOT };
	for (;;) {
		struct rt_slot child = rtree_next(&v->children, page);
		struct rt_slot sibling;

		depth++;
		if (!child.word)
			return best;
		if (rt_slot_region(child)->start > page ||
		    (rt_slot_region(child)->start == page &&
		     depth > cursor->depth))
			return (struct entry){ child, depth };
		sibling = rtree_next(&v->children,
				     rt_slot_region(child)->end);
		if (sibling.word)
			best = (struct entry){ sibling, depth };
		if (rt_slot_type(child) != RT_VMAR)
			return best;
		v = vmar_from_slot(child);
	}
}

static void tell_aspace(const struct aspace *as, zx_info_maps_t *r)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->name, as->name, sizeof(r->name));
	r->base = as->base;
	r->size = as->size;
	r->type = ZX_INFO_MAPS_TYPE_ASPACE;
}

static void tell_vmar(const struct vmar *v, zx_info_maps_t *r)
{
	static const char names[2][ZX_MAX_NAME_LEN] = { "root", "useralloc" };

	memcpy(r->name, names[v->parent != NULL], sizeof(r->name));
	r->base = v->base;
	r->size = v->size;
	r->type = ZX_INFO_MAPS_TYPE_VMAR;
}

static void tell_mapping(const struct mapping *m, zx_info_maps_t *r)
{
	vmo_get_name(m->named, r->name);
	r->base = mapping_base(m);
	r->size = mapping_size(m);
	r->type = ZX_INFO_MAPS_TYPE_MAPPING;
	r->u.mapping.mmu_flags = m->prot;
	r->u.mapping.vmo_koid = m->named->object.koid;
	r->u.mapping.vmo_offset = mapping_vmo_offset(m);
	r->u.mapping.committed_pages =
		vmo_committed_pages(m->named, mapping_vmo_offset(m),
				    mapping_size(m));
}

static void tell(const struct entry *e, zx_info_maps_t *r)
{
	memset(r, 0, sizeof(*r));
	r->depth = e->depth;
	if (rt_slot_type(e->slot) == RT_VMAR)
		tell_vmar(vmar_from_slot(e->slot), r);
	else
		tell_mapping(mapping_from_slot(e->slot), r);
}

static bool continues(const struct mapping *a, const struct mapping *b)
{
	return a->vmar == b->vmar && a->region.end == b->region.start &&
	       a->named == b->named && a->prot == b->prot &&
	       a->max_prot == b->max_prot &&
	       a->index + (mapping_size(a) >> PAGE_SHIFT) == b->index;
}

/* Adds to the record all siblings that continue the mapping; returns the last
 * one, where the listing goes on. */
static struct mapping *fold(struct mapping *m, zx_info_maps_t *r)
{
	for (;;) {
		struct rt_slot s = rtree_lookup(&m->vmar->children,
						m->region.end);
		struct mapping *next;

		if (rt_slot_type(s) != RT_MAPPING)
			return m;
		next = mapping_from_slot(s);
		if (!continues(m, next))
			return m;
		r->size += mapping_size(next);
		r->u.mapping.committed_pages +=
			vmo_committed_pages(next->named,
					    mapping_vmo_offset(next),
					    mapping_size(next));
		m = next;
	}
}

static size_t list_locked(struct aspace *as, struct maps_cursor *c,
			  zx_info_maps_t *records, size_t capacity)
{
	size_t filled = 0;

	if (!c->started && capacity > 0) {
		tell_aspace(as, &records[filled++]);
		c->started = true;
		c->address = as->base;
		c->depth = 0;
	}
	while (filled < capacity && !c->done) {
		struct entry e = next_entry(as->root, c);

		c->done = e.slot.word == 0;
		if (c->done)
			break;
		tell(&e, &records[filled]);
		c->depth = e.depth;
		c->address = records[filled].base;
		if (rt_slot_type(e.slot) == RT_MAPPING)
			c->address = mapping_base(
				fold(mapping_from_slot(e.slot),
				     &records[filled]));
		filled++;
	}
	return filled;
}

zx_status_t aspace_list_maps(struct aspace *as, struct maps_cursor *cursor,
			     zx_info_maps_t *records, size_t capacity,
			     size_t *filled)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&as->lock);
	if (as->root) {
		*filled = list_locked(as, cursor, records, capacity);
		status = ZX_OK;
	}
	mutex_unlock(&as->lock);
	return status;
}
