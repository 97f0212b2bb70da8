/*
 * The pages of a pager's VMO: looking one up for an access, and marking it as
 * newer than the service's copy (pager-port.md 7.1-7.5).
 *
 * A page may be written only once it is dirty, and an entry that permits writes
 * stands only for a dirty page of a VMO that is known to be modified: whoever
 * takes either back takes write permission from all entries first, under the
 * same hold of the lock.
 */
#include "page_source.h"
#include "vmo_gap.h"

bool vmo_is_absent_locked(const struct vmo *s, u64 index)
{
	return pt_slot_type(ptree_get(&s->pages, index)) == PT_EMPTY &&
	       !vmo_in_gap_locked(s, index);
}

zx_status_t vmo_request_dirty_locked(struct vmo *v, u64 start, u64 end,
				     struct page_request *request)
{
	if (!(v->options & ZX_VMO_TRAP_DIRTY))
		return ZX_OK;
	if (!request)
		return page_source_is_closed(v->source) ? ZX_OK :
							  ZX_ERR_SHOULD_WAIT;
	return page_source_request(v->source, PAGE_REQUEST_DIRTY,
				   (start - v->shift) << PAGE_SHIFT,
				   (end - start) << PAGE_SHIFT, request);
}

zx_status_t vmo_fill_zero_locked(struct vmo *v, u64 index, struct page **out)
{
	zx_status_t status = vmo_cut_gap_locked(v, index);

	if (status == ZX_OK)
		status = vmo_cut_gap_locked(v, index + 1);
	if (status == ZX_OK)
		status = vmo_commit_page_locked(v, index, NULL, out);
	return status;
}

/* A page that is there shall be written. */
static __attribute__((noinline)) zx_status_t
touch_page_locked(struct vmo *v, u64 index, struct page *p,
		  struct page_request *request, bool *writable)
{
	zx_status_t status = ZX_OK;

	if (vmo_page_state(p) != VMO_PAGE_DIRTY)
		status = vmo_request_dirty_locked(v, index, index + 1, request);
	if (status != ZX_OK)
		return status;
	vmo_set_page_state(p, VMO_PAGE_DIRTY);
	v->modified = true;
	*writable = true;
	return ZX_OK;
}

/* A marker, or part of a gap. */
static zx_status_t touch_zero_locked(struct vmo *v, u64 index, bool write,
				     struct page_request *request,
				     struct page **out, bool *writable)
{
	zx_status_t status;

	*writable = write;
	*out = zero_page;
	if (!write) {
		v->zero_mapped = true;
		return ZX_OK;
	}
	status = vmo_request_dirty_locked(v, index, index + 1, request);
	if (status == ZX_OK)
		status = vmo_fill_zero_locked(v, index, out);
	if (status == ZX_OK)
		v->modified = true;
	return status;
}

/* No page is there. */
static __attribute__((noinline)) zx_status_t
get_no_page_locked(struct vmo *v, u64 index, struct pt_slot s, bool write,
		   struct page_request *request, struct page **out,
		   bool *writable)
{
	if (pt_slot_type(s) == PT_ZERO || vmo_in_gap_locked(v, index))
		return touch_zero_locked(v, index, write, request, out,
					 writable);
	if (!request)
		return ZX_ERR_SHOULD_WAIT;
	return page_source_request(v->source, PAGE_REQUEST_READ,
				   (index - v->shift) << PAGE_SHIFT, PAGE_SIZE,
				   request);
}

zx_status_t vmo_get_paged_locked(struct vmo *v, u64 index, bool write,
				 struct page_request *request,
				 struct page **out, bool *writable)
{
	struct pt_slot s = pt_slot_empty();
	struct page *p;

	(void)ptree_find(&v->pages, index, &s);
	if (pt_slot_type(s) != PT_PAGE)
		return get_no_page_locked(v, index, s, write, request, out,
					  writable);
	p = pt_page(s);
	*out = p;
	vmo_page_used(p);
	*writable = v->modified && vmo_page_state(p) == VMO_PAGE_DIRTY;
	return write ? touch_page_locked(v, index, p, request, writable) :
		       ZX_OK;
}

/* The end of the run of pages from index on that are there and not dirty. */
static u64 untouched_end_locked(struct vmo *v, u64 index, u64 end)
{
	while (index < end) {
		struct page_span span = vmo_span_locked(v, index, end);

		if (span.kind == KIND_ABSENT || span.kind == KIND_DIRTY)
			break;
		index = span.end;
	}
	return index;
}

zx_status_t vmo_request_access_locked(struct vmo *v, u64 index, u64 end,
				      bool write, struct page_request *request)
{
	if (!v->source || !write || vmo_is_absent_locked(v, index))
		return vmo_request_run_locked(v, index, end, request);
	end = untouched_end_locked(v, index, min_u64(end, vmo_end_locked(v)));
	return vmo_request_dirty_locked(v, index, end, request);
}
