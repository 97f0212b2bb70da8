/* Calls that sleep on nothing: entry and exit, objects, ports. */
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "bench.h"

#define ROUNDS 2000

static void empty_call(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++)
		zx_handle_close(ZX_HANDLE_INVALID);
	bench_report("call/empty", bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

static void vmo_create_close(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t vmo;

		zx_vmo_create(PAGE, 0, &vmo);
		zx_handle_close(vmo);
	}
	bench_report("vmo/create_close", bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

static void event_create_close(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t event;

		zx_event_create(0, &event);
		zx_handle_close(event);
	}
	bench_report("event/create_close", bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

static void port_queue_wait(void)
{
	zx_port_packet_t packet;
	zx_handle_t port;
	uint64_t from;

	memset(&packet, 0, sizeof(packet));
	bench_check(zx_port_create(0, &port), "port_create");
	from = bench_ticks();
	for (int i = 0; i < ROUNDS; i++) {
		zx_port_queue(port, &packet);
		zx_port_wait(port, ZX_TIME_INFINITE, &packet);
	}
	bench_report("port/queue_wait", bench_instructions(from, bench_ticks()), ROUNDS, 1);
	zx_handle_close(port);
}

void bench_calls(void)
{
	empty_call();
	vmo_create_close();
	event_create_close();
	port_queue_wait();
}
