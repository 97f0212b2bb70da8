/*
 * Pins (vmo.md 13): counts in struct page and in the VMO that owns the pages,
 * both under its lock.
 */
#include <kernel/panic.h>
#include <kernel/wait.h>
#include <mm/pager.h>
#include <mm/reclaim.h>
#include <mm/vmo_pin.h>

#include "vmo_gap.h"

/* Pages that one hold of the lock pins. */
#define PAGES_A_TURN 256

bool vmo_is_contiguous(const struct vmo *v)
{
	return v->base->kind == VMO_CONTIGUOUS ||
	       v->base->kind == VMO_PHYSICAL;
}

/* What a pin wants. */
struct pinning {
	struct vmo *vmo;
	u64 offset, end;	/* of what is left, in bytes */
	bool write;		/* the device may write (pager-port.md 7.2) */
	struct page_request request;
};

/* The page for a pin by which nothing is written: where a pager's VMO reads zero
 * by a marker it is a page of its own that is clean. */
static zx_status_t page_to_read_locked(struct vmo *base, u64 index,
				       struct page **out)
{
	bool writable;
	zx_status_t status = vmo_get_page_locked(base, index, !base->source,
						 NULL, out, &writable);

	if (status != ZX_OK || *out != zero_page)
		return status;
	if (vmo_in_gap_locked(base, index))
		return vmo_get_page_locked(base, index, true, NULL, out,
					   &writable);
	status = vmo_fill_zero_locked(base, index, out);
	if (status == ZX_OK)
		vmo_set_page_state(*out, VMO_PAGE_CLEAN);
	return status;
}

/* The page made this VMO's own and pinned once more, which takes p->offset on. */
static zx_status_t pin_page_locked(struct pinning *p)
{
	struct vmo *base = p->vmo->base;
	u64 index = vmo_index(p->vmo, p->offset);
	struct page *page;
	bool writable;
	zx_status_t status = p->write ?
		vmo_get_page_locked(base, index, true, NULL, &page, &writable) :
		page_to_read_locked(base, index, &page);

	/* OK: the pager is gone meanwhile, and nobody wants to be asked. */
	if (status == ZX_ERR_SHOULD_WAIT)
		return vmo_request_access_locked(
			base, index, vmo_index(p->vmo, p->end + PAGE_MASK),
			true, &p->request);
	if (status != ZX_OK)
		return status;
	if (page->count == UINT16_MAX)
		return ZX_ERR_UNAVAILABLE;
	page->count++;
	base->pin_count++;
	p->offset += PAGE_SIZE;
	return ZX_OK;
}

/* Pins pages from p->offset on until the end, the turn, or one that cannot be. */
static zx_status_t pin_turn(struct pinning *p)
{
	zx_status_t status = ZX_OK;

	mutex_lock(p->vmo->lock);
	if (p->end > vmo_size_locked(p->vmo))
		status = ZX_ERR_OUT_OF_RANGE;
	for (u32 i = 0; i < PAGES_A_TURN && p->offset < p->end; i++) {
		if (status == ZX_OK)
			status = pin_page_locked(p);
		if (status != ZX_OK)
			break;
	}
	mutex_unlock(p->vmo->lock);
	return status;
}

static zx_status_t pin_range(struct pinning *p)
{
	zx_status_t status = ZX_OK;

	while (status == ZX_OK && p->offset < p->end) {
		status = pin_turn(p);
		if (status == ZX_ERR_SHOULD_WAIT)
			status = page_request_wait(&p->request);
		else if (mm_try_again(status, (p->end - p->offset) >>
						      PAGE_SHIFT))
			status = ZX_OK;
		if (status == ZX_OK && thread_is_killed())
			status = ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return status;
}

static zx_status_t pin(struct vmo *v, u64 offset, u64 bytes, bool write)
{
	struct pinning p = { .vmo = v, .offset = offset, .write = write };
	zx_status_t status;

	if (__builtin_add_overflow(offset, bytes, &p.end) ||
	    p.end > vmo_get_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	/* Its addresses are what they are. */
	if (v->base->kind == VMO_PHYSICAL)
		return ZX_OK;
	/* All at once, or nothing: a pin that cannot be had takes no memory. */
	status = vmo_commit_range(v, offset, bytes, false);
	if (status == ZX_OK)
		status = pin_range(&p);
	if (status != ZX_OK)
		vmo_unpin(v, offset, p.offset - offset);
	return status;
}

zx_status_t vmo_pin(struct vmo *v, u64 offset, u64 bytes)
{
	return pin(v, offset, bytes, true);
}

zx_status_t vmo_pin_to_read(struct vmo *v, u64 offset, u64 bytes)
{
	return pin(v, offset, bytes, false);
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
