/*
 * Kill of threads in every call that blocks (tasks.md 9, 19; pager-port.md 5.7):
 * they end, and nothing of their waits is left.
 */
#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/processargs.h>

#include "blocked_util.h"
#include "conf_util.h"

JX_TEST(tasks_9_r5_blocked_threads_end)
{
	for (size_t i = 0; i < blocked_call_count; i++) {
		struct blocked b;

		ASSERT_TRUE(blocked_start(&b, &blocked_calls[i], ZX_TIME_INFINITE));
		EXPECT_TRUE(blocked_await(&b));
		EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
		EXPECT_TRUE(blocked_expect_killed(&b));
		if (blocked_calls[i].pages)
			EXPECT_TRUE(paging_expect_none(&b.paging));
		blocked_drop(&b);
	}
}

/* Kill and wake at once, in both orders: the thread ends either way, and the
 * call has returned, or not. */
JX_TEST(tasks_9_r5_kill_races_with_a_wake)
{
	for (size_t i = 0; i < blocked_call_count; i++) {
		for (int first = 0; first < 6; first++) {
			struct blocked b;

			if (!blocked_calls[i].wake)
				continue;
			ASSERT_TRUE(blocked_start(&b, &blocked_calls[i], ZX_TIME_INFINITE));
			EXPECT_TRUE(blocked_await(&b));
			if (first % 2)
				EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
			blocked_calls[i].wake(&b);
			if (!(first % 2))
				EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
			if (EXPECT_TRUE(task_join(&b.thread, NULL)) && b.returned)
				EXPECT_STATUS(b.status, ZX_OK);
			blocked_drop(&b);
		}
	}
}

static int read_console(void *arg)
{
	char c;
	size_t actual;

	(void)arg;
	return zx_debug_read(jx_startup_handle(PA_RESOURCE), &c, 1, &actual);
}

/* The console's reader has no state of its own to be shown: it is stopped and
 * killed in the call, or just before it. Nobody types during tests. */
JX_TEST(tasks_9_r5_reader_of_the_console)
{
	for (int round = 0; round < 10; round++) {
		struct jx_thread thread;
		zx_handle_t token = ZX_HANDLE_INVALID;
		int result = 0;

		ASSERT_STATUS(jx_thread_create(&thread, "reader", read_console, NULL), ZX_OK);
		if (round % 2) {
			token = suspend_now(thread.handle);
			EXPECT_EQ(task_thread_info(thread.handle).state,
				  ZX_THREAD_STATE_SUSPENDED);
			EXPECT_TRUE(suspend_end(&token, thread.handle));
		}
		EXPECT_STATUS(zx_object_wait_one(thread.handle, ZX_THREAD_TERMINATED,
						 zx_deadline_after(ZX_MSEC(2)), NULL),
			      ZX_ERR_TIMED_OUT);
		EXPECT_STATUS(zx_task_kill(thread.handle), ZX_OK);
		EXPECT_TRUE(task_join(&thread, &result));
		EXPECT_EQ(result, -1);
	}
}
