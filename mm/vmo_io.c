/*
 * Copies between a VMO and a caller's memory (vmo.md 3.2).
 *
 * A page is found under the VMO's lock and copied under it with user faults
 * disabled. Where the copy stops at a fault the lock is dropped, the fault
 * resolved as an access of the program's own would be, and everything about
 * the VMO is looked at again. So a VMO may be read into a mapping of itself,
 * and two VMOs into mappings of each other.
 */
#include <arch/usercopy.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/pager.h>
#include <mm/reclaim.h>

#include "vmo_internal.h"

/* Pages copied before the lock is given up for a moment, so that a long copy
 * does not shut others out. */
#define PAGES_A_TURN 64

struct io {
	struct vmo *vmo;	/* as named by the caller */
	u64 offset;
	u64 left;
	bool write;		/* into the VMO */
	/* User memory if kernel is NULL. */
	uaddr_t user;
	u8 *kernel;
	struct page_request *request;	/* to wait for a pager by */
};

/* Copies as much of one page as it can; returns bytes not copied. */
static u64 copy_piece(struct io *io, u8 *bytes, u64 count)
{
	u64 rest = 0;

	if (io->kernel && io->write)
		memcpy(bytes, io->kernel, count);
	else if (io->kernel)
		memcpy(io->kernel, bytes, count);
	else if (io->write)
		rest = copy_from_user_nofault(bytes, io->user, count);
	else
		rest = copy_to_user_nofault(io->user, bytes, count);
	return rest;
}

static void advance(struct io *io, u64 count)
{
	io->offset += count;
	io->left -= count;
	if (io->kernel)
		io->kernel += count;
	else
		io->user += count;
}

/*
 * The page at io->offset is absent: one page, or all that is left and absent; or
 * it wants to be marked first, with all that follow it. OK: no need any more.
 */
static zx_status_t ask_pager_locked(struct io *io)
{
	struct vmo *b = io->vmo->base;
	struct vmo *s = b->source ? b : b->source_vmo;
	u64 index = vmo_index(io->vmo, io->offset);
	u64 end = vmo_index(io->vmo, io->offset + io->left - 1) + 1;

	if (vmo_is_absent_locked(s, index) &&
	    !page_source_copies_ask_for_runs(s->source))
		end = index + 1;
	return vmo_request_access_locked(b, index, end, io->write, io->request);
}

/* A copy that stored nothing is no modification (pager-port.md 7.8). */
static u64 copy_counted(struct io *io, u8 *bytes, u64 count, bool was_modified)
{
	u64 rest = copy_piece(io, bytes, count);

	if (rest == count)
		io->vmo->base->modified = was_modified;
	advance(io, count - rest);
	return rest;
}

/*
 * Copies under the lock until done, a turn is over (OK), a page must be waited
 * for (SHOULD_WAIT), the user's memory faults (*faulted) or an error.
 */
static zx_status_t copy_locked(struct io *io, bool *faulted)
{
	for (u32 turn = 0; turn < PAGES_A_TURN && io->left; turn++) {
		u64 in_page = io->offset & PAGE_MASK;
		u64 count = min_u64(io->left, PAGE_SIZE - in_page);
		bool was_modified = io->vmo->base->modified;
		struct page *page;
		bool writable;
		zx_status_t status;

		/* It may have shrunk while the lock was free. */
		if (io->left > vmo_size_locked(io->vmo) - io->offset)
			return ZX_ERR_OUT_OF_RANGE;
		status = vmo_get_page_locked(io->vmo->base,
					     vmo_index(io->vmo, io->offset),
					     io->write, NULL, &page, &writable);
		if (status == ZX_ERR_SHOULD_WAIT)
			return ask_pager_locked(io);
		if (status != ZX_OK)
			return status;
		if (copy_counted(io, vmo_page_bytes(page) + in_page, count,
				 was_modified)) {
			*faulted = true;
			return ZX_OK;
		}
	}
	return ZX_OK;
}

static zx_status_t resolve_user_fault(const struct io *io)
{
	return mm_kernel_page_fault(process_current()->aspace, io->user,
				    io->write ? PT_READ : PT_WRITE);
}

static zx_status_t run(struct io *io)
{
	struct page_request request;

	io->request = &request;
	do {
		bool faulted = false;
		zx_status_t status;

		mutex_lock(io->vmo->lock);
		/* Both may have changed while the lock was free. */
		if (io->vmo->base->cache_policy != ZX_CACHE_POLICY_CACHED)
			status = ZX_ERR_BAD_STATE;
		else if (io->offset > vmo_size_locked(io->vmo))
			status = ZX_ERR_OUT_OF_RANGE;
		else
			status = copy_locked(io, &faulted);
		mutex_unlock(io->vmo->lock);
		if (status == ZX_ERR_SHOULD_WAIT)
			status = page_request_wait(&request);
		else if (faulted)
			status = resolve_user_fault(io);
		else if (mm_try_again(status, 1))
			status = ZX_OK;
		if (status != ZX_OK)
			return status;
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	} while (io->left);
	return ZX_OK;
}

/* vmo.md 3.2, checks 2-5; a length of 0 is fine up to the end. */
static zx_status_t check_and_run(struct io *io)
{
	u64 end;

	if (io->vmo->base->kind == VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (__builtin_add_overflow(io->offset, io->left, &end))
		return ZX_ERR_OUT_OF_RANGE;
	return run(io);
}

zx_status_t vmo_read_user(struct vmo *v, uaddr_t buffer, u64 offset, u64 bytes)
{
	struct io io = { .vmo = v, .offset = offset, .left = bytes,
			 .user = buffer };

	return check_and_run(&io);
}

zx_status_t vmo_write_user(struct vmo *v, uaddr_t buffer, u64 offset,
			   u64 bytes)
{
	struct io io = { .vmo = v, .offset = offset, .left = bytes,
			 .write = true, .user = buffer };

	return check_and_run(&io);
}

zx_status_t vmo_read_kernel(struct vmo *v, void *buf, u64 offset, u64 bytes)
{
	struct io io = { .vmo = v, .offset = offset, .left = bytes,
			 .kernel = buf };

	return check_and_run(&io);
}

zx_status_t vmo_write_kernel(struct vmo *v, const void *buf, u64 offset,
			     u64 bytes)
{
	struct io io = { .vmo = v, .offset = offset, .left = bytes,
			 .write = true, .kernel = (u8 *)(uintptr_t)buf };

	return check_and_run(&io);
}
