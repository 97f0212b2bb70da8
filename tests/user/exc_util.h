/*
 * For tests of exceptions: a child that faults at a place where nothing is mapped
 * until a handler maps something, channels of exceptions, and answers.
 */
#ifndef TESTS_EXC_UTIL_H
#define TESTS_EXC_UTIL_H

#include <jx/ktap.h>
#include <zircon/process.h>
#include <zircon/syscalls/exception.h>

#include "conf_util.h"
#include "task_util.h"

#define EXC_VALUE 0x2a

struct exc_child {
	struct task_child task;
	/* Its code, from __executable_start on. */
	zx_handle_t image;
	/* A part of its address space that is its own and empty. */
	zx_handle_t hole_vmar;
	zx_vaddr_t hole;
};

bool exc_child_make(struct exc_child *c);
bool exc_child_make_in(struct exc_child *c, zx_handle_t job);
/* As task_child_drop(). */
void exc_child_drop(struct exc_child *c);
/* The hole gets a page that begins with this word. */
void exc_child_fill(struct exc_child *c, uint64_t word);

/* What children run: each ends its process with a code. */
void exc_run_load(uintptr_t unused, uintptr_t at);	/* the word at `at` */
void exc_run_exit(uintptr_t unused, uintptr_t code);	/* code */
void exc_run_thread_exit(uintptr_t, uintptr_t);		/* ends this thread only */
void exc_run_wait(uintptr_t unused, uintptr_t);		/* sleeps until it is killed */

/* A new exception channel of a task; 0 and a failure noted if not. */
zx_handle_t exc_bind(zx_handle_t task, uint32_t options);

struct exc_caught {
	zx_exception_info_t info;
	zx_handle_t handle;
};

/* The next message of an exception channel, after waiting for it; everything that
 * tasks.md 14.3 says of it is looked at. */
bool exc_catch(zx_handle_t channel, struct exc_caught *e);
/* The same, and a failure if it is of another type. */
bool exc_catch_type(zx_handle_t channel, uint32_t type, struct exc_caught *e);
/* Nothing has come. */
bool exc_expect_none(zx_handle_t channel);
zx_status_t exc_set_state(const struct exc_caught *e, uint32_t state);
/* Answers and closes. */
void exc_answer(struct exc_caught *e, uint32_t state);
void exc_next(struct exc_caught *e);	/* TRY_NEXT, by closing alone */
/* Lets pass what a channel brings first, if it is of this type. */
void exc_pass(zx_handle_t channel, uint32_t type);

/* The report of a thread that is held, of either length; its size is looked at. */
zx_exception_report_v2_t exc_report(zx_handle_t thread);
zx_exception_report_v1_t exc_short_report(zx_handle_t thread);

/* The child's end, which must come with this code. */
void exc_expect_end(struct exc_child *c, int64_t code);

#endif
