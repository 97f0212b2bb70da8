/*
 * Hints about pages that a pager supplies (vmo.md 4.7).
 */
#include <kernel/wait.h>
#include <mm/evict.h>
#include <mm/pager.h>
#include <mm/vmo_hint.h>

#include "page_source.h"
#include "vmo_internal.h"

/* Pages handled before the lock is given up for a moment. */
#define PAGES_A_TURN 64

/* vmo.md 4.7. OUT_OF_RANGE. */
static zx_status_t check_range(struct vmo *v, u64 offset, u64 bytes)
{
	u64 end;

	if (__builtin_add_overflow(offset, bytes, &end) ||
	    end > vmo_get_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

/* --- Bringing pages in ---------------------------------------------------- */

/* What a thread brings in: page by page, or run by run. */
struct reading {
	struct vmo *vmo;
	u64 index, end;
	bool runs;
	struct page_request request;
};

/* Some pages from r->index on, each as a read would find it. What a shrink has
 * cut off since is not missed (pager-port.md 6). */
static zx_status_t read_turn_locked(struct reading *r)
{
	struct vmo *base = r->vmo->base;

	r->end = min_u64(r->end, vmo_end_locked(r->vmo));
	for (u32 i = 0; i < PAGES_A_TURN && r->index < r->end; i++) {
		struct page *page;
		bool writable;
		zx_status_t status = vmo_get_page_locked(base, r->index, false,
							 NULL, &page,
							 &writable);

		if (status == ZX_ERR_SHOULD_WAIT)
			return vmo_request_run_locked(
				base, r->index,
				r->runs ? r->end : r->index + 1, &r->request);
		if (status != ZX_OK)
			return status;
		r->index++;
	}
	return ZX_OK;
}

static zx_status_t read_pages(struct vmo *v, u64 offset, u64 bytes, bool runs)
{
	struct reading r = { .vmo = v, .runs = runs,
			     .index = vmo_index(v, offset),
			     .end = vmo_index(v, offset + bytes + PAGE_MASK) };
	zx_status_t status = ZX_OK;

	while (status == ZX_OK && r.index < r.end) {
		mutex_lock(v->lock);
		status = read_turn_locked(&r);
		mutex_unlock(v->lock);
		if (status == ZX_ERR_SHOULD_WAIT)
			status = page_request_wait(&r.request);
		if (status == ZX_OK && thread_is_killed())
			status = ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return status;
}

zx_status_t vmo_prefetch(struct vmo *v, u64 offset, u64 bytes)
{
	zx_status_t status = check_range(v, offset, bytes);

	if (status != ZX_OK || !vmo_has_pager(v) || bytes == 0)
		return status;
	return read_pages(v, offset, bytes, true);
}

/* --- Hints ---------------------------------------------------------------- */

/* The pager's pages of one leaf of the tree that v shows in [start, end). */
static void set_age_locked(struct vmo *base, u64 leaf, u64 start, u64 end,
			   u32 age)
{
	struct vmo *s = base->source ? base : base->source_vmo;
	u64 used = vmo_take_age_locked(s, leaf), index = leaf;
	u64 stop = min_u64(leaf + PT_FANOUT, vmo_end_locked(s));
	struct page *page;

	if (s != base)
		end = min_u64(end, base->window_end);
	for (; vmo_next_resident_locked(s, &index, stop, &page); index++) {
		bool shown = index >= start && index < end &&
			     (s == base || pt_slot_type(ptree_get(
						   &base->pages, index)) ==
						   PT_EMPTY);

		if (shown)
			page->age = age;
		else if (used >> (index - leaf) & 1)
			vmo_page_used(page);
	}
}

/* A leaf at a time: how many there are is the caller's choice. */
static zx_status_t set_age(struct vmo *v, u64 offset, u64 bytes, u32 age)
{
	u64 index = vmo_index(v, offset);
	u64 end = vmo_index(v, offset + bytes + PAGE_MASK);

	while (index < end) {
		u64 leaf = index & ~(u64)(PT_FANOUT - 1);

		mutex_lock(v->lock);
		set_age_locked(v->base, leaf, index,
			       min_u64(end, vmo_end_locked(v)), age);
		mutex_unlock(v->lock);
		index = leaf + PT_FANOUT;
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return ZX_OK;
}

zx_status_t vmo_dont_need(struct vmo *v, u64 offset, u64 bytes)
{
	zx_status_t status;

	if (!vmo_has_pager(v))
		return ZX_OK;
	status = check_range(v, offset, bytes);
	if (status != ZX_OK || bytes == 0)
		return status;
	status = set_age(v, offset, bytes, VMO_AGE_MAX);
	evict_hint_given();
	return status;
}

/* Nobody will ever bring in what is absent. */
static bool source_is_gone(struct vmo *v)
{
	struct page_source *s;
	bool gone;

	mutex_lock(v->lock);
	s = v->base->source ? v->base->source : v->base->source_vmo->source;
	gone = page_source_is_detached(s) || page_source_is_closed(s);
	mutex_unlock(v->lock);
	return gone;
}

zx_status_t vmo_always_need(struct vmo *v, u64 offset, u64 bytes, bool runs)
{
	zx_status_t status;

	if (!vmo_has_pager(v))
		return ZX_OK;
	status = check_range(v, offset, bytes);
	if (status != ZX_OK || bytes == 0)
		return status;
	/* It is a hint: what a pager fails to bring is not missed. */
	status = read_pages(v, offset, bytes, runs);
	if (status == ZX_ERR_INTERNAL_INTR_KILLED ||
	    (status == ZX_ERR_BAD_STATE && source_is_gone(v)))
		return status;
	return set_age(v, offset, bytes, VMO_AGE_NEEDED);
}
