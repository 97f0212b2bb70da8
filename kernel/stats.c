/*
 * Event counters: names and sums.
 */
#include <arch/cpu.h>
#include <kernel/printk.h>
#include <kernel/stats.h>

static const char names[STAT_COUNT][20] = {
	[STAT_SYSCALLS] = "syscalls",
	[STAT_IRQS] = "irqs",
	[STAT_TIMER_IRQS] = "timer irqs",
	[STAT_IPIS] = "ipis",
	[STAT_SWITCHES] = "switches",
	[STAT_PREEMPTS] = "preempts",
	[STAT_FAULTS] = "faults",
	[STAT_FAULTS_ZERO] = "faults zero",
	[STAT_FAULTS_SPURIOUS] = "faults spurious",
	[STAT_FAULTS_PAGER] = "faults pager",
	[STAT_PTES_SET] = "ptes set",
	[STAT_PTES_CLEARED] = "ptes cleared",
	[STAT_TLBI_PAGE] = "tlbi page",
	[STAT_TLBI_RANGE] = "tlbi range",
	[STAT_TLBI_ASID] = "tlbi asid",
	[STAT_TLBI_ALL] = "tlbi all",
	[STAT_DSB] = "dsb",
	[STAT_ASID_ROLLOVERS] = "asid rollovers",
	[STAT_BATCHES] = "tlb batches",
	[STAT_LOCK_WAITS] = "lock waits",
	[STAT_LOCK_SPINS] = "lock spins",
	[STAT_PACKETS] = "packets",
	[STAT_PAGES_ALLOCATED] = "pages allocated",
	[STAT_PAGES_FREED] = "pages freed",
	[STAT_PAGES_EVICTED] = "pages evicted",
};

const char *stats_name(enum cpu_stat which)
{
	return names[which];
}

u64 stats_read(u32 cpu, enum cpu_stat which)
{
	return __atomic_load_n(&percpu_areas[cpu].stats[which],
			       __ATOMIC_RELAXED);
}

u64 stats_total(enum cpu_stat which)
{
	u64 sum = 0;

	for (u32 i = 0; i < cpu_count(); i++)
		sum += stats_read(i, which);
	return sum;
}

void stats_print(void)
{
	for (u32 i = 0; i < STAT_COUNT; i++) {
		u64 sum = stats_total((enum cpu_stat)i);

		if (sum != 0)
			printk("stat: %-16s %lu\n", names[i], sum);
	}
}
