/* Ports: spec/pager-port.md 10 and 11; see also ports.c and port_life.c. */
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "pager_util.h"
#include "pair_util.h"

static zx_handle_t make_port(void)
{
	zx_handle_t port = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_port_create(0, &port), ZX_OK);
	return port;
}

JX_TEST(port_10_1_r1_rights)
{
	zx_handle_t port = make_port(), other = make_port();

	EXPECT_EQ(conf_rights(port), ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_INSPECT |
				     ZX_RIGHT_READ | ZX_RIGHT_WRITE);
	EXPECT_STATUS(zx_object_wait_one(port, 1, 0, NULL), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_wait_async(other, port, 0, 1, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_signal(port, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_signal_peer(port, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_port_cancel(port, other, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(port);
	zx_handle_close(other);
}

#define POOL 16384u
#define POOL_PORTS 9

/* All ports together hold 16384; what is read makes room for others. */
JX_TEST(port_10_2_c2_pool_of_user_packets)
{
	zx_port_packet_t packet = { 0 };
	zx_handle_t ports[POOL_PORTS];
	uint32_t fit = 0;

	for (int i = 0; i < POOL_PORTS; i++)
		ports[i] = make_port();
	for (uint32_t i = 0; i < POOL; i++)
		fit += zx_port_queue(ports[i % POOL_PORTS], &packet) == ZX_OK;
	EXPECT_EQ(fit, POOL);
	EXPECT_STATUS(zx_port_queue(ports[0], &packet), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_port_wait(ports[1], 0, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_queue(ports[0], &packet), ZX_OK);
	EXPECT_STATUS(zx_port_queue(ports[0], &packet), ZX_ERR_NO_MEMORY);
	/* And so does a port that goes with all it holds. */
	zx_handle_close(ports[0]);
	EXPECT_STATUS(zx_port_queue(ports[1], &packet), ZX_OK);
	for (int i = 1; i < POOL_PORTS; i++)
		zx_handle_close(ports[i]);
}

JX_TEST(port_10_2_r2_packets_are_copies)
{
	zx_port_packet_t packet = { .key = 1, .status = -5 }, got;
	zx_handle_t port = make_port();

	packet.user.u64[3] = 77;
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	packet.key = 2;
	packet.user.u64[3] = 78;
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, 1);
	EXPECT_EQ(got.user.u64[3], 77);
	EXPECT_STATUS(got.status, -5);
	EXPECT_STATUS(zx_port_wait(port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, 2);
	EXPECT_EQ(got.user.u64[3], 78);
	zx_handle_close(port);
}

JX_TEST(port_10_3_c1_handle)
{
	zx_handle_t port = make_port(), event = pair_make_event();
	zx_handle_t writer = vm_dup(port, ZX_RIGHT_WRITE), reader = vm_dup(port, ZX_RIGHT_READ);
	zx_port_packet_t packet = { .key = 3 };

	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_wait(0, 0, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_port_wait(event, 0, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_port_wait(writer, 0, NULL), ZX_ERR_ACCESS_DENIED);
	/* None of them took it. */
	EXPECT_STATUS(zx_port_wait(reader, 0, &packet), ZX_OK);
	EXPECT_EQ(packet.key, 3);
	zx_handle_close(writer);
	zx_handle_close(reader);
	zx_handle_close(event);
	zx_handle_close(port);
}

JX_TEST(port_10_3_r2_deadlines)
{
	static const zx_time_t past[] = { 0, -1, ZX_TIME_INFINITE_PAST, 1 };
	zx_handle_t port = make_port();
	zx_port_packet_t packet = { 0 };
	zx_time_t deadline;

	for (size_t i = 0; i < 4; i++) {
		EXPECT_STATUS(zx_port_wait(port, past[i], &packet), ZX_ERR_TIMED_OUT);
		EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
		EXPECT_STATUS(zx_port_wait(port, past[i], &packet), ZX_OK);
	}
	deadline = zx_deadline_after(ZX_USEC(100));
	EXPECT_STATUS(zx_port_wait(port, deadline, &packet), ZX_ERR_TIMED_OUT);
	EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
	zx_handle_close(port);
}

/* Port, source and the source's peer, in each order, armed and fired. */
JX_TEST(port_10_5_r3_close_in_any_order)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (int i = 0; i < 12; i++) {
		struct pair p = pair_channel();
		zx_handle_t things[3] = { make_port(), p.a, p.b };

		EXPECT_STATUS(zx_object_wait_async(p.a, things[0], 1, ZX_CHANNEL_PEER_CLOSED, 0),
			      ZX_OK);
		EXPECT_STATUS(zx_object_wait_async(p.a, things[0], 2, ZX_CHANNEL_READABLE, 0),
			      ZX_OK);
		if (i >= 6)
			EXPECT_STATUS(pair_send(p.b, 1, ZX_HANDLE_INVALID), ZX_OK);
		for (int j = 0; j < 3; j++)
			EXPECT_STATUS(zx_handle_close(things[orders[i % 6][j]]), ZX_OK);
	}
}

/* A thread that queues and registers until the port is gone. */
struct user {
	zx_handle_t port;
	zx_handle_t event;
	atomic_int turns;
};

static int use_port(void *arg)
{
	struct user *u = arg;
	zx_port_packet_t packet = { 0 };
	zx_status_t queued, registered;

	do {
		/* Taken again at once: a full port would raise an exception. */
		queued = zx_port_queue(u->port, &packet);
		if (queued == ZX_OK)
			(void)zx_port_wait(u->port, 0, &packet);
		registered = zx_object_wait_async(u->event, u->port, 1, ZX_USER_SIGNAL_0, 0);
		atomic_fetch_add(&u->turns, 1);
	} while (queued == ZX_OK && registered == ZX_OK);
	return (queued == ZX_OK || queued == ZX_ERR_BAD_HANDLE) &&
	       (registered == ZX_OK || registered == ZX_ERR_BAD_HANDLE);
}

JX_TEST(port_10_5_r4_use_races_with_close)
{
	for (int i = 0; i < 50; i++) {
		struct user u = { .port = make_port(), .event = pair_make_event() };
		struct jx_thread thread;
		int good = 0;

		EXPECT_STATUS(zx_object_signal(u.event, 0, i % 2 ? ZX_USER_SIGNAL_0 : 0), ZX_OK);
		ASSERT_STATUS(jx_thread_create(&thread, "user", use_port, &u), ZX_OK);
		while (atomic_load(&u.turns) < i % 7 + 1)
			zx_nanosleep(0);
		EXPECT_STATUS(zx_handle_close(u.port), ZX_OK);
		ASSERT_TRUE(task_join(&thread, &good));
		EXPECT_EQ(good, 1);
		zx_handle_close(u.event);
	}
}

JX_TEST(port_11_1_r1_layout)
{
	uint8_t in[48], out[48];
	zx_handle_t port = make_port();

	EXPECT_EQ(sizeof(zx_port_packet_t), 48);
	EXPECT_EQ(offsetof(zx_port_packet_t, type), 8);
	EXPECT_EQ(offsetof(zx_port_packet_t, status), 12);
	EXPECT_EQ(offsetof(zx_port_packet_t, user), 16);
	EXPECT_EQ(offsetof(zx_port_packet_t, signal.observed), 20);
	EXPECT_EQ(offsetof(zx_port_packet_t, signal.count), 24);
	EXPECT_EQ(offsetof(zx_port_packet_t, signal.timestamp), 32);
	EXPECT_EQ(offsetof(zx_port_packet_t, page_request.offset), 24);
	EXPECT_EQ(offsetof(zx_port_packet_t, page_request.length), 32);
	for (int i = 0; i < 48; i++)
		in[i] = (uint8_t)(i + 1);
	EXPECT_STATUS(zx_port_queue(port, (zx_port_packet_t *)in), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, (zx_port_packet_t *)out), ZX_OK);
	/* The type alone is not the caller's. */
	memset(in + 8, 0, 4);
	EXPECT_TRUE(memcmp(in, out, 48) == 0);
	zx_handle_close(port);
}

JX_TEST(port_11_2_r2_page_request)
{
	struct page_access a;
	zx_port_packet_t got;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	memset(&got, 0xff, sizeof(got));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 2, 1));
	EXPECT_STATUS(zx_port_wait(p.port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, PAGING_KEY);
	EXPECT_EQ(got.type, ZX_PKT_TYPE_PAGE_REQUEST);
	EXPECT_STATUS(got.status, ZX_OK);
	EXPECT_EQ(got.page_request.command, ZX_PAGER_VMO_READ);
	EXPECT_EQ(got.page_request.flags, 0);
	EXPECT_EQ(got.page_request.reserved0, 0);
	EXPECT_EQ(got.page_request.offset, 2 * PAGE);
	EXPECT_EQ(got.page_request.length, PAGE);
	EXPECT_EQ(got.page_request.reserved1, 0);
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
}
