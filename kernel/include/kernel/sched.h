/*
 * Scheduler: per-CPU run queues, 32 priorities, round robin inside one,
 * preemption by tick and by wake-up of a higher priority, idle stealing.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/thread.h>

void sched_init_cpu(struct percpu *cpu, struct thread *idle);
/* Gives up the CPU to an equal or higher priority. Preemption on. */
void sched_yield(void);
/* The running thread sleeps unless w was woken already (see wait.c). */
void sched_block(struct waiter *w);
/* Makes a blocked thread ready; no effect on one that is not blocked. Any
 * context; interrupts may be off. */
void sched_wake(struct thread *t);
/* Puts a new thread on a run queue. */
void sched_start(struct thread *t);
/* Never returns; the next thread drops the reference and frees the stack. */
void sched_exit_current(void) NORETURN;
/* Timer tick of this CPU, interrupts off. */
void sched_tick(void);
/* The idle loop of each CPU. */
void sched_idle_loop(void) NORETURN;

#endif
