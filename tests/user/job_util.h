/*
 * For tests of jobs: jobs, their signals, children that try things and tell by their
 * codes.
 */
#ifndef TESTS_JOB_UTIL_H
#define TESTS_JOB_UTIL_H

#include <zircon/syscalls/policy.h>

#include "exc_util.h"

#define JOB_NO_CHILDREN (1u << 6)
#define JOB_IDLE (ZX_JOB_NO_JOBS | ZX_JOB_NO_PROCESSES | JOB_NO_CHILDREN)

/* A new child job; 0 and a failure noted if not. */
zx_handle_t job_make(zx_handle_t parent);
zx_signals_t job_signals(zx_handle_t job);
zx_info_job_t job_info(zx_handle_t job);
/* Kills the job, waits for its end, closes the handle. */
void job_drop(zx_handle_t job);

/* A process that was never started; the caller closes the handle. */
zx_handle_t job_new_process(zx_handle_t job);

zx_status_t job_set_one(zx_handle_t job, uint32_t condition, uint32_t action);

/* What a child can try; its code is the status, see job_run_try(). */
enum job_try {
	TRY_EVENT, TRY_EVENTPAIR, TRY_CHANNEL, TRY_PORT, TRY_VMO, TRY_FIFO, TRY_TIMER,
	TRY_PAGER, TRY_EXCEPTION_CHANNEL, TRY_BAD_HANDLE, TRY_BAD_CLOSE, TRY_QUIET_HANDLES,
	TRY_MARK_EXEC, TRY_KINDS,
};

/* Runs in a child: tries (enum job_try) and exits with the status. */
void job_run_try(uintptr_t handle, uintptr_t what);
/* The code of a child of this job that tries that. */
int64_t job_try(zx_handle_t job, enum job_try what);

#endif
