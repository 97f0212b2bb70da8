/*
 * Benchmarks. Under QEMU's instruction counter (`make bench`) the system
 * counter advances by one nanosecond an instruction, so differences of it are
 * instruction counts; elsewhere they are nanoseconds.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/syscalls.h>

#define PAGE 4096ul

static inline uint64_t bench_ticks(void)
{
	uint64_t ticks;

	/* ISB: not before what stands in front of it. */
	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return ticks;
}

/* Instructions between two readings. */
uint64_t bench_instructions(uint64_t from, uint64_t to);
/* Prints one row: the total of `count` operations, less what reading the
 * counter `readings` times costs. */
void bench_report(const char *name, uint64_t total, uint64_t count, uint64_t readings);
/* The same for what is no count of instructions. */
void bench_report_unit(const char *name, uint64_t total, uint64_t count, const char *unit);
/* Ends the program with a sentence if the status is not OK. */
void bench_check(zx_status_t status, const char *what);

/* Each prints its rows. */
void bench_calls(void);
void bench_memory(void);
void bench_many(void);
void bench_threads(void);
void bench_channels(void);
void bench_pager(void);
void bench_snapshot(void);
void bench_shared(void);
void bench_footprint(void);
void bench_large(void);

zx_handle_t bench_vmo(uint64_t pages);
uintptr_t bench_map(zx_handle_t vmo, uint64_t pages);
void bench_unmap(uintptr_t address, uint64_t pages);
void bench_commit(zx_handle_t vmo, uint64_t first, uint64_t pages);
/* Writes a byte to every stride-th page. */
void bench_touch(uintptr_t address, uint64_t pages, uint64_t stride);

#endif
