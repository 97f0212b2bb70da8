/*
 * Whole pages of the fake machine. Its instruction fetches read memory, so
 * only the checker sees whether the I-cache was synced.
 */
#include <string.h>

#include <arch/cache.h>
#include <mm/ptcheck.h>

#include "../arm64/mutants.h"

void arch_sync_icache_page(struct page *p)
{
	if (!MUTATED(NO_SYNC_ICACHE))
		PTCHECK(sync_icache_hook(p));
}

void arch_zero_page(void *va)
{
	memset(va, 0, PAGE_SIZE);
}

void arch_copy_page(void *dst, const void *src)
{
	memcpy(dst, src, PAGE_SIZE);
}
