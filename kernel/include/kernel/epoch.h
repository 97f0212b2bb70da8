/*
 * Epochs: how memory that lock-free readers may still see is freed.
 *
 * A reader brackets its walk with epoch_enter() and epoch_exit(); it may not
 * sleep in between (preemption is off, nothing else is paid). A writer that
 * has unpublished something hands it to epoch_defer(), which frees it when
 * every CPU has passed a quiescent point since: a context switch, the end of
 * an interrupt that came outside any epoch, or epoch_poll(). A CPU that waits
 * in the idle loop is quiescent all the time. kernel/epoch.c has the proof.
 *
 * Frees run in batches, in a thread's context with no lock held: at the return
 * to user mode of a thread that deferred much, in the reaper (some
 * milliseconds later at most), in epoch_poll() and epoch_drain(); never from
 * epoch_defer() or an interrupt.
 */
#ifndef KERNEL_EPOCH_H
#define KERNEL_EPOCH_H

#include <kernel/percpu.h>
#include <kernel/preempt.h>

/* Atomic: the epoch number, G in epoch.c. */
extern u64 epoch_global;

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
 * Frees h by free(h) after a grace period. Any context of a thread, with or
 * without locks. Never fails and allocates nothing: h lies in the object.
 * free() may sleep and take any lock.
 */
void epoch_defer(struct epoch_head *h, void (*free)(struct epoch_head *));

/*
 * Waits until all that was deferred on any CPU before the call has been freed.
 * May sleep; holds nothing. For shutdown, memory pressure and leak counting.
 */
void epoch_drain(void);

/* Marks this CPU quiescent. Outside any epoch, preemption or interrupts off
 * (scheduler, tick, interrupt exit). The acquire is O2's, the release O1's. */
static inline void epoch_quiescent(void)
{
	struct percpu *cpu = arch_current()->cpu;
	u64 g = __atomic_load_n(&epoch_global, __ATOMIC_ACQUIRE);

	if (cpu->epoch_seen != g)
		__atomic_store_n(&cpu->epoch_seen, g, __ATOMIC_RELEASE);
}

/* The idle loop, interrupts off: around the wait for an interrupt. */
void epoch_idle_enter(void);
void epoch_idle_exit(void);

/* The tick, interrupts off: true if memory waits on this CPU. */
bool epoch_is_pending(void);

/* Boot: makes the CPU's lists. It is idle (quiescent) until it runs. */
void epoch_init_cpu(struct percpu *cpu);

/*
 * One step for the running CPU's lists, respectively for all: passes a
 * quiescent point, advances the epoch if all CPUs have, frees what is due.
 * True if something still waits. Thread context, outside an epoch, no lock
 * held.
 */
void epoch_poll_local(void);
bool epoch_poll(void);

#endif
