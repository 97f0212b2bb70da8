/*
 * zx_vmo_transfer_data (vmo.md 7): pages move from one VMO to another, without
 * copying where only the source names them.
 *
 * A stretch at a time: pages are taken off the source's tree into an array,
 * after the source's entries are flushed; then the destination loses what it
 * had there, and gets them. Ranges of one VMO may overlap: the direction is
 * that of memmove(), and a stretch is taken whole before any of it is put.
 */
#include <kernel/string.h>
#include <kernel/wait.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>

#include "vmo_internal.h"

#define PAGES_A_TURN 64ul

struct transfer {
	struct vmo *dst, *src;		/* as named */
	u64 dst_index, src_index;	/* of the stretch */
	u64 count;
	/* With a name for us; NULL: reads zero. */
	struct page *pages[PAGES_A_TURN];
};

/* vmo.md 7 for one side. Under its lock. */
static zx_status_t check_side_locked(struct vmo *v, u64 offset, u64 bytes)
{
	u64 size = vmo_size_locked(v), first = vmo_index(v, offset);

	if (offset > size || bytes > size - offset)
		return ZX_ERR_OUT_OF_RANGE;
	if (vmo_has_pins_locked(v->base, first, first + (bytes >> PAGE_SHIFT)))
		return ZX_ERR_BAD_STATE;
	if (v->base->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	return ZX_OK;
}

static bool side_can(const struct vmo *v)
{
	return v->base->kind == VMO_PAGED && !v->base->source &&
	       !v->base->discardable;
}

/* Does a pager's page shine through at index, which src must make its own
 * before it can be moved? */
static bool shines_through_locked(const struct vmo *src, u64 index)
{
	struct pt_slot s;

	if (!(src->lookup & VMO_IS_OVERLAY) || index >= src->window_end)
		return false;
	s = ptree_get(&src->source_vmo->pages, index);
	return pt_slot_type(s) != PT_ZERO;
}

/* A name for the page that src has at index, or a copy if others see it.
 * SHOULD_WAIT: src must be committed first. */
static zx_status_t take_page_locked(struct vmo *src, u64 index,
				    struct page **out)
{
	bool private;
	struct pt_slot s = ptree_get_private(&src->pages, index, &private);

	*out = NULL;
	if (pt_slot_type(s) == PT_EMPTY && shines_through_locked(src, index))
		return ZX_ERR_SHOULD_WAIT;
	if (pt_slot_type(s) != PT_PAGE)
		return ZX_OK;
	if (private) {
		page_ref(pt_page(s));
		*out = pt_page(s);
		return ZX_OK;
	}
	*out = pmm_alloc();
	if (!*out)
		return ZX_ERR_NO_MEMORY;
	arch_copy_page(vmo_page_bytes(*out), vmo_page_bytes(pt_page(s)));
	(*out)->state = PAGE_VMO;
	return ZX_OK;
}

static void give_up_pages(struct transfer *t)
{
	for (u64 i = 0; i < t->count; i++)
		if (t->pages[i] && page_unref(t->pages[i]))
			pmm_free(t->pages[i]);
}

/* Takes the stretch out of src, which reads zero there afterwards. */
static zx_status_t take_locked(struct transfer *t)
{
	struct vmo *b = t->src->base;
	u64 end = t->src_index + t->count;
	zx_status_t status = ptree_remove_prepare(&b->pages, t->src_index, end);

	memset(t->pages, 0, sizeof(t->pages));
	vmo_unmap_pages_locked(b, t->src_index, end);
	for (u64 i = 0; status == ZX_OK && i < t->count; i++)
		status = take_page_locked(b, t->src_index + i, &t->pages[i]);
	if (status == ZX_OK && (b->lookup & VMO_IS_OVERLAY))
		status = vmo_mark_zero_locked(b, t->src_index, end);
	else if (status == ZX_OK)
		vmo_drop_pages_locked(b, t->src_index, end);
	return status;
}

/* In place of what dst has; an overlay hides its source by markers. */
static zx_status_t put_locked(struct transfer *t)
{
	struct vmo *b = t->dst->base;
	u64 end = t->dst_index + t->count;
	struct ptree_cursor c;
	zx_status_t status = ptree_remove_prepare(&b->pages, t->dst_index, end);

	if (status != ZX_OK)
		return status;
	if (b->lookup & VMO_IS_OVERLAY)
		status = vmo_mark_zero_locked(b, t->dst_index, end);
	else
		vmo_drop_pages_locked(b, t->dst_index, end);
	ptree_cursor_init(&c, &b->pages);
	for (u64 i = 0; status == ZX_OK && i < t->count; i++) {
		if (!t->pages[i])
			continue;
		status = ptree_cursor_prepare(&c, t->dst_index + i);
		if (status != ZX_OK)
			break;
		vmo_set_page_state(t->pages[i], VMO_PAGE_DIRTY);
		(void)ptree_cursor_set(&c, t->dst_index + i,
				       pt_slot_page(t->pages[i]));
		t->pages[i] = NULL;
	}
	ptree_cursor_end(&c);
	return status;
}

/* Both ends are looked at again: they may have shrunk between two turns. */
static zx_status_t try_stretch(struct transfer *t, u64 dst_offset,
			       u64 src_offset, u64 count)
{
	u64 bytes = count << PAGE_SHIFT;
	zx_status_t status;

	t->dst_index = vmo_index(t->dst, dst_offset);
	t->src_index = vmo_index(t->src, src_offset);
	t->count = count;
	mutex_lock_pair(t->dst->lock, t->src->lock);
	status = check_side_locked(t->src, src_offset, bytes);
	if (status == ZX_OK)
		status = check_side_locked(t->dst, dst_offset, bytes);
	if (status == ZX_OK) {
		status = take_locked(t);
		if (status == ZX_OK)
			status = put_locked(t);
		give_up_pages(t);
	}
	mutex_unlock_pair(t->dst->lock, t->src->lock);
	return status;
}

static zx_status_t move_stretch(struct transfer *t, u64 dst_offset,
				u64 src_offset, u64 count)
{
	zx_status_t status = ZX_OK;

	/* Pages of src, and nodes of either side: a stretch that ends half way
	 * is lost. */
	mm_make_room(2 * PAGES_A_TURN);
	do {
		if (t->src->base->source_vmo)
			status = vmo_commit_range(t->src, src_offset,
						  count << PAGE_SHIFT, false);
		if (status == ZX_OK)
			status = try_stretch(t, dst_offset, src_offset, count);
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	} while (status == ZX_ERR_SHOULD_WAIT);
	return status;
}

static zx_status_t check_both(struct vmo *dst, u64 dst_offset, struct vmo *src,
			      u64 src_offset, u64 bytes)
{
	zx_status_t status;

	if (!side_can(src))
		return ZX_ERR_NOT_SUPPORTED;
	mutex_lock_pair(dst->lock, src->lock);
	status = check_side_locked(src, src_offset, bytes);
	if (status == ZX_OK && !side_can(dst))
		status = ZX_ERR_NOT_SUPPORTED;
	if (status == ZX_OK)
		status = check_side_locked(dst, dst_offset, bytes);
	mutex_unlock_pair(dst->lock, src->lock);
	return status;
}

static u64 empty_run(const struct vmo *v, u64 offset, u64 count)
{
	u64 first = vmo_index(v, offset), found;
	struct pt_slot s = ptree_next(&v->base->pages, first, first + count,
				      &found);

	return pt_slot_type(s) == PT_EMPTY ? count : found - first;
}

/* Pages from here on that both sides read as zero: nothing is to be done for
 * them, however many. */
static u64 count_nothing(struct transfer *t, u64 dst_offset, u64 src_offset,
			 u64 count)
{
	if (t->dst->base->source_vmo || t->src->base->source_vmo)
		return 0;
	mutex_lock_pair(t->dst->lock, t->src->lock);
	count = empty_run(t->src, src_offset, count);
	count = empty_run(t->dst, dst_offset, count);
	mutex_unlock_pair(t->dst->lock, t->src->lock);
	return count;
}

static zx_status_t move_upwards(struct transfer *t, u64 dst_offset,
				u64 src_offset, u64 left)
{
	zx_status_t status = ZX_OK;

	while (left && status == ZX_OK) {
		u64 count = count_nothing(t, dst_offset, src_offset, left);

		if (count == 0) {
			count = min_u64(left, PAGES_A_TURN);
			status = move_stretch(t, dst_offset, src_offset, count);
		}
		dst_offset += count << PAGE_SHIFT;
		src_offset += count << PAGE_SHIFT;
		left -= count;
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return status;
}

/* From the end, where a range moves up in one tree: what it overlaps is taken
 * before it is put there. */
static zx_status_t move_downwards(struct transfer *t, u64 dst_offset,
				  u64 src_offset, u64 left)
{
	zx_status_t status = ZX_OK;

	while (left && status == ZX_OK) {
		u64 count = min_u64(left, PAGES_A_TURN);

		left -= count;
		status = move_stretch(t, dst_offset + (left << PAGE_SHIFT),
				      src_offset + (left << PAGE_SHIFT), count);
	}
	return status;
}

static zx_status_t move_all(struct transfer *t, u64 dst_offset, u64 src_offset,
			    u64 count)
{
	if (t->dst->base == t->src->base &&
	    vmo_index(t->dst, dst_offset) > vmo_index(t->src, src_offset))
		return move_downwards(t, dst_offset, src_offset, count);
	return move_upwards(t, dst_offset, src_offset, count);
}

zx_status_t vmo_transfer_data(struct vmo *dst, u64 dst_offset, u64 bytes,
			      struct vmo *src, u64 src_offset)
{
	struct transfer t = { .dst = dst, .src = src };
	zx_status_t status;

	status = check_both(dst, dst_offset, src, src_offset, bytes);
	if (status == ZX_OK)
		status = move_all(&t, dst_offset, src_offset,
				  bytes >> PAGE_SHIFT);
	return status;
}
