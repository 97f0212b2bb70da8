/*
 * VMAR tree: taking regions and nodes out, in place (R3 of rtree.c).
 *
 * Every page goes from its region to nothing by one store, and a node is
 * retired after the store that unlinks it. Recursion follows the two edges of
 * the range, at most RT_NODE_LEVELS deep.
 */
#include "rtree_gaps.h"

static u64 word_remove(u64 word, u64 start, u64 end);

struct walk {
	u64 start, end;
	u32 depth;
	struct rt_node *node[RT_NODE_LEVELS];
	u64 cells[RT_NODE_LEVELS];	/* yet to be looked at */
};

/* Cells of n in [start, end) that are not empty. */
static u64 used_in(const struct rt_node *n, u64 start, u64 end)
{
	u32 first, last;

	rt_clip(n, start, end, &first, &last);
	return n->used & bits_range64(first, last);
}

static void walk_push(struct walk *w, struct rt_node *n)
{
	w->node[w->depth] = n;
	/* Cells of one page hold no nodes. */
	w->cells[w->depth++] = rt_shift(n) ? used_in(n, w->start, w->end) : 0;
}

void rt_free_touched(u64 word, u64 start, u64 end, bool retire)
{
	struct walk w = { .start = start, .end = end };

	if (!rt_touches(rt_node_of(word), start, end))
		return;
	walk_push(&w, rt_node_of(word));
	while (w.depth) {
		struct rt_node *n = w.node[w.depth - 1];
		u64 *cells = &w.cells[w.depth - 1], child;

		if (*cells == 0) {
			/* Children first: the path never holds a freed one. */
			w.depth--;
			if (retire)
				rt_node_retire(n);
			else
				rt_node_free(n);
			continue;
		}
		child = rt_word(n, bit_lowest64(*cells));
		*cells &= *cells - 1;
		if (rt_is_node(child) &&
		    rt_touches(rt_node_of(child), start, end))
			walk_push(&w, rt_node_of(child));
	}
}

/* After new_word took old_word's place: the nodes that are out. */
static void retire_replaced(u64 old_word, u64 new_word)
{
	if (!rt_is_node(old_word) || old_word == new_word)
		return;
	if (new_word == 0)
		rt_free_touched(old_word, 0, RT_PAGE_LIMIT, true);
	else
		rt_node_retire(rt_node_of(old_word));
}

/* What is left to say of n. */
static u64 node_remove(struct rt_node *n, u64 start, u64 end)
{
	for (u64 bits = used_in(n, start, end); bits; bits &= bits - 1) {
		u32 cell = bit_lowest64(bits);
		u64 old = rt_word(n, cell), word = word_remove(old, start, end);

		if (word == old)
			continue;
		rt_set_cell(n, cell, word);
		retire_replaced(old, word);
	}
	if (n->live_count > 1)
		rt_node_sum(n);
	return rt_folded_word(n);
}

static u64 word_remove(u64 word, u64 start, u64 end)
{
	const struct rt_region *r;
	struct rt_node *n;

	if (rt_is_node(word)) {
		n = rt_node_of(word);
		if (!rt_touches(n, start, end))
			return word;
		return rt_covers(start, end, n) ? 0 :
			node_remove(n, start, end);
	}
	r = rt_region_of(word);
	return r && (r->start < start || r->end > end) ? word : 0;
}

/*
 * The common unmap: the range holds one region, whose cells are all in n. True
 * if that was so; *changed if n's summary is another now.
 */
static inline bool remove_single(struct rt_node *n, u64 start, u64 end,
				 bool *changed)
{
	u64 first = rt_cell(n, start), last = rt_cell(n, end - 1), cells, word;
	const struct rt_region *r;
	u32 a, z;

	if (first >= RT_CELLS || last >= RT_CELLS)
		return false;
	cells = n->used & bits_range64((u32)first, (u32)last);
	if (cells == 0)
		return false;
	a = bit_lowest64(cells);
	z = bit_highest64(cells);
	word = rt_word(n, a);
	r = rt_region_of(word);
	if (rt_is_node(word) || r->start < start || r->end > end)
		return false;
	for (u32 cell = z; cell > a; cell--)
		if (rt_word(n, cell) != word)
			return false;
	rt_clear(n, cells);
	*changed = rt_node_give(n, a, z + 1);
	return true;
}

/* Of word, to which path leads, `now` is left. */
static __attribute__((noinline)) void climb(struct rtree *t,
					    const struct rt_path *path,
					    u64 word, u64 now)
{
	rt_climb(t, path, word, now);
	retire_replaced(word, now);
}

void rtree_remove(struct rtree *t, u64 start, u64 end)
{
	u64 word = t->root, last = end - 1;
	bool changed = true, single = false;
	struct rt_node *n = NULL;
	struct rt_path path;
	u32 depth = 0;

	/* Down to the lowest word that leads to the whole range. */
	while (rt_is_node(word)) {
		u64 cell, next;

		n = rt_node_of(word);
		cell = rt_cell(n, start);
		if (cell >= RT_CELLS || rt_cell(n, last) != cell)
			break;
		next = rt_word(n, (u32)cell);
		if (!rt_is_node(next))
			break;
		path.cell[depth] = (u8)cell;
		path.node[depth++] = n;
		word = next;
	}
	path.depth = depth;
	if (n)
		single = remove_single(n, start, end, &changed);
	if (!single)
		climb(t, &path, word, word_remove(word, start, end));
	else if (changed || n->live_count < 2)
		climb(t, &path, word, rt_folded_word(n));
}

/* A node below the root that holds no nodes, taken out of the tree. The cells
 * of regions passed by count as empty from then on, so that no later call looks
 * at them. */
static struct rt_node *take_lowest_node(struct rtree *t)
{
	struct rt_node *above = NULL, *n = rt_node_of(t->root);
	u64 left = n->used;

	while (left) {
		u32 cell = bit_lowest64(left);
		u64 word = rt_word(n, cell);

		if (rt_is_node(word)) {
			__atomic_store_n(&n->used, left, __ATOMIC_RELAXED);
			above = n;
			n = rt_node_of(word);
			left = n->used;
		} else {
			left &= left - 1;
		}
	}
	if (above)
		rt_set_cell(above, bit_lowest64(above->used), 0);
	else
		rt_publish(&t->root, 0);
	return n;
}

bool rtree_teardown_step(struct rtree *t, u32 budget)
{
	while (rt_is_node(t->root)) {
		if (budget-- == 0)
			return false;
		rt_node_retire(take_lowest_node(t));
	}
	rt_publish(&t->root, 0);
	return true;
}
