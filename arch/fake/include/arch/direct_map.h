/*
 * The direct map: fake RAM is one block of host memory.
 */
#ifndef FAKE_ARCH_DIRECT_MAP_H
#define FAKE_ARCH_DIRECT_MAP_H

#include <kernel/types.h>

#define FAKE_RAM_BASE 0x40000000ul	/* physical */

extern u8 *fake_ram;			/* fixed by fake_boot() */
extern u64 fake_ram_bytes;

static inline void *phys_to_virt(paddr_t pa)
{
	return fake_ram + (pa.v - FAKE_RAM_BASE);
}

static inline paddr_t virt_to_phys(const void *va)
{
	return paddr((u64)((const u8 *)va - fake_ram) + FAKE_RAM_BASE);
}

#endif
