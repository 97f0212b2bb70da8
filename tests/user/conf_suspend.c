/* Conformance: suspension of threads and processes (tasks.md 8). */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "conf_util.h"
#include "suspend_util.h"

static zx_handle_t with_rights(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handle, rights, &copy), ZX_OK);
	return copy;
}

JX_TEST(tasks_8_c1_handle)
{
	zx_handle_t token = CONF_UNTOUCHED;
	zx_handle_t bare = with_rights(zx_job_default(), ZX_RIGHT_INSPECT);

	/* The right is looked at before the type is found wrong. */
	EXPECT_STATUS(zx_task_suspend_token(ZX_HANDLE_INVALID, &token), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_task_suspend_token(bare, &token), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_task_suspend(bare, &token), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(token, CONF_UNTOUCHED);
	zx_handle_close(bare);
}

JX_TEST(tasks_8_c2_type)
{
	zx_handle_t token = CONF_UNTOUCHED, vmo = ZX_HANDLE_INVALID;

	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_task_suspend_token(vmo, &token), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_task_suspend_token(zx_job_default(), &token), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_task_suspend_token(vmo, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_EQ(token, CONF_UNTOUCHED);
	zx_handle_close(vmo);
}

JX_TEST(tasks_8_c3_oneself)
{
	zx_handle_t token = CONF_UNTOUCHED;

	EXPECT_STATUS(zx_task_suspend_token(zx_thread_self(), &token), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_task_suspend_token(zx_process_self(), &token), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_task_suspend_token(zx_process_self(), NULL), ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(token, CONF_UNTOUCHED);
}

JX_TEST(tasks_8_c4_dead)
{
	zx_handle_t token = CONF_UNTOUCHED, image = task_image();
	struct task_child child;
	struct counting c;

	ASSERT_TRUE(counting_start(&c));
	EXPECT_STATUS(zx_task_kill(c.thread.handle), ZX_OK);
	/* Dying, or dead already. */
	EXPECT_STATUS(zx_task_suspend_token(c.thread.handle, &token), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(task_await_signal(c.thread.handle, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_task_suspend_token(c.thread.handle, &token), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_task_suspend_token(c.thread.handle, NULL), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(task_join(&c.thread, NULL));
	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_STATUS(zx_task_suspend_token(child.process, &token), ZX_ERR_BAD_STATE);
	EXPECT_EQ(token, CONF_UNTOUCHED);
	task_child_drop(&child);
	zx_handle_close(image);
}

JX_TEST(tasks_8_c5_pointer)
{
	struct counting c;

	ASSERT_TRUE(counting_start(&c));
	EXPECT_STATUS(zx_task_suspend_token(c.thread.handle, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(counting_runs(&c));
	EXPECT_STATUS(zx_task_suspend(c.thread.handle, (zx_handle_t *)8), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(counting_runs(&c));
	EXPECT_TRUE(counting_end(&c));
}

JX_TEST(tasks_8_r1_stops)
{
	zx_thread_state_general_regs_t regs;
	zx_handle_t token;
	struct counting c;

	ASSERT_TRUE(counting_start(&c));
	for (int i = 0; i < 20; i++) {
		token = suspend_now(c.thread.handle);
		EXPECT_EQ(task_thread_info(c.thread.handle).state, ZX_THREAD_STATE_SUSPENDED);
		EXPECT_STATUS(zx_object_wait_one(c.thread.handle, ZX_THREAD_RUNNING, 0, NULL),
			      ZX_ERR_TIMED_OUT);
		EXPECT_STATUS(suspend_read_general(c.thread.handle, &regs), ZX_OK);
		if (i == 0)
			EXPECT_TRUE(counting_stands(&c));
		EXPECT_TRUE(suspend_end(&token, c.thread.handle));
		EXPECT_STATUS(suspend_read_general(c.thread.handle, &regs), ZX_ERR_BAD_STATE);
		EXPECT_TRUE(counting_runs(&c));
	}
	EXPECT_TRUE(counting_end(&c));
}

JX_TEST(tasks_8_r2_counts)
{
	zx_handle_t image = task_image(), tokens[4], thread;
	struct task_child child;
	struct counting c;

	ASSERT_TRUE(counting_start(&c));
	for (int i = 0; i < 4; i++)
		tokens[i] = suspend_now(c.thread.handle);
	for (int i = 0; i < 3; i++) {
		zx_handle_close(tokens[i]);
		EXPECT_EQ(task_thread_info(c.thread.handle).state, ZX_THREAD_STATE_SUSPENDED);
	}
	EXPECT_TRUE(counting_stands(&c));
	EXPECT_TRUE(suspend_end(&tokens[3], c.thread.handle));
	EXPECT_TRUE(counting_runs(&c));
	EXPECT_TRUE(counting_end(&c));

	/* The process's and the thread's own: both must go. */
	ASSERT_TRUE(task_child_create(&child, image));
	thread = child.thread;
	tokens[0] = suspend_token(child.process);
	ASSERT_TRUE(task_child_start(&child, (task_entry)zx_thread_exit, 0));
	EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_SUSPENDED));
	tokens[1] = suspend_token(thread);
	zx_handle_close(tokens[0]);
	EXPECT_STATUS(zx_object_wait_one(thread, ZX_THREAD_TERMINATED | ZX_THREAD_RUNNING,
					 zx_deadline_after(ZX_MSEC(2)), NULL), ZX_ERR_TIMED_OUT);
	zx_handle_close(tokens[1]);
	EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
	task_child_drop(&child);
	zx_handle_close(image);
}
