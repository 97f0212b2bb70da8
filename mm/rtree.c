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
 *    the tree has no snapshots, and a reader asks about one place. Where one
 *    region takes whole runs of one node, they are stored in place instead;
 *    again every page goes from its old state to the new one at once.
 * R3 Removing stores words one after the other and needs no memory. Two
 *    empty runs, or two runs of one region, may stand side by side; both read
 *    correctly. The next copy of a node joins them, unless it is dense.
 * R4 A node has two or more different words that are not 0; else its parent's
 *    word says what is left.
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

/* rtree_next() where nothing contains the page. */
static struct rt_slot next_above(const struct rtree *t, u64 page)
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

struct rt_slot rtree_next(const struct rtree *t, u64 page)
{
	struct rt_slot s = rtree_lookup(t, page);

	return s.word ? s : next_above(t, page);
}

bool rtree_is_free(const struct rtree *t, u64 start, u64 end)
{
	u64 word = t->root;
	struct rt_slot s;

	while (rt_is_node(word)) {
		const struct rt_node *n = rt_node_of(word);
		u64 cell = rt_cell(n, start), last = rt_cell(n, end - 1);

		if (cell >= RT_CELLS)
			break;
		word = n->slots[rt_index(n, (u32)cell)];
		/* Does it speak for all of the range? */
		if (last != cell && (rt_is_node(word) ||
				     last >= rt_run_end(n, (u32)cell)))
			break;
		if (word == 0)
			return true;
	}
	if (t->root == 0)
		return true;
	s = next_above(t, start);
	return s.word == 0 || rt_slot_region(s)->start >= end;
}

/* --- Writers: one prepared change ----------------------------------------- */

/* Can one region that touches cells first..last, and no others, go into whole
 * runs of n that are empty or have nothing but a region that it replaces? */
static bool find_fill(struct rtree_txn *txn, struct rt_node *n, u32 first,
		      u32 last)
{
	u32 i = rt_index(n, first), z = first == last ? i : rt_index(n, last);
	u64 word = n->slots[i];
	const struct rt_region *r = rt_region_of(word);

	if (rt_is_node(word) ||
	    (word && (r->start < txn->start || r->end > txn->end)) ||
	    rt_run_first(n, first) != first || rt_run_end(n, last) != last + 1)
		return false;
	txn->fill_first = (u8)i;
	txn->fill_last = (u8)z;
	while (i < z)
		if (n->slots[++i] != word)
			return false;
	txn->fill = n;
	return true;
}

/*
 * Finds what commit has to replace: the lowest word that leads to all of
 * [start, end) and stands for one cell (its place is the end of path), or runs
 * of the node behind that word. Returns true in the latter case.
 */
static bool txn_begin(struct rtree_txn *txn, struct rtree *t, u64 start,
		      u64 end, bool whole)
{
	u64 word = t->root, first, last;
	struct rt_node *n;

	txn->tree = t;
	txn->start = start;
	txn->end = end;
	txn->whole = whole;
	txn->copied = false;
	txn->item_count = 0;
	txn->fill = NULL;
	txn->path.depth = 0;
	while (rt_is_node(word)) {
		n = rt_node_of(word);
		first = rt_cell(n, start);
		last = rt_cell(n, end - 1);
		txn->old_word = word;
		if (first >= RT_CELLS || last >= RT_CELLS)
			return false;
		if (first != last)
			return whole &&
				find_fill(txn, n, (u32)first, (u32)last);
		word = n->slots[rt_index(n, (u32)first)];
		if (!rt_is_node(word) &&
		    rt_run_end(n, (u32)first) - rt_run_first(n, (u32)first) > 1)
			return false;
		rt_path_push(&txn->path, n, (u32)first);
	}
	txn->old_word = word;
	return false;
}

static zx_status_t txn_rebuild(struct rtree_txn *txn,
			       const struct rt_slot *slots, u32 count)
{
	u64 start = 0, end = RT_PAGE_LIMIT;
	u32 depth = txn->path.depth;

	if (depth) {
		const struct rt_node *n = txn->path.node[depth - 1];

		start = rt_cell_page(n, txn->path.cell[depth - 1]);
		end = start + (1ul << rt_shift(n));
	}
	txn->new_word = rt_rebuild(txn->old_word, start, end, txn->start,
				   txn->end, slots, count);
	return txn->new_word == RT_FAILED ? ZX_ERR_NO_MEMORY : ZX_OK;
}

zx_status_t rtree_insert_prepare(struct rtree_txn *txn, struct rtree *t,
				 struct rt_slot slot)
{
	const struct rt_region *r = rt_slot_region(slot);
	struct rt_node *n;
	u64 first, last;

	txn->new_word = slot.word;
	if (txn_begin(txn, t, r->start, r->end, true) || txn->old_word == 0)
		return ZX_OK;
	if (!rt_is_node(txn->old_word))
		return txn_rebuild(txn, &slot, 1);
	n = rt_node_of(txn->old_word);
	first = rt_cell(n, r->start);
	last = rt_cell(n, r->end - 1);
	if (first >= RT_CELLS || last >= rt_run_end(n, (u32)first) ||
	    n->slots[rt_index(n, (u32)first)] != 0)
		return txn_rebuild(txn, &slot, 1);
	n = rt_copy_with(n, (u32)first, (u32)last, slot.word);
	if (n == NULL)
		return ZX_ERR_NO_MEMORY;
	txn->new_word = rt_node_word(n);
	txn->copied = true;
	return ZX_OK;
}

/*
 * Can the new regions go cell by cell into n, the node behind old_word? It must
 * be dense, have nothing but what they replace in their cells, and no two of
 * them may meet in a cell.
 */
static bool find_spread(struct rtree_txn *txn, const struct rt_slot *slots,
			u32 count)
{
	struct rt_node *n = rt_node_of(txn->old_word);
	u64 first = rt_cell(n, txn->start), last = rt_cell(n, txn->end - 1);

	if (n->class != RT_CLASS_DENSE || first >= RT_CELLS ||
	    last >= RT_CELLS || count > RT_TXN_ITEMS)
		return false;
	for (u64 cell = first; cell <= last; cell++) {
		u64 word = n->slots[cell];
		const struct rt_region *r = rt_region_of(word);

		if (word && (rt_is_node(word) || r->start < txn->start ||
			     r->end > txn->end))
			return false;
	}
	for (u32 i = 0; i < count; i++) {
		const struct rt_region *r = rt_slot_region(slots[i]);

		if (i && rt_cell(n, r->start) ==
			 rt_cell(n, rt_region_of(txn->items[i - 1])->end - 1))
			return false;
		txn->items[i] = slots[i].word;
	}
	txn->fill = n;
	txn->fill_first = (u8)first;
	txn->fill_last = (u8)last;
	txn->item_count = (u8)count;
	return true;
}

zx_status_t rtree_replace_prepare(struct rtree_txn *txn, struct rtree *t,
				  u64 start, u64 end,
				  const struct rt_slot *slots, u32 count)
{
	bool whole = count == 1 && rt_slot_region(*slots)->start == start &&
		     rt_slot_region(*slots)->end == end;

	DEBUG_ASSERT(count && start < end && end <= RT_PAGE_LIMIT);
	txn->new_word = slots[0].word;
	if (txn_begin(txn, t, start, end, whole))
		return ZX_OK;
	if (rt_is_node(txn->old_word) && find_spread(txn, slots, count)) {
		txn->new_word = txn->old_word;
		return ZX_OK;
	}
	return txn_rebuild(txn, slots, count);
}

/* Puts the new word where it belongs, and summaries right where a region took
 * pages that were free: only leads and tails, up to where it is in neither. */
static void commit_whole(struct rtree_txn *txn)
{
	struct rt_path *path = &txn->path;
	u32 depth = path->depth;
	struct rt_node *n = depth ? path->node[depth - 1] : NULL;

	if (txn->fill) {
		for (u32 i = txn->fill_first; i <= txn->fill_last; i++)
			rt_set_slot(txn->fill, i, txn->new_word);
		if (!rt_node_take(txn->fill, txn->start, txn->end))
			return;
	} else if (n) {
		rt_set_slot(n, rt_index(n, path->cell[depth - 1]),
			    txn->new_word);
	} else {
		rt_publish(&txn->tree->root, txn->new_word);
	}
	while (depth && rt_node_take(path->node[depth - 1], txn->start,
				     txn->end))
		depth--;
}

/* Stores the items found by find_spread(), from low to high. */
static void commit_spread(struct rtree_txn *txn)
{
	struct rt_node *n = txn->fill;
	u32 first = txn->fill_first, end = txn->fill_last + 1u, cell = first;
	struct rt_runs runs = { first, end, first, end };
	struct rt_gaps now = { 0, 0, 0 };
	u64 open = rt_cell_page(n, first), word;

	for (u32 i = 0; i < txn->item_count; i++) {
		const struct rt_region *r = rt_region_of(txn->items[i]);
		u64 gap = r->start - open, stop = rt_cell(n, r->end - 1);

		if (i == 0)
			now.lead = gap;
		now.max = max_u64(now.max, gap);
		open = r->end;
		while (cell < rt_cell(n, r->start))
			rt_set_slot(n, cell++, 0);
		while (cell <= stop)
			rt_set_slot(n, cell++, txn->items[i]);
	}
	while (cell < end)
		rt_set_slot(n, cell++, 0);
	now.tail = rt_cell_page(n, end) - open;
	now.max = max_u64(now.max, now.tail);
	if (!rt_node_update(n, &runs, &now) && n->live_count > 1)
		return;
	word = rt_folded_word(n);
	rt_climb(txn->tree, &txn->path, txn->old_word, word);
	if (word != txn->old_word)
		rt_node_retire(n);
}

void rtree_commit(struct rtree_txn *txn)
{
	if (txn->item_count) {
		commit_spread(txn);
		return;
	}
	if (txn->whole)
		commit_whole(txn);
	else
		rt_climb(txn->tree, &txn->path, txn->old_word, txn->new_word);
	/* A node that the change touches was replaced, all others are in use
	 * under the new word. */
	if (txn->copied)
		rt_node_retire(rt_node_of(txn->old_word));
	else if (txn->fill == NULL && rt_is_node(txn->old_word))
		rt_free_touched(txn->old_word, txn->start, txn->end, true);
}

void rtree_abort(struct rtree_txn *txn)
{
	if (txn->fill == NULL && rt_is_node(txn->new_word))
		rt_free_touched(txn->new_word, txn->start, txn->end, false);
}

/* --- Publication ---------------------------------------------------------- */

void rt_set_slot(struct rt_node *n, u32 index, u64 word)
{
	u64 *slot = &n->slots[index], old = *slot;
	u64 left = index ? slot[-1] : 0;
	u64 right = index + 1u < n->run_count ? slot[1] : 0;

	/* A region may have several runs, all side by side. */
	if (old && old != left && old != right)
		n->live_count--;
	if (word && word != left && word != right)
		n->live_count++;
	rt_publish(slot, word);
}

u64 rt_folded_word(const struct rt_node *n)
{
	if (n->live_count > 1)
		return rt_node_word(n);
	for (u32 i = 0; i < n->run_count; i++)
		if (n->slots[i])
			return n->slots[i];
	return 0;
}

void rt_climb(struct rtree *t, const struct rt_path *path, u64 old_word,
	      u64 new_word)
{
	struct rt_node *dead = NULL;

	for (u32 depth = path->depth; depth; depth--) {
		struct rt_node *n = path->node[depth - 1];
		u32 cell = path->cell[depth - 1];
		u32 index = rt_index(n, cell);
		struct rt_runs runs = { cell, cell + 1, index, index + 1 };
		struct rt_gaps now;
		bool changed;

		if (new_word != old_word)
			rt_set_slot(n, index, new_word);
		if (dead)
			rt_node_retire(dead);
		rt_word_gaps(new_word, rt_cell_page(n, cell),
			     rt_cell_page(n, cell + 1), &now);
		changed = rt_node_update(n, &runs, &now);
		old_word = rt_node_word(n);
		new_word = rt_folded_word(n);
		dead = new_word != old_word ? n : NULL;
		if (!changed && dead == NULL)
			return;
	}
	if (new_word != old_word)
		rt_publish(&t->root, new_word);
	if (dead)
		rt_node_retire(dead);
}
