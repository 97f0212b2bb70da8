/* Timers: spec/pager-port.md 12.8. */
#include <zircon/syscalls/port.h>

#include "pair_util.h"

static zx_handle_t make_timer(void)
{
	zx_handle_t timer = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_timer_create(ZX_TIMER_SLACK_LATE, ZX_CLOCK_MONOTONIC, &timer), ZX_OK);
	return timer;
}

static zx_info_timer_t timer_info(zx_handle_t timer)
{
	zx_info_timer_t info = { .options = 9, .deadline = 9, .slack = 9 };

	EXPECT_STATUS(zx_object_get_info(timer, ZX_INFO_TIMER, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info;
}

JX_TEST(port_12_8_c1_create)
{
	zx_handle_t out = 7;

	EXPECT_STATUS(zx_timer_create(3, 7, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_timer_create(0, ZX_CLOCK_THREAD, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_timer_create(3, ZX_CLOCK_MONOTONIC, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_timer_create(0, ZX_CLOCK_MONOTONIC, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 7);
	for (uint32_t options = 0; options < 3; options++) {
		EXPECT_STATUS(zx_timer_create(options, ZX_CLOCK_MONOTONIC, &out), ZX_OK);
		EXPECT_EQ(conf_rights(out), ZX_DEFAULT_TIMER_RIGHTS);
		EXPECT_EQ(pair_signals(out), 0);
		EXPECT_EQ(timer_info(out).options, options);
		zx_handle_close(out);
	}
}

JX_TEST_OF_2020(port_12_8_c2_boot_clock)
{
	zx_handle_t out = 7;

	EXPECT_STATUS(zx_timer_create(0, 1, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 7);
}

JX_TEST_OF_LATEST(port_12_8_c2_boot_clock_is_known)
{
	zx_handle_t out = 7;

	EXPECT_STATUS(zx_timer_create(0, 1, &out), ZX_OK);
	zx_handle_close(out);
}

JX_TEST(port_12_8_c3_set)
{
	zx_handle_t timer = make_timer(), bare = vm_dup(timer, ZX_RIGHT_WAIT);

	EXPECT_STATUS(zx_timer_set(0, 0, -1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_timer_set(0, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_timer_set(zx_process_self(), 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_timer_set(bare, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_timer_cancel(0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_timer_cancel(zx_process_self()), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_timer_cancel(bare), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(pair_signals(timer), 0);
	zx_handle_close(bare);
	zx_handle_close(timer);
}

JX_TEST(port_12_8_r1_past_deadlines_fire_within_the_call)
{
	const zx_time_t past[] = { 0, -1, INT64_MIN, 1 };
	zx_handle_t timer = make_timer();

	for (int i = 0; i < 4; i++) {
		EXPECT_STATUS(zx_timer_set(timer, past[i], 0), ZX_OK);
		EXPECT_EQ(pair_signals(timer), ZX_TIMER_SIGNALED);
		EXPECT_EQ(timer_info(timer).deadline, 0);
	}
	EXPECT_STATUS(zx_timer_cancel(timer), ZX_OK);
	EXPECT_STATUS(zx_timer_cancel(timer), ZX_OK);
	EXPECT_EQ(pair_signals(timer), 0);
	zx_handle_close(timer);
}

JX_TEST(port_12_8_r2_fires_at_the_deadline_and_stays)
{
	zx_handle_t timer = make_timer();

	for (int i = 0; i < 20; i++) {
		zx_time_t deadline = zx_deadline_after(ZX_USEC(100 + 37 * i));

		EXPECT_STATUS(zx_timer_set(timer, deadline, ZX_USEC(i)), ZX_OK);
		EXPECT_TRUE(task_await_signal(timer, ZX_TIMER_SIGNALED));
		EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
		EXPECT_EQ(pair_signals(timer), ZX_TIMER_SIGNALED);
		EXPECT_EQ(timer_info(timer).deadline, 0);
		EXPECT_EQ(timer_info(timer).slack, 0);
	}
	EXPECT_STATUS(zx_object_signal(timer, ZX_TIMER_SIGNALED, 0), ZX_ERR_INVALID_ARGS);
	zx_handle_close(timer);
}

JX_TEST(port_12_8_r3_set_and_cancel_replace)
{
	zx_handle_t timer = make_timer();
	zx_info_timer_t info;

	EXPECT_STATUS(zx_timer_set(timer, 0, 0), ZX_OK);
	EXPECT_STATUS(zx_timer_set(timer, ZX_TIME_INFINITE, 5), ZX_OK);
	EXPECT_EQ(pair_signals(timer), 0);
	info = timer_info(timer);
	EXPECT_EQ(info.deadline, ZX_TIME_INFINITE);
	EXPECT_EQ(info.slack, 5);
	/* The firing of a time that was taken back is not seen later. */
	for (int i = 0; i < 200; i++) {
		EXPECT_STATUS(zx_timer_set(timer, zx_deadline_after(ZX_USEC(i)), 0), ZX_OK);
		zx_nanosleep(zx_deadline_after(ZX_USEC(i / 2)));
		EXPECT_STATUS(i % 2 ? zx_timer_cancel(timer)
				    : zx_timer_set(timer, ZX_TIME_INFINITE, 0), ZX_OK);
		EXPECT_EQ(pair_signals(timer), 0);
	}
	EXPECT_STATUS(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, zx_deadline_after(ZX_MSEC(2)),
					 NULL), ZX_ERR_TIMED_OUT);
	zx_handle_close(timer);
}

JX_TEST(port_12_8_r4_close_cancels)
{
	enum { TIMERS = 64 };
	zx_handle_t timers[TIMERS];

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < TIMERS; i++) {
			timers[i] = make_timer();
			EXPECT_STATUS(zx_timer_set(timers[i], zx_deadline_after(ZX_USEC(10 * i)),
						   0), ZX_OK);
		}
		for (int i = 0; i < TIMERS; i++)
			EXPECT_STATUS(zx_handle_close(timers[i]), ZX_OK);
	}
}

JX_TEST(port_12_8_r5_packets)
{
	zx_handle_t timer = make_timer(), port;
	zx_port_packet_t packet;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(timer, port, 9, ZX_TIMER_SIGNALED, 0), ZX_OK);
	EXPECT_STATUS(zx_timer_set(timer, zx_deadline_after(ZX_USEC(200)), 0), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, ZX_TIME_INFINITE, &packet), ZX_OK);
	EXPECT_EQ(packet.key, 9);
	EXPECT_EQ(packet.signal.observed, ZX_TIMER_SIGNALED);
	/* A set clears first: that is a new edge. */
	EXPECT_STATUS(zx_timer_set(timer, 0, 0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(timer, port, 10, ZX_TIMER_SIGNALED, 0), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_OK);
	EXPECT_EQ(packet.key, 10);
	zx_handle_close(port);
	zx_handle_close(timer);
}

/* No mode may leave the bounds that its slack gives; without slack none is early. */
JX_TEST(port_12_8_r6_slack_modes)
{
	for (uint32_t mode = ZX_TIMER_SLACK_CENTER; mode <= ZX_TIMER_SLACK_LATE; mode++) {
		zx_duration_t early = mode == ZX_TIMER_SLACK_LATE ? 0 : ZX_USEC(200);
		zx_handle_t timer = ZX_HANDLE_INVALID;
		zx_time_t deadline;

		ASSERT_STATUS(zx_timer_create(mode, ZX_CLOCK_MONOTONIC, &timer), ZX_OK);
		deadline = zx_deadline_after(ZX_MSEC(1));
		EXPECT_STATUS(zx_timer_set(timer, deadline, ZX_USEC(200)), ZX_OK);
		EXPECT_STATUS(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, ZX_TIME_INFINITE, NULL),
			      ZX_OK);
		EXPECT_TRUE(zx_clock_get_monotonic() >= deadline - early);
		deadline = zx_deadline_after(ZX_MSEC(1));
		EXPECT_STATUS(zx_timer_set(timer, deadline, 0), ZX_OK);
		EXPECT_STATUS(zx_object_wait_one(timer, ZX_TIMER_SIGNALED, ZX_TIME_INFINITE, NULL),
			      ZX_OK);
		EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
		EXPECT_STATUS(zx_timer_set(timer, ZX_TIME_INFINITE, 0), ZX_OK);
		EXPECT_STATUS(zx_object_wait_one(timer, ZX_TIMER_SIGNALED,
						 zx_deadline_after(ZX_MSEC(1)), NULL),
			      ZX_ERR_TIMED_OUT);
		EXPECT_STATUS(zx_timer_set(timer, ZX_TIME_INFINITE_PAST, 0), ZX_OK);
		EXPECT_EQ(pair_signals(timer), ZX_TIMER_SIGNALED);
		zx_handle_close(timer);
	}
}
