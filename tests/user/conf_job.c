/* Jobs: the tree, signals, ends: spec/tasks.md 5.3, 5.4, 9, 10.1, 10.2. */
#include "job_util.h"

static zx_status_t attempt(zx_handle_t parent, uint32_t options)
{
	zx_handle_t job = CONF_UNTOUCHED;
	zx_status_t status = zx_job_create(parent, options, &job);

	if (status == ZX_OK)
		zx_handle_close(job);
	else
		EXPECT_EQ(job, CONF_UNTOUCHED);
	return status;
}

JX_TEST(tasks_10_1_c1_options)
{
	EXPECT_STATUS(attempt(ZX_HANDLE_INVALID, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(attempt(zx_job_default(), 0x80000000u), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_10_1_c2_handle)
{
	zx_handle_t none = vm_dup(zx_job_default(), ZX_RIGHT_MANAGE_PROCESS | ZX_RIGHT_READ);
	zx_handle_t manage = vm_dup(zx_job_default(), ZX_RIGHT_MANAGE_JOB);
	zx_handle_t write = vm_dup(zx_job_default(), ZX_RIGHT_WRITE);

	EXPECT_STATUS(attempt(ZX_HANDLE_INVALID, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(attempt(zx_process_self(), 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(attempt(none, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(attempt(manage, 0), ZX_OK);
	EXPECT_STATUS(attempt(write, 0), ZX_OK);
	zx_handle_close(none);
	zx_handle_close(manage);
	zx_handle_close(write);
}

/* From the root, which has height 32, to a job that holds processes only. */
JX_TEST(tasks_10_1_c3_depth)
{
	zx_handle_t jobs[40], process;
	int depth = 0;

	jobs[0] = zx_job_default();
	while (depth < 39 && attempt(jobs[depth], 0) == ZX_OK) {
		jobs[depth + 1] = job_make(jobs[depth]);
		depth++;
	}
	EXPECT_EQ(depth, 32);
	EXPECT_STATUS(attempt(jobs[depth], 0), ZX_ERR_OUT_OF_RANGE);
	process = job_new_process(jobs[depth]);
	/* It comes before the state. */
	EXPECT_STATUS(zx_task_kill(jobs[1]), ZX_OK);
	EXPECT_STATUS(attempt(jobs[depth], 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(attempt(jobs[depth - 1], 0), ZX_ERR_BAD_STATE);
	task_await_signal(jobs[1], ZX_JOB_TERMINATED);
	zx_handle_close(process);
	zx_handle_close_many(&jobs[1], depth);
}

JX_TEST(tasks_10_1_c4_parent_was_killed)
{
	zx_handle_t job = job_make(zx_job_default()), process, vmar;

	EXPECT_STATUS(zx_task_kill(job), ZX_OK);
	EXPECT_STATUS(attempt(job, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_job_create(job, 0, NULL), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_process_create(job, "p", 1, 0, &process, &vmar), ZX_ERR_BAD_STATE);
	zx_handle_close(job);
}

JX_TEST(tasks_10_1_c5_out)
{
	zx_handle_t parent = job_make(zx_job_default());

	EXPECT_STATUS(zx_job_create(parent, 0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_job_create(parent, 0, (zx_handle_t *)VM_KERNEL_ADDRESS),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(job_signals(parent), JOB_IDLE);
	zx_handle_close(parent);
}

JX_TEST(tasks_10_1_r1_new_job)
{
	zx_handle_t job = job_make(zx_job_default());
	zx_info_handle_basic_t basic;
	zx_info_job_t info;

	ASSERT_STATUS(zx_object_get_info(job, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(basic.rights, ZX_DEFAULT_JOB_RIGHTS);
	EXPECT_EQ(basic.related_koid, conf_koid(zx_job_default()));
	EXPECT_EQ(job_signals(job), JOB_IDLE);
	info = job_info(job);
	EXPECT_EQ(info.return_code, 0);
	EXPECT_TRUE(!info.exited && !info.kill_on_oom && !info.debugger_attached);
	zx_handle_close(job);
}

JX_TEST(tasks_10_1_r2_policies_are_inherited_by_copy)
{
	zx_handle_t parent = job_make(zx_job_default()), child;

	ASSERT_STATUS(job_set_one(parent, ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY), ZX_OK);
	child = job_make(parent);
	EXPECT_EQ(job_try(child, TRY_EVENT), ZX_ERR_ACCESS_DENIED);
	/* What the child changes is its own. */
	ASSERT_STATUS(job_set_one(child, ZX_POL_NEW_EVENT, ZX_POL_ACTION_ALLOW), ZX_OK);
	EXPECT_EQ(job_try(child, TRY_EVENT), ZX_OK);
	EXPECT_EQ(job_try(parent, TRY_EVENT), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(child);
	zx_handle_close(parent);
}

JX_TEST(tasks_10_2_r1_signals_follow_the_children)
{
	zx_handle_t job = job_make(zx_job_default()), a, b, process;

	a = job_make(job);
	EXPECT_EQ(job_signals(job), ZX_JOB_NO_PROCESSES);
	b = job_make(job);
	zx_handle_close(a);
	EXPECT_EQ(job_signals(job), ZX_JOB_NO_PROCESSES);
	process = job_new_process(job);
	EXPECT_EQ(job_signals(job), 0);
	zx_handle_close(b);
	EXPECT_EQ(job_signals(job), ZX_JOB_NO_JOBS);
	/* Dead is gone, though a handle is left. */
	EXPECT_STATUS(zx_task_kill(process), ZX_OK);
	EXPECT_EQ(job_signals(job), JOB_IDLE);
	zx_handle_close(process);
	zx_handle_close(job);
}

JX_TEST(tasks_10_2_r2_killing_an_empty_job)
{
	zx_handle_t job = job_make(zx_job_default());

	EXPECT_STATUS(zx_task_kill(job), ZX_OK);
	EXPECT_EQ(job_signals(job), JOB_IDLE | ZX_JOB_TERMINATED);
	EXPECT_TRUE(job_info(job).exited);
	EXPECT_EQ(job_info(job).return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
	EXPECT_STATUS(zx_task_kill(job), ZX_OK);
	zx_handle_close(job);
}

/* A job of two levels with a running process at each. */
struct tree {
	zx_handle_t top, low;
	struct exc_child at_top, at_low;
};

static bool tree_make(struct tree *t)
{
	t->top = job_make(zx_job_default());
	t->low = job_make(t->top);
	return exc_child_make_in(&t->at_top, t->top) && exc_child_make_in(&t->at_low, t->low) &&
	       task_child_start(&t->at_top.task, exc_run_wait, 0) &&
	       task_child_start(&t->at_low.task, exc_run_wait, 0);
}

static void tree_drop(struct tree *t)
{
	exc_child_drop(&t->at_top);
	exc_child_drop(&t->at_low);
	zx_handle_close(t->low);
	zx_handle_close(t->top);
}

/* When the top is TERMINATED all below is. */
JX_TEST(tasks_10_2_r3_terminated_from_the_leaves_up)
{
	struct tree t;

	ASSERT_TRUE(tree_make(&t));
	EXPECT_STATUS(zx_task_kill(t.top), ZX_OK);
	task_await_signal(t.top, ZX_JOB_TERMINATED);
	EXPECT_EQ(job_signals(t.top), JOB_IDLE | ZX_JOB_TERMINATED);
	EXPECT_EQ(job_signals(t.low), JOB_IDLE | ZX_JOB_TERMINATED);
	exc_expect_end(&t.at_top, ZX_TASK_RETCODE_SYSCALL_KILL);
	exc_expect_end(&t.at_low, ZX_TASK_RETCODE_SYSCALL_KILL);
	EXPECT_EQ(job_info(t.low).return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
	tree_drop(&t);
}

JX_TEST(tasks_9_r6_kill_of_a_job_below)
{
	struct tree t;

	ASSERT_TRUE(tree_make(&t));
	EXPECT_STATUS(zx_task_kill(t.low), ZX_OK);
	task_await_signal(t.low, ZX_JOB_TERMINATED);
	EXPECT_TRUE(!job_info(t.top).exited);
	EXPECT_TRUE(!task_process_info(t.at_top.task.process).exited);
	EXPECT_EQ(job_signals(t.top), ZX_JOB_NO_JOBS);
	EXPECT_STATUS(attempt(t.top, 0), ZX_OK);
	tree_drop(&t);
}

/* A job stays for its children, whoever has closed it. */
JX_TEST(tasks_5_4_r1_last_handle_of_a_job)
{
	zx_handle_t top = job_make(zx_job_default()), low = job_make(top), process;
	zx_koid_t koid = conf_koid(low), children[2] = { 0 };
	size_t count;

	process = job_new_process(low);
	zx_handle_close(low);
	EXPECT_EQ(job_signals(top), ZX_JOB_NO_PROCESSES);
	ASSERT_STATUS(zx_object_get_info(top, ZX_INFO_JOB_CHILDREN, children, sizeof(children),
					 &count, NULL), ZX_OK);
	EXPECT_EQ(count, 1);
	EXPECT_EQ(children[0], koid);
	ASSERT_STATUS(zx_object_get_child(top, koid, ZX_RIGHT_SAME_RIGHTS, &low), ZX_OK);
	EXPECT_EQ(conf_rights(low), ZX_DEFAULT_JOB_RIGHTS);
	zx_handle_close(low);
	/* With its last child it goes. */
	zx_handle_close(process);
	EXPECT_EQ(job_signals(top), JOB_IDLE);
	EXPECT_STATUS(zx_object_get_child(top, koid, ZX_RIGHT_SAME_RIGHTS, &low),
		      ZX_ERR_NOT_FOUND);
	zx_handle_close(top);
}

/* koids of what is directly below, and no further. */
JX_TEST(tasks_3_3_r23_listings_of_jobs)
{
	zx_koid_t koids[4] = { 0 };
	size_t count, total;
	struct tree t;

	ASSERT_TRUE(tree_make(&t));
	ASSERT_STATUS(zx_object_get_info(t.top, ZX_INFO_JOB_CHILDREN, koids, sizeof(koids), &count,
					 &total), ZX_OK);
	EXPECT_TRUE(count == 1 && total == 1 && koids[0] == conf_koid(t.low));
	ASSERT_STATUS(zx_object_get_info(t.top, ZX_INFO_JOB_PROCESSES, koids, sizeof(koids),
					 &count, &total), ZX_OK);
	EXPECT_TRUE(count == 1 && total == 1 && koids[0] == conf_koid(t.at_top.task.process));
	ASSERT_STATUS(zx_object_get_info(t.low, ZX_INFO_JOB_CHILDREN, NULL, 0, &count, &total),
		      ZX_OK);
	EXPECT_TRUE(count == 0 && total == 0);
	job_drop(t.top);
	t.top = ZX_HANDLE_INVALID;
	tree_drop(&t);
}

JX_TEST(tasks_4_2_r15_job_kill_on_oom)
{
	zx_handle_t job = job_make(zx_job_default());
	size_t on = 1, bad = 2;

	EXPECT_STATUS(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &on, 7),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_set_property(zx_process_self(), ZX_PROP_JOB_KILL_ON_OOM, &bad, 8),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &bad, 8),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(!job_info(job).kill_on_oom);
	EXPECT_STATUS(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &on, 8), ZX_OK);
	EXPECT_TRUE(job_info(job).kill_on_oom);
	zx_handle_close(job);
}

/* Trees that are made and killed by several threads at once, across each other. */
static int make_and_kill(void *arg)
{
	zx_handle_t top = *(zx_handle_t *)arg, made[3];

	for (int i = 0; i < 200; i++) {
		zx_status_t status = zx_job_create(top, 0, &made[0]);

		if (status == ZX_ERR_BAD_STATE)
			return 0;
		if (!EXPECT_STATUS(status, ZX_OK))
			return 1;
		made[1] = made[2] = ZX_HANDLE_INVALID;
		if (zx_job_create(made[0], 0, &made[1]) == ZX_OK)
			zx_job_create(made[1], 0, &made[2]);
		if (i % 3 == 0)
			EXPECT_STATUS(zx_task_kill(made[made[1] && i % 2]), ZX_OK);
		zx_handle_close_many(made, 3);
	}
	return 0;
}

JX_TEST(tasks_9_r7_jobs_race_with_kills)
{
	for (int round = 0; round < 10; round++) {
		zx_handle_t top = job_make(zx_job_default());
		struct jx_thread threads[3];

		for (int i = 0; i < 3; i++)
			ASSERT_STATUS(jx_thread_create(&threads[i], "jobs", make_and_kill, &top),
				      ZX_OK);
		zx_nanosleep(0);
		EXPECT_STATUS(zx_task_kill(top), ZX_OK);
		for (int i = 0; i < 3; i++)
			task_join(&threads[i], NULL);
		task_await_signal(top, ZX_JOB_TERMINATED);
		EXPECT_EQ(job_signals(top), JOB_IDLE | ZX_JOB_TERMINATED);
		zx_handle_close(top);
	}
}
