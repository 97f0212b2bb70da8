/*
 * Waiter.
 *
 * Three may end a sleep: a waker, the deadline, a kill. The first to change the
 * status from WAITER_PENDING wins. A kill does not touch the waiter: it sets
 * the thread's pending bit and wakes the thread, which ends its own wait. So
 * nobody but wakers needs the waiter's address, and no lock guards it here.
 * Suspension works in the same way, and the thread stops in the middle of its
 * sleep (kernel/suspend.c): only the thread itself returns later.
 *
 * No wake-up is lost: sched_block_while() looks at the status and the pending
 * bits under the run-queue lock that sched_wake() takes after they were set.
 */
#include <kernel/lock.h>
#include <kernel/sched.h>
#include <kernel/suspend.h>
#include <kernel/wait.h>

#define WAIT_ENDS (THREAD_PENDING_KILL | THREAD_PENDING_UNWIND)
#define WAIT_BREAKS 0x40000000u

_Static_assert(WAIT_KILLABLE == THREAD_PENDING_KILL, "");
_Static_assert(WAIT_INTERRUPTIBLE == (WAIT_ENDS | THREAD_PENDING_SUSPEND), "");
_Static_assert(WAIT_BREAKABLE == (WAIT_INTERRUPTIBLE | WAIT_BREAKS), "");

/* A deadline of a sleeping thread, on its stack. */
struct wait_timer {
	struct ktimer timer;
	struct waiter *waiter;
};

/* Timer interrupt. The waiter exists: its thread cancels the timer before it
 * leaves, which waits for us. */
static void wait_timer_fire(struct ktimer *timer)
{
	struct wait_timer *wt = container_of(timer, struct wait_timer, timer);

	waiter_wake(wt->waiter, ZX_ERR_TIMED_OUT);
}

/* Awake without an end: one of the bits that this sleep looks at may be
 * pending. */
static __attribute__((noinline)) void waiter_interrupt(struct waiter *w,
							u32 flags)
{
	u32 pending = __atomic_load_n(&w->thread->cpu_thread.pending,
				      __ATOMIC_RELAXED) & flags;

	if (pending == 0)
		return;
	if ((pending & WAIT_ENDS) != 0)
		waiter_end(w, ZX_ERR_INTERNAL_INTR_KILLED);
	else if ((flags & WAIT_BREAKS) != 0)
		waiter_end(w, ZX_ERR_INTERNAL_INTR_RETRY);
	else
		(void)!thread_stop_in_call();
}

static inline zx_status_t waiter_block(struct waiter *w, u32 flags)
{
	zx_status_t status;

	for (;;) {
		sched_block_while(&w->status, WAITER_PENDING, flags);
		/* Acquire: pairs with waiter_end(). */
		status = __atomic_load_n(&w->status, __ATOMIC_ACQUIRE);
		if (__builtin_expect(status != WAITER_PENDING, 1))
			return status;
		waiter_interrupt(w, flags);
	}
}

/* Out of line: its timer makes a stack frame that other sleeps do not need. */
static __attribute__((noinline)) zx_status_t
waiter_block_until(struct waiter *w, ktime_t deadline, u32 flags)
{
	struct wait_timer wt = { .waiter = w };
	zx_status_t status;

	if (deadline <= ktime_now()) {
		waiter_end(w, ZX_ERR_TIMED_OUT);
		return __atomic_load_n(&w->status, __ATOMIC_ACQUIRE);
	}
	ktimer_init(&wt.timer, wait_timer_fire);
	ktimer_start(&wt.timer, deadline);
	status = waiter_block(w, flags);
	ktimer_cancel(&wt.timer);
	return status;
}

zx_status_t waiter_sleep(struct waiter *w, ktime_t deadline,
			 enum wait_flag flags, u32 shown_state)
{
	zx_status_t status;

	lock_assert_may_sleep();
	w->thread->shown_state = shown_state;
	if (deadline == ZX_TIME_INFINITE)
		status = waiter_block(w, flags);
	else
		status = waiter_block_until(w, deadline, flags);
	w->thread->shown_state = 0;
	return status;
}

