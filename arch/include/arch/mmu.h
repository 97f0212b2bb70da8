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

/* What an entry permits and what memory it is; the software's view. The memory
 * type is ZX_CACHE_POLICY_* << PT_TYPE_SHIFT (vmo.md 6.4). */
enum pt_flag {
	PT_READ = 1,
	PT_WRITE = 2,
	PT_EXEC = 4,

	PT_TYPE_SHIFT = 3,
	PT_CACHED = 0 << PT_TYPE_SHIFT,		/* Normal write-back */
	PT_UNCACHED = 1 << PT_TYPE_SHIFT,	/* Device-nGnRnE */
	PT_UNCACHED_DEVICE = 2 << PT_TYPE_SHIFT, /* Device-nGnRE */
	PT_WRITE_COMBINING = 3 << PT_TYPE_SHIFT, /* Normal non-cacheable */
	PT_TYPE_MASK = 3 << PT_TYPE_SHIFT,
};

/* One block entry maps so much, aligned to itself on both sides. */
#define PT_BLOCK_SHIFT 21
#define PT_BLOCK_BYTES (1ul << PT_BLOCK_SHIFT)
#define PT_BLOCK_PAGES (PT_BLOCK_BYTES >> PAGE_SHIFT)

/* Physical addresses below it are what an entry has room for. */
#define PT_PADDR_LIMIT (1ul << 48)

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
/* True if all of [pa, pa + bytes), whole pages, is RAM: it stands in the direct
 * map and has struct pages. Only the MMU knows other memory (devices). */
bool arch_is_ram(paddr_t pa, u64 bytes);
/* Pages used by page tables, for accounting. */
u64 arch_aspace_table_pages(const struct arch_aspace *as);

/*
 * Installs one entry. NO_RESOURCES: tables are missing, and neither the reserve
 * (may be NULL = empty) nor this CPU's stock has as many; nothing changed, fill
 * the reserve and call again. An entry that maps the same frame is widened in
 * place by what it lacks, never tightened; only this flushes, so that no CPU
 * faults on a stale narrow entry for ever (I6). An entry that maps another
 * frame, or has another memory type, must have been cleared through a batch
 * first (I5); ASSERTed. flags include PT_READ. The frame need not be RAM. Caller
 * holds the VMO's lock, is not inside a batch; takes LOCK_PT.
 *
 * Where a block maps the page already: nothing is done if it permits what flags
 * say; else the block is taken down whole, flushed (I1-I3), and this one page
 * mapped. The other 511 come back by faults.
 */
MUST_CHECK zx_status_t pt_map(struct arch_aspace *as, uaddr_t va, paddr_t pa,
			      u32 flags, struct pt_reserve *reserve);

/*
 * Installs one entry for PT_BLOCK_BYTES; va and pa are aligned to that. For
 * memory that is contiguous and whose pages never change (contiguous and
 * physical VMOs): a block is never split, it is taken down whole when part of
 * it is to change, so any page of it must be able to fault again at any time.
 * ALREADY_EXISTS: pages are, or were, mapped one by one there (a leaf table
 * stands, perhaps an empty one): map pages. NO_RESOURCES, widening, locks: as
 * pt_map(); two tables at most. With PT_EXEC all of the block has been synced
 * (arch_cache_sync()).
 */
MUST_CHECK zx_status_t pt_map_block(struct arch_aspace *as, uaddr_t va,
				    paddr_t pa, u32 flags,
				    struct pt_reserve *reserve);

/*
 * Installs entries for those of `count` neighbours, starting at va, whose
 * frames[i] is not NULL, in one table only (stops at its end); skips entries
 * that are already valid. Never allocates: no table, or a block, nothing done.
 * Returns how many it set.
 */
u32 pt_map_neighbours(struct arch_aspace *as, uaddr_t va,
		      struct page *const *frames, u32 count, u32 flags);

/* What is mapped at va; false if nothing. Takes LOCK_PT. */
bool pt_query(struct arch_aspace *as, uaddr_t va, paddr_t *pa, u32 *flags);

/* The first address at or after va that a leaf table or a block serves, or end:
 * lets a caller cut a vast range into batches without touching what is empty. Takes
 * LOCK_PT. */
uaddr_t pt_skip_empty(struct arch_aspace *as, uaddr_t va, uaddr_t end);

/*
 * Clears all entries in [va, va + page_count pages); empty stretches are
 * skipped a table at a time; table pages that are empty then are unlinked and
 * given to the batch (I8). A block that the range touches goes as a whole.
 * Returns the number of entries cleared, a block counts one. For mappings that
 * go away. Inside a batch; takes LOCK_PT.
 */
u64 pt_unmap(struct arch_aspace *as, uaddr_t va, u64 page_count,
	     struct tlb_batch *batch);
/*
 * The same, but leaf tables stay linked when they become empty: for VMO
 * operations (decommit, zero, shrink) after which the mapping is still there and
 * may be touched again. The pt_unmap() of the mapping finds the empty tables.
 */
u64 pt_clear(struct arch_aspace *as, uaddr_t va, u64 page_count,
	     struct tlb_batch *batch);
/*
 * The same for one page that no block maps, and flushed at once (I1-I3): for
 * whoever has nothing else to flush with it. Outside a batch.
 */
void pt_clear_page(struct arch_aspace *as, uaddr_t va);
/*
 * Takes permissions away: each valid entry keeps only those in flags; one left
 * without PT_READ is cleared. Never adds any. A block is tightened in place if
 * the range holds all of it; if only part of it is to lose rights, it is taken
 * down whole. Returns the number of entries that changed, only those are noted;
 * entries that permit reading alone are not looked at. As pt_clear() otherwise.
 */
u64 pt_protect(struct arch_aspace *as, uaddr_t va, u64 page_count, u32 flags,
	       struct tlb_batch *batch);

/*
 * Which of the `count` pages (64 at most) from va on were used since the last
 * call: bit i for page i. Their entries look unused from here on; what is not
 * mapped never was used, and blocks are not looked at. A TLB that holds an entry
 * as used hides the next use; that costs a page its youth and nothing else: all
 * translations stay right, and no flush is owed (D8.5.1). The batch flushes the
 * entries nevertheless, so that pages in constant use do not look old. Inside a
 * batch; takes LOCK_PT.
 */
u64 pt_take_age(struct arch_aspace *as, uaddr_t va, u64 count,
		struct tlb_batch *batch);

#endif
