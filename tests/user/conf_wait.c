/* Waits and signals: spec/pager-port.md 12.1 to 12.6, 12.9; see also waits.c. */
#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "pair_util.h"

struct waiting {
	zx_handle_t handle;
	zx_signals_t wanted;
	zx_signals_t seen;
	zx_status_t status;
	struct jx_thread thread;
};

static int wait_for_ever(void *arg)
{
	struct waiting *w = arg;

	w->status = zx_object_wait_one(w->handle, w->wanted, ZX_TIME_INFINITE, &w->seen);
	return 0;
}

static bool start(struct waiting *w, zx_handle_t handle, zx_signals_t wanted)
{
	*w = (struct waiting){ .handle = handle, .wanted = wanted, .status = 1 };
	return EXPECT_STATUS(jx_thread_create(&w->thread, "waiter", wait_for_ever, w), ZX_OK) &&
	       task_await_state(w->thread.handle, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
}

/* The signal comes first, the close right behind it: either the waiter was gone
 * by then and says OK, or it saw both, and then CANCELED outranks. */
JX_TEST(port_12_1_r4_canceled_outranks)
{
	for (int i = 0; i < 50; i++) {
		zx_handle_t event = pair_make_event(), copy = vm_dup(event, ZX_RIGHT_SAME_RIGHTS);
		struct waiting w;

		ASSERT_TRUE(start(&w, event, ZX_USER_SIGNAL_0));
		EXPECT_STATUS(zx_object_signal(copy, 0, ZX_USER_SIGNAL_0), ZX_OK);
		EXPECT_STATUS(zx_handle_close(event), ZX_OK);
		ASSERT_TRUE(task_join(&w.thread, NULL));
		EXPECT_TRUE(w.seen & ZX_USER_SIGNAL_0);
		EXPECT_STATUS(w.status, w.seen & ZX_SIGNAL_HANDLE_CLOSED ? ZX_ERR_CANCELED
									 : ZX_OK);
		zx_handle_close(copy);
	}
}

JX_TEST(port_12_1_r5_of_the_handle_value)
{
	zx_handle_t event = pair_make_event(), copy = vm_dup(event, ZX_RIGHT_SAME_RIGHTS);
	zx_signals_t seen = 0;
	struct waiting w;

	/* As a wish the bit does nothing: the deadline ends it. */
	EXPECT_STATUS(zx_object_wait_one(event, ZX_SIGNAL_HANDLE_CLOSED,
					 zx_deadline_after(ZX_USEC(50)), &seen), ZX_ERR_TIMED_OUT);
	ASSERT_TRUE(start(&w, event, ZX_SIGNAL_HANDLE_CLOSED));
	EXPECT_STATUS(zx_handle_close(copy), ZX_OK);
	EXPECT_EQ(task_thread_info(w.thread.handle).state, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
	EXPECT_STATUS(zx_handle_close(event), ZX_OK);
	ASSERT_TRUE(task_join(&w.thread, NULL));
	EXPECT_STATUS(w.status, ZX_ERR_CANCELED);
	EXPECT_EQ(w.seen, ZX_SIGNAL_HANDLE_CLOSED);
}

JX_TEST(port_12_2_c1_count_and_items)
{
	static zx_wait_item_t items[65];
	zx_handle_t event = pair_make_event();
	zx_wait_item_t *constant;
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_vaddr_t at = 0;

	EXPECT_STATUS(zx_object_wait_many(PAIR_BAD_POINTER, 65, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_object_wait_many(items, SIZE_MAX, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_object_wait_many(PAIR_BAD_POINTER, 1, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_wait_many(PAIR_BAD_POINTER, 0, 0), ZX_ERR_TIMED_OUT);
	/* Items that can be read and not be written. */
	items[0] = (zx_wait_item_t){ event, ZX_USER_SIGNAL_0, 9 };
	EXPECT_STATUS(zx_vmo_write(vmo, items, 0, sizeof(items[0])), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, 4096, &at),
		      ZX_OK);
	constant = (zx_wait_item_t *)at;
	EXPECT_STATUS(zx_object_wait_many(constant, 1, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(constant->pending, 9);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, 4096), ZX_OK);
	zx_handle_close(vmo);
	zx_handle_close(event);
}

JX_TEST(port_12_2_r3_one_handle_twice)
{
	zx_handle_t event = pair_make_event();
	zx_wait_item_t items[3] = { { event, ZX_USER_SIGNAL_1, 9 }, { event, ZX_USER_SIGNAL_0, 9 },
				    { event, 0, 9 } };

	EXPECT_STATUS(zx_object_wait_many(items, 3, 0), ZX_ERR_TIMED_OUT);
	EXPECT_EQ(items[0].pending, 0);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_USER_SIGNAL_0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_many(items, 3, ZX_TIME_INFINITE), ZX_OK);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(items[i].pending, ZX_USER_SIGNAL_0);
	zx_handle_close(event);
}

static bool expect_packet(zx_handle_t port, uint64_t key, bool stamped)
{
	zx_port_packet_t packet = { 0 };

	return EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_OK) &&
	       EXPECT_EQ(packet.key, key) && EXPECT_EQ(packet.signal.timestamp != 0, stamped);
}

JX_TEST(port_12_3_r4_calls_are_independent)
{
	zx_handle_t event = pair_make_event(), port = 0;
	zx_port_packet_t packet;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_USER_SIGNAL_0), ZX_OK);
	for (int i = 0; i < 2; i++)
		EXPECT_STATUS(zx_object_wait_async(event, port, 4, ZX_USER_SIGNAL_0,
						   ZX_WAIT_ASYNC_EDGE | ZX_WAIT_ASYNC_TIMESTAMP),
			      ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(event, port, 4, ZX_USER_SIGNAL_0, ZX_WAIT_ASYNC_ONCE),
		      ZX_OK);
	EXPECT_TRUE(expect_packet(port, 4, false));
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_object_signal(event, ZX_USER_SIGNAL_0, 0), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_USER_SIGNAL_0), ZX_OK);
	EXPECT_TRUE(expect_packet(port, 4, true));
	EXPECT_TRUE(expect_packet(port, 4, true));
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	zx_handle_close(port);
	zx_handle_close(event);
}

JX_TEST(port_12_3_r5_no_signals_and_no_handle)
{
	struct pair p = pair_channel();
	zx_port_packet_t packet;
	zx_handle_t port = 0;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(p.a, port, 1, 0, 0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(p.a, port, 2, ZX_CHANNEL_PEER_CLOSED, 0), ZX_OK);
	EXPECT_STATUS(pair_send(p.b, 1, ZX_HANDLE_INVALID), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	/* The end goes although it is watched: its peer sees that. */
	EXPECT_STATUS(zx_handle_close(p.a), ZX_OK);
	EXPECT_TRUE(pair_signals(p.b) & ZX_CHANNEL_PEER_CLOSED);
	EXPECT_STATUS(zx_handle_close(p.b), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	zx_handle_close(port);
}

JX_TEST(port_12_4_r1_one_step)
{
	const zx_signals_t bit = ZX_USER_SIGNAL_3;
	zx_handle_t event = pair_make_event(), port = 0;
	zx_port_packet_t packet;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	/* In both masks: it ends set, and was never seen cleared. */
	EXPECT_STATUS(zx_object_signal(event, bit, bit), ZX_OK);
	EXPECT_EQ(pair_signals(event), bit);
	EXPECT_STATUS(zx_object_wait_async(event, port, 1, bit, ZX_WAIT_ASYNC_EDGE), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, bit, bit), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, 0, bit), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	/* One step from one bit to the other. */
	EXPECT_STATUS(zx_object_wait_async(event, port, 2, ZX_USER_SIGNAL_4, 0), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, bit, ZX_USER_SIGNAL_4), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_OK);
	EXPECT_EQ(packet.key, 2);
	EXPECT_EQ(packet.signal.observed, ZX_USER_SIGNAL_4);
	zx_handle_close(port);
	zx_handle_close(event);
}

JX_TEST(port_12_5_r1_bits)
{
	EXPECT_EQ(ZX_CHANNEL_READABLE, 1);
	EXPECT_EQ(ZX_CHANNEL_WRITABLE, 2);
	EXPECT_EQ(ZX_CHANNEL_PEER_CLOSED, 4);
	EXPECT_EQ(ZX_EVENTPAIR_PEER_CLOSED, 4);
	EXPECT_EQ(ZX_FIFO_PEER_CLOSED, 4);
	EXPECT_EQ(ZX_EVENT_SIGNALED, 8);
	EXPECT_EQ(ZX_EVENTPAIR_SIGNALED, 8);
	EXPECT_EQ(ZX_TIMER_SIGNALED, 8);
	EXPECT_EQ(ZX_TASK_TERMINATED, 8);
	EXPECT_EQ(ZX_JOB_TERMINATED, 8);
	EXPECT_EQ(ZX_PROCESS_TERMINATED, 8);
	EXPECT_EQ(ZX_THREAD_TERMINATED, 8);
	EXPECT_EQ(ZX_VMO_ZERO_CHILDREN, 8);
	EXPECT_EQ(ZX_THREAD_RUNNING, 16);
	EXPECT_EQ(ZX_JOB_NO_JOBS, 16);
	EXPECT_EQ(ZX_CLOCK_STARTED, 16);
	EXPECT_EQ(ZX_THREAD_SUSPENDED, 32);
	EXPECT_EQ(ZX_JOB_NO_PROCESSES, 32);
	EXPECT_EQ(ZX_SIGNAL_HANDLE_CLOSED, 1u << 23);
	EXPECT_EQ(ZX_USER_SIGNAL_0, 1u << 24);
	EXPECT_EQ(ZX_USER_SIGNAL_7, 1u << 31);
	EXPECT_EQ(ZX_USER_SIGNAL_ALL, 0xff000000u);
}

JX_TEST(port_12_5_r2_at_first)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), child = 0, thread = 0;

	EXPECT_EQ(pair_signals(vmo), ZX_VMO_ZERO_CHILDREN);
	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 4096, &child), ZX_OK);
	EXPECT_EQ(pair_signals(vmo), 0);
	EXPECT_STATUS(zx_handle_close(child), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, NULL),
		      ZX_OK);
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "n", 1, 0, &thread), ZX_OK);
	EXPECT_EQ(pair_signals(thread), 0);
	EXPECT_TRUE(pair_signals(zx_thread_self()) & ZX_THREAD_RUNNING);
	zx_handle_close(thread);
	zx_handle_close(vmo);
}

JX_TEST(port_12_6_r1_default_rights)
{
	const zx_rights_t basic = ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_WAIT |
				  ZX_RIGHT_INSPECT;
	zx_handle_t event = pair_make_event(), timer = 0, port = 0;
	struct pair p = pair_event();

	ASSERT_STATUS(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer), ZX_OK);
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	EXPECT_EQ(conf_rights(event), basic | ZX_RIGHT_SIGNAL);
	EXPECT_EQ(conf_rights(p.a), basic | ZX_RIGHT_SIGNAL | ZX_RIGHT_SIGNAL_PEER);
	EXPECT_EQ(conf_rights(p.b), basic | ZX_RIGHT_SIGNAL | ZX_RIGHT_SIGNAL_PEER);
	EXPECT_EQ(conf_rights(timer), basic | ZX_RIGHT_WRITE | ZX_RIGHT_SIGNAL);
	EXPECT_EQ(conf_rights(port), (basic & ~ZX_RIGHT_WAIT) | ZX_RIGHT_READ | ZX_RIGHT_WRITE);
	zx_handle_close(event);
	zx_handle_close(timer);
	zx_handle_close(port);
	pair_close(p);
}

/* Each reading is passed on to the other thread, which must not read less. */
struct clocks {
	_Atomic zx_time_t last;
	_Atomic bool over;
	_Atomic uint32_t back;
};

static int read_clock(void *arg)
{
	struct clocks *c = arg;

	while (!c->over) {
		zx_time_t before = c->last, now = zx_clock_get_monotonic();

		c->back += now < before;
		c->last = now;
	}
	return 0;
}

JX_TEST(port_12_9_r2_one_clock)
{
	struct clocks c = { 0 };
	struct jx_thread thread;

	EXPECT_TRUE(zx_clock_get_monotonic() > 0);
	ASSERT_STATUS(jx_thread_create(&thread, "clock", read_clock, &c), ZX_OK);
	for (int i = 0; i < 20000; i++) {
		zx_time_t before = c.last, now = zx_clock_get_monotonic();

		c.back += now < before;
	}
	c.over = true;
	EXPECT_TRUE(task_join(&thread, NULL));
	EXPECT_EQ(c.back, 0);
}

JX_TEST(port_12_9_r3_deadlines_saturate)
{
	zx_time_t before = zx_clock_get_monotonic();
	zx_time_t deadline = zx_deadline_after(ZX_SEC(5));

	EXPECT_TRUE(deadline >= before + ZX_SEC(5));
	EXPECT_TRUE(deadline <= zx_clock_get_monotonic() + ZX_SEC(5));
	EXPECT_EQ(zx_deadline_after(INT64_MAX), INT64_MAX);
	EXPECT_EQ(zx_deadline_after(INT64_MAX - 1), INT64_MAX);
	/* The clock is above 0, so nothing falls below the other end. */
	EXPECT_TRUE(zx_deadline_after(INT64_MIN) < 0);
	EXPECT_TRUE(zx_deadline_after(-1) <= zx_clock_get_monotonic());
}
