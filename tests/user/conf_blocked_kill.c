/*
 * Kill of threads in every call that blocks (tasks.md 9, 19; pager-port.md 5.7):
 * they end, and nothing of their waits is left.
 */
#include <jx/ktap.h>

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
