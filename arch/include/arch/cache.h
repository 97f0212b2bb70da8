/*
 * Cache contract: whole pages through the direct map.
 */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <mm/page.h>

/* Makes a page's instruction stream coherent before an executable entry for it
 * becomes visible: D-cache clean to PoU, I-cache invalidate, DSB (I14). Needed
 * after each change of the page's content by the kernel, the first included. */
void arch_sync_icache_page(struct page *p);
/* Zeroes one page through the direct map (DC ZVA). */
void arch_zero_page(void *va);
void arch_copy_page(void *dst, const void *src);

#endif
