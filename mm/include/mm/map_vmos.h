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

/* Neighbours that show one VMO in one go. */
struct mapped_part {
	struct vmo *vmo;		/* owner of the pages, counted */
	u64 page;			/* where in the address space */
	u64 index;			/* of the first page in the VMO's tree */
	u64 count;
};
/* The first at or after a page of the address space; false: no more, or it has
 * ended. Takes aspace->lock. */
bool aspace_next_part(struct aspace *as, u64 page, struct mapped_part *part);

/* Committed bytes that an address space shows; each page of a VMO once. */
struct mapped_stats {
	u64 mapped;
	u64 own;			/* of VMOs that no other space maps */
	u64 shared;
	u64 scaled;			/* shared, divided by the spaces ... */
	u64 fraction;			/* ... the rest below a byte, 2^63 = 1 */
};
/* split: a page that several VMOs share counts by its part, else wholly for the
 * oldest viewer. What changes meanwhile may be seen or not. Locks are taken for
 * one mapping list or one leaf at a time; ends early when killed. */
void aspace_get_stats(struct aspace *as, bool split, struct mapped_stats *out);

#endif
