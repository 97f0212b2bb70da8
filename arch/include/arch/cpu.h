/*
 * CPU contract: identity, the running thread, interrupt mask, barriers, wait.
 *
 * The first member of every thread is a struct cpu_thread. arch_current()
 * points at the running one (TPIDR_EL1 on arm64, thread-local on fake), so
 * that the hottest fields cost one register read and one load.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <kernel/types.h>

struct percpu;

struct cpu_thread {
	/* The return to user mode reads these two with one 64-bit load. */
	/* Atomic: set by this CPU's tick and by other CPUs' wake-ups; non-zero
	 * asks for a run of the scheduler as soon as preempt_count is 0. */
	u32 resched;
	/* Atomic: THREAD_PENDING_* bits that the return to user mode looks at. */
	u32 pending;
	/* This thread only (and its interrupts). */
	u32 preempt_count;
	u32 reserved;
	/* Written at each switch, with interrupts off: the CPU it runs on. */
	struct percpu *cpu;
	/* Fixed while the thread exists: top of its kernel stack. */
	u64 stack_top;
};

/* Provided by <arch/cpu_impl.h> of each architecture, as inlines:
 *
 * struct cpu_thread *arch_current(void);
 *			kernel_main() starts in idle_threads[0] on its CPU 0
 * u64  arch_irq_save(void);           masks interrupts, returns the old mask
 * void arch_irq_restore(u64 mask);
 * void arch_irq_enable(void);
 * void arch_irq_disable(void);
 * bool arch_irqs_masked(void);
 * void arch_cpu_relax(void);          hint in a spin loop
 * void arch_cpu_wait(void);           sleeps until an interrupt is pending;
 *                                     called with interrupts masked
 * u64  arch_counter(void);            the system counter (CNTVCT), ordered
 *                                     after earlier instructions
 * u64  arch_random(void);             hardware random number or 0 if none
 */
#include <arch/cpu_impl.h>

/* Number of this CPU, 0 .. cpu_count() - 1. Stable only while preemption or
 * interrupts are off. */
static inline u32 arch_cpu_id(void);

/* Features found on all CPUs, fixed once the boot CPU has read its ID
 * registers. */
enum arch_feature {
	ARCH_FEATURE_PAN,
	ARCH_FEATURE_LSE,
	ARCH_FEATURE_TLBI_RANGE,
	ARCH_FEATURE_HW_AF,
	ARCH_FEATURE_BTI,
	ARCH_FEATURE_PAUTH,
	ARCH_FEATURE_RNG,
	ARCH_FEATURE_COUNT,
};
bool arch_has_feature(enum arch_feature feature);

/* CPUs that are up, and the sizes of cache lines in bytes (CTR_EL0). */
u32 cpu_count(void);
u32 arch_dcache_line_bytes(void);

/* ISA bits for zx_system_get_features(ZX_FEATURE_KIND_CPU), and the numbers of
 * hardware breakpoints and watchpoints. */
u32 arch_isa_features(void);
u32 arch_breakpoint_count(void);
u32 arch_watchpoint_count(void);

/* Sends a reschedule interrupt to CPU id. */
void arch_send_resched(u32 id);

/*
 * Makes every other online CPU execute a context synchronisation event (an
 * interrupt and an ISB) and waits for it: I4. Preemption on, no lock held.
 */
void arch_sync_all_cpus(void);

#include <kernel/percpu.h>

static inline u32 arch_cpu_id(void)
{
	return arch_current()->cpu->id;
}

#endif
