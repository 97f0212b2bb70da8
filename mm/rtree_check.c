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
	u32 live = 0;
	u64 last = 0;

	ASSERT(rt_shift(n) % RT_CELL_BITS == 0 && rt_shift(n) <= 30);
	ASSERT(rt_base(n) % (64ul << rt_shift(n)) == 0);
	ASSERT(rt_base(n) >= start && rt_end(n) <= end);
	ASSERT(n->starts & 1);
	ASSERT(n->run_count == bit_count64(n->starts));
	ASSERT(n->class < RT_CLASS_COUNT);
	ASSERT(n->run_count <= rt_class_slots[n->class]);
	ASSERT(n->class != RT_CLASS_DENSE || n->starts == ~0ul);
	for (u32 i = 0; i < n->run_count; i++) {
		live += n->slots[i] && n->slots[i] != last;
		last = n->slots[i];
	}
	ASSERT(n->live_count == live);
	ASSERT(live > 1);	/* R4 */
}

static void check_node(struct check *c, const struct rt_node *n,
		       struct rt_gaps *sum)
{
	u64 bits = n->starts, start = rt_base(n);

	*sum = (struct rt_gaps){ 0, 0, 0 };
	for (u32 i = 0; i < n->run_count; i++) {
		struct rt_gaps gaps;
		u64 end;

		bits &= bits - 1;
		end = rt_cell_page(n, bits ? bit_lowest64(bits) : RT_CELLS);
		check_word(c, n->slots[i], start, end, 1ul << rt_shift(n),
			   &gaps);
		join_gaps(sum, start - rt_base(n), &gaps, end - start);
		start = end;
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
