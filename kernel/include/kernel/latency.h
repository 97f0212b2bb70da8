/*
 * CONFIG_LATENCY: the longest stretch that each CPU spent with preemption or
 * interrupts off, in ticks of the system counter, and where.
 *
 * A CPU can stop another one only while somebody holds a spinlock that the
 * other waits for, that is, with preemption off; and whoever waits for a mutex
 * sleeps. So the longest stretch bounds how long a call stops other CPUs, and
 * how long it puts off interrupts and switches on its own.
 *
 * A stretch lasts from the outermost preempt_disable(), spin_lock(),
 * spin_lock_irq() or interrupt to its counterpart. Not in it: a few instructions
 * of the scheduler and of the exception vectors, which mask interrupts by
 * themselves. On more than one CPU under QEMU the figures also hold the time
 * that the host took away; under -icount with one CPU they are exact.
 *
 * Without CONFIG_LATENCY nothing is left of it. The fake machine, whose counter
 * tells nothing of the kernel, does not trace either.
 */
#ifndef KERNEL_LATENCY_H
#define KERNEL_LATENCY_H

#include <kernel/config.h>
#include <kernel/types.h>

#ifdef UNIT_TEST
#define LATENCY_TRACED 0
#else
#define LATENCY_TRACED IS_ENABLED(CONFIG_LATENCY)
#endif

#define LATENCY_PLACES 6

struct latency_stretch {
	u64 ticks;		/* 0: none was seen yet */
	/* Return addresses: into the function in which it began, then the call
	 * chain by which it ended, innermost first; 0 behind the last. */
	u64 places[LATENCY_PLACES];
};

/* For the primitives alone: this CPU can be switched or interrupted no more,
 * respectively again. Nests. Preemption or interrupts off. */
void latency_begin(void);
void latency_end(void);

/* The longest stretch of a CPU since it came up or was reset. Racy: the places
 * may be those of the next one. */
void latency_get(u32 cpu, struct latency_stretch *out);
/* Forgets it. A stretch that lasts now counts when it ends, as a whole. */
void latency_reset(u32 cpu);

#endif
