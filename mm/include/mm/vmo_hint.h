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

/*
 * Hints about the pages of the pager's VMO that v shows, for eviction
 * (<mm/evict.h>); pages that v owns as a clone are not meant. OUT_OF_RANGE; OK
 * without a look at the range if there is no pager. dont_need: what is there is
 * the first to go, until it is used again; makes no request. always_need: brings
 * in what is missing, page by page or in runs (pager-port.md 5.3), and then what
 * is there goes only if memory is out otherwise; may wait for a pager, whose
 * failures it does not tell. BAD_STATE: something is missing, and the pager is
 * detached or gone (pager-port.md 2.4); INTERNAL_INTR_KILLED.
 */
MUST_CHECK zx_status_t vmo_dont_need(struct vmo *v, u64 offset, u64 bytes);
MUST_CHECK zx_status_t vmo_always_need(struct vmo *v, u64 offset, u64 bytes,
				       bool runs);

#endif
