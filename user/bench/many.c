/*
 * With many mappings present: finding one, and adding one at a place that the
 * kernel chooses. All lie in one VMAR of 64 TiB, so the tree is sparse.
 */
#include <stdio.h>
#include <stdlib.h>

#include <zircon/process.h>

#include "bench.h"

#define REGION (1ul << 46)
#define ROUNDS 512
#define SAMPLES 1024u		/* addresses kept for the look-ups */

static zx_vaddr_t samples[SAMPLES];

static zx_vaddr_t map_one(zx_handle_t vmar, zx_handle_t vmo)
{
	zx_vaddr_t address;

	bench_check(zx_vmar_map(vmar, ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &address), "vmar_map");
	return address;
}

static void fill(zx_handle_t vmar, zx_handle_t vmo, unsigned long from, unsigned long to)
{
	for (unsigned long i = from; i < to; i++)
		samples[i % SAMPLES] = map_one(vmar, vmo);
}

static void lookups(unsigned long present)
{
	unsigned long kept = present < SAMPLES ? present : SAMPLES;
	uint64_t from;
	char name[40];
	size_t actual;
	uint8_t byte;

	from = bench_ticks();
	for (unsigned long i = 0; i < ROUNDS; i++)
		zx_process_read_memory(zx_process_self(), samples[i * 7 % kept], &byte, 1,
				       &actual);
	snprintf(name, sizeof(name), "lookup/%lu", present);
	bench_report(name, bench_instructions(from, bench_ticks()), ROUNDS, 1);
}

static void maps(zx_handle_t vmar, zx_handle_t vmo, unsigned long present)
{
	uint64_t total = 0;
	char name[40];

	for (unsigned long i = 0; i < ROUNDS; i++) {
		uint64_t from = bench_ticks();
		zx_vaddr_t address = map_one(vmar, vmo);

		total += bench_instructions(from, bench_ticks());
		zx_vmar_unmap(vmar, address, PAGE);
	}
	snprintf(name, sizeof(name), "map/%lu", present);
	bench_report(name, total, ROUNDS, ROUNDS);
}

void bench_many(void)
{
	static const unsigned long counts[] = { 10, 1000, 10000, 100000, 1000000 };
	zx_handle_t vmo = bench_vmo(1);
	unsigned long present = 0;
	zx_handle_t vmar;
	zx_vaddr_t base;
	uint64_t from;

	bench_check(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ, 0, REGION, &vmar,
				     &base),
		    "vmar_allocate");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		fill(vmar, vmo, present, counts[i]);
		present = counts[i];
		lookups(present);
		maps(vmar, vmo, present);
	}
	from = bench_ticks();
	bench_check(zx_vmar_destroy(vmar), "vmar_destroy");
	bench_report("destroy/per_mapping", bench_instructions(from, bench_ticks()), present, 1);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}
