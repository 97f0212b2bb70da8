/*
 * Cache maintenance by address, through the direct map. arch/fake runs this file
 * too, on operations that count.
 */
#include <arch/cache.h>
#include <arch/cache_ops.h>
#include <arch/mmu.h>
#include <kernel/boot.h>
#include <mm/ptcheck.h>

#include "mutants.h"

/* CTR_EL0 (Arm ARM D17.2.34). */
#define CTR_ILINE(ctr) (4ul << ((ctr) & 15))
#define CTR_DLINE(ctr) (4ul << ((ctr) >> 16 & 15))
#define CTR_L1IP(ctr) ((ctr) >> 14 & 3)
#define CTR_L1IP_PIPT 3
#define CTR_IDC (1ul << 28)	/* no D-cache clean needed for the I-side */
#define CTR_DIC (1ul << 29)	/* no I-cache invalidation needed */

static inline u64 line_start(u64 va, u64 line_bytes)
{
	return va & ~(line_bytes - 1);
}

void arch_cache_clean(const void *va, u64 bytes)
{
	u64 line_bytes = CTR_DLINE(hw_read_ctr()), end = (u64)va + bytes;
	u64 at = line_start((u64)va, line_bytes);

	if (bytes == 0)
		return;
	for (; at < end; at += line_bytes)
		hw_dc_cvac(at);
	hw_cache_dsb_sy();
}

void arch_cache_invalidate(void *va, u64 bytes)
{
	u64 line_bytes = CTR_DLINE(hw_read_ctr()), end = (u64)va + bytes;
	u64 at = line_start((u64)va, line_bytes);

	if (bytes == 0)
		return;
	for (; at < end; at += line_bytes) {
		if (at < (u64)va || at + line_bytes > end)
			hw_dc_civac(at);
		else
			hw_dc_ivac(at);
	}
	hw_cache_dsb_sy();
}

void arch_cache_clean_invalidate(void *va, u64 bytes)
{
	u64 line_bytes = CTR_DLINE(hw_read_ctr()), end = (u64)va + bytes;
	u64 at = line_start((u64)va, line_bytes);

	if (bytes == 0)
		return;
	for (; at < end; at += line_bytes)
		hw_dc_civac(at);
	hw_cache_dsb_sy();
}

static void clean_to_pou(u64 va, u64 end, u64 line_bytes)
{
	for (va = line_start(va, line_bytes); va < end; va += line_bytes)
		hw_dc_cvau(va);
}

static void invalidate_icache(u64 va, u64 end, u64 ctr)
{
	/* Only in a PIPT cache does the direct map's address reach lines that
	 * were fetched by a user address (D7.5.9). */
	if (CTR_L1IP(ctr) != CTR_L1IP_PIPT) {
		hw_ic_ialluis();
		return;
	}
	for (va = line_start(va, CTR_ILINE(ctr)); va < end;
	     va += CTR_ILINE(ctr))
		hw_ic_ivau(va);
}

/* The sequence of B2.4.4: new bytes to the point of unification, wait; old
 * instructions out of all I-caches, wait. The first DSB is needed even where
 * hardware keeps the caches coherent, so that the bytes are visible to fetches
 * before what follows in the program is, an executable entry for example. */
static void sync_range(u64 va, u64 end)
{
	u64 ctr = hw_read_ctr();

	if (!(ctr & CTR_IDC))
		clean_to_pou(va, end, CTR_DLINE(ctr));
	hw_cache_dsb_ish();
	if (!(ctr & CTR_DIC)) {
		invalidate_icache(va, end, ctr);
		hw_cache_dsb_ish();
	}
}

/* Tells the checker of the pages that the range holds as a whole. */
static void tell_synced(u64 va, u64 end)
{
	for (va = (va + PAGE_MASK) & ~PAGE_MASK; va + PAGE_SIZE <= end;
	     va += PAGE_SIZE)
		PTCHECK(sync_icache_hook(
			paddr_to_page(virt_to_phys((const void *)va))));
}

void arch_cache_sync(const void *va, u64 bytes)
{
	u64 end = (u64)va + bytes;

	if (bytes == 0)
		return;
	sync_range((u64)va, end);
	/* What this CPU has fetched ahead may be of the old bytes. */
	hw_cache_isb();
	if (IS_ENABLED(CONFIG_PTCHECK))
		tell_synced((u64)va, end);
}

void arch_sync_icache_page(struct page *p)
{
	u64 va = (u64)phys_to_virt(page_to_paddr(p));

	if (MUTATED(NO_SYNC_ICACHE))
		return;
	sync_range(va, va + PAGE_SIZE);
	PTCHECK(sync_icache_hook(p));
	/* Relaxed: whoever frees the frame has acquired the last name of it. */
	if (!MUTATED(EXEC_FREE_AT_ONCE))
		__atomic_store_n(&p->state, PAGE_TEXT, __ATOMIC_RELAXED);
}

/* The end of the range of RAM that holds the page at pa, or pa. */
static u64 ram_end(u64 pa)
{
	u32 i;

	for (i = 0; i < boot_info.memory_count; i++) {
		const struct boot_range *r = &boot_info.memory[i];

		if (pa >= r->base && pa - r->base < r->size &&
		    r->size - (pa - r->base) >= PAGE_SIZE)
			return round_down_page(r->base + r->size);
	}
	return pa;
}

bool arch_is_ram(paddr_t pa, u64 bytes)
{
	u64 at = pa.v;

	while (bytes != 0) {
		u64 end = ram_end(at);

		if (end == at)
			return false;
		bytes -= min_u64(bytes, end - at);
		at = end;
	}
	return true;
}
