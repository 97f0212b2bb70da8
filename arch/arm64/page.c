/*
 * Zeroing a page. Copying one is arch_copy_page() in string.S.
 */
#include <arch/cache.h>

#define ZVA_PROHIBITED 16	/* DCZID_EL0.DZP */
#define ZVA_64_BYTES 4		/* DCZID_EL0.BS: log2 of words */

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
