/*
 * Hints about pages that a pager supplies (vmo.md 4.7).
 */
#ifndef MM_VMO_HINT_H
#define MM_VMO_HINT_H

#include <mm/vmo.h>

/* Does a pager stand behind some of its pages? Fixed after creation. */
static inline bool vmo_has_pager(const struct vmo *v)
{
	return v->base->source || v->base->source_vmo;
}

/*
 * Brings in what a pager has to supply in the range; makes and copies nothing.
 * OUT_OF_RANGE, and a pager's failure. May wait for a pager.
 */
MUST_CHECK zx_status_t vmo_prefetch(struct vmo *v, u64 offset, u64 bytes);

#endif
