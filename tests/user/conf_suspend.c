/* Conformance: suspension of threads and processes (tasks.md 8). */
#include <jx/ktap.h>
#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "exc_util.h"
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

/* Before the start: NEW it stays, then it is RUNNING and SUSPENDED without one
 * instruction. */
JX_TEST(tasks_8_r3_before_the_start)
{
	zx_handle_t image = task_image(), token, second = ZX_HANDLE_INVALID;
	zx_thread_state_general_regs_t regs;
	struct task_child child;

	ASSERT_TRUE(task_child_create(&child, image));
	token = suspend_token(child.thread);
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_NEW);
	EXPECT_STATUS(suspend_read_general(child.thread, &regs), ZX_ERR_BAD_STATE);
	ASSERT_TRUE(task_child_start(&child, (task_entry)zx_thread_exit, 0));
	EXPECT_TRUE(task_await_signal(child.thread, ZX_THREAD_SUSPENDED));
	ASSERT_STATUS(suspend_read_general(child.thread, &regs), ZX_OK);
	EXPECT_EQ(regs.pc, (uintptr_t)zx_thread_exit);
	EXPECT_EQ(task_process_info(child.process).exited, false);
	/* A process's token is for threads that start later, too. */
	zx_handle_close(token);
	EXPECT_TRUE(task_await_signal(child.thread, ZX_THREAD_TERMINATED));
	task_child_drop(&child);

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, exc_run_wait, 0));
	token = suspend_token(child.process);
	EXPECT_TRUE(task_await_signal(child.thread, ZX_THREAD_SUSPENDED));
	ASSERT_TRUE(task_child_add_thread(&child, 1, (task_entry)zx_thread_exit, 0, 0, &second));
	EXPECT_TRUE(task_await_signal(second, ZX_THREAD_SUSPENDED));
	zx_handle_close(token);
	EXPECT_TRUE(task_await_signal(second, ZX_THREAD_TERMINATED));
	zx_handle_close(second);
	task_child_drop(&child);
	zx_handle_close(image);
}

struct caller {
	zx_handle_t end;
	zx_status_t status;
	uint32_t word;
	uint32_t bytes;
};

static int call(void *arg)
{
	uint32_t out[2] = { 1, 10 }, in[2] = { 0, 0 }, handles = 0;
	const zx_channel_call_args_t args = { .wr_bytes = out, .wr_num_bytes = sizeof(out),
					      .rd_bytes = in, .rd_num_bytes = sizeof(in) };
	struct caller *c = arg;

	c->status = zx_channel_call(c->end, 0, ZX_TIME_INFINITE, &args, &c->bytes, &handles);
	c->word = in[1];
	return 0;
}

/* The reply is the call's, though the thread stands still: it does not go to the
 * queue, and a later resumption finds it. */
JX_TEST(tasks_8_r7_channel_call)
{
	uint32_t m[2] = { 0, 0 }, bytes = 0, handles = 0;
	zx_handle_t ends[2], token;
	struct jx_thread thread;
	struct caller c = { 0 };

	ASSERT_STATUS(zx_channel_create(0, &ends[0], &ends[1]), ZX_OK);
	c.end = ends[0];
	ASSERT_STATUS(jx_thread_create(&thread, "call", call, &c), ZX_OK);
	EXPECT_TRUE(task_await_state(thread.handle, ZX_THREAD_STATE_BLOCKED_CHANNEL));
	token = suspend_now(thread.handle);
	EXPECT_STATUS(zx_channel_read(ends[1], 0, m, NULL, sizeof(m), 0, &bytes, &handles), ZX_OK);
	m[1] = 11;
	EXPECT_STATUS(zx_channel_write(ends[1], 0, m, sizeof(m), NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(ends[0], ZX_CHANNEL_READABLE, 0, NULL), ZX_ERR_TIMED_OUT);
	/* One request was sent, once. */
	EXPECT_STATUS(zx_channel_read(ends[1], 0, m, NULL, sizeof(m), 0, &bytes, &handles),
		      ZX_ERR_SHOULD_WAIT);
	EXPECT_TRUE(suspend_end(&token, thread.handle));
	EXPECT_TRUE(task_join(&thread, NULL));
	EXPECT_STATUS(c.status, ZX_OK);
	EXPECT_EQ(c.word, 11);
	EXPECT_EQ(c.bytes, 8);
	zx_handle_close(ends[0]);
	zx_handle_close(ends[1]);
}

static int take_packet(void *arg)
{
	zx_port_packet_t packet;

	if (zx_port_wait(*(zx_handle_t *)arg, ZX_TIME_INFINITE, &packet) != ZX_OK)
		return -2;
	return (int)packet.key;
}

/* A reader that stands still is given nothing while another one waits. */
JX_TEST(tasks_8_r5_packets_go_to_those_who_run)
{
	zx_port_packet_t packet = { .key = 1 };
	struct jx_thread first, second;
	zx_handle_t port, token;
	int result = 0;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&first, "first", take_packet, &port), ZX_OK);
	EXPECT_TRUE(task_await_state(first.handle, ZX_THREAD_STATE_BLOCKED_PORT));
	ASSERT_STATUS(jx_thread_create(&second, "second", take_packet, &port), ZX_OK);
	EXPECT_TRUE(task_await_state(second.handle, ZX_THREAD_STATE_BLOCKED_PORT));
	token = suspend_now(first.handle);
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	EXPECT_TRUE(task_join(&second, &result));
	EXPECT_EQ(result, 1);
	packet.key = 2;
	EXPECT_STATUS(zx_port_queue(port, &packet), ZX_OK);
	EXPECT_EQ(task_thread_info(first.handle).state, ZX_THREAD_STATE_SUSPENDED);
	zx_handle_close(token);
	EXPECT_TRUE(task_join(&first, &result));
	EXPECT_EQ(result, 2);
	zx_handle_close(port);
}

/* The thread goes where the exception leaves it, and there it is suspended. */
JX_TEST(tasks_8_r9_held_in_an_exception)
{
	for (int release_first = 0; release_first < 2; release_first++) {
		zx_thread_state_general_regs_t regs;
		zx_handle_t channel, token;
		struct exc_child child;
		struct exc_caught e;

		ASSERT_TRUE(exc_child_make(&child));
		channel = exc_bind(child.task.process, 0);
		ASSERT_TRUE(task_child_start(&child.task, exc_run_load, child.hole));
		ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
		token = suspend_token(child.task.thread);
		EXPECT_EQ(task_thread_info(child.task.thread).state,
			  ZX_THREAD_STATE_BLOCKED_EXCEPTION);
		EXPECT_STATUS(zx_object_wait_one(child.task.thread, ZX_THREAD_SUSPENDED,
						 zx_deadline_after(ZX_MSEC(1)), NULL),
			      ZX_ERR_TIMED_OUT);
		EXPECT_STATUS(suspend_read_general(child.task.thread, &regs), ZX_OK);
		exc_child_fill(&child, 42);
		if (release_first) {
			exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
			EXPECT_TRUE(task_await_signal(child.task.thread, ZX_THREAD_SUSPENDED));
			EXPECT_EQ(task_thread_info(child.task.thread).state,
				  ZX_THREAD_STATE_SUSPENDED);
			EXPECT_TRUE(!task_process_info(child.task.process).exited);
			zx_handle_close(token);
		} else {
			zx_handle_close(token);
			EXPECT_EQ(task_thread_info(child.task.thread).state,
				  ZX_THREAD_STATE_BLOCKED_EXCEPTION);
			exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
		}
		exc_expect_end(&child, 42);
		zx_handle_close(channel);
		exc_child_drop(&child);
	}
}

JX_TEST(tasks_8_r10_token_of_the_dead)
{
	zx_handle_t token, second;
	struct counting c;

	ASSERT_TRUE(counting_start(&c));
	token = suspend_now(c.thread.handle);
	second = suspend_token(c.thread.handle);
	EXPECT_STATUS(zx_task_kill(c.thread.handle), ZX_OK);
	EXPECT_TRUE(task_await_signal(c.thread.handle, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_handle_close(token), ZX_OK);
	EXPECT_EQ(task_thread_info(c.thread.handle).state, ZX_THREAD_STATE_DEAD);
	EXPECT_TRUE(task_join(&c.thread, NULL));
	/* The token outlives even the thread's last handle. */
	EXPECT_STATUS(zx_handle_close(second), ZX_OK);
}

/* The token's handle: rights, type, and that it can be given away. */
JX_TEST(tasks_8_r13_token_handle)
{
	zx_info_handle_basic_t info = { 0 };
	zx_handle_t token, other = ZX_HANDLE_INVALID;
	struct counting c;

	ASSERT_TRUE(counting_start(&c));
	token = suspend_now(c.thread.handle);
	EXPECT_STATUS(zx_object_get_info(token, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(info.type, ZX_OBJ_TYPE_SUSPEND_TOKEN);
	EXPECT_EQ(info.rights, ZX_DEFAULT_SUSPEND_TOKEN_RIGHTS);
	EXPECT_STATUS(zx_handle_duplicate(token, ZX_RIGHT_SAME_RIGHTS, &other),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_handle_replace(token, ZX_RIGHT_NONE, &other), ZX_OK);
	EXPECT_EQ(task_thread_info(c.thread.handle).state, ZX_THREAD_STATE_SUSPENDED);
	EXPECT_TRUE(suspend_end(&other, c.thread.handle));
	EXPECT_TRUE(counting_end(&c));
}
