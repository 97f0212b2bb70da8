/*
 * Time: the monotonic clock in nanoseconds, and per-CPU deadline timers.
 *
 * The clock is the architectural virtual counter scaled by its frequency; it
 * never goes backwards on any CPU, since all counters are one.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <kernel/list.h>
#include <kernel/types.h>

typedef s64 ktime_t;		/* ns since boot; ZX_TIME_INFINITE = never */

ktime_t ktime_now(void);
u64 ktime_ticks_per_second(void);

/*
 * One-shot timer of the CPU it was started on. fn runs in that CPU's timer
 * interrupt, once, at or after the deadline.
 */
struct ktimer {
	/* Under the CPU's timer lock. */
	struct list_node node;
	ktime_t deadline;
	void (*fn)(struct ktimer *);
	/* Atomic: the CPU whose queue holds it, or none; see time.c. */
	struct percpu *cpu;
};

void ktimer_init(struct ktimer *t, void (*fn)(struct ktimer *));
void ktimer_start(struct ktimer *t, ktime_t deadline);
/* Stops it; on return fn is not running and will not run. Not from fn. */
void ktimer_cancel(struct ktimer *t);

/* Called by arch for the timer interrupt, interrupts off. */
void ktime_interrupt(void);

#endif
