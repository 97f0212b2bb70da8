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

#include <kernel/bits.h>
#include <mm/ptree_slot.h>

#define PT_INDEX_BITS 52
#define PT_INDEX_LIMIT (1ul << PT_INDEX_BITS)
#define PT_MAX_HEIGHT 9
#define PT_FANOUT 64

struct pt_node {
	/* Atomic: slots and trees that name this node. */
	u32 ref_count;
	u32 reserved;
	/* The rest: under the VMO's mutex while ref_count is 1 on the whole
	 * path, immutable while it is more. */
	u64 resident_count;	/* pages below */
	u64 present;		/* bit n: slots[n] is not PT_EMPTY */
	u64 slots[PT_FANOUT];
};

struct ptree {
	/* VMO's mutex. */
	u64 root;		/* slot word */
	u32 height;
};

/* Boot: the node cache. */
void ptree_init_module(void);

static inline void ptree_init(struct ptree *t)
{
	t->root = PT_EMPTY;
	t->height = 0;
}

/* What stands at an index (empty beyond the height). */
struct pt_slot ptree_get(const struct ptree *t, u64 index);

/* First slot in [index, end) that is not empty, its index in *found; an empty
 * slot if there is none. Skips empty spans in O(height). */
struct pt_slot ptree_next(const struct ptree *t, u64 index, u64 end,
			  u64 *found);

/* Pages in [start, end), zero markers not counted. O(height * 64). */
u64 ptree_count(const struct ptree *t, u64 start, u64 end);

/*
 * Cursor: a place in a tree, cheap to move to neighbours. While one is open
 * (until ptree_cursor_end) the tree changes only through it, resident counts
 * above the leaf are behind, and ptree_count() may not be called.
 */
struct ptree_cursor {
	struct ptree *tree;
	/* path[0] is the leaf; NULL if no leaf is loaded. */
	struct pt_node *path[PT_MAX_HEIGHT];
	u64 base;		/* first index of the leaf */
	u64 delta;		/* pages added, not counted above the leaf yet */
	bool writable;		/* the path is private */
};

static inline void ptree_cursor_init(struct ptree_cursor *c, struct ptree *t)
{
	c->tree = t;
	c->path[0] = NULL;
	c->base = 1;		/* never equal to an index's leaf base */
	c->delta = 0;
	c->writable = false;
}

/* Slow halves of the inlines below. */
void ptree_cursor_load(struct ptree_cursor *c, u64 index);
MUST_CHECK zx_status_t ptree_cursor_grow(struct ptree_cursor *c, u64 index);
void ptree_cursor_flush(struct ptree_cursor *c);
struct pt_slot ptree_cursor_exchange(struct ptree_cursor *c, u64 index,
				     struct pt_slot s);

static inline bool ptree_cursor_on(const struct ptree_cursor *c, u64 index)
{
	return (index & ~(u64)(PT_FANOUT - 1)) == c->base;
}

/* What stands at an index. */
static inline struct pt_slot ptree_cursor_get(struct ptree_cursor *c,
					      u64 index)
{
	if (!ptree_cursor_on(c, index))
		ptree_cursor_load(c, index);
	if (c->path[0] == NULL)
		return (struct pt_slot){ index == 0 && c->tree->height == 0 ?
					 c->tree->root : PT_EMPTY };
	return (struct pt_slot){ c->path[0]->slots[index % PT_FANOUT] };
}

/* First slot in [index, end) that is not empty, as ptree_next(). */
struct pt_slot ptree_cursor_seek(struct ptree_cursor *c, u64 index, u64 end,
				 u64 *found);

static inline struct pt_slot ptree_cursor_next(struct ptree_cursor *c,
					       u64 index, u64 end, u64 *found)
{
	u64 bits;

	if (!ptree_cursor_on(c, index) || c->path[0] == NULL)
		return ptree_cursor_seek(c, index, end, found);
	bits = c->path[0]->present & bits_from64(index % PT_FANOUT);
	if (bits == 0)
		return ptree_cursor_seek(c, c->base + PT_FANOUT, end, found);
	*found = c->base + bit_lowest64(bits);
	if (*found >= end)
		return pt_slot_empty();
	return (struct pt_slot){ c->path[0]->slots[*found % PT_FANOUT] };
}

/* Makes index settable: private path, nodes present. ZX_ERR_NO_MEMORY: the
 * tree's content is as before. */
static inline MUST_CHECK zx_status_t
ptree_cursor_prepare(struct ptree_cursor *c, u64 index)
{
	if (c->writable && ptree_cursor_on(c, index))
		return ZX_OK;
	return ptree_cursor_grow(c, index);
}

/*
 * Puts s at an index that is prepared (by this cursor or by
 * ptree_insert_prepare) and returns what stood there; the caller owns the
 * returned page's count and hands over that of s.
 */
static inline struct pt_slot ptree_cursor_set(struct ptree_cursor *c, u64 index,
					      struct pt_slot s)
{
	return ptree_cursor_exchange(c, index, s);
}

/* Brings the counts up to date. The cursor may be used again. */
static inline void ptree_cursor_end(struct ptree_cursor *c)
{
	if (c->delta)
		ptree_cursor_flush(c);
}

/*
 * Makes [start, end) settable. ZX_ERR_NO_MEMORY: nodes added by the call are
 * gone again. Slots that end up unused are harmless; ptree_prune() frees nodes
 * in a range that hold nothing.
 */
MUST_CHECK zx_status_t ptree_insert_prepare(struct ptree *t, u64 start,
					    u64 end);
void ptree_prune(struct ptree *t, u64 start, u64 end);

/*
 * Removes everything in [start, end). prepare copies shared nodes that reach
 * over the edges (two paths at most; nothing to do in a tree that shares
 * nothing); ZX_ERR_NO_MEMORY: content unchanged. ptree_remove() then cannot
 * fail: pages that nobody else names are pushed on *list (struct page's next,
 * count 1) and counted in the result, emptied nodes are freed.
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
 * the same indices. O(height) copies of nodes. Both VMOs' mutexes are held.
 * Pages then have more than one name: page_is_private() decides who may write.
 * ZX_ERR_NO_MEMORY: dst is empty, src unchanged.
 */
MUST_CHECK zx_status_t ptree_share(struct ptree *dst, struct ptree *src,
				   u64 start, u64 end);

/* Debug builds and tests: panics unless counts, bitmaps and levels agree;
 * returns the number of pages. */
u64 ptree_check(const struct ptree *t, u64 *nodes);

#endif
