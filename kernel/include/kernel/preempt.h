/*
 * Preemption count of the running thread. While it is not zero the thread
 * neither migrates nor is switched away from, and may not sleep. Nests.
 */
#ifndef KERNEL_PREEMPT_H
#define KERNEL_PREEMPT_H

#include <arch/cpu.h>
#include <kernel/latency.h>

/* The compiler barriers keep what is protected inside; the count belongs to
 * this thread alone, so no ordering towards other CPUs is needed. */
static inline void preempt_disable(void)
{
	struct cpu_thread *t = arch_current();

	t->preempt_count++;
	__asm__ volatile("" ::: "memory");
	if (LATENCY_TRACED && t->preempt_count == 1)
		latency_begin();
}

/* Runs the scheduler if a switch was asked for meanwhile. */
void preempt_resched(void);

/* The second barrier: an interrupt that still saw the old count left the flag
 * for us, so the flag is read after the count is stored. */
static inline void preempt_enable(void)
{
	struct cpu_thread *t = arch_current();
	u32 count;

	__asm__ volatile("" ::: "memory");
	count = t->preempt_count - 1;
	if (LATENCY_TRACED && count == 0)
		latency_end();
	t->preempt_count = count;
	__asm__ volatile("" ::: "memory");
	if (__builtin_expect(t->resched != 0, 0) && count == 0)
		preempt_resched();
}

#endif
