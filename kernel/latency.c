/*
 * How long CPUs go without switches and interrupts; see <kernel/latency.h>.
 *
 * What a CPU notes of itself belongs to it alone: it is written where neither
 * a switch nor a migration can come. An interrupt can, and leaves the depth as
 * it found it. The stretch that lasts is measured before the depth falls to 0,
 * since an interrupt after that begins one of its own.
 */
#include <arch/cpu.h>
#include <arch/thread.h>
#include <kernel/latency.h>
#include <kernel/percpu.h>

struct latency_cpu {
	/* This CPU only. */
	u32 depth;
	u64 start_ticks;
	u64 start_place;
	/* Written by this CPU; others read it, and set ticks to 0, racily. */
	struct latency_stretch longest;
} __attribute__((aligned(CACHE_LINE)));

static struct latency_cpu latency_cpus[CONFIG_MAX_CPUS];

static inline struct latency_cpu *latency_here(void)
{
	return &latency_cpus[arch_current()->cpu->id];
}

/* Where arch_backtrace() puts addresses. */
struct chain {
	struct latency_stretch *to;
	u32 count;
};

static void chain_add(void *arg, u64 pc, bool certain)
{
	struct chain *c = arg;

	if (certain && c->count < LATENCY_PLACES)
		c->to->places[c->count++] = pc;
}

/* Rare, so it may take its time: it is behind the end of the stretch. */
static __attribute__((noinline)) void latency_note(struct latency_cpu *c,
						   u64 ticks)
{
	struct chain chain = { &c->longest, 0 };

	__builtin_memset(&c->longest, 0, sizeof(c->longest));
	arch_backtrace(NULL, chain_add, &chain);
	/* In the places of the two calls into this file: where it began. */
	for (u32 i = 1; i + 1 < LATENCY_PLACES; i++)
		c->longest.places[i] = c->longest.places[i + 1];
	c->longest.places[LATENCY_PLACES - 1] = 0;
	c->longest.places[0] = c->start_place;
	c->longest.ticks = ticks;
}

__attribute__((noinline)) void latency_begin(void)
{
	struct latency_cpu *c = latency_here();

	if (c->depth++ != 0)
		return;
	c->start_place = (u64)(uintptr_t)__builtin_return_address(0);
	c->start_ticks = arch_counter();
}

__attribute__((noinline)) void latency_end(void)
{
	struct latency_cpu *c = latency_here();
	u64 ticks;

	if (c->depth == 1) {
		ticks = arch_counter() - c->start_ticks;
		if (ticks > c->longest.ticks)
			latency_note(c, ticks);
	}
	/* Measured before it is over; see above. */
	__asm__ volatile("" ::: "memory");
	c->depth--;
}

void latency_get(u32 cpu, struct latency_stretch *out)
{
	*out = latency_cpus[cpu].longest;
}

void latency_reset(u32 cpu)
{
	/* Atomic as one store; no order towards anything. */
	__atomic_store_n(&latency_cpus[cpu].longest.ticks, 0, __ATOMIC_RELAXED);
}
