/*
 * Whole pages and caches, through the direct map.
 */
#include <arch/cache.h>
#include <arch/mmu.h>
#include <mm/ptcheck.h>

#include "mutants.h"

/* CTR_EL0 (Arm ARM D17.2.34). */
#define CTR_ILINE(ctr) (4ul << ((ctr) & 15))
#define CTR_DLINE(ctr) (4ul << ((ctr) >> 16 & 15))
#define CTR_L1IP(ctr) ((ctr) >> 14 & 3)
#define CTR_L1IP_PIPT 3
#define CTR_IDC (1ul << 28)	/* no D-cache clean needed for the I-side */
#define CTR_DIC (1ul << 29)	/* no I-cache invalidation needed */

#define ZVA_PROHIBITED 16	/* DCZID_EL0.DZP */
#define ZVA_64_BYTES 4		/* DCZID_EL0.BS: log2 of words */

static u64 read_ctr(void)
{
	u64 ctr;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	return ctr;
}

static void clean_to_pou(u64 start, u64 line_bytes)
{
	u64 va;

	for (va = start; va < start + PAGE_SIZE; va += line_bytes)
		__asm__ volatile("dc cvau, %0" : : "r"(va) : "memory");
}

static void invalidate_icache(u64 start, u64 ctr)
{
	u64 va;

	/* Only in a PIPT cache does the direct map's address reach lines that
	 * were fetched by a user address (D7.5.9). */
	if (CTR_L1IP(ctr) != CTR_L1IP_PIPT) {
		__asm__ volatile("ic ialluis" : : : "memory");
		return;
	}
	for (va = start; va < start + PAGE_SIZE; va += CTR_ILINE(ctr))
		__asm__ volatile("ic ivau, %0" : : "r"(va) : "memory");
}

void arch_sync_icache_page(struct page *p)
{
	u64 start = (u64)phys_to_virt(page_to_paddr(p));
	u64 ctr = read_ctr();

	if (MUTATED(NO_SYNC_ICACHE))
		return;
	/* The sequence of B2.4.4: new bytes to the point of unification, wait;
	 * old instructions out of all I-caches, wait. The DSB is needed even
	 * where hardware keeps the caches coherent, so that the bytes are
	 * visible to fetches before the entry is. */
	if (!(ctr & CTR_IDC))
		clean_to_pou(start, CTR_DLINE(ctr));
	__asm__ volatile("dsb ish" : : : "memory");
	if (!(ctr & CTR_DIC)) {
		invalidate_icache(start, ctr);
		__asm__ volatile("dsb ish" : : : "memory");
	}
	PTCHECK(sync_icache_hook(p));
}

/* 16 lines of 64 bytes. */
#define ZVA_1 "dc zva, %0\n\tadd %0, %0, #64\n\t"
#define ZVA_4 ZVA_1 ZVA_1 ZVA_1 ZVA_1
#define ZVA_16 ZVA_4 ZVA_4 ZVA_4 ZVA_4

static void zero_by_words(u64 *words)
{
	u32 i;

	for (i = 0; i < PAGE_SIZE / sizeof(u64); i += 8) {
		words[i] = 0;
		words[i + 1] = 0;
		words[i + 2] = 0;
		words[i + 3] = 0;
		words[i + 4] = 0;
		words[i + 5] = 0;
		words[i + 6] = 0;
		words[i + 7] = 0;
	}
}

void arch_zero_page(void *va)
{
	u64 id;

	__asm__("mrs %0, dczid_el0" : "=r"(id));
	if (__builtin_expect((id & (ZVA_PROHIBITED | 15)) != ZVA_64_BYTES, 0)) {
		zero_by_words(va);
		return;
	}
	__asm__ volatile(ZVA_16 ZVA_16 ZVA_16 ZVA_16 : "+r"(va) : : "memory");
}

void arch_copy_page(void *dst, const void *src)
{
	u64 *to = dst;
	const u64 *from = src;
	u32 i;

	for (i = 0; i < PAGE_SIZE / sizeof(u64); i += 8) {
		u64 a = from[i], b = from[i + 1], c = from[i + 2];
		u64 d = from[i + 3], e = from[i + 4], f = from[i + 5];
		u64 g = from[i + 6], h = from[i + 7];

		to[i] = a;
		to[i + 1] = b;
		to[i + 2] = c;
		to[i + 3] = d;
		to[i + 4] = e;
		to[i + 5] = f;
		to[i + 6] = g;
		to[i + 7] = h;
	}
}
