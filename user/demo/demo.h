/* The demonstration: three calls, and what the hardware did for each. */
#ifndef DEMO_H
#define DEMO_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/syscalls.h>

#define PAGE 4096ul
#define CPUS_MAX 8

/* Sum of all CPUs' counters between two moments. */
struct work {
	uint64_t cleared;	/* page-table entries */
	uint64_t tlbi;		/* invalidations of any kind */
	uint64_t dsb;
	uint64_t freed;		/* frames */
};

void work_begin(struct work *w);
/* Turns w into what was done since work_begin(). */
void work_end(struct work *w);
void work_print(const struct work *w, uint32_t readers);

/* Threads that read a page for as long as they are let, one per other CPU. */
struct readers {
	volatile const uint8_t *page;
	uint8_t wanted;		/* what stands there at first */
};

uint32_t readers_start(const struct readers *r);
/* Each reader has read the page at least once since the call. */
void readers_let_read(void);
/* From now on whoever reads `wanted` again has seen stale memory. */
void readers_forbid_old(void);
/* Ends them; returns how often stale memory was seen. */
uint64_t readers_stop(void);

/* Prints what went wrong and remembers it. */
void demo_fail(const char *what, zx_status_t status);
bool demo_expect(zx_status_t got, zx_status_t wanted, const char *what);

void demo_unmap(void);
void demo_decommit(void);
void demo_detach(void);
void demo_snapshot(void);

#endif
