/*
 * Cache contract: maintenance through the direct map, and whole pages.
 *
 * All ranges are kernel virtual, inside the direct map (arch_is_ram()), aligned
 * to nothing. Operations by address reach the caches of all CPUs (Arm ARM
 * D7.5.9), whatever address the data was cached by: data caches behave as
 * physically tagged. Each function returns when its effect is there.
 */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <mm/page.h>

/*
 * Writes dirty lines back to the point of coherency (DC CVAC, DSB SY): what
 * reads memory past the caches, a device or a non-cacheable mapping, then sees
 * what was stored. DSB SY and not ISH: the observer is outside the inner
 * shareable domain.
 */
void arch_cache_clean(const void *va, u64 bytes);
/*
 * Drops lines to the point of coherency (DC IVAC, DSB SY): later reads see what
 * a device wrote to memory. A line that the range holds only part of is written
 * back first (DC CIVAC): it has neighbours' data in it.
 */
void arch_cache_invalidate(void *va, u64 bytes);
/*
 * Both (DC CIVAC, DSB SY). Frames about to be mapped with a type other than
 * PT_CACHED need it: a dirty line that is evicted later would overwrite what
 * was stored past the cache, and a clean one would hide it (B2.8, mismatched
 * memory attributes).
 */
void arch_cache_clean_invalidate(void *va, u64 bytes);
/*
 * Makes instruction fetches of all CPUs see the data: D-cache clean to PoU, DSB
 * ISH, I-cache invalidate, DSB ISH, ISB (B2.4.4). A CPU that may have fetched the
 * old instructions already drops them at its next context synchronisation event.
 * Counts as I14's sync for each page that lies in the range as a whole.
 */
void arch_cache_sync(const void *va, u64 bytes);
/* The same for one page, before an executable entry for it becomes visible
 * (I14), so without the ISB: nobody has fetched from it by that entry. Needed
 * after each change of the page's content by the kernel, the first included.
 * Marks the page PAGE_TEXT: its frame is freed through an epoch. */
void arch_sync_icache_page(struct page *p);

/* Zeroes one page through the direct map (DC ZVA). */
void arch_zero_page(void *va);
/* Copies one page; both ends are page-aligned, and not the same page. */
void arch_copy_page(void *dst, const void *src);

#endif
