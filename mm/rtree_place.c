/*
 * VMAR tree: where a new region can go (spec/vmar.md 3.2).
 *
 * The exact walk visits gaps from low to high and descends only into nodes
 * whose longest gap is large enough; from others it takes the free pages at
 * both ends, which may be part of a gap that reaches over the node's borders.
 * The summaries are the writers', so all this is under the aspace mutex, and a
 * search that was led astray by a bound corrects it (rtree_gaps.c).
 */
#include "rtree_gaps.h"

#define DRAW_COUNT 8

struct search {
	const struct rt_want *want;
	u64 open;		/* where the gap being looked at begins */
	u64 count;		/* candidates passed */
	u64 limit;		/* stop at so many */
	u64 index;		/* candidate looked for */
	u64 found;		/* its page */
	u32 depth;
	struct rt_node *node[RT_NODE_LEVELS];
	u64 passed[RT_NODE_LEVELS];	/* count when the node was entered */
	u64 cells[RT_NODE_LEVELS];	/* yet to be visited */
};

/* The gap ends here. True if the search is over. */
static bool close_gap(struct search *s, u64 end)
{
	const struct rt_want *w = s->want;
	u64 first = align_up_log2(s->open, w->align_log2);
	u64 count;

	end = min_u64(end, w->hi);
	if (end < w->size_pages || first > end - w->size_pages)
		return false;
	count = ((end - w->size_pages - first) >> w->align_log2) + 1;
	if (s->index - s->count < count) {
		s->found = first + ((s->index - s->count) << w->align_log2);
		s->count = s->index + 1;
		return true;
	}
	s->count += count;
	return s->count >= s->limit;
}

/* Pages [start, end) are not free, or too small to matter. */
static bool pass_taken(struct search *s, u64 start, u64 end)
{
	if (start > s->open && close_gap(s, start))
		return true;
	s->open = max_u64(s->open, end);
	return s->open >= s->want->hi;
}

/* True if the search is over. */
static bool visit(struct search *s, u64 word)
{
	struct rt_node *n;
	const struct rt_region *r;

	if (word == 0)
		return false;
	if (!rt_is_node(word)) {
		r = rt_region_of(word);
		return pass_taken(s, r->start, r->end);
	}
	n = rt_node_of(word);
	if (rt_end(n) <= s->open)
		return false;
	if (n->gaps.max < s->want->size_pages || rt_base(n) >= s->want->hi)
		return pass_taken(s, rt_base(n) + n->gaps.lead,
				  rt_end(n) - n->gaps.tail);
	s->node[s->depth] = n;
	s->passed[s->depth] = s->count;
	s->cells[s->depth++] = s->open <= rt_base(n) ? n->used :
		n->used & bits_from64((u32)rt_cell(n, s->open));
	return false;
}

static void search(const struct rtree *t, struct search *s)
{
	bool over = visit(s, t->root);

	while (!over && s->depth) {
		struct rt_node *n = s->node[s->depth - 1];
		u64 cells = s->cells[s->depth - 1];

		if (cells) {
			s->cells[s->depth - 1] = cells & (cells - 1);
			over = visit(s, rt_word(n, bit_lowest64(cells)));
			continue;
		}
		/* In vain: the bound on its gaps may be out of date. */
		if (s->passed[--s->depth] == s->count)
			rt_node_sum(n);
	}
	if (!over)
		close_gap(s, s->want->hi);
}

u64 rtree_count_gap_candidates(const struct rtree *t, const struct rt_want *w,
			       u64 limit)
{
	struct search s = { .want = w, .open = w->lo, .limit = limit,
			    .index = ~0ul };

	search(t, &s);
	return min_u64(s.count, limit);
}

bool rtree_find_gap(const struct rtree *t, const struct rt_want *w, u64 index,
		    u64 *page)
{
	struct search s = { .want = w, .open = w->lo, .limit = ~0ul,
			    .index = index };

	search(t, &s);
	if (s.count <= index)
		return false;
	*page = s.found;
	return true;
}

/* Counter and multiply-xorshift mixing: even enough, few instructions. Secrecy
 * is that of the two seed words. */
static u64 random_next(struct rt_random *r)
{
	u64 x;

	r->state += r->step | 1;
	x = r->state;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ul;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ul;
	return x ^ (x >> 32);
}

/* 0..n-1; the bias of the product is below n / 2^64. */
static u64 random_below(struct rt_random *r, u64 n)
{
	return (u64)(((unsigned __int128)random_next(r) * n) >> 64);
}

/* Counts the candidates, up to limit, and takes one of them. */
static __attribute__((noinline)) bool place_by_count(struct rtree_txn *txn,
						     struct rtree *t,
						     const struct rt_want *w,
						     u64 limit,
						     struct rt_random *random,
						     u64 *page)
{
	u64 count = rtree_count_gap_candidates(t, w, limit);

	return count &&
	       rtree_find_gap(t, w, random_below(random, count), page) &&
	       rtree_seek_free(txn, t, *page, *page + w->size_pages);
}

bool rtree_place(struct rtree_txn *txn, struct rtree *t,
		 const struct rt_want *w, u32 entropy_bits,
		 struct rt_random *random, u64 *page)
{
	u64 first = align_up_log2(w->lo, w->align_log2);
	u64 limit = 1ul << entropy_bits, count;

	if (w->hi < w->size_pages || first > w->hi - w->size_pages)
		return false;
	count = ((w->hi - w->size_pages - first) >> w->align_log2) + 1;
	count = min_u64(count, limit);
	/*
	 * Any free one of the first count positions is among the first count
	 * candidates, and a draw that is thrown away favours none. The gaps are
	 * counted when few are free, or when there are few to count.
	 */
	for (u32 i = 0; i < DRAW_COUNT && count > 256; i++) {
		u64 p = first + (random_below(random, count) << w->align_log2);

		if (rtree_seek_free(txn, t, p, p + w->size_pages)) {
			*page = p;
			return true;
		}
	}
	return place_by_count(txn, t, w, limit, random, page);
}
