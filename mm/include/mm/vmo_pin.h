/*
 * Pins: pages that stay where they are, for devices (vmo.md 13).
 *
 * Pins nest: each page counts them, and the VMO that owns the pages counts all.
 * A pinned page is the VMO's own, shared with no snapshot. It is not dropped or
 * replaced until the last unpin: DECOMMIT, shrinking, snapshots and cache
 * policies are refused, ZERO clears in place.
 */
#ifndef MM_VMO_PIN_H
#define MM_VMO_PIN_H

#include <mm/vmo.h>

/*
 * Pins all pages of [offset, offset + bytes), whole pages, committing them as a
 * write would. OUT_OF_RANGE, NO_MEMORY, NOT_FOUND (discarded), UNAVAILABLE (a
 * page has too many pins), a pager's failure: then nothing is pinned. May wait
 * for a pager. The caller keeps a reference as long as it pins.
 */
MUST_CHECK zx_status_t vmo_pin(struct vmo *v, u64 offset, u64 bytes);
/* The same for a device that only reads: a pager's page stays as it is. */
MUST_CHECK zx_status_t vmo_pin_to_read(struct vmo *v, u64 offset, u64 bytes);
/* Undoes it, for a range that was pinned so; cannot fail. */
void vmo_unpin(struct vmo *v, u64 offset, u64 bytes);
/* Physical addresses of pages that are pinned, `count` from offset on. */
void vmo_get_pinned(struct vmo *v, u64 offset, u64 *addresses, u64 count);
/* Do consecutive pages have consecutive addresses? Fixed after creation. */
bool vmo_is_contiguous(const struct vmo *v);

#endif
