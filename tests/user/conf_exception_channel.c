/* Exception channels: spec/tasks.md 14.2. */
#include "exc_util.h"

#define DEBUGGER ZX_EXCEPTION_CHANNEL_DEBUGGER
#define NEEDED (ZX_RIGHT_INSPECT | ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER | ZX_RIGHT_MANAGE_THREAD)

static zx_status_t attempt(zx_handle_t task, uint32_t options)
{
	zx_handle_t out = CONF_UNTOUCHED;
	zx_status_t status = zx_task_create_exception_channel(task, options, &out);

	if (status == ZX_OK)
		zx_handle_close(out);
	else
		EXPECT_EQ(out, CONF_UNTOUCHED);
	return status;
}

JX_TEST(tasks_14_2_c1_options)
{
	EXPECT_STATUS(attempt(ZX_HANDLE_INVALID, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(attempt(zx_thread_self(), DEBUGGER | 2), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(attempt(zx_process_self(), 0x80000000u), ZX_ERR_INVALID_ARGS);
}

static void needs_each_right(zx_handle_t task, zx_rights_t needed)
{
	zx_rights_t all = conf_rights(task);

	for (uint32_t bit = 0; bit < 32; bit++) {
		zx_handle_t less;

		if (!(all & (1u << bit)))
			continue;
		less = vm_dup(task, all & ~(1u << bit));
		EXPECT_STATUS(attempt(less, 0),
			      needed & (1u << bit) ? ZX_ERR_ACCESS_DENIED : ZX_OK);
		zx_handle_close(less);
	}
	EXPECT_STATUS(attempt(task, 0), ZX_OK);
}

JX_TEST(tasks_14_2_c3_handle_and_rights)
{
	struct exc_child c;
	zx_handle_t event;

	EXPECT_STATUS(attempt(ZX_HANDLE_INVALID, 0), ZX_ERR_BAD_HANDLE);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(attempt(event, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(event);
	ASSERT_TRUE(exc_child_make(&c));
	needs_each_right(c.task.thread, NEEDED);
	needs_each_right(c.task.process, NEEDED | ZX_RIGHT_ENUMERATE);
	needs_each_right(zx_job_default(), NEEDED | ZX_RIGHT_ENUMERATE);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_2_c5_threads_have_no_debugger)
{
	struct exc_child c;
	zx_handle_t channel;

	ASSERT_TRUE(exc_child_make(&c));
	channel = exc_bind(c.task.thread, 0);
	EXPECT_STATUS(attempt(c.task.thread, DEBUGGER), ZX_ERR_INVALID_ARGS);
	zx_handle_close(channel);
	exc_child_drop(&c);
}

/* Dead, though a channel is still bound (row 7) and out is bad (row 8). */
JX_TEST(tasks_14_2_c6_the_task_is_dead)
{
	struct exc_child c;
	zx_handle_t thread;

	ASSERT_TRUE(exc_child_make(&c));
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	ASSERT_TRUE(task_child_add_thread(&c.task, 1, exc_run_thread_exit, 0, 0, &thread));
	task_await_signal(thread, ZX_THREAD_TERMINATED);
	EXPECT_STATUS(attempt(thread, 0), ZX_ERR_BAD_STATE);
	ASSERT_STATUS(zx_task_kill(c.task.process), ZX_OK);
	EXPECT_STATUS(attempt(c.task.process, 0), ZX_ERR_BAD_STATE);
	task_await_signal(c.task.process, ZX_PROCESS_TERMINATED);
	EXPECT_STATUS(attempt(c.task.process, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(attempt(c.task.process, DEBUGGER), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_task_create_exception_channel(c.task.process, 0, NULL),
		      ZX_ERR_BAD_STATE);
	zx_handle_close(thread);
	exc_child_drop(&c);
}

static void binds_once(zx_handle_t task, uint32_t options)
{
	zx_handle_t channel = exc_bind(task, options), again;

	EXPECT_STATUS(attempt(task, options), ZX_ERR_ALREADY_BOUND);
	EXPECT_STATUS(zx_task_create_exception_channel(task, options, NULL),
		      ZX_ERR_ALREADY_BOUND);
	/* Moved into a message it is still registered. */
	again = channel;
	ASSERT_STATUS(zx_handle_replace(channel, ZX_RIGHT_SAME_RIGHTS, &again), ZX_OK);
	EXPECT_STATUS(attempt(task, options), ZX_ERR_ALREADY_BOUND);
	zx_handle_close(again);
	EXPECT_STATUS(attempt(task, options), ZX_OK);
	EXPECT_STATUS(attempt(task, options), ZX_OK);
}

JX_TEST(tasks_14_2_c7_one_channel_of_a_kind)
{
	zx_handle_t debugger;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	debugger = exc_bind(c.task.process, DEBUGGER);
	binds_once(c.task.thread, 0);
	binds_once(c.task.process, 0);
	zx_handle_close(debugger);
	binds_once(c.task.process, DEBUGGER);
	binds_once(zx_job_default(), 0);
	binds_once(zx_job_default(), DEBUGGER);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_2_c8_out)
{
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	for (int i = 0; i < 3; i++) {
		EXPECT_STATUS(zx_task_create_exception_channel(c.task.process, 0, NULL),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_task_create_exception_channel(c.task.thread, 0,
							       (zx_handle_t *)VM_KERNEL_ADDRESS),
			      ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(attempt(c.task.process, 0), ZX_OK);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_2_r1_rights_of_the_channel)
{
	zx_handle_t channel = exc_bind(zx_process_self(), 0);

	EXPECT_EQ(conf_rights(channel), ZX_RIGHT_READ | ZX_RIGHT_WAIT | ZX_RIGHT_TRANSFER);
	EXPECT_STATUS(zx_channel_write(channel, 0, NULL, 0, NULL, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_signal_peer(channel, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(channel);
}

JX_TEST(tasks_14_2_r2_registered_before_the_start)
{
	struct exc_caught e;
	zx_handle_t thread, process;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	thread = exc_bind(c.task.thread, 0);
	process = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	if (exc_catch_type(thread, ZX_EXCP_FATAL_PAGE_FAULT, &e))
		exc_next(&e);
	if (exc_catch_type(process, ZX_EXCP_FATAL_PAGE_FAULT, &e))
		exc_next(&e);
	exc_expect_end(&c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(thread);
	zx_handle_close(process);
	exc_child_drop(&c);
}

/* All three, with an exception unread in one: that stays readable. */
JX_TEST(tasks_14_2_r3_the_task_dies)
{
	zx_handle_t thread, process, debugger;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	thread = exc_bind(c.task.thread, 0);
	process = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	task_await_signal(thread, ZX_CHANNEL_READABLE);
	debugger = exc_bind(c.task.process, DEBUGGER);
	ASSERT_STATUS(zx_task_kill(c.task.process), ZX_OK);
	task_await_signal(c.task.process, ZX_PROCESS_TERMINATED);
	EXPECT_STATUS(zx_object_wait_one(thread, ZX_CHANNEL_PEER_CLOSED, 0, NULL), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(process, ZX_CHANNEL_PEER_CLOSED, 0, NULL), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(debugger, ZX_CHANNEL_PEER_CLOSED, 0, NULL), ZX_OK);
	exc_expect_none(process);
	if (exc_catch_type(thread, ZX_EXCP_FATAL_PAGE_FAULT, &e))
		exc_next(&e);
	EXPECT_STATUS(zx_channel_read(process, 0, NULL, NULL, 0, 0, NULL, NULL),
		      ZX_ERR_PEER_CLOSED);
	zx_handle_close(thread);
	zx_handle_close(process);
	zx_handle_close(debugger);
	exc_child_drop(&c);
}

/* A thread that is never started ends with its last handle. */
JX_TEST(tasks_14_2_r3_a_new_thread_is_dropped)
{
	zx_handle_t thread, channel;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	ASSERT_STATUS(zx_thread_create(c.task.process, "new", 3, 0, &thread), ZX_OK);
	channel = exc_bind(thread, 0);
	EXPECT_STATUS(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, 0, NULL),
		      ZX_ERR_TIMED_OUT);
	zx_handle_close(thread);
	EXPECT_STATUS(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, 0, NULL), ZX_OK);
	zx_handle_close(channel);
	exc_child_drop(&c);
}
