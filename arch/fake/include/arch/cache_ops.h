/*
 * The operations of arch/arm64/include/arch/cache_ops.h, counted in fake_cache.
 */
#ifndef FAKE_ARCH_CACHE_OPS_H
#define FAKE_ARCH_CACHE_OPS_H

#include <kernel/types.h>

u64 hw_read_ctr(void);
void hw_dc_cvac(u64 va);
void hw_dc_cvau(u64 va);
void hw_dc_ivac(u64 va);
void hw_dc_civac(u64 va);
void hw_ic_ivau(u64 va);
void hw_ic_ialluis(void);
void hw_cache_dsb_ish(void);
void hw_cache_dsb_sy(void);
void hw_cache_isb(void);

#endif
