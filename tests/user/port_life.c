/* Ports that close, and waits through handles that close (pager-port.md 10.3-10.5, 12). */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

struct port_reader {
	zx_handle_t port;
	zx_time_t deadline;
	zx_port_packet_t packet;
};

static int read_port(void *arg)
{
	struct port_reader *r = arg;

	return zx_port_wait(r->port, r->deadline, &r->packet);
}

/* 10.3: closing the port does not wake its reader, which waits to its deadline. */
JX_TEST(port_close_does_not_wake_a_reader)
{
	struct port_reader r = { .deadline = zx_deadline_after(ZX_MSEC(20)) };
	struct jx_thread thread;
	uint32_t state;
	int result = 1;

	ASSERT_STATUS(zx_port_create(0, &r.port), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&thread, "reader", read_port, &r), ZX_OK);
	/* On a slow machine it may have ended before this thread looks. */
	do {
		zx_nanosleep(0);
		state = task_thread_info(thread.handle).state;
	} while (state != ZX_THREAD_STATE_BLOCKED_PORT && state != ZX_THREAD_STATE_DEAD);
	EXPECT_STATUS(zx_handle_close(r.port), ZX_OK);
	ASSERT_TRUE(task_join(&thread, &result));
	EXPECT_STATUS(result, ZX_ERR_TIMED_OUT);
	EXPECT_TRUE(zx_clock_get_monotonic() >= r.deadline);
}

/* Readers are served in the order in which they came. */
JX_TEST(port_readers_are_served_in_order)
{
	static struct port_reader r[4];
	struct jx_thread threads[4];
	zx_handle_t port = 0;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	for (int i = 0; i < 4; i++) {
		r[i].port = port;
		r[i].deadline = ZX_TIME_INFINITE;
		ASSERT_STATUS(jx_thread_create(&threads[i], "reader", read_port, &r[i]), ZX_OK);
		EXPECT_TRUE(task_await_state(threads[i].handle, ZX_THREAD_STATE_BLOCKED_PORT));
	}
	for (uint64_t i = 0; i < 4; i++) {
		zx_port_packet_t packet = { .key = i };

		EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	}
	for (uint64_t i = 0; i < 4; i++) {
		int result = 1;

		ASSERT_TRUE(task_join(&threads[i], &result));
		EXPECT_STATUS(result, ZX_OK);
		EXPECT_EQ(r[i].packet.key, i);
	}
	zx_handle_close(port);
}

/* 10.3: user, signal and page-request packets stand in one line. */
JX_TEST(port_kinds_of_packets_keep_one_order)
{
	zx_port_packet_t user = { .key = 1 }, got;
	zx_handle_t event = 0;
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(event, p.port, 2, ZX_EVENT_SIGNALED, 0), ZX_OK);
	EXPECT_STATUS(zx_port_queue(p.port, &user), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_EVENT_SIGNALED), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 0, 1));
	EXPECT_STATUS(zx_port_queue(p.port, &user), ZX_OK);
	EXPECT_STATUS(zx_port_wait(p.port, 0, &got), ZX_OK);
	EXPECT_EQ(got.type, ZX_PKT_TYPE_USER);
	EXPECT_STATUS(zx_port_wait(p.port, 0, &got), ZX_OK);
	EXPECT_EQ(got.type, ZX_PKT_TYPE_SIGNAL_ONE);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_STATUS(zx_port_wait(p.port, 0, &got), ZX_OK);
	EXPECT_EQ(got.type, ZX_PKT_TYPE_USER);
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	zx_handle_close(event);
	paging_drop(&p);
}

/* 10.4: cancel knows nothing of packets that are no signal's. */
JX_TEST(port_cancel_leaves_other_packets)
{
	zx_port_packet_t user = { .key = 7 }, got;
	zx_handle_t port = 0, event = 0;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_port_queue(port, &user), ZX_OK);
	EXPECT_STATUS(zx_port_cancel(port, event, 7), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_object_wait_async(event, port, 7, ZX_EVENT_SIGNALED, 0), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_EVENT_SIGNALED), ZX_OK);
	EXPECT_STATUS(zx_port_cancel(port, event, 7), ZX_OK);
	EXPECT_STATUS(zx_port_cancel(port, event, 7), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_OK);
	EXPECT_EQ(got.type, ZX_PKT_TYPE_USER);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_ERR_TIMED_OUT);
	zx_handle_close(event);
	zx_handle_close(port);
}

/* 10.5: a replaced source is a closed one; what is queued already is delivered. */
JX_TEST(port_replaced_source_ends_its_waits)
{
	zx_handle_t port = 0, event = 0, copy = 0;
	zx_port_packet_t got;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(event, port, 2, ZX_USER_SIGNAL_1, 0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(copy, port, 3, ZX_USER_SIGNAL_1, 0), ZX_OK);
	EXPECT_STATUS(zx_object_signal(copy, 0, ZX_USER_SIGNAL_0), ZX_OK);
	ASSERT_STATUS(zx_handle_replace(event, ZX_RIGHT_SAME_RIGHTS, &event), ZX_OK);
	EXPECT_STATUS(zx_object_signal(copy, 0, ZX_USER_SIGNAL_1), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, 1);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, 3);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_ERR_TIMED_OUT);
	zx_handle_close(event);
	zx_handle_close(copy);
	zx_handle_close(port);
}

/* 12.3: EDGE waits for a change, and for a change from inactive to active. */
JX_TEST(port_edge_triggered_waits)
{
	zx_handle_t port = 0, event = 0;
	zx_port_packet_t got;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_EVENT_SIGNALED), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, 2), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_ERR_TIMED_OUT);
	/* Set again without having been cleared is no change. */
	EXPECT_STATUS(zx_object_signal(event, ZX_EVENT_SIGNALED, ZX_EVENT_SIGNALED), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_object_signal(event, ZX_EVENT_SIGNALED, 0), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_EVENT_SIGNALED), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, 1);
	EXPECT_EQ(got.signal.observed, ZX_EVENT_SIGNALED);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_ERR_TIMED_OUT);
	zx_handle_close(event);
	zx_handle_close(port);
}
