/*
 * Time: the monotonic clock in nanoseconds, and per-CPU deadline timers.
 *
 * The clock is the architectural virtual counter scaled by its frequency; it
 * never goes backwards on any CPU, since all counters are one. User space
 * computes the same clock from the same counter by the formula that
 * <kernel/timescale.h> states.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <arch/cpu.h>
#include <kernel/heap.h>
#include <kernel/timescale.h>
#include <kernel/types.h>

typedef s64 ktime_t;		/* ns since boot; ZX_TIME_INFINITE = never */

/* The scale of this machine's counter; mult is 0 until ktime_init(). */
extern struct time_scale ktime_scale;

/* Reads the counter's frequency; once, on the boot CPU, before any timer. */
void ktime_init(void);

static inline ktime_t ktime_now(void)
{
	return time_scale_ns(&ktime_scale, arch_counter());
}

u64 ktime_ticks_per_second(void);

/*
 * One-shot timer of the CPU it was started on. fn runs in that CPU's timer
 * interrupt, once, at or after the deadline, with no lock held; it may start
 * the timer again, and another thread may free it as soon as that thread's
 * ktimer_cancel() returned.
 */
struct ktimer {
	/* Under the lock of the queue that holds it (LOCK_TIMER). */
	struct heap_node node;		/* key: the deadline */
	bool queued;
	/* Fixed after init. */
	void (*fn)(struct ktimer *);
	/* Atomic: number of the CPU it was last started on, plus 1; 0: not
	 * started since the last cancel. Written by the owner and by fn. */
	u32 cpu_plus_1;
};

void ktimer_init(struct ktimer *t, void (*fn)(struct ktimer *));
/*
 * Starts it on the running CPU; a deadline that has passed fires at once, and
 * ZX_TIME_INFINITE never. The timer is new, or was cancelled (also one that has
 * fired), or is started by its own fn. One owner at a time starts and cancels.
 * O(log timers), no allocation. Any context that may take LOCK_TIMER.
 */
void ktimer_start(struct ktimer *t, ktime_t deadline);
/* Stops it; on return fn is not running and will not run. Not from fn, and not
 * with a lock that fn takes. Does nothing to a timer that never started. */
void ktimer_cancel(struct ktimer *t);

/* Called by arch for the timer interrupt, interrupts off. */
void ktime_interrupt(void);

#define TICK_NS 5000000		/* of sched_tick() */

/*
 * Called by the scheduler, interrupts off, when it switches from the idle
 * thread to another one: starts the tick of this CPU, unless it runs. The tick
 * ends by itself when it finds the idle thread running.
 */
void ktime_tick_resume(void);

#endif
