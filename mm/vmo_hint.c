/*
 * Hints about pages that a pager supplies (vmo.md 4.7).
 */
#include <kernel/wait.h>
#include <mm/pager.h>
#include <mm/vmo_hint.h>

/* Pages handled before the lock is given up for a moment. */
#define PAGES_A_TURN 64

/* Some pages from *index on, each as a read would find it. */
static zx_status_t read_turn_locked(struct vmo *base, u64 *index, u64 end,
				    struct page_request *request)
{
	for (u32 i = 0; i < PAGES_A_TURN && *index < end; i++) {
		struct page *page;
		bool writable;
		zx_status_t status = vmo_get_page_locked(base, *index, false,
							 request, &page,
							 &writable);

		if (status != ZX_OK)
			return status;
		(*index)++;
	}
	return ZX_OK;
}

static zx_status_t read_pages(struct vmo *base, u64 index, u64 end)
{
	struct page_request request;
	zx_status_t status = ZX_OK;

	while (status == ZX_OK && index < end) {
		mutex_lock(base->lock);
		status = read_turn_locked(base, &index, end, &request);
		mutex_unlock(base->lock);
		if (status == ZX_ERR_SHOULD_WAIT)
			status = page_request_wait(&request);
		if (status == ZX_OK && thread_is_killed())
			status = ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return status;
}

zx_status_t vmo_prefetch(struct vmo *v, u64 offset, u64 bytes)
{
	u64 end;

	if (__builtin_add_overflow(offset, bytes, &end) ||
	    end > vmo_get_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	if (!vmo_has_pager(v) || bytes == 0)
		return ZX_OK;
	/* The pager's own VMO has all or asks for it, run by run. */
	if (v->base->source)
		return vmo_commit_range(v, offset, bytes, false);
	return read_pages(v->base, vmo_index(v, offset),
			  vmo_index(v, end + PAGE_MASK));
}
