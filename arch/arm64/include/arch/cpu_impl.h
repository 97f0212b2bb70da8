/*
 * The inlines of <arch/cpu.h> for AArch64.
 */
#ifndef ARM64_ARCH_CPU_IMPL_H
#define ARM64_ARCH_CPU_IMPL_H

#include <kernel/types.h>

#define PSTATE_I (1ul << 7)

/* Not volatile: the register is the same at all places of one thread, so the
 * compiler may read it once. */
static inline struct cpu_thread *arch_current(void)
{
	struct cpu_thread *t;

	__asm__("mrs %0, tpidr_el1" : "=r"(t));
	return t;
}

/* The "memory" clobbers keep accesses inside the masked section. */
static inline u64 arch_irq_save(void)
{
	u64 mask;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2"
			 : "=r"(mask) : : "memory");
	return mask;
}

static inline void arch_irq_restore(u64 mask)
{
	__asm__ volatile("msr daif, %0" : : "r"(mask) : "memory");
}

static inline void arch_irq_enable(void)
{
	__asm__ volatile("msr daifclr, #2" : : : "memory");
}

static inline void arch_irq_disable(void)
{
	__asm__ volatile("msr daifset, #2" : : : "memory");
}

static inline bool arch_irqs_masked(void)
{
	u64 mask;

	__asm__ volatile("mrs %0, daif" : "=r"(mask));
	return (mask & PSTATE_I) != 0;
}

static inline void arch_cpu_relax(void)
{
	__asm__ volatile("yield" : : : "memory");
}

/* WFI ends when an interrupt is pending even though it is masked. The DSB
 * makes what this CPU stored visible before it goes to sleep (cpu.c). */
void arch_cpu_wait(void);

/* The ISB keeps the read from moving before earlier instructions (Arm ARM
 * D11.1.2: counter reads may be speculated). */
static inline u64 arch_counter(void)
{
	u64 ticks;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0"
			 : "=r"(ticks) : : "memory");
	return ticks;
}

u64 arch_random(void);

#endif
