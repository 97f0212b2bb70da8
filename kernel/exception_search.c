/*
 * Which handlers are asked about an exception, in which order (tasks.md 14.4),
 * and what becomes of one that nobody takes.
 */
#include <arch/thread.h>

#include "exception_internal.h"

static enum exception_result ask_debugger(struct exception_inquiry *q,
					  struct process *p)
{
	return exception_ask(q, &p->object, &p->debugger,
			     ZX_EXCEPTION_CHANNEL_TYPE_DEBUGGER);
}

static enum exception_result ask_jobs(struct exception_inquiry *q,
				      struct job *job)
{
	enum exception_result result = EXCEPTION_UNHANDLED;

	for (; job && result == EXCEPTION_UNHANDLED; job = job->parent)
		result = exception_ask(q, &job->object, &job->exceptions,
				       ZX_EXCEPTION_CHANNEL_TYPE_JOB);
	return result;
}

static enum exception_result ask_all(struct exception_inquiry *q,
				     struct thread *t)
{
	struct process *p = t->process;
	enum exception_result result = ask_debugger(q, p);
	bool again = q->second_chance;

	if (result == EXCEPTION_UNHANDLED)
		result = exception_ask(q, &t->object, &t->exceptions,
				       ZX_EXCEPTION_CHANNEL_TYPE_THREAD);
	if (result == EXCEPTION_UNHANDLED)
		result = exception_ask(q, &p->object, &p->exceptions,
				       ZX_EXCEPTION_CHANNEL_TYPE_PROCESS);
	if (result == EXCEPTION_UNHANDLED && again)
		result = ask_debugger(q, p);
	return result == EXCEPTION_UNHANDLED ? ask_jobs(q, p->job) : result;
}

enum exception_result exception_raise(const struct user_exception *e)
{
	struct exception_inquiry q = { .what = e };
	enum exception_result result = ask_all(&q, thread_current());

	exception_inquiry_end(&q);
	return result;
}

/* An exception of user mode that no fault handler resolved. What a thread does
 * that is being killed is of no interest. */
void kernel_user_exception(const struct user_exception *e,
			   struct arch_frame *frame)
{
	enum exception_result result = EXCEPTION_EXIT;

	if (!thread_is_killed())
		result = exception_raise(e);
	if (result == EXCEPTION_RESUME)
		return;
	if (result == EXCEPTION_EXIT)
		thread_exit();
	/* Of many threads that crash, the one that ends the process tells of it. The
	 * process is there for as long as this thread is. */
	if (process_kill(process_current(), ZX_TASK_RETCODE_EXCEPTION_KILL))
		crash_report(e, frame);
	thread_exit();
}

void exception_raise_policy(u32 code, u32 data)
{
	struct thread *t = thread_current();

	t->policy_code = code;
	t->policy_data = data;
	/* Relaxed: only this thread reads the bit for what it says. */
	__atomic_fetch_or(&t->cpu_thread.pending, THREAD_PENDING_POLICY,
			  __ATOMIC_RELAXED);
}

void exception_raise_marked_policy(void)
{
	struct thread *t = thread_current();
	struct user_exception e = {
		.type = ZX_EXCP_POLICY_ERROR,
		.code = t->policy_code,
		.data = t->policy_data,
	};

	/* Atomic for the other bits, which others set; relaxed: this one and
	 * what it is about are the thread's own. */
	__atomic_fetch_and(&t->cpu_thread.pending, ~THREAD_PENDING_POLICY,
			   __ATOMIC_RELAXED);
	kernel_user_exception(&e, arch_user_frame());
}

/* The first job debugger on the way up decides nothing: it is only told. */
static void ask_job_debugger(struct exception_inquiry *q, struct job *job)
{
	for (; job && !q->exception; job = job->parent)
		exception_ask(q, &job->object, &job->debugger,
			      ZX_EXCEPTION_CHANNEL_TYPE_JOB_DEBUGGER);
}

static void raise_process_starting(struct process *p)
{
	const struct user_exception e = { .type = ZX_EXCP_PROCESS_STARTING };
	struct exception_inquiry q = { .what = &e };

	ask_job_debugger(&q, p->job);
	exception_inquiry_end(&q);
	if (thread_is_killed())
		thread_exit();
}

static enum exception_result tell_debugger(u32 type)
{
	const struct user_exception e = { .type = type };
	struct exception_inquiry q = { .what = &e };
	enum exception_result result = ask_debugger(&q, process_current());

	exception_inquiry_end(&q);
	return result;
}

void exception_raise_starting(bool first_of_process)
{
	if (thread_is_killed())
		return;
	if (first_of_process)
		raise_process_starting(process_current());
	if (tell_debugger(ZX_EXCP_THREAD_STARTING) == EXCEPTION_EXIT)
		thread_exit();
}

void exception_raise_exiting(void)
{
	(void)tell_debugger(ZX_EXCP_THREAD_EXITING);
}
