/*
 * What the ID registers say, and the registers set once per CPU.
 */
#ifndef ARM64_CPU_H
#define ARM64_CPU_H

#include <arch/cpu.h>

/* ID_AA64MMFR0_EL1.PARange for TCR: at most 48 bits. */
u64 cpu_pa_range(void);
/* The affinity bits of MPIDR_EL1: how PSCI and the device tree name this CPU. */
u64 cpu_mpidr(void);
/* Boot CPU, once, before the functions below. */
void cpu_detect_features(void);
/* TCR_EL1 and SCTLR_EL1 as the kernel runs with them. */
u64 cpu_kernel_tcr(void);
u64 cpu_kernel_sctlr(void);
/* FP traps, counters for EL0, PAN: on each CPU before it enters user mode. */
void cpu_init_registers(void);
/* Stack protector: callers up the stack are without one. */
void cpu_set_canary(u64 value);

/* APIAKey of user mode, the same for all programs; see exception_entry.S. */
extern u64 user_key[2];
/* log2 of the block that DC ZVA zeroes; 0 if it is prohibited. */
extern u32 cpu_zva_log2;

/* Stores to the kernel's tables, invalid to valid, come before all walks and
 * accesses of this CPU that follow. */
void cpu_order_table_stores(void);
/* After entries of the kernel's half were cleared: flushes their addresses on
 * all CPUs. */
void cpu_flush_kernel_pages(u64 va, u32 page_count);
/* Instructions written at [start, end) are what all CPUs that start to run
 * them later will fetch. */
void cpu_sync_text(u64 start, u64 end);
/* Data at [start, end) is in memory for CPUs with their MMU off. */
void cpu_clean_to_memory(const void *start, const void *end);

#endif
