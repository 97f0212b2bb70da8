/*
 * Names and sums of the per-CPU event counters (<kernel/percpu.h>).
 */
#ifndef KERNEL_STATS_H
#define KERNEL_STATS_H

#include <kernel/percpu.h>

/* Short name of a counter, as `stat` shows it. */
const char *stats_name(enum cpu_stat which);
/* The counter of one CPU, respectively of all together. Racy. */
u64 stats_read(u32 cpu, enum cpu_stat which);
u64 stats_total(enum cpu_stat which);
/* Prints all counters that are not zero to the log. */
void stats_print(void);

#endif
