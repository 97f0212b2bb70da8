/*
 * Page tree: which page a VMO holds at an index (design 5.2).
 *
 * Indices are page numbers in the VMO, 52 bits. A slot holds nothing, a zero
 * marker (the page is known to be zero although something below says
 * otherwise), or a page. A tree of height 0 is a single slot in struct ptree;
 * height h covers 64^h indices.
 *
 * Trees are persistent: a node has a reference count and may stand in several
 * trees. With count 1 on every node of a path the path is private and changed
 * in place; else it is copied first, which adds a reference to each child, page
 * or node. Members of a family share no lock; ptree.c says why that is right.
 *
 * Lock: every call on a tree holds its VMO's mutex (LOCK_VMO). Nothing sleeps.
 * References: the tree owns one count of each page that it names, handed over
 * by ptree_cursor_set() and given back through the lists of ptree_remove() and
 * ptree_teardown_step(). Functions that add slots are split into a prepare that
 * allocates and a set that cannot fail.
 */
#ifndef MM_PTREE_H
#define MM_PTREE_H

#include <mm/ptree_cursor.h>

/* Boot: the node cache. */
void ptree_init_module(void);

static inline void ptree_init(struct ptree *t)
{
	t->root = PT_EMPTY;
	t->height = 0;
}

/* Not even a node. */
static inline bool ptree_is_bare(const struct ptree *t)
{
	return t->root == PT_EMPTY;
}

/* What stands at an index (empty beyond the height). */
struct pt_slot ptree_get(const struct ptree *t, u64 index);

/* The same in line, for faults. False: no slot is there that could be set. */
static inline bool ptree_find(const struct ptree *t, u64 index,
			      struct pt_slot *out)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	struct pt_slot s = { t->root };

	if (index >> shift)
		return false;
	while (shift) {
		if (pt_slot_type(s) != PT_NODE)
			return false;
		shift -= PT_LEVEL_BITS;
		s.word = pt_slot_node(s)->slots[(index >> shift) % PT_FANOUT];
	}
	*out = s;
	return true;
}

/* The leaf that an index falls into, for looking only; NULL: there is none. */
static inline const struct pt_node *ptree_leaf(const struct ptree *t, u64 index)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	const struct pt_node *n = NULL;
	struct pt_slot s = { t->root };

	if (index >> shift)
		return NULL;
	while (shift) {
		if (pt_slot_type(s) != PT_NODE)
			return NULL;
		n = pt_slot_node(s);
		shift -= PT_LEVEL_BITS;
		s.word = n->slots[(index >> shift) % PT_FANOUT];
	}
	return n;
}

/* Puts a page where ptree_find() found a slot without one, in a tree that never
 * shared anything. Shorter than a cursor. */
void ptree_fill(struct ptree *t, u64 index, struct page *p);
/* The opposite: takes the page with its name out of a path that is private
 * (ptree_find_own()), and out of a leaf that holds more than this, so that no
 * node is left empty. NULL if it is not so. */
struct page *ptree_take(struct ptree *t, u64 index);

/*
 * The same, and tells whether only this tree's VMO can change what stands
 * there: one name for each node on the way and, if it is a page, for the page.
 * Then, until the mutex is dropped, nobody else can reach the page and it may
 * be written in place; else a write must put a copy there (see
 * <mm/ptree_cursor.h>). False for an index beyond the tree's height.
 */
struct pt_slot ptree_get_private(const struct ptree *t, u64 index,
				 bool *private);

/* The slot of an index on a path of nodes that only this tree's VMO names, or
 * NULL. A page that stands there may be exchanged for another one. */
static inline struct pt_slot *ptree_find_own(struct ptree *t, u64 index)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	struct pt_slot *s = (struct pt_slot *)&t->root;

	if (index >> shift)
		return NULL;
	/* From the root down: P3. */
	while (shift) {
		struct pt_node *n = pt_slot_node(*s);

		if (pt_slot_type(*s) != PT_NODE || !pt_node_is_private(n))
			return NULL;
		shift -= PT_LEVEL_BITS;
		s = (struct pt_slot *)&n->slots[(index >> shift) % PT_FANOUT];
	}
	return s;
}

/* First slot in [index, end) that is not empty, its index in *found; an empty
 * slot if there is none. Skips empty spans in O(height). */
struct pt_slot ptree_next(const struct ptree *t, u64 index, u64 end,
			  u64 *found);

/* Pages in [start, end), zero markers not counted. O(height * 64). */
u64 ptree_count(const struct ptree *t, u64 start, u64 end);

/*
 * Makes [start, end) settable. ZX_ERR_NO_MEMORY: nodes added by the call are
 * gone again. Slots that end up unused are harmless; ptree_prune() frees nodes
 * in a range that hold nothing.
 */
MUST_CHECK zx_status_t ptree_insert_prepare(struct ptree *t, u64 start,
					    u64 end);
void ptree_prune(struct ptree *t, u64 start, u64 end);

/*
 * Removes everything in [start, end). prepare copies the shared nodes that hold
 * something inside the range and reach over its edges: two paths at most,
 * nothing in a tree that shares nothing, or where the edges cut through nothing.
 * ZX_ERR_NO_MEMORY: content unchanged (nodes that were copied stay so).
 * ptree_remove() then cannot fail: pages that nobody else names are pushed on
 * *list (struct page's next, count 1) and counted in the result, emptied nodes
 * are freed. A shared subtree inside the range is let go of at its top, whatever
 * it holds: time follows the paths and the pages that are freed. Where nothing
 * stands behind the range, PT_INDEX_LIMIT as its end saves an edge.
 */
MUST_CHECK zx_status_t ptree_remove_prepare(struct ptree *t, u64 start,
					    u64 end);
u64 ptree_remove(struct ptree *t, u64 start, u64 end, struct page **list);

/* Takes down a tree, at most about budget pages a call; true when it is empty.
 * Pages as for ptree_remove(). */
MUST_CHECK bool ptree_teardown_step(struct ptree *t, u64 budget,
				    struct page **list);

/*
 * Snapshot: dst, which is empty, names all that src holds in [start, end), at
 * the same indices. One more name for the root, or for the page of a tree that
 * is a single slot; copies of nodes, two paths at most, only where the edges of
 * the range cut something off. Both VMOs' mutexes are held; no cursor is open
 * on src. What src could write in place until now it cannot any more: see
 * ptree_get_private(). ZX_ERR_NO_MEMORY: dst is empty, src unchanged.
 */
MUST_CHECK zx_status_t ptree_share(struct ptree *dst, struct ptree *src,
				   u64 start, u64 end);

/* Debug builds and tests: panics unless counts, bitmaps and levels agree;
 * returns the number of pages. */
u64 ptree_check(const struct ptree *t, u64 *nodes);

#endif
