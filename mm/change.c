/*
 * How regions leave an address space: unmap, overwrite, destroy. One order,
 * under the aspace's lock throughout (design 7):
 *
 *  1. prepare: pieces that stay and the tree's new nodes; the only step that
 *     can fail;
 *  2. pieces that stay go on their VMOs' lists, ALIVE at once: the entries in
 *     their range show the same frames as before. What replaces other memory
 *     is PENDING;
 *  3. what goes is marked DEAD under its VMO's lock: no entry is made for it
 *     from then on (I12);
 *  4. the new tree is published; a root that is destroyed has nothing above it,
 *     and its tree is emptied in 6, before the epoch gets what was in it;
 *  5. entries are cleared and flushed, a bounded stretch a batch (I1-I3);
 *  6. PENDING becomes ALIVE; the dead leave their VMOs' lists and the epoch
 *     gets them.
 *
 * A VMO operation that runs between 3 and 6 finds the dead mapping on its list
 * and flushes the range itself. A fault that meets PENDING or DEAD waits for
 * the aspace's lock and starts over (fault.c).
 *
 * Sub-VMARs die with their descendants by a work list, not by recursion: their
 * depth is the user's choice.
 */
#include <kernel/panic.h>
#include <mm/vmo.h>

#include "vmar_internal.h"

/* Pages of address space that one batch clears: 32 leaf tables, which bounds
 * the time with preemption off. */
#define STRETCH (64ul << 8)

/* Nodes freed between two looks at the scheduler. */
#define TEARDOWN_BUDGET 256

/* Mappings of one VMO that are marked, or taken off its list, under one hold of
 * its lock; and that one deferred call frees. */
#define GROUP 64u

struct change {
	struct mapping *removed;	/* by next_removed */
	struct vmar *dead;		/* by next_dead, descendants included */
};

static inline void mark_dead(struct mapping *m)
{
	mutex_lock(m->vmo->lock);
	m->state = MAPPING_DEAD;
	mutex_unlock(m->vmo->lock);
}

/* A dead mapping, out of the tree and flushed, leaves its VMO. */
static inline void bury(struct mapping *m)
{
	mutex_lock(m->vmo->lock);
	vmo_unlink_mapping_locked(m);
	mutex_unlock(m->vmo->lock);
	mapping_retire(m);
}

/* The lock of the VMO whose mappings are being marked; it is held over runs of
 * bounded length. */
struct marking {
	struct mutex *lock;
	u32 count;
};

static inline void marking_take(struct marking *k, struct mutex *lock)
{
	if (k->lock == lock && ++k->count < GROUP)
		return;
	if (k->lock)
		mutex_unlock(k->lock);
	mutex_lock(lock);
	k->lock = lock;
	k->count = 0;
}

static inline void marking_end(struct marking *k)
{
	if (k->lock)
		mutex_unlock(k->lock);
}

/* Kills the children of v that touch [start, end); sub-VMARs go on *todo. */
static void kill_children(struct change *c, struct vmar *v, u64 start, u64 end,
			  struct vmar **todo)
{
	struct marking marking = { NULL, 0 };
	struct rtree_walk w;
	struct rt_slot s;

	rtree_walk_begin(&w, &v->children, start);
	while ((s = rtree_walk_next(&w)).word &&
	       rt_slot_region(s)->start < end) {
		struct mapping *m = mapping_from_slot(s);
		struct vmar *child = vmar_from_slot(s);

		if (rt_slot_type(s) == RT_MAPPING) {
			marking_take(&marking, m->vmo->lock);
			m->state = MAPPING_DEAD;
			m->next_removed = c->removed;
			c->removed = m;
		} else {
			child->alive = false;
			child->next_dead = *todo;
			*todo = child;
		}
	}
	marking_end(&marking);
}

static void kill_descendants(struct change *c, struct vmar *todo)
{
	while (todo) {
		struct vmar *v = todo;

		todo = v->next_dead;
		v->next_dead = c->dead;
		c->dead = v;
		kill_children(c, v, v->region.start, v->region.end, &todo);
	}
}

static inline void clear_stretch(struct aspace *as, u64 start, u64 count)
{
	struct tlb_batch batch;

	tlb_batch_begin(&batch);
	pt_unmap(&as->arch, start << PAGE_SHIFT, count, &batch);
	tlb_batch_end(&batch);
}

static void limit_stretch(struct aspace *as, u64 start, u64 count, u32 flags)
{
	struct tlb_batch batch;

	if (flags == 0) {
		clear_stretch(as, start, count);
		return;
	}
	tlb_batch_begin(&batch);
	pt_protect(&as->arch, start << PAGE_SHIFT, count, flags, &batch);
	tlb_batch_end(&batch);
}

/* More than one batch. */
static __attribute__((noinline)) void limit_stretches(struct aspace *as,
						      u64 start, u64 end,
						      u32 flags)
{
	while (end - start > STRETCH) {
		start = pt_skip_empty(&as->arch, start << PAGE_SHIFT,
				      end << PAGE_SHIFT) >> PAGE_SHIFT;
		if (end - start <= STRETCH)
			break;
		limit_stretch(as, start, STRETCH, flags);
		start += STRETCH;
	}
	if (start < end)
		limit_stretch(as, start, end - start, flags);
}

void vmar_limit_entries(struct aspace *as, u64 start, u64 end, u32 flags)
{
	if (end - start <= STRETCH)
		limit_stretch(as, start, end - start, flags);
	else
		limit_stretches(as, start, end, flags);
}

static void drop_vmar(struct epoch_head *h)
{
	object_unref(&container_of(h, struct vmar, epoch)->object);
}

/* The next removed mappings of one VMO, a bounded number. */
static void bury_group(struct change *c)
{
	struct mapping *m = c->removed, *chain = NULL;
	struct vmo *named = m->named;
	u32 count = 0;

	mutex_lock(m->vmo->lock);
	do {
		struct mapping *next = m->next_removed;

		vmo_unlink_mapping_locked(m);
		m->next_buried = chain;
		chain = m;
		count++;
		m = next;
	} while (m && m->named == named && count < GROUP);
	c->removed = m;
	mutex_unlock(chain->vmo->lock);
	mapping_retire_chain(chain, count);
}

/* The trees first: a root that is destroyed is still found, and what goes to the
 * epoch may not be. */
static void finish(struct change *c)
{
	for (struct vmar *v = c->dead; v; v = v->next_dead)
		while (!rtree_teardown_step(&v->children, TEARDOWN_BUDGET))
			;
	while (c->removed)
		bury_group(c);
	while (c->dead) {
		struct vmar *v = c->dead;

		c->dead = v->next_dead;
		/* The root's reference is the aspace's: aspace_destroy(). */
		if (v->parent)
			epoch_defer(&v->epoch, drop_vmar);
	}
}

/* The pieces of a mapping that reaches over an edge of [start, end). */
struct remains {
	struct mapping *left;
	struct mapping *right;
	u64 start;		/* the range widened to whole regions */
	u64 end;
};

struct vmar_edges vmar_find_edges(const struct vmar *v, u64 start, u64 end)
{
	struct vmar_edges e = { { 0 }, { 0 } };
	struct rt_slot s = rtree_next(&v->children, start);

	if (!s.word || rt_slot_region(s)->start >= end)
		return e;
	e.first = s;
	e.last = rt_slot_region(s)->end >= end ?
			 s : rtree_lookup(&v->children, end - 1);
	return e;
}

static zx_status_t make_remains(const struct vmar_edges *edges,
				struct remains *r)
{
	struct mapping *first = mapping_from_slot(edges->first);
	struct mapping *last = mapping_from_slot(edges->last);
	u64 start = r->start, end = r->end;

	if (rt_slot_type(edges->first) == RT_MAPPING &&
	    first->region.start < start) {
		r->start = first->region.start;
		r->left = mapping_create_piece(first, r->start, start,
					       first->prot);
		if (!r->left)
			return ZX_ERR_NO_MEMORY;
	}
	if (rt_slot_type(edges->last) == RT_MAPPING &&
	    last->region.end > end) {
		r->end = last->region.end;
		r->right = mapping_create_piece(last, end, r->end, last->prot);
		if (!r->right)
			return ZX_ERR_NO_MEMORY;
	}
	return ZX_OK;
}

/* Prepares the tree for left, middle and right in place of what is there; a
 * plain removal needs nothing. */
static zx_status_t prepare_tree(struct vmar *v, const struct remains *r,
				struct mapping *middle, struct rtree_txn *txn,
				u32 *slot_count)
{
	struct rt_slot slots[3];
	u32 n = 0;

	if (r->left)
		slots[n++] = mapping_slot(r->left);
	if (middle)
		slots[n++] = mapping_slot(middle);
	if (r->right)
		slots[n++] = mapping_slot(r->right);
	*slot_count = n;
	if (n == 0)
		return ZX_OK;
	return rtree_replace_prepare(txn, &v->children, r->start, r->end,
				     slots, n);
}

static void revive_middle(struct mapping *middle)
{
	mutex_lock(middle->vmo->lock);
	middle->state = MAPPING_ALIVE;
	mutex_unlock(middle->vmo->lock);
}

zx_status_t vmar_replace_range(struct vmar *v, u64 start, u64 end,
			       const struct vmar_edges *edges,
			       struct mapping *middle)
{
	struct remains r = { .start = start, .end = end };
	struct change c = { NULL, NULL };
	struct vmar *todo = NULL;
	struct rtree_txn txn;
	u32 slot_count;
	zx_status_t status;

	status = make_remains(edges, &r);
	if (status == ZX_OK)
		status = prepare_tree(v, &r, middle, &txn, &slot_count);
	if (status != ZX_OK) {
		mapping_discard(r.left);
		mapping_discard(r.right);
		return status;
	}
	if (r.left)
		mapping_link(r.left, MAPPING_ALIVE);
	if (r.right)
		mapping_link(r.right, MAPPING_ALIVE);
	if (middle)
		mapping_link(middle, MAPPING_PENDING);
	kill_children(&c, v, start, end, &todo);
	kill_descendants(&c, todo);
	if (slot_count)
		rtree_commit(&txn);
	else
		rtree_remove(&v->children, r.start, r.end);
	if (c.removed)
		vmar_limit_entries(v->aspace, start, end, 0);
	if (middle)
		revive_middle(middle);
	finish(&c);
	return ZX_OK;
}

void vmar_remove_mapping(struct mapping *m)
{
	struct vmar *v = m->vmar;
	u64 start = m->region.start, end = m->region.end;

	mark_dead(m);
	rtree_remove(&v->children, start, end);
	if (end - start <= STRETCH)
		clear_stretch(v->aspace, start, end - start);
	else
		vmar_limit_entries(v->aspace, start, end, 0);
	bury(m);
}

void vmar_destroy_locked(struct vmar *v)
{
	struct change c = { NULL, NULL };

	DEBUG_ASSERT(v->alive);
	if (v->parent)
		rtree_remove(&v->parent->children, v->region.start,
			     v->region.end);
	v->alive = false;
	v->next_dead = NULL;
	kill_descendants(&c, v);
	if (c.removed)
		vmar_limit_entries(v->aspace, v->region.start,
				   v->region.end, 0);
	finish(&c);
}
