/*
 * Writing a paged file back: the ranges that the kernel says are newer than
 * the image, each between BEGIN and END. A page that is written meanwhile is
 * dirty again after END, so it is found by the next call.
 */
#include <string.h>

#include <zircon/syscalls.h>
#include <zircon/syscalls/pager.h>

#include "paged_file.h"

/* What one question of the kernel answers. */
#define RANGES 32

static zx_status_t copy_page(struct jx_paged_file_service *service, size_t offset)
{
	/* Not under the lock: the page may have been cut off, and must be asked for. */
	zx_status_t status = zx_vmo_read(service->vmo, service->page, offset, ZX_PAGE_SIZE);

	if (status != ZX_OK)
		return status;
	jx_lock_acquire(&service->lock);
	memcpy(service->image + offset, service->page, ZX_PAGE_SIZE);
	jx_lock_release(&service->lock);
	return ZX_OK;
}

static zx_status_t write_range_back(struct jx_paged_file_service *service,
				    const zx_vmo_dirty_range_t *range)
{
	zx_status_t status;

	status = zx_pager_op_range(service->pager, ZX_PAGER_OP_WRITEBACK_BEGIN, service->vmo,
				   range->offset, range->length,
				   range->options & ZX_VMO_DIRTY_RANGE_IS_ZERO);
	for (uint64_t at = 0; at < range->length && status == ZX_OK; at += ZX_PAGE_SIZE)
		status = copy_page(service, range->offset + at);
	if (status != ZX_OK)
		return status;
	return zx_pager_op_range(service->pager, ZX_PAGER_OP_WRITEBACK_END, service->vmo,
				 range->offset, range->length, 0);
}

zx_status_t jx_paged_file_sync(struct jx_paged_file *file, size_t *pages)
{
	struct jx_paged_file_service *service = file->service;
	uint64_t end = (file->size + ZX_PAGE_MASK) & ~ZX_PAGE_MASK, from = 0;
	zx_vmo_dirty_range_t ranges[RANGES];
	zx_status_t status = ZX_OK;
	size_t count = RANGES, written = 0;

	while (from < end && count == RANGES && status == ZX_OK) {
		status = zx_pager_query_dirty_ranges(service->pager, service->vmo, from,
						     end - from, ranges, sizeof(ranges), &count,
						     NULL);
		for (size_t i = 0; i < count && status == ZX_OK; i++) {
			status = write_range_back(service, &ranges[i]);
			from = ranges[i].offset + ranges[i].length;
			written += ranges[i].length / ZX_PAGE_SIZE;
		}
	}
	if (pages)
		*pages = written;
	return status;
}
