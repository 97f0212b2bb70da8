/*
 * What pt.c and pt_block.c share: walks of a tree of tables, the making of
 * entries, and what changes tables above the leaves. All under LOCK_PT.
 */
#ifndef ARM64_PT_WALK_H
#define ARM64_PT_WALK_H

#include <arch/mmu.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>

#include "pt.h"

_Static_assert(PT_TYPE_SHIFT >= ENTRY_ATTR_SHIFT &&
	       MAIR_INDEX_STRICT_DEVICE == PT_UNCACHED >> PT_TYPE_SHIFT &&
	       MAIR_INDEX_DEVICE == PT_UNCACHED_DEVICE >> PT_TYPE_SHIFT &&
	       MAIR_INDEX_WRITE_COMBINING ==
		       PT_WRITE_COMBINING >> PT_TYPE_SHIFT,
	       "a memory type is its index in MAIR_EL1");

_Static_assert(PT_PADDR_LIMIT - PAGE_SIZE == ENTRY_ADDR,
	       "an entry has room for all addresses below the limit");

/* User pages: inner shareable (which counts for write-back memory only: the
 * other types are outer shareable whatever stands there, D8.6.2), accessed (no
 * fault only to set AF), tied to the ASID, never executable by the kernel;
 * dirty state is the VMO's business, so DBM is clear. */
#define USER_BASE (ENTRY_PAGE | ENTRY_EL0 | ENTRY_SH_INNER | ENTRY_AF | \
		   ENTRY_NG | ENTRY_PXN)

static inline u64 user_limits(u32 flags)
{
	return (flags & PT_WRITE ? 0 : ENTRY_RO) |
	       (flags & PT_EXEC ? 0 : ENTRY_UXN);
}

/* For level 3; a block has ENTRY_IS_TABLE clear. */
static inline u64 user_entry(paddr_t pa, u32 flags)
{
	u64 type = (u64)(flags & PT_TYPE_MASK)
		   >> (PT_TYPE_SHIFT - ENTRY_ATTR_SHIFT);

	return pa.v | USER_BASE | user_limits(flags) | type;
}

static inline u64 *entry_table(u64 entry)
{
	return phys_to_virt(paddr(entry & ENTRY_ADDR));
}

/* The deepest table for va, and its level. If that is not PT_LEVEL_LEAF, va's
 * entry in it is 0, or at PT_LEVEL_BLOCK perhaps a block. */
static inline u64 *walk(const struct arch_aspace *as, uaddr_t va, u32 *level)
{
	u64 *table = as->root;
	u32 l;

	for (l = 0; l < PT_LEVEL_LEAF; l++) {
		u64 entry = table[pt_index(va, l)];

		if (!(entry & ENTRY_IS_TABLE))
			break;
		table = entry_table(entry);
	}
	*level = l;
	return table;
}

/* pt.c: links what is missing from `level`, where `table` ended a walk, down to
 * `target`; with pages of the reserve, or of the stock if those are too few;
 * NULL and no change if both are. A block that is in the way is taken down and
 * flushed. */
u64 *pt_add_tables(struct arch_aspace *as, uaddr_t va, u64 *table, u32 level,
		   u32 target, struct pt_reserve *reserve);
/* A valid entry of `level` gets the rights that it lacks, and is flushed. */
void pt_widen(struct arch_aspace *as, u64 *entry, uaddr_t va, u32 level,
	      u64 want);
/* The level-2 table of va is empty: takes it out of the tree, and what becomes
 * empty above it. va has been noted. */
void pt_prune_above(struct arch_aspace *as, uaddr_t va,
		    struct tlb_batch *batch);

/* pt_block.c: va's block entry, or NULL. */
u64 *pt_find_block(const struct arch_aspace *as, uaddr_t va);
/* True if the block allows what the page entry `want` for va says. */
bool pt_block_permits(u64 block, uaddr_t va, u64 want);
/* Takes a block down and flushes at once, outside a batch. */
void pt_break_block(struct arch_aspace *as, u64 *entry, uaddr_t va);
/* The block at `entry`, which [va, stop) touches, goes, or loses rights. Return
 * the number of entries changed. */
u64 pt_clear_block(struct arch_aspace *as, u64 *entry, uaddr_t va,
		   uaddr_t stop, struct tlb_batch *batch);
u64 pt_tighten_block(struct arch_aspace *as, u64 *entry, uaddr_t va,
		     uaddr_t stop, u64 limits, struct tlb_batch *batch);

#endif
