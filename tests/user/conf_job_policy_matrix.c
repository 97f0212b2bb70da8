/* Every creating call under every action of its condition: spec/tasks.md 1.5, 10.3. */
#include <jx/runtime.h>
#include <zircon/syscalls/resource.h>

#include "dev_util.h"
#include "job_util.h"

enum maker {
	MAKE_VMO, MAKE_CONTIGUOUS, MAKE_PHYSICAL, MAKE_CHILD, MAKE_PAGER_VMO, MAKE_CHANNEL,
	MAKE_EXCEPTION_CHANNEL, MAKE_EVENT, MAKE_EVENTPAIR, MAKE_PORT, MAKE_FIFO, MAKE_TIMER,
	MAKE_PROCESS, MAKE_PAGER, MAKERS,
};

/* What each asks about; it is not asked about anything else. */
static uint32_t condition_of(enum maker what)
{
	static const uint8_t conditions[MAKERS] = {
		[MAKE_VMO] = ZX_POL_NEW_VMO,
		[MAKE_CONTIGUOUS] = ZX_POL_NEW_VMO,
		[MAKE_PHYSICAL] = ZX_POL_NEW_VMO,
		[MAKE_CHILD] = ZX_POL_NEW_VMO,
		[MAKE_PAGER_VMO] = ZX_POL_NEW_VMO,
		[MAKE_CHANNEL] = ZX_POL_NEW_CHANNEL,
		[MAKE_EXCEPTION_CHANNEL] = ZX_POL_NEW_CHANNEL,
		[MAKE_EVENT] = ZX_POL_NEW_EVENT,
		[MAKE_EVENTPAIR] = ZX_POL_NEW_EVENTPAIR,
		[MAKE_PORT] = ZX_POL_NEW_PORT,
		[MAKE_FIFO] = ZX_POL_NEW_FIFO,
		[MAKE_TIMER] = ZX_POL_NEW_TIMER,
		[MAKE_PROCESS] = ZX_POL_NEW_PROCESS,
		[MAKE_PAGER] = 14,
	};

	return conditions[what];
}

/* In the child, with the handle of handle_for(). What it makes is in out[0]. */
static zx_status_t make(zx_handle_t h, enum maker what, zx_handle_t out[2])
{
	zx_handle_t port;

	switch (what) {
	case MAKE_VMO:
		return zx_vmo_create(PAGE, 0, out);
	case MAKE_CONTIGUOUS:
		return zx_vmo_create_contiguous(h, PAGE, 0, out);
	case MAKE_PHYSICAL:
		return zx_vmo_create_physical(h, DEV_NO_RAM, PAGE, out);
	case MAKE_CHILD:
		return zx_vmo_create_child(h, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, out);
	case MAKE_PAGER_VMO:
		if (zx_port_create(0, &port) != ZX_OK)
			return 2;
		return zx_pager_create_vmo(h, 0, port, 0, PAGE, out);
	case MAKE_CHANNEL:
		return zx_channel_create(0, &out[0], &out[1]);
	case MAKE_EXCEPTION_CHANNEL:
		return zx_task_create_exception_channel(h, 0, out);
	case MAKE_EVENT:
		return zx_event_create(0, out);
	case MAKE_EVENTPAIR:
		return zx_eventpair_create(0, &out[0], &out[1]);
	case MAKE_PORT:
		return zx_port_create(0, out);
	case MAKE_FIFO:
		return zx_fifo_create(2, 8, 0, &out[0], &out[1]);
	case MAKE_TIMER:
		return zx_timer_create(0, ZX_CLOCK_MONOTONIC, out);
	case MAKE_PROCESS:
		return zx_process_create(h, "new", 3, 0, &out[0], &out[1]);
	case MAKE_PAGER:
		return zx_pager_create(0, out);
	case MAKERS:
		break;
	}
	return 2;
}

#define CODE_OUT_WRITTEN 3

/* Its code: the status, and the output is written if it is OK alone. */
static void run_make(uintptr_t handle, uintptr_t what)
{
	zx_handle_t out[2] = { 0, 0 };
	zx_status_t status = make((zx_handle_t)handle, (enum maker)what, out);

	if ((status == ZX_OK) != (out[0] != 0))
		zx_process_exit(CODE_OUT_WRITTEN);
	zx_process_exit(status);
}

static zx_handle_t handle_for(zx_handle_t job, enum maker what)
{
	zx_handle_t handle = ZX_HANDLE_INVALID;

	switch (what) {
	case MAKE_CONTIGUOUS:
		return dev_bti();
	case MAKE_PHYSICAL:
		EXPECT_STATUS(zx_resource_create(jx_startup_handle(PA_RESOURCE), ZX_RSRC_KIND_MMIO,
						 DEV_NO_RAM, PAGE, NULL, 0, &handle), ZX_OK);
		return handle;
	case MAKE_CHILD:
		return vm_vmo_make(1, 0);
	case MAKE_PAGER_VMO:
		EXPECT_STATUS(zx_pager_create(0, &handle), ZX_OK);
		return handle;
	/* For a channel that is asked behind ours; and for processes. */
	default:
		return vm_dup(job, ZX_RIGHT_SAME_RIGHTS);
	}
}

/* A job that kills for everything but this condition, which has this action. */
static zx_handle_t strict_job(enum maker what, uint32_t action)
{
	const uint32_t count = jx_era() == JX_ERA_2020 ? 15 : 16;
	zx_handle_t job = job_make(zx_job_default());

	for (uint32_t n = 0; n < count; n++) {
		bool helps = what == MAKE_PAGER_VMO && n == ZX_POL_NEW_PORT;

		if (n != ZX_POL_NEW_ANY)
			EXPECT_STATUS(job_set_one(job, n, n == condition_of(what) ? action :
						  helps ? ZX_POL_ACTION_ALLOW :
							  ZX_POL_ACTION_KILL), ZX_OK);
	}
	return job;
}

/* One child of this job; if it raises, the exception is handled. */
static bool expect_end_in(zx_handle_t job, enum maker what, bool raises, int64_t code)
{
	struct exc_child c;
	struct exc_caught e;
	zx_handle_t channel;
	bool good;
	int64_t got = CONF_UNTOUCHED;

	if (!exc_child_make_in(&c, job))
		return false;
	channel = exc_bind(c.task.process, 0);
	good = EXPECT_STATUS(zx_process_start(c.task.process, c.task.thread, (zx_vaddr_t)run_make,
					      c.task.stacks + PAGE, handle_for(job, what), what),
			     ZX_OK);
	if (good && raises && exc_catch_type(channel, ZX_EXCP_POLICY_ERROR, &e)) {
		good = EXPECT_EQ(exc_report(c.task.thread).context.synth_code, condition_of(what));
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	}
	good = good && task_child_await(&c.task, &got) && EXPECT_EQ(got, code) &&
	       exc_expect_none(channel);
	zx_handle_close(channel);
	exc_child_drop(&c);
	return good;
}

static const struct {
	uint32_t action;
	bool raises;
	int64_t code;
} actions[] = {
	{ ZX_POL_ACTION_ALLOW, false, ZX_OK },
	{ ZX_POL_ACTION_DENY, false, ZX_ERR_ACCESS_DENIED },
	{ ZX_POL_ACTION_ALLOW_EXCEPTION, true, ZX_OK },
	{ ZX_POL_ACTION_DENY_EXCEPTION, true, ZX_ERR_ACCESS_DENIED },
	{ ZX_POL_ACTION_KILL, false, ZX_TASK_RETCODE_POLICY_KILL },
};

/* In 2020 nobody asks about pagers. */
static bool is_asked(enum maker what)
{
	return what != MAKE_PAGER || jx_era() != JX_ERA_2020;
}

JX_TEST(tasks_10_3_r3_each_action_in_each_call)
{
	for (int what = 0; what < MAKERS; what++) {
		for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
			bool asked = is_asked(what);
			zx_handle_t job = strict_job(what, actions[i].action);

			if (!expect_end_in(job, what, asked && actions[i].raises,
					   asked ? actions[i].code : ZX_OK))
				jx_note("maker %d, action %u", what, actions[i].action);
			zx_handle_close(job);
		}
	}
}

JX_TEST(tasks_10_3_r2_new_any_in_each_call)
{
	for (int what = 0; what < MAKERS; what++) {
		zx_handle_t job = job_make(zx_job_default());

		EXPECT_STATUS(job_set_one(job, ZX_POL_NEW_ANY, ZX_POL_ACTION_KILL), ZX_OK);
		if (!expect_end_in(job, what, false,
				   is_asked(what) ? ZX_TASK_RETCODE_POLICY_KILL : ZX_OK))
			jx_note("maker %d", what);
		zx_handle_close(job);
	}
}

/* Calls that are not there validate nothing, the policy neither. */
static void run_absent(uintptr_t unused, uintptr_t unused2)
{
	zx_handle_t a = 0, b = 0;
	zx_status_t status = zx_socket_create(0, &a, &b);

	(void)unused;
	(void)unused2;
	if (status == ZX_ERR_NOT_SUPPORTED)
		status = zx_profile_create(0, 0, NULL, &a);
	zx_process_exit(status);
}

JX_TEST(tasks_1_5_r1_calls_that_are_absent_ask_nothing)
{
	zx_handle_t job = job_make(zx_job_default());
	struct exc_child c;

	EXPECT_STATUS(job_set_one(job, ZX_POL_NEW_ANY, ZX_POL_ACTION_KILL), ZX_OK);
	ASSERT_TRUE(exc_child_make_in(&c, job));
	ASSERT_TRUE(task_child_start(&c.task, run_absent, 0));
	exc_expect_end(&c, ZX_ERR_NOT_SUPPORTED);
	exc_child_drop(&c);
	zx_handle_close(job);
}
