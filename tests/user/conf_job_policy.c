/* Job policy: spec/tasks.md 1.1, 1.5, 10.3. */
#include <string.h>

#include "job_util.h"

#define SLACK ZX_JOB_POL_TIMER_SLACK
#define V1 ZX_JOB_POL_BASIC_V1
#define V2 ZX_JOB_POL_BASIC_V2

static const zx_policy_basic_v2_t no_events = { ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY,
						ZX_POL_OVERRIDE_ALLOW };

JX_TEST(tasks_10_3_c1_topic)
{
	EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 7, 2, NULL, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_job_set_policy(zx_job_default(), 0, 0x02000000, &no_events, 1),
		      ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_10_3_c2_arguments)
{
	const uint32_t topics[] = { V1, V2, SLACK };

	for (int i = 0; i < 3; i++) {
		EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 2, topics[i], &no_events, 1),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 0, topics[i], NULL, 1),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 0, topics[i], &no_events, 0),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 0, topics[i], &no_events, 33),
			      ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, ZX_JOB_POL_ABSOLUTE, SLACK, &no_events,
					1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 0, SLACK, &no_events, 2),
		      ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_10_3_c3_copy_in)
{
	EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 0, V2, (void *)VM_KERNEL_ADDRESS, 1),
		      ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_10_3_c4_handle)
{
	zx_handle_t less = vm_dup(zx_job_default(),
				  ZX_DEFAULT_JOB_RIGHTS & ~ZX_RIGHT_SET_POLICY);
	const zx_policy_basic_v2_t bad = { 99, 99, 99 };

	EXPECT_STATUS(zx_job_set_policy(ZX_HANDLE_INVALID, 0, V2, &bad, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_job_set_policy(zx_process_self(), 0, V2, &bad, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_job_set_policy(less, 0, V2, &bad, 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(less);
}

JX_TEST(tasks_10_3_c5_children)
{
	zx_handle_t job = job_make(zx_job_default()), child;
	const zx_policy_basic_v2_t bad = { 99, 99, 99 };
	const zx_policy_timer_slack_t slack = { -1, 9, { 0 } };

	child = job_make(job);
	EXPECT_STATUS(zx_job_set_policy(job, 0, V2, &bad, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_job_set_policy(job, 0, SLACK, &slack, 1), ZX_ERR_BAD_STATE);
	zx_handle_close(child);
	child = job_new_process(job);
	EXPECT_STATUS(zx_job_set_policy(job, 0, V2, &bad, 1), ZX_ERR_BAD_STATE);
	zx_handle_close(child);
	EXPECT_STATUS(zx_job_set_policy(job, 0, V2, &no_events, 1), ZX_OK);
	zx_handle_close(job);
}

JX_TEST(tasks_10_3_c6_conditions_and_actions)
{
	const uint32_t count = jx_era() == JX_ERA_2020 ? 15 : 16;
	zx_handle_t job = job_make(zx_job_default());
	zx_policy_basic_v2_t two[2] = { no_events, no_events };

	EXPECT_STATUS(job_set_one(job, count, ZX_POL_ACTION_DENY), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(job_set_one(job, UINT32_MAX, 99), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(job_set_one(job, count - 1, ZX_POL_ACTION_ALLOW), ZX_OK);
	EXPECT_STATUS(job_set_one(job, ZX_POL_NEW_EVENT, 5), ZX_ERR_NOT_SUPPORTED);
	two[1].flags = 2;
	EXPECT_STATUS(zx_job_set_policy(job, 0, V2, two, 2), ZX_ERR_INVALID_ARGS);
	two[1].flags = 0;
	two[1].condition = 99;
	EXPECT_STATUS(zx_job_set_policy(job, 0, V2, two, 2), ZX_ERR_INVALID_ARGS);
	/* None of these has applied anything. */
	EXPECT_EQ(job_try(job, TRY_EVENT), ZX_OK);
	zx_handle_close(job);
}

/* Sealed by a first call; the same action is no conflict. */
JX_TEST(tasks_10_3_c7_sealed_conditions)
{
	const zx_policy_basic_v2_t entries[2] = {
		{ ZX_POL_NEW_PORT, ZX_POL_ACTION_DENY, ZX_POL_OVERRIDE_ALLOW },
		{ ZX_POL_NEW_EVENT, ZX_POL_ACTION_ALLOW, ZX_POL_OVERRIDE_ALLOW },
	};
	zx_policy_basic_v2_t sealed = no_events;
	zx_handle_t job = job_make(zx_job_default());

	sealed.flags = ZX_POL_OVERRIDE_DENY;
	EXPECT_STATUS(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, V2, &sealed, 1), ZX_OK);
	EXPECT_STATUS(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, V2, &no_events, 1), ZX_OK);
	EXPECT_STATUS(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, V2, entries, 2),
		      ZX_ERR_ALREADY_EXISTS);
	EXPECT_EQ(job_try(job, TRY_PORT), ZX_OK);
	EXPECT_STATUS(zx_job_set_policy(job, ZX_JOB_POL_RELATIVE, V2, entries, 2), ZX_OK);
	EXPECT_EQ(job_try(job, TRY_PORT), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(job_try(job, TRY_EVENT), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(job);
}

/* What V1 sets a child may not loosen; V2 leaves it open if it says so. */
JX_TEST(tasks_10_3_r1_version_1_seals)
{
	const zx_policy_basic_v1_t v1 = { ZX_POL_NEW_EVENT, ZX_POL_ACTION_DENY };
	zx_handle_t job = job_make(zx_job_default()), child;

	EXPECT_STATUS(zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, V1, &v1, 1), ZX_OK);
	child = job_make(job);
	EXPECT_STATUS(job_set_one(child, ZX_POL_NEW_EVENT, ZX_POL_ACTION_ALLOW),
		      ZX_ERR_ALREADY_EXISTS);
	EXPECT_EQ(job_try(child, TRY_EVENT), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(child);
	zx_handle_close(job);
}

JX_TEST(tasks_10_3_r2_new_any)
{
	zx_handle_t job = job_make(zx_job_default());

	EXPECT_STATUS(job_set_one(job, ZX_POL_NEW_ANY, ZX_POL_ACTION_DENY), ZX_OK);
	for (enum job_try what = TRY_EVENT; what <= TRY_TIMER; what++)
		EXPECT_EQ(job_try(job, what), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(job_try(job, TRY_PAGER), conf_era(ZX_OK, ZX_ERR_ACCESS_DENIED));
	EXPECT_EQ(job_try(job, TRY_BAD_HANDLE), ZX_ERR_BAD_HANDLE);
	/* One of them may be loosened again. */
	EXPECT_STATUS(job_set_one(job, ZX_POL_NEW_PORT, ZX_POL_ACTION_ALLOW), ZX_OK);
	EXPECT_EQ(job_try(job, TRY_PORT), ZX_OK);
	EXPECT_EQ(job_try(job, TRY_EVENT), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(job);
}

/* What each call asks about, and nothing else. */
JX_TEST(tasks_1_5_r1_each_condition)
{
	const struct { enum job_try what; uint32_t condition; } asks[] = {
		{ TRY_EVENT, ZX_POL_NEW_EVENT }, { TRY_EVENTPAIR, ZX_POL_NEW_EVENTPAIR },
		{ TRY_CHANNEL, ZX_POL_NEW_CHANNEL }, { TRY_PORT, ZX_POL_NEW_PORT },
		{ TRY_VMO, ZX_POL_NEW_VMO }, { TRY_FIFO, ZX_POL_NEW_FIFO },
		{ TRY_TIMER, ZX_POL_NEW_TIMER }, { TRY_EXCEPTION_CHANNEL, ZX_POL_NEW_CHANNEL },
		{ TRY_MARK_EXEC, jx_era() == JX_ERA_2020 ? 14 : 15 },
	};

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		zx_handle_t job = job_make(zx_job_default());

		for (uint32_t n = 0; n < 14; n++)
			if (n != ZX_POL_NEW_ANY && n != asks[i].condition)
				EXPECT_STATUS(job_set_one(job, n, ZX_POL_ACTION_KILL), ZX_OK);
		EXPECT_EQ(job_try(job, asks[i].what), ZX_OK);
		EXPECT_STATUS(job_set_one(job, asks[i].condition, ZX_POL_ACTION_DENY), ZX_OK);
		EXPECT_EQ(job_try(job, asks[i].what), ZX_ERR_ACCESS_DENIED);
		zx_handle_close(job);
	}
}

/* It is the caller's job that counts: we may make processes in that one. */
JX_TEST(tasks_1_5_r2_policy_of_the_caller)
{
	zx_handle_t job = job_make(zx_job_default());

	EXPECT_STATUS(job_set_one(job, ZX_POL_NEW_PROCESS, ZX_POL_ACTION_KILL), ZX_OK);
	zx_handle_close(job_new_process(job));
	zx_handle_close(job);
}

JX_TEST(tasks_1_1_r2_bad_handle_policy)
{
	const int64_t killed = ZX_TASK_RETCODE_POLICY_KILL;
	zx_handle_t job = job_make(zx_job_default());

	EXPECT_STATUS(job_set_one(job, ZX_POL_BAD_HANDLE, ZX_POL_ACTION_DENY), ZX_OK);
	EXPECT_EQ(job_try(job, TRY_BAD_HANDLE), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(job_set_one(job, ZX_POL_BAD_HANDLE, ZX_POL_ACTION_KILL), ZX_OK);
	EXPECT_EQ(job_try(job, TRY_BAD_HANDLE), killed);
	EXPECT_EQ(job_try(job, TRY_BAD_CLOSE), killed);
	EXPECT_EQ(job_try(job, TRY_QUIET_HANDLES), ZX_OK);
	zx_handle_close(job);
}

/* The five actions, with a handler in the way. */
static void expect_action(uint32_t action, bool raises, int64_t code)
{
	zx_handle_t job = job_make(zx_job_default()), channel;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_STATUS(job_set_one(job, ZX_POL_NEW_EVENT, action), ZX_OK);
	ASSERT_TRUE(exc_child_make_in(&c, job));
	channel = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, job_run_try, TRY_EVENT));
	if (raises && exc_catch_type(channel, ZX_EXCP_POLICY_ERROR, &e)) {
		EXPECT_EQ(exc_report(c.task.thread).context.synth_code,
			  ZX_EXCP_POLICY_CODE_NEW_EVENT);
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	}
	exc_expect_end(&c, code);
	exc_expect_none(channel);
	zx_handle_close(channel);
	exc_child_drop(&c);
	zx_handle_close(job);
}

JX_TEST(tasks_10_3_r3_actions)
{
	expect_action(ZX_POL_ACTION_ALLOW, false, ZX_OK);
	expect_action(ZX_POL_ACTION_DENY, false, ZX_ERR_ACCESS_DENIED);
	expect_action(ZX_POL_ACTION_ALLOW_EXCEPTION, true, ZX_OK);
	expect_action(ZX_POL_ACTION_DENY_EXCEPTION, true, ZX_ERR_ACCESS_DENIED);
	expect_action(ZX_POL_ACTION_KILL, false, ZX_TASK_RETCODE_POLICY_KILL);
}

JX_TEST(tasks_10_3_r3_actions_that_nobody_handles)
{
	zx_handle_t job = job_make(zx_job_default());

	ASSERT_STATUS(job_set_one(job, ZX_POL_NEW_EVENT, ZX_POL_ACTION_ALLOW_EXCEPTION), ZX_OK);
	EXPECT_EQ(job_try(job, TRY_EVENT), ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(job);
}

/* A mapping that is writable and executable, made at once or by protect. */
static void map_wx(uintptr_t vmar, uintptr_t by_protect)
{
	const zx_vm_option_t wx = VM_RW | VM_X;
	zx_handle_t vmo, code;
	zx_vaddr_t at = 0;
	zx_status_t status = zx_vmo_create(4096, 0, &vmo);

	if (status == ZX_OK)
		status = zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &code);
	if (status == ZX_OK)
		status = zx_vmar_map((zx_handle_t)vmar, by_protect ? VM_RX : wx, 0, code, 0, 4096,
				     &at);
	if (status == ZX_OK && by_protect)
		status = zx_vmar_protect((zx_handle_t)vmar, VM_RW, at, 4096);
	if (status == ZX_OK && by_protect)
		status = zx_vmar_protect((zx_handle_t)vmar, wx, at, 4096);
	zx_process_exit(status);
}

JX_TEST(tasks_10_3_r4_writable_and_executable)
{
	const uint32_t actions[] = { ZX_POL_ACTION_ALLOW, ZX_POL_ACTION_DENY };
	struct exc_child c;
	zx_handle_t job;

	for (int i = 0; i < 2; i++) {
		job = job_make(zx_job_default());
		ASSERT_STATUS(job_set_one(job, ZX_POL_VMAR_WX, actions[i]), ZX_OK);
		for (uintptr_t by_protect = 0; by_protect < 2; by_protect++) {
			ASSERT_TRUE(exc_child_make_in(&c, job));
			ASSERT_STATUS(zx_process_start(c.task.process, c.task.thread,
						       (zx_vaddr_t)map_wx, c.task.stacks + PAGE,
						       vm_dup(c.hole_vmar, ZX_RIGHT_SAME_RIGHTS),
						       by_protect), ZX_OK);
			exc_expect_end(&c, i ? ZX_ERR_ACCESS_DENIED : ZX_OK);
			exc_child_drop(&c);
		}
		zx_handle_close(job);
	}
}

JX_TEST(tasks_10_3_r5_timer_slack)
{
	zx_handle_t job = job_make(zx_job_default());
	zx_policy_timer_slack_t slack;

	memset(&slack, 0, sizeof(slack));
	slack.min_slack = -1;
	EXPECT_STATUS(zx_job_set_policy(job, 0, SLACK, &slack, 1), ZX_ERR_INVALID_ARGS);
	slack.min_slack = 5;
	slack.default_mode = 3;
	EXPECT_STATUS(zx_job_set_policy(job, 0, SLACK, &slack, 1), ZX_ERR_INVALID_ARGS);
	for (slack.default_mode = 0; slack.default_mode < 3; slack.default_mode++)
		EXPECT_STATUS(zx_job_set_policy(job, 0, SLACK, &slack, 1), ZX_OK);
	zx_handle_close(job);
}

/* A timer of the child's tells the slack that it got: the largest on the way up. */
static void make_timer(uintptr_t unused, uintptr_t slack)
{
	zx_info_timer_t info;
	zx_handle_t timer;

	(void)unused;
	if (zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer) != ZX_OK ||
	    zx_timer_set(timer, ZX_TIME_INFINITE, (int64_t)slack) != ZX_OK ||
	    zx_object_get_info(timer, ZX_INFO_TIMER, &info, sizeof(info), NULL, NULL) != ZX_OK)
		zx_process_exit(-1);
	zx_process_exit(info.slack);
}

JX_TEST(tasks_10_3_r5_the_largest_timer_slack)
{
	zx_handle_t top = job_make(zx_job_default()), low;
	zx_policy_timer_slack_t slack;
	struct exc_child c;

	memset(&slack, 0, sizeof(slack));
	slack.min_slack = 5000;
	ASSERT_STATUS(zx_job_set_policy(top, 0, SLACK, &slack, 1), ZX_OK);
	low = job_make(top);
	slack.min_slack = 3000;
	ASSERT_STATUS(zx_job_set_policy(low, 0, SLACK, &slack, 1), ZX_OK);
	for (int64_t asked = 0; asked < 20000; asked += 10000) {
		ASSERT_TRUE(exc_child_make_in(&c, low));
		ASSERT_TRUE(task_child_start(&c.task, make_timer, (uintptr_t)asked));
		exc_expect_end(&c, asked < 5000 ? 5000 : asked);
		exc_child_drop(&c);
	}
	zx_handle_close(low);
	zx_handle_close(top);
}
