/*
 * The inlines of <arch/cpu.h> on the developer's machine: a CPU is a POSIX
 * thread, arch_current() a thread-local pointer. There are no interrupts; the
 * mask is kept so that checks of it work.
 */
#ifndef FAKE_ARCH_CPU_IMPL_H
#define FAKE_ARCH_CPU_IMPL_H

#include <kernel/types.h>

extern _Thread_local struct cpu_thread *fake_current;
extern _Thread_local bool fake_irqs_masked;

static inline struct cpu_thread *arch_current(void)
{
	return fake_current;
}

static inline u64 arch_irq_save(void)
{
	u64 mask = fake_irqs_masked;

	fake_irqs_masked = true;
	return mask;
}

static inline void arch_irq_restore(u64 mask)
{
	fake_irqs_masked = mask != 0;
}

static inline void arch_irq_enable(void)
{
	fake_irqs_masked = false;
}

static inline void arch_irq_disable(void)
{
	fake_irqs_masked = true;
}

static inline bool arch_irqs_masked(void)
{
	return fake_irqs_masked;
}

/* Gives the host's CPU away: there may be fewer than fake ones. */
void arch_cpu_relax(void);
void arch_cpu_wait(void);
/* Nanoseconds. */
u64 arch_counter(void);
u64 arch_random(void);

#endif
