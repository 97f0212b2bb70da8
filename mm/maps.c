/*
 * Listing of what lies in a VMAR (<mm/maps.h>).
 *
 * Entries come in the order (address, depth), which is depth-first pre-order.
 * The cursor is the key of the last region told, so that a listing can be
 * broken off at any region, the lock dropped, and taken up again: whatever
 * happened in between, no entry comes twice. The place is looked for from the
 * top once a call; from there it is a step to the next region, however deep
 * they lie. A run of mappings that are told as one may be longer than a call
 * goes: then it stays in the cursor.
 */
#include <kernel/string.h>
#include <mm/maps.h>

#include "vmar_internal.h"

/* Regions that one call looks at, under the aspace's lock. */
#define STEP_BUDGET 256u

/* A region, and the VMAR whose child it is. */
struct place {
	struct rt_slot slot;
	struct vmar *parent;
};

static u64 depth_of(const struct vmar *top, const struct place *p)
{
	return p->parent ? p->parent->depth - top->depth + 1 : 0;
}

/*
 * The place with the smallest key above the cursor's, or an empty slot. Each
 * step looks for the first child that reaches beyond the address: it is the
 * answer, or it contains the answer, or its next sibling is.
 */
static struct place place_after(struct vmar *top,
				const struct maps_cursor *cursor)
{
	struct place best = { { 0 }, NULL };
	u64 page = cursor->address >> PAGE_SHIFT;
	struct vmar *v = top;
	u64 depth = 0;

	for (;;) {
		struct rt_slot child = rtree_next(&v->children, page);
		struct rt_slot sibling;

		depth++;
		if (!child.word)
			return best;
		if (rt_slot_region(child)->start > page ||
		    (rt_slot_region(child)->start == page &&
		     depth > cursor->depth))
			return (struct place){ child, v };
		sibling = rtree_next(&v->children,
				     rt_slot_region(child)->end);
		if (sibling.word)
			best = (struct place){ sibling, v };
		if (rt_slot_type(child) != RT_VMAR)
			return best;
		v = vmar_from_slot(child);
	}
}

/* The place behind p, p's children passed over. */
static struct place place_behind(const struct vmar *top, const struct place *p)
{
	u64 page = rt_slot_region(p->slot)->end;
	struct vmar *v = p->parent;

	while (v) {
		struct rt_slot s = rtree_next(&v->children, page);

		if (s.word)
			return (struct place){ s, v };
		page = v->region.end;
		v = v == top ? NULL : v->parent;
	}
	return (struct place){ { 0 }, NULL };
}

static struct place place_next(const struct vmar *top, const struct place *p)
{
	if (rt_slot_type(p->slot) == RT_VMAR) {
		struct vmar *v = vmar_from_slot(p->slot);
		struct rt_slot s = rtree_next(&v->children, v->region.start);

		if (s.word)
			return (struct place){ s, v };
	}
	return place_behind(top, p);
}

static void tell_vmar(const struct vmar *v, struct maps_entry *e)
{
	static const char names[2][ZX_MAX_NAME_LEN] = { "root", "useralloc" };

	memcpy(e->name, names[v->parent != NULL], sizeof(e->name));
	e->base = v->base;
	e->size = v->size;
	e->type = ZX_INFO_MAPS_TYPE_VMAR;
}

static void tell_mapping(const struct mapping *m, struct maps_entry *e)
{
	vmo_get_name(m->named, e->name);
	e->base = mapping_base(m);
	e->size = mapping_size(m);
	e->type = ZX_INFO_MAPS_TYPE_MAPPING;
	e->prot = m->prot;
	e->max_prot = m->max_prot;
	e->vmar_koid = m->vmar->object.koid;
	e->vmo_koid = m->named->object.koid;
	e->vmo_offset = mapping_vmo_offset(m);
	vmo_get_range_charge(m->named, e->vmo_offset, e->size, &e->charge);
}

static void tell(const struct vmar *top, const struct place *p,
		 struct maps_entry *e)
{
	memset(e, 0, sizeof(*e));
	e->depth = depth_of(top, p);
	if (rt_slot_type(p->slot) == RT_VMAR)
		tell_vmar(vmar_from_slot(p->slot), e);
	else
		tell_mapping(mapping_from_slot(p->slot), e);
}

/* By names that outlive the objects: the entry may be of an earlier call. */
static bool continues(const struct maps_entry *e, const struct place *p)
{
	const struct mapping *m = mapping_from_slot(p->slot);

	return rt_slot_type(p->slot) == RT_MAPPING &&
	       e->type == ZX_INFO_MAPS_TYPE_MAPPING &&
	       e->base + e->size == mapping_base(m) &&
	       e->vmo_offset + e->size == mapping_vmo_offset(m) &&
	       e->vmo_koid == m->named->object.koid &&
	       e->vmar_koid == m->vmar->object.koid &&
	       e->prot == m->prot && e->max_prot == m->max_prot;
}

static void fold(struct maps_entry *e, const struct mapping *m)
{
	struct vmo_charge c;

	vmo_get_range_charge(m->named, mapping_vmo_offset(m), mapping_size(m),
			     &c);
	e->size += mapping_size(m);
	e->charge.whole += c.whole;
	e->charge.own += c.own;
	e->charge.scaled += c.scaled;
	/* Both are below one, which is 2^63. */
	e->charge.fraction += c.fraction;
	e->charge.scaled += e->charge.fraction >> 63;
	e->charge.fraction &= (1ul << 63) - 1;
}

/* Takes the region in: it continues the open entry, or opens one. False: there
 * is no room for another. */
static bool take(const struct vmar *top, const struct place *p,
		 struct maps_cursor *c, struct maps_entry *entries,
		 size_t capacity, size_t *filled)
{
	if (c->is_open && continues(&c->last, p)) {
		fold(&c->last, mapping_from_slot(p->slot));
	} else {
		if (*filled + c->is_open > capacity)
			return false;
		if (c->is_open)
			entries[(*filled)++] = c->last;
		if (*filled == capacity) {
			c->is_open = false;
			return false;
		}
		tell(top, p, &c->last);
		c->is_open = true;
	}
	c->address = rt_slot_region(p->slot)->start << PAGE_SHIFT;
	c->depth = depth_of(top, p);
	return true;
}

static struct place first_place(struct vmar *top, struct maps_cursor *c)
{
	if (c->started)
		return place_after(top, c);
	c->started = true;
	c->address = top->base;
	return (struct place){ rt_slot_make(&top->region, RT_VMAR), NULL };
}

static size_t list_locked(struct vmar *top, struct maps_cursor *c,
			  struct maps_entry *entries, size_t capacity)
{
	struct place p = first_place(top, c);
	size_t filled = 0;

	for (u32 i = 0; p.slot.word; i++) {
		if (i == STEP_BUDGET ||
		    !take(top, &p, c, entries, capacity, &filled))
			return filled;
		p = place_next(top, &p);
	}
	if (c->is_open && filled < capacity) {
		entries[filled++] = c->last;
		c->is_open = false;
	}
	c->done = !c->is_open;
	return filled;
}

zx_status_t vmar_list_maps(struct vmar *top, struct maps_cursor *cursor,
			   struct maps_entry *entries, size_t capacity,
			   size_t *filled)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&top->aspace->lock);
	if (top->alive) {
		*filled = list_locked(top, cursor, entries, capacity);
		status = ZX_OK;
	}
	mutex_unlock(&top->aspace->lock);
	return status;
}
