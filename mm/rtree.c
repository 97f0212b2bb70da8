/*
 * VMAR tree: form, readers, publication.
 *
 * A word stands for a stretch of pages and says what is there: nothing; one
 * region that touches every cell of the stretch and is the only one there (it
 * may begin and end inside the stretch or outside: whoever finds it compares
 * with its range); or a node, for a stretch of one cell with two or more
 * regions. The root word stands for the whole key space.
 *
 * A node divides its span into 64 cells and holds runs of cells with one word
 * each. It is the smallest node that holds its regions (path compression), so
 * its span may be less than the cell that it hangs in; the rest of the cell is
 * free. Sparse mappings thus cost a word in a node that exists anyway, and a
 * large mapping costs a word in each node that it crosses.
 *
 * R1 Run boundaries, span and count of a published node never change; its
 *    words do, each by one release store, under the aspace mutex.
 * R2 A commit is one such store: the new word leads to all that changed. A
 *    reader on its way down has loaded the word before or after it and so sees
 *    one state of every page below. Nothing above the word need be copied:
 *    the tree has no snapshots, and a reader asks about one place. Changes
 *    confined to one run (the common map, unmap and protect) copy no node.
 * R3 Removing stores words one after the other and needs no memory. Two
 *    empty runs, or two runs of one region, may come to stand side by side;
 *    both read correctly, and the next copy of the node joins them.
 * R4 A node has two or more runs that are not empty, and not all of them the
 *    same region; else its parent's word says what is left.
 * R5 What has been unlinked is freed after an epoch.
 */
#include <mm/slab.h>

#include "rtree_node.h"

static struct slab_cache node_caches[RT_CLASS_COUNT];

void rtree_init_module(void)
{
	for (u32 i = 0; i < RT_CLASS_COUNT; i++)
		slab_cache_init(&node_caches[i], "rtree_node",
				sizeof(struct rt_node) +
				rt_class_slots[i] * sizeof(u64));
}

struct rt_node *rt_node_alloc(u32 count)
{
	struct rt_node *n;
	u8 class = 0;

	while (rt_class_slots[class] < count)
		class++;
	n = slab_alloc(&node_caches[class]);
	if (n)
		n->class = class;
	return n;
}

void rt_node_free(struct rt_node *n)
{
	slab_free(&node_caches[n->class], n);
}

static void node_free_deferred(struct epoch_head *h)
{
	rt_node_free(container_of(h, struct rt_node, epoch));
}

void rt_node_retire(struct rt_node *n)
{
	epoch_defer(&n->epoch, node_free_deferred);
}

/* --- Readers -------------------------------------------------------------- */

struct rt_slot rtree_lookup(const struct rtree *t, u64 page)
{
	u64 word = rt_load(&t->root);
	const struct rt_region *r;

	while (rt_is_node(word)) {
		const struct rt_node *n = rt_node_of(word);
		u64 cell = rt_cell(n, page);

		if (cell >= RT_CELLS)
			return (struct rt_slot){ 0 };
		word = rt_load(&n->slots[rt_index(n, (u32)cell)]);
	}
	r = rt_region_of(word);
	if (r == NULL || page < r->start || page >= r->end)
		return (struct rt_slot){ 0 };
	return (struct rt_slot){ word };
}

/* First run of n that can hold something at or after page. */
static u32 first_index(const struct rt_node *n, u64 page)
{
	if (page <= rt_base(n))
		return 0;
	if (page >= rt_end(n))
		return n->run_count;
	return rt_index(n, (u32)rt_cell(n, page));
}

struct rt_slot rtree_next(const struct rtree *t, u64 page)
{
	const struct rt_node *node[RT_NODE_LEVELS];
	u32 index[RT_NODE_LEVELS], depth = 0;
	u64 word = rt_load(&t->root);

	for (;;) {
		if (rt_is_node(word)) {
			node[depth] = rt_node_of(word);
			index[depth] = first_index(node[depth], page);
			depth++;
		} else if (word && rt_region_of(word)->end > page) {
			return (struct rt_slot){ word };
		} else if (depth) {
			index[depth - 1]++;
		}
		while (depth && index[depth - 1] >= node[depth - 1]->run_count)
			if (--depth)
				index[depth - 1]++;
		if (depth == 0)
			return (struct rt_slot){ 0 };
		word = rt_load(&node[depth - 1]->slots[index[depth - 1]]);
	}
}

bool rtree_is_free(const struct rtree *t, u64 start, u64 end)
{
	u64 word = t->root;
	struct rt_slot s;

	while (rt_is_node(word)) {
		const struct rt_node *n = rt_node_of(word);
		u64 cell = rt_cell(n, start);

		if (cell >= RT_CELLS)
			break;
		word = n->slots[rt_index(n, (u32)cell)];
		/* Sole content of the cells up to the run's end? */
		if (!rt_is_node(word) &&
		    rt_cell(n, end - 1) >= rt_run_end(n, (u32)cell))
			break;
		if (word == 0)
			return true;
	}
	s = rtree_next(t, start);
	return s.word == 0 || rt_slot_region(s)->start >= end;
}

/* --- Writers: one prepared change ----------------------------------------- */

static void path_push(struct rt_path *path, struct rt_node *n, u32 cell)
{
	path->cell[path->depth] = (u8)cell;
	path->node[path->depth++] = n;
}

u64 *rt_path_slot(struct rtree *t, const struct rt_path *path, u32 depth,
		  u64 *start, u64 *end)
{
	struct rt_node *n;
	u32 cell;

	if (depth == 0) {
		*start = 0;
		*end = RT_PAGE_LIMIT;
		return &t->root;
	}
	n = path->node[depth - 1];
	cell = path->cell[depth - 1];
	*start = rt_cell_page(n, rt_run_first(n, cell));
	*end = rt_cell_page(n, rt_run_end(n, cell));
	return &n->slots[rt_index(n, cell)];
}

/*
 * May the word of the run at cell first be replaced without touching others,
 * for a change of cells first..last? A run of one cell takes any word; a longer
 * one takes only a region that touches each of its cells (whole).
 */
static bool run_fits(const struct rt_node *n, u32 first, u32 last, bool whole)
{
	return (first == last || whole) && rt_run_first(n, first) == first &&
	       rt_run_end(n, first) == last + 1;
}

/* Finds the lowest word that leads to all of [start, end) and can be replaced
 * alone. */
static u64 *txn_begin(struct rtree_txn *txn, struct rtree *t, u64 start,
		      u64 end, bool whole)
{
	u64 *slot = &t->root;

	txn->tree = t;
	txn->start = start;
	txn->end = end;
	txn->path.depth = 0;
	while (rt_is_node(*slot)) {
		struct rt_node *n = rt_node_of(*slot);
		u64 first = rt_cell(n, start), last = rt_cell(n, end - 1);
		u64 *next;

		if (first >= RT_CELLS || last >= RT_CELLS)
			break;
		next = &n->slots[rt_index(n, (u32)first)];
		if (!(rt_is_node(*next) && first == last) &&
		    !run_fits(n, (u32)first, (u32)last, whole))
			break;
		path_push(&txn->path, n, (u32)first);
		slot = next;
	}
	txn->old_word = *slot;
	return slot;
}

static void copy_words(u64 *to, const u64 *from, u32 count)
{
	for (; count >= 2; count -= 2, to += 2, from += 2) {
		u64 a = from[0], b = from[1];

		to[0] = a;
		to[1] = b;
	}
	if (count)
		*to = *from;
}

/*
 * Copy of n with one region more, which touches cells first..last of an empty
 * run: the common insert, without the general rebuild. NULL if memory is out.
 */
static struct rt_node *copy_with(const struct rt_node *n, u32 first, u32 last,
				 u64 word)
{
	u32 run = rt_run_first(n, first), run_end = rt_run_end(n, first);
	u32 index = rt_index(n, first), to = index;
	u64 start = rt_cell_page(n, run), end = rt_cell_page(n, run_end);
	u32 count = n->run_count + (run < first) + (last + 1 < run_end);
	struct rt_node *c = rt_node_alloc(count);
	struct rt_gaps old, now;

	if (c == NULL)
		return NULL;
	c->span = n->span;
	c->starts = n->starts | 1ul << first;
	c->run_count = (u16)count;
	c->live_count = n->live_count + 1;
	c->gaps = n->gaps;
	copy_words(c->slots, n->slots, index);
	if (run < first)
		c->slots[to++] = 0;
	c->slots[to++] = word;
	if (last + 1 < run_end) {
		c->slots[to++] = 0;
		c->starts |= 1ul << (last + 1);
	}
	copy_words(c->slots + to, n->slots + index + 1,
		   n->run_count - index - 1);
	rt_word_gaps(0, start, end, &old);
	rt_word_gaps(word, start, end, &now);
	rt_node_update_range(c, run, run_end, &old, &now);
	return c;
}

/* Is the change an insert that copy_with() can do? Not if removals have left
 * many runs to join (R3): then the general rebuild does that as well. */
static bool is_simple_insert(const struct rt_node *n, u64 start, u64 end)
{
	u64 first = rt_cell(n, start), last = rt_cell(n, end - 1);

	return first < RT_CELLS && last < RT_CELLS &&
	       n->slots[rt_index(n, (u32)first)] == 0 &&
	       rt_run_end(n, (u32)first) > last &&
	       n->run_count <= 2u * n->live_count + 5;
}

zx_status_t rtree_insert_prepare(struct rtree_txn *txn, struct rtree *t,
				 struct rt_slot slot)
{
	const struct rt_region *r = rt_slot_region(slot);
	u64 old = *txn_begin(txn, t, r->start, r->end, true);
	struct rt_node *n = rt_node_of(old);

	if (old == 0) {
		txn->new_word = slot.word;
		return ZX_OK;
	}
	if (!rt_is_node(old) || !is_simple_insert(n, r->start, r->end))
		return rtree_replace_prepare(txn, t, r->start, r->end, &slot,
					     1);
	n = copy_with(n, (u32)rt_cell(n, r->start),
		      (u32)rt_cell(n, r->end - 1), slot.word);
	if (n == NULL)
		return ZX_ERR_NO_MEMORY;
	txn->new_word = rt_node_word(n);
	return ZX_OK;
}

zx_status_t rtree_replace_prepare(struct rtree_txn *txn, struct rtree *t,
				  u64 start, u64 end,
				  const struct rt_slot *slots, u32 count)
{
	bool whole = count == 1 && rt_slot_region(*slots)->start == start &&
		     rt_slot_region(*slots)->end == end;
	u64 slot_start, slot_end;

	DEBUG_ASSERT(count && start < end && end <= RT_PAGE_LIMIT);
	txn_begin(txn, t, start, end, whole);
	rt_path_slot(t, &txn->path, txn->path.depth, &slot_start,
		     &slot_end);
	txn->new_word = rt_rebuild(txn->old_word, slot_start, slot_end, start,
				   end, slots, count);
	return txn->new_word == RT_FAILED ? ZX_ERR_NO_MEMORY : ZX_OK;
}

void rtree_commit(struct rtree_txn *txn)
{
	u64 start, end;
	struct rt_gaps old;

	rt_path_slot(txn->tree, &txn->path, txn->path.depth, &start, &end);
	rt_word_gaps(txn->old_word, start, end, &old);
	rt_climb(txn->tree, &txn->path, txn->old_word, txn->new_word, &old);
	/* A node that the change touches was replaced, all others are in use
	 * under the new word. */
	if (rt_is_node(txn->old_word))
		rt_free_touched(txn->old_word, txn->start, txn->end, true);
}

void rtree_abort(struct rtree_txn *txn)
{
	if (rt_is_node(txn->new_word))
		rt_free_touched(txn->new_word, txn->start, txn->end, false);
}

/* --- Publication ---------------------------------------------------------- */

/* What n's parent should say: n, or the only thing left in it (R4). A region
 * has at most three runs in a node: its whole cells, and an edge cell on each
 * side that others have left. */
static u64 folded_word(const struct rt_node *n)
{
	u64 found = 0;

	if (n->live_count > 3)
		return rt_node_word(n);
	for (u32 i = 0; i < n->run_count; i++) {
		u64 word = n->slots[i];

		if (word && found && word != found)
			return rt_node_word(n);
		if (word)
			found = word;
	}
	return found;
}

static bool same_gaps(const struct rt_gaps *a, const struct rt_gaps *b)
{
	return a->lead == b->lead && a->max == b->max && a->tail == b->tail;
}

void rt_climb(struct rtree *t, const struct rt_path *path, u64 old_word,
	      u64 new_word, const struct rt_gaps *old)
{
	struct rt_gaps was = *old, now, above = { 0, 0, 0 };
	struct rt_node *dead = NULL;
	u64 start, end;

	for (u32 depth = path->depth; depth; depth--) {
		struct rt_node *n = path->node[depth - 1];
		u64 *slot = rt_path_slot(t, path, depth, &start, &end);

		rt_word_gaps(new_word, start, end, &now);
		if (new_word != old_word) {
			rt_publish(slot, new_word);
			n->live_count += (new_word != 0) - (old_word != 0);
		} else if (same_gaps(&now, &was)) {
			return;
		}
		if (dead)
			rt_node_retire(dead);
		if (depth > 1) {
			rt_path_slot(t, path, depth - 1, &start, &end);
			rt_word_gaps(rt_node_word(n), start, end, &above);
		}
		rt_node_update(n, path->cell[depth - 1], &was, &now);
		was = above;
		old_word = rt_node_word(n);
		new_word = folded_word(n);
		dead = new_word != old_word ? n : NULL;
	}
	if (new_word != old_word)
		rt_publish(&t->root, new_word);
	if (dead)
		rt_node_retire(dead);
}
