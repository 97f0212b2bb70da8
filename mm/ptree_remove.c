/*
 * Page tree: taking pages out, teardown, snapshots.
 *
 * A part of the tree that goes as a whole is let go of at its top: if others
 * name it too, that is all. Only what nobody else names is walked. Recursion
 * goes down one level of the tree a call, PT_MAX_HEIGHT deep, in small frames.
 */
#include "ptree_node.h"

struct removal {
	u64 start, end;
	struct page *list;
	u64 freed_count;	/* pages on the list */
};

/* Lets go of all that a leaf has in the cells of bits; returns the number of
 * pages. The inner loop of unmapping and decommit: keep it short. */
static u64 leaf_remove(struct pt_node *n, u64 bits, struct removal *r)
{
	struct page *list = r->list;
	u64 pages = 0, freed = 0;

	bits &= n->present;
	n->present &= ~bits;
	for (; bits; bits &= bits - 1) {
		u64 *slot = &n->slots[bit_lowest64(bits)];
		struct page *p = pt_page((struct pt_slot){ *slot });
		bool page = pt_is_page(*slot);

		*slot = 0;
		if (!page)
			continue;
		pages++;
		if (!page_unref(p))
			continue;
		p->next = list;
		list = p;
		freed++;
	}
	n->resident_count -= pages;
	r->list = list;
	r->freed_count += freed;
	return pages;
}

/* Debug builds: nothing of the range is in word, as it must be where nodes are
 * shared and the range does not take all. */
static bool holds_nothing(u64 word, u64 base, u32 shift,
			  const struct removal *r)
{
	struct ptree part = { word, shift / PT_LEVEL_BITS };
	u64 start = max_u64(r->start, base), end = r->end - base, found;

	return ptree_next(&part, start - base, end, &found).word == 0;
}

/*
 * Removes what word, which stands for 1 << shift indices from base, holds in
 * the range. The caller clears its slot if *gone. Returns the number of pages
 * that the word has less than before.
 */
static u64 word_remove(u64 word, u64 base, u32 shift, struct removal *r,
		       bool *gone)
{
	u64 end = base + (1ul << shift);
	bool whole = r->start <= base && end <= r->end;
	struct pt_node *n = pt_node_of(word);
	u64 pages = n->resident_count, sum = 0, bits;
	u32 first, last;

	/* A shared node that reaches over an edge holds nothing in the range:
	 * edge_prepare() copied the others. */
	*gone = whole;
	if (whole && !pt_node_unref(n))
		return pages;
	if (!whole && !pt_node_is_private(n)) {
		DEBUG_ASSERT(holds_nothing(word, base, shift, r));
		return 0;
	}
	shift -= PT_LEVEL_BITS;
	first = pt_cell(max_u64(base, r->start), shift);
	last = pt_cell(min_u64(end, r->end) - 1, shift);
	bits = bits_range64(first, last);
	if (shift == 0) {
		sum = leaf_remove(n, bits, r);
	} else {
		for (bits &= n->present; bits; bits &= bits - 1) {
			u32 cell = bit_lowest64(bits);
			bool empty;

			sum += word_remove(n->slots[cell],
					   base + ((u64)cell << shift), shift,
					   r, &empty);
			if (empty)
				pt_clear_slot(n, cell);
		}
		n->resident_count -= sum;
	}
	*gone = n->present == 0;
	if (*gone)
		pt_node_free(n);
	return sum;
}

/* The same for a tree that is one slot. */
static u64 single_remove(struct ptree *t, struct page **list)
{
	struct page *p = pt_page((struct pt_slot){ t->root });
	u64 freed_count = 0;

	if (pt_is_page(t->root) && page_unref(p)) {
		p->next = *list;
		*list = p;
		freed_count = 1;
	}
	t->root = PT_EMPTY;
	return freed_count;
}

u64 ptree_remove(struct ptree *t, u64 start, u64 end, struct page **list)
{
	struct removal r;
	bool gone;

	if (start >= end || pt_beyond(t->height, start))
		return 0;
	if (t->height == 0)
		return single_remove(t, list);
	r = (struct removal){ .start = start, .end = end, .list = *list };
	word_remove(t->root, 0, PT_LEVEL_BITS * t->height, &r, &gone);
	if (gone)
		ptree_init(t);
	*list = r.list;
	return r.freed_count;
}

/* Makes the nodes on the way to index private from which the range takes
 * something, but not all: on the left and on the right edge of the range. */
static zx_status_t edge_prepare(struct ptree *t, u64 index, u64 start, u64 end)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	u64 *slot = &t->root, found;

	if (index >> shift)
		return ZX_OK;
	while (pt_is_node(*slot)) {
		u64 base = index >> shift << shift;
		u64 limit = base + (1ul << shift);

		if (start <= base && limit <= end)
			return ZX_OK;
		if (!pt_node_is_private(pt_node_of(*slot))) {
			if (ptree_next(t, max_u64(start, base),
				       min_u64(end, limit), &found).word == 0)
				return ZX_OK;
			if (!pt_unshare(slot))
				return ZX_ERR_NO_MEMORY;
		}
		shift -= PT_LEVEL_BITS;
		slot = &pt_node_of(*slot)->slots[pt_cell(index, shift)];
	}
	return ZX_OK;
}

zx_status_t ptree_remove_prepare(struct ptree *t, u64 start, u64 end)
{
	zx_status_t status;

	if (start >= end)
		return ZX_OK;
	status = edge_prepare(t, start, start, end);
	/* Both edges in one leaf: one path. */
	if (status != ZX_OK || (start ^ (end - 1)) < PT_FANOUT)
		return status;
	/* The range may end beyond the tree: then its edge is not in it, but
	 * the root is not taken as a whole if the range starts inside. */
	return edge_prepare(t, end - 1, start, end);
}

/* Frees empty nodes below n, which is private, in the range. */
static void node_prune(struct pt_node *n, u64 base, u32 shift, u64 start,
		       u64 end)
{
	u64 bits = n->present;

	if (shift == 0)
		return;		/* cells are pages */
	for (; bits; bits &= bits - 1) {
		u32 cell = bit_lowest64(bits);
		struct pt_node *child = pt_node_of(n->slots[cell]);
		u64 at = base + ((u64)cell << shift);

		if (at >= end || at + (1ul << shift) <= start ||
		    !pt_node_is_private(child))
			continue;
		node_prune(child, at, shift - PT_LEVEL_BITS, start, end);
		if (child->present)
			continue;
		pt_node_free(child);
		pt_clear_slot(n, cell);
	}
}

void ptree_prune(struct ptree *t, u64 start, u64 end)
{
	struct pt_node *n = pt_node_of(t->root);

	if (!pt_is_node(t->root) || !pt_node_is_private(n))
		return;
	node_prune(n, 0, PT_LEVEL_BITS * (t->height - 1), start, end);
	if (n->present)
		return;
	pt_node_free(n);
	ptree_init(t);
}

/* Lets go of a tree's first leaf, or of the first subtree that others name as
 * well; returns the number of slots looked at. */
static u64 teardown_first(struct ptree *t, struct removal *r)
{
	struct pt_node *above[PT_MAX_HEIGHT], *n = pt_node_of(t->root);
	u64 pages = n->resident_count, cost = 1;
	u32 cell = 0, depth = 0;

	/* Down as long as nobody else holds the node. Giving up our name makes
	 * it ours alone, or leaves it to the others and us without it. */
	while (pt_node_unref(n)) {
		if (depth + 1 == t->height) {
			cost += bit_count64(n->present);
			leaf_remove(n, ~0ul, r);
		}
		if (n->present == 0) {
			pt_node_free(n);
			break;
		}
		above[depth++] = n;
		cell = bit_lowest64(n->present);
		n = pt_node_of(n->slots[cell]);
		pages = n->resident_count;
	}
	if (depth == 0) {
		ptree_init(t);
		return cost;
	}
	pt_clear_slot(above[depth - 1], cell);
	while (depth)
		above[--depth]->resident_count -= pages;
	return cost;
}

bool ptree_teardown_step(struct ptree *t, u64 budget, struct page **list)
{
	struct removal r = { .list = *list };
	u64 cost = 0;

	while (t->height && cost < budget)
		cost += teardown_first(t, &r);
	if (t->height == 0)
		(void)single_remove(t, &r.list);
	*list = r.list;
	return t->height == 0;
}

/* Takes away what a tree that was shared whole has outside [start, end). */
static zx_status_t trim(struct ptree *t, u64 start, u64 end)
{
	struct page *list = NULL;
	zx_status_t status;

	status = ptree_remove_prepare(t, 0, start);
	if (status == ZX_OK)
		status = ptree_remove_prepare(t, end, PT_INDEX_LIMIT);
	if (status != ZX_OK) {
		/* What stands in both trees goes by its name, so this is as
		 * short as the paths that were copied. */
		while (!ptree_teardown_step(t, ~0ul, &list))
			continue;
	} else {
		ptree_remove(t, 0, start, &list);
		ptree_remove(t, end, PT_INDEX_LIMIT, &list);
	}
	/* The other tree names every page as well. */
	DEBUG_ASSERT(list == NULL);
	return status;
}

zx_status_t ptree_share(struct ptree *dst, struct ptree *src, u64 start,
			u64 end)
{
	bool whole = start == 0 && end == PT_INDEX_LIMIT;
	u64 found;

	if (ptree_is_bare(src) ||
	    (!whole && ptree_next(src, start, end, &found).word == 0))
		return ZX_OK;
	pt_word_ref(src->root);
	*dst = *src;
	return whole ? ZX_OK : trim(dst, start, end);
}
