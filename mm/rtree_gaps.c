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

bool rt_node_update(struct rt_node *n, u32 first, u32 end,
		    const struct rt_gaps *now)
{
	bool at_start, at_end;
	u64 left = free_left(n, first, &at_start);
	u64 right = free_right(n, end, &at_end);
	u64 len = (u64)(end - first) << rt_shift(n);
	struct rt_gaps g = n->gaps, was = g;

	if (now->lead == len) {
		len += left + right;
		g.max = max_u64(g.max, len);
		g.lead = at_start ? len : g.lead;
		g.tail = at_end ? len : g.tail;
	} else {
		g.max = max_u64(max_u64(g.max, now->max),
				max_u64(left + now->lead, now->tail + right));
		g.lead = at_start ? left + now->lead : g.lead;
		g.tail = at_end ? right + now->tail : g.tail;
	}
	n->gaps = g;
	return g.lead != was.lead || g.max != was.max || g.tail != was.tail;
}

bool rt_node_take(struct rt_node *n, u64 start, u64 end)
{
	u64 base = rt_base(n), limit = rt_end(n);
	bool changed = false;

	if (start - base < n->gaps.lead) {
		n->gaps.lead = start - base;
		changed = true;
	}
	if (limit - end < n->gaps.tail) {
		n->gaps.tail = limit - end;
		changed = true;
	}
	return changed;
}
