/*
 * What each CPU has of its own. Fields are written by their CPU with
 * interrupts or preemption off unless said otherwise.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <kernel/types.h>

/* Event counters shown by `stat`. Each is written by its own CPU only; other
 * CPUs read it racily, which is harmless for a statistic. */
enum cpu_stat {
	STAT_SYSCALLS,
	STAT_IRQS,
	STAT_TIMER_IRQS,
	STAT_IPIS,
	STAT_SWITCHES,
	STAT_PREEMPTS,
	STAT_FAULTS,		/* page faults taken from user mode or copies */
	STAT_FAULTS_ZERO,	/* zeroed pages committed, by faults and writes */
	STAT_FAULTS_SPURIOUS,	/* ... that found a good entry */
	STAT_FAULTS_PAGER,	/* ... that waited for a pager */
	STAT_PTES_SET,
	STAT_PTES_CLEARED,
	STAT_TLBI_PAGE,		/* by address */
	STAT_TLBI_RANGE,	/* range form */
	STAT_TLBI_ASID,		/* whole ASID */
	STAT_TLBI_ALL,		/* everything */
	STAT_DSB,
	STAT_ASID_ROLLOVERS,
	STAT_BATCHES,		/* tlb_batch_end() that had something to flush */
	STAT_LOCK_WAITS,	/* mutexes that had to sleep */
	STAT_LOCK_SPINS,	/* spinlocks that were not free at once */
	STAT_PACKETS,		/* packets delivered by ports */
	STAT_PAGES_ALLOCATED,
	STAT_PAGES_FREED,
	STAT_PAGES_EVICTED,	/* clean pages of pagers' VMOs */
	STAT_COUNT,
};

/* Private parts of modules, opaque here; each module owns its own. */
struct sched_cpu;
struct pmm_cpu;
struct epoch_cpu;
struct thread;

struct percpu {
	/* Fixed after the CPU came up. */
	u32 id;
	u32 mpidr_low;
	struct thread *idle;
	struct sched_cpu *sched;
	struct pmm_cpu *pmm;
	struct epoch_cpu *epoch;
	/* Atomic: its note of the epoch number, see epoch.c. */
	u64 epoch_seen;
	/* arch-private: the aspace loaded in TTBR0, under interrupts off. */
	struct arch_aspace *active_aspace;
	/* Atomic: exchanged by the switch path and by ASID rollover. */
	u64 active_asid;
	/* Atomic: 1 asks for a local TLB flush before the next ASID is used. */
	u32 asid_flush_pending;
	/* Interrupt nesting; non-zero inside an interrupt handler. */
	u32 irq_depth;
	u64 stats[STAT_COUNT];
} __attribute__((aligned(CACHE_LINE)));

extern struct percpu percpu_areas[CONFIG_MAX_CPUS];

/* Adds to a counter of the running CPU. A migration in between may count on
 * the CPU just left: a statistic, so nothing is locked. */
#define stat_add(which, n) (arch_current()->cpu->stats[which] += (n))

#endif
