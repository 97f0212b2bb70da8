/*
 * The program `bench`: prints a line `BENCH name value unit` for each row of the
 * groups named, or of all.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/status.h>

#include "bench.h"

/* Instructions that two readings of the counter cost by themselves. */
static uint64_t reading_cost;

uint64_t bench_instructions(uint64_t from, uint64_t to)
{
	return (to - from) * (1000000000ul / (uint64_t)zx_ticks_per_second());
}

void bench_report_unit(const char *name, uint64_t total, uint64_t count, const char *unit)
{
	printf("BENCH %s %llu.%02llu %s\n", name, (unsigned long long)(total / count),
	       (unsigned long long)(total % count * 100 / count), unit);
}

void bench_report(const char *name, uint64_t total, uint64_t count, uint64_t readings)
{
	uint64_t own = readings * reading_cost / 1000;

	bench_report_unit(name, total > own ? total - own : 0, count, "instructions");
}

void bench_check(zx_status_t status, const char *what)
{
	if (status == ZX_OK)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, zx_status_get_string(status));
	exit(1);
}

zx_handle_t bench_vmo(uint64_t pages)
{
	zx_handle_t vmo;

	bench_check(zx_vmo_create(pages * PAGE, 0, &vmo), "vmo_create");
	return vmo;
}

uintptr_t bench_map(zx_handle_t vmo, uint64_t pages)
{
	zx_vaddr_t address;

	bench_check(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
				pages * PAGE, &address),
		    "vmar_map");
	return address;
}

void bench_unmap(uintptr_t address, uint64_t pages)
{
	bench_check(zx_vmar_unmap(zx_vmar_root_self(), address, pages * PAGE), "vmar_unmap");
}

void bench_commit(zx_handle_t vmo, uint64_t first, uint64_t pages)
{
	bench_check(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, first * PAGE, pages * PAGE, NULL, 0),
		    "COMMIT");
}

void bench_touch(uintptr_t address, uint64_t pages, uint64_t stride)
{
	for (uint64_t i = 0; i < pages; i += stride)
		*(volatile uint8_t *)(address + i * PAGE) = 1;
}

static void calibrate(void)
{
	uint64_t total = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t from = bench_ticks();

		total += bench_instructions(from, bench_ticks());
	}
	reading_cost = total;
}

/* Init was entered so many ticks after power-on; it hands that down. */
static void report_boot(void)
{
	const char *ticks = getenv("BOOT_TICKS");

	if (ticks)
		bench_report("boot/first_user_instruction",
			     bench_instructions(0, strtoull(ticks, NULL, 10)), 1, 0);
}

/* "all" runs on the machine that most rows are for; the others by name only. */
static const struct {
	const char *name;
	void (*run)(void);
	bool all;
} groups[] = {
	{ "boot", report_boot, true },	  { "footprint", bench_footprint, true },
	{ "calls", bench_calls, true },	  { "memory", bench_memory, true },
	{ "shared", bench_shared, true }, { "snapshot", bench_snapshot, true },
	{ "threads", bench_threads, true }, { "pager", bench_pager, true },
	{ "channels", bench_channels, true },
	{ "many", bench_many, true },	  { "large", bench_large, false },
};

/* No argument wants all groups that run anywhere. */
static bool is_wanted(size_t group, int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], groups[group].name) == 0)
			return true;
	}
	return argc < 2 && groups[group].all;
}

static void print_groups(void)
{
	printf("bench: the groups are");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		printf(" %s", groups[i].name);
	printf("\n");
}

int main(int argc, char *argv[])
{
	int found = 0;

	calibrate();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (is_wanted(i, argc, argv)) {
			groups[i].run();
			found++;
		}
	}
	if (found == 0)
		print_groups();
	return found ? 0 : 2;
}
