/*
 * The pages of a VMO: looking one up for an access, making one, copying a
 * shared one on write, dropping ranges.
 *
 * A page is written in place only when this VMO's name of it is the only one,
 * on a path of nodes that only this VMO names. Else it is copied, and then this
 * VMO's entries that show the old frame are flushed before its name of that
 * frame is given up: whoever then finds itself the last owner writes in place,
 * and no entry of ours may show that.
 */
#include <arch/cache.h>
#include <kernel/string.h>
#include <mm/pager.h>
#include <mm/pmm.h>

#include "vmo_internal.h"

/* --- One page ------------------------------------------------------------- */

/* Puts a page that is filled already at a prepared index where no page is.
 * Entries that show the zero page there are flushed first (I5). */
static void put_page_locked(struct vmo *v, struct ptree_cursor *c, u64 index,
			    struct page *p)
{
	vmo_forget_zero_page_locked(v, index, index + 1);
	p->state = PAGE_VMO;
	vmo_set_page_state(p, VMO_PAGE_DIRTY);
	p->age = 0;
	(void)ptree_cursor_set(c, index, pt_slot_page(p));
	ptree_cursor_end(c);
}

zx_status_t vmo_commit_page_locked(struct vmo *v, u64 index,
				   const struct page *from, struct page **out)
{
	struct ptree_cursor c;
	struct page *p = pmm_alloc();
	zx_status_t status;

	if (!p)
		return ZX_ERR_NO_MEMORY;
	ptree_cursor_init(&c, &v->pages);
	status = ptree_cursor_prepare(&c, index);
	if (status != ZX_OK) {
		pmm_free(p);
		return status;
	}
	if (from)
		arch_copy_page(vmo_page_bytes(p), vmo_page_bytes(from));
	else
		arch_zero_page(vmo_page_bytes(p));
	/* It will be stored to past the cache. */
	if (v->lookup & VMO_IS_UNCACHED)
		arch_cache_clean_invalidate(vmo_page_bytes(p), PAGE_SIZE);
	put_page_locked(v, &c, index, p);
	stat_add(STAT_FAULTS_ZERO, 1);
	*out = p;
	return ZX_OK;
}

/* Makes the page in a slot of v's own its own as well. The others may have let
 * go of it meanwhile, and then it is ours as it is. */
static inline zx_status_t own_page_locked(struct vmo *v, u64 index,
					  struct pt_slot *slot,
					  struct page **out)
{
	struct page *old = pt_page(*slot), *p;

	*out = old;
	if (page_is_private(old))
		return ZX_OK;
	p = pmm_alloc();
	if (!p)
		return ZX_ERR_NO_MEMORY;
	arch_copy_page(vmo_page_bytes(p), vmo_page_bytes(old));
	p->state = PAGE_VMO;
	/* Flushed before our name of the old frame goes: whoever is left with
	 * the last one writes in place, and our program must not see that. */
	vmo_unmap_pages_locked(v, index, index + 1);
	*slot = pt_slot_page(p);
	if (page_unref(old))
		pmm_free(old);
	*out = p;
	return ZX_OK;
}

/* The path to the page first, whose nodes others name too. */
static __attribute__((noinline)) zx_status_t
own_path_locked(struct vmo *v, u64 index, struct page **out)
{
	struct ptree_cursor c;

	ptree_cursor_init(&c, &v->pages);
	if (ptree_cursor_prepare(&c, index) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	return own_page_locked(v, index, ptree_find_own(&v->pages, index),
			       out);
}

/* Reads zero: the shared page, or a page of its own. */
static zx_status_t get_zero_locked(struct vmo *v, u64 index, bool write,
				   struct page **out, bool *writable)
{
	*writable = write;
	if (write)
		return vmo_commit_page_locked(v, index, NULL, out);
	v->zero_mapped = true;
	*out = zero_page;
	return ZX_OK;
}

/* s, which has a pager, has nothing there. */
static zx_status_t request_page(struct vmo *s, u64 index,
				struct page_request *request)
{
	if (!request)
		return ZX_ERR_SHOULD_WAIT;
	return page_source_request(s->source, PAGE_REQUEST_READ,
				   (index - s->shift) << PAGE_SHIFT, PAGE_SIZE,
				   request);
}

/* What shines through an overlay: the source's page, to be copied on write. */
static zx_status_t get_from_source_locked(struct vmo *v, u64 index, bool write,
					  struct page_request *request,
					  struct page **out, bool *writable)
{
	struct vmo *s = v->source_vmo;
	struct pt_slot slot;

	if (index >= v->window_end)
		return get_zero_locked(v, index, write, out, writable);
	slot = ptree_get(&s->pages, index);
	if (pt_slot_type(slot) == PT_EMPTY && vmo_is_absent_locked(s, index))
		return request_page(s, index, request);
	if (pt_slot_type(slot) != PT_PAGE)
		return get_zero_locked(v, index, write, out, writable);
	*writable = write;
	*out = pt_page(slot);
	vmo_page_used(*out);
	if (!write)
		return ZX_OK;
	/* Our read-only entries of the source's frame give way to the copy. */
	vmo_unmap_pages_locked(v, index, index + 1);
	return vmo_commit_page_locked(v, index, *out, out);
}

/* All that vmo_get_page_locked() does not do in line. */
static __attribute__((noinline)) zx_status_t
get_special_locked(struct vmo *v, u64 index, bool write,
		   struct page_request *request, struct page **out,
		   bool *writable)
{
	struct pt_slot s;
	bool private;

	if (v->lookup & VMO_HAS_SOURCE)
		return vmo_get_paged_locked(v, index, write, request, out,
					    writable);
	if (v->lookup & VMO_IS_DISCARDED)
		return ZX_ERR_NOT_FOUND;
	s = ptree_get_private(&v->pages, index, &private);
	if (pt_slot_type(s) == PT_PAGE) {
		*out = pt_page(s);
		*writable = private || write;
		return write && !private ? own_path_locked(v, index, out) :
					   ZX_OK;
	}
	if (pt_slot_type(s) == PT_EMPTY && (v->lookup & VMO_IS_OVERLAY))
		return get_from_source_locked(v, index, write, request, out,
					      writable);
	return get_zero_locked(v, index, write, out, writable);
}

/* The first touch of a page of a VMO that shares nothing, where the tree has
 * room for it. */
static __attribute__((noinline)) zx_status_t
fill_page_locked(struct vmo *v, u64 index, struct page **out)
{
	struct page *p = pmm_alloc();

	if (!p)
		return ZX_ERR_NO_MEMORY;
	arch_zero_page(vmo_page_bytes(p));
	if (v->zero_mapped)
		vmo_unmap_pages_locked(v, index, index + 1);
	p->state = PAGE_VMO;
	ptree_fill(&v->pages, index, p);
	stat_add(STAT_FAULTS_ZERO, 1);
	*out = p;
	return ZX_OK;
}

/* A write to a VMO that has relatives and no pager. */
static __attribute__((noinline)) zx_status_t
get_for_write_locked(struct vmo *v, u64 index, struct page **out,
		     bool *writable)
{
	struct pt_slot *own = ptree_find_own(&v->pages, index);

	*writable = true;
	if (!own || pt_slot_type(*own) != PT_PAGE)
		return get_special_locked(v, index, true, NULL, out, writable);
	return own_page_locked(v, index, own, out);
}

zx_status_t vmo_get_page_locked(struct vmo *v, u64 index, bool write,
				struct page_request *request,
				struct page **out, bool *writable)
{
	struct pt_slot s;

	if (index - v->shift >= v->size >> PAGE_SHIFT)
		return ZX_ERR_OUT_OF_RANGE;
	if (v->lookup == VMO_HAS_KIN && write)
		return get_for_write_locked(v, index, out, writable);
	if (v->lookup)
		return get_special_locked(v, index, write, request, out,
					  writable);
	*writable = true;
	if (!ptree_find(&v->pages, index, &s))
		return get_zero_locked(v, index, write, out, writable);
	if (pt_slot_type(s) == PT_PAGE) {
		*out = pt_page(s);
		return ZX_OK;
	}
	if (write)
		return fill_page_locked(v, index, out);
	return get_zero_locked(v, index, write, out, writable);
}

static u64 first_present_locked(const struct vmo *v, u64 start, u64 end)
{
	u64 found;
	struct pt_slot s = ptree_next(&v->pages, start, end, &found);

	return pt_slot_type(s) == PT_EMPTY ? end : found;
}

zx_status_t vmo_request_run_locked(struct vmo *v, u64 index, u64 end,
				   struct page_request *request)
{
	struct vmo *s = v->source ? v : v->source_vmo;

	if (s != v)
		end = first_present_locked(v, index,
					   min_u64(end, v->window_end));
	end = first_present_locked(s, index, min_u64(end, vmo_end_locked(s)));
	return page_source_request(s->source, PAGE_REQUEST_READ,
				   (index - s->shift) << PAGE_SHIFT,
				   (end - index) << PAGE_SHIFT, request);
}

/* --- Resident pages ------------------------------------------------------- */

u64 vmo_get_resident_locked(struct vmo *v, u64 index, u64 count,
			    struct page **frames)
{
	u64 limit = vmo_end_locked(v);
	u64 in_leaf = PT_FANOUT - index % PT_FANOUT;
	const struct pt_node *leaf = ptree_leaf(&v->pages, index);
	u64 bits, end = 0;

	if (!leaf || index >= limit)
		return 0;
	count = min_u64(min_u64(count, in_leaf), limit - index);
	bits = leaf->present >> (index % PT_FANOUT);
	bits &= ~0ul >> (64 - count);
	for (; bits; bits &= bits - 1) {
		u32 i = bit_lowest64(bits);
		struct pt_slot s = { leaf->slots[index % PT_FANOUT + i] };

		if (pt_slot_type(s) != PT_PAGE)
			continue;
		while (end < i)
			frames[end++] = NULL;
		frames[end++] = pt_page(s);
	}
	return end;
}

bool vmo_next_resident_locked(struct vmo *v, u64 *index, u64 end,
			      struct page **out)
{
	u64 stop = min_u64(end, vmo_end_locked(v));

	while (*index < stop) {
		struct pt_slot s = ptree_next(&v->pages, *index, stop, index);

		if (pt_slot_type(s) == PT_EMPTY)
			return false;
		if (pt_slot_type(s) == PT_PAGE) {
			*out = pt_page(s);
			return true;
		}
		(*index)++;
	}
	return false;
}

bool vmo_has_pins_locked(struct vmo *v, u64 start, u64 end)
{
	u64 index = start;
	struct page *page;

	if (!v->pin_count)
		return false;
	while (vmo_next_resident_locked(v, &index, end, &page)) {
		if (page->count)
			return true;
		index++;
	}
	return false;
}

/* --- Dropping ranges ------------------------------------------------------ */

void vmo_free_pages_locked(struct vmo *v, u64 start, u64 end)
{
	struct page *list = NULL;

	(void)ptree_remove(&v->pages, start, end, &list);
	pmm_free_list(list);
}
