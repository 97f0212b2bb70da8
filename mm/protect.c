/*
 * zx_vmar_protect (spec/vmar.md 7, 12.2).
 *
 * A mapping that lies wholly in the range changes its protection in place;
 * one that reaches over an edge, and whose protection differs, is split first.
 * At most two mappings need a split. Everything is allocated before anything
 * changes. Permissions are only ever taken away from page-table entries here,
 * with one flush for the whole range; what is added comes by the next fault,
 * which also keeps copy-on-write, zero-page and instruction-cache rules in one
 * place.
 */
#include <mm/slab.h>
#include <mm/vmo.h>

#include "vmar_internal.h"

/* spec 7, check 8: from the left, the first trouble decides. */
static zx_status_t check_range(const struct vmar *v, u64 start, u64 end,
			       u32 prot, u64 *mapping_count)
{
	*mapping_count = 0;
	while (start < end) {
		struct rt_slot s = rtree_lookup(&v->children, start);

		if (rt_slot_type(s) == RT_EMPTY)
			return ZX_ERR_NOT_FOUND;
		if (rt_slot_type(s) == RT_VMAR)
			return ZX_ERR_INVALID_ARGS;
		if (prot & ~mapping_from_slot(s)->max_prot)
			return ZX_ERR_ACCESS_DENIED;
		start = rt_slot_region(s)->end;
		(*mapping_count)++;
	}
	return ZX_OK;
}

/* The pieces that a split makes of one mapping: up to three. */
struct split {
	struct mapping *old;
	struct mapping *piece[3];
	u32 piece_count;
};

static zx_status_t add_piece(struct split *s, u64 start, u64 end)
{
	struct mapping *m = mapping_create_piece(s->old, start, end,
						 s->old->prot);

	if (!m)
		return ZX_ERR_NO_MEMORY;
	s->piece[s->piece_count++] = m;
	return ZX_OK;
}

/* Cuts m at the edges of [start, end) that lie inside it; no pieces if none. */
static zx_status_t split_make(struct split *s, struct mapping *m, u64 start,
			      u64 end)
{
	u64 first = max_u64(start, m->region.start);
	u64 last = min_u64(end, m->region.end);
	zx_status_t status = ZX_OK;

	s->old = m;
	s->piece_count = 0;
	if (first == m->region.start && last == m->region.end)
		return ZX_OK;
	if (m->region.start < first)
		status = add_piece(s, m->region.start, first);
	if (status == ZX_OK)
		status = add_piece(s, first, last);
	if (status == ZX_OK && last < m->region.end)
		status = add_piece(s, last, m->region.end);
	return status;
}

static void split_discard(struct split *s)
{
	for (u32 i = 0; i < s->piece_count; i++)
		mapping_discard(s->piece[i]);
}

/*
 * Hands the VMO's list over from the old mapping to its pieces, before the
 * tree does: the pieces show the same frames with the same permissions, so no
 * entry changes and nothing is flushed.
 */
static void split_link(struct split *s)
{
	for (u32 i = 0; i < s->piece_count; i++)
		mapping_link(s->piece[i], MAPPING_ALIVE);
}

static void split_finish(struct split *s)
{
	struct mapping *old = s->old;

	if (!s->piece_count)
		return;
	mutex_lock(old->vmo->lock);
	old->state = MAPPING_DEAD;
	vmo_unlink_mapping_locked(old);
	mutex_unlock(old->vmo->lock);
	mapping_retire(old);
}

/* One replacement of the tree that puts in both splits and keeps what lies
 * between them. */
static zx_status_t prepare_tree(struct vmar *v, struct split *a,
				struct split *b, u64 mapping_count,
				struct rtree_txn *txn)
{
	u64 capacity = mapping_count + 4;
	struct rt_slot *slots = kmalloc(capacity * sizeof(*slots));
	u64 at = a->old->region.end, n = 0;
	zx_status_t status;

	if (!slots)
		return ZX_ERR_NO_MEMORY;
	for (u32 i = 0; i < a->piece_count; i++)
		slots[n++] = mapping_slot(a->piece[i]);
	if (!a->piece_count)
		slots[n++] = mapping_slot(a->old);
	while (b->piece_count && at < b->old->region.start) {
		struct rt_slot s = rtree_lookup(&v->children, at);

		slots[n++] = s;
		at = rt_slot_region(s)->end;
	}
	for (u32 i = 0; i < b->piece_count; i++)
		slots[n++] = mapping_slot(b->piece[i]);
	status = rtree_replace_prepare(txn, &v->children,
				       a->old->region.start,
				       b->piece_count ? b->old->region.end
						      : a->old->region.end,
				       slots, (u32)n);
	kfree(slots, capacity * sizeof(*slots));
	return status;
}

/* Splits the mappings at the edges; b stays empty if both edges lie in one. */
static zx_status_t split_edges(struct vmar *v, u64 start, u64 end, u32 prot,
			       u64 mapping_count)
{
	struct mapping *first =
		mapping_from_slot(rtree_lookup(&v->children, start));
	struct mapping *last =
		mapping_from_slot(rtree_lookup(&v->children, end - 1));
	struct split a = { .old = first }, b = { .old = first };
	struct rtree_txn txn;
	zx_status_t status = ZX_OK;

	if (first->prot != prot)
		status = split_make(&a, first, start, end);
	if (status == ZX_OK && last != first && last->prot != prot)
		status = split_make(&b, last, start, end);
	if (status == ZX_OK && !a.piece_count && !b.piece_count)
		return ZX_OK;
	if (status == ZX_OK)
		status = prepare_tree(v, b.piece_count && !a.piece_count ? &b
									 : &a,
				      a.piece_count ? &b : &a,
				      mapping_count, &txn);
	if (status != ZX_OK) {
		split_discard(&a);
		split_discard(&b);
		return status;
	}
	split_link(&a);
	split_link(&b);
	rtree_commit(&txn);
	split_finish(&a);
	split_finish(&b);
	return ZX_OK;
}

static u32 prot_flags(u32 prot)
{
	return (prot & ZX_VM_PERM_READ ? PT_READ : 0) |
	       (prot & ZX_VM_PERM_WRITE ? PT_WRITE : 0) |
	       (prot & ZX_VM_PERM_EXECUTE ? PT_EXEC : 0);
}

/* Sets the protection of all mappings of the range; true if any lost some. */
static bool set_prot(struct vmar *v, u64 start, u64 end, u32 prot)
{
	bool tightened = false;

	while (start < end) {
		struct mapping *m =
			mapping_from_slot(rtree_lookup(&v->children, start));

		start = m->region.end;
		if (m->prot == prot)
			continue;
		tightened |= (m->prot & ~prot) != 0;
		mutex_lock(m->vmo->lock);
		m->prot = prot;
		mutex_unlock(m->vmo->lock);
	}
	return tightened;
}

zx_status_t vmar_protect(struct vmar *v, uaddr_t addr, u64 size, u32 prot)
{
	u64 start = addr >> PAGE_SHIFT;
	u64 end = start + (size >> PAGE_SHIFT);
	u64 mapping_count = 0;
	zx_status_t status;

	mutex_lock(&v->aspace->lock);
	if (!v->alive)
		status = ZX_ERR_BAD_STATE;
	else if (!vmar_contains(v, addr, size))
		status = ZX_ERR_INVALID_ARGS;
	else
		status = check_range(v, start, end, prot, &mapping_count);
	if (status == ZX_OK)
		status = split_edges(v, start, end, prot, mapping_count);
	if (status == ZX_OK && set_prot(v, start, end, prot))
		vmar_limit_entries(v->aspace, start, end, prot_flags(prot));
	mutex_unlock(&v->aspace->lock);
	return status;
}
