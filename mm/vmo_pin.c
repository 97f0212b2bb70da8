/*
 * Pins (vmo.md 13): counts in struct page and in the VMO that owns the pages,
 * both under its lock.
 */
#include <kernel/panic.h>
#include <kernel/wait.h>
#include <mm/pager.h>
#include <mm/reclaim.h>
#include <mm/vmo_pin.h>

/* Pages that one hold of the lock pins. */
#define PAGES_A_TURN 256

bool vmo_is_contiguous(const struct vmo *v)
{
	return v->base->kind == VMO_CONTIGUOUS ||
	       v->base->kind == VMO_PHYSICAL;
}

/* The page made this VMO's own and pinned once more. */
static zx_status_t pin_page_locked(struct vmo *base, u64 index,
				   struct page_request *request)
{
	struct page *page;
	bool writable;
	zx_status_t status = vmo_get_page_locked(base, index, true, request,
						 &page, &writable);

	if (status != ZX_OK)
		return status;
	if (page->count == UINT16_MAX)
		return ZX_ERR_UNAVAILABLE;
	page->count++;
	base->pin_count++;
	return ZX_OK;
}

/* Pins pages from *offset on until end, the turn, or one that cannot be. */
static zx_status_t pin_turn(struct vmo *v, u64 *offset, u64 end,
			    struct page_request *request)
{
	zx_status_t status = ZX_OK;

	mutex_lock(v->lock);
	if (end > vmo_size_locked(v))
		status = ZX_ERR_OUT_OF_RANGE;
	for (u32 i = 0; i < PAGES_A_TURN && *offset < end; i++) {
		if (status == ZX_OK)
			status = pin_page_locked(v->base,
						 vmo_index(v, *offset),
						 request);
		if (status != ZX_OK)
			break;
		*offset += PAGE_SIZE;
	}
	mutex_unlock(v->lock);
	return status;
}

static zx_status_t pin_range(struct vmo *v, u64 *offset, u64 end)
{
	struct page_request request;
	zx_status_t status = ZX_OK;

	while (status == ZX_OK && *offset < end) {
		status = pin_turn(v, offset, end, &request);
		if (status == ZX_ERR_SHOULD_WAIT)
			status = page_request_wait(&request);
		else if (mm_try_again(status, (end - *offset) >> PAGE_SHIFT))
			status = ZX_OK;
		if (status == ZX_OK && thread_is_killed())
			status = ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return status;
}

zx_status_t vmo_pin(struct vmo *v, u64 offset, u64 bytes)
{
	u64 pinned = offset, end;
	zx_status_t status;

	if (__builtin_add_overflow(offset, bytes, &end) ||
	    end > vmo_get_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	/* Its addresses are what they are. */
	if (v->base->kind == VMO_PHYSICAL)
		return ZX_OK;
	/* All at once, or nothing: a pin that cannot be had takes no memory. */
	status = vmo_commit_range(v, offset, bytes, false);
	if (status == ZX_OK)
		status = pin_range(v, &pinned, end);
	if (status != ZX_OK)
		vmo_unpin(v, offset, pinned - offset);
	return status;
}

/* A pinned page is in the tree of the VMO that owns it. */
static struct page *pinned_page_locked(const struct vmo *v, u64 offset)
{
	struct pt_slot s = ptree_get(&v->base->pages, vmo_index(v, offset));

	ASSERT(pt_slot_type(s) == PT_PAGE && pt_page(s)->count > 0);
	return pt_page(s);
}

static void unpin_turn(struct vmo *v, u64 offset, u64 end)
{
	mutex_lock(v->lock);
	for (; offset < end; offset += PAGE_SIZE) {
		pinned_page_locked(v, offset)->count--;
		v->base->pin_count--;
	}
	mutex_unlock(v->lock);
}

void vmo_unpin(struct vmo *v, u64 offset, u64 bytes)
{
	const u64 turn = PAGES_A_TURN * PAGE_SIZE;
	u64 end = offset + bytes;

	if (v->base->kind == VMO_PHYSICAL)
		return;
	for (; offset < end; offset += min_u64(turn, end - offset))
		unpin_turn(v, offset, offset + min_u64(turn, end - offset));
}

static u64 address_locked(const struct vmo *v, u64 offset)
{
	if (v->base->kind == VMO_PHYSICAL)
		return v->base->paddr.v + (vmo_index(v, offset) << PAGE_SHIFT);
	return page_to_paddr(pinned_page_locked(v, offset)).v;
}

void vmo_get_pinned(struct vmo *v, u64 offset, u64 *addresses, u64 count)
{
	mutex_lock(v->lock);
	for (u64 i = 0; i < count; i++)
		addresses[i] = address_locked(v, offset + i * PAGE_SIZE);
	mutex_unlock(v->lock);
}
