/*
 * Channels used by several threads while their ends are closed or moved: every
 * call ends with a documented status, and nothing is left over.
 */
#include "pair_util.h"

#define ROUNDS 60

static int write_until_closed(void *arg)
{
	zx_handle_t end = *(zx_handle_t *)arg;
	zx_status_t status;

	/* NO_MEMORY cannot be: the reader keeps up, or the round ends first. */
	for (uint32_t i = 0; i < 2000; i++) {
		status = pair_send(end, i, pair_make_event());
		if (status == ZX_OK)
			continue;
		EXPECT_TRUE(status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_HANDLE);
		break;
	}
	return 0;
}

static int read_until_closed(void *arg)
{
	zx_handle_t end = *(zx_handle_t *)arg, got;
	uint32_t word, wanted = 0;

	for (;;) {
		zx_status_t status = pair_receive(end, &word, &got);

		if (status == ZX_ERR_SHOULD_WAIT) {
			status = zx_object_wait_one(end, ZX_CHANNEL_READABLE |
						    ZX_CHANNEL_PEER_CLOSED, ZX_TIME_INFINITE,
						    NULL);
			if (status == ZX_OK)
				continue;
		}
		if (status != ZX_OK) {
			EXPECT_TRUE(status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_HANDLE ||
				    status == ZX_ERR_CANCELED);
			return 0;
		}
		EXPECT_EQ(word, wanted++);
		EXPECT_STATUS(zx_handle_close(got), ZX_OK);
	}
}

JX_TEST(channel_race_of_close_with_write_and_read)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct pair p = pair_channel();
		struct jx_thread writer, reader;

		ASSERT_STATUS(jx_thread_create(&writer, "w", write_until_closed, &p.a), ZX_OK);
		ASSERT_STATUS(jx_thread_create(&reader, "r", read_until_closed, &p.b), ZX_OK);
		for (int i = 0; i < round % 20; i++)
			zx_nanosleep(0);
		zx_handle_close(round % 2 ? p.a : p.b);
		task_join(&writer, NULL);
		zx_handle_close(round % 2 ? p.b : p.a);
		task_join(&reader, NULL);
	}
}

static int call_until_closed(void *arg)
{
	zx_handle_t end = *(zx_handle_t *)arg;
	zx_status_t status;

	do {
		uint32_t message[2] = { 0, (uint32_t)(uintptr_t)&status }, back[2], n, handles;
		const zx_channel_call_args_t args = {
			.wr_bytes = message, .wr_num_bytes = 8, .rd_bytes = back, .rd_num_bytes = 8,
		};

		status = zx_channel_call(end, 0, zx_deadline_after(ZX_USEC(200)), &args, &n,
					 &handles);
		if (status == ZX_OK)
			EXPECT_EQ(back[1], message[1]);
	} while (status == ZX_OK || status == ZX_ERR_TIMED_OUT);
	EXPECT_TRUE(status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_CANCELED ||
		    status == ZX_ERR_BAD_HANDLE);
	return 0;
}

/* Sends each message back, those of calls that are over as well. */
static int answer_until_closed(void *arg)
{
	zx_handle_t end = *(zx_handle_t *)arg;
	uint32_t message[2];

	while (zx_object_wait_one(end, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
				  ZX_TIME_INFINITE, NULL) == ZX_OK) {
		if (zx_channel_read(end, 0, message, NULL, 8, 0, NULL, NULL) != ZX_OK)
			return 0;
		if (zx_channel_write(end, 0, message, 8, NULL, 0) != ZX_OK)
			return 0;
	}
	return 0;
}

JX_TEST(channel_race_of_close_with_calls)
{
	enum { CALLERS = 3 };

	for (int round = 0; round < ROUNDS; round++) {
		struct pair p = pair_channel();
		struct jx_thread caller[CALLERS], server;

		ASSERT_STATUS(jx_thread_create(&server, "s", answer_until_closed, &p.b), ZX_OK);
		for (int i = 0; i < CALLERS; i++)
			ASSERT_STATUS(jx_thread_create(&caller[i], "c", call_until_closed, &p.a),
				      ZX_OK);
		for (int i = 0; i < round % 30; i++)
			zx_nanosleep(0);
		zx_handle_close(round % 2 ? p.a : p.b);
		for (int i = 0; i < CALLERS; i++)
			task_join(&caller[i], NULL);
		if (round % 2) {
			task_join(&server, NULL);
			zx_handle_close(p.b);
		} else {
			zx_handle_close(p.a);
			task_join(&server, NULL);
		}
	}
}
