/*
 * Suspension of threads in every call that blocks (tasks.md 8, pager-port.md
 * 5.7): each stops with readable registers, goes on with what came meanwhile or
 * with the same deadline, and ends when it is killed.
 */
#include <jx/ktap.h>

#include "blocked_util.h"
#include "conf_util.h"

#define FOR_EACH_CALL(call) \
	for (const struct blocked_call *call = blocked_calls; \
	     call < blocked_calls + blocked_call_count; call++)

static bool shows(zx_handle_t thread, uint32_t state)
{
	return EXPECT_EQ(task_thread_info(thread).state, state);
}

/* Stops it in its call and looks at what is to be seen of it. */
static zx_handle_t stop(struct blocked *b)
{
	zx_thread_state_general_regs_t regs;
	zx_handle_t token;

	if (!blocked_await(b))
		return ZX_HANDLE_INVALID;
	token = suspend_now(b->thread.handle);
	shows(b->thread.handle, ZX_THREAD_STATE_SUSPENDED);
	EXPECT_STATUS(suspend_read_general(b->thread.handle, &regs), ZX_OK);
	/* Its stack is that of a thread of the library: between b and its VMAR
	 * nothing else is known. */
	EXPECT_TRUE(regs.pc != 0 && regs.sp != 0 && regs.sp % 16 == 0);
	return token;
}

/* It leaves the wait, is SUSPENDED, and blocks again afterwards. */
JX_TEST(tasks_8_r4_leaves_the_wait)
{
	FOR_EACH_CALL(call) {
		zx_handle_t token;
		struct blocked b;

		ASSERT_TRUE(blocked_start(&b, call, ZX_TIME_INFINITE));
		for (int i = 0; i < 3; i++) {
			token = stop(&b);
			EXPECT_TRUE(suspend_end(&token, b.thread.handle));
		}
		EXPECT_TRUE(blocked_await(&b));
		EXPECT_TRUE(!b.returned);
		if (call->wake) {
			call->wake(&b);
			EXPECT_TRUE(blocked_expect(&b, ZX_OK));
		} else {
			EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
			EXPECT_TRUE(blocked_expect_killed(&b));
		}
		blocked_drop(&b);
	}
}

/* What comes while it stands still is not lost, and not seen before. */
JX_TEST(tasks_8_r5_keeps_a_wake)
{
	FOR_EACH_CALL(call) {
		zx_handle_t token;
		struct blocked b;

		if (!call->wake)
			continue;
		ASSERT_TRUE(blocked_start(&b, call, ZX_TIME_INFINITE));
		token = stop(&b);
		call->wake(&b);
		shows(b.thread.handle, ZX_THREAD_STATE_SUSPENDED);
		EXPECT_TRUE(!b.returned);
		EXPECT_TRUE(suspend_end(&token, b.thread.handle));
		EXPECT_TRUE(blocked_expect(&b, ZX_OK));
		blocked_drop(&b);
	}
}

/* The deadline is the same: before it, and when it has passed meanwhile. */
JX_TEST(tasks_8_r6_keeps_the_deadline)
{
	FOR_EACH_CALL(call) {
		for (int late = 0; late < 2; late++) {
			zx_time_t deadline = zx_deadline_after(ZX_MSEC(30));
			zx_handle_t token;
			struct blocked b;

			if (!call->has_deadline)
				continue;
			ASSERT_TRUE(blocked_start(&b, call, deadline));
			token = suspend_now(b.thread.handle);
			if (late)
				zx_nanosleep(deadline + ZX_MSEC(1));
			EXPECT_TRUE(!b.returned);
			EXPECT_TRUE(suspend_end(&token, b.thread.handle));
			EXPECT_TRUE(blocked_expect(&b, call->at_deadline));
			EXPECT_TRUE(b.returned_at >= deadline);
			blocked_drop(&b);
		}
	}
}

/* Killed where it stands; also when it was woken before. */
JX_TEST(tasks_8_r11_killed_while_suspended)
{
	FOR_EACH_CALL(call) {
		for (int woken = 0; woken < 2; woken++) {
			zx_handle_t token;
			struct blocked b;

			ASSERT_TRUE(blocked_start(&b, call, ZX_TIME_INFINITE));
			token = stop(&b);
			if (woken && call->wake)
				call->wake(&b);
			EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
			EXPECT_TRUE(task_await_signal(b.thread.handle, ZX_THREAD_TERMINATED));
			EXPECT_STATUS(zx_object_wait_one(b.thread.handle, ZX_THREAD_SUSPENDED |
							 ZX_THREAD_RUNNING, 0, NULL),
				      ZX_ERR_TIMED_OUT);
			EXPECT_TRUE(blocked_expect_killed(&b));
			EXPECT_STATUS(zx_handle_close(token), ZX_OK);
			blocked_drop(&b);
		}
	}
}

/* Where a thread goes whose pc was written. */
static struct {
	_Atomic uint64_t x0;
	_Atomic uint64_t x28;
} redirected;

static void redirect_here(uint64_t x0)
{
	uint64_t x28;

	__asm__ volatile("mov %0, x28" : "=r"(x28));
	redirected.x0 = x0;
	redirected.x28 = x28;
	zx_thread_exit();
}

/* With another pc it goes there at once, whatever it waited for, and finds its
 * registers exactly as they were written. */
JX_TEST(tasks_7_5_r7_new_pc_ends_the_call)
{
	FOR_EACH_CALL(call) {
		zx_thread_state_general_regs_t regs;
		zx_handle_t token;
		struct blocked b;

		ASSERT_TRUE(blocked_start(&b, call, ZX_TIME_INFINITE));
		token = stop(&b);
		ASSERT_STATUS(suspend_read_general(b.thread.handle, &regs), ZX_OK);
		regs.pc = (uint64_t)(uintptr_t)redirect_here;
		regs.r[0] = 0x123456789abcdeful;
		regs.r[28] = 0x28;
		EXPECT_STATUS(suspend_write_general(b.thread.handle, &regs), ZX_OK);
		redirected.x0 = redirected.x28 = 0;
		EXPECT_STATUS(zx_handle_close(token), ZX_OK);
		EXPECT_TRUE(task_await_signal(b.thread.handle, ZX_THREAD_TERMINATED));
		EXPECT_TRUE(!b.returned);
		EXPECT_EQ(redirected.x0, 0x123456789abcdeful);
		EXPECT_EQ(redirected.x28, 0x28);
		EXPECT_TRUE(task_join(&b.thread, NULL));
		blocked_drop(&b);
	}
}
