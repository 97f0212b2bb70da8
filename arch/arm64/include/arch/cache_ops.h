/*
 * The instructions behind <arch/cache.h>, one inline each. Nobody includes this
 * but arch/arm64/cache.c; arch/fake has its own version, which counts.
 */
#ifndef ARM64_ARCH_CACHE_OPS_H
#define ARM64_ARCH_CACHE_OPS_H

#include <kernel/types.h>

static inline u64 hw_read_ctr(void)
{
	u64 ctr;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	return ctr;
}

/* Clean to the point of coherency. */
static inline void hw_dc_cvac(u64 va)
{
	__asm__ volatile("dc cvac, %0" : : "r"(va) : "memory");
}

/* Clean to the point of unification. */
static inline void hw_dc_cvau(u64 va)
{
	__asm__ volatile("dc cvau, %0" : : "r"(va) : "memory");
}

/* Invalidate to the point of coherency: what was dirty is lost. */
static inline void hw_dc_ivac(u64 va)
{
	__asm__ volatile("dc ivac, %0" : : "r"(va) : "memory");
}

static inline void hw_dc_civac(u64 va)
{
	__asm__ volatile("dc civac, %0" : : "r"(va) : "memory");
}

static inline void hw_ic_ivau(u64 va)
{
	__asm__ volatile("ic ivau, %0" : : "r"(va) : "memory");
}

/* All of all CPUs' I-caches. */
static inline void hw_ic_ialluis(void)
{
	__asm__ volatile("ic ialluis" : : : "memory");
}

static inline void hw_cache_dsb_ish(void)
{
	__asm__ volatile("dsb ish" : : : "memory");
}

static inline void hw_cache_dsb_sy(void)
{
	__asm__ volatile("dsb sy" : : : "memory");
}

static inline void hw_cache_isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

#endif
