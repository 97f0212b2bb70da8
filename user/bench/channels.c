/* Channels: a message written and read, and a call answered by a thread. */
#include <string.h>

#include <jx/thread.h>

#include "bench.h"

#define ROUNDS 2000
#define BYTES 32u

static void write_read(void)
{
	char message[BYTES] = { 0 };
	zx_handle_t a, b;
	uint32_t bytes;
	uint64_t from;

	bench_check(zx_channel_create(0, &a, &b), "channel_create");
	from = bench_ticks();
	for (int i = 0; i < ROUNDS; i++) {
		zx_channel_write(a, 0, message, BYTES, NULL, 0);
		zx_channel_read(b, 0, message, NULL, BYTES, 0, &bytes, NULL);
	}
	bench_report("channel/write_read_32", bench_instructions(from, bench_ticks()), ROUNDS, 1);
	zx_handle_close(a);
	zx_handle_close(b);
}

/* Sends back what it gets, until the other end is closed. */
static int echo(void *arg)
{
	zx_handle_t server = *(zx_handle_t *)arg;
	char message[BYTES];
	uint32_t bytes;

	for (;;) {
		zx_object_wait_one(server, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
				   ZX_TIME_INFINITE, NULL);
		if (zx_channel_read(server, 0, message, NULL, BYTES, 0, &bytes, NULL) != ZX_OK)
			return 0;
		zx_channel_write(server, 0, message, bytes, NULL, 0);
	}
}

static void call_round_trip(void)
{
	char message[BYTES] = { 0 };
	const zx_channel_call_args_t args = {
		.wr_bytes = message,
		.wr_num_bytes = BYTES,
		.rd_bytes = message,
		.rd_num_bytes = BYTES,
	};
	struct jx_thread thread;
	zx_handle_t a, b;
	uint32_t bytes, handles;
	uint64_t from;

	bench_check(zx_channel_create(0, &a, &b), "channel_create");
	bench_check(jx_thread_create(&thread, "echo", echo, &b), "thread");
	bench_check(zx_channel_call(a, 0, ZX_TIME_INFINITE, &args, &bytes, &handles), "call");
	from = bench_ticks();
	for (int i = 0; i < ROUNDS; i++)
		zx_channel_call(a, 0, ZX_TIME_INFINITE, &args, &bytes, &handles);
	bench_report("channel/call_round_trip", bench_instructions(from, bench_ticks()), ROUNDS, 1);
	zx_handle_close(a);
	bench_check(jx_thread_join(&thread, NULL), "join");
	zx_handle_close(b);
}

static void channel_create_close(void)
{
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t a, b;

		zx_channel_create(0, &a, &b);
		zx_handle_close(a);
		zx_handle_close(b);
	}
	bench_report("channel/create_close", bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

void bench_channels(void)
{
	write_read();
	call_round_trip();
	channel_create_close();
}
