/*
 * For tests of suspension: threads that run or wait, tokens, register state.
 */
#ifndef SUSPEND_UTIL_H
#define SUSPEND_UTIL_H

#include <zircon/syscalls/debug.h>

#include "task_util.h"

/* Suspends a task; 0 and a failure if that cannot be. */
zx_handle_t suspend_token(zx_handle_t task);
/* The same for a thread, and waits until it has stopped. */
zx_handle_t suspend_now(zx_handle_t thread);
/* Ends a suspension and waits until the thread is not stopped any more. */
bool suspend_end(zx_handle_t *token, zx_handle_t thread);

zx_status_t suspend_read_general(zx_handle_t thread, zx_thread_state_general_regs_t *regs);
zx_status_t suspend_write_general(zx_handle_t thread, const zx_thread_state_general_regs_t *regs);

/* A thread that counts. */
struct counting {
	struct jx_thread thread;
	_Atomic uint64_t count;
	_Atomic bool stop;
};

bool counting_start(struct counting *c);
/* Waits until it has counted on: it runs. */
bool counting_runs(struct counting *c);
/* False and a failure if it counts while it should stand still. */
bool counting_stands(struct counting *c);
bool counting_end(struct counting *c);

#endif
