/*
 * VMAR tree: form, readers, publication.
 *
 * A word stands for a stretch of pages and says what is there: nothing; one
 * region that touches every cell of the stretch and is the only one there (it
 * may begin and end inside the stretch or outside: whoever finds it compares
 * with its range); or a node, for a stretch of one cell with two or more
 * regions. The root word stands for the whole key space.
 *
 * A node divides its span into 64 cells with one word each; a region that
 * touches several cells, alone in them, is in all of them. A node is the
 * smallest that holds its regions (path compression), so its span may be less
 * than the cell that it hangs in; the rest of the cell is free. Sparse mappings
 * thus cost a word in a node that exists anyway. rtree_cells.c has the two forms
 * of a node, small and dense.
 *
 * R1 A node's span and form never change once published; its cells do, by one
 *    release store each, under the aspace mutex.
 * R2 A commit is one such store: the new word leads to all that changed. A
 *    reader on its way down has loaded the word before or after it and so sees
 *    one state of every page below. Nothing above the word need be copied:
 *    the tree has no snapshots, and a reader asks about one place. Where one
 *    region takes several cells of a node, there is a store for each; again
 *    every page goes from its old state to the new one at once.
 * R3 A region that comes to empty cells is put there in place; the node is
 *    copied only if it is small and full. Removing stores words one after the
 *    other and needs no memory.
 * R4 A node has two or more different words that are not 0; else its parent's
 *    word says what is left.
 * R5 What has been unlinked is freed after an epoch.
 */
#include <mm/slab.h>

#include "rtree_gaps.h"

static struct slab_cache node_caches[RT_CLASS_COUNT];

void rtree_init_module(void)
{
	for (u32 i = 0; i < RT_CLASS_COUNT; i++)
		slab_cache_init(&node_caches[i], "rtree_node",
				sizeof(struct rt_node) +
				rt_class_words[i] * sizeof(u64));
}

struct rt_node *rt_node_alloc(u64 span, u32 class)
{
	struct rt_node *n = slab_alloc(&node_caches[class]);
	u32 i, count = class == RT_CLASS_DENSE ? RT_CELLS : RT_MAP_WORDS + 1;

	if (n == NULL)
		return NULL;
	n->span = span;
	n->used = 0;
	n->class = (u8)class;
	n->live_count = 0;
	n->free_slots = rt_class_free[class];
	for (i = 0; i < count; i++)
		n->words[i] = 0;
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
		word = rt_load_word(n, (u32)cell);
	}
	r = rt_region_of(word);
	if (r == NULL || page < r->start || page >= r->end)
		return (struct rt_slot){ 0 };
	return (struct rt_slot){ word };
}

/* Cells of n that may hold something at or after page. Relaxed: what was there
 * all the time has its bit. */
static u64 cells_from(const struct rt_node *n, u64 page)
{
	u64 used = __atomic_load_n(&n->used, __ATOMIC_RELAXED);

	if (page <= rt_base(n))
		return used;
	if (page >= rt_end(n))
		return 0;
	return used & bits_from64((u32)rt_cell(n, page));
}

void rtree_walk_begin(struct rtree_walk *w, const struct rtree *t, u64 page)
{
	w->page = page;
	w->word = rt_load(&t->root);
	w->depth = 0;
}

struct rt_slot rtree_walk_next(struct rtree_walk *w)
{
	u64 word = w->word, page = w->page;
	u32 depth = w->depth;

	for (;;) {
		if (rt_is_node(word)) {
			w->node[depth] = rt_node_of(word);
			w->cells[depth] = cells_from(w->node[depth], page);
			depth++;
		} else if (word && rt_region_of(word)->end > page) {
			break;
		}
		while (depth && w->cells[depth - 1] == 0)
			depth--;
		if (depth == 0) {
			word = 0;
			break;
		}
		word = rt_load_word(w->node[depth - 1],
				    bit_lowest64(w->cells[depth - 1]));
		w->cells[depth - 1] &= w->cells[depth - 1] - 1;
	}
	w->depth = depth;
	/* Other cells that say the same region are passed. */
	w->word = 0;
	if (word)
		w->page = rt_region_of(word)->end;
	return (struct rt_slot){ word };
}

/* rtree_next() where nothing contains the page. */
static struct rt_slot next_above(const struct rtree *t, u64 page)
{
	struct rtree_walk w;

	rtree_walk_begin(&w, t, page);
	return rtree_walk_next(&w);
}

struct rt_slot rtree_next(const struct rtree *t, u64 page)
{
	struct rt_slot s = rtree_lookup(t, page);

	return s.word ? s : next_above(t, page);
}

/* --- Writers: one prepared change ----------------------------------------- */

/*
 * Finds where [start, end) is to change: the lowest node that has all of it in
 * its cells first..last and, in those, not one node only. NULL if the lowest
 * word that leads to it all is no such node. Either way that word becomes
 * old_word, and its place the end of path.
 */
static inline struct rt_node *txn_begin(struct rtree_txn *txn, struct rtree *t,
				 u64 start, u64 end)
{
	u64 word = t->root;
	u32 depth = 0;

	txn->tree = t;
	txn->start = start;
	txn->end = end;
	for (; rt_is_node(word); depth++) {
		struct rt_node *n = rt_node_of(word);
		u64 first = rt_cell(n, start), last = rt_cell(n, end - 1);
		u64 below;

		if (first >= RT_CELLS || last >= RT_CELLS)
			break;
		below = first == last ? rt_word(n, (u32)first) : 0;
		if (!rt_is_node(below)) {
			txn->first = (u8)first;
			txn->last = (u8)last;
			txn->old_word = word;
			txn->path.depth = depth;
			txn->node = n;
			return n;
		}
		txn->path.cell[depth] = (u8)first;
		txn->path.node[depth] = n;
		word = below;
	}
	txn->old_word = word;
	txn->path.depth = depth;
	txn->node = NULL;
	return NULL;
}

static inline bool cells_are_free(const struct rtree_txn *txn,
				  const struct rt_node *n)
{
	return !(n->used & bits_range64(txn->first, txn->last));
}

bool rtree_seek_free(struct rtree_txn *txn, struct rtree *t, u64 start,
		     u64 end)
{
	struct rt_node *n = txn_begin(txn, t, start, end);
	struct rt_slot s;

	if (n && cells_are_free(txn, n))
		return true;
	s = next_above(t, start);
	return s.word == 0 || rt_slot_region(s)->start >= end;
}

/* If all that lies in the node's cells first..last is one region in one cell,
 * goes on to that cell's word, for less to be built. */
static void step_into_cell(struct rtree_txn *txn)
{
	struct rt_node *n = txn->node;
	u32 cell = txn->first;
	u64 word = rt_word(n, cell), start = rt_cell_page(n, cell);
	const struct rt_region *r = rt_region_of(word);

	if (cell != txn->last || word == 0 || r->start < start ||
	    r->end > start + (1ul << rt_shift(n)))
		return;
	rt_path_push(&txn->path, n, cell);
	txn->old_word = word;
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

/* The region goes into a larger copy of the node, which is full. */
static zx_status_t insert_copy(struct rtree_txn *txn)
{
	struct rt_node *n = rt_copy_larger(txn->node);

	if (n == NULL)
		return ZX_ERR_NO_MEMORY;
	rt_put(n, txn->first, txn->last, txn->new_word);
	rt_node_take(n, txn->start, txn->end);
	txn->new_word = rt_node_word(n);
	txn->kind = RT_TXN_SWAP_COPY;
	return ZX_OK;
}

/* The region goes where others are. */
static __attribute__((noinline)) zx_status_t insert_beside(
	struct rtree_txn *txn)
{
	struct rt_slot slot = { txn->new_word };

	txn->kind = RT_TXN_SWAP;
	if (txn->node)
		step_into_cell(txn);
	return txn->old_word ? txn_rebuild(txn, &slot, 1) : ZX_OK;
}

zx_status_t rtree_insert_prepare(struct rtree_txn *txn, struct rt_slot slot)
{
	const struct rt_node *n = txn->node;

	DEBUG_ASSERT(rt_slot_region(slot)->start == txn->start &&
		     rt_slot_region(slot)->end == txn->end);
	txn->whole = true;
	txn->new_word = slot.word;
	if (n == NULL || !cells_are_free(txn, n))
		return insert_beside(txn);
	txn->kind = RT_TXN_PUT;
	return n->free_slots ? ZX_OK : insert_copy(txn);
}

/* Is there one region in just the cells that the new one gets, inside its
 * range? */
static bool find_over(struct rtree_txn *txn, const struct rt_node *n)
{
	u64 word = rt_word(n, txn->first);
	const struct rt_region *r = rt_region_of(word);

	if (word == 0 || rt_is_node(word) || r->start < txn->start ||
	    r->end > txn->end)
		return false;
	for (u32 cell = txn->first + 1u; cell <= txn->last; cell++)
		if (rt_word(n, cell) != word)
			return false;
	txn->kind = RT_TXN_OVER;
	return true;
}

/*
 * Can the new regions go cell by cell into the node? It must be dense, have
 * nothing but what they replace in their cells, and no two of them may meet in
 * a cell.
 */
static bool find_spread(struct rtree_txn *txn, const struct rt_node *n,
			const struct rt_slot *slots, u32 count)
{
	if (n->class != RT_CLASS_DENSE || count > RT_TXN_ITEMS)
		return false;
	for (u32 cell = txn->first; cell <= txn->last; cell++) {
		u64 word = rt_word(n, cell);
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
	txn->item_count = (u8)count;
	txn->kind = RT_TXN_SPREAD;
	return true;
}

zx_status_t rtree_replace_prepare(struct rtree_txn *txn, struct rtree *t,
				  u64 start, u64 end,
				  const struct rt_slot *slots, u32 count)
{
	struct rt_node *n = txn_begin(txn, t, start, end);

	DEBUG_ASSERT(count && start < end && end <= RT_PAGE_LIMIT);
	txn->whole = count == 1 && rt_slot_region(*slots)->start == start &&
		     rt_slot_region(*slots)->end == end;
	txn->new_word = slots[0].word;
	if (n) {
		if ((txn->whole && find_over(txn, n)) ||
		    find_spread(txn, n, slots, count))
			return ZX_OK;
		step_into_cell(txn);
	}
	txn->kind = RT_TXN_SWAP;
	return txn_rebuild(txn, slots, count);
}

/* Summaries of the lowest `depth` nodes of the path, once a region took pages
 * that were free: only leads and tails, up to where it is in neither. */
static void take_along(const struct rtree_txn *txn, u32 depth)
{
	while (depth && rt_node_take(txn->path.node[depth - 1], txn->start,
				     txn->end))
		depth--;
}

/* The new region in the cells of the old one. */
static void commit_over(const struct rtree_txn *txn)
{
	struct rt_node *n = txn->node;
	u32 cell = txn->first;

	do {
		u32 i = n->class == RT_CLASS_DENSE ? cell :
			RT_MAP_WORDS + rt_slot_number(n, cell);

		rt_publish(&n->words[i], txn->new_word);
	} while (cell++ < txn->last);
	if (rt_node_take(n, txn->start, txn->end))
		take_along(txn, txn->path.depth);
}

static void commit_swap(const struct rtree_txn *txn)
{
	const struct rt_path *path = &txn->path;
	u32 depth = path->depth;

	if (!txn->whole) {
		rt_climb(txn->tree, path, txn->old_word, txn->new_word);
	} else {
		if (depth)
			rt_set_cell(path->node[depth - 1],
				    path->cell[depth - 1], txn->new_word);
		else
			rt_publish(&txn->tree->root, txn->new_word);
		take_along(txn, depth);
	}
	/* A node that the change touches was replaced, all others are in use
	 * under the new word. */
	if (txn->kind == RT_TXN_SWAP_COPY)
		rt_node_retire(rt_node_of(txn->old_word));
	else if (rt_is_node(txn->old_word))
		rt_free_touched(txn->old_word, txn->start, txn->end, true);
}

/* Stores the items found by find_spread(), from low to high. */
static void commit_spread(const struct rtree_txn *txn)
{
	struct rt_node *n = txn->node;
	u32 first = txn->first, end = txn->last + 1u, cell = first;
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
			rt_set_cell(n, cell++, 0);
		while (cell <= stop)
			rt_set_cell(n, cell++, txn->items[i]);
	}
	while (cell < end)
		rt_set_cell(n, cell++, 0);
	now.tail = rt_cell_page(n, end) - open;
	now.max = max_u64(now.max, now.tail);
	if (!rt_node_update(n, first, end, &now) && n->live_count > 1)
		return;
	word = rt_folded_word(n);
	rt_climb(txn->tree, &txn->path, txn->old_word, word);
	if (word != txn->old_word)
		rt_node_retire(n);
}

static __attribute__((noinline)) void commit_other(const struct rtree_txn *txn)
{
	switch (txn->kind) {
	case RT_TXN_OVER:
		commit_over(txn);
		break;
	case RT_TXN_SPREAD:
		commit_spread(txn);
		break;
	default:
		commit_swap(txn);
	}
}

void rtree_commit(struct rtree_txn *txn)
{
	if (txn->kind != RT_TXN_PUT) {
		commit_other(txn);
		return;
	}
	rt_put(txn->node, txn->first, txn->last, txn->new_word);
	if (rt_node_take(txn->node, txn->start, txn->end))
		take_along(txn, txn->path.depth);
}

void rtree_abort(struct rtree_txn *txn)
{
	if (txn->kind >= RT_TXN_SWAP && rt_is_node(txn->new_word))
		rt_free_touched(txn->new_word, txn->start, txn->end, false);
}

/* --- Publication ---------------------------------------------------------- */

u64 rt_folded_word(const struct rt_node *n)
{
	if (n->live_count > 1)
		return rt_node_word(n);
	return n->used ? rt_word(n, bit_lowest64(n->used)) : 0;
}

void rt_climb(struct rtree *t, const struct rt_path *path, u64 old_word,
	      u64 new_word)
{
	struct rt_node *dead = NULL;

	for (u32 depth = path->depth; depth; depth--) {
		struct rt_node *n = path->node[depth - 1];
		u32 cell = path->cell[depth - 1];
		struct rt_gaps now;
		bool changed;

		if (new_word != old_word)
			rt_set_cell(n, cell, new_word);
		if (dead)
			rt_node_retire(dead);
		rt_word_gaps(new_word, rt_cell_page(n, cell),
			     rt_cell_page(n, cell + 1), &now);
		changed = rt_node_update(n, cell, cell + 1, &now);
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
