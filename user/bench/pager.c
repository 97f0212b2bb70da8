/* A fault that a pager in another thread resolves: packet, supply, resume. */
#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include <jx/thread.h>

#include "bench.h"

#define PAGES 512ul
#define KEY 7

static zx_handle_t pager, port, vmo, aux;

/* Answers every request; ends with the COMPLETE packet. */
static int serve(void *unused)
{
	zx_port_packet_t packet;

	(void)unused;
	for (;;) {
		bench_check(zx_port_wait(port, ZX_TIME_INFINITE, &packet), "port_wait");
		if (packet.page_request.command == ZX_PAGER_VMO_COMPLETE)
			return 0;
		bench_check(zx_pager_supply_pages(pager, vmo, packet.page_request.offset,
						  packet.page_request.length, aux,
						  packet.page_request.offset),
			    "supply_pages");
	}
}

static void supply_batch(void)
{
	uint64_t from;

	bench_check(zx_vmo_op_range(aux, ZX_VMO_OP_COMMIT, 0, 256 * PAGE, NULL, 0), "COMMIT");
	from = bench_ticks();
	bench_check(zx_pager_supply_pages(pager, vmo, PAGES * PAGE, 256 * PAGE, aux, 0),
		    "supply_pages");
	bench_report("pager/supply_per_page_of_256", bench_instructions(from, bench_ticks()), 256,
		     1);
}

void bench_pager(void)
{
	struct jx_thread thread;
	uintptr_t address;
	uint64_t from;

	bench_check(zx_pager_create(0, &pager), "pager_create");
	bench_check(zx_port_create(0, &port), "port_create");
	bench_check(zx_pager_create_vmo(pager, 0, port, KEY, 2 * PAGES * PAGE, &vmo),
		    "pager_create_vmo");
	aux = bench_vmo(PAGES);
	bench_check(zx_vmo_op_range(aux, ZX_VMO_OP_COMMIT, 0, PAGES * PAGE, NULL, 0), "COMMIT");
	address = bench_map(vmo, PAGES);
	bench_check(jx_thread_create(&thread, "server", serve, NULL), "thread");
	(void)*(volatile uint8_t *)address;
	from = bench_ticks();
	for (uint64_t i = 1; i < PAGES; i++)
		(void)*(volatile uint8_t *)(address + i * PAGE);
	bench_report("pager/fault_round_trip", bench_instructions(from, bench_ticks()), PAGES - 1,
		     1);
	supply_batch();
	bench_check(zx_pager_detach_vmo(pager, vmo), "detach");
	bench_check(jx_thread_join(&thread, NULL), "join");
	bench_unmap(address, PAGES);
	zx_handle_close(vmo);
	zx_handle_close(aux);
	zx_handle_close(pager);
	zx_handle_close(port);
}
