/*
 * The AArch64 side of <arch/mmu.h>: 4 KiB granule, 48-bit addresses, 4 levels,
 * TTBR0. The fake architecture uses the same tables and this very header; only
 * the direct map and the operations of <arch/tlb_ops.h> are its own.
 */
#ifndef ARM64_ARCH_MMU_IMPL_H
#define ARM64_ARCH_MMU_IMPL_H

#include <arch/direct_map.h>
#include <kernel/lock.h>
#include <kernel/types.h>

struct page;

/* Memory types by index (entry bits 4:2), in the order of ZX_CACHE_POLICY_*, and
 * MAIR_EL1 that makes them so (Arm ARM D19.2.100): Normal write-back with read
 * and write allocation, Device-nGnRnE, Device-nGnRE, Normal non-cacheable. */
#define MAIR_INDEX_NORMAL 0
#define MAIR_INDEX_STRICT_DEVICE 1
#define MAIR_INDEX_DEVICE 2
#define MAIR_INDEX_WRITE_COMBINING 3
#define MAIR_VALUE 0x440400fful

struct arch_aspace {
	/* Fixed after arch_aspace_init(). */
	u64 *root;
	paddr_t root_pa;
	/*
	 * Atomic: generation << 16 | ASID, 0 before the first run. Written
	 * under the ASID lock, read without it by the switch path and by TLB
	 * batches (asid.c, tlb.c say why that is right).
	 */
	u64 asid;
	struct spinlock lock;		/* LOCK_PT */
	/* Under lock. */
	u64 table_count;		/* root included */
	u64 block_count;		/* valid block entries */
	/* The leaf table used last: that of addresses with va >> 21 ==
	 * leaf_tag, or leaf_tag is LEAF_TAG_NONE. Saves most walks. */
	u64 leaf_tag;
	u64 *leaf;
	struct page *leaf_page;
};

#define LEAF_TAG_NONE (~0ul)

/* Stage 1 descriptors (Arm ARM D8.3); mm/ptcheck.c reads them as well. */
#define ENTRY_TABLE 3ul			/* levels 0-2: next table */
#define ENTRY_PAGE 3ul			/* level 3 */
#define ENTRY_BLOCK 1ul			/* level 2: 2 MiB */
#define ENTRY_IS_TABLE 2ul		/* levels 0-2: this bit is set */
#define ENTRY_ATTR_SHIFT 2		/* index into MAIR_EL1 */
#define ENTRY_ATTR (7ul << ENTRY_ATTR_SHIFT)
#define ENTRY_EL0 (1ul << 6)		/* AP[1]: user access */
#define ENTRY_RO (1ul << 7)		/* AP[2]: no writes */
#define ENTRY_SH_INNER (3ul << 8)
#define ENTRY_AF (1ul << 10)
#define ENTRY_NG (1ul << 11)		/* belongs to the ASID */
#define ENTRY_ADDR 0x0000fffffffff000ul
#define ENTRY_PXN (1ul << 53)
#define ENTRY_UXN (1ul << 54)
/* Bits that take rights away: may change in a valid entry (I5). */
#define ENTRY_LIMITS (ENTRY_RO | ENTRY_UXN)
/* All that may change in a valid entry (I5). */
#define ENTRY_MUTABLE (ENTRY_LIMITS | ENTRY_AF)

#define PT_LEVEL_LEAF 3
#define PT_LEVEL_BLOCK 2
#define PT_ENTRY_COUNT 512

#define ASID_NUMBER_BITS 16		/* in arch_aspace.asid */
#define ASID_NUMBER(asid) ((asid) & 0xffff)

#endif
