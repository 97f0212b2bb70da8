/*
 * Per-CPU areas and idle threads. The boot CPU's are tied together at link
 * time, so that locks and counters work from the first C code on.
 */
#include <kernel/percpu.h>
#include <kernel/sched.h>

struct percpu percpu_areas[CONFIG_MAX_CPUS];

struct thread idle_threads[CONFIG_MAX_CPUS] = {
	[0] = { .cpu_thread = { .cpu = &percpu_areas[0] } },
};
