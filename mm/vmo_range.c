/*
 * Range operations: COMMIT, DECOMMIT (vmo.md 4.1-4.3). ZERO is in vmo_zero.c.
 */
#include <kernel/string.h>
#include <kernel/wait.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/ptree_view.h>
#include <mm/reclaim.h>

#include "vmo_gap.h"

/* Pages handled before the lock is given up for a moment. */
#define PAGES_A_TURN 64
/* Frames that COMMIT zeroes in one hold. */
#define FRAMES_A_TURN 256

zx_status_t vmo_trim_locked(const struct vmo *v, u64 offset, u64 *bytes,
			    bool trims)
{
	u64 size = vmo_size_locked(v), end;

	if (offset > size || __builtin_add_overflow(offset, *bytes, &end))
		return ZX_ERR_OUT_OF_RANGE;
	if (end > size) {
		if (!trims)
			return ZX_ERR_OUT_OF_RANGE;
		*bytes = size - offset;
	}
	return ZX_OK;
}

/* --- COMMIT --------------------------------------------------------------- */

/* Slots in [start, end) that hold no page. Markers count: they need one. */
static u64 missing_locked(const struct vmo *v, u64 start, u64 end)
{
	return end - start - ptree_count(&v->pages, start, end);
}

/* A COMMIT of anonymous memory, as far as it is. */
struct commit {
	struct vmo *vmo;	/* a base */
	u64 index, end;
	struct page *list;	/* frames in hand */
	u64 frames;		/* that it takes, nodes included */
};

/* Puts pages in hand, zeroed here, where there are none up to `stop`; cannot
 * fail. */
static void fill_locked(struct commit *m, u64 stop)
{
	struct ptree_cursor c;

	ptree_cursor_init(&c, &m->vmo->pages);
	for (; m->index < stop && m->list; m->index++) {
		struct page *p = m->list;

		if (pt_slot_type(ptree_cursor_get(&c, m->index)) == PT_PAGE)
			continue;
		m->list = p->next;
		arch_zero_page(vmo_page_bytes(p));
		p->state = PAGE_VMO;
		/* Prepared by the caller: only the cursor's place is new. */
		if (ptree_cursor_prepare(&c, m->index) == ZX_OK)
			(void)ptree_cursor_set(&c, m->index, pt_slot_page(p));
	}
	ptree_cursor_end(&c);
}

/* For so many pages and the nodes that name them. */
static u64 frames_for(u64 pages)
{
	return pages + pages / VMO_SLOTS_A_FRAME;
}

/* All or nothing: frames and nodes first. */
static zx_status_t gather_locked(struct commit *m)
{
	u64 missing = missing_locked(m->vmo, m->index, m->end);
	zx_status_t status;

	m->frames = frames_for(missing);
	if (missing == 0)
		return ZX_OK;
	/* Said before all memory was taken from others. */
	if (missing > PAGES_A_TURN && m->frames > pmm_free_count())
		return ZX_ERR_NO_MEMORY;
	status = pmm_alloc_list(missing, &m->list);
	if (status != ZX_OK)
		return status;
	return ptree_insert_prepare(&m->vmo->pages, m->index, m->end);
}

/* Some pages, which for most calls are all. */
static void fill_turn_locked(struct commit *m)
{
	u64 stop = min_u64(m->end, m->index + FRAMES_A_TURN);

	vmo_forget_zero_page_locked(m->vmo, m->index, stop);
	fill_locked(m, stop);
}

/* The rest, with the lock given up between turns. Nodes may have gone with a
 * decommit meanwhile, and the end with a shrink. True: others see the pages now,
 * or lost them: m->index and on is for commit_slowly(). */
static __attribute__((noinline)) bool fill_on_locked(struct commit *m,
						     zx_status_t *status)
{
	while (*status == ZX_OK && m->list && m->index < m->end) {
		mutex_unlock(m->vmo->lock);
		if (thread_is_killed())
			*status = ZX_ERR_INTERNAL_INTR_KILLED;
		mutex_lock(m->vmo->lock);
		if (m->vmo->lookup)
			return true;
		m->end = min_u64(m->end, vmo_end_locked(m->vmo));
		if (*status == ZX_OK && m->index < m->end)
			*status = ptree_insert_prepare(
				&m->vmo->pages, m->index,
				min_u64(m->end, m->index + FRAMES_A_TURN));
		if (*status == ZX_OK && m->index < m->end)
			fill_turn_locked(m);
	}
	return false;
}

/* What is done when it ends early stays: the content is the same. */
static bool commit_anonymous_locked(struct commit *m, zx_status_t *status)
{
	bool rest = false;

	*status = gather_locked(m);
	if (*status == ZX_OK && m->list)
		fill_turn_locked(m);
	if (__builtin_expect(m->list != NULL, 0)) {
		rest = fill_on_locked(m, status);
		pmm_free_list(m->list);
	}
	return rest && *status == ZX_OK;
}

/* First index at or after start that COMMIT must do something for, or end:
 * markers are present here, gaps are not (pager-port.md 7.2). */
static u64 first_uncommitted_locked(struct vmo *v, u64 start, u64 end)
{
	struct ptree_cursor c;
	struct pt_slot s;

	ptree_cursor_init(&c, &v->pages);
	while (start < end) {
		s = ptree_cursor_get(&c, start);
		if (pt_slot_type(s) == PT_EMPTY ||
		    (pt_slot_type(s) == PT_ZERO && pt_slot_flags(s)))
			break;
		start++;
	}
	return start;
}

/* Pages of a gap from *start on become real. OK with *start below end: the turn
 * is over. */
static zx_status_t commit_gap_locked(struct vmo *v, u64 *start, u64 end,
				     struct page_request *request)
{
	u64 stop = *start;
	struct page_span span = vmo_span_locked(v, *start, end);
	struct page *page;
	zx_status_t status;

	while (stop < end && kind_is_gap(span.kind)) {
		stop = span.end;
		if (stop < end)
			span = vmo_span_locked(v, stop, end);
	}
	if (frames_for(stop - *start) > pmm_free_count())
		return ZX_ERR_NO_MEMORY;
	status = vmo_request_dirty_locked(v, *start, stop, request);
	stop = min_u64(stop, *start + PAGES_A_TURN);
	while (status == ZX_OK && *start < stop) {
		status = vmo_fill_zero_locked(v, *start, &page);
		*start += status == ZX_OK;
	}
	return status;
}

/* One look at a pager-backed range (pager-port.md 5.4): asks for the first run
 * of absent pages, or fills a gap if it is to. OK with *start below end: the
 * turn is over. */
static zx_status_t commit_paged_locked(struct vmo *v, u64 *start, u64 end,
				       struct page_request *request)
{
	u64 stop = min_u64(end, vmo_end_locked(v));

	*start = first_uncommitted_locked(v, *start, stop);
	if (*start >= stop) {
		*start = end;
		return ZX_OK;
	}
	if (vmo_is_absent_locked(v, *start))
		return vmo_request_run_locked(v, *start, stop, request);
	return commit_gap_locked(v, start, stop, request);
}

/* Some pages of a VMO that has relatives, each as a write would make it. OK
 * with *start below end: the turn is over. */
static zx_status_t commit_turn_locked(struct vmo *v, u64 *start, u64 end,
				      struct page_request *request)
{
	for (u32 turn = 0; turn < PAGES_A_TURN && *start < end; turn++) {
		struct page *page;
		bool writable;
		zx_status_t status = vmo_get_page_locked(v, *start, true,
							 NULL, &page,
							 &writable);

		if (status == ZX_ERR_SHOULD_WAIT)
			return vmo_request_run_locked(v, *start, end, request);
		if (status != ZX_OK)
			return status;
		(*start)++;
	}
	return ZX_OK;
}

/* Pages of the range that are this VMO's own already. */
static u64 count_own(struct vmo *v, u64 start, u64 end)
{
	struct ptree_view view;
	bool more = true;
	u64 own = 0;

	while (more && start < end) {
		mutex_lock(v->lock);
		more = ptree_view(&v->pages, start, end, &view);
		mutex_unlock(v->lock);
		if (!more)
			break;
		own += ptree_view_count(&view, view.level,
					view.pages & ~view.shared);
		start = ptree_view_end(&view, view.level);
	}
	return own;
}

/* A range whose copies would take all memory before they end is refused at
 * once: what was copied could not be given back. */
static zx_status_t check_room(struct vmo *v, u64 start, u64 end)
{
	u64 frames = frames_for(end - start);

	if (frames <= pmm_free_count() || v->source)
		return ZX_OK;
	frames = frames_for(end - start - count_own(v, start, end));
	while (frames > pmm_free_count())
		if (!mm_reclaim(frames))
			return ZX_ERR_NO_MEMORY;
	return ZX_OK;
}

/* What needs more than one hold of the lock: a pager to wait for, pages to be
 * copied. What is done when it ends early stays: the content is the same. */
static __attribute__((noinline)) zx_status_t commit_slowly(struct vmo *v,
							   u64 start, u64 end)
{
	struct page_request request;
	zx_status_t status = check_room(v, start, end);

	if (status != ZX_OK)
		return status;
	while (start < end) {
		mutex_lock(v->lock);
		status = v->source ?
			commit_paged_locked(v, &start, end, &request) :
			commit_turn_locked(v, &start, end, &request);
		mutex_unlock(v->lock);
		if (status == ZX_ERR_SHOULD_WAIT)
			status = page_request_wait(&request);
		if (status != ZX_OK && !mm_try_again(status, 1))
			return status;
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return ZX_OK;
}

static zx_status_t commit(struct vmo *v, u64 offset, u64 bytes, bool trims,
			  u64 *frames)
{
	struct commit m = { .vmo = v->base, .frames = 1 };
	zx_status_t status;
	bool slow;

	mutex_lock(v->lock);
	status = vmo_trim_locked(v, offset, &bytes, trims);
	m.index = vmo_index(v, offset);
	/* No overflow: offset + bytes is at most the size now. */
	m.end = vmo_index(v, offset + bytes + PAGE_MASK);
	slow = m.vmo->lookup != 0;
	if (status == ZX_OK && bytes && !slow)
		slow = commit_anonymous_locked(&m, &status);
	mutex_unlock(v->lock);
	*frames = m.frames;
	if (status == ZX_OK && bytes && slow)
		status = commit_slowly(m.vmo, m.index, m.end);
	return status;
}

zx_status_t vmo_commit_range(struct vmo *v, u64 offset, u64 bytes, bool trims)
{
	zx_status_t status;
	u64 frames;

	if (v->base->kind == VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	do {
		status = commit(v, offset, bytes, trims, &frames);
	} while (mm_try_again(status, frames));
	return status;
}

/* --- DECOMMIT ------------------------------------------------------------- */

zx_status_t vmo_can_decommit(struct vmo *v)
{
	struct vmo *b = v->base;

	if (b->kind != VMO_PAGED || b->source || b->source_vmo ||
	    vmo_has_co_owners(b))
		return ZX_ERR_NOT_SUPPORTED;
	return ZX_OK;
}

/* vmo.md 4.3 from check 4, *bytes trimmed. */
static zx_status_t decommit_locked(struct vmo *v, u64 offset, u64 bytes,
				   bool aligned)
{
	struct vmo *b = v->base;
	u64 start = vmo_index(v, offset), end = vmo_index(v, offset + bytes);
	zx_status_t status = vmo_can_decommit(v);

	if (status == ZX_OK && !aligned)
		status = ZX_ERR_INVALID_ARGS;
	if (status == ZX_OK && b->pin_count &&
	    vmo_has_pins_locked(b, start, end))
		status = ZX_ERR_BAD_STATE;
	if (status == ZX_OK)
		status = vmo_drop_prepare_locked(b, start, end);
	if (status == ZX_OK)
		vmo_drop_pages_locked(b, start, end);
	return status;
}

zx_status_t vmo_decommit_range(struct vmo *v, u64 offset, u64 bytes,
			       bool trims)
{
	bool aligned = is_page_aligned(offset) && is_page_aligned(bytes);
	zx_status_t status;

	if (v->base->kind != VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	mutex_lock(v->lock);
	status = vmo_trim_locked(v, offset, &bytes, trims);
	if (status == ZX_OK && bytes)
		status = decommit_locked(v, offset, bytes, aligned);
	mutex_unlock(v->lock);
	return status;
}
