/*
 * VMAR tree: taking regions and nodes out, in place (R3 of rtree.c).
 *
 * Every page goes from its region to nothing by one store, and a node is
 * retired after the store that unlinks it. Recursion follows the two edges of
 * the range, at most RT_NODE_LEVELS deep.
 */
#include "rtree_node.h"

static u64 word_remove(u64 word, u64 start, u64 end);

struct walk {
	u64 start, end;
	u32 depth;
	struct rt_node *node[RT_NODE_LEVELS];
	u32 next[RT_NODE_LEVELS];	/* run to look at */
	u32 stop[RT_NODE_LEVELS];	/* run after the last */
};

static void walk_push(struct walk *w, struct rt_node *n)
{
	u32 first, last;

	w->node[w->depth] = n;
	if (rt_shift(n) == 0) {
		/* Cells of one page hold no nodes. */
		w->next[w->depth] = w->stop[w->depth] = 0;
	} else {
		rt_clip(n, w->start, w->end, &first, &last);
		w->next[w->depth] = rt_index(n, first);
		w->stop[w->depth] = rt_index(n, last) + 1;
	}
	w->depth++;
}

/* A node still being built ends at run_count. */
static bool walk_at_end(const struct walk *w)
{
	u32 i = w->depth - 1;

	return w->next[i] >= w->stop[i] ||
	       w->next[i] >= w->node[i]->run_count;
}

void rt_free_touched(u64 word, u64 start, u64 end, bool retire)
{
	struct walk w = { .start = start, .end = end };

	if (!rt_touches(rt_node_of(word), start, end))
		return;
	walk_push(&w, rt_node_of(word));
	while (w.depth) {
		struct rt_node *n = w.node[w.depth - 1];
		u64 child;

		if (walk_at_end(&w)) {
			/* Children first: the path never holds a freed one. */
			w.depth--;
			if (retire)
				rt_node_retire(n);
			else
				rt_node_free(n);
			continue;
		}
		child = n->slots[w.next[w.depth - 1]++];
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
	u32 first, last, stop;

	rt_clip(n, start, end, &first, &last);
	stop = rt_index(n, last);
	for (u32 i = rt_index(n, first); i <= stop; i++) {
		u64 old = n->slots[i], word = word_remove(old, start, end);

		if (word == old)
			continue;
		rt_set_slot(n, i, word);
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
 * The common unmap: the range holds one region, whose runs are all in n. True
 * if that was so; *changed if n's summary is another now.
 */
static bool remove_single(struct rt_node *n, u64 start, u64 end, bool *changed)
{
	u64 first = rt_cell(n, start), last = rt_cell(n, end - 1), word;
	const struct rt_region *r;
	struct rt_runs runs;
	struct rt_gaps now;

	if (first >= RT_CELLS || last >= RT_CELLS)
		return false;
	runs.index = rt_index(n, (u32)first);
	runs.index_end = 1 + (first == last ? runs.index :
			      rt_index(n, (u32)last));
	word = n->slots[runs.index];
	r = rt_region_of(word);
	if (word == 0 || rt_is_node(word) || r->start < start || r->end > end)
		return false;
	for (u32 i = runs.index + 1; i < runs.index_end; i++)
		if (n->slots[i] != word)
			return false;
	for (u32 i = runs.index; i < runs.index_end; i++)
		rt_set_slot(n, i, 0);
	runs.cell = rt_run_first(n, (u32)first);
	runs.cell_end = rt_run_end(n, (u32)last);
	now.lead = (u64)(runs.cell_end - runs.cell) << rt_shift(n);
	now.max = now.tail = now.lead;
	*changed = rt_node_update(n, &runs, &now);
	return true;
}

void rtree_remove(struct rtree *t, u64 start, u64 end)
{
	struct rt_path path;
	u64 word = t->root, now;
	bool changed = true;

	/* Down to the lowest word that leads to the whole range. */
	path.depth = 0;
	while (rt_is_node(word)) {
		struct rt_node *n = rt_node_of(word);
		u64 cell = rt_cell(n, start), next;

		if (cell >= RT_CELLS || rt_cell(n, end - 1) != cell)
			break;
		next = n->slots[rt_index(n, (u32)cell)];
		if (!rt_is_node(next))
			break;
		rt_path_push(&path, n, (u32)cell);
		word = next;
	}
	if (rt_is_node(word) &&
	    remove_single(rt_node_of(word), start, end, &changed))
		now = rt_folded_word(rt_node_of(word));
	else
		now = word_remove(word, start, end);
	if (!changed && now == word)
		return;
	rt_climb(t, &path, word, now);
	retire_replaced(word, now);
}

/* The first node below *slot that holds no nodes; *slot becomes its slot. */
static struct rt_node *lowest_node(u64 **slot)
{
	struct rt_node *n = rt_node_of(**slot);

	for (u32 i = 0; i < n->run_count && rt_shift(n);) {
		if (!rt_is_node(n->slots[i])) {
			i++;
			continue;
		}
		*slot = &n->slots[i];
		n = rt_node_of(**slot);
		i = 0;
	}
	return n;
}

bool rtree_teardown_step(struct rtree *t, u32 budget)
{
	while (rt_is_node(t->root)) {
		u64 *slot = &t->root;
		struct rt_node *n;

		if (budget-- == 0)
			return false;
		n = lowest_node(&slot);
		rt_publish(slot, 0);
		rt_node_retire(n);
	}
	rt_publish(&t->root, 0);
	return true;
}
