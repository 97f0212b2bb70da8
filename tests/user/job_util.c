#include <string.h>

#include "job_util.h"

zx_handle_t job_make(zx_handle_t parent)
{
	zx_handle_t job = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_job_create(parent, 0, &job), ZX_OK);
	return job;
}

zx_signals_t job_signals(zx_handle_t job)
{
	zx_signals_t seen = 0;

	zx_object_wait_one(job, 0, 0, &seen);
	return seen & ~ZX_SIGNAL_HANDLE_CLOSED;
}

zx_info_job_t job_info(zx_handle_t job)
{
	zx_info_job_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(job, ZX_INFO_JOB, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info;
}

void job_drop(zx_handle_t job)
{
	EXPECT_STATUS(zx_task_kill(job), ZX_OK);
	task_await_signal(job, ZX_JOB_TERMINATED);
	zx_handle_close(job);
}

zx_handle_t job_new_process(zx_handle_t job)
{
	zx_handle_t process = ZX_HANDLE_INVALID, vmar = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_process_create(job, "new", 3, 0, &process, &vmar), ZX_OK);
	zx_handle_close(vmar);
	return process;
}

zx_status_t job_set_one(zx_handle_t job, uint32_t condition, uint32_t action)
{
	const zx_policy_basic_v2_t entry = { condition, action, ZX_POL_OVERRIDE_ALLOW };

	return zx_job_set_policy(job, ZX_JOB_POL_ABSOLUTE, ZX_JOB_POL_BASIC_V2, &entry, 1);
}

/* Neither is a violation: what is asked about, and 0 (spec/tasks.md 1.1, 2.1). */
static zx_status_t try_quiet(void)
{
	zx_handle_t zero = ZX_HANDLE_INVALID;
	zx_futex_t word = 0, other = 0;

	if (zx_object_get_info(3, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL) != ZX_ERR_BAD_HANDLE ||
	    zx_futex_wait(&word, 0, 3, 0) != ZX_ERR_BAD_HANDLE ||
	    zx_futex_requeue(&word, 0, 0, &other, 0, 3) != ZX_ERR_BAD_HANDLE)
		return 1;
	return zx_handle_close(zero);
}

static zx_status_t try_it(zx_handle_t handle, enum job_try what)
{
	zx_handle_t a, b;

	switch (what) {
	case TRY_EVENT:
		return zx_event_create(0, &a);
	case TRY_EVENTPAIR:
		return zx_eventpair_create(0, &a, &b);
	case TRY_CHANNEL:
		return zx_channel_create(0, &a, &b);
	case TRY_PORT:
		return zx_port_create(0, &a);
	case TRY_VMO:
		return zx_vmo_create(4096, 0, &a);
	case TRY_FIFO:
		return zx_fifo_create(2, 8, 0, &a, &b);
	case TRY_TIMER:
		return zx_timer_create(0, ZX_CLOCK_MONOTONIC, &a);
	case TRY_PAGER:
		return zx_pager_create(0, &a);
	case TRY_EXCEPTION_CHANNEL:
		return zx_task_create_exception_channel(handle, 0, &a);
	case TRY_BAD_HANDLE:
		return zx_object_signal(3, 0, 0);
	case TRY_BAD_CLOSE:
		return zx_handle_close(3);
	case TRY_QUIET_HANDLES:
		return try_quiet();
	case TRY_MARK_EXEC:
		return zx_vmo_replace_as_executable(handle, ZX_HANDLE_INVALID, &a);
	case TRY_KINDS:
		break;
	}
	return 1;
}

void job_run_try(uintptr_t handle, uintptr_t what)
{
	zx_process_exit(try_it((zx_handle_t)handle, (enum job_try)what));
}

/* The handle that it gets: its own process, or a VMO that it may mark. */
static zx_handle_t handle_for(const struct exc_child *c, enum job_try what)
{
	return what == TRY_MARK_EXEC ? vm_vmo_make(1, 0)
				     : vm_dup(c->task.process, ZX_RIGHT_SAME_RIGHTS);
}

int64_t job_try(zx_handle_t job, enum job_try what)
{
	struct exc_child c;
	int64_t code = 1;

	if (exc_child_make_in(&c, job) &&
	    EXPECT_STATUS(zx_process_start(c.task.process, c.task.thread, (zx_vaddr_t)job_run_try,
					   c.task.stacks + PAGE, handle_for(&c, what), what),
			  ZX_OK))
		task_child_await(&c.task, &code);
	exc_child_drop(&c);
	/* It leaves its job after it has TERMINATED (spec/tasks.md 5.1). */
	task_await_signal(job, ZX_JOB_NO_PROCESSES);
	return code;
}
