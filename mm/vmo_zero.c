/*
 * ZERO (vmo.md 4.4): makes a range read zero, and frees frames where it may.
 *
 * Whole pages lose their frames; what then stands there is nothing, or, where a
 * pager's VMO would shine through, a marker. Ragged edges, pinned pages and
 * contiguous memory are cleared in place, copied first if shared.
 */
#include <kernel/string.h>
#include <kernel/wait.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>

#include "vmo_gap.h"

/* Markers set before the lock is given up for a moment. */
#define MARKERS_A_TURN 4096ul
/* Pages of a pager's VMO cleared likewise. */
#define PAGES_A_TURN 64

/* Does the source decide what is read there, so that it may come to be something
 * else than the zeroes of now? */
static bool shines_through_locked(const struct vmo *v, u64 index)
{
	return (v->lookup & VMO_IS_OVERLAY) && index < v->window_end &&
	       pt_slot_type(ptree_get(&v->pages, index)) == PT_EMPTY;
}

/* Clears part of a page, perhaps nothing of it, which is then the VMO's own; one
 * that reads zero for good is left alone. */
static zx_status_t zero_part_locked(struct vmo *v, u64 index, u64 in_page,
				    u64 bytes, struct page_request *request)
{
	struct page *page;
	bool writable;
	zx_status_t status;

	status = vmo_get_page_locked(v, index, false, request, &page,
				     &writable);
	if (status != ZX_OK ||
	    (page == zero_page && !shines_through_locked(v, index)))
		return status;
	status = vmo_get_page_locked(v, index, true, request, &page,
				     &writable);
	if (status == ZX_OK)
		memset(vmo_page_bytes(page) + in_page, 0, bytes);
	return status;
}

/* --- Whole pages ---------------------------------------------------------- */

/* The paths to all pages of the range private: pages that are dropped one by
 * one between others. */
static zx_status_t prepare_each_locked(struct vmo *v, u64 start, u64 end)
{
	zx_status_t status = ZX_OK;
	struct page *page;

	while (status == ZX_OK && v->kind != VMO_CONTIGUOUS &&
	       vmo_next_resident_locked(v, &start, end, &page)) {
		status = ptree_remove_prepare(&v->pages, start, start + 1);
		start++;
	}
	return status;
}

/* Pages that must keep their frames are cleared, the others dropped. */
static void zero_around_pins_locked(struct vmo *v, u64 start, u64 end)
{
	struct page *page;

	while (vmo_next_resident_locked(v, &start, end, &page)) {
		if (page->count || v->kind == VMO_CONTIGUOUS)
			arch_zero_page(vmo_page_bytes(page));
		else
			vmo_drop_pages_locked(v, start, start + 1);
		start++;
	}
}

/* A marker at a prepared index. A pinned page is cleared instead; another one
 * goes on *list if the name was the last. */
static void mark_one_locked(struct ptree_cursor *c, u64 index,
			    struct page **list)
{
	struct pt_slot old = ptree_cursor_get(c, index);
	bool is_page = pt_slot_type(old) == PT_PAGE;

	if (is_page && pt_page(old)->count) {
		arch_zero_page(vmo_page_bytes(pt_page(old)));
		return;
	}
	(void)ptree_cursor_set(c, index, pt_slot_zero());
	if (is_page && page_unref(pt_page(old))) {
		pt_page(old)->next = *list;
		*list = pt_page(old);
	}
}

zx_status_t vmo_mark_zero_locked(struct vmo *v, u64 start, u64 end)
{
	struct page *list = NULL;
	struct ptree_cursor c;

	if (ptree_insert_prepare(&v->pages, start, end) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	vmo_unmap_pages_locked(v, start, end);
	ptree_cursor_init(&c, &v->pages);
	for (u64 i = start; i < end; i++)
		mark_one_locked(&c, i, &list);
	ptree_cursor_end(&c);
	pmm_free_list(list);
	return ZX_OK;
}

/*
 * Whole pages of an overlay. Up to the end of what shines through, the source
 * is cut shorter; elsewhere each page gets a marker. The number is the
 * caller's choice: refused at once if the nodes are more than the memory.
 */
static zx_status_t zero_overlay(struct vmo *v, u64 start, u64 end)
{
	zx_status_t status = ZX_OK;

	if ((end - start) / VMO_SLOTS_A_FRAME > pmm_free_count())
		return ZX_ERR_NO_MEMORY;
	while (start < end && status == ZX_OK) {
		u64 stop = min_u64(end, start + MARKERS_A_TURN);

		mutex_lock(v->lock);
		if (stop > vmo_end_locked(v))
			status = ZX_ERR_OUT_OF_RANGE;
		else
			status = vmo_mark_zero_locked(v, start, stop);
		mutex_unlock(v->lock);
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
		start = stop;
	}
	return status;
}

/* Is the range dealt with by dropping pages, and the rest of what shines
 * through by cutting it off? */
static bool needs_no_markers_locked(const struct vmo *v, u64 start, u64 end)
{
	return !(v->lookup & VMO_IS_OVERLAY) || start >= v->window_end ||
	       end >= v->window_end;
}

static zx_status_t zero_pages_locked(struct vmo *v, u64 start, u64 end)
{
	bool around = v->pin_count || v->kind == VMO_CONTIGUOUS;
	zx_status_t status = around ?
		prepare_each_locked(v, start, end) :
		ptree_remove_prepare(&v->pages, start, end);

	if (status != ZX_OK)
		return status;
	if (start < v->window_end) {
		/* Entries of the source's frames go as well. */
		v->window_end = start;
		vmo_unmap_pages_locked(v, start, end);
	}
	if (around)
		zero_around_pins_locked(v, start, end);
	else
		vmo_drop_pages_locked(v, start, end);
	return ZX_OK;
}

/* --- A pager's VMO -------------------------------------------------------- */

/* One page or gap from *index on; what reads zero already is left alone. */
static zx_status_t zero_paged_page_locked(struct vmo *v, u64 *index, u64 end,
					  struct page_request *request)
{
	struct page_span span = vmo_span_locked(v, *index, end);
	bool runs = page_source_copies_ask_for_runs(v->source);
	struct page *page;
	bool writable;
	zx_status_t status;

	if (span.kind == KIND_ABSENT)
		return vmo_request_run_locked(v, *index,
					      runs ? end : *index + 1, request);
	*index = span.end;
	if (!span.page)
		return ZX_OK;
	status = vmo_get_page_locked(v, span.first, true, NULL, &page,
				     &writable);
	if (status == ZX_OK) {
		arch_zero_page(vmo_page_bytes(page));
		return ZX_OK;
	}
	*index = span.first;
	if (status != ZX_ERR_SHOULD_WAIT)
		return status;
	return vmo_request_access_locked(v, *index, end, true, request);
}

static zx_status_t zero_paged_turn_locked(struct vmo *v, u64 *index, u64 end,
					  struct page_request *request)
{
	zx_status_t status = ZX_OK;

	if (end > vmo_end_locked(v))
		return ZX_ERR_OUT_OF_RANGE;
	for (u32 i = 0; status == ZX_OK && i < PAGES_A_TURN && *index < end;
	     i++)
		status = zero_paged_page_locked(v, index, end, request);
	return status;
}

/* Whole pages by whole pages. */
static zx_status_t zero_each_paged(struct vmo *v, u64 index, u64 end)
{
	struct page_request request;
	zx_status_t status = ZX_OK;

	while (status == ZX_OK && index < end) {
		mutex_lock(v->lock);
		status = zero_paged_turn_locked(v, &index, end, &request);
		mutex_unlock(v->lock);
		if (status == ZX_ERR_SHOULD_WAIT)
			status = page_request_wait(&request);
		if (status == ZX_OK && thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return status;
}

/* To the VMO's end: in later eras as if it had been cut there, and grown again.
 * Nobody is asked, as for that (pager-port.md 7.6). */
static zx_status_t zero_paged(struct vmo *v, u64 start, u64 end)
{
	zx_status_t status = ZX_OK;
	bool to_end;

	mutex_lock(v->lock);
	to_end = vmo_may_make_gap_locked(v, end);
	if (to_end)
		status = vmo_make_gap_locked(v, start, end);
	mutex_unlock(v->lock);
	return to_end ? status : zero_each_paged(v, start, end);
}

/* --- All ------------------------------------------------------------------ */

/* Part of a page; may wait for a pager. */
static zx_status_t zero_piece(struct vmo *v, u64 index, u64 in_page,
			      u64 bytes)
{
	struct page_request request;
	zx_status_t status;

	do {
		mutex_lock(v->lock);
		status = zero_part_locked(v, index, in_page, bytes, &request);
		mutex_unlock(v->lock);
		if (status != ZX_ERR_SHOULD_WAIT)
			return status;
		status = page_request_wait(&request);
	} while (status == ZX_OK && !thread_is_killed());
	return status == ZX_OK ? ZX_ERR_INTERNAL_INTR_KILLED : status;
}

/* The service learns of it, whatever was there (7.8). */
static void note_modified(struct vmo *b)
{
	mutex_lock(b->lock);
	b->modified = true;
	mutex_unlock(b->lock);
}

static zx_status_t zero_pages(struct vmo *v, u64 start, u64 end)
{
	zx_status_t status = ZX_OK;
	bool by_dropping;

	if (start >= end)
		return ZX_OK;
	if (v->source)
		return zero_paged(v, start, end);
	mutex_lock(v->lock);
	by_dropping = needs_no_markers_locked(v, start, end);
	if (by_dropping)
		status = zero_pages_locked(v, start,
					   min_u64(end, vmo_end_locked(v)));
	mutex_unlock(v->lock);
	if (!by_dropping)
		status = zero_overlay(v, start, end);
	return status;
}

/*
 * What can fail comes first: the pages at the edges are made the VMO's own, then
 * those between are dropped, and then the edges are cleared, which fails only if
 * a snapshot was taken meanwhile.
 */
static zx_status_t zero_bytes(struct vmo *v, u64 offset, u64 bytes)
{
	u64 end = offset + bytes;
	u64 first = vmo_index(v, offset + PAGE_MASK);
	u64 last = vmo_index(v, end);
	u64 left = -offset & PAGE_MASK, right = end & PAGE_MASK;
	struct vmo *b = v->base;
	zx_status_t status = ZX_OK;

	if (first > last)
		return zero_piece(b, last, offset & PAGE_MASK, bytes);
	if (left)
		status = zero_piece(b, first - 1, 0, 0);
	if (status == ZX_OK && right)
		status = zero_piece(b, last, 0, 0);
	if (status == ZX_OK)
		status = zero_pages(b, first, last);
	if (status == ZX_OK && left)
		status = zero_piece(b, first - 1, PAGE_SIZE - left, left);
	if (status == ZX_OK && right)
		status = zero_piece(b, last, 0, right);
	return status;
}

zx_status_t vmo_zero_range(struct vmo *v, u64 offset, u64 bytes, bool trims)
{
	struct vmo *b = v->base;
	zx_status_t status;

	if (b->kind == VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	mutex_lock(b->lock);
	if (b->cache_policy != ZX_CACHE_POLICY_CACHED)
		status = ZX_ERR_BAD_STATE;
	else
		status = vmo_trim_locked(v, offset, &bytes, trims);
	if (status == ZX_OK && bytes && (b->lookup & VMO_IS_DISCARDED))
		status = ZX_ERR_NOT_FOUND;
	mutex_unlock(b->lock);
	if (status != ZX_OK || !bytes)
		return status;
	do {
		status = zero_bytes(v, offset, bytes);
	} while (mm_try_again(status, 1));
	if (status == ZX_OK && b->source)
		note_modified(b);
	return status;
}
