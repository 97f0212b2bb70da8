/*
 * Writing a paged file back: page by page what differs from the image. Only
 * pages that the kernel holds can differ.
 */
#include <string.h>

#include <zircon/syscalls.h>

#include "paged_file.h"

static bool write_back(struct jx_paged_file_service *service, size_t offset)
{
	const char *page = service->page;
	bool differs;

	jx_lock_acquire(&service->lock);
	differs = memcmp(service->image + offset, page, ZX_PAGE_SIZE) != 0;
	if (differs)
		memcpy(service->image + offset, page, ZX_PAGE_SIZE);
	jx_lock_release(&service->lock);
	return differs;
}

zx_status_t jx_paged_file_sync(struct jx_paged_file *file, size_t *pages)
{
	struct jx_paged_file_service *service = file->service;
	size_t written = 0;
	zx_status_t status = ZX_OK;

	for (size_t at = 0; at < file->size && status == ZX_OK; at += ZX_PAGE_SIZE) {
		status = zx_vmo_read(file->vmo, service->page, at, ZX_PAGE_SIZE);
		if (status == ZX_OK)
			written += write_back(service, at);
	}
	if (pages)
		*pages = written;
	return status;
}
