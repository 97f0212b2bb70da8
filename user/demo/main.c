/*
 * `demo`: the three calls that Jacinth was made for, one after another, with
 * what the hardware did for each; then snapshots. Exits with 0 if all went as it should.
 */
#include <stdio.h>
#include <string.h>

#include <zircon/jx.h>
#include <zircon/status.h>

#include "demo.h"

static int failure_count;

void demo_fail(const char *what, zx_status_t status)
{
	printf("  FAILED: %s: %s\n", what, zx_status_get_string(status));
	failure_count++;
}

bool demo_expect(zx_status_t got, zx_status_t wanted, const char *what)
{
	if (got == wanted)
		return true;
	demo_fail(what, got);
	return false;
}

static void work_read(struct work *w)
{
	jx_cpu_stats_t cpus[CPUS_MAX];
	size_t count = 0;

	memset(w, 0, sizeof(*w));
	if (jx_stat(JX_STAT_CPU, cpus, sizeof(cpus), &count) != ZX_OK)
		return;
	for (size_t i = 0; i < count && i < CPUS_MAX; i++) {
		const uint64_t *c = cpus[i].counters;

		w->cleared += c[JX_CPU_PTES_CLEARED];
		w->tlbi += c[JX_CPU_TLBI_PAGE] + c[JX_CPU_TLBI_RANGE] + c[JX_CPU_TLBI_ASID] +
			   c[JX_CPU_TLBI_ALL];
		w->dsb += c[JX_CPU_DSB];
		w->freed += c[JX_CPU_PAGES_FREED];
	}
}

void work_begin(struct work *w)
{
	work_read(w);
}

void work_end(struct work *w)
{
	struct work now;

	work_read(&now);
	w->cleared = now.cleared - w->cleared;
	w->tlbi = now.tlbi - w->tlbi;
	w->dsb = now.dsb - w->dsb;
	w->freed = now.freed - w->freed;
}

void work_print(const struct work *w, uint32_t readers)
{
	printf("  hardware: %llu entries cleared, %llu TLBI, %llu DSB, %llu frames freed;"
	       " %u CPUs were running this address space\n",
	       (unsigned long long)w->cleared, (unsigned long long)w->tlbi,
	       (unsigned long long)w->dsb, (unsigned long long)w->freed, (unsigned int)readers + 1);
}

int main(void)
{
	printf("Jacinth: four calls on %u CPUs\n", (unsigned int)zx_system_get_num_cpus());
	demo_unmap();
	demo_decommit();
	demo_detach();
	demo_snapshot();
	puts(failure_count ? "demo: FAILED" : "demo: all as it should be");
	return failure_count ? 1 : 0;
}
