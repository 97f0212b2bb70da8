/*
 * ptcheck: the checker of invariants I1-I16 (CONFIG_PTCHECK, debug builds).
 *
 * Hooks stand at every table store, DSB, TLBI, frame free, TTBR write and ASID
 * assignment, all of which exist in arch/<arch>/{pt,tlb,asid}.c only. A
 * violation stops the kernel with the entry's last events. Without
 * CONFIG_PTCHECK each hook is an empty inline.
 *
 * All hooks run with preemption off on the PE that does the operation.
 */
#ifndef MM_PTCHECK_H
#define MM_PTCHECK_H

#include <mm/page.h>

struct arch_aspace;

/* An entry at table[index] (level 0..3, address va) changes old -> new. */
void ptcheck_store_hook(struct arch_aspace *as, uaddr_t va, u32 level,
			u64 old_entry, u64 new_entry);
void ptcheck_dsb_hook(bool loads_and_stores);	/* false: DSB ISHST */
void ptcheck_tlbi_hook(struct arch_aspace *as, uaddr_t va, u64 page_count,
		       bool leaf_only);
void ptcheck_tlbi_asid_hook(struct arch_aspace *as);
void ptcheck_tlbi_all_hook(void);
void ptcheck_isb_hook(void);
void ptcheck_batch_begin_hook(void);
void ptcheck_batch_end_hook(bool executable);
/* The frame becomes allocatable (I3, I11); a table page too (I8). */
void ptcheck_frame_free_hook(struct page *p);
void ptcheck_frame_alloc_hook(struct page *p);
void ptcheck_table_free_hook(struct page *table);
void ptcheck_asid_hook(struct arch_aspace *as, u64 generation, u32 asid);
void ptcheck_activate_hook(struct arch_aspace *as);
void ptcheck_aspace_free_hook(struct arch_aspace *as);
void ptcheck_sync_icache_hook(struct page *p);
/* The I15 guard: sleeping, allocating, user access call this. */
void ptcheck_assert_outside_batch_hook(const char *what);

#define PTCHECK(call) \
	((void)(IS_ENABLED(CONFIG_PTCHECK) && (ptcheck_##call, 0)))

#endif
