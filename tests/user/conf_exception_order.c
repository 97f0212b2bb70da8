/* Messages, and who is asked in which order: spec/tasks.md 14.3, 14.4. */
#include <stdio.h>
#include <string.h>

#include <jx/runtime.h>
#include <zircon/processargs.h>
#include <zircon/syscalls/log.h>

#include "exc_util.h"

#define DEBUGGER ZX_EXCEPTION_CHANNEL_DEBUGGER

/* A child and all channels that concern it. */
enum { BY_DEBUGGER, BY_THREAD, BY_PROCESS, BY_JOB, KINDS };

static const uint32_t shown[KINDS] = {
	ZX_EXCEPTION_CHANNEL_TYPE_DEBUGGER,
	ZX_EXCEPTION_CHANNEL_TYPE_THREAD,
	ZX_EXCEPTION_CHANNEL_TYPE_PROCESS,
	ZX_EXCEPTION_CHANNEL_TYPE_JOB,
};

struct family {
	struct exc_child c;
	zx_handle_t by[KINDS];
};

static bool family_make(struct family *f)
{
	memset(f, 0, sizeof(*f));
	if (!exc_child_make(&f->c))
		return false;
	f->by[BY_DEBUGGER] = exc_bind(f->c.task.process, DEBUGGER);
	f->by[BY_THREAD] = exc_bind(f->c.task.thread, 0);
	f->by[BY_PROCESS] = exc_bind(f->c.task.process, 0);
	f->by[BY_JOB] = exc_bind(zx_job_default(), 0);
	return true;
}

static void family_drop(struct family *f)
{
	for (int i = 0; i < KINDS; i++)
		zx_handle_close(f->by[i]);
	exc_child_drop(&f->c);
}

/* The child's first thread comes to its fault. */
static bool family_fault(struct family *f)
{
	if (!task_child_start(&f->c.task, exc_run_load, f->c.hole))
		return false;
	exc_pass(f->by[BY_DEBUGGER], ZX_EXCP_THREAD_STARTING);
	return true;
}

/* This one has the fault, nobody else has, and the thread says who. */
static bool has_it(struct family *f, int kind, struct exc_caught *e)
{
	if (!exc_catch_type(f->by[kind], ZX_EXCP_FATAL_PAGE_FAULT, e))
		return false;
	for (int i = 0; i < KINDS; i++)
		exc_expect_none(f->by[i]);
	return EXPECT_EQ(task_thread_info(f->c.task.thread).wait_exception_channel_type,
			 shown[kind]);
}

static void passes(struct family *f, int kind)
{
	struct exc_caught e;

	if (has_it(f, kind, &e))
		exc_next(&e);
}

JX_TEST(tasks_14_3_r1_the_message)
{
	struct exc_caught e;
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(task_child_start(&f.c.task, exc_run_load, f.c.hole));
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(exc_catch(f.by[BY_DEBUGGER], &e));
		EXPECT_EQ(e.info.pid, task_koid(f.c.task.process));
		EXPECT_EQ(e.info.tid, task_koid(f.c.task.thread));
		EXPECT_EQ(e.info.type, i ? ZX_EXCP_FATAL_PAGE_FAULT : ZX_EXCP_THREAD_STARTING);
		EXPECT_EQ(e.info.padding1[0] | e.info.padding1[3], 0);
		exc_next(&e);
	}
	family_drop(&f);
}

JX_TEST(tasks_14_3_r2_blocked_until_the_handle_dies)
{
	zx_handle_t moved = ZX_HANDLE_INVALID, a, b;
	struct exc_caught e;
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(family_fault(&f));
	EXPECT_TRUE(has_it(&f, BY_DEBUGGER, &e));
	EXPECT_EQ(task_thread_info(f.c.task.thread).state, ZX_THREAD_STATE_BLOCKED_EXCEPTION);
	/* It cannot be copied, but it can go through a channel and be replaced. */
	EXPECT_STATUS(zx_handle_duplicate(e.handle, ZX_RIGHT_SAME_RIGHTS, &moved),
		      ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(zx_handle_replace(e.handle, ZX_RIGHT_TRANSFER, &moved), ZX_OK);
	ASSERT_STATUS(zx_channel_create(0, &a, &b), ZX_OK);
	ASSERT_STATUS(zx_channel_write(a, 0, NULL, 0, &moved, 1), ZX_OK);
	EXPECT_EQ(task_thread_info(f.c.task.thread).state, ZX_THREAD_STATE_BLOCKED_EXCEPTION);
	exc_expect_none(f.by[BY_THREAD]);
	/* The end of the channel that it lies in ends it. */
	zx_handle_close(b);
	EXPECT_TRUE(has_it(&f, BY_THREAD, &e));
	exc_child_fill(&f.c, EXC_VALUE);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_pass(f.by[BY_DEBUGGER], ZX_EXCP_THREAD_EXITING);
	exc_expect_end(&f.c, EXC_VALUE);
	EXPECT_EQ(task_thread_info(f.c.task.thread).wait_exception_channel_type,
		  ZX_EXCEPTION_CHANNEL_TYPE_NONE);
	zx_handle_close(a);
	family_drop(&f);
}

JX_TEST(tasks_14_3_r3_closed_unread)
{
	struct exc_caught e;
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(family_fault(&f));
	task_await_signal(f.by[BY_DEBUGGER], ZX_CHANNEL_READABLE);
	zx_handle_close(f.by[BY_DEBUGGER]);
	f.by[BY_DEBUGGER] = ZX_HANDLE_INVALID;
	task_await_signal(f.by[BY_THREAD], ZX_CHANNEL_READABLE);
	zx_handle_close(f.by[BY_THREAD]);
	f.by[BY_THREAD] = ZX_HANDLE_INVALID;
	EXPECT_TRUE(exc_catch_type(f.by[BY_PROCESS], ZX_EXCP_FATAL_PAGE_FAULT, &e));
	exc_child_fill(&f.c, EXC_VALUE);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_expect_end(&f.c, EXC_VALUE);
	family_drop(&f);
}

/* The thread's end is told to the debugger though the process is being killed. */
JX_TEST(tasks_14_4_r1_order)
{
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(family_fault(&f));
	for (int kind = 0; kind < KINDS; kind++)
		passes(&f, kind);
	exc_expect_end(&f.c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	exc_pass(f.by[BY_DEBUGGER], ZX_EXCP_THREAD_EXITING);
	family_drop(&f);
}

/* At each place in the order; nobody behind it hears of it. */
JX_TEST(tasks_14_4_r2_handled)
{
	struct exc_caught e;
	struct family f;

	for (int stop = 0; stop < KINDS; stop++) {
		ASSERT_TRUE(family_make(&f));
		ASSERT_TRUE(family_fault(&f));
		for (int kind = 0; kind < stop; kind++)
			passes(&f, kind);
		ASSERT_TRUE(has_it(&f, stop, &e));
		exc_child_fill(&f.c, EXC_VALUE);
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
		exc_expect_end(&f.c, EXC_VALUE);
		for (int kind = BY_THREAD; kind < KINDS; kind++)
			exc_expect_none(f.by[kind]);
		family_drop(&f);
	}
}

/* Resumed though nothing has changed, it faults again: a new exception. */
JX_TEST(tasks_14_4_r2_handled_but_not_cured)
{
	struct exc_caught e;
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(family_fault(&f));
	passes(&f, BY_DEBUGGER);
	for (int i = 0; i < 20; i++) {
		ASSERT_TRUE(has_it(&f, BY_THREAD, &e));
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
		passes(&f, BY_DEBUGGER);
	}
	ASSERT_TRUE(has_it(&f, BY_THREAD, &e));
	exc_child_fill(&f.c, EXC_VALUE);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_expect_end(&f.c, EXC_VALUE);
	family_drop(&f);
}

/* An answer that is taken back; the default. */
JX_TEST(tasks_14_4_r3_try_next)
{
	struct exc_caught e;
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(family_fault(&f));
	ASSERT_TRUE(has_it(&f, BY_DEBUGGER, &e));
	EXPECT_STATUS(exc_set_state(&e, ZX_EXCEPTION_STATE_HANDLED), ZX_OK);
	exc_answer(&e, ZX_EXCEPTION_STATE_TRY_NEXT);
	/* The next one finds the default again. */
	ASSERT_TRUE(has_it(&f, BY_THREAD, &e));
	exc_next(&e);
	passes(&f, BY_PROCESS);
	passes(&f, BY_JOB);
	exc_expect_end(&f.c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	family_drop(&f);
}

static zx_status_t set_strategy(const struct exc_caught *e, uint32_t strategy)
{
	return zx_object_set_property(e->handle, ZX_PROP_EXCEPTION_STRATEGY, &strategy,
				      sizeof(strategy));
}

/* Behind the process, before the job; and once only. */
JX_TEST(tasks_14_4_r4_second_chance)
{
	struct exc_caught e;
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(family_fault(&f));
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(has_it(&f, BY_DEBUGGER, &e));
		EXPECT_STATUS(set_strategy(&e, ZX_EXCEPTION_STRATEGY_SECOND_CHANCE), ZX_OK);
		exc_next(&e);
		if (i)
			break;
		passes(&f, BY_THREAD);
		passes(&f, BY_PROCESS);
	}
	passes(&f, BY_JOB);
	exc_expect_end(&f.c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	family_drop(&f);
}

JX_TEST(tasks_14_4_r4_second_chance_taken_back)
{
	struct exc_caught e;
	struct family f;

	ASSERT_TRUE(family_make(&f));
	ASSERT_TRUE(family_fault(&f));
	ASSERT_TRUE(has_it(&f, BY_DEBUGGER, &e));
	EXPECT_STATUS(set_strategy(&e, ZX_EXCEPTION_STRATEGY_SECOND_CHANCE), ZX_OK);
	EXPECT_STATUS(set_strategy(&e, ZX_EXCEPTION_STRATEGY_FIRST_CHANCE), ZX_OK);
	exc_next(&e);
	passes(&f, BY_THREAD);
	passes(&f, BY_PROCESS);
	passes(&f, BY_JOB);
	exc_expect_end(&f.c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	family_drop(&f);
}

/* A line of the log that names the child. */
static bool log_tells(zx_handle_t log, zx_koid_t koid)
{
	union {
		zx_log_record_t head;
		char bytes[ZX_LOG_RECORD_MAX + 1];
	} record;
	char wanted[32];
	zx_status_t got;
	bool found = false;

	snprintf(wanted, sizeof(wanted), "(koid %lu) ends", koid);
	while ((got = zx_debuglog_read(log, 0, &record, ZX_LOG_RECORD_MAX)) > 0) {
		record.bytes[got] = '\0';
		found |= strstr(record.head.data, wanted) != NULL;
	}
	return found;
}

JX_TEST(tasks_14_4_r5_nobody)
{
	struct exc_child c;
	zx_handle_t log;

	ASSERT_STATUS(zx_debuglog_create(jx_startup_handle(PA_RESOURCE), ZX_LOG_FLAG_READABLE,
					 &log), ZX_OK);
	ASSERT_TRUE(exc_child_make(&c));
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	exc_expect_end(&c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_TRUE(log_tells(log, task_koid(c.task.process)));
	zx_handle_close(log);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_4_r7_thread_starting)
{
	zx_handle_t debugger, thread = ZX_HANDLE_INVALID;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	debugger = exc_bind(c.task.process, DEBUGGER);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	ASSERT_TRUE(exc_catch_type(debugger, ZX_EXCP_THREAD_STARTING, &e));
	EXPECT_EQ(task_thread_info(c.task.thread).state, ZX_THREAD_STATE_BLOCKED_EXCEPTION);
	EXPECT_EQ(exc_report(c.task.thread).header.type, ZX_EXCP_THREAD_STARTING);
	exc_next(&e);
	task_await_state(c.task.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	/* Each thread; nobody but the debugger. */
	ASSERT_TRUE(task_child_add_thread(&c.task, 1, exc_run_exit, 0, EXC_VALUE, &thread));
	ASSERT_TRUE(exc_catch_type(debugger, ZX_EXCP_THREAD_STARTING, &e));
	EXPECT_EQ(e.info.tid, task_koid(thread));
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_expect_end(&c, EXC_VALUE);
	zx_handle_close(thread);
	zx_handle_close(debugger);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_4_r8_thread_exiting)
{
	zx_handle_t debugger, thread;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	task_await_state(c.task.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	debugger = exc_bind(c.task.process, DEBUGGER);
	ASSERT_TRUE(task_child_add_thread(&c.task, 1, exc_run_thread_exit, 0, 0, &thread));
	exc_pass(debugger, ZX_EXCP_THREAD_STARTING);
	ASSERT_TRUE(exc_catch_type(debugger, ZX_EXCP_THREAD_EXITING, &e));
	EXPECT_EQ(e.info.tid, task_koid(thread));
	EXPECT_EQ(task_thread_info(thread).state, ZX_THREAD_STATE_DYING);
	EXPECT_EQ(exc_report(thread).header.type, ZX_EXCP_THREAD_EXITING);
	EXPECT_STATUS(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, 0, NULL),
		      ZX_ERR_TIMED_OUT);
	exc_next(&e);
	task_await_signal(thread, ZX_THREAD_TERMINATED);
	exc_expect_none(debugger);
	zx_handle_close(thread);
	zx_handle_close(debugger);
	exc_child_drop(&c);
}

/* A process ends by its last thread's own end: the debugger is told before. */
JX_TEST(tasks_14_4_r8_last_thread_exiting)
{
	zx_handle_t debugger;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	debugger = exc_bind(c.task.process, DEBUGGER);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_thread_exit, 0));
	exc_pass(debugger, ZX_EXCP_THREAD_STARTING);
	ASSERT_TRUE(exc_catch_type(debugger, ZX_EXCP_THREAD_EXITING, &e));
	EXPECT_STATUS(zx_object_wait_one(c.task.process, ZX_PROCESS_TERMINATED, 0, NULL),
		      ZX_ERR_TIMED_OUT);
	/* A kill ends that hold, too. */
	ASSERT_STATUS(zx_task_kill(c.task.process), ZX_OK);
	exc_expect_end(&c, ZX_TASK_RETCODE_SYSCALL_KILL);
	EXPECT_STATUS(exc_set_state(&e, ZX_EXCEPTION_STATE_HANDLED), ZX_OK);
	exc_next(&e);
	zx_handle_close(debugger);
	exc_child_drop(&c);
}

/* Ends a process that writes more than a channel holds, if nobody minds. */
static void flood(uintptr_t channel, uintptr_t count)
{
	zx_status_t status = ZX_OK;

	for (uintptr_t i = 0; i < count && status == ZX_OK; i++)
		status = zx_channel_write((zx_handle_t)channel, 0, NULL, 0, NULL, 0);
	zx_process_exit(status);
}

static void floods(bool handled)
{
	const int64_t code = handled ? ZX_ERR_SHOULD_WAIT : ZX_TASK_RETCODE_EXCEPTION_KILL;
	zx_handle_t process, debugger, a, b;
	zx_exception_report_v2_t report;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	process = exc_bind(c.task.process, 0);
	debugger = exc_bind(c.task.process, DEBUGGER);
	ASSERT_STATUS(zx_channel_create(0, &a, &b), ZX_OK);
	ASSERT_STATUS(zx_process_start(c.task.process, c.task.thread, (zx_vaddr_t)flood,
				       c.task.stacks + PAGE, a, 3501), ZX_OK);
	exc_pass(debugger, ZX_EXCP_THREAD_STARTING);
	exc_pass(debugger, ZX_EXCP_POLICY_ERROR);
	ASSERT_TRUE(exc_catch_type(process, ZX_EXCP_POLICY_ERROR, &e));
	report = exc_report(c.task.thread);
	EXPECT_EQ(report.context.synth_code, ZX_EXCP_POLICY_CODE_CHANNEL_FULL_WRITE);
	EXPECT_EQ(report.context.arch.u.arm_64.far, 0);
	if (handled)
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	else
		exc_next(&e);
	exc_expect_end(&c, code);
	zx_handle_close(process);
	zx_handle_close(debugger);
	zx_handle_close(b);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_4_r9_policy_error)
{
	floods(true);
	floods(false);
}

JX_TEST(tasks_14_4_r6_process_starting)
{
	zx_handle_t job, debugger, process;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	job = exc_bind(zx_job_default(), DEBUGGER);
	debugger = exc_bind(c.task.process, DEBUGGER);
	process = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	ASSERT_TRUE(exc_catch_type(job, ZX_EXCP_PROCESS_STARTING, &e));
	EXPECT_EQ(task_thread_info(c.task.thread).wait_exception_channel_type,
		  ZX_EXCEPTION_CHANNEL_TYPE_JOB_DEBUGGER);
	EXPECT_EQ(exc_report(c.task.thread).header.type, ZX_EXCP_PROCESS_STARTING);
	exc_expect_none(debugger);
	exc_next(&e);
	exc_pass(debugger, ZX_EXCP_THREAD_STARTING);
	/* It hears of nothing else. */
	exc_pass(debugger, ZX_EXCP_FATAL_PAGE_FAULT);
	exc_pass(process, ZX_EXCP_FATAL_PAGE_FAULT);
	exc_expect_end(&c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	exc_expect_none(job);
	zx_handle_close(job);
	zx_handle_close(debugger);
	zx_handle_close(process);
	exc_child_drop(&c);
}

/* The outcome is ignored; a second thread starts no process. */
JX_TEST(tasks_14_4_r6_process_starting_once)
{
	zx_handle_t job, thread;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	job = exc_bind(zx_job_default(), DEBUGGER);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	ASSERT_TRUE(exc_catch_type(job, ZX_EXCP_PROCESS_STARTING, &e));
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	ASSERT_TRUE(task_child_add_thread(&c.task, 1, exc_run_exit, 0, EXC_VALUE, &thread));
	exc_expect_end(&c, EXC_VALUE);
	exc_expect_none(job);
	zx_handle_close(thread);
	zx_handle_close(job);
	exc_child_drop(&c);
}

/* The thread ends, and not its process. */
JX_TEST_OF_LATEST(tasks_14_4_r10_thread_exit)
{
	zx_handle_t thread, channel;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	channel = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	ASSERT_TRUE(task_child_add_thread(&c.task, 1, exc_run_load, 0, c.hole, &thread));
	ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	exc_answer(&e, ZX_EXCEPTION_STATE_THREAD_EXIT);
	task_await_signal(thread, ZX_THREAD_TERMINATED);
	task_await_state(c.task.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	EXPECT_TRUE(!task_process_info(c.task.process).exited);
	zx_handle_close(thread);
	zx_handle_close(channel);
	exc_child_drop(&c);
}
