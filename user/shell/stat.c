/* `stat`: counters of the kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/jx.h>

#include "shell.h"

#define CPUS_MAX 8

static const char *const counter_names[] = {
	[JX_CPU_SYSCALLS] = "system calls",
	[JX_CPU_IRQS] = "interrupts",
	[JX_CPU_TIMER_IRQS] = "  of the timer",
	[JX_CPU_IPIS] = "  from other CPUs",
	[JX_CPU_SWITCHES] = "context switches",
	[JX_CPU_PREEMPTS] = "  by preemption",
	[JX_CPU_FAULTS] = "page faults",
	[JX_CPU_FAULTS_ZERO] = "pages committed",
	[JX_CPU_FAULTS_SPURIOUS] = "  entry was good",
	[JX_CPU_FAULTS_PAGER] = "  waited for a pager",
	[JX_CPU_PTES_SET] = "entries set",
	[JX_CPU_PTES_CLEARED] = "entries cleared",
	[JX_CPU_TLBI_PAGE] = "TLBI by address",
	[JX_CPU_TLBI_RANGE] = "TLBI by range",
	[JX_CPU_TLBI_ASID] = "TLBI by ASID",
	[JX_CPU_TLBI_ALL] = "TLBI of all",
	[JX_CPU_DSB] = "DSB",
	[JX_CPU_ASID_ROLLOVERS] = "ASID rollovers",
	[JX_CPU_BATCHES] = "TLB batches",
	[JX_CPU_LOCK_WAITS] = "locks slept on",
	[JX_CPU_LOCK_SPINS] = "locks spun on",
	[JX_CPU_PACKETS] = "packets",
	[JX_CPU_PAGES_ALLOCATED] = "frames allocated",
	[JX_CPU_PAGES_FREED] = "frames freed",
	[JX_CPU_PAGES_EVICTED] = "pages evicted",
};
#define NAME_COUNT (sizeof(counter_names) / sizeof(counter_names[0]))
__ZX_STATIC_ASSERT(NAME_COUNT == JX_CPU_STAT_COUNT, "a name for each counter");

static void print_cpus(const jx_cpu_stats_t *cpus, size_t count)
{
	printf("%-20s", "");
	for (size_t i = 0; i < count; i++)
		printf("  %7s%2u", "CPU", (unsigned int)cpus[i].cpu);
	printf("  %10s\n", "all");
	for (unsigned int which = 0; which < JX_CPU_STAT_COUNT; which++) {
		uint64_t sum = 0;

		printf("%-20s", counter_names[which]);
		for (size_t i = 0; i < count; i++) {
			printf("  %9llu", (unsigned long long)cpus[i].counters[which]);
			sum += cpus[i].counters[which];
		}
		printf("  %10llu\n", (unsigned long long)sum);
	}
}

static void print_memory(const jx_memory_stats_t *memory)
{
	uint64_t used = memory->total_pages - memory->free_pages - memory->reserved_pages;

	printf("memory: %llu of %llu KiB in use\n", (unsigned long long)(used * 4),
	       (unsigned long long)(memory->total_pages * 4));
}

static void print_objects(const uint64_t objects[ZX_OBJ_TYPE_UPPER_BOUND])
{
	static const struct {
		zx_obj_type_t type;
		const char *name;
	} types[] = {
		{ ZX_OBJ_TYPE_PROCESS, "processes" }, { ZX_OBJ_TYPE_THREAD, "threads" },
		{ ZX_OBJ_TYPE_VMAR, "VMARs" },	      { ZX_OBJ_TYPE_VMO, "VMOs" },
		{ ZX_OBJ_TYPE_PORT, "ports" },	      { ZX_OBJ_TYPE_PAGER, "pagers" },
		{ ZX_OBJ_TYPE_EVENT, "events" },
	};

	printf("objects:");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		printf("%s %llu %s", i ? "," : "", (unsigned long long)objects[types[i].type],
		       types[i].name);
	printf("\n");
}

/* One line per CPU: how long, where it began, and who ended it. */
static void print_latency(const jx_latency_t *l)
{
	uint64_t nanoseconds = l->ticks * ZX_SEC(1) / l->ticks_per_second;

	printf("latency: CPU %u, longest without preemption: %llu ns, from %s",
	       (unsigned int)l->cpu, (unsigned long long)nanoseconds,
	       l->ticks ? l->places[0] : "nowhere");
	for (unsigned int i = 1; i < JX_LATENCY_PLACES && l->places[i][0]; i++)
		printf("%s %s", i == 1 ? " to" : " <", l->places[i]);
	printf("\n");
}

/* `stat latency`: the longest stretches since boot or since the last time. */
static int command_stat_latency(void)
{
	jx_latency_t latency[CPUS_MAX];
	size_t count = 0;

	if (jx_stat(JX_STAT_LATENCY_RESET, latency, sizeof(latency), &count) != ZX_OK) {
		printf("stat: this kernel does not measure that\n");
		return 1;
	}
	for (size_t i = 0; i < count && i < CPUS_MAX; i++)
		print_latency(&latency[i]);
	return 0;
}

int command_stat(int argc, char *argv[])
{
	uint64_t objects[ZX_OBJ_TYPE_UPPER_BOUND];
	jx_cpu_stats_t cpus[CPUS_MAX];
	jx_memory_stats_t memory;
	size_t count = 0;

	if (argc == 2 && strcmp(argv[1], "latency") == 0)
		return command_stat_latency();
	if (jx_stat(JX_STAT_CPU, cpus, sizeof(cpus), &count) != ZX_OK ||
	    jx_stat(JX_STAT_MEMORY, &memory, sizeof(memory), NULL) != ZX_OK ||
	    jx_stat(JX_STAT_OBJECTS, objects, sizeof(objects), NULL) != ZX_OK) {
		printf("stat: the kernel does not tell\n");
		return 1;
	}
	print_cpus(cpus, count < CPUS_MAX ? count : CPUS_MAX);
	print_memory(&memory);
	print_objects(objects);
	return 0;
}
