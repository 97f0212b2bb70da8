/*
 * Per-CPU areas and idle threads. arch ties the boot CPU's together before the
 * first lock is taken, sched_init_cpu() the others'.
 */
#include <kernel/percpu.h>
#include <kernel/sched.h>

struct percpu percpu_areas[CONFIG_MAX_CPUS];
struct thread idle_threads[CONFIG_MAX_CPUS];
