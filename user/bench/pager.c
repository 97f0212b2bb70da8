/* A fault that a pager in another thread resolves: packet, supply, resume. */
#include <zircon/jx.h>
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

/* A COMMIT of more than can be free: all that can be given back is, in vain. */
static uint64_t out_of_memory(void)
{
	jx_memory_stats_t stats = { 0 };
	uint64_t from, to;
	zx_handle_t huge;

	bench_check(jx_stat(JX_STAT_MEMORY, &stats, sizeof(stats), NULL), "jx_stat");
	huge = bench_vmo(stats.total_pages / 1000 * 995);
	from = bench_ticks();
	(void)zx_vmo_op_range(huge, ZX_VMO_OP_COMMIT, 0, stats.total_pages / 1000 * 995 * PAGE,
			      NULL, 0);
	to = bench_ticks();
	zx_handle_close(huge);
	return bench_instructions(from, to);
}

/* All pages of the VMO, those of the mapping used. */
static void evict_all(void)
{
	uint64_t with = out_of_memory(), without = out_of_memory();

	bench_report("pager/evict_per_page", with > without ? with - without : 0, PAGES + 256, 1);
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
	evict_all();
	bench_check(zx_pager_detach_vmo(pager, vmo), "detach");
	bench_check(jx_thread_join(&thread, NULL), "join");
	bench_unmap(address, PAGES);
	zx_handle_close(vmo);
	zx_handle_close(aux);
	zx_handle_close(pager);
	zx_handle_close(port);
}
