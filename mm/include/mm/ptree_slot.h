/*
 * Slots and nodes of a page tree (<mm/ptree.h>), and the count of names of a
 * page.
 */
#ifndef MM_PTREE_SLOT_H
#define MM_PTREE_SLOT_H

#include <mm/page.h>

#define PT_INDEX_BITS 52
#define PT_INDEX_LIMIT (1ul << PT_INDEX_BITS)
#define PT_MAX_HEIGHT 9
#define PT_FANOUT 64
#define PT_LEVEL_BITS 6

enum pt_type {
	PT_EMPTY = 0,
	PT_ZERO = 1,
	PT_PAGE = 2,
	PT_NODE = 3,		/* inside the tree only */
};

struct pt_slot {
	u64 word;
};

static inline struct pt_slot pt_slot_empty(void)
{
	return (struct pt_slot){ PT_EMPTY };
}

static inline struct pt_slot pt_slot_zero(void)
{
	return (struct pt_slot){ PT_ZERO };
}

/* A marker that says more, in flags that mean something to the tree's owner:
 * see vmo_gap.h. Flags of 0 are those of pt_slot_zero(). */
#define PT_FLAGS_SHIFT 2

static inline struct pt_slot pt_slot_flagged(u64 flags)
{
	return (struct pt_slot){ PT_ZERO | flags << PT_FLAGS_SHIFT };
}

/* The flags of a PT_ZERO slot. */
static inline u64 pt_slot_flags(struct pt_slot s)
{
	return s.word >> PT_FLAGS_SHIFT;
}

static inline struct pt_slot pt_slot_page(struct page *p)
{
	return (struct pt_slot){ (u64)(uintptr_t)p | PT_PAGE };
}

static inline enum pt_type pt_slot_type(struct pt_slot s)
{
	return (enum pt_type)(s.word & 3);
}

/* The page of a PT_PAGE slot. */
static inline struct page *pt_page(struct pt_slot s)
{
	return (struct page *)(uintptr_t)(s.word & ~3ul);
}

/* One more name for the page. Relaxed: who adds one holds another already. */
static inline void page_ref(struct page *p)
{
	__atomic_fetch_add(&p->ref_count, 1, __ATOMIC_RELAXED);
}

/*
 * True if the caller's name is the only one, which then cannot change under
 * its lock. Acquire: pairs with the release of page_unref(), so that all that
 * others did to the page came before what the caller does to it next.
 */
static inline bool page_is_private(const struct page *p)
{
	return __atomic_load_n(&p->ref_count, __ATOMIC_ACQUIRE) == 1;
}

/*
 * Gives one name up. True if it was the last: the page, with ref_count 1, is
 * the caller's to free or keep (no store to a page that nobody shares).
 */
static inline MUST_CHECK bool page_unref(struct page *p)
{
	if (page_is_private(p))
		return true;
	if (__atomic_sub_fetch(&p->ref_count, 1, __ATOMIC_ACQ_REL) != 0)
		return false;
	__atomic_store_n(&p->ref_count, 1, __ATOMIC_RELAXED);
	return true;
}

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

/* Acquire, as page_is_private(): what others did through their name of the
 * node came before we change it in place. */
static inline bool pt_node_is_private(const struct pt_node *n)
{
	return __atomic_load_n(&n->ref_count, __ATOMIC_ACQUIRE) == 1;
}

static inline struct pt_node *pt_slot_node(struct pt_slot s)
{
	return (struct pt_node *)(uintptr_t)(s.word & ~3ul);
}

struct ptree {
	/* VMO's mutex. */
	u64 root;		/* slot word */
	u32 height;
};

#endif
