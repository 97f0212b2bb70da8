/*
 * VMAR tree: the general change. Builds, without touching what is published,
 * the word that says: what old_word said, less everything in [start, end), plus
 * new regions there.
 *
 * Cells wholly inside the range hold new regions only; cells wholly outside
 * keep their words; the one or two cells that an edge of the range crosses are
 * rebuilt a level down. A node is new if and only if its span touches the
 * range: rt_free_touched() relies on it, on success for the old word and on
 * failure for the new one.
 *
 * Recursion: compose, rebuild, place each call the next at most once per edge
 * and with a smaller span, so at most RT_NODE_LEVELS deep (about 2 KiB).
 */
#include "rtree_gaps.h"

struct build {
	u64 start, end;
	const struct rt_slot *slots;
	s32 count;
	/* Old regions that share a cell with an edge of the range: they count
	 * as items -1 and count. */
	u64 left, right;
};

/* What is to stand in a node: old content (a whole node, or one word at one
 * cell) and items [first, last). */
struct plan {
	u64 span;
	u64 starts;		/* run boundaries, maybe more than needed */
	const struct rt_node *node;
	u64 word;
	u32 cell;
	s32 first, last;
};

static u64 rebuild(struct build *b, u64 word, u64 start, u64 end, s32 first,
		   s32 last);

static u64 item_word(const struct build *b, s32 i)
{
	if (i < 0)
		return b->left;
	return i == b->count ? b->right : b->slots[i].word;
}

static const struct rt_region *item(const struct build *b, s32 i)
{
	return rt_region_of(item_word(b, i));
}

static u32 plan_cell(const struct plan *p, u64 page)
{
	return (u32)((page ^ p->span) >> (p->span % 64));
}

/* Span of the smallest node that holds pages lo and last. */
static u64 smallest_span(u64 lo, u64 last)
{
	u32 shift = 0;

	while ((lo ^ last) >> (shift + RT_CELL_BITS))
		shift += RT_CELL_BITS;
	return (lo & ~((64ul << shift) - 1)) | shift;
}

/* A run begins at cell first, and another after cell last. */
static void plan_mark(struct plan *p, u32 first, u32 last)
{
	p->starts |= 1ul << first;
	if (last < RT_CELLS - 1)
		p->starts |= 2ul << last;
}

static void plan_mark_pages(struct plan *p, u64 start, u64 end)
{
	u64 base = p->span & ~63ul, limit = base + (64ul << p->span % 64);

	plan_mark(p, plan_cell(p, max_u64(start, base)),
		  plan_cell(p, min_u64(end, limit) - 1));
}

static void plan_mark_items(struct build *b, struct plan *p)
{
	for (s32 i = p->first; i < p->last; i++)
		plan_mark_pages(p, item(b, i)->start, item(b, i)->end);
}

/* Cells [cell, end), to the right of all that is in n, say word. */
static inline void push_run(struct rt_node *n, u32 cell, u32 end, u64 word)
{
	if (cell == end || word == 0)
		return;
	if (cell == 0 || rt_word(n, cell - 1) != word)
		rt_put(n, cell, end - 1, word);
	else
		while (cell < end)
			rt_set_cell(n, cell++, word);
}

/* What p's old content says at a cell. */
static u64 plan_old_word(const struct plan *p, u32 cell)
{
	if (p->node)
		return rt_word(p->node, cell);
	return cell == p->cell ? p->word : 0;
}

/* Items of p that touch [start, end); *first moves on to the first of them. */
static s32 items_in(const struct build *b, const struct plan *p, s32 *first,
		    u64 start, u64 end)
{
	s32 last;

	while (*first < p->last && item(b, *first)->end <= start)
		++*first;
	last = *first;
	while (last < p->last && item(b, last)->start < end)
		last++;
	return last;
}

/* The node as a word, or less if it turns out to hold less than two things. */
static u64 finish(struct rt_node *n)
{
	u64 word = rt_folded_word(n);

	if (n->live_count > 1)
		rt_node_sum(n);
	else
		rt_node_free(n);
	return word;
}

/* The new word for pages [start, end) of p; *i is the first item that may
 * touch them. Most cells need no look below. */
static u64 compose_word(struct build *b, const struct plan *p, u32 cell,
			u64 start, u64 end, s32 *i)
{
	u64 old = plan_old_word(p, cell);
	s32 last = items_in(b, p, i, start, end);

	if (*i == last && (old == 0 || end <= b->start || start >= b->end))
		return old;
	if (*i + 1 == last && old == 0)
		return item_word(b, *i);
	return rebuild(b, old, start, end, *i, last);
}

/* An empty node with room for count things; NULL if memory is out. */
static struct rt_node *node_begin(u64 span, u32 count)
{
	u32 class = 0;

	while (class < RT_CLASS_DENSE && count > bit_count64(rt_class_free[class]))
		class++;
	return rt_node_alloc(span, class);
}

/* Things in p's node at most: old words, items, and a new node for each cell
 * where two of them meet or an edge of the range crosses. */
static u32 plan_thing_count(const struct plan *p)
{
	u32 old = p->node ? p->node->live_count : p->word != 0;

	return old + 2 * (u32)(p->last - p->first) + 1;
}

static u64 compose(struct build *b, const struct plan *p)
{
	struct rt_node *n = node_begin(p->span, plan_thing_count(p));
	u64 bits = p->starts, start, end = p->span & ~63ul, word;
	s32 i = p->first;

	if (n == NULL)
		return RT_FAILED;
	while (bits) {
		u32 cell = bit_lowest64(bits), next;

		bits &= bits - 1;
		next = bits ? bit_lowest64(bits) : RT_CELLS;
		start = end;
		end = rt_cell_page(n, next);
		word = compose_word(b, p, cell, start, end, &i);
		if (word == RT_FAILED) {
			rt_free_touched(rt_node_word(n), b->start, b->end,
					false);
			return RT_FAILED;
		}
		push_run(n, cell, next, word);
	}
	return finish(n);
}

/*
 * Two regions alone in a node for lo..last, if no cell has both: a second
 * mapping near another, the commonest node to be made. 0 if it has.
 */
static u64 place_two(u64 span, u64 lo, u64 hi, u64 word_a, u64 word_b)
{
	const struct rt_region *a = rt_region_of(word_a);
	const struct rt_region *b = rt_region_of(word_b);
	u64 base = span & ~63ul, shift = span % 64;
	u64 a_last = (a->end - 1 - base) >> shift;
	u64 b_first = (b->start - base) >> shift;
	struct rt_node *n;

	if (b_first <= a_last)
		return 0;
	n = rt_node_alloc(span, 0);
	if (n == NULL)
		return RT_FAILED;
	rt_put(n, (u32)((lo - base) >> shift), (u32)a_last, word_a);
	rt_put(n, (u32)b_first, (u32)((hi - 1 - base) >> shift), word_b);
	n->gaps.lead = lo - base;
	n->gaps.tail = rt_end(n) - hi;
	n->gaps.max = max_u64(b->start - a->end,
			      max_u64(n->gaps.lead, n->gaps.tail));
	return rt_node_word(n);
}

static u64 place_many(struct build *b, u64 span, s32 first, s32 last)
{
	struct plan p = { .span = span, .starts = 1, .cell = RT_CELLS,
			  .first = first, .last = last };

	plan_mark_items(b, &p);
	return compose(b, &p);
}

/* Items [first, last) alone in the pages [start, end). */
static u64 place(struct build *b, u64 start, u64 end, s32 first, s32 last)
{
	u64 lo, hi, span, word;

	if (first == last)
		return 0;
	if (first + 1 == last)
		return item_word(b, first);
	lo = max_u64(start, item(b, first)->start);
	hi = min_u64(end, item(b, last - 1)->end);
	span = smallest_span(lo, hi - 1);
	if (first + 2 == last) {
		word = place_two(span, lo, hi, item_word(b, first),
				 item_word(b, first + 1));
		if (word)
			return word;
	}
	return place_many(b, span, first, last);
}

/* A node changes within its span. */
static u64 rebuild_node(struct build *b, const struct rt_node *n, s32 first,
			s32 last)
{
	struct plan p = { .span = n->span, .node = n, .first = first,
			  .last = last, .cell = RT_CELLS };
	u32 a, z;

	rt_clip(n, b->start, b->end, &a, &z);
	p.starts = n->used | n->used << 1 | 1;
	if (z > a + 1)
		p.starts &= ~bits_range64(a + 1, z - 1);
	plan_mark(&p, a, a);
	plan_mark(&p, z, z);
	plan_mark_items(b, &p);
	return compose(b, &p);
}

/* New regions lie outside of the span of node word: a larger one holds both. */
static u64 grow_node(struct build *b, u64 word, u64 lo, u64 hi, s32 first,
		     s32 last)
{
	const struct rt_node *n = rt_node_of(word);
	struct plan p = { .word = word, .first = first, .last = last };

	p.span = smallest_span(min_u64(lo, rt_base(n)),
			       max_u64(hi, rt_end(n)) - 1);
	p.starts = 1;
	p.cell = plan_cell(&p, rt_base(n));
	plan_mark(&p, p.cell, p.cell);
	plan_mark_items(b, &p);
	return compose(b, &p);
}

static u64 rebuild_region(struct build *b, u64 word, u64 start, u64 end,
			  s32 first, s32 last)
{
	const struct rt_region *r = rt_region_of(word);

	if (r->end <= b->start) {
		b->left = word;
		return place(b, start, end, -1, first == last ? 0 : last);
	}
	if (r->start >= b->end) {
		b->right = word;
		return place(b, start, end, first == last ? b->count : first,
			     b->count + 1);
	}
	return place(b, start, end, first, last);
}

/* The new word for pages [start, end), where word stood and which items
 * [first, last) touch. */
static u64 rebuild(struct build *b, u64 word, u64 start, u64 end, s32 first,
		   s32 last)
{
	const struct rt_node *n = rt_node_of(word);
	u64 lo, hi;

	if (word && first == last && (end <= b->start || start >= b->end))
		return word;
	if (word == 0 || (b->start <= start && end <= b->end))
		return place(b, start, end, first, last);
	if (!rt_is_node(word))
		return rebuild_region(b, word, start, end, first, last);
	if (rt_covers(b->start, b->end, n))
		return place(b, start, end, first, last);
	if (first == last)
		return rt_touches(n, b->start, b->end) ?
			rebuild_node(b, n, first, last) : word;
	lo = max_u64(start, item(b, first)->start);
	hi = min_u64(end, item(b, last - 1)->end);
	if (lo >= rt_base(n) && hi <= rt_end(n))
		return rebuild_node(b, n, first, last);
	return grow_node(b, word, lo, hi, first, last);
}

u64 rt_rebuild(u64 word, u64 slot_start, u64 slot_end, u64 start, u64 end,
	       const struct rt_slot *slots, u32 count)
{
	struct build b = { .start = start, .end = end, .slots = slots,
			   .count = (s32)count };

	return rebuild(&b, word, slot_start, slot_end, 0, (s32)count);
}
