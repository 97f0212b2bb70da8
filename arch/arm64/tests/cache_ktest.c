/*
 * Cache maintenance by range and whole pages on the real machine: no address
 * faults, whatever its alignment, and no byte changes that should not. What an
 * emulator without caches cannot show, tests/unit/cache_test.c counts.
 */
#include <arch/cache.h>
#include <arch/mmu.h>
#include <kernel/ktest.h>
#include <mm/pmm.h>

static u8 pattern(u32 i, u32 salt)
{
	return (u8)(i * 13 + (i >> 8) + salt);
}

static void fill(u8 *p, u32 bytes, u32 salt)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		p[i] = pattern(i, salt);
}

static u32 differences(const u8 *p, u32 bytes, u32 salt)
{
	u32 i, count = 0;

	for (i = 0; i < bytes; i++)
		count += p[i] != pattern(i, salt);
	return count;
}

KTEST(cache_operations_keep_content)
{
	struct page *p = pmm_alloc_order(1);
	u32 from, bytes;
	u8 *va;

	KEXPECT_TRUE(t, p != NULL);
	if (p == NULL)
		return;
	va = phys_to_virt(page_to_paddr(p));
	fill(va, 2 * PAGE_SIZE, 1);
	for (from = 4000; from < 4200; from += 13) {
		for (bytes = 0; bytes < 300; bytes += 29) {
			arch_cache_clean(va + from, bytes);
			/* Nothing dirty is left to lose. */
			arch_cache_clean(va, 2 * PAGE_SIZE);
			arch_cache_invalidate(va + from, bytes);
			arch_cache_clean_invalidate(va + from, bytes);
			arch_cache_sync(va + from, bytes);
		}
	}
	KEXPECT_EQ(t, differences(va, 2 * PAGE_SIZE, 1), 0);
	arch_cache_sync(va, 2 * PAGE_SIZE);
	pmm_free_order(p, 1);
}

/* The middle one of three pages, and nothing beside it. */
KTEST(page_copy_and_zero)
{
	struct page *p = pmm_alloc_order(2);
	u8 *va;

	KEXPECT_TRUE(t, p != NULL);
	if (p == NULL)
		return;
	va = phys_to_virt(page_to_paddr(p));
	fill(va, PAGE_SIZE, 1);
	fill(va + PAGE_SIZE, PAGE_SIZE, 2);
	fill(va + 2 * PAGE_SIZE, PAGE_SIZE, 3);
	fill(va + 3 * PAGE_SIZE, PAGE_SIZE, 4);
	arch_copy_page(va + PAGE_SIZE, va + 3 * PAGE_SIZE);
	KEXPECT_EQ(t, differences(va, PAGE_SIZE, 1), 0);
	KEXPECT_EQ(t, differences(va + PAGE_SIZE, PAGE_SIZE, 4), 0);
	KEXPECT_EQ(t, differences(va + 2 * PAGE_SIZE, PAGE_SIZE, 3), 0);
	KEXPECT_EQ(t, differences(va + 3 * PAGE_SIZE, PAGE_SIZE, 4), 0);
	arch_zero_page(va + PAGE_SIZE);
	KEXPECT_EQ(t, differences(va, PAGE_SIZE, 1), 0);
	KEXPECT_EQ(t, va[PAGE_SIZE] | va[2 * PAGE_SIZE - 1], 0);
	KEXPECT_EQ(t, differences(va + 2 * PAGE_SIZE, PAGE_SIZE, 3), 0);
	pmm_free_order(p, 2);
}
