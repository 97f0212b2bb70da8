/*
 * Range operations: COMMIT, DECOMMIT, ZERO (vmo.md 4.1-4.4).
 */
#include <kernel/string.h>
#include <kernel/wait.h>
#include <mm/pager.h>
#include <mm/pmm.h>

#include "vmo_internal.h"

/*
 * vmo.md 4.1, "trim": cuts *bytes to the VMO's end, or refuses what reaches
 * past it. OUT_OF_RANGE also for a start past the end and for wrapping.
 */
static zx_status_t trim_locked(const struct vmo *v, u64 offset, u64 *bytes,
			       bool trims)
{
	u64 end;

	if (offset > v->size || __builtin_add_overflow(offset, *bytes, &end))
		return ZX_ERR_OUT_OF_RANGE;
	if (end > v->size) {
		if (!trims)
			return ZX_ERR_OUT_OF_RANGE;
		*bytes = v->size - offset;
	}
	return ZX_OK;
}

/* --- COMMIT --------------------------------------------------------------- */

/* Slots in [start, end) that hold no page. Markers count: they need one. */
static u64 missing_locked(const struct vmo *v, u64 start, u64 end)
{
	return end - start - ptree_count(&v->pages, start, end);
}

/* Puts pages of the list, zeroed here, where there are none; cannot fail. */
static void fill_locked(struct vmo *v, u64 start, u64 end, struct page *list)
{
	struct ptree_cursor c;

	ptree_cursor_init(&c, &v->pages);
	for (u64 i = start; i < end && list; i++) {
		struct page *p = list;

		if (pt_slot_type(ptree_cursor_get(&c, i)) == PT_PAGE)
			continue;
		list = p->next;
		arch_zero_page(vmo_page_bytes(p));
		p->state = PAGE_VMO;
		/* Prepared by the caller: only the cursor's place is new. */
		if (ptree_cursor_prepare(&c, i) == ZX_OK)
			(void)ptree_cursor_set(&c, i, pt_slot_page(p));
	}
	ptree_cursor_end(&c);
}

/* All or nothing: frames and nodes first. */
static zx_status_t commit_anonymous_locked(struct vmo *v, u64 start, u64 end)
{
	struct page *list = NULL;
	u64 missing = missing_locked(v, start, end);
	zx_status_t status;

	if (missing == 0)
		return ZX_OK;
	status = pmm_alloc_list(missing, &list);
	if (status != ZX_OK)
		return status;
	status = ptree_insert_prepare(&v->pages, start, end);
	if (status != ZX_OK) {
		pmm_free_list(list);
		return status;
	}
	vmo_forget_zero_page_locked(v, start, end);
	fill_locked(v, start, end, list);
	return ZX_OK;
}

/* First absent index at or after *start, or end; markers are present here. */
static u64 first_absent_locked(struct vmo *v, u64 start, u64 end)
{
	struct ptree_cursor c;

	ptree_cursor_init(&c, &v->pages);
	while (start < end &&
	       pt_slot_type(ptree_cursor_get(&c, start)) != PT_EMPTY)
		start++;
	return start;
}

static u64 first_present_locked(const struct vmo *v, u64 start, u64 end)
{
	u64 found;
	struct pt_slot s = ptree_next(&v->pages, start, end, &found);

	return pt_slot_type(s) == PT_EMPTY ? end : found;
}

/* One look at a pager-backed range (pager-port.md 5.4): asks for the first run
 * of absent pages. OK when all are present. */
static zx_status_t request_run_locked(struct vmo *v, u64 *start, u64 end,
				      struct page_request *request)
{
	u64 stop = min_u64(end, v->size >> PAGE_SHIFT);
	u64 run_end;

	*start = first_absent_locked(v, *start, stop);
	if (*start >= stop)
		return ZX_OK;
	run_end = first_present_locked(v, *start, stop);
	return page_source_request(v->source, *start << PAGE_SHIFT,
				   (run_end - *start) << PAGE_SHIFT, request);
}

static zx_status_t commit_paged(struct vmo *v, u64 start, u64 end)
{
	struct page_request request;
	zx_status_t status;

	for (;;) {
		mutex_lock(&v->lock);
		status = request_run_locked(v, &start, end, &request);
		mutex_unlock(&v->lock);
		if (status != ZX_ERR_SHOULD_WAIT)
			return status;
		status = page_request_wait(&request);
		if (status != ZX_OK)
			return status;
	}
}

zx_status_t vmo_commit_range(struct vmo *v, u64 offset, u64 bytes, bool trims)
{
	zx_status_t status;
	u64 start, end;

	mutex_lock(&v->lock);
	status = trim_locked(v, offset, &bytes, trims);
	start = offset >> PAGE_SHIFT;
	/* No overflow: offset + bytes is at most the size now. */
	end = (offset + bytes + PAGE_MASK) >> PAGE_SHIFT;
	if (status == ZX_OK && bytes && !v->source)
		status = commit_anonymous_locked(v, start, end);
	mutex_unlock(&v->lock);
	if (status == ZX_OK && bytes && v->source)
		status = commit_paged(v, start, end);
	return status;
}

/* --- DECOMMIT ------------------------------------------------------------- */

zx_status_t vmo_can_decommit(struct vmo *v)
{
	return v->source ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
}

zx_status_t vmo_decommit_range(struct vmo *v, u64 offset, u64 bytes,
			       bool trims)
{
	bool aligned = is_page_aligned(offset) && is_page_aligned(bytes);
	zx_status_t status;

	mutex_lock(&v->lock);
	status = trim_locked(v, offset, &bytes, trims);
	if (status == ZX_OK && bytes) {
		status = vmo_can_decommit(v);
		if (status == ZX_OK && !aligned)
			status = ZX_ERR_INVALID_ARGS;
		if (status == ZX_OK)
			status = ptree_remove_prepare(&v->pages,
						      offset >> PAGE_SHIFT,
						      (offset + bytes) >>
							      PAGE_SHIFT);
		if (status == ZX_OK)
			vmo_drop_pages_locked(v, offset >> PAGE_SHIFT,
					      (offset + bytes) >> PAGE_SHIFT);
	}
	mutex_unlock(&v->lock);
	return status;
}

/* --- ZERO ----------------------------------------------------------------- */

/* Clears part of a page if the VMO holds it; an absent one reads zero. */
static void zero_part_locked(struct vmo *v, u64 offset, u64 bytes)
{
	struct pt_slot s = ptree_get(&v->pages, offset >> PAGE_SHIFT);

	if (bytes && pt_slot_type(s) == PT_PAGE)
		memset(vmo_page_bytes(pt_page(s)) + (offset & PAGE_MASK), 0,
		       bytes);
}

/* Whole pages lose their frames, ragged edges are cleared in place. */
static zx_status_t zero_anonymous_locked(struct vmo *v, u64 offset, u64 bytes)
{
	u64 end = offset + bytes;
	u64 first = (offset + PAGE_MASK) >> PAGE_SHIFT;
	u64 last = end >> PAGE_SHIFT;
	zx_status_t status;

	if (first > last) {
		zero_part_locked(v, offset, bytes);
		return ZX_OK;
	}
	status = ptree_remove_prepare(&v->pages, first, last);
	if (status != ZX_OK)
		return status;
	zero_part_locked(v, offset, (first << PAGE_SHIFT) - offset);
	zero_part_locked(v, last << PAGE_SHIFT, end - (last << PAGE_SHIFT));
	if (first < last)
		vmo_drop_pages_locked(v, first, last);
	return ZX_OK;
}

/* One page of a pager's VMO, as a write of zeroes (pager-port.md 1.4). */
static zx_status_t zero_paged_step(struct vmo *v, u64 offset, u64 bytes)
{
	struct page_request request;
	struct page *page;
	bool writable;
	zx_status_t status;

	mutex_lock(&v->lock);
	status = vmo_get_page_locked(v, offset, true, &request, &page,
				     &writable);
	if (status == ZX_OK)
		memset(vmo_page_bytes(page) + (offset & PAGE_MASK), 0, bytes);
	mutex_unlock(&v->lock);
	if (status != ZX_ERR_SHOULD_WAIT)
		return status;
	status = page_request_wait(&request);
	return status == ZX_OK ? ZX_ERR_SHOULD_WAIT : status;
}

static zx_status_t zero_paged(struct vmo *v, u64 offset, u64 bytes)
{
	while (bytes) {
		u64 count = min_u64(bytes, PAGE_SIZE - (offset & PAGE_MASK));
		zx_status_t status = zero_paged_step(v, offset, count);

		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
		if (status == ZX_ERR_SHOULD_WAIT)
			continue;
		if (status != ZX_OK)
			return status;
		offset += count;
		bytes -= count;
	}
	return ZX_OK;
}

zx_status_t vmo_zero_range(struct vmo *v, u64 offset, u64 bytes, bool trims)
{
	zx_status_t status;

	mutex_lock(&v->lock);
	status = trim_locked(v, offset, &bytes, trims);
	if (status == ZX_OK && bytes && !v->source)
		status = zero_anonymous_locked(v, offset, bytes);
	mutex_unlock(&v->lock);
	if (status == ZX_OK && bytes && v->source)
		status = zero_paged(v, offset, bytes);
	return status;
}
