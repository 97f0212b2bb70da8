/*
 * What a pager's service does about pages that are newer than its copy: it lets
 * them be written, and writes them back (pager-port.md 7.7).
 *
 * All go over the VMO in stretches, each under one hold of its lock, so that a
 * long range shuts nobody out; between two the VMO may shrink.
 */
#include <kernel/wait.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>

#include "page_source.h"
#include "vmo_gap.h"

/* Pages of one hold of the lock. */
#define PAGES_A_TURN 4096ul

struct range {
	struct vmo *vmo;
	u64 index, end;
	const struct pager_dirty_rules *rules;
	bool begun;		/* this is not the first turn */
	bool gaps;		/* gaps from here on may be touched (7.10) */
	bool gaps_only;		/* BEGIN */
	u64 frames;		/* DIRTY: what it takes */
};

/* 7.7 check 7. */
static zx_status_t check_range_locked(const struct vmo *v, u64 offset,
				      u64 bytes)
{
	u64 end;

	if (__builtin_add_overflow(offset, bytes, &end) || end > v->size)
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

/* A turn at a time, skipping what holds nothing. */
static zx_status_t run(struct vmo *v, u64 offset, u64 bytes, struct range *r,
		       zx_status_t (*turn_locked)(struct range *, u64 stop))
{
	zx_status_t status;

	r->vmo = v;
	r->index = offset >> PAGE_SHIFT;
	r->end = (offset + bytes) >> PAGE_SHIFT;
	r->begun = false;
	do {
		mutex_lock(v->lock);
		status = check_range_locked(v, offset, bytes);
		if (status == ZX_OK && r->index < r->end)
			status = turn_locked(r, r->index +
					     min_u64(r->end - r->index,
						     PAGES_A_TURN));
		r->begun = true;
		mutex_unlock(v->lock);
		if (status == ZX_OK && thread_is_killed())
			status = ZX_ERR_INTERNAL_INTR_KILLED;
	} while (status == ZX_OK && r->index < r->end);
	return status;
}

/* --- DIRTY ---------------------------------------------------------------- */

/* No page of the range may be absent. Who waits to write one of those that are
 * looks again, and asks for it. *zeroes: pages that must be made. */
static zx_status_t check_present_locked(struct vmo *v, u64 index, u64 end,
					u64 *zeroes)
{
	zx_status_t status = ZX_OK;

	*zeroes = 0;
	while (index < end) {
		struct page_span span = vmo_span_locked(v, index, end);

		if (span.kind == KIND_ABSENT) {
			page_source_retry_dirty(v->source,
						span.first << PAGE_SHIFT,
						(span.end - span.first) <<
							PAGE_SHIFT);
			status = ZX_ERR_NOT_FOUND;
		} else if (!span.page) {
			*zeroes += span.end - span.first;
		}
		index = span.end;
	}
	return status;
}

static void credit_run_locked(struct vmo *v, u64 end, u64 *run)
{
	if (*run)
		page_source_credit(v->source, PAGE_REQUEST_DIRTY,
				   (end - *run) << PAGE_SHIFT,
				   *run << PAGE_SHIFT);
	*run = 0;
}

/* One page. *run: those before it that were marked and not credited yet. */
static zx_status_t mark_page_locked(struct vmo *v, struct page_span *span,
				    u64 *run)
{
	struct page *page;

	if (span->kind == KIND_DIRTY) {
		credit_run_locked(v, span->first, run);
		return ZX_OK;
	}
	if (!span->page &&
	    vmo_fill_zero_locked(v, span->first, &page) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	if (span->page)
		vmo_set_page_state(span->page, VMO_PAGE_DIRTY);
	*run += 1;
	return ZX_OK;
}

static zx_status_t dirty_turn_locked(struct range *r, u64 stop)
{
	struct vmo *v = r->vmo;
	zx_status_t status = ZX_OK;
	u64 zeroes, run = 0;

	/* All of it, then each turn's once more: some may have gone since. */
	status = check_present_locked(v, r->index, r->begun ? stop : r->end,
				      &zeroes);
	r->frames = zeroes + zeroes / VMO_SLOTS_A_FRAME + 1;
	if (status == ZX_OK && zeroes && r->frames > pmm_free_count())
		return ZX_ERR_NO_MEMORY;
	while (status == ZX_OK && r->index < stop) {
		struct page_span span = vmo_span_locked(v, r->index,
							r->index + 1);

		status = mark_page_locked(v, &span, &run);
		r->index += status == ZX_OK;
	}
	credit_run_locked(v, r->index, &run);
	return status;
}

/* A range that is none outranks what the VMO is. */
static zx_status_t refuse(struct vmo *v, u64 offset, u64 bytes, zx_status_t why)
{
	zx_status_t status;

	mutex_lock(v->lock);
	status = check_range_locked(v, offset, bytes);
	mutex_unlock(v->lock);
	return status == ZX_OK ? why : status;
}

zx_status_t pager_dirty_pages(struct vmo *v, u64 offset, u64 bytes,
			      const struct pager_dirty_rules *rules)
{
	struct range r = { .rules = rules };
	zx_status_t status;

	if (!(v->options & ZX_VMO_TRAP_DIRTY))
		return refuse(v, offset, bytes, ZX_ERR_NOT_SUPPORTED);
	if (rules->detached_refused && page_source_is_detached(v->source))
		return refuse(v, offset, bytes, ZX_ERR_BAD_STATE);
	do {
		status = run(v, offset, bytes, &r, dirty_turn_locked);
	} while (mm_try_again(status, r.frames));
	return status;
}

/* --- Writeback ------------------------------------------------------------ */

/*
 * May the call touch the gaps of its range at all (7.10)? Earlier eras know one
 * tail, which is cleaned from its start: nothing behind a gap that is left out,
 * be it one whose writeback has begun or not.
 */
static bool may_touch_gaps_locked(const struct range *r, bool begun_counts)
{
	u64 index = 0;

	while (!r->rules->gaps_are_independent &&
	       (index = vmo_find_gap_locked(r->vmo, index, r->index)) <
		       r->index) {
		struct page_span span = vmo_span_locked(r->vmo, index,
							r->index);

		if (span.kind == KIND_GAP || begun_counts)
			return false;
		index = span.end;
	}
	return true;
}

/* Sees to it that no gap reaches over the edges of what is left: one may have come
 * up between two turns. The first turn looks at what lies in front. */
static zx_status_t start_turn_locked(struct range *r, bool begun_counts)
{
	zx_status_t status = vmo_cut_gap_locked(r->vmo, r->index);

	if (status == ZX_OK)
		status = vmo_cut_gap_locked(r->vmo, r->end);
	if (!r->begun)
		r->gaps = may_touch_gaps_locked(r, begun_counts);
	return status;
}

/* A pinned page may change without a store that is seen: it stays dirty. */
static void begin_page(struct page *p, bool gaps_only)
{
	if (vmo_page_state(p) == VMO_PAGE_DIRTY && p->count == 0 && !gaps_only)
		vmo_set_page_state(p, VMO_PAGE_AWAITING);
}

static zx_status_t begin_turn_locked(struct range *r, u64 stop)
{
	if (start_turn_locked(r, false) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	/* From here on a store is seen. */
	if (!r->gaps_only)
		vmo_write_protect_locked(r->vmo, r->index, stop);
	while (r->index < stop) {
		struct page_span span = vmo_span_locked(r->vmo, r->index,
							r->end);

		if (span.page)
			begin_page(span.page, r->gaps_only);
		else if (span.kind == KIND_GAP && r->gaps)
			vmo_begin_gap_locked(r->vmo, span.first, span.end);
		r->index = span.end;
	}
	return ZX_OK;
}

zx_status_t pager_begin_writeback(struct vmo *v, u64 offset, u64 bytes,
				  bool is_zero,
				  const struct pager_dirty_rules *rules)
{
	struct range r = { .rules = rules, .gaps_only = is_zero };
	zx_status_t status;

	do {
		status = run(v, offset, bytes, &r, begin_turn_locked);
	} while (mm_try_again(status, 1));
	return status;
}

static zx_status_t end_turn_locked(struct range *r, u64 stop)
{
	if (start_turn_locked(r, true) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	while (r->index < stop) {
		struct page_span span = vmo_span_locked(r->vmo, r->index,
							r->end);

		if (span.kind == KIND_AWAITING)
			vmo_set_page_state(span.page, VMO_PAGE_CLEAN);
		else if (span.kind == KIND_GAP_BEGUN && r->gaps)
			vmo_end_gap_locked(r->vmo, span.first, span.end);
		else if (span.kind == KIND_GAP)
			r->gaps &= r->rules->gaps_are_independent;
		r->index = span.end;
	}
	return ZX_OK;
}

zx_status_t pager_end_writeback(struct vmo *v, u64 offset, u64 bytes,
				const struct pager_dirty_rules *rules)
{
	struct range r = { .rules = rules };
	zx_status_t status;

	do {
		status = run(v, offset, bytes, &r, end_turn_locked);
	} while (mm_try_again(status, 1));
	return status;
}

/* --- What is dirty (7.8) -------------------------------------------------- */

/* Is it newer than the service's copy? */
static bool is_dirty(enum page_kind kind, u64 *options)
{
	*options = kind_is_gap(kind) ? ZX_VMO_DIRTY_RANGE_IS_ZERO : 0;
	return kind_is_gap(kind) || kind == KIND_DIRTY || kind == KIND_AWAITING;
}

/* Adds a span to the entry that is open. False: the span belongs to the next. */
static bool join_span(zx_vmo_dirty_range_t *open, const struct page_span *span,
		      u64 options)
{
	u64 start = span->first << PAGE_SHIFT;
	u64 bytes = (span->end - span->first) << PAGE_SHIFT;

	if (open->length && (open->offset + open->length != start ||
			     open->options != options))
		return false;
	if (!open->length) {
		open->offset = start;
		open->options = options;
	}
	open->length += bytes;
	return true;
}

/* Goes on until an entry is complete (true) or the turn is over. */
static bool query_turn_locked(struct dirty_query *q)
{
	for (u64 turn = 0; turn < PAGES_A_TURN && q->index < q->end; turn++) {
		struct page_span span = vmo_span_locked(q->vmo, q->index,
							q->end);
		u64 options;

		if (is_dirty(span.kind, &options)) {
			if (!join_span(&q->open, &span, options))
				return true;
		} else if (q->open.length) {
			return true;
		}
		q->index = span.end;
	}
	return false;
}

zx_status_t pager_query_start(struct dirty_query *q, struct vmo *v, u64 offset,
			      u64 bytes)
{
	zx_status_t status;
	u64 end;

	mutex_lock(v->lock);
	status = check_range_locked(v, offset, bytes);
	mutex_unlock(v->lock);
	if (status != ZX_OK)
		return status;
	end = offset + bytes;
	*q = (struct dirty_query){ .vmo = v, .index = offset >> PAGE_SHIFT,
				   .end = (end + PAGE_MASK) >> PAGE_SHIFT };
	if (bytes == 0)
		q->end = q->index;
	return ZX_OK;
}

bool pager_query_next(struct dirty_query *q, zx_vmo_dirty_range_t *out)
{
	bool found = false;

	while (!found && q->index < q->end && !thread_is_killed()) {
		mutex_lock(q->vmo->lock);
		q->end = min_u64(q->end, vmo_end_locked(q->vmo));
		found = query_turn_locked(q);
		mutex_unlock(q->vmo->lock);
	}
	*out = q->open;
	q->open.length = 0;
	return out->length != 0;
}

/* --- Was it written? ------------------------------------------------------ */

bool pager_query_modified(struct vmo *v, bool reset)
{
	bool modified;

	mutex_lock(v->lock);
	modified = v->modified;
	if (modified && reset) {
		/* The next store is seen. */
		vmo_write_protect_locked(v, 0, vmo_end_locked(v));
		v->modified = false;
	}
	mutex_unlock(v->lock);
	return modified;
}
