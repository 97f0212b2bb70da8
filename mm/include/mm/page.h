/*
 * struct page: one per frame of RAM, 32 bytes.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <kernel/types.h>

enum page_state {
	PAGE_WIRED,		/* never given out, or inside a free block: the
				 * state of a zeroed memory map */
	PAGE_FREE,		/* first frame of a block in a buddy list */
	PAGE_CACHED,		/* in a CPU's cache of free frames */
	PAGE_ALLOCATED,		/* owned by whoever allocated it */
	PAGE_VMO,		/* in a page tree */
	PAGE_TEXT,		/* the same, and executed perhaps (I4) */
	PAGE_TABLE,		/* page table */
	PAGE_SLAB,
};

struct page {
	/* Owner's link: free lists, batches, tables waiting for an epoch. */
	struct page *next;
	union {
		struct page *prev;	/* buddy lists; pmm lock */
		u64 private;		/* owner's word (slab: its cache) */
	};
	/* Atomic for VMO pages (shared page trees, design 5.2): how many page
	 * tree slots and temporary users name this frame. */
	u32 ref_count;
	/* Page tables: valid entries, under LOCK_PT. VMO pages: pins. */
	u16 count;
	u8 order;		/* buddy order of the block's first page */
	u8 state;		/* enum page_state */
	/* ptcheck: live entries that translate to this frame (debug builds). */
	u32 map_count;
	union {
		u32 reserved;
		/* Pages that a pager supplied, under the VMO's lock: how long
		 * nobody has used it (mm/evict.c). */
		u32 age;
		/* Leaf tables, under LOCK_PT: bit g is set if one of the
		 * entries 16g to 16g + 15 may permit more than reading. */
		u32 open_groups;
	};
};

_Static_assert(sizeof(struct page) == 32, "memory map budget: 8 MiB per GiB");

/* The memory map: page for a frame inside RAM, and back. */
extern struct page *page_map;		/* fixed after pmm_init() */
extern u64 page_map_base_pfn;

static inline struct page *paddr_to_page(paddr_t pa)
{
	return &page_map[(pa.v >> PAGE_SHIFT) - page_map_base_pfn];
}

static inline paddr_t page_to_paddr(const struct page *p)
{
	return paddr(((u64)(p - page_map) + page_map_base_pfn) << PAGE_SHIFT);
}

#endif
