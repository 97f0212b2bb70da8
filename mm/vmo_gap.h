/*
 * The page states of a pager's VMO (pager-port.md 7.1), and its tail gaps:
 * ranges that read zero and that the service does not know of, because the VMO
 * grew or was cleared to its end.
 *
 * Gaps stand in the VMO's page tree: a marker with GAP_FIRST at the first page,
 * one with GAP_LAST at the last (one with both for a single page), nothing in
 * between. So a page of which the tree says nothing is part of a gap if the next
 * thing behind it is a GAP_LAST without GAP_FIRST; else it is absent. A plain
 * marker is a clean page that reads zero. Gaps may touch each other; to cut one
 * in two changes nothing but the tree.
 *
 * All under the VMO's lock; the VMO has a source, so its tree is no one else's
 * and its indices begin at 0.
 */
#ifndef MM_VMO_GAP_H
#define MM_VMO_GAP_H

#include "vmo_internal.h"

enum gap_flags {
	GAP_FIRST = 1,
	GAP_LAST = 2,
	GAP_BEGUN = 4,		/* on both ends: its writeback has begun */
};

enum page_kind {
	KIND_ABSENT,
	KIND_MARKER,
	KIND_CLEAN,
	KIND_DIRTY,
	KIND_AWAITING,
	KIND_GAP,
	KIND_GAP_BEGUN,
};

/* Pages of one kind from `first` on; a page that is there is alone. */
struct page_span {
	u64 first, end;
	enum page_kind kind;
	struct page *page;	/* CLEAN, DIRTY, AWAITING */
};

static inline bool kind_is_gap(enum page_kind kind)
{
	return kind >= KIND_GAP;
}

/* What stands at index, which is below end; the span ends there at most. */
struct page_span vmo_span_locked(const struct vmo *v, u64 index, u64 end);
/* The halves of the inlines below that look. */
u64 vmo_seek_gap_locked(const struct vmo *v, u64 index, u64 end);
bool vmo_seek_in_gap_locked(const struct vmo *v, u64 index);

/* The first gap page at or after index, or `end`. */
static inline u64 vmo_find_gap_locked(const struct vmo *v, u64 index, u64 end)
{
	return v->has_gaps ? vmo_seek_gap_locked(v, index, end) : end;
}

/* Is index part of a gap, be it an end of one or between? */
static inline bool vmo_in_gap_locked(const struct vmo *v, u64 index)
{
	return v->has_gaps && vmo_seek_in_gap_locked(v, index);
}

/* No gap reaches over index from here on. NO_MEMORY. */
MUST_CHECK zx_status_t vmo_cut_gap_locked(struct vmo *v, u64 index);
/* [start, end), where nothing stands, is a gap; it continues one that ends there
 * and whose writeback has not begun. NO_MEMORY: as before. */
MUST_CHECK zx_status_t vmo_add_gap_locked(struct vmo *v, u64 start, u64 end);
/* Is ZERO up to end a matter of a gap: in the VMO's era, at its end, without pins,
 * and while the service is there to hear of it? */
bool vmo_may_make_gap_locked(const struct vmo *v, u64 end);
/* [start, end), the end of the VMO, becomes a gap, whatever stands there, which
 * is not pinned; what is asked for there is ended as by a shrink. NO_MEMORY: as
 * before. */
MUST_CHECK zx_status_t vmo_make_gap_locked(struct vmo *v, u64 start, u64 end);
/* Writeback begins for the gap [start, end), which no cut is missing of; or it
 * ends, and the pages are absent: the service has zeroes now. */
void vmo_begin_gap_locked(struct vmo *v, u64 start, u64 end);
void vmo_end_gap_locked(struct vmo *v, u64 start, u64 end);

#endif
