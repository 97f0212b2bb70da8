/* Threads: two that take turns by a futex and by ports, lives, and stops. */
#include <stdatomic.h>
#include <string.h>

#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "bench.h"

#define ROUNDS 2000

/* Whose turn it is: 0 the main thread's, 1 the other's. */
static zx_futex_t turn;

static void hand_over(int mine)
{
	atomic_store(&turn, !mine);
	zx_futex_wake(&turn, 1);
	while (atomic_load(&turn) != mine)
		zx_futex_wait(&turn, !mine, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
}

static int futex_partner(void *unused)
{
	(void)unused;
	while (atomic_load(&turn) != 1)
		zx_futex_wait(&turn, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
	for (int i = 0; i < ROUNDS; i++)
		hand_over(1);
	return 0;
}

static void futex_ping_pong(void)
{
	struct jx_thread thread;
	uint64_t from;

	bench_check(jx_thread_create(&thread, "partner", futex_partner, NULL), "thread");
	hand_over(0);
	from = bench_ticks();
	for (int i = 1; i < ROUNDS; i++)
		hand_over(0);
	bench_report("futex/one_way", bench_instructions(from, bench_ticks()), 2 * (ROUNDS - 1),
		     1);
	atomic_store(&turn, 1);
	zx_futex_wake(&turn, 1);
	bench_check(jx_thread_join(&thread, NULL), "join");
}

static zx_handle_t ports[2];

static void port_turn(int mine)
{
	zx_port_packet_t packet;

	memset(&packet, 0, sizeof(packet));
	zx_port_queue(ports[!mine], &packet);
	zx_port_wait(ports[mine], ZX_TIME_INFINITE, &packet);
}

static int port_partner(void *unused)
{
	zx_port_packet_t packet;

	(void)unused;
	zx_port_wait(ports[1], ZX_TIME_INFINITE, &packet);
	for (int i = 0; i < ROUNDS; i++)
		port_turn(1);
	return 0;
}

static void port_ping_pong(void)
{
	zx_port_packet_t packet;
	struct jx_thread thread;
	uint64_t from;

	memset(&packet, 0, sizeof(packet));
	for (int i = 0; i < 2; i++)
		bench_check(zx_port_create(0, &ports[i]), "port_create");
	bench_check(jx_thread_create(&thread, "partner", port_partner, NULL), "thread");
	port_turn(0);
	from = bench_ticks();
	for (int i = 1; i < ROUNDS; i++)
		port_turn(0);
	bench_report("port/ping_pong", bench_instructions(from, bench_ticks()), ROUNDS - 1, 1);
	zx_port_queue(ports[1], &packet);
	bench_check(jx_thread_join(&thread, NULL), "join");
	zx_handle_close(ports[0]);
	zx_handle_close(ports[1]);
}

static int nothing(void *unused)
{
	(void)unused;
	return 0;
}

static void thread_create_join(void)
{
	uint64_t from = bench_ticks();
	const int rounds = 100;

	for (int i = 0; i < rounds; i++) {
		struct jx_thread thread;

		bench_check(jx_thread_create(&thread, "nothing", nothing, NULL), "thread");
		bench_check(jx_thread_join(&thread, NULL), "join");
	}
	bench_report("thread/create_join", bench_instructions(from, bench_ticks()), rounds, 1);
}

/* A whole life on a stack that is there: made, started, ended, awaited, closed. */
static void thread_life(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t thread;

		bench_check(zx_thread_create(zx_process_self(), "t", 1, 0, &thread), "create");
		/* It goes straight to its end, without a stack. */
		bench_check(zx_thread_start(thread, (zx_vaddr_t)zx_thread_exit, 0, 0, 0), "start");
		bench_check(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE,
					       NULL), "wait");
		zx_handle_close(thread);
	}
	bench_report("thread/life", bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

/* Somebody sleeps until a deadline that nobody waits for, is stopped, and goes
 * on: what both ends pay together. */
static int sleep_on(void *unused)
{
	(void)unused;
	zx_nanosleep(ZX_TIME_INFINITE);
	return 0;
}

static void thread_suspend_resume(void)
{
	struct jx_thread thread;
	uint64_t from;

	bench_check(jx_thread_create(&thread, "sleep", sleep_on, NULL), "thread");
	from = bench_ticks();
	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t token;

		bench_check(zx_task_suspend_token(thread.handle, &token), "suspend");
		bench_check(zx_object_wait_one(thread.handle, ZX_THREAD_SUSPENDED,
					       ZX_TIME_INFINITE, NULL), "wait");
		zx_handle_close(token);
		bench_check(zx_object_wait_one(thread.handle, ZX_THREAD_RUNNING, ZX_TIME_INFINITE,
					       NULL), "wait");
	}
	bench_report("thread/suspend_resume", bench_instructions(from, bench_ticks()), ROUNDS, 1);
	bench_check(zx_task_kill(thread.handle), "kill");
	bench_check(jx_thread_join(&thread, NULL), "join");
}

void bench_threads(void)
{
	futex_ping_pong();
	port_ping_pong();
	thread_create_join();
	thread_life();
	thread_suspend_resume();
}
