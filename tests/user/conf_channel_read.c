/* Channels: reading, closing, deep nesting (spec/tasks.md 12.5, 12.7, 2.1). */
#include <string.h>

#include <zircon/syscalls/port.h>

#include "pair_util.h"

JX_TEST(tasks_12_5_c1_lookup)
{
	struct pair p = pair_channel();
	zx_handle_t writer;

	EXPECT_STATUS(zx_channel_read(0, 8, NULL, NULL, 0, 0, NULL, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_channel_read(zx_process_self(), 8, NULL, NULL, 0, 0, NULL, NULL),
		      ZX_ERR_WRONG_TYPE);
	ASSERT_STATUS(zx_handle_replace(p.a, ZX_RIGHT_WRITE, &writer), ZX_OK);
	EXPECT_STATUS(zx_channel_read(writer, 8, NULL, NULL, 0, 0, NULL, NULL),
		      ZX_ERR_ACCESS_DENIED);
	zx_handle_close(writer);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_5_c2_options)
{
	struct pair p = pair_channel();

	EXPECT_STATUS(zx_channel_read(p.a, 2, NULL, NULL, 0, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_channel_read_etc(p.a, 3, NULL, NULL, 0, 0, NULL, NULL),
		      ZX_ERR_NOT_SUPPORTED);
	pair_close(p);
}

JX_TEST(tasks_12_5_c3_empty)
{
	struct pair p = pair_channel();
	uint32_t actual = 7;

	EXPECT_STATUS(zx_channel_read(p.b, ZX_CHANNEL_READ_MAY_DISCARD, NULL, NULL, 0, 0, &actual,
				      PAIR_BAD_POINTER), ZX_ERR_SHOULD_WAIT);
	EXPECT_STATUS(pair_send(p.a, 1, 0), ZX_OK);
	zx_handle_close(p.a);
	pair_expect(p.b, 1);
	EXPECT_STATUS(zx_channel_read(p.b, 0, NULL, NULL, 0, 0, &actual, NULL),
		      ZX_ERR_PEER_CLOSED);
	EXPECT_EQ(actual, 7);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_5_c4_too_small)
{
	struct pair p = pair_channel();
	uint32_t bytes = 0, handles = 0, word = 0;
	zx_handle_t got = 0;

	EXPECT_STATUS(pair_send(p.a, 3, pair_make_event()), ZX_OK);
	EXPECT_STATUS(zx_channel_read(p.b, 0, &word, &got, 3, 1, &bytes, &handles),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_EQ(bytes, 4);
	EXPECT_EQ(handles, 1);
	EXPECT_STATUS(zx_channel_read(p.b, 0, &word, &got, 4, 0, &bytes, &handles),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_EQ(word, 0);
	EXPECT_EQ(got, 0);
	EXPECT_STATUS(zx_channel_read(p.b, 0, &word, &got, 4, 1, &bytes, &handles), ZX_OK);
	EXPECT_EQ(word, 3);
	EXPECT_STATUS(zx_handle_close(got), ZX_OK);
	pair_close(p);
}

JX_TEST(tasks_12_5_c4_may_discard)
{
	struct pair p = pair_channel(), e = pair_event();
	uint32_t bytes = 0, handles = 0;

	EXPECT_STATUS(pair_send(p.a, 3, e.a), ZX_OK);
	EXPECT_STATUS(zx_channel_read(p.b, ZX_CHANNEL_READ_MAY_DISCARD, NULL, NULL, 0, 0, &bytes,
				      &handles), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_EQ(bytes, 4);
	EXPECT_EQ(handles, 1);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	EXPECT_EQ(pair_signals(e.b), ZX_EVENTPAIR_PEER_CLOSED);
	zx_handle_close(e.b);
	pair_close(p);
}

/* A message with one end of an eventpair, read with these arguments, is lost. */
#define LOSES(call) \
	do { \
		struct pair e = pair_event(); \
		\
		EXPECT_STATUS(pair_send(p.a, 3, e.a), ZX_OK); \
		EXPECT_STATUS(call, ZX_ERR_INVALID_ARGS); \
		EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE); \
		EXPECT_EQ(pair_signals(e.b), ZX_EVENTPAIR_PEER_CLOSED); \
		zx_handle_close(e.b); \
	} while (0)

JX_TEST(tasks_12_5_c5_bad_pointers)
{
	struct pair p = pair_channel();
	uint32_t word, n;
	zx_handle_t got;

	LOSES(zx_channel_read(p.b, 0, &word, &got, 4, 1, PAIR_BAD_POINTER, &n));
	LOSES(zx_channel_read(p.b, 0, &word, &got, 4, 1, &n, PAIR_BAD_POINTER));
	LOSES(zx_channel_read(p.b, 0, NULL, &got, 4, 1, &n, NULL));
	LOSES(zx_channel_read(p.b, 0, &word, NULL, 4, 1, NULL, &n));
	LOSES(zx_channel_read_etc(p.b, 0, &word, PAIR_BAD_POINTER, 4, 1, NULL, &n));
	pair_close(p);
}

JX_TEST(tasks_12_5_r1_values_and_rights)
{
	struct pair p = pair_channel();
	zx_handle_t sent = vm_dup(zx_process_self(), ZX_RIGHT_TRANSFER | ZX_RIGHT_WAIT), got;
	uint32_t word;

	EXPECT_STATUS(pair_send(p.a, 1, sent), ZX_OK);
	EXPECT_STATUS(pair_valid(sent), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_receive(p.b, &word, &got), ZX_OK);
	EXPECT_TRUE(got != sent);
	EXPECT_EQ(conf_rights(got), ZX_RIGHT_TRANSFER | ZX_RIGHT_WAIT);
	EXPECT_EQ(conf_koid(got), conf_koid(zx_process_self()));
	zx_handle_close(got);
	pair_close(p);
}

JX_TEST(tasks_12_5_r2_order_and_larger_buffers)
{
	struct pair p = pair_channel();
	char buffer[64];
	uint32_t n;

	for (uint32_t i = 0; i < 100; i++)
		EXPECT_STATUS(pair_send(p.a, i, 0), ZX_OK);
	for (uint32_t i = 0; i < 99; i++)
		pair_expect(p.b, i);
	EXPECT_STATUS(zx_channel_read(p.b, 0, buffer, NULL, sizeof(buffer), 0, &n, NULL), ZX_OK);
	EXPECT_EQ(n, 4);
	pair_close(p);
}

JX_TEST(tasks_12_7_r1_unread_handles_are_closed)
{
	struct pair p = pair_channel(), e = pair_event();

	EXPECT_STATUS(pair_send(p.a, 1, e.a), ZX_OK);
	EXPECT_STATUS(pair_send(p.b, 2, 0), ZX_OK);
	zx_handle_close(p.b);
	EXPECT_EQ(pair_signals(e.b), ZX_EVENTPAIR_PEER_CLOSED);
	EXPECT_EQ(pair_signals(p.a), ZX_CHANNEL_PEER_CLOSED | ZX_CHANNEL_READABLE);
	pair_expect(p.a, 2);
	zx_handle_close(p.a);
	zx_handle_close(e.b);
}

/* Nobody can read it, so it stays as the writer left it until that goes. What it was
 * sent together with, before and after, goes as well: another such end, an eventpair's. */
JX_TEST(tasks_12_7_r2_an_end_that_was_sent_to_itself)
{
	struct pair p = pair_channel(), q = pair_channel(), e = pair_event();

	EXPECT_STATUS(pair_send(q.a, 1, q.b), ZX_OK);
	EXPECT_STATUS(pair_send(p.a, 1, q.a), ZX_OK);
	EXPECT_STATUS(pair_send(p.a, 2, p.b), ZX_OK);
	EXPECT_EQ(pair_signals(p.a), ZX_CHANNEL_WRITABLE);
	EXPECT_STATUS(pair_send(p.a, 3, e.a), ZX_OK);
	EXPECT_EQ(pair_signals(e.b), 0);
	zx_handle_close(p.a);
	EXPECT_EQ(pair_signals(e.b), ZX_EVENTPAIR_PEER_CLOSED);
	zx_handle_close(e.b);
}

JX_TEST(tasks_2_1_r6_moving_a_handle_ends_its_waits)
{
	struct pair p = pair_channel();
	zx_handle_t port, event = pair_make_event(), got;
	zx_port_packet_t packet;
	uint32_t word;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0), ZX_OK);
	EXPECT_STATUS(pair_send(p.a, 1, event), ZX_OK);
	EXPECT_STATUS(pair_receive(p.b, &word, &got), ZX_OK);
	EXPECT_STATUS(zx_object_signal(got, 0, ZX_USER_SIGNAL_0), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	zx_handle_close(got);
	zx_handle_close(port);
	pair_close(p);
}

/* A channel whose queue holds a channel whose queue ...: one close ends all. */
JX_TEST(tasks_2_1_r7_deep_chain)
{
	struct pair e = pair_event(), outer = pair_channel();

	EXPECT_STATUS(pair_send(outer.a, 0, e.a), ZX_OK);
	EXPECT_STATUS(zx_handle_close(outer.a), ZX_OK);
	for (uint32_t i = 0; i < 10000; i++) {
		struct pair p = pair_channel();

		if (!EXPECT_STATUS(pair_send(p.a, i, outer.b), ZX_OK))
			return;
		zx_handle_close(p.a);
		outer.b = p.b;
	}
	EXPECT_EQ(pair_signals(e.b), 0);
	EXPECT_STATUS(zx_handle_close(outer.b), ZX_OK);
	EXPECT_EQ(pair_signals(e.b), ZX_EVENTPAIR_PEER_CLOSED);
	zx_handle_close(e.b);
}
