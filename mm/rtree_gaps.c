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

/* Free pages directly left of cell, where run index begins; *edge if that is
 * all there is up to the node's start. */
static u64 free_left(const struct rt_node *n, u32 cell, u32 index, bool *edge)
{
	u32 from = cell, i = index;

	while (i && n->slots[i - 1] == 0)
		i--;
	if (n->class == RT_CLASS_DENSE)
		from = i;
	else
		for (; index > i; index--)
			from = rt_run_first(n, from - 1);
	*edge = i == 0;
	return ((u64)(cell - from) << rt_shift(n)) +
	       (i ? word_tail(n->slots[i - 1], rt_cell_page(n, from)) : 0);
}

/* The same right of cell, where run index begins unless the node is at its
 * end. */
static u64 free_right(const struct rt_node *n, u32 cell, u32 index, bool *edge)
{
	u32 to = cell, i = index;

	while (i < n->run_count && n->slots[i] == 0)
		i++;
	if (n->class == RT_CLASS_DENSE)
		to = i;
	else
		for (; index < i; index++)
			to = rt_run_end(n, to);
	*edge = i == n->run_count;
	return ((u64)(to - cell) << rt_shift(n)) +
	       (*edge ? 0 : word_lead(n->slots[i], rt_cell_page(n, to)));
}

bool rt_node_update(struct rt_node *n, const struct rt_runs *runs,
		    const struct rt_gaps *now)
{
	bool at_start, at_end;
	u64 left = free_left(n, runs->cell, runs->index, &at_start);
	u64 right = free_right(n, runs->cell_end, runs->index_end, &at_end);
	u64 len = (u64)(runs->cell_end - runs->cell) << rt_shift(n);
	u64 lead = left + now->lead, tail = right + now->tail, max = now->max;
	bool changed = false;

	if (now->lead == len)
		lead = tail = max = left + len + right;
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
