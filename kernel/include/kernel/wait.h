/*
 * Waiter: how a thread sleeps until somebody says why it may go on.
 *
 * A waiter lives on the sleeping thread's stack and takes part in one wait.
 * The owner links it (or a structure that holds it) into some queue under that
 * queue's lock, drops the lock, and calls waiter_sleep(). A waker calls
 * waiter_wake() WHILE HOLDING THE QUEUE'S LOCK; the first wake decides the
 * status, later ones are ignored. After waiter_sleep() the owner takes the
 * queue's lock again, unlinks itself if it is still linked, and drops the
 * lock: this makes the waker's access to the stack frame safe. (Only a queue
 * whose wakers unlink before they wake may leave that out after a wake.)
 *
 * Nothing is lost: a wake before the sleep makes the sleep return at once.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/time.h>

struct thread;

#define WAITER_PENDING 1	/* no zx_status_t is positive */

struct waiter {
	/* Fixed after init. */
	struct thread *thread;
	/* Atomic: WAITER_PENDING, or the status of the first wake. Release by
	 * the waker, acquire by the sleeper. */
	zx_status_t status;
	/* For the owner's queue, under the queue's lock. */
	struct list_node node;
};

/*
 * What else may touch a sleep: bits of cpu_thread.pending (<kernel/thread.h>).
 *
 * A suspended thread stops inside an INTERRUPTIBLE sleep: its waiter stays
 * linked, wakes and deadline count, and the sleep returns when it may go on. A
 * BREAKABLE sleep ends at once with INTERNAL_INTR_RETRY, for those who must not
 * be given anything while they are stopped: they unlink, call
 * thread_stop_in_call() and begin again.
 */
enum wait_flag {
	WAIT_UNINTERRUPTIBLE = 0,
	WAIT_KILLABLE = 1,		/* kill ends the sleep */
	WAIT_INTERRUPTIBLE = 1 | 4 | 8,	/* ... suspension stops inside it */
	WAIT_BREAKABLE = 1 | 4 | 8 | 0x40000000, /* ... suspension ends it */
};

/* Prepares w for the running thread; then it may be linked and woken. */
static inline void waiter_init(struct waiter *w)
{
	/* Where a struct thread begins. */
	w->thread = (struct thread *)arch_current();
	w->status = WAITER_PENDING;
	list_init(&w->node);
}

/*
 * Sleeps until woken, killed or told to give up its call (INTERNAL_INTR_KILLED,
 * if interruptible), suspended (INTERNAL_INTR_RETRY, if breakable), or the
 * deadline (TIMED_OUT). Returns the status of the first wake. A deadline that
 * has passed polls: it returns TIMED_OUT unless already woken. Thread context,
 * preemption on, no mutex held that a waker needs.
 *
 * shown_state: how ZX_INFO_THREAD shows the sleep, ZX_THREAD_STATE_BLOCKED_*;
 * 0 for kernel-internal sleeps, which are shown as running.
 */
MUST_CHECK zx_status_t waiter_sleep(struct waiter *w, ktime_t deadline,
				    enum wait_flag flags, u32 shown_state);

/* True if this was the first to end the wait. Release: what the ending side did
 * before is seen by the sleeper. The caller may not touch *w any more once it
 * has changed the status. */
static inline bool waiter_end(struct waiter *w, zx_status_t status)
{
	u32 *word = (u32 *)&w->status;

	do {
		if (arch_cas_release32(word, WAITER_PENDING, (u32)status))
			return true;
	} while (__atomic_load_n(word, __ATOMIC_RELAXED) == WAITER_PENDING);
	return false;
}

/* <kernel/sched.h>, which includes this header. */
void sched_wake(struct thread *t);

/* Ends the wait with status; true if this was the first wake. Any context,
 * under the lock that keeps w linked. Callable with interrupts off. The thread
 * outlives this call: it is the running one, or the caller has preemption or
 * interrupts off, and threads are freed by the epoch. */
static inline bool waiter_wake(struct waiter *w, zx_status_t status)
{
	struct thread *t = w->thread;

	DEBUG_ASSERT((struct thread *)arch_current() == t ||
		     arch_current()->preempt_count != 0 || arch_irqs_masked());
	if (!waiter_end(w, status))
		return false;
	sched_wake(t);
	return true;
}

/* True if this thread is being killed: long loops stop early. Relaxed: nothing
 * else is read for it. */
static inline bool thread_is_killed(void)
{
	return (__atomic_load_n(&arch_current()->pending, __ATOMIC_RELAXED) &
		WAIT_KILLABLE) != 0;
}

#endif
