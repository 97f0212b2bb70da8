/*
 * The VMOs behind an address space's mappings (vmo.md 10.5).
 */
#ifndef MM_MAP_VMOS_H
#define MM_MAP_VMOS_H

#include <mm/vmar.h>

struct vmo;

/*
 * The VMOs named by mappings from page *page on, one for each mapping, in
 * address order: counted references in vmos[], at most `capacity`; *page moves
 * on behind them. Returns how many; fewer than capacity: no more are there, or
 * the address space has ended. Takes aspace->lock.
 */
size_t aspace_list_vmos(struct aspace *as, u64 *page, struct vmo **vmos,
			size_t capacity);

#endif
