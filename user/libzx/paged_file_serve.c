/* The thread of a file pager: answers the kernel's requests for pages. */
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#include "paged_file.h"

static zx_status_t supply_some(struct jx_paged_file_service *service, uint64_t offset,
			       uint64_t length)
{
	zx_status_t status;

	jx_lock_acquire(&service->lock);
	status = zx_vmo_write(service->scratch, service->image + offset, 0, length);
	jx_lock_release(&service->lock);
	if (status != ZX_OK)
		return status;
	/* The pages change hands; none is copied. */
	status = zx_pager_supply_pages(service->pager, service->vmo, offset, length,
				       service->scratch, 0);
	if (status == ZX_OK)
		atomic_fetch_add_explicit(&service->supplied, length / ZX_PAGE_SIZE,
					  memory_order_relaxed);
	return status;
}

/*
 * The range may be partly behind the end by now: the file was cut, which the
 * kernel has answered by itself. Whoever waits for what cannot be read is told.
 */
static void supply(struct jx_paged_file_service *service, uint64_t offset, uint64_t length)
{
	uint64_t end = offset + length;
	zx_status_t status = ZX_OK;

	while (offset < end && status == ZX_OK) {
		uint64_t some = end - offset;

		if (some > SUPPLY_PAGES * ZX_PAGE_SIZE)
			some = SUPPLY_PAGES * ZX_PAGE_SIZE;
		status = supply_some(service, offset, some);
		if (status == ZX_OK)
			offset += some;
	}
	if (status != ZX_OK)
		zx_pager_op_range(service->pager, ZX_PAGER_OP_FAIL, service->vmo, offset,
				  end - offset, (uint64_t)(int64_t)ZX_ERR_IO);
}

int jx_paged_file_serve(void *argument)
{
	struct jx_paged_file_service *service = argument;
	zx_port_packet_t packet;

	for (;;) {
		zx_status_t status = zx_port_wait(service->port, ZX_TIME_INFINITE, &packet);

		if (status != ZX_OK)
			return status;
		if (packet.type != ZX_PKT_TYPE_PAGE_REQUEST)
			continue;
		if (packet.page_request.command == ZX_PAGER_VMO_COMPLETE)
			return ZX_OK;
		if (packet.page_request.command == ZX_PAGER_VMO_READ)
			supply(service, packet.page_request.offset, packet.page_request.length);
	}
}
