/*
 * Epochs: how memory that lock-free readers may still see is freed.
 *
 * A reader brackets its walk with epoch_enter() and epoch_exit(); it may not
 * sleep in between (preemption is off, nothing else is paid). A writer that
 * has unpublished something hands it to epoch_defer(), which frees it when
 * every CPU has passed a quiescent point since: a context switch, the idle
 * loop, a timer interrupt outside any epoch, or epoch_poll(). A CPU that waits
 * in the idle loop is quiescent all the time.
 *
 * Frees run on the CPU that deferred, in a thread's context with no lock held
 * (from epoch_defer(), epoch_drain() or the return to user mode), never from
 * an interrupt.
 */
#ifndef KERNEL_EPOCH_H
#define KERNEL_EPOCH_H

#include <kernel/preempt.h>

struct epoch_head {
	struct epoch_head *next;
	void (*free)(struct epoch_head *);
};

static inline void epoch_enter(void)
{
	preempt_disable();
}

static inline void epoch_exit(void)
{
	preempt_enable();
}

/*
 * Frees h by free(h) after a grace period. Any context of a thread with or
 * without sleeping locks, outside an epoch, no spinlock held. Never fails and
 * allocates nothing: h lies in the object. May run earlier frees.
 */
void epoch_defer(struct epoch_head *h, void (*free)(struct epoch_head *));

/*
 * Waits until all that was deferred on any CPU before the call has been freed.
 * May sleep; holds nothing. For shutdown, memory pressure and leak counting.
 */
void epoch_drain(void);

/* Marks this CPU quiescent (scheduler, tick and idle loop call it). */
void epoch_quiescent(void);

#endif
