/*
 * What pt.c, tlb.c, asid.c and pt_reserve.c share: the format of entries, the
 * only function that stores one, and the only wrappers around barriers and
 * TLBI. Each wrapper tells the checker (mm/ptcheck.h) what happened and can be
 * dropped by a mutant build.
 */
#ifndef ARM64_PT_H
#define ARM64_PT_H

#include <arch/mmu.h>
#include <arch/tlb_ops.h>
#include <mm/ptcheck.h>

#include "mutants.h"

#define LEAF_SHIFT 21			/* a leaf table covers 2 MiB */
#define LEAF_BYTES (1ul << LEAF_SHIFT)

#define ASID_SHIFT 48			/* in TTBR0_EL1 and TLBI operands */

static inline u32 pt_index(uaddr_t va, u32 level)
{
	return (va >> (39 - 9 * level)) & (PT_ENTRY_COUNT - 1);
}

/* The only way in which an entry changes. Under LOCK_PT. */
static inline void pte_store(struct arch_aspace *as, u64 *entry, uaddr_t va,
			     u32 level, u64 value)
{
	PTCHECK(store_hook(as, entry, va, level, value));
	hw_pte_store(entry, value);
}

static inline void op_dmb_ishst(void)
{
	if (MUTATED(NO_DMB))
		return;
	hw_dmb_ishst();
	PTCHECK(dmb_hook());
}

static inline void op_dsb_ishst(void)
{
	if (MUTATED(NO_DSB_ISHST))
		return;
	hw_dsb_ishst();
	PTCHECK(dsb_hook(false));
}

static inline void op_dsb_ish(void)
{
	if (MUTATED(NO_DSB_ISH))
		return;
	hw_dsb_ish();
	PTCHECK(dsb_hook(true));
}

static inline void op_isb(void)
{
	if (MUTATED(NO_ISB))
		return;
	hw_isb();
	PTCHECK(isb_hook());
}

static inline void op_tlbi_page(struct arch_aspace *as, u64 asid, uaddr_t va,
				bool leaf_only)
{
	u64 operand = asid << ASID_SHIFT | va >> PAGE_SHIFT;

	if (MUTATED(NO_TLBI_PAGE))
		return;
	PTCHECK(tlbi_hook(as, ASID_NUMBER(asid), va, 1, leaf_only));
	if (leaf_only)
		hw_tlbi_vale1is(operand);
	else
		hw_tlbi_vae1is(operand);
}

/* (num + 1) << (5 * scale + 1) pages from va (D8.14.6); granule 4 KiB. */
static inline void op_tlbi_range(struct arch_aspace *as, u64 asid, uaddr_t va,
				 u64 num, u64 scale, bool leaf_only)
{
	u64 operand = asid << ASID_SHIFT | 1ul << 46 | scale << 44 |
		      num << 39 | va >> PAGE_SHIFT;

	if (MUTATED(NO_TLBI_RANGE))
		return;
	PTCHECK(tlbi_hook(as, ASID_NUMBER(asid), va,
			  (num + 1) << (5 * scale + 1), leaf_only));
	if (leaf_only)
		hw_tlbi_rvale1is(operand);
	else
		hw_tlbi_rvae1is(operand);
}

static inline void op_tlbi_asid(struct arch_aspace *as, u64 asid)
{
	if (MUTATED(NO_TLBI_ASID))
		return;
	PTCHECK(tlbi_asid_hook(as, ASID_NUMBER(asid)));
	hw_tlbi_aside1is(asid << ASID_SHIFT);
}

static inline void op_tlbi_all(void)
{
	if (MUTATED(NO_TLBI_ALL))
		return;
	PTCHECK(tlbi_all_hook());
	hw_tlbi_vmalle1is();
}

/* All that this CPU cached, and nobody else's. */
static inline void op_tlbi_local(void)
{
	if (MUTATED(NO_LOCAL_FLUSH))
		return;
	PTCHECK(tlbi_local_hook());
	hw_tlbi_vmalle1();
	/* Waits for the TLBI of this CPU; the ISB of the TTBR0 write follows
	 * before anything is translated by the new ASID (D8.14.4). */
	hw_dsb_nsh();
}

static inline struct page *table_page(const u64 *table)
{
	return paddr_to_page(virt_to_phys(table));
}

/* pt_reserve.c: an all-zero table out of the reserve, which is not empty. */
struct page *pt_reserve_take(struct pt_reserve *r);
/* Fills the reserve up to count from this CPU's stock, as far as that goes; no
 * allocation, so it may be called under LOCK_PT. */
void pt_reserve_fill_from_stock(struct pt_reserve *r, u32 count);
/* Unlinked and flushed tables, all zero, into the stock. */
void pt_stock_put_list(struct page *tables);

/* tlb.c: notes pages whose entries were just changed; a block as one page, by any
 * address in it; table pages by any address below them. Under LOCK_PT. */
void tlb_batch_note(struct tlb_batch *b, struct arch_aspace *as, uaddr_t va,
		    u64 page_count);
/* Flushes one page at once, outside a batch: a widened entry. */
void tlb_flush_page(struct arch_aspace *as, uaddr_t va);
/* Flushes all that carries the aspace's ASID, if it ever had one. */
void tlb_flush_aspace(struct arch_aspace *as);

/* asid.c: first aspace; the table that stands for "none" is allocated. */
MUST_CHECK zx_status_t asid_init(void);

/* The flush of a batch, ahead of its end; may be called under LOCK_PT. What the
 * batch is to free stays with it until tlb_batch_end(). */
void tlb_batch_flush(struct tlb_batch *b);

#endif
