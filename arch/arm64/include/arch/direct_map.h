/*
 * The direct map: all RAM, at a constant distance. Only the image moves.
 */
#ifndef ARM64_ARCH_DIRECT_MAP_H
#define ARM64_ARCH_DIRECT_MAP_H

#include <arch/layout.h>
#include <kernel/types.h>

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(DIRECT_MAP_BASE | pa.v);
}

static inline paddr_t virt_to_phys(const void *va)
{
	return paddr((u64)va & (DIRECT_MAP_SIZE - 1));
}

#endif
