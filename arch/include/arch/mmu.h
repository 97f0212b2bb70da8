/*
 * MMU contract: page tables of user address spaces.
 *
 * Rules of use, before any code (docs/invariants.md, I1-I16):
 * - Entries are made by pt_map*(), under the VMO's lock, with a mapping seen
 *   alive under it (I12). Invalid to valid needs no TLBI (I6).
 * - Entries are cleared or tightened only inside a TLB batch: begin, pt_unmap(),
 *   pt_clear() or pt_protect() any number of times (any aspaces), end. Frames
 *   that were reachable are given to the batch, which frees them after the
 *   flush (I3).
 * - Between tlb_batch_begin() and _end() preemption is off (I16): no sleep, no
 *   allocation, no user access (I15).
 * - No allocation happens under the page-table lock: pt_map() takes table pages
 *   from a caller's reserve.
 */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <kernel/lock.h>
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

/*
 * struct arch_aspace: root table, ASID state, the page-table spinlock
 * (LOCK_PT) and the count of table pages; defined per architecture.
 * void *phys_to_virt(paddr_t pa): the direct map of all RAM.
 * paddr_t virt_to_phys(const void *va): direct map only, not the image.
 */
#include <arch/mmu_impl.h>

#include <arch/cache.h>
#include <arch/pt_reserve.h>
#include <arch/tlb.h>

/* NO_MEMORY. The aspace is usable on any CPU afterwards. May sleep. */
MUST_CHECK zx_status_t arch_aspace_init(struct arch_aspace *as);
/*
 * Frees all tables. No entry may be valid any more, and no CPU may have it
 * loaded, idle or not (I9): who keeps one loaded keeps a reference. Flushes
 * the ASID first. No spinlock held.
 */
void arch_aspace_destroy(struct arch_aspace *as);
/*
 * Loads the aspace on this CPU; NULL loads an empty table. The switch path
 * calls it with interrupts off. Assigns an ASID if needed (I10). Nothing is
 * done if it is loaded already.
 */
void arch_aspace_activate(struct arch_aspace *as);
/* Pages used by page tables, for accounting. */
u64 arch_aspace_table_pages(const struct arch_aspace *as);

/*
 * Installs one entry. NO_RESOURCES: tables are missing, and neither the reserve
 * (may be NULL = empty) nor this CPU's stock has as many; nothing changed, fill
 * the reserve and call again. An entry that maps the same frame is widened in
 * place by what it lacks, never tightened; only this flushes, so that no CPU
 * faults on a stale narrow entry for ever (I6). An entry that maps another
 * frame must have been cleared through a batch first (I5); ASSERTed. flags
 * include PT_READ. Caller holds the VMO's lock; takes LOCK_PT.
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

/* The first address at or after va that a leaf table serves, or end: lets a
 * caller cut a vast range into batches without touching what is empty. Takes
 * LOCK_PT. */
uaddr_t pt_skip_empty(struct arch_aspace *as, uaddr_t va, uaddr_t end);

/*
 * Clears all entries in [va, va + page_count pages); empty stretches are
 * skipped a table at a time; table pages that are empty then are unlinked and
 * given to the batch (I8). Returns the number of entries cleared. For mappings
 * that go away. Inside a batch; takes LOCK_PT.
 */
u64 pt_unmap(struct arch_aspace *as, uaddr_t va, u64 page_count,
	     struct tlb_batch *batch);
/*
 * The same, but tables stay linked when they become empty: for VMO operations
 * (decommit, zero, shrink) after which the mapping is still there and may be
 * touched again. The pt_unmap() of the mapping finds the empty tables.
 */
u64 pt_clear(struct arch_aspace *as, uaddr_t va, u64 page_count,
	     struct tlb_batch *batch);
/*
 * Takes permissions away: each valid entry keeps only those in flags; one left
 * without PT_READ is cleared. Never adds any. Returns the number of entries
 * that changed. As pt_clear() otherwise.
 */
u64 pt_protect(struct arch_aspace *as, uaddr_t va, u64 page_count, u32 flags,
	       struct tlb_batch *batch);

#endif
