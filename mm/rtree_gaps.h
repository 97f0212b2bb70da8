/*
 * The summaries of free pages in the nodes of the VMAR tree (rtree_gaps.c).
 */
#ifndef MM_RTREE_GAPS_H
#define MM_RTREE_GAPS_H

#include "rtree_node.h"

/* Gaps of a word that stands for pages [start, end). */
void rt_word_gaps(u64 word, u64 start, u64 end, struct rt_gaps *g);
/* Sums all cells up; max becomes exact as far as it is below. */
void rt_node_sum(struct rt_node *n);
/* Cells [cell, end) have these gaps now. True if the node's summary has
 * changed. */
bool rt_node_update(struct rt_node *n, u32 cell, u32 end,
		    const struct rt_gaps *now);
/* Cells [cell, end) have become empty. As above. */
bool rt_node_give_slow(struct rt_node *n, u32 cell, u32 end);

static inline bool rt_node_give(struct rt_node *n, u32 cell, u32 end)
{
	u64 below = n->used & bits_below64(cell);
	u64 above = n->used & (~1ul << (end - 1));

	/* Between two cells in use, the gap ends inside them: mostly shorter
	 * than the longest, without a look at what they hold. */
	if (below && above &&
	    bit_lowest64(above) - bit_highest64(below) + 1 <=
		    n->gaps.max >> rt_shift(n))
		return false;
	return rt_node_give_slow(n, cell, end);
}

/* A region has come to [start, end), which was free, all inside n. True if the
 * node's summary has changed. */
static inline bool rt_node_take(struct rt_node *n, u64 start, u64 end)
{
	u64 lead = start - rt_base(n), tail = rt_end(n) - end;
	bool changed = false;

	if (lead < n->gaps.lead) {
		n->gaps.lead = lead;
		changed = true;
	}
	if (tail < n->gaps.tail) {
		n->gaps.tail = tail;
		changed = true;
	}
	return changed;
}

#endif
