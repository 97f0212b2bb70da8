/*
 * VMAR tree: summaries of free pages. Each node knows the free pages at its
 * start and at its end, and a bound on its longest free run, so that the gap
 * search passes by subtrees in which nothing fits. Only writers look at them,
 * under the aspace mutex, so they are plain fields that change in place.
 *
 * The bound rises with every removal, and does not fall with an insert: that
 * would take a look at all runs of every node above. A search that goes down
 * and finds nothing sums the node up again, at the price of its own visit.
 */
#include "rtree_gaps.h"

/* Free pages at the start of [start, end), where a word that is not empty
 * stands. */
static u64 word_lead(u64 word, u64 start)
{
	const struct rt_node *n;
	const struct rt_region *r;

	if (rt_is_node(word)) {
		n = rt_node_of(word);
		return rt_base(n) - start + n->gaps.lead;
	}
	r = rt_region_of(word);
	return r->start > start ? r->start - start : 0;
}

static u64 word_tail(u64 word, u64 end)
{
	const struct rt_node *n;
	const struct rt_region *r;

	if (rt_is_node(word)) {
		n = rt_node_of(word);
		return end - rt_end(n) + n->gaps.tail;
	}
	r = rt_region_of(word);
	return r->end < end ? end - r->end : 0;
}

void rt_word_gaps(u64 word, u64 start, u64 end, struct rt_gaps *g)
{
	if (word == 0) {
		g->lead = g->max = g->tail = end - start;
		return;
	}
	g->lead = word_lead(word, start);
	g->tail = word_tail(word, end);
	g->max = max_u64(g->lead, g->tail);
	if (rt_is_node(word))
		g->max = max_u64(g->max, rt_node_of(word)->gaps.max);
}

void rt_node_sum(struct rt_node *n)
{
	u64 base = rt_base(n), open = base, max = 0;
	u64 cell_pages = 1ul << rt_shift(n);

	n->gaps.lead = 64 * cell_pages;
	for (u64 bits = n->used; bits; bits &= bits - 1) {
		u32 cell = bit_lowest64(bits);
		u64 word = rt_word(n, cell), start = rt_cell_page(n, cell);
		u64 gap = start + word_lead(word, start) - open;

		if (open == base)
			n->gaps.lead = min_u64(n->gaps.lead, gap);
		max = max_u64(max, gap);
		if (rt_is_node(word))
			max = max_u64(max, rt_node_of(word)->gaps.max);
		open = start + cell_pages - word_tail(word, start + cell_pages);
	}
	n->gaps.tail = rt_end(n) - open;
	n->gaps.max = max_u64(max, n->gaps.tail);
}

/* Free pages directly left of cell. */
static inline u64 free_left(const struct rt_node *n, u32 cell)
{
	u64 below = n->used & bits_below64(cell);
	u32 from;

	if (below == 0)
		return (u64)cell << rt_shift(n);
	from = bit_highest64(below) + 1;
	return ((u64)(cell - from) << rt_shift(n)) +
	       word_tail(rt_word(n, from - 1), rt_cell_page(n, from));
}

/* The same right of cell `last`. */
static inline u64 free_right(const struct rt_node *n, u32 last)
{
	u64 above = n->used & (~1ul << last);
	u32 to;

	if (above == 0)
		return (u64)(RT_CELLS - 1 - last) << rt_shift(n);
	to = bit_lowest64(above);
	return ((u64)(to - last - 1) << rt_shift(n)) +
	       word_lead(rt_word(n, to), rt_cell_page(n, to));
}

bool rt_node_update(struct rt_node *n, u32 cell, u32 end,
		    const struct rt_gaps *now)
{
	bool at_start = !(n->used & bits_below64(cell)), changed = false;
	bool at_end = !(n->used & (~1ul << (end - 1)));
	u64 left = free_left(n, cell), right = free_right(n, end - 1);
	u64 len = (u64)(end - cell) << rt_shift(n);
	u64 lead = left + now->lead, tail = right + now->tail, max = now->max;

	if (now->lead == len)
		lead = tail = left + len + right;
	max = max_u64(max, max_u64(lead, tail));
	if (max > n->gaps.max) {
		n->gaps.max = max;
		changed = true;
	}
	if (at_start && lead != n->gaps.lead) {
		n->gaps.lead = lead;
		changed = true;
	}
	if (at_end && tail != n->gaps.tail) {
		n->gaps.tail = tail;
		changed = true;
	}
	return changed;
}

bool rt_node_give_slow(struct rt_node *n, u32 cell, u32 end)
{
	u64 below = n->used & bits_below64(cell);
	u64 above = n->used & (~1ul << (end - 1));
	u64 gap = free_left(n, cell) + free_right(n, end - 1) +
		  ((u64)(end - cell) << rt_shift(n));

	/* All three only rise here. */
	if (below == 0)
		n->gaps.lead = gap;
	if (above == 0)
		n->gaps.tail = gap;
	if (below && above && gap <= n->gaps.max)
		return false;
	n->gaps.max = max_u64(n->gaps.max, gap);
	return true;
}
