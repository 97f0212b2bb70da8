/*
 * The tracer of <kernel/latency.h> sees what it is there for.
 */
#include <arch/cpu.h>
#include <arch/irq.h>
#include <kernel/ktest.h>
#include <kernel/latency.h>
#include <kernel/lock.h>
#include <kernel/symbols.h>

/* Far longer than anything else that this CPU does meanwhile. */
static u64 long_ticks(void)
{
	return arch_timer_frequency() / 20;
}

static void spin_for_long(void)
{
	u64 end = arch_counter() + long_ticks();

	while (arch_counter() < end)
		arch_cpu_relax();
}

/* The place is told by the function that the compiler made no part of another. */
static __attribute__((noinline)) u32 preempt_off_for_long(void)
{
	u32 cpu;

	preempt_disable();
	cpu = arch_cpu_id();
	latency_reset(cpu);
	spin_for_long();
	preempt_enable();
	return cpu;
}

static __attribute__((noinline)) u32 irqs_off_for_long(struct spinlock *l)
{
	u64 mask = spin_lock_irq(l);
	u32 cpu = arch_cpu_id();

	latency_reset(cpu);
	spin_for_long();
	spin_unlock_irq(l, mask);
	return cpu;
}

static void expect_stretch(struct ktest_run *t, u32 cpu, const void *begin)
{
	struct latency_stretch s;
	struct symbol at;

	latency_get(cpu, &s);
	KEXPECT_TRUE(t, s.ticks >= long_ticks());
	KEXPECT_TRUE(t, symbol_find(s.places[0], &at));
	KEXPECT_EQ(t, s.places[0] - at.offset, (u64)(uintptr_t)begin);
	/* It ended in the same function. */
	KEXPECT_TRUE(t, symbol_find(s.places[1], &at));
	KEXPECT_EQ(t, s.places[1] - at.offset, (u64)(uintptr_t)begin);
	latency_reset(cpu);
}

KTEST(latency_sees_preemption_off)
{
	expect_stretch(t, preempt_off_for_long(), preempt_off_for_long);
}

KTEST(latency_sees_interrupts_off)
{
	struct spinlock l;

	spin_init(&l, LOCK_LOG);
	expect_stretch(t, irqs_off_for_long(&l), irqs_off_for_long);
}

/* Many short stretches, and how long they took together. */
static u64 many_short_stretches(struct latency_stretch *longest)
{
	u64 start = arch_counter();
	u32 cpu;

	preempt_disable();
	cpu = arch_cpu_id();
	latency_reset(cpu);
	preempt_enable();
	while (arch_counter() - start < long_ticks()) {
		preempt_disable();
		preempt_enable();
	}
	latency_get(cpu, longest);
	return arch_counter() - start;
}

/* Stretches do not add up. The host may stop the machine within one of them,
 * but not each time. */
KTEST(latency_starts_anew)
{
	struct latency_stretch longest = { 0 };
	bool short_once = false;

	for (u32 i = 0; i < 20 && !short_once; i++) {
		u64 all = many_short_stretches(&longest);

		short_once = longest.ticks > 0 && longest.ticks < all / 2;
	}
	KEXPECT_TRUE(t, short_once);
}
