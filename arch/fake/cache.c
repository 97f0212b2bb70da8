/*
 * Caches of the fake machine: it has none, so operations are counted and, for
 * tests of their order and reach, remembered.
 */
#include <string.h>

#include <arch/cache.h>
#include <arch/cache_ops.h>

#include "fake.h"

struct fake_cache fake_cache = { .ctr = FAKE_CTR };

static void note(u64 *count, char what, u64 va)
{
	struct fake_cache *c = &fake_cache;

	__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
	if (!c->tracing || c->trace_count == FAKE_CACHE_TRACE)
		return;
	c->trace[c->trace_count].what = what;
	c->trace[c->trace_count].va = va;
	c->trace_count++;
}

u64 hw_read_ctr(void)
{
	return fake_cache.ctr;
}

void hw_dc_cvac(u64 va)
{
	note(&fake_cache.clean_count, 'c', va);
}

void hw_dc_cvau(u64 va)
{
	note(&fake_cache.clean_pou_count, 'u', va);
}

void hw_dc_ivac(u64 va)
{
	note(&fake_cache.invalidate_count, 'i', va);
}

void hw_dc_civac(u64 va)
{
	note(&fake_cache.clean_invalidate_count, 'b', va);
}

void hw_ic_ivau(u64 va)
{
	note(&fake_cache.icache_count, 'x', va);
}

void hw_ic_ialluis(void)
{
	note(&fake_cache.icache_all_count, 'X', 0);
}

void hw_cache_dsb_ish(void)
{
	note(&fake_cache.dsb_ish_count, 'd', 0);
}

void hw_cache_dsb_sy(void)
{
	note(&fake_cache.dsb_sy_count, 'D', 0);
}

void hw_cache_isb(void)
{
	note(&fake_cache.isb_count, 'I', 0);
}

void arch_zero_page(void *va)
{
	memset(va, 0, PAGE_SIZE);
}

void arch_copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
