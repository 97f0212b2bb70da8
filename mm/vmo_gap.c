/*
 * Tail gaps of a pager's VMO in its page tree: see vmo_gap.h.
 */
#include <mm/pmm.h>

#include "page_source.h"
#include "vmo_gap.h"

static bool is_gap_end(struct pt_slot s)
{
	return pt_slot_type(s) == PT_ZERO && (pt_slot_flags(s) & GAP_LAST);
}

static bool is_gap_start(struct pt_slot s)
{
	return pt_slot_type(s) == PT_ZERO && (pt_slot_flags(s) & GAP_FIRST);
}

static enum page_kind gap_kind(struct pt_slot s)
{
	return pt_slot_flags(s) & GAP_BEGUN ? KIND_GAP_BEGUN : KIND_GAP;
}

static enum page_kind page_kind(const struct page *p)
{
	switch (vmo_page_state(p)) {
	case VMO_PAGE_CLEAN:
		return KIND_CLEAN;
	case VMO_PAGE_AWAITING:
		return KIND_AWAITING;
	default:
		return KIND_DIRTY;
	}
}

/* Nothing stands at span->first; what is next stands at found. */
static void span_of_nothing(struct page_span *span, struct pt_slot next,
			    u64 found)
{
	if (is_gap_end(next) && !is_gap_start(next)) {
		span->kind = gap_kind(next);
		span->end = found + 1;
	} else {
		span->kind = KIND_ABSENT;
		span->end = pt_slot_type(next) == PT_EMPTY ? PT_INDEX_LIMIT :
							     found;
	}
}

static void span_of_marker(const struct vmo *v, struct page_span *span,
			   struct pt_slot s)
{
	span->end = span->first + 1;
	if (pt_slot_flags(s) == 0) {
		span->kind = KIND_MARKER;
		return;
	}
	span->kind = gap_kind(s);
	if (is_gap_end(s))
		return;
	(void)ptree_next(&v->pages, span->end, PT_INDEX_LIMIT, &span->end);
	span->end++;
}

struct page_span vmo_span_locked(const struct vmo *v, u64 index, u64 end)
{
	struct page_span span = { .first = index };
	u64 found = index;
	struct pt_slot s = ptree_next(&v->pages, index, PT_INDEX_LIMIT, &found);

	if (pt_slot_type(s) == PT_EMPTY || found > index) {
		span_of_nothing(&span, s, found);
	} else if (pt_slot_type(s) == PT_PAGE) {
		span.end = index + 1;
		span.page = pt_page(s);
		span.kind = page_kind(span.page);
	} else {
		span_of_marker(v, &span, s);
	}
	span.end = min_u64(span.end, end);
	return span;
}

u64 vmo_seek_gap_locked(const struct vmo *v, u64 index, u64 end)
{
	while (index < end) {
		u64 from = index;
		struct pt_slot s = ptree_next(&v->pages, index, PT_INDEX_LIMIT,
					      &index);

		if (is_gap_start(s))
			return min_u64(index, end);
		if (is_gap_end(s))
			return from;
		if (pt_slot_type(s) == PT_EMPTY)
			return end;
		index++;
	}
	return end;
}

bool vmo_seek_in_gap_locked(const struct vmo *v, u64 index)
{
	u64 found;
	struct pt_slot s = ptree_next(&v->pages, index, PT_INDEX_LIMIT, &found);

	return is_gap_start(s) ? found == index : is_gap_end(s);
}

/* Slots are prepared where they are set to something. */
static void set_slot(struct vmo *v, u64 index, struct pt_slot s)
{
	struct ptree_cursor c;

	ptree_cursor_init(&c, &v->pages);
	(void)ptree_cursor_set(&c, index, s);
	ptree_cursor_end(&c);
}

static zx_status_t prepare_slot(struct vmo *v, u64 index)
{
	return ptree_insert_prepare(&v->pages, index, index + 1);
}

/* More flags for an end of a gap, be it set already or not. */
static void mark_end(struct vmo *v, u64 index, u64 flags)
{
	struct pt_slot s = ptree_get(&v->pages, index);

	if (pt_slot_type(s) == PT_ZERO)
		flags |= pt_slot_flags(s);
	set_slot(v, index, pt_slot_flagged(flags));
}

zx_status_t vmo_cut_gap_locked(struct vmo *v, u64 index)
{
	u64 found, begun;
	struct pt_slot s = ptree_next(&v->pages, index, PT_INDEX_LIMIT, &found);

	if (!is_gap_end(s) || is_gap_start(s))
		return ZX_OK;
	begun = pt_slot_flags(s) & GAP_BEGUN;
	if (prepare_slot(v, index - 1) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	if (prepare_slot(v, index) != ZX_OK) {
		ptree_prune(&v->pages, index - 1, index);
		return ZX_ERR_NO_MEMORY;
	}
	mark_end(v, index - 1, GAP_LAST | begun);
	mark_end(v, index, GAP_FIRST | begun);
	return ZX_OK;
}

/* The gap in front of start is carried on to end. */
static bool carry_on(struct vmo *v, u64 start, u64 end)
{
	struct pt_slot s = pt_slot_empty();

	if (start)
		s = ptree_get(&v->pages, start - 1);
	if (!is_gap_end(s) || (pt_slot_flags(s) & GAP_BEGUN))
		return false;
	set_slot(v, start - 1, is_gap_start(s) ? pt_slot_flagged(GAP_FIRST) :
						 pt_slot_empty());
	set_slot(v, end - 1, pt_slot_flagged(GAP_LAST));
	return true;
}

zx_status_t vmo_add_gap_locked(struct vmo *v, u64 start, u64 end)
{
	if (start >= end)
		return ZX_OK;
	if (prepare_slot(v, end - 1) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	v->has_gaps = true;
	if (carry_on(v, start, end)) {
		if (start)
			ptree_prune(&v->pages, start - 1, start);
		return ZX_OK;
	}
	if (prepare_slot(v, start) != ZX_OK) {
		ptree_prune(&v->pages, end - 1, end);
		return ZX_ERR_NO_MEMORY;
	}
	mark_end(v, start, GAP_FIRST);
	mark_end(v, end - 1, GAP_LAST);
	return ZX_OK;
}

/* Puts a marker where anything may stand, at a prepared slot. */
static void replace_slot(struct vmo *v, u64 index, u64 flags)
{
	struct pt_slot old = ptree_get(&v->pages, index);

	set_slot(v, index, pt_slot_flagged(flags));
	if (pt_slot_type(old) == PT_PAGE && page_unref(pt_page(old)))
		pmm_free(pt_page(old));
}

bool vmo_may_make_gap_locked(const struct vmo *v, u64 end)
{
	return page_source_zero_makes_tail(v->source) &&
	       end == vmo_end_locked(v) && !v->pin_count &&
	       !page_source_is_detached(v->source);
}

zx_status_t vmo_make_gap_locked(struct vmo *v, u64 start, u64 end)
{
	if (vmo_cut_gap_locked(v, start) != ZX_OK ||
	    prepare_slot(v, end - 1) != ZX_OK ||
	    prepare_slot(v, start) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	v->has_gaps = true;
	page_source_shrink(v->source, &v->pages, start << PAGE_SHIFT);
	vmo_unmap_pages_locked(v, start, end);
	if (end - start > 2)
		vmo_free_pages_locked(v, start + 1, end - 1);
	if (end - start == 1) {
		replace_slot(v, start, GAP_FIRST | GAP_LAST);
		return ZX_OK;
	}
	replace_slot(v, start, GAP_FIRST);
	replace_slot(v, end - 1, GAP_LAST);
	return ZX_OK;
}

void vmo_begin_gap_locked(struct vmo *v, u64 start, u64 end)
{
	mark_end(v, start, GAP_BEGUN);
	mark_end(v, end - 1, GAP_BEGUN);
}

/* Whoever shows the zero page there must ask from now on. */
void vmo_end_gap_locked(struct vmo *v, u64 start, u64 end)
{
	vmo_forget_zero_page_locked(v, start, end);
	set_slot(v, start, pt_slot_empty());
	set_slot(v, end - 1, pt_slot_empty());
	ptree_prune(&v->pages, start, end);
}
