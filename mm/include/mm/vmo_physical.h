/*
 * VMOs whose physical addresses matter (vmo.md 6.1, 6.2).
 */
#ifndef MM_VMO_PHYSICAL_H
#define MM_VMO_PHYSICAL_H

#include <mm/vmo.h>

/*
 * A VMO of one run of frames, all there from birth, zeroed, the first aligned to
 * 1 << align_log2 bytes. size is a page multiple and not 0. NO_MEMORY, also at
 * once if there can be no such run.
 */
MUST_CHECK zx_status_t vmo_create_contiguous(u64 size, u32 align_log2,
					     struct vmo **out);

/*
 * A window on [pa, pa + size), whole pages, which does not wrap and need not be
 * RAM. Its cache policy is UNCACHED. NO_MEMORY.
 */
MUST_CHECK zx_status_t vmo_create_physical(paddr_t pa, u64 size,
					   struct vmo **out);

#endif
