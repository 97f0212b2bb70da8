/*
 * Page tree: comparing trees of a family that share no lock.
 */
#include <mm/ptree_view.h>

#include "ptree_node.h"

/* The pages of a leaf that stand in the range, and whose they are. */
static void view_leaf(struct ptree_view *view, const u64 *slots, u64 bits,
		      bool private)
{
	view->pages = view->shared = 0;
	for (; bits; bits &= bits - 1) {
		u32 cell = bit_lowest64(bits);
		u64 word = slots[cell];

		view->slots[cell] = word;
		if (!pt_is_page(word))
			continue;
		view->pages |= 1ul << cell;
		if (!private || !page_is_private(pt_page((struct pt_slot){ word })))
			view->shared |= 1ul << cell;
	}
}

/* Cells of the leaf at base that lie in [index, end). */
static u64 cells_in(u64 base, u64 index, u64 end)
{
	u32 first = index > base ? (u32)(index - base) : 0;
	u64 last = min_u64(end - 1 - base, PT_FANOUT - 1);

	return bits_range64(first, (u32)last);
}

/* The path to the leaf of `found`, which exists. */
static void view_path(const struct ptree *t, u64 found, u64 start,
		      struct ptree_view *view)
{
	u64 cells = cells_in(view->base, start, view->end), word = t->root;
	bool private = true;

	view->height = t->height;
	view->level = 1;
	if (t->height == 0) {
		view_leaf(view, &t->root, 1, true);
		return;
	}
	for (u32 level = t->height; level; level--) {
		const struct pt_node *n = pt_node_of(word);
		u32 shift = PT_LEVEL_BITS * level;
		u64 from = found >> shift << shift;

		private &= pt_node_is_private(n);
		view->words[level - 1] = word;
		view->counts[level - 1] = n->resident_count;
		if (view->level == 1 && start <= from &&
		    from + (1ul << shift) <= view->end)
			view->level = level;
		word = n->slots[pt_cell(found, shift - PT_LEVEL_BITS)];
	}
	cells &= pt_node_of(view->words[0])->present;
	view_leaf(view, pt_node_of(view->words[0])->slots, cells, private);
	if (view->shared != view->pages)
		view->level = 1;
}

bool ptree_view(const struct ptree *t, u64 index, u64 end,
		struct ptree_view *view)
{
	u64 found;

	view->end = end;
	/* Again if the leaf has markers only. */
	while (ptree_next(t, index, end, &found).word) {
		view->base = found & ~(u64)(PT_FANOUT - 1);
		view_path(t, found, index, view);
		if (view->pages)
			return true;
		index = view->base + PT_FANOUT;
	}
	return false;
}

static u64 match_slots(const struct ptree_view *view, const u64 *slots,
		       u64 bits)
{
	u64 same = 0;

	for (bits &= view->pages; bits; bits &= bits - 1) {
		u32 cell = bit_lowest64(bits);

		if (slots[cell] == view->slots[cell])
			same |= 1ul << cell;
	}
	return same;
}

u64 ptree_view_match(const struct ptree *t, const struct ptree_view *view,
		     u32 *level)
{
	u64 word = t->root;

	/* All of t lies below the view's leaf, where the view's tree has no
	 * page as far as the subtree of view->level reaches. */
	if (pt_beyond(t->height, view->base))
		return 0;
	for (u32 at = t->height; at; at--) {
		bool same = at <= view->height && word == view->words[at - 1];

		if (same || !pt_is_node(word)) {
			if (*level > at)
				*level = at;
			return same ? view->pages : 0;
		}
		if (at > 1)
			word = pt_node_of(word)->slots[pt_cell(
				view->base, PT_LEVEL_BITS * (at - 1))];
	}
	*level = 1;
	if (t->height == 0)
		return match_slots(view, &t->root, 1);
	return match_slots(view, pt_node_of(word)->slots, ~0ul);
}

u64 ptree_view_count(const struct ptree_view *view, u32 level, u64 mask)
{
	if (level == 1)
		return bit_count64(mask);
	return mask ? view->counts[level - 1] : 0;
}
