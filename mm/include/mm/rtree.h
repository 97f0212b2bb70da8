/*
 * VMAR tree: which region lies at a page of an address space (design 5.1).
 *
 * One tree per VMAR. Keys are absolute page numbers (address >> 12), 36 bits.
 * What is stored are regions, disjoint half-open ranges of pages; mapping and
 * VMAR objects embed a struct rt_region and container_of() leads back to them.
 * A region's range never changes while it is in a tree: split, trim and protect
 * put new regions in its place.
 *
 * Nodes are 64-way, of variable height, with paths compressed: see rtree.c for
 * the form and for what a reader may meet.
 *
 * Readers: rtree_lookup() and rtree_next() take no lock. The caller stands
 * between epoch_enter() and epoch_exit() or holds the writers' lock. One lookup
 * sees the tree before or after any one commit, never a mixture. rtree_next()
 * sees each region that was there all the time; of changes made meanwhile it
 * may see some and not others. A region found may be removed a moment later:
 * the caller takes a reference in the epoch and looks at the object's state.
 *
 * Writers: everything else is called with the owning aspace's mutex held
 * (LOCK_ASPACE). A change is prepared (allocates, may fail and then leaves the
 * tree as it was) and committed (cannot fail) or aborted. Between prepare and
 * commit the same thread may do other work under the mutex, but may not begin
 * another change of the same tree. Removing needs no memory and cannot fail.
 * The tree never touches region objects other than their range: who removes a
 * region drops the tree's reference to it, after an epoch.
 */
#ifndef MM_RTREE_H
#define MM_RTREE_H

#include <kernel/types.h>
#include <mm/rtree_place.h>

#define RT_KEY_BITS 36
#define RT_PAGE_LIMIT (1ul << RT_KEY_BITS)	/* end of the key space */
#define RT_NODE_LEVELS 6

/* Aligned to 4 bytes at least: the tree keeps the type in the low bits. */
struct rt_region {
	/* Pages [start, end). Fixed while the region is in a tree. */
	u64 start;
	u64 end;
};

enum rt_type {
	RT_EMPTY = 0,
	RT_NODE = 1,		/* inside the tree only */
	RT_MAPPING = 2,
	RT_VMAR = 3,
};

/* A region and its type in one word; word 0 says that nothing is there. */
struct rt_slot {
	u64 word;
};

static inline struct rt_slot rt_slot_make(struct rt_region *r,
					  enum rt_type type)
{
	return (struct rt_slot){ (u64)(uintptr_t)r | type };
}

static inline enum rt_type rt_slot_type(struct rt_slot s)
{
	return (enum rt_type)(s.word & 3);
}

/* NULL if the slot is empty. */
static inline struct rt_region *rt_slot_region(struct rt_slot s)
{
	return (struct rt_region *)(uintptr_t)(s.word & ~3ul);
}

struct rtree {
	/* Written under the aspace mutex, read without lock: a tagged word,
	 * published by release stores. 0 is a valid empty tree. */
	u64 root;
};

/* The nodes from the root down to a slot, and the slot's cell in each. */
struct rt_path {
	u32 depth;		/* 0: the slot is the tree's root word */
	u8 cell[RT_NODE_LEVELS];
	struct rt_node *node[RT_NODE_LEVELS];
};

#define RT_TXN_ITEMS 3

enum rt_txn_kind {
	RT_TXN_PUT,		/* new_word comes to empty cells of node */
	RT_TXN_OVER,		/* ... in place of one word, in its cells */
	RT_TXN_SPREAD,		/* items come to cells of node, a dense one */
	RT_TXN_SWAP,		/* new_word for old_word at the end of path */
	RT_TXN_SWAP_COPY,	/* ... which is a larger copy of its node */
};

/* One prepared change. Lives on the writer's stack; fields are private. */
struct rtree_txn {
	struct rtree *tree;
	u64 old_word;		/* where path ends */
	u64 new_word;
	u64 start, end;		/* pages that the change may touch */
	u8 kind;		/* enum rt_txn_kind */
	bool whole;		/* one region takes all of [start, end) */
	u8 item_count;
	u8 first, last;		/* cells of node */
	struct rt_node *node;
	u64 items[RT_TXN_ITEMS];
	struct rt_path path;
};

/* Boot: the node caches. */
void rtree_init_module(void);

static inline void rtree_init(struct rtree *t)
{
	t->root = 0;
}

static inline bool rtree_is_empty(const struct rtree *t)
{
	return __atomic_load_n(&t->root, __ATOMIC_RELAXED) == 0;
}

/* The region that contains the page, or an empty slot. Lock-free. */
struct rt_slot rtree_lookup(const struct rtree *t, u64 page);

/* The first region with end > page, in address order, or an empty slot: the
 * one that contains the page, else the next above it. To go on, pass the found
 * region's end. Lock-free, O(height). */
struct rt_slot rtree_next(const struct rtree *t, u64 page);

/*
 * All regions with end > page, in address order, then empty slots. For who holds
 * the writers' lock, and removes nothing meanwhile: a step is a few loads.
 */
struct rtree_walk {
	const struct rt_node *node[RT_NODE_LEVELS];
	u64 cells[RT_NODE_LEVELS];	/* yet to be looked at */
	u64 word;			/* to be looked at next, or 0 */
	u64 page;
	u32 depth;
};
void rtree_walk_begin(struct rtree_walk *w, const struct rtree *t, u64 page);
struct rt_slot rtree_walk_next(struct rtree_walk *w);

/* True if no region touches [start, end), which is not empty and below
 * RT_PAGE_LIMIT. txn then stands there, for rtree_insert_prepare(). */
bool rtree_seek_free(struct rtree_txn *txn, struct rtree *t, u64 start,
		     u64 end);

/*
 * Inserts the region of slot where txn stands since rtree_seek_free() or
 * rtree_place() said that its range is free; the tree has not changed since.
 * ZX_ERR_NO_MEMORY: nothing changed.
 */
MUST_CHECK zx_status_t rtree_insert_prepare(struct rtree_txn *txn,
					    struct rt_slot slot);

/*
 * Replaces all regions in [start, end) by slots[0..count), sorted and disjoint,
 * each inside [start, end); what they do not cover becomes free. No region may
 * reach over start or end: the caller widens the range to whole regions and
 * passes the remainders as new ones. Readers see for each page the old state or
 * the new one. count is any number but 0; slots is not needed after prepare.
 * One region replaced by another of the same range (protect), and up to three
 * in place of others in a crowded node, usually allocate nothing.
 * ZX_ERR_NO_MEMORY: nothing changed.
 */
MUST_CHECK zx_status_t rtree_replace_prepare(struct rtree_txn *txn,
					     struct rtree *t,
					     u64 start, u64 end,
					     const struct rt_slot *slots,
					     u32 count);

/* Publishes what was prepared; replaced nodes go to the epoch. The caller is
 * outside an epoch and holds no spinlock (as for epoch_defer). */
void rtree_commit(struct rtree_txn *txn);
/* Forgets what was prepared; the tree is as before. */
void rtree_abort(struct rtree_txn *txn);

/*
 * Removes all regions in [start, end); none may reach over an edge. Allocates
 * nothing and cannot fail. Readers see regions go one by one. Context as
 * rtree_commit().
 */
void rtree_remove(struct rtree *t, u64 start, u64 end);

/*
 * Frees all nodes of a tree whose regions the caller has dealt with, through
 * the epoch, about budget nodes a call; true when done and the tree is empty.
 * The aspace mutex may be dropped between calls if nobody else changes the
 * tree (a dead VMAR). Readers meanwhile find fewer and fewer regions.
 */
MUST_CHECK bool rtree_teardown_step(struct rtree *t, u32 budget);

/* Debug builds and tests: panics unless every invariant of rtree.c holds;
 * returns the number of regions. *nodes, if not NULL, gets the node count. */
u64 rtree_check(const struct rtree *t, u64 *nodes);

#endif
