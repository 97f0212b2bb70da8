/*
 * VMAR tree: summaries of free pages. Each node knows the free pages at its
 * start and end and its longest free run, so that the gap search passes by
 * every subtree in which nothing fits. Only writers look at them, under the
 * aspace mutex, so they are plain fields that change in place.
 *
 * A change touches the gap to the left of a run, the run, and the gap to its
 * right. Only if the longest gap of the node was there and has become shorter
 * are all runs summed up again.
 */
#include "rtree_node.h"

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
	u64 start = rt_base(n), open = start, max = 0, lead = 0;
	u64 bits = n->starts & ~1ul;
	bool seen = false;

	for (u32 i = 0; i < n->run_count; i++, bits &= bits - 1) {
		u64 end = rt_cell_page(n, bits ? bit_lowest64(bits) : RT_CELLS);
		u64 word = n->slots[i];

		if (word) {
			u64 gap = start - open + word_lead(word, start);

			if (!seen)
				lead = gap;
			seen = true;
			max = max_u64(max, gap);
			if (rt_is_node(word))
				max = max_u64(max, rt_node_of(word)->gaps.max);
			open = end - word_tail(word, end);
		}
		start = end;
	}
	n->gaps.tail = start - open;
	n->gaps.lead = seen ? lead : n->gaps.tail;
	n->gaps.max = max_u64(max, n->gaps.tail);
}

/* Free pages directly left of a run's first cell; *edge if that is all there
 * is up to the node's start. */
static u64 free_left(const struct rt_node *n, u32 cell, bool *edge)
{
	u64 bits = n->starts & bits_below64(cell);
	u32 end = cell, index;
	u64 pages = 0;

	*edge = true;
	if (bits == 0)
		return 0;
	index = rt_index(n, cell - 1);
	do {
		u32 first = bit_highest64(bits);
		u64 word = n->slots[index--];

		if (word) {
			*edge = false;
			return pages + word_tail(word, rt_cell_page(n, end));
		}
		pages += (u64)(end - first) << rt_shift(n);
		bits ^= 1ul << first;
		end = first;
	} while (bits);
	return pages;
}

/* The same right of a run that ends before cell, which is 64 at the end. */
static u64 free_right(const struct rt_node *n, u32 cell, bool *edge)
{
	u32 index;
	u64 pages = 0;

	*edge = true;
	if (cell == RT_CELLS)
		return 0;
	index = rt_index(n, cell);
	do {
		u64 word = n->slots[index++];
		u32 end = rt_run_end(n, cell);

		if (word) {
			*edge = false;
			return pages + word_lead(word, rt_cell_page(n, cell));
		}
		pages += (u64)(end - cell) << rt_shift(n);
		cell = end;
	} while (cell < RT_CELLS);
	return pages;
}

/* Longest gap that touches a stretch of len pages with left and right free
 * pages beside it. */
static u64 local_max(const struct rt_gaps *g, u64 len, u64 left, u64 right)
{
	if (g->lead == len)
		return left + len + right;
	return max_u64(g->max, max_u64(left + g->lead, g->tail + right));
}

void rt_node_update_range(struct rt_node *n, u32 first, u32 end,
			  const struct rt_gaps *old, const struct rt_gaps *now)
{
	bool at_start, at_end;
	u64 left = free_left(n, first, &at_start);
	u64 right = free_right(n, end, &at_end);
	u64 len = (u64)(end - first) << rt_shift(n);
	u64 before = local_max(old, len, left, right);
	u64 after = local_max(now, len, left, right);
	bool is_free = now->lead == len;

	if (after < n->gaps.max && before == n->gaps.max) {
		rt_node_sum(n);
		return;
	}
	n->gaps.max = max_u64(n->gaps.max, after);
	if (at_start)
		n->gaps.lead = left + now->lead + (is_free ? right : 0);
	if (at_end)
		n->gaps.tail = right + now->tail + (is_free ? left : 0);
}

void rt_node_update(struct rt_node *n, u32 cell, const struct rt_gaps *old,
		    const struct rt_gaps *now)
{
	rt_node_update_range(n, rt_run_first(n, cell), rt_run_end(n, cell),
			     old, now);
}
