/*
 * A moving place in a page tree (<mm/ptree.h>). The VMO's mutex is held as long
 * as a cursor is in use.
 */
#ifndef MM_PTREE_CURSOR_H
#define MM_PTREE_CURSOR_H

#include <kernel/bits.h>
#include <kernel/panic.h>
#include <mm/ptree_slot.h>

/*
 * Copy on write at an index, all under the VMO's mutex:
 *
 * 1. ptree_cursor_prepare(): the nodes on the way are the tree's own from here
 *    on. If they were shared, so is the page now: its count has risen.
 * 2. ptree_cursor_get_private(): a private page is written in place. Else:
 * 3. Allocate a page and copy. The old one does not change: others name it, so
 *    nobody writes it in place, and our name keeps it.
 * 4. Clear the VMO's own entries for the index in all its mappings, and flush.
 *    The other members' entries are theirs.
 * 5. ptree_cursor_set() puts the new page in and returns the old one.
 * 6. page_unref() of the old one; free it if that is true: the others have let
 *    go meanwhile. Not before 4 is done: if one other is left it may write in
 *    place at once.
 *
 * Where 1 or 3 fails the content is as before.
 */

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
/* ptree_insert_prepare(); the cursor is on the first leaf then. */
MUST_CHECK zx_status_t ptree_cursor_prepare_all(struct ptree_cursor *c,
						u64 start, u64 end);
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

/* What stands at an index, and whether nobody else names it, as
 * ptree_get_private(). */
static inline struct pt_slot
ptree_cursor_get_private(struct ptree_cursor *c, u64 index, bool *private)
{
	struct pt_slot s = ptree_cursor_get(c, index);

	*private = (c->writable || (index | c->tree->height) == 0) &&
		   (pt_slot_type(s) != PT_PAGE || page_is_private(pt_page(s)));
	return s;
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

/* The tree is one slot, and index is its. */
static inline bool ptree_is_single(const struct ptree *t, u64 index)
{
	return (index | t->height) == 0;
}

/* Makes index settable: private path, nodes present. ZX_ERR_NO_MEMORY: the
 * tree's content is as before. */
static inline MUST_CHECK zx_status_t
ptree_cursor_prepare(struct ptree_cursor *c, u64 index)
{
	if (ptree_is_single(c->tree, index) ||
	    (c->writable && ptree_cursor_on(c, index)))
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
	struct pt_slot old = { c->tree->root };

	if (!ptree_is_single(c->tree, index))
		return ptree_cursor_exchange(c, index, s);
	c->tree->root = s.word;
	return old;
}

/* The cursor's own leaf has so many pages more. */
static inline void ptree_cursor_count(struct ptree_cursor *c, u64 pages)
{
	c->path[0]->resident_count += pages;
	c->delta += pages;
}

/* As ptree_cursor_set() where nothing stands, in line. */
static inline void ptree_cursor_fill(struct ptree_cursor *c, u64 index,
				     struct pt_slot s)
{
	struct pt_node *leaf = c->path[0];

	if (!leaf || !ptree_cursor_on(c, index)) {
		(void)ptree_cursor_set(c, index, s);
		return;
	}
	DEBUG_ASSERT(c->writable);
	leaf->slots[index % PT_FANOUT] = s.word;
	leaf->present |= 1ul << index % PT_FANOUT;
	ptree_cursor_count(c, pt_slot_type(s) == PT_PAGE);
}

/* What stands at an index; a page is taken out, with the count of its name. The
 * path to a page is private. */
static inline struct pt_slot ptree_cursor_take(struct ptree_cursor *c,
					       u64 index)
{
	struct pt_slot s = ptree_cursor_get(c, index);
	struct pt_node *leaf = c->path[0];

	if (pt_slot_type(s) != PT_PAGE)
		return s;
	if (!leaf)
		return ptree_cursor_set(c, index, pt_slot_empty());
	DEBUG_ASSERT(c->writable);
	leaf->slots[index % PT_FANOUT] = PT_EMPTY;
	leaf->present &= ~(1ul << index % PT_FANOUT);
	ptree_cursor_count(c, -1ul);
	return s;
}

/* Brings the counts up to date. The cursor may be used again. */
static inline void ptree_cursor_end(struct ptree_cursor *c)
{
	if (c->delta)
		ptree_cursor_flush(c);
}

#endif
