/* Calls that sleep on nothing: entry and exit, objects, ports, tasks. */
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

/* Read without entering the kernel. */
static void clock_read(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++)
		(void)zx_clock_get_monotonic();
	bench_report("clock/monotonic", bench_instructions(from, bench_ticks()), ROUNDS, 1);
	from = bench_ticks();
	for (int i = 0; i < ROUNDS; i++)
		(void)zx_ticks_get();
	bench_report("clock/ticks", bench_instructions(from, bench_ticks()), ROUNDS, 1);
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

/* An async wait that is made, fired, and read. */
static void port_async(void)
{
	zx_handle_t port, event;
	zx_port_packet_t packet;
	uint64_t from;

	bench_check(zx_port_create(0, &port), "port_create");
	bench_check(zx_event_create(0, &event), "event_create");
	from = bench_ticks();
	for (int i = 0; i < ROUNDS; i++) {
		zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, 0);
		zx_object_signal(event, 0, ZX_EVENT_SIGNALED);
		zx_port_wait(port, ZX_TIME_INFINITE, &packet);
		zx_object_signal(event, ZX_EVENT_SIGNALED, 0);
	}
	bench_report("port/async_signal_wait", bench_instructions(from, bench_ticks()), ROUNDS, 1);
	zx_handle_close(event);
	zx_handle_close(port);
}

static void thread_create_close(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t thread;

		zx_thread_create(zx_process_self(), "bench", 5, 0, &thread);
		zx_handle_close(thread);
	}
	bench_report("thread/create_close", bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

static void process_create_close(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t process, vmar;

		zx_process_create(zx_job_default(), "bench", 5, 0, &process, &vmar);
		zx_handle_close(vmar);
		zx_handle_close(process);
	}
	bench_report("process/create_close", bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

void bench_calls(void)
{
	empty_call();
	clock_read();
	vmo_create_close();
	event_create_close();
	port_queue_wait();
	port_async();
	thread_create_close();
	process_create_close();
}
