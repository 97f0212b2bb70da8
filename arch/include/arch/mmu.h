/*
 * MMU contract: page tables of user address spaces, and TLB batches.
 *
 * Rules of use, before any code (docs/invariants.md, I1-I16):
 * - Entries are made by pt_map*(), under the VMO's lock, with a mapping seen
 *   alive under it (I12). Invalid to valid needs no TLBI (I6).
 * - Entries are cleared or tightened only inside a TLB batch: begin, pt_unmap()
 *   or pt_protect() any number of times (any aspaces), end. Frames that were
 *   reachable are given to the batch, which frees them after the flush (I3).
 * - Between tlb_batch_begin() and _end() preemption is off (I16): no sleep, no
 *   allocation, no user access (I15).
 * - No allocation happens under the page-table lock: pt_map*() takes table
 *   pages from a caller's reserve.
 */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <kernel/types.h>
#include <mm/page.h>

/* What an entry permits and what memory it is; the software's view. */
enum pt_flag {
	PT_READ = 1,
	PT_WRITE = 2,
	PT_EXEC = 4,
	PT_UNCACHED = 8,	/* Normal non-cacheable */
	PT_DEVICE = 16,		/* Device-nGnRE */
};

/* struct arch_aspace: root table, ASID state, the page-table spinlock
 * (LOCK_PT) and the count of table pages; defined per architecture. */
#include <arch/mmu_impl.h>

/* NO_MEMORY. The aspace is usable on any CPU afterwards. */
MUST_CHECK zx_status_t arch_aspace_init(struct arch_aspace *as);
/*
 * Frees all tables. No entry may be valid any more, no thread may run in it
 * (I9); flushes the ASID first.
 */
void arch_aspace_destroy(struct arch_aspace *as);
/* Loads the aspace (NULL: none, TTBR0 disabled) on this CPU; the switch path
 * calls it with interrupts off. Assigns an ASID if needed (I10). */
void arch_aspace_activate(struct arch_aspace *as);
/* Pages used by page tables, for accounting. */
u64 arch_aspace_table_pages(const struct arch_aspace *as);

/* Table pages got ahead of time, so that mapping cannot fail half way. */
struct pt_reserve {
	struct page *pages;	/* list by page->next, zeroed */
	u32 count;
};

/* Fills the reserve up to count pages; NO_MEMORY leaves it as it was. Zeroed
 * pages (I7). May not be called with preemption off. */
MUST_CHECK zx_status_t pt_reserve_fill(struct pt_reserve *r, u32 count);
void pt_reserve_release(struct pt_reserve *r);

#define PT_RESERVE_MAX 3	/* tables that one page can need at most */

/*
 * Installs one entry. NO_RESOURCES: a table is missing and the reserve (may be
 * NULL = empty) did not suffice; nothing changed, fill and call again. An
 * entry that maps the same frame with the same or more permissions is left
 * alone; with fewer it is widened in place (no TLBI needed, I6). An entry that
 * maps another frame must have been cleared through a batch first (I5);
 * ASSERTed. Caller holds the VMO's lock; takes LOCK_PT.
 */
MUST_CHECK zx_status_t pt_map(struct arch_aspace *as, uaddr_t va, paddr_t pa,
			      u32 flags, struct pt_reserve *reserve);

/*
 * Installs entries for those of `count` neighbours, starting at va, whose
 * frames[i] is not NULL, in one table only (stops at its end); skips entries
 * that are already valid. Never allocates: no table, nothing done. Returns how
 * many it set.
 */
u32 pt_map_neighbours(struct arch_aspace *as, uaddr_t va,
		      struct page *const *frames, u32 count, u32 flags);

/* What is mapped at va; false if nothing. Takes LOCK_PT. */
bool pt_query(struct arch_aspace *as, uaddr_t va, paddr_t *pa, u32 *flags);

struct tlb_batch;

/*
 * Clears all entries in [va, va + count pages); empty stretches are skipped a
 * table at a time; table pages that become empty are unlinked and given to the
 * batch (I8). Returns the number of entries cleared. Inside a batch; takes
 * LOCK_PT.
 */
u64 pt_unmap(struct arch_aspace *as, uaddr_t va, u64 page_count,
	     struct tlb_batch *batch);
/*
 * Takes permissions away: each valid entry keeps only those in flags; one left
 * without PT_READ is cleared. Never adds any. As pt_unmap otherwise.
 */
u64 pt_protect(struct arch_aspace *as, uaddr_t va, u64 page_count, u32 flags,
	       struct tlb_batch *batch);
/* Notes the range for invalidation although no entry is valid now: for
 * mappings that another thread has cleared but not yet flushed. */
void tlb_batch_note_range(struct tlb_batch *batch, struct arch_aspace *as,
			  uaddr_t va, u64 page_count);

/*
 * One flush for everything noted. Lives on the writer's stack. More than
 * CONFIG_TLB_RANGE_MAX pages of one aspace, or several aspaces beyond what the
 * batch can note, become whole-ASID or whole-TLB invalidations.
 */
struct tlb_note {
	struct arch_aspace *as;
	uaddr_t va;
	u32 page_count;
};

struct tlb_batch {
	struct tlb_note notes[CONFIG_TLB_RANGE_MAX];
	u32 note_count;
	u32 page_count;		/* pages noted so far */
	bool flush_all;		/* notes overflowed over several aspaces */
	bool flush_asid;	/* notes[0].as only: whole ASID */
	bool table_unlinked;	/* leaf-only forms are not enough (I2) */
	bool executable;	/* an executable entry changed (I4) */
	u64 cleared_count;
	struct page *frames;	/* freed after the flush, list by next */
	struct page *tables;	/* handed to the epoch after the flush */
};

void tlb_batch_begin(struct tlb_batch *b);
/* The frame is freed by tlb_batch_end() after the flush, not before. */
static inline void tlb_batch_free_page(struct tlb_batch *b, struct page *p)
{
	p->next = b->frames;
	b->frames = p;
}
/* DSB ISHST; TLBIs; DSB ISH (; ISB); then frees. On return no CPU holds a
 * translation that was cleared or tightened in this batch. */
void tlb_batch_end(struct tlb_batch *b);

/* Makes a page's instruction stream coherent before an executable entry for it
 * becomes visible: D-cache clean to PoU, I-cache invalidate, DSB (I14). */
void arch_sync_icache_page(struct page *p);
/* Zeroes one page through the direct map (DC ZVA). */
void arch_zero_page(void *va);
void arch_copy_page(void *dst, const void *src);

/* Direct map of all RAM. */
static inline void *phys_to_virt(paddr_t pa);
static inline paddr_t virt_to_phys(const void *va);	/* direct map only */

#endif
