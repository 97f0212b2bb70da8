/*
 * ptcheck: the checker of invariants I1-I16 (CONFIG_PTCHECK, debug builds).
 *
 * Hooks stand at every table store, barrier, TLBI, TTBR0 write and ASID
 * assignment, all of which exist in arch/arm64/{pt,tlb,asid}.c only, and where
 * frames are freed and allocated. A violation stops the kernel, naming the
 * invariant, the entry and the last events. Without CONFIG_PTCHECK each hook
 * compiles to nothing: PTCHECK(store_hook(...)).
 *
 * Every hook runs on the CPU that does the operation, before the operation
 * takes effect for anybody else (stores, TLBI, frees) or right after it
 * (barriers), and may be called in any context.
 */
#ifndef MM_PTCHECK_H
#define MM_PTCHECK_H

#include <mm/page.h>

struct arch_aspace;

/* Table pages: fresh from the frame allocator (may allocate the shadow); found
 * all zero and handed to a reserve; unused again, all zero; back to the
 * allocator. */
void ptcheck_table_alloc_hook(struct page *table);
void ptcheck_table_zeroed_hook(struct page *table);
void ptcheck_table_unused_hook(struct page *table);
void ptcheck_table_free_hook(struct page *table);
/* A table becomes the root of as; it stops being one (I9). */
void ptcheck_root_hook(struct arch_aspace *as, struct page *root);
void ptcheck_root_free_hook(struct arch_aspace *as, struct page *root);

/* The entry (level 0..3, for address va) is about to become `value`. */
void ptcheck_store_hook(struct arch_aspace *as, u64 *entry, uaddr_t va,
			u32 level, u64 value);
/* pt_map*() begins: the caller must hold a VMO's lock (I12). */
void ptcheck_map_hook(struct arch_aspace *as, uaddr_t va);

void ptcheck_dmb_hook(void);			/* DMB ISHST */
void ptcheck_dsb_hook(bool loads_and_stores);	/* false: DSB ISHST */
void ptcheck_isb_hook(void);
void ptcheck_tlbi_hook(struct arch_aspace *as, u64 asid, uaddr_t va,
		       u64 page_count, bool leaf_only);
void ptcheck_tlbi_asid_hook(struct arch_aspace *as, u64 asid);
void ptcheck_tlbi_all_hook(void);
void ptcheck_tlbi_local_hook(void);

void ptcheck_batch_begin_hook(void);
void ptcheck_batch_end_hook(bool executable);
/* This batch flushes what another CPU's batch changed in the range. */
void ptcheck_adopt_hook(struct arch_aspace *as, uaddr_t va, u64 page_count);

/* The frame becomes allocatable, or has just been allocated (I3, I11). */
void ptcheck_frame_free_hook(struct page *p);
void ptcheck_frame_alloc_hook(struct page *p);

/* The aspace is about to get this number; before anybody can see it. */
void ptcheck_asid_hook(struct arch_aspace *as, u64 generation, u64 asid);
/* arch_aspace_activate() begins; the aspace (NULL: none) is loaded. */
void ptcheck_switch_hook(void);
void ptcheck_activate_hook(struct arch_aspace *as, u64 asid);
void ptcheck_sync_icache_hook(struct page *p);
/* I15: sleeping, allocating and user access call this. */
void ptcheck_assert_outside_batch_hook(const char *what);

/* Tests: called instead of panic() with the invariant's number; NULL: panic.
 * The operation goes on. */
extern void (*ptcheck_on_violation)(u32 invariant, const char *what);

#define PTCHECK(call) \
	((void)(IS_ENABLED(CONFIG_PTCHECK) && (ptcheck_##call, 0)))

#endif
