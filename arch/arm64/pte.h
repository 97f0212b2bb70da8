/*
 * Stage 1 descriptors for a 4 KiB granule (Arm ARM D8.3), as the kernel's own
 * mappings use them. Memory types: <arch/mmu_impl.h>.
 */
#ifndef ARM64_PTE_H
#define ARM64_PTE_H

#define PTE_VALID (1ul << 0)
#define PTE_TABLE (1ul << 1)		/* levels 0-2: table, else block */
#define PTE_PAGE (1ul << 1)		/* level 3: must be set */
#define PTE_ATTR(index) ((u64)(index) << 2)
#define PTE_RO (1ul << 7)		/* AP[2] */
#define PTE_SH_INNER (3ul << 8)
#define PTE_AF (1ul << 10)
#define PTE_GP (1ul << 50)		/* BTI guarded */
#define PTE_PXN (1ul << 53)
#define PTE_UXN (1ul << 54)
#define PTE_ADDR_MASK 0x0000fffffffff000ul

#endif
