/*
 * Suspension (tasks.md 8), and the register state of threads that stand still
 * (tasks.md 7.4, 7.5).
 *
 * A thread is suspended while its own count of tokens or its process's is not
 * zero: THREAD_PENDING_SUSPEND is set then, under process->lock. It stops where
 * it sees the bit: on the way to user mode, or in the middle of an interruptible
 * sleep, which lasts on around the stop (<kernel/wait.h>). From then on until it
 * goes on it shows THREAD_REGS_STOPPED, and its signals SUSPENDED.
 *
 * Registers are open (THREAD_REGS_*) while all of them lie in memory. Under the
 * thread's object.lock: who holds it and sees one of these bits may read and
 * write them, and the thread stays where it is.
 */
#ifndef KERNEL_SUSPEND_H
#define KERNEL_SUSPEND_H

#include <kernel/thread.h>

#define THREAD_REGS_STOPPED 1u		/* suspended */
#define THREAD_REGS_EXPOSED 2u		/* held for another reason */
#define THREAD_REGS_IN_CALL 4u		/* with STOPPED: inside a system call */

/*
 * Suspends a thread or process and makes the token whose last handle ends that;
 * the caller gets its reference. WRONG_TYPE; NOT_SUPPORTED (the caller itself);
 * BAD_STATE (dying or dead); NO_MEMORY. Takes process->lock; may sleep.
 */
MUST_CHECK zx_status_t suspend_token_create(struct object *task,
					    struct object **out);
/* Boot: the cache of tokens. */
void suspend_init(void);

/* A thread that starts: it stops before its first instruction if it or its
 * process is suspended. Under process->lock. */
void thread_begin_suspended_locked(struct thread *t);

/* The running thread stands still while it is suspended and not killed. On the
 * way to user mode, no lock held, interrupts on. */
void thread_stop(void);
/* The same inside a system call, in place of an INTERNAL_INTR_RETRY.
 * INTERNAL_INTR_KILLED: killed, or the call is to be given up. */
MUST_CHECK zx_status_t thread_stop_in_call(void);

/* The running thread opens its registers for a stop of another kind (an
 * exception), and closes them: it waits out who is at them. No lock held. */
void thread_regs_expose(void);
void thread_regs_hide(void);

/* Racy, for what is shown. */
static inline bool thread_is_stopped(const struct thread *t)
{
	return (__atomic_load_n(&t->regs_open, __ATOMIC_RELAXED) &
		THREAD_REGS_STOPPED) != 0;
}

/*
 * Register state by kind, into or from a record that is large enough. BAD_STATE:
 * the registers are not open; NOT_SUPPORTED, INVALID_ARGS: as arch says. A call
 * inside of which the thread has stopped is given up if its pc is moved, and
 * leaves no result in x0 then.
 */
MUST_CHECK zx_status_t thread_read_state(struct thread *t, u32 kind,
					 void *record);
MUST_CHECK zx_status_t thread_write_state(struct thread *t, u32 kind,
					  const void *record);

#endif
