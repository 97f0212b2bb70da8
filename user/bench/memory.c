/* Mapping, faults, protection, decommit. */
#include <stdio.h>

#include <zircon/process.h>

#include "bench.h"

#define ROUNDS 256

static void decommit(zx_handle_t vmo, uint64_t pages)
{
	bench_check(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, pages * PAGE, NULL, 0),
		    "DECOMMIT");
}

static void map_unmap(void)
{
	zx_handle_t vmo = bench_vmo(1);
	uint64_t from = bench_ticks();

	for (int i = 0; i < ROUNDS; i++)
		bench_unmap(bench_map(vmo, 1), 1);
	bench_report("map_unmap/untouched", bench_instructions(from, bench_ticks()), ROUNDS, 1);
	zx_handle_close(vmo);
}

/* Map, write each page for the first time, unmap. */
static void map_touch_unmap(uint64_t pages)
{
	zx_handle_t vmo = bench_vmo(pages);
	uint64_t total = 0;
	char name[40];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from = bench_ticks();
		uintptr_t address = bench_map(vmo, pages);

		bench_touch(address, pages, 1);
		bench_unmap(address, pages);
		total += bench_instructions(from, bench_ticks());
		decommit(vmo, pages);
	}
	snprintf(name, sizeof(name), "map_touch_unmap/%lu", (unsigned long)pages);
	bench_report(name, total, ROUNDS, ROUNDS);
	zx_handle_close(vmo);
}

static void fault(const char *name, bool resident, bool write)
{
	const uint64_t pages = 1024;
	zx_handle_t vmo = bench_vmo(pages);
	uintptr_t address = bench_map(vmo, pages);
	uint64_t from;

	if (resident)
		bench_commit(vmo, 0, pages);
	/* The tables are not what is measured. */
	bench_touch(address, 1, 1);
	bench_touch(address + 512 * PAGE, 1, 1);
	from = bench_ticks();
	for (uint64_t i = 1; i < 512; i++) {
		volatile uint8_t *byte = (volatile uint8_t *)(address + i * PAGE);

		if (write)
			*byte = 1;
		else
			(void)*byte;
	}
	bench_report(name, bench_instructions(from, bench_ticks()), 511, 1);
	bench_unmap(address, pages);
	zx_handle_close(vmo);
}

/* Takes write away from resident pages, and gives it back. */
static void protect(uint64_t pages)
{
	zx_handle_t root = zx_vmar_root_self();
	zx_handle_t vmo = bench_vmo(pages);
	uintptr_t address = bench_map(vmo, pages);
	uint64_t total = 0;
	char name[40];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from;

		bench_touch(address, pages, 1);
		from = bench_ticks();
		zx_vmar_protect(root, ZX_VM_PERM_READ, address, pages * PAGE);
		total += bench_instructions(from, bench_ticks());
		zx_vmar_protect(root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, address, pages * PAGE);
	}
	snprintf(name, sizeof(name), "protect/%lu", (unsigned long)pages);
	bench_report(name, total, ROUNDS, ROUNDS);
	bench_unmap(address, pages);
	zx_handle_close(vmo);
}

/* DECOMMIT of pages that are mapped and touched, by VMO or by address. */
static void decommit_mapped(uint64_t pages, bool by_address)
{
	zx_handle_t vmo = bench_vmo(pages);
	uintptr_t address = bench_map(vmo, pages);
	uint64_t total = 0;
	char name[40];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from;

		bench_touch(address, pages, 1);
		from = bench_ticks();
		if (by_address)
			zx_vmar_op_range(zx_vmar_root_self(), ZX_VMO_OP_DECOMMIT, address,
					 pages * PAGE, NULL, 0);
		else
			zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, pages * PAGE, NULL, 0);
		total += bench_instructions(from, bench_ticks());
	}
	snprintf(name, sizeof(name), "%s/%lu", by_address ? "decommit_vmar" : "decommit",
		 (unsigned long)pages);
	bench_report(name, total, ROUNDS, ROUNDS);
	bench_unmap(address, pages);
	zx_handle_close(vmo);
}

static void commit_unmapped(uint64_t pages)
{
	zx_handle_t vmo = bench_vmo(pages);
	uint64_t total = 0;
	char name[40];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from = bench_ticks();

		bench_commit(vmo, 0, pages);
		total += bench_instructions(from, bench_ticks());
		decommit(vmo, pages);
	}
	snprintf(name, sizeof(name), "commit/per_page_of_%lu", (unsigned long)pages);
	bench_report(name, total, ROUNDS * pages, ROUNDS);
	zx_handle_close(vmo);
}

static void copy(uint64_t bytes)
{
	static uint8_t buffer[65536];
	zx_handle_t vmo = bench_vmo(16);
	uint64_t from;
	char name[40];

	bench_check(zx_vmo_write(vmo, buffer, 0, sizeof(buffer)), "vmo_write");
	bench_check(zx_vmo_read(vmo, buffer, 0, sizeof(buffer)), "vmo_read");
	from = bench_ticks();
	for (int i = 0; i < ROUNDS; i++)
		zx_vmo_read(vmo, buffer, 0, bytes);
	snprintf(name, sizeof(name), "vmo_read/%lu", (unsigned long)bytes);
	bench_report(name, bench_instructions(from, bench_ticks()), ROUNDS, 1);
	zx_handle_close(vmo);
}

void bench_memory(void)
{
	static const uint64_t sizes[] = { 1, 16, 256 };

	map_unmap();
	for (int i = 0; i < 3; i++)
		map_touch_unmap(sizes[i]);
	fault("fault/zero_fill", false, true);
	fault("fault/resident_write", true, true);
	fault("fault/resident_read_walk", true, false);
	for (int i = 0; i < 3; i++)
		protect(sizes[i]);
	for (int i = 0; i < 3; i++)
		decommit_mapped(sizes[i], false);
	for (int i = 0; i < 3; i++)
		decommit_mapped(sizes[i], true);
	commit_unmapped(256);
	copy(4096);
	copy(65536);
}
