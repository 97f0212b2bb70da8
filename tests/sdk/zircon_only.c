/*
 * A program that knows Zircon's headers and the C library alone: a pager
 * thread of <threads.h> serves a mapping, a port tells of an event.
 */
#include <stdio.h>
#include <string.h>
#include <threads.h>

#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>
#include <zircon/threads.h>
#include <zircon/tls.h>
#include <zircon/types.h>

#define PAGES 16ul

static zx_handle_t pager, port, vmo;

#define CHECK(call) check(#call, call)

static void check(const char *what, zx_status_t status)
{
	if (status == ZX_OK)
		return;
	printf("%s: %s\n", what, zx_status_get_string(status));
	zx_process_exit(1);
}

/* Supplies what is asked for until COMPLETE: each page begins with its index. */
static int serve(void *arg)
{
	zx_handle_t aux;
	zx_port_packet_t packet;
	int served = 0;

	(void)arg;
	CHECK(zx_vmo_create(PAGES * ZX_PAGE_SIZE, 0, &aux));
	for (;;) {
		CHECK(zx_port_wait(port, ZX_TIME_INFINITE, &packet));
		if (packet.type != ZX_PKT_TYPE_PAGE_REQUEST)
			continue;
		if (packet.page_request.command == ZX_PAGER_VMO_COMPLETE)
			return served;
		for (uint64_t at = 0; at < packet.page_request.length; at += ZX_PAGE_SIZE) {
			uint64_t index = (packet.page_request.offset + at) / ZX_PAGE_SIZE;

			CHECK(zx_vmo_write(aux, &index, at, sizeof(index)));
			served++;
		}
		CHECK(zx_pager_supply_pages(pager, vmo, packet.page_request.offset,
					    packet.page_request.length, aux, 0));
	}
}

int main(int argc, char **argv)
{
	zx_info_handle_basic_t info;
	zx_vaddr_t base;
	thrd_t server;
	int served;

	CHECK(zx_pager_create(0, &pager));
	CHECK(zx_port_create(0, &port));
	CHECK(zx_pager_create_vmo(pager, 0, port, 7, PAGES * ZX_PAGE_SIZE, &vmo));
	if (thrd_create(&server, serve, NULL) != thrd_success)
		return 1;
	CHECK(zx_object_get_info(thrd_get_zx_handle(server), ZX_INFO_HANDLE_BASIC, &info,
				 sizeof(info), NULL, NULL));
	CHECK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGES * ZX_PAGE_SIZE,
			  &base));
	for (uint64_t i = 0; i < PAGES; i++) {
		if (*(volatile uint64_t *)(base + i * ZX_PAGE_SIZE) != i)
			return 2;
	}
	CHECK(zx_pager_detach_vmo(pager, vmo));
	if (thrd_join(server, &served) != thrd_success || served < (int)PAGES)
		return 3;
	printf("%s %d: %d pages, object type %u\n", argv[0], argc, served, info.type);
	if (zx_thread_self() == ZX_HANDLE_INVALID || zx_job_default() == ZX_HANDLE_INVALID)
		return 4;
	return 0;
}
