/*
 * VMAR tree: every invariant of rtree.c, counted afresh. Debug builds and unit
 * tests; the aspace mutex is held.
 */
#include "rtree_node.h"

struct check {
	const struct rt_region *last;	/* region seen last */
	u64 region_count, node_count;
};

static void check_word(struct check *c, u64 word, u64 start, u64 end,
		       u64 cell_pages, struct rt_gaps *gaps);

/* g becomes the gaps of len pages followed by more_len pages. */
static void join_gaps(struct rt_gaps *g, u64 len, const struct rt_gaps *more,
		      u64 more_len)
{
	u64 middle = g->tail + more->lead;

	g->max = max_u64(max_u64(g->max, more->max), middle);
	if (g->lead == len)
		g->lead = len + more->lead;
	g->tail = more->lead == more_len ? g->tail + more_len : more->tail;
}

static void check_form(const struct rt_node *n, u64 start, u64 end)
{
	u32 live = 0, taken = 0;
	u64 last = 0;

	ASSERT(rt_shift(n) % RT_CELL_BITS == 0 && rt_shift(n) <= 30);
	ASSERT(rt_base(n) % (64ul << rt_shift(n)) == 0);
	ASSERT(rt_base(n) >= start && rt_end(n) <= end);
	ASSERT(n->class < RT_CLASS_COUNT);
	for (u32 cell = 0; cell < RT_CELLS; cell++) {
		u64 word = rt_word(n, cell);

		ASSERT((word != 0) == ((n->used >> cell) & 1));
		live += word && word != last;
		last = word;
		if (n->class != RT_CLASS_DENSE)
			taken |= 1u << rt_slot_number(n, cell);
	}
	ASSERT(n->live_count == live);
	ASSERT(live > 1);	/* R4 */
	/* Each slot has cells or is free; 0 says "empty". */
	if (n->class == RT_CLASS_DENSE)
		ASSERT(n->free_slots);
	else
		ASSERT((n->free_slots ^ (taken & ~1u)) ==
			       rt_class_free[n->class] &&
		       n->words[RT_MAP_WORDS] == 0);
}

/* One past the last cell that says the same as `cell`. */
static u32 run_end(const struct rt_node *n, u32 cell)
{
	u64 word = rt_word(n, cell);

	while (++cell < RT_CELLS && rt_word(n, cell) == word)
		;
	return cell;
}

static void check_node(struct check *c, const struct rt_node *n,
		       struct rt_gaps *sum)
{
	u32 cell = 0, end;

	*sum = (struct rt_gaps){ 0, 0, 0 };
	for (; cell < RT_CELLS; cell = end) {
		u64 start = rt_cell_page(n, cell), stop;
		struct rt_gaps gaps;

		end = run_end(n, cell);
		stop = rt_cell_page(n, end);
		check_word(c, rt_word(n, cell), start, stop, 1ul << rt_shift(n),
			   &gaps);
		join_gaps(sum, start - rt_base(n), &gaps, stop - start);
	}
	ASSERT(sum->lead == n->gaps.lead);
	ASSERT(sum->max <= n->gaps.max);
	ASSERT(sum->tail == n->gaps.tail);
}

static void check_region(struct check *c, const struct rt_region *r, u64 start,
			 u64 end, u64 cell_pages)
{
	ASSERT(r->start < r->end && r->end <= RT_PAGE_LIMIT);
	/* It touches the run's first cell and its last. */
	ASSERT(r->start < start + cell_pages && r->end > end - cell_pages);
	if (r == c->last)
		return;
	/* Runs to the left did not leave it out, and it is disjoint. */
	ASSERT(r->start >= start);
	ASSERT(c->last == NULL || c->last->end <= r->start);
	c->last = r;
	c->region_count++;
}

static void check_word(struct check *c, u64 word, u64 start, u64 end,
		       u64 cell_pages, struct rt_gaps *gaps)
{
	const struct rt_region *r = rt_region_of(word);
	const struct rt_node *n = rt_node_of(word);
	struct rt_gaps sum;

	if (rt_is_node(word)) {
		ASSERT(end - start == cell_pages);
		check_form(n, start, end);
		c->node_count++;
		check_node(c, n, &sum);
		*gaps = (struct rt_gaps){ rt_base(n) - start, 0, 0 };
		gaps->max = gaps->tail = gaps->lead;
		join_gaps(gaps, gaps->lead, &sum, rt_end(n) - rt_base(n));
		gaps->tail += end - rt_end(n);
		gaps->max = max_u64(gaps->max, gaps->tail);
		return;
	}
	/* The region seen last does not reach in here, or is here. */
	ASSERT(c->last == NULL || c->last == r || c->last->end <= start ||
	       (r && c->last->end <= r->start));
	if (word == 0) {
		ASSERT(c->last == NULL || c->last->end <= start);
		gaps->lead = gaps->max = gaps->tail = end - start;
		return;
	}
	check_region(c, r, start, end, cell_pages);
	gaps->lead = r->start > start ? r->start - start : 0;
	gaps->tail = r->end < end ? end - r->end : 0;
	gaps->max = max_u64(gaps->lead, gaps->tail);
}

u64 rtree_check(const struct rtree *t, u64 *nodes)
{
	struct check c = { .last = NULL };
	struct rt_gaps gaps;

	check_word(&c, t->root, 0, RT_PAGE_LIMIT, RT_PAGE_LIMIT, &gaps);
	if (nodes)
		*nodes = c.node_count;
	return c.region_count;
}
