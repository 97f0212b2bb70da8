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

void bench_report(const char *name, uint64_t total, uint64_t count, uint64_t readings)
{
	uint64_t own = readings * reading_cost / 1000;
	uint64_t net = total > own ? total - own : 0;

	printf("BENCH %s %llu.%02llu instructions\n", name,
	       (unsigned long long)(net / count),
	       (unsigned long long)(net % count * 100 / count));
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

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "boot", report_boot },	  { "calls", bench_calls },
	{ "memory", bench_memory },	  { "threads", bench_threads },
	{ "pager", bench_pager },	  { "many", bench_many },
};

/* No argument wants all groups. */
static bool is_wanted(const char *group, int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], group) == 0)
			return true;
	}
	return argc < 2;
}

int main(int argc, char *argv[])
{
	int found = 0;

	calibrate();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (is_wanted(groups[i].name, argc, argv)) {
			groups[i].run();
			found++;
		}
	}
	if (found == 0)
		printf("bench: the groups are boot, calls, memory, threads, pager, many\n");
	return found ? 0 : 2;
}
