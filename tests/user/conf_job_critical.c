/* Critical processes, and exceptions on their way up the jobs: spec/tasks.md 10.4, 14. */
#include <zircon/syscalls/port.h>

#include "job_util.h"

#define IF_FAILED ZX_JOB_CRITICAL_PROCESS_RETCODE_NONZERO
#define DEBUGGER ZX_EXCEPTION_CHANNEL_DEBUGGER

JX_TEST(tasks_10_4_c1_arguments)
{
	zx_handle_t job = job_make(zx_job_default()), process = job_new_process(job);
	zx_handle_t less = vm_dup(job, ZX_DEFAULT_JOB_RIGHTS & ~ZX_RIGHT_DESTROY);
	zx_handle_t deaf = vm_dup(process, ZX_DEFAULT_PROCESS_RIGHTS & ~ZX_RIGHT_WAIT);

	EXPECT_STATUS(zx_job_set_critical(0, 2, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_job_set_critical(0, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_job_set_critical(process, 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_job_set_critical(less, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_job_set_critical(job, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_job_set_critical(job, 0, job), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_job_set_critical(job, 0, deaf), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(less);
	zx_handle_close(deaf);
	zx_handle_close(process);
	zx_handle_close(job);
}

JX_TEST(tasks_10_4_c2_no_ancestor)
{
	zx_handle_t job = job_make(zx_job_default()), low = job_make(job);
	zx_handle_t process = job_new_process(job);

	EXPECT_STATUS(zx_job_set_critical(low, 0, process), ZX_ERR_INVALID_ARGS);
	zx_handle_close(process);
	zx_handle_close(low);
	zx_handle_close(job);
}

JX_TEST(tasks_10_4_c3_critical_already)
{
	zx_handle_t job = job_make(zx_job_default()), low = job_make(job);
	zx_handle_t process = job_new_process(low);

	EXPECT_STATUS(zx_job_set_critical(job, 0, process), ZX_OK);
	EXPECT_STATUS(zx_job_set_critical(low, IF_FAILED, process), ZX_ERR_ALREADY_BOUND);
	zx_handle_close(process);
	task_await_signal(job, ZX_JOB_TERMINATED);
	zx_handle_close(low);
	zx_handle_close(job);
}

/* The job of a critical process that ends with this code: is it killed? */
static bool job_falls(uint32_t options, int64_t code)
{
	zx_handle_t job = job_make(zx_job_default()), other = job_new_process(job);
	struct exc_child c;
	bool fell;

	if (!exc_child_make_in(&c, job))
		return false;
	EXPECT_STATUS(zx_job_set_critical(job, options, c.task.process), ZX_OK);
	task_child_start(&c.task, exc_run_exit, (uintptr_t)code);
	exc_expect_end(&c, code);
	/* The end of the job follows the process's TERMINATED. */
	if (options == 0 || code != 0)
		task_await_signal(job, ZX_JOB_TERMINATED);
	exc_child_drop(&c);
	fell = job_info(job).exited;
	EXPECT_EQ(job_info(job).return_code, fell ? ZX_TASK_RETCODE_CRITICAL_PROCESS_KILL : 0);
	EXPECT_EQ(task_process_info(other).return_code,
		  fell ? ZX_TASK_RETCODE_CRITICAL_PROCESS_KILL : 0);
	zx_handle_close(other);
	zx_handle_close(job);
	return fell;
}

JX_TEST(tasks_10_4_r1_its_end_is_the_jobs)
{
	EXPECT_TRUE(job_falls(0, 0));
	EXPECT_TRUE(job_falls(0, 5));
	EXPECT_TRUE(!job_falls(IF_FAILED, 0));
	EXPECT_TRUE(job_falls(IF_FAILED, 5));
}

/* A chain of jobs with a child in the last, a channel of one kind at each. */
struct chain {
	zx_handle_t jobs[3];
	zx_handle_t channels[3];
	struct exc_child c;
};

static bool chain_make(struct chain *h, uint32_t options)
{
	for (int i = 0; i < 3; i++) {
		h->jobs[i] = job_make(i ? h->jobs[i - 1] : zx_job_default());
		h->channels[i] = exc_bind(h->jobs[i], options);
	}
	return exc_child_make_in(&h->c, h->jobs[2]);
}

static void chain_drop(struct chain *h)
{
	exc_child_drop(&h->c);
	zx_handle_close_many(h->channels, 3);
	zx_handle_close_many(h->jobs, 3);
}

JX_TEST(tasks_14_4_r1_parent_jobs)
{
	zx_handle_t top = exc_bind(zx_job_default(), 0), task;
	struct exc_caught e;
	struct chain h;

	ASSERT_TRUE(chain_make(&h, 0));
	ASSERT_TRUE(task_child_start(&h.c.task, exc_run_load, h.c.hole));
	for (int i = 2; i >= 0; i--) {
		ASSERT_TRUE(exc_catch_type(h.channels[i], ZX_EXCP_FATAL_PAGE_FAULT, &e));
		ASSERT_STATUS(zx_exception_get_process(e.handle, &task), ZX_OK);
		EXPECT_EQ(conf_rights(task), ZX_DEFAULT_JOB_RIGHTS);
		zx_handle_close(task);
		for (int j = 0; j < 3; j++)
			exc_expect_none(h.channels[j]);
		exc_next(&e);
	}
	ASSERT_TRUE(exc_catch_type(top, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	exc_child_fill(&h.c, EXC_VALUE);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_expect_end(&h.c, EXC_VALUE);
	zx_handle_close(top);
	chain_drop(&h);
}

/* The nearest one only; one that is not there is passed over. */
JX_TEST(tasks_14_4_r6_nearest_job_debugger)
{
	struct exc_caught e;
	struct chain h;

	ASSERT_TRUE(chain_make(&h, DEBUGGER));
	zx_handle_close(h.channels[2]);
	h.channels[2] = ZX_HANDLE_INVALID;
	EXPECT_TRUE(job_info(h.jobs[1]).debugger_attached);
	EXPECT_TRUE(!job_info(h.jobs[2]).debugger_attached);
	ASSERT_TRUE(task_child_start(&h.c.task, exc_run_exit, EXC_VALUE));
	ASSERT_TRUE(exc_catch_type(h.channels[1], ZX_EXCP_PROCESS_STARTING, &e));
	exc_next(&e);
	exc_expect_end(&h.c, EXC_VALUE);
	exc_expect_none(h.channels[0]);
	exc_expect_none(h.channels[1]);
	chain_drop(&h);
}

JX_TEST(tasks_14_2_c6_the_job_was_killed)
{
	zx_handle_t job = job_make(zx_job_default()), out;

	EXPECT_STATUS(zx_task_kill(job), ZX_OK);
	EXPECT_STATUS(zx_task_create_exception_channel(job, 0, &out), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_task_create_exception_channel(job, DEBUGGER, &out), ZX_ERR_BAD_STATE);
	zx_handle_close(job);
}

/* By a kill, and by the end of its last handle. */
JX_TEST(tasks_14_2_r3_the_job_dies)
{
	for (int killed = 0; killed < 2; killed++) {
		zx_handle_t job = job_make(zx_job_default());
		zx_handle_t channel = exc_bind(job, 0), debugger = exc_bind(job, DEBUGGER);

		EXPECT_STATUS(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, 0, NULL),
			      ZX_ERR_TIMED_OUT);
		if (killed)
			EXPECT_STATUS(zx_task_kill(job), ZX_OK);
		else
			zx_handle_close(job);
		EXPECT_STATUS(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, 0, NULL), ZX_OK);
		EXPECT_STATUS(zx_object_wait_one(debugger, ZX_CHANNEL_PEER_CLOSED, 0, NULL),
			      ZX_OK);
		zx_handle_close(channel);
		zx_handle_close(debugger);
		if (killed)
			zx_handle_close(job);
	}
}

JX_TEST(tasks_14_2_c2_policy)
{
	zx_handle_t job = job_make(zx_job_default());

	ASSERT_STATUS(job_set_one(job, ZX_POL_NEW_CHANNEL, ZX_POL_ACTION_DENY), ZX_OK);
	EXPECT_EQ(job_try(job, TRY_EXCEPTION_CHANNEL), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(job);
}

static void watch(zx_handle_t port, zx_handle_t object, zx_signals_t signal, uint64_t key)
{
	EXPECT_STATUS(zx_object_wait_async(object, port, key, signal, ZX_WAIT_ASYNC_ONCE), ZX_OK);
}

/* Exception channels, handles, TERMINATED, the job is left, the critical job ends. */
JX_TEST(tasks_5_1_r3_order_of_a_death)
{
	zx_handle_t top = job_make(zx_job_default()), low = job_make(top), port, ours, theirs;
	zx_handle_t process, debugger;
	zx_port_packet_t packet;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make_in(&c, low));
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_eventpair_create(0, &ours, &theirs), ZX_OK);
	process = exc_bind(c.task.process, 0);
	ASSERT_STATUS(zx_process_start(c.task.process, c.task.thread, (zx_vaddr_t)exc_run_wait,
				       c.task.stacks + PAGE, theirs, 0), ZX_OK);
	task_await_state(c.task.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	debugger = exc_bind(c.task.process, DEBUGGER);
	EXPECT_STATUS(zx_job_set_critical(top, 0, c.task.process), ZX_OK);
	watch(port, process, ZX_CHANNEL_PEER_CLOSED, 1);
	watch(port, debugger, ZX_CHANNEL_PEER_CLOSED, 2);
	watch(port, ours, ZX_EVENTPAIR_PEER_CLOSED, 3);
	watch(port, c.task.process, ZX_PROCESS_TERMINATED, 4);
	watch(port, low, ZX_JOB_NO_PROCESSES, 5);
	watch(port, top, ZX_JOB_TERMINATED, 6);
	ASSERT_STATUS(zx_task_kill(c.task.process), ZX_OK);
	for (uint64_t key = 1; key <= 6; key++) {
		ASSERT_STATUS(zx_port_wait(port, zx_deadline_after(TASK_PATIENCE), &packet), ZX_OK);
		EXPECT_EQ(packet.key, key);
	}
	zx_handle_close(process);
	zx_handle_close(debugger);
	zx_handle_close(ours);
	zx_handle_close(port);
	exc_child_drop(&c);
	zx_handle_close(low);
	zx_handle_close(top);
}
