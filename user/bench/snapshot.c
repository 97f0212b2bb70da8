/*
 * Snapshots: making and closing one, reading through many generations, the
 * first write to a shared page.
 */
#include <stdio.h>

#include <zircon/process.h>

#include "bench.h"

#define ROUNDS 512
#define TABLE_PAGES 512ul	/* that one leaf table maps */
#define APART 16ul		/* pages: one read fault maps no neighbour */

static zx_handle_t snapshot(zx_handle_t vmo, uint64_t pages)
{
	zx_handle_t child;

	bench_check(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, pages * PAGE, &child),
		    "vmo_create_child");
	return child;
}

/* Of a VMO with all pages resident. The first one founds the family. */
static void create_close(uint64_t pages)
{
	zx_handle_t vmo = bench_vmo(pages);
	uint64_t create = 0, close = 0;
	char name[40];

	bench_commit(vmo, 0, pages);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from = bench_ticks();
		zx_handle_t child = snapshot(vmo, pages);

		create += bench_instructions(from, bench_ticks());
		from = bench_ticks();
		zx_handle_close(child);
		close += bench_instructions(from, bench_ticks());
	}
	snprintf(name, sizeof(name), "snapshot/create/%lu", (unsigned long)pages);
	bench_report(name, create, ROUNDS, ROUNDS);
	snprintf(name, sizeof(name), "snapshot/close/%lu", (unsigned long)pages);
	bench_report(name, close, ROUNDS, ROUNDS);
	zx_handle_close(vmo);
}

/* Of a VMO that is mapped, and written since the last one: its entries lose
 * write permission. */
static void create_written(uint64_t pages)
{
	zx_handle_t vmo = bench_vmo(pages);
	uintptr_t address = bench_map(vmo, pages);
	uint64_t create = 0;
	char name[40];

	for (int i = 0; i < ROUNDS; i++) {
		zx_handle_t child;
		uint64_t from;

		bench_touch(address, pages, 1);
		from = bench_ticks();
		child = snapshot(vmo, pages);
		create += bench_instructions(from, bench_ticks());
		zx_handle_close(child);
	}
	snprintf(name, sizeof(name), "snapshot/create_written/%lu", (unsigned long)pages);
	bench_report(name, create, ROUNDS, ROUNDS);
	bench_unmap(address, pages);
	zx_handle_close(vmo);
}

static void read_all(uintptr_t address, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i += APART)
		(void)*(volatile uint8_t *)(address + i * PAGE);
}

/* Begins where a block of APART pages does: what a fault looks at beside its page
 * is the same wherever chance puts the mapping. */
static uintptr_t map_aligned(zx_handle_t vmo, uint64_t pages)
{
	zx_vaddr_t address;

	bench_check(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_ALIGN_64KB, 0, vmo,
				0, pages * PAGE, &address),
		    "vmar_map");
	return address;
}

/* A read fault in the youngest of so many generations, all alive. Pages stand
 * apart, so that each fault maps one. */
static void read_through(uint64_t generations)
{
	static zx_handle_t vmos[1001];
	const uint64_t pages = 8 * TABLE_PAGES;
	uintptr_t address;
	uint64_t from;
	char name[48];

	vmos[0] = bench_vmo(pages);
	for (uint64_t i = 0; i < pages; i += APART)
		bench_commit(vmos[0], i, 1);
	for (uint64_t i = 1; i <= generations; i++)
		vmos[i] = snapshot(vmos[i - 1], pages);
	address = map_aligned(vmos[generations], pages);
	/* The tables are not what is measured: page 1 reads zero. */
	for (uint64_t i = 1; i < pages; i += TABLE_PAGES)
		(void)*(volatile uint8_t *)(address + i * PAGE);
	from = bench_ticks();
	read_all(address, pages);
	snprintf(name, sizeof(name), "snapshot/read_fault/%lu", (unsigned long)generations);
	bench_report(name, bench_instructions(from, bench_ticks()), pages / APART, 1);
	bench_unmap(address, pages);
	for (uint64_t i = 0; i <= generations; i++)
		zx_handle_close(vmos[i]);
}

/* The first write to each page of a snapshot; `read`: after reading it, so that
 * its entry is flushed. */
static void write_shared(const char *name, bool read)
{
	zx_handle_t vmo = bench_vmo(TABLE_PAGES);
	zx_handle_t child;
	uintptr_t address;
	uint64_t from;

	bench_commit(vmo, 0, TABLE_PAGES);
	child = snapshot(vmo, TABLE_PAGES);
	address = bench_map(child, TABLE_PAGES);
	bench_touch(address, 1, 1);
	for (uint64_t i = 1; read && i < TABLE_PAGES; i++)
		(void)*(volatile uint8_t *)(address + i * PAGE);
	from = bench_ticks();
	bench_touch(address + PAGE, TABLE_PAGES - 1, 1);
	bench_report(name, bench_instructions(from, bench_ticks()), TABLE_PAGES - 1, 1);
	bench_unmap(address, TABLE_PAGES);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

void bench_snapshot(void)
{
	create_close(1);
	create_close(1000);
	create_written(1);
	create_written(256);
	read_through(1);
	read_through(64);
	read_through(1000);
	write_shared("snapshot/write_fault", false);
	write_shared("snapshot/write_fault_after_read", true);
}

/* Needs a machine of 2 GiB. */
void bench_large(void)
{
	create_close(262144);
}
