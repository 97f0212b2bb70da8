/*
 * Scheduler: per-CPU run queues, 32 priorities, round robin inside one,
 * preemption by tick and by wake-up of a higher priority, idle stealing.
 *
 * LOCK_SCHED of a CPU guards its queues and the scheduling state of the threads
 * whose sched_cpu it is. It is taken with interrupts off, handed over across a
 * context switch, and freed by the thread that was switched to: so nobody can
 * run a thread elsewhere before its registers are saved. Two run-queue locks
 * are never waited for together.
 *
 * Address spaces: a CPU counts a reference on the aspace in its TTBR0, so that
 * a root table is freed only when no CPU has it loaded (I9). Kernel threads
 * run on the last one; the idle thread drops it.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/thread.h>

/* The idle thread of each CPU. arch points arch_current() at idle_threads[0]
 * before the first C code that takes a lock, and gives arch_cpu_start()'s
 * argument to a secondary CPU in the same way. */
extern struct thread idle_threads[CONFIG_MAX_CPUS];

/* Makes the CPU's run queue, with idle as its running thread. Boot CPU, before
 * the CPU starts. */
void sched_init_cpu(struct percpu *cpu, struct thread *idle);

/* Gives up the CPU to an equal or higher priority. Preemption on. */
void sched_yield(void);
/*
 * The running thread sleeps, unless *word is no longer value, or
 * unless_pending names a THREAD_PENDING_* bit that is set. Returns after any
 * sched_wake(): the caller looks again. Wakers change the word, or set the
 * bit, before they call sched_wake(). Preemption on.
 */
void sched_block_while(const s32 *word, s32 value, u32 unless_pending);
/* Makes a blocked thread ready; no effect on one that is not blocked. Any
 * context; interrupts may be off. t exists: the caller has a reference, or
 * preemption off since before the thread could end (threads are freed by the
 * epoch). */
void sched_wake(struct thread *t);
/* As sched_wake(); and if t runs on another CPU, that CPU enters the kernel
 * soon, so that it looks at t's pending bits. */
void sched_poke(struct thread *t);
/* Counter ticks that t has run, up to now if it runs; it never goes back. Takes
 * the run-queue lock; t exists as for sched_wake(). */
u64 sched_runtime_ticks(struct thread *t);
/* Puts a new thread on a run queue. Preemption on. */
void sched_start(struct thread *t);
/* Never returns; the reaper frees the stack and drops the reference. */
void sched_exit_current(void) NORETURN;

/* First thing of a new thread's life, called by arch's trampoline or by
 * thread_begin(): frees the run-queue lock. Interrupts off before and after. */
void sched_finish_switch(void);
/* With interrupts off, before and after: switches if somebody is due. */
void sched_reschedule(void);

/* Timer tick of this CPU, interrupts off. */
void sched_tick(void);
/* The idle loop of each CPU. */
void sched_idle_loop(void) NORETURN;

#endif
