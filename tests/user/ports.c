/* Ports: packets, limits, async waits, cancelling, closing (pager-port.md 10, 12.3). */
#include <string.h>

#include <jx/ktap.h>
#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>

#include "task_util.h"

#define PAST 0
#define BAD_POINTER ((void *)8)

static zx_handle_t make_port(void)
{
	zx_handle_t port = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_port_create(0, &port), ZX_OK);
	return port;
}

static zx_handle_t make_event(void)
{
	zx_handle_t event = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
	return event;
}

JX_TEST(port_create_rules)
{
	zx_info_handle_basic_t info;
	zx_handle_t port = 0;

	EXPECT_STATUS(zx_port_create(2, &port), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_port_create(0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_port_create(ZX_PORT_BIND_TO_INTERRUPT, &port), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(port, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(info.rights, ZX_DEFAULT_PORT_RIGHTS);
	EXPECT_EQ(info.type, ZX_OBJ_TYPE_PORT);
	zx_handle_close(port);
}

JX_TEST(port_queue_errors_in_order)
{
	zx_port_packet_t packet = { 0 };
	zx_handle_t port = make_port(), event = make_event(), reader = 0;

	ASSERT_STATUS(zx_handle_duplicate(port, ZX_RIGHT_READ, &reader), ZX_OK);
	EXPECT_STATUS(zx_port_queue(0, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_port_queue(event, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_port_queue(reader, NULL), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_port_queue(port, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_port_queue(port, BAD_POINTER), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_port_wait(reader, PAST, &packet), ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_port_wait(0, PAST, &packet), ZX_ERR_BAD_HANDLE);
	/* A copy that fails loses the packet. */
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, PAST, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_port_wait(port, PAST, &packet), ZX_ERR_TIMED_OUT);
	zx_handle_close(port);
	zx_handle_close(event);
	zx_handle_close(reader);
}

JX_TEST(port_packets_come_in_order)
{
	zx_port_packet_t in, out;
	zx_handle_t port = make_port();

	memset(&in, 0xa5, sizeof(in));
	for (uint64_t key = 0; key < 300; key++) {
		in.key = key;
		in.status = (zx_status_t)key;
		EXPECT_STATUS(zx_port_queue(port, &in), ZX_OK);
	}
	for (uint64_t key = 0; key < 300; key++) {
		ASSERT_STATUS(zx_port_wait(port, ZX_TIME_INFINITE, &out), ZX_OK);
		EXPECT_EQ(out.key, key);
		EXPECT_EQ(out.type, ZX_PKT_TYPE_USER);
		EXPECT_EQ(out.status, key);
		EXPECT_TRUE(memcmp(&out.user, &in.user, sizeof(in.user)) == 0);
	}
	EXPECT_STATUS(zx_port_wait(port, zx_deadline_after(ZX_USEC(20)), &out), ZX_ERR_TIMED_OUT);
	zx_handle_close(port);
}

/* In a child: one packet more than a port holds. */
static void overfill(uintptr_t port, uintptr_t limit)
{
	zx_port_packet_t packet = { 0 };
	uintptr_t fit = 0;

	while (fit <= limit && zx_port_queue((zx_handle_t)port, &packet) == ZX_OK)
		fit++;
	zx_process_exit((int64_t)fit);
}

JX_TEST_OF_LATEST(port_10_2_c3_one_more_is_a_policy_exception)
{
	zx_handle_t port = make_port(), image = task_image();
	zx_port_packet_t packet;
	struct task_child c;
	int64_t code = 0;
	uint32_t count = 0;

	ASSERT_TRUE(task_child_create(&c, image));
	ASSERT_TRUE(task_child_start_with(&c, overfill, port, 4096));
	EXPECT_TRUE(task_child_await(&c, &code));
	EXPECT_EQ(code, ZX_TASK_RETCODE_EXCEPTION_KILL);
	while (zx_port_wait(port, PAST, &packet) == ZX_OK)
		count++;
	EXPECT_EQ(count, 4096);
	task_child_drop(&c);
	zx_handle_close(image);
	zx_handle_close(port);
}

JX_TEST_OF_2020(port_10_2_c3_as_many_fit_as_the_limit)
{
	zx_port_packet_t packet = { 0 };
	zx_handle_t port = make_port(), event = make_event();

	for (int i = 0; i < 2049; i++)
		ASSERT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_ERR_SHOULD_WAIT);
	/* Signal packets do not count. */
	zx_object_signal(event, 0, ZX_USER_SIGNAL_0);
	EXPECT_STATUS(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, PAST, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_ERR_SHOULD_WAIT);
	/* Full, then closed: nothing is left behind. */
	zx_handle_close(port);
	zx_handle_close(event);
}

JX_TEST(port_more_than_16384_signal_packets)
{
	enum { COUNT = 20000 };
	zx_handle_t port = make_port(), event = make_event();
	zx_port_packet_t packet;

	for (uint64_t key = 0; key < COUNT; key++)
		ASSERT_STATUS(zx_object_wait_async(event, port, key, ZX_USER_SIGNAL_0, 0), ZX_OK);
	zx_object_signal(event, 0, ZX_USER_SIGNAL_0);
	for (uint64_t key = 0; key < COUNT; key++) {
		ASSERT_STATUS(zx_port_wait(port, PAST, &packet), ZX_OK);
		ASSERT_EQ(packet.key, key);
	}
	EXPECT_STATUS(zx_port_wait(port, PAST, &packet), ZX_ERR_TIMED_OUT);
	zx_handle_close(port);
	zx_handle_close(event);
}

JX_TEST(wait_async_errors_in_order)
{
	zx_handle_t port = make_port(), event = make_event(), reader = 0, bare = 0;

	ASSERT_STATUS(zx_handle_duplicate(port, ZX_RIGHT_READ, &reader), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SIGNAL, &bare), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(0, 0, 0, 0, 0x80), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_wait_async(0, 0, 0, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_wait_async(0, event, 0, 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_wait_async(0, reader, 0, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_wait_async(0, port, 0, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_wait_async(bare, port, 0, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_wait_async(port, port, 0, 0, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(port);
	zx_handle_close(event);
	zx_handle_close(reader);
	zx_handle_close(bare);
}

JX_TEST(wait_async_packet_contents)
{
	zx_port_packet_t packet;
	zx_handle_t port = make_port(), event = make_event();
	zx_time_t before = zx_clock_get_monotonic();

	zx_object_signal(event, 0, ZX_USER_SIGNAL_7);
	EXPECT_STATUS(zx_object_wait_async(event, port, 11, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1,
					   ZX_WAIT_ASYNC_TIMESTAMP), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, PAST, &packet), ZX_ERR_TIMED_OUT);
	/* The pulse is over before anybody looks: it counts. */
	zx_object_signal(event, 0, ZX_USER_SIGNAL_1);
	zx_object_signal(event, ZX_USER_SIGNAL_1, 0);
	ASSERT_STATUS(zx_port_wait(port, PAST, &packet), ZX_OK);
	EXPECT_EQ(packet.key, 11);
	EXPECT_EQ(packet.type, ZX_PKT_TYPE_SIGNAL_ONE);
	EXPECT_STATUS(packet.status, ZX_OK);
	EXPECT_EQ(packet.signal.trigger, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1);
	EXPECT_EQ(packet.signal.observed, ZX_USER_SIGNAL_1 | ZX_USER_SIGNAL_7);
	EXPECT_EQ(packet.signal.count, 1);
	EXPECT_EQ(packet.signal.reserved1, 0);
	EXPECT_TRUE(packet.signal.timestamp >= before &&
		    packet.signal.timestamp <= zx_clock_get_monotonic());
	/* Active already: at once, and once. */
	EXPECT_STATUS(zx_object_wait_async(event, port, 12, ZX_USER_SIGNAL_7, 0), ZX_OK);
	ASSERT_STATUS(zx_port_wait(port, PAST, &packet), ZX_OK);
	EXPECT_EQ(packet.key, 12);
	EXPECT_EQ(packet.signal.timestamp, 0);
	zx_object_signal(event, ZX_USER_SIGNAL_7, 0);
	zx_object_signal(event, 0, ZX_USER_SIGNAL_7);
	EXPECT_STATUS(zx_port_wait(port, PAST, &packet), ZX_ERR_TIMED_OUT);
	zx_handle_close(port);
	zx_handle_close(event);
}

JX_TEST(port_cancel_rules)
{
	zx_port_packet_t packet;
	zx_handle_t port = make_port(), event = make_event(), copy = 0, reader = 0;

	ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(port, ZX_RIGHT_READ, &reader), ZX_OK);
	EXPECT_STATUS(zx_port_cancel(0, event, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_port_cancel(event, event, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_port_cancel(reader, event, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_port_cancel(port, 0, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_port_cancel(port, port, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_port_cancel(port, event, 1), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_1, 0), ZX_OK);
	zx_object_signal(event, 0, ZX_USER_SIGNAL_0);
	EXPECT_STATUS(zx_port_cancel(port, event, 2), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_port_cancel(port, copy, 1), ZX_ERR_NOT_FOUND);
	/* One is queued, one is armed: both go. */
	EXPECT_STATUS(zx_port_cancel(port, event, 1), ZX_OK);
	zx_object_signal(event, 0, ZX_USER_SIGNAL_1);
	EXPECT_STATUS(zx_port_wait(port, PAST, &packet), ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_port_cancel(port, event, 1), ZX_ERR_NOT_FOUND);
	zx_handle_close(port);
	zx_handle_close(event);
	zx_handle_close(copy);
	zx_handle_close(reader);
}

JX_TEST(port_and_source_close_in_any_order)
{
	zx_port_packet_t packet;

	for (int way = 0; way < 4; way++) {
		zx_handle_t port = make_port(), event = make_event(), copy = 0;

		ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
		EXPECT_STATUS(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0), ZX_OK);
		if (way & 1)
			zx_object_signal(copy, 0, ZX_USER_SIGNAL_0);
		if (way & 2) {
			zx_handle_close(event);
			zx_object_signal(copy, 0, ZX_USER_SIGNAL_0);
			/* Queued packets stay, pending waits died. */
			EXPECT_STATUS(zx_port_wait(port, PAST, &packet),
				      way & 1 ? ZX_OK : ZX_ERR_TIMED_OUT);
			zx_handle_close(port);
		} else {
			zx_handle_close(port);
			zx_object_signal(copy, 0, ZX_USER_SIGNAL_0);
			zx_handle_close(event);
		}
		zx_handle_close(copy);
	}
}

/* Several readers, one writer: every packet once, and keys rise for each. */
struct reading {
	zx_handle_t port;
	_Atomic uint64_t sum;
};

static int read_all(void *arg)
{
	struct reading *r = arg;
	zx_port_packet_t packet = { 0 };
	uint64_t last = 0;

	for (;;) {
		if (zx_port_wait(r->port, ZX_TIME_INFINITE, &packet) != ZX_OK)
			return 1;
		if (packet.key == 0)
			return 0;
		if (packet.key <= last)
			return 2;
		last = packet.key;
		r->sum += packet.key;
	}
}

static void queue(zx_handle_t port, uint64_t key)
{
	zx_port_packet_t packet = { .key = key };
	zx_status_t status;

	while ((status = zx_port_queue(port, &packet)) == ZX_ERR_SHOULD_WAIT)
		zx_nanosleep(0);
	EXPECT_STATUS(status, ZX_OK);
}

JX_TEST(port_each_packet_goes_to_one_reader)
{
	struct reading r = { .port = make_port() };
	struct jx_thread threads[3];

	for (int i = 0; i < 3; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "reader", read_all, &r), ZX_OK);
	for (uint64_t key = 1; key <= 3000; key++)
		queue(r.port, key);
	for (int i = 0; i < 3; i++)
		queue(r.port, 0);
	for (int i = 0; i < 3; i++) {
		int result = 9;

		ASSERT_STATUS(jx_thread_join(&threads[i], &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
	EXPECT_EQ(r.sum, 3000ul * 3001 / 2);
	zx_handle_close(r.port);
}

/* Signal, cancel and read race: the wait is found by exactly one of them. */
static int signal_it(void *arg)
{
	zx_handle_t *event = arg;

	return zx_object_signal(*event, 0, ZX_USER_SIGNAL_0);
}

JX_TEST(port_cancel_races_with_signal)
{
	for (int i = 0; i < 200; i++) {
		zx_handle_t port = make_port(), event = make_event();
		struct jx_thread thread;
		zx_port_packet_t packet;

		EXPECT_STATUS(zx_object_wait_async(event, port, 5, ZX_USER_SIGNAL_0, 0), ZX_OK);
		ASSERT_STATUS(jx_thread_create(&thread, "signal", signal_it, &event), ZX_OK);
		EXPECT_STATUS(zx_port_cancel(port, event, 5), ZX_OK);
		ASSERT_STATUS(jx_thread_join(&thread, NULL), ZX_OK);
		EXPECT_STATUS(zx_port_wait(port, PAST, &packet), ZX_ERR_TIMED_OUT);
		zx_handle_close(port);
		zx_handle_close(event);
	}
}
