/*
 * zx_vmar_protect (spec/vmar.md 7, 12.2).
 *
 * A mapping that lies wholly in the range changes its protection in place;
 * one that reaches over an edge, and whose protection differs, is split first.
 * At most two mappings need a split; with sub-VMARs entered they may lie in
 * different trees. Everything is allocated before anything changes. Permissions
 * are only ever taken away from page-table entries here, with one flush for the
 * whole range; what is added comes by the next fault, which also keeps
 * copy-on-write, zero-page and instruction-cache rules in one place.
 */
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/vdso.h>
#include <mm/vmo.h>

#include "vmar_internal.h"

/* The range of one call, and who may be entered. */
struct range {
	struct vmar *top;
	u64 start, end;
	u32 prot;
	bool children;
	/* What is in it, by check_range(). */
	u64 mapping_count;
	struct mapping *first;
	struct mapping *last;
};

/* spec 7, check 8: from the left, the first trouble decides. What lies in a
 * sub-VMAR can only lose permissions. */
static zx_status_t check_range(struct range *r)
{
	struct vmar_walk w;

	r->mapping_count = 0;
	vmar_walk_begin(&w, r->top, r->start);
	while (w.page < r->end) {
		struct rt_slot s = vmar_walk_slot(&w);
		bool below = vmar_walk_is_below(&w);
		struct mapping *m = mapping_from_slot(s);

		if (below && !r->children)
			return ZX_ERR_INVALID_ARGS;
		if (rt_slot_type(s) == RT_EMPTY)
			return ZX_ERR_NOT_FOUND;
		if (r->prot & ~(below ? m->prot : m->max_prot))
			return ZX_ERR_ACCESS_DENIED;
		if (aspace_touches_code(m->vmar->aspace, m->region.start,
					m->region.end))
			return ZX_ERR_ACCESS_DENIED;
		w.page = m->region.end;
		r->last = m;
		if (r->mapping_count++ == 0)
			r->first = m;
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

static zx_status_t prepare_one(struct split *s, struct rtree_txn *txn)
{
	struct rt_slot slots[3];

	for (u32 i = 0; i < s->piece_count; i++)
		slots[i] = mapping_slot(s->piece[i]);
	return rtree_replace_prepare(txn, &s->old->vmar->children,
				     s->old->region.start, s->old->region.end,
				     slots, s->piece_count);
}

/* Both in one tree: one replacement that puts in both and keeps what lies
 * between them. */
static zx_status_t prepare_joined(struct split *a, struct split *b,
				  u64 mapping_count, struct rtree_txn *txn)
{
	u64 capacity = mapping_count + 4;
	struct rt_slot *slots = kmalloc(capacity * sizeof(*slots));
	const struct rtree *tree = &a->old->vmar->children;
	u64 at = a->old->region.end, n = 0;
	zx_status_t status;

	if (!slots)
		return ZX_ERR_NO_MEMORY;
	for (u32 i = 0; i < a->piece_count; i++)
		slots[n++] = mapping_slot(a->piece[i]);
	while (at < b->old->region.start) {
		struct rt_slot s = rtree_lookup(tree, at);

		slots[n++] = s;
		at = rt_slot_region(s)->end;
	}
	for (u32 i = 0; i < b->piece_count; i++)
		slots[n++] = mapping_slot(b->piece[i]);
	status = rtree_replace_prepare(txn, &a->old->vmar->children,
				       a->old->region.start,
				       b->old->region.end, slots, (u32)n);
	kfree(slots, capacity * sizeof(*slots));
	return status;
}

/* What changes the trees: up to two changes. */
struct trees {
	struct rtree_txn txn[2];
	u32 count;
};

static zx_status_t prepare_trees(struct split *a, struct split *b,
				 u64 mapping_count, struct trees *t)
{
	zx_status_t status = ZX_OK;

	t->count = 0;
	if (a->piece_count && b->piece_count && a->old->vmar == b->old->vmar) {
		status = prepare_joined(a, b, mapping_count, &t->txn[0]);
		t->count = 1;
		return status;
	}
	if (a->piece_count)
		status = prepare_one(a, &t->txn[t->count++]);
	if (status != ZX_OK || !b->piece_count)
		return status;
	status = prepare_one(b, &t->txn[t->count++]);
	if (status != ZX_OK && a->piece_count)
		rtree_abort(&t->txn[0]);
	return status;
}

static bool has_whole_mappings(const struct range *r)
{
	return r->first->region.start >= r->start &&
	       r->last->region.end <= r->end;
}

/* Splits the mappings at the edges; b stays empty if both edges lie in one. */
static zx_status_t split_edges(const struct range *r)
{
	struct mapping *first = r->first, *last = r->last;
	struct split a = { .old = first }, b = { .old = last };
	struct trees trees;
	zx_status_t status = ZX_OK;

	if (has_whole_mappings(r))
		return ZX_OK;
	if (first->prot != r->prot)
		status = split_make(&a, first, r->start, r->end);
	if (status == ZX_OK && last != first && last->prot != r->prot)
		status = split_make(&b, last, r->start, r->end);
	if (status == ZX_OK && !a.piece_count && !b.piece_count)
		return ZX_OK;
	if (status == ZX_OK)
		status = prepare_trees(&a, &b, r->mapping_count, &trees);
	if (status != ZX_OK) {
		split_discard(&a);
		split_discard(&b);
		return status;
	}
	split_link(&a);
	split_link(&b);
	for (u32 i = 0; i < trees.count; i++)
		rtree_commit(&trees.txn[i]);
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

/* True if m lost a permission. */
static inline bool set_one(struct mapping *m, u32 prot)
{
	bool tightened = (m->prot & ~prot) != 0;

	if (m->prot == prot)
		return false;
	mutex_lock(m->vmo->lock);
	m->prot = prot;
	mutex_unlock(m->vmo->lock);
	return tightened;
}

/* Sets the protection of all mappings of the range; true if any lost some. */
static bool set_prot(const struct range *r)
{
	bool tightened = false;
	struct vmar_walk w;

	vmar_walk_begin(&w, r->top, r->start);
	while (w.page < r->end) {
		struct mapping *m = mapping_from_slot(vmar_walk_slot(&w));

		w.page = m->region.end;
		tightened |= set_one(m, r->prot);
	}
	return tightened;
}

/*
 * VMO operations that come after the protection has changed and before the
 * flush find entries cleared or tightened already, and flush them as well
 * (vmo_map.c).
 */
static inline void tightening_begin(struct aspace *as)
{
	__atomic_store_n(&as->tightening, 1, __ATOMIC_RELAXED);
}

static inline void tightening_end(struct aspace *as)
{
	__atomic_store_n(&as->tightening, 0, __ATOMIC_RELEASE);
}

static __attribute__((noinline)) zx_status_t protect_range(struct vmar *v,
							   u64 start, u64 end,
							   u32 prot,
							   bool children)
{
	struct range r = {
		.top = v,
		.start = start,
		.end = end,
		.prot = prot,
		.children = children,
	};
	zx_status_t status = check_range(&r);

	if (status == ZX_OK)
		status = split_edges(&r);
	if (status != ZX_OK)
		return status;
	tightening_begin(v->aspace);
	if (set_prot(&r))
		vmar_limit_entries(v->aspace, start, end, prot_flags(prot));
	tightening_end(v->aspace);
	return ZX_OK;
}

static inline zx_status_t protect_locked(struct vmar *v, u64 start, u64 end,
					 u32 prot, bool children)
{
	struct rt_slot s = rtree_lookup(&v->children, start);
	struct mapping *m = mapping_from_slot(s);

	/* The usual case, just one mapping: nothing to split. */
	if (rt_slot_type(s) != RT_MAPPING || m->region.start != start ||
	    m->region.end != end)
		return protect_range(v, start, end, prot, children);
	if ((prot & ~m->max_prot) ||
	    aspace_touches_code(v->aspace, start, end))
		return ZX_ERR_ACCESS_DENIED;
	tightening_begin(v->aspace);
	if (set_one(m, prot))
		vmar_limit_entries(v->aspace, start, end, prot_flags(prot));
	tightening_end(v->aspace);
	return ZX_OK;
}

zx_status_t vmar_protect(struct vmar *v, uaddr_t addr, u64 size, u32 prot,
			 bool children)
{
	u64 start = addr >> PAGE_SHIFT;
	zx_status_t status;

	do {
		mutex_lock(&v->aspace->lock);
		if (!v->alive)
			status = ZX_ERR_BAD_STATE;
		else if (!vmar_contains(v, addr, size))
			status = ZX_ERR_INVALID_ARGS;
		else
			status = protect_locked(v, start,
						start + (size >> PAGE_SHIFT),
						prot, children);
		mutex_unlock(&v->aspace->lock);
	} while (mm_try_again(status, 1));
	return status;
}
