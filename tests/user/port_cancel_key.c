/* zx_port_cancel_key: spec/pager-port.md 10.4. */
#include <stdatomic.h>

#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "pager_util.h"
#include "pair_util.h"

#define KEY 5

static zx_handle_t make_port(void)
{
	zx_handle_t port = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_port_create(0, &port), ZX_OK);
	return port;
}

static void arm(zx_handle_t port, zx_handle_t event, uint64_t key)
{
	EXPECT_STATUS(zx_object_wait_async(event, port, key, ZX_USER_SIGNAL_0, 0), ZX_OK);
}

static void fire(zx_handle_t event)
{
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_USER_SIGNAL_0), ZX_OK);
}

static void expect_empty(zx_handle_t port)
{
	zx_port_packet_t packet;

	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
}

/* The next packet has this key. */
static void expect_next(zx_handle_t port, uint64_t key, uint32_t type)
{
	zx_port_packet_t packet = { 0 };

	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_OK);
	EXPECT_EQ(packet.key, key);
	EXPECT_EQ(packet.type, type);
}

JX_TEST_OF_2020(port_10_4_c2_cancel_key_is_of_later)
{
	zx_handle_t port = make_port(), event = pair_make_event();

	arm(port, event, KEY);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_port_cancel_key(0, 7, KEY), ZX_ERR_NOT_SUPPORTED);
	fire(event);
	expect_next(port, KEY, ZX_PKT_TYPE_SIGNAL_ONE);
	zx_handle_close(event);
	zx_handle_close(port);
}

JX_TEST_OF_LATEST(port_10_4_c3_cancel_key_checks)
{
	zx_handle_t port = make_port(), event = pair_make_event();
	zx_handle_t reader = vm_dup(port, ZX_RIGHT_READ), writer = vm_dup(port, ZX_RIGHT_WRITE);

	arm(port, event, KEY);
	EXPECT_STATUS(zx_port_cancel_key(0, 1, KEY), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_port_cancel_key(port, 0x80000000u, KEY), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_port_cancel_key(0, 0, KEY), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_port_cancel_key(event, 0, KEY), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_port_cancel_key(reader, 0, KEY), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_port_cancel_key(writer, 0, KEY + 1), ZX_ERR_NOT_FOUND);
	/* None of them took it; WRITE alone is enough. */
	EXPECT_STATUS(zx_port_cancel_key(writer, 0, KEY), ZX_OK);
	EXPECT_STATUS(zx_port_cancel_key(writer, 0, KEY), ZX_ERR_NOT_FOUND);
	fire(event);
	expect_empty(port);
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(event);
	zx_handle_close(port);
}

/* Each alone: an armed wait, a packet, a packet whose source is closed, and one
 * that was read already. */
JX_TEST_OF_LATEST(port_10_4_r4_armed_queued_and_closed)
{
	zx_handle_t port = make_port(), event = pair_make_event(), gone = pair_make_event();

	arm(port, event, KEY);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_OK);
	fire(event);
	arm(port, event, KEY);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_OK);
	fire(gone);
	arm(port, gone, KEY);
	zx_handle_close(gone);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_OK);
	expect_empty(port);
	arm(port, event, KEY);
	expect_next(port, KEY, ZX_PKT_TYPE_SIGNAL_ONE);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_ERR_NOT_FOUND);
	zx_handle_close(event);
	zx_handle_close(port);
}

/* An armed wait ends with its handle, and is not found any more. */
JX_TEST_OF_LATEST(port_10_4_r4_closed_while_armed)
{
	zx_handle_t port = make_port(), event = pair_make_event();
	zx_handle_t copy = vm_dup(event, ZX_RIGHT_SAME_RIGHTS);

	arm(port, event, KEY);
	zx_handle_close(event);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_ERR_NOT_FOUND);
	fire(copy);
	expect_empty(port);
	zx_handle_close(copy);
	zx_handle_close(port);
}

#define SOURCES 40
#define WAITS 2000

/* More than one look at the list, sources many times over, each in all states:
 * what is left of the other key comes in order. */
JX_TEST_OF_LATEST(port_10_4_r4_all_sources_at_once)
{
	zx_handle_t port = make_port(), events[SOURCES];

	for (int i = 0; i < SOURCES; i++)
		events[i] = pair_make_event();
	for (int i = 0; i < WAITS; i++) {
		arm(port, events[i % SOURCES], KEY + i % 3);
		if (i == WAITS / 2)
			for (int j = 0; j < SOURCES; j += 2)
				fire(events[j]);
	}
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_OK);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY + 2), ZX_OK);
	for (int j = 1; j < SOURCES; j += 2)
		fire(events[j]);
	for (int i = 0; i < WAITS; i++)
		if (i % 3 == 1)
			expect_next(port, KEY + 1, ZX_PKT_TYPE_SIGNAL_ONE);
	expect_empty(port);
	for (int i = 0; i < SOURCES; i++)
		zx_handle_close(events[i]);
	zx_handle_close(port);
}

/* User packets of the key, and page requests, were sent by no wait. */
JX_TEST_OF_LATEST(port_10_4_r5_other_packets_stay)
{
	zx_port_packet_t user = { .key = PAGING_KEY };
	zx_handle_t other = make_port(), event = pair_make_event();
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	fire(event);
	arm(p.port, event, PAGING_KEY);
	EXPECT_STATUS(zx_port_queue(p.port, &user), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 0, 1));
	arm(p.port, event, KEY);
	arm(p.port, event, PAGING_KEY);
	arm(other, event, PAGING_KEY);
	EXPECT_STATUS(zx_port_cancel_key(p.port, 0, PAGING_KEY), ZX_OK);
	expect_next(p.port, PAGING_KEY, ZX_PKT_TYPE_USER);
	expect_next(p.port, PAGING_KEY, ZX_PKT_TYPE_PAGE_REQUEST);
	expect_next(p.port, KEY, ZX_PKT_TYPE_SIGNAL_ONE);
	expect_empty(p.port);
	expect_next(other, PAGING_KEY, ZX_PKT_TYPE_SIGNAL_ONE);
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
	zx_handle_close(event);
	zx_handle_close(other);
}

static int fire_it(void *arg)
{
	fire(*(zx_handle_t *)arg);
	return 0;
}

/* A wait that is just being satisfied is found, armed or queued. */
JX_TEST_OF_LATEST(port_10_4_r6_races_with_signal)
{
	for (int i = 0; i < 200; i++) {
		zx_handle_t port = make_port(), event = pair_make_event();
		struct jx_thread thread;

		arm(port, event, KEY);
		ASSERT_STATUS(jx_thread_create(&thread, "signal", fire_it, &event), ZX_OK);
		EXPECT_STATUS(zx_port_cancel_key(port, 0, KEY), ZX_OK);
		ASSERT_STATUS(jx_thread_join(&thread, NULL), ZX_OK);
		expect_empty(port);
		zx_handle_close(port);
		zx_handle_close(event);
	}
}

/* Threads that register, fire, read, close and cancel, all with one key. */
struct traffic {
	zx_handle_t port;
	zx_handle_t shared;
	atomic_bool stop;
};

static int make_waits(void *arg)
{
	struct traffic *t = arg;

	for (unsigned turn = 0; !atomic_load(&t->stop); turn++) {
		zx_handle_t event = pair_make_event();

		for (int i = 0; i < 4; i++) {
			arm(t->port, event, KEY);
			arm(t->port, t->shared, KEY);
		}
		if (turn % 2)
			fire(event);
		if (turn % 3)
			fire(t->shared);
		EXPECT_STATUS(zx_object_signal(t->shared, ZX_USER_SIGNAL_0, 0), ZX_OK);
		zx_handle_close(event);
	}
	return 0;
}

static int cancel_waits(void *arg)
{
	struct traffic *t = arg;
	zx_port_packet_t packet;

	while (!atomic_load(&t->stop)) {
		zx_status_t status = zx_port_cancel_key(t->port, 0, KEY);

		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
		(void)zx_port_wait(t->port, 0, &packet);
		status = zx_port_cancel(t->port, t->shared, KEY);
		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
	}
	return 0;
}

JX_TEST_OF_LATEST(port_10_4_r6_races_with_everything)
{
	struct traffic t = { .port = make_port(), .shared = pair_make_event() };
	struct jx_thread threads[4];

	for (int i = 0; i < 4; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "traffic",
					       i % 2 ? cancel_waits : make_waits, &t), ZX_OK);
	for (int i = 0; i < 500; i++)
		(void)zx_port_cancel_key(t.port, 0, KEY);
	atomic_store(&t.stop, true);
	for (int i = 0; i < 4; i++)
		ASSERT_STATUS(jx_thread_join(&threads[i], NULL), ZX_OK);
	/* Nothing of the key is left, and nothing comes. */
	(void)zx_port_cancel_key(t.port, 0, KEY);
	fire(t.shared);
	expect_empty(t.port);
	zx_handle_close(t.shared);
	zx_handle_close(t.port);
}
