/* One function for each of the three calls. */
#include <stdatomic.h>
#include <stdio.h>

#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>

#include "demo.h"

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define OLD 0x5a

/* A VMO of `pages` pages, mapped, every page written; 0 on failure. */
static uintptr_t map_written(uint64_t pages, zx_handle_t *vmo)
{
	zx_vaddr_t address = 0;

	if (!demo_expect(zx_vmo_create(pages * PAGE, 0, vmo), ZX_OK, "zx_vmo_create") ||
	    !demo_expect(zx_vmar_map(zx_vmar_root_self(), RW, 0, *vmo, 0, pages * PAGE, &address),
			 ZX_OK, "zx_vmar_map"))
		return 0;
	for (uint64_t i = 0; i < pages; i++)
		*(volatile uint8_t *)(address + i * PAGE) = OLD;
	return address;
}

static void unmap_all(uintptr_t address, uint64_t pages)
{
	demo_expect(zx_vmar_unmap(zx_vmar_root_self(), address, pages * PAGE), ZX_OK,
		    "cleaning up");
}

static zx_status_t peek(uintptr_t address)
{
	size_t actual;
	uint8_t byte;

	return zx_process_read_memory(zx_process_self(), address, &byte, 1, &actual);
}

/* Unmaps the middle of a mapping that all CPUs have in their TLBs. */
void demo_unmap(void)
{
	const uint64_t pages = 64;
	struct readers r;
	struct work work;
	zx_handle_t vmo;
	uintptr_t address;
	uint32_t readers;
	zx_status_t status;

	printf("\n1. zx_vmar_unmap: the middle of a mapping of %lu pages\n", (unsigned long)pages);
	address = map_written(pages, &vmo);
	if (!address)
		return;
	/* They go on reading the first page, which stays. */
	r = (struct readers){ (volatile const uint8_t *)address, OLD };
	readers = readers_start(&r);
	work_begin(&work);
	status = zx_vmar_unmap(zx_vmar_root_self(), address + 16 * PAGE, 32 * PAGE);
	work_end(&work);
	readers_let_read();
	readers_stop();
	demo_expect(status, ZX_OK, "zx_vmar_unmap");
	printf("  pages 16 to 47 unmapped: %s\n", zx_status_get_string(status));
	work_print(&work, readers);
	demo_expect(peek(address + 15 * PAGE), ZX_OK, "the page below the hole");
	demo_expect(peek(address + 48 * PAGE), ZX_OK, "the page above the hole");
	status = peek(address + 16 * PAGE);
	printf("  reading the hole: %s; the pages beside it are as before\n",
	       zx_status_get_string(status));
	if (status == ZX_OK)
		demo_fail("the hole can still be read", status);
	unmap_all(address, pages);
	zx_handle_close(vmo);
}

/* Takes pages away under the eyes of all other CPUs. */
void demo_decommit(void)
{
	const uint64_t pages = 16;
	struct readers r;
	struct work work;
	zx_handle_t vmo;
	uintptr_t address;
	uint32_t readers;
	uint64_t stale;
	zx_status_t status;

	printf("\n2. zx_vmar_op_range(DECOMMIT): %lu pages that all CPUs are reading\n",
	       (unsigned long)pages);
	address = map_written(pages, &vmo);
	if (!address)
		return;
	r = (struct readers){ (volatile const uint8_t *)address, OLD };
	readers = readers_start(&r);
	work_begin(&work);
	status = zx_vmar_op_range(zx_vmar_root_self(), ZX_VMO_OP_DECOMMIT, address, pages * PAGE,
				  NULL, 0);
	work_end(&work);
	readers_forbid_old();
	stale = readers_stop();
	demo_expect(status, ZX_OK, "zx_vmar_op_range");
	printf("  %lu pages decommitted: %s\n", (unsigned long)pages,
	       zx_status_get_string(status));
	work_print(&work, readers);
	printf("  after the call returned the readers saw the old content %llu times,"
	       " and zero from then on\n",
	       (unsigned long long)stale);
	if (stale)
		demo_fail("stale memory was seen", ZX_ERR_INTERNAL);
	unmap_all(address, pages);
	zx_handle_close(vmo);
}

/* A thread that waits for a page that never comes. */
struct waiting {
	zx_handle_t vmo;
	zx_status_t status;
};

static int wait_for_page(void *arg)
{
	struct waiting *w = arg;
	uint8_t byte;

	w->status = zx_vmo_read(w->vmo, &byte, 0, 1);
	return 0;
}

/* Reads packets until the port has no more; COMPLETE must be the last. */
static void read_packets(zx_handle_t port)
{
	uint32_t count = 0, completes = 0;
	bool last_is_complete = false;
	zx_port_packet_t packet;

	while (zx_port_wait(port, 0, &packet) == ZX_OK) {
		last_is_complete = packet.page_request.command == ZX_PAGER_VMO_COMPLETE;
		completes += last_is_complete;
		count++;
	}
	printf("  port: %u packet(s) after the detach, %u of them COMPLETE, the last one %s\n",
	       (unsigned int)count, (unsigned int)completes,
	       last_is_complete ? "COMPLETE" : "something else");
	if (completes != 1 || !last_is_complete)
		demo_fail("COMPLETE must come once, and last", ZX_ERR_BAD_STATE);
}

void demo_detach(void)
{
	const uint64_t key = 1968;
	struct waiting w = { ZX_HANDLE_INVALID, ZX_OK };
	zx_handle_t pager, port;
	zx_port_packet_t packet;
	struct jx_thread thread;

	printf("\n3. zx_pager_detach_vmo: with a thread that waits for a page\n");
	if (!demo_expect(zx_pager_create(0, &pager), ZX_OK, "zx_pager_create") ||
	    !demo_expect(zx_port_create(0, &port), ZX_OK, "zx_port_create") ||
	    !demo_expect(zx_pager_create_vmo(pager, 0, port, key, 4 * PAGE, &w.vmo), ZX_OK,
			 "zx_pager_create_vmo") ||
	    !demo_expect(jx_thread_create(&thread, "waiting", wait_for_page, &w), ZX_OK,
			 "starting a thread"))
		return;
	if (demo_expect(zx_port_wait(port, ZX_TIME_INFINITE, &packet), ZX_OK, "zx_port_wait"))
		printf("  the pager was asked for %llu bytes at %llu (key %llu), and does not"
		       " answer\n",
		       (unsigned long long)packet.page_request.length,
		       (unsigned long long)packet.page_request.offset,
		       (unsigned long long)packet.key);
	demo_expect(zx_pager_detach_vmo(pager, w.vmo), ZX_OK, "zx_pager_detach_vmo");
	demo_expect(jx_thread_join(&thread, NULL), ZX_OK, "joining the thread");
	printf("  detached; the waiting thread was resumed with %s\n",
	       zx_status_get_string(w.status));
	if (w.status != ZX_ERR_BAD_STATE)
		demo_fail("the waiting read should fail", w.status);
	read_packets(port);
	zx_handle_close(w.vmo);
	zx_handle_close(port);
	zx_handle_close(pager);
}
