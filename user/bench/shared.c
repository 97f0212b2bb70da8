/*
 * A VMO that is mapped more than once, and what operations on pages cost in
 * flushes: TLBI and DSB instructions, as the kernel counts them.
 */
#include <stdio.h>

#include <zircon/jx.h>
#include <zircon/process.h>

#include "bench.h"

#define ROUNDS 64
#define MAPPINGS_MAX 1000

static zx_vaddr_t places[MAPPINGS_MAX];

static void decommit(zx_handle_t vmo, uint64_t pages)
{
	bench_check(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, pages * PAGE, NULL, 0),
		    "DECOMMIT");
}

/* DECOMMIT of one page that so many mappings show. */
static void decommit_shared(uint32_t mappings)
{
	const int rounds = mappings > 10 ? 8 : ROUNDS;
	zx_handle_t vmo = bench_vmo(1);
	uint64_t total = 0;
	char name[40];

	for (uint32_t i = 0; i < mappings; i++)
		places[i] = bench_map(vmo, 1);
	for (int round = 0; round < rounds; round++) {
		uint64_t from;

		for (uint32_t i = 0; i < mappings; i++)
			bench_touch(places[i], 1, 1);
		from = bench_ticks();
		decommit(vmo, 1);
		total += bench_instructions(from, bench_ticks());
	}
	snprintf(name, sizeof(name), "decommit_mapped/%u", (unsigned)mappings);
	bench_report(name, total, (uint64_t)rounds, (uint64_t)rounds);
	for (uint32_t i = 0; i < mappings; i++)
		bench_unmap(places[i], 1);
	zx_handle_close(vmo);
}

/* The first write to pages of a VMO that is mapped twice. */
static void zero_fill_shared(void)
{
	const uint64_t pages = 512;
	zx_handle_t vmo = bench_vmo(pages);
	uintptr_t one = bench_map(vmo, pages), other = bench_map(vmo, pages);
	uint64_t from;

	bench_touch(one, 1, 1);
	bench_touch(other, 1, 1);
	from = bench_ticks();
	bench_touch(one + PAGE, pages - 1, 1);
	bench_report("fault/zero_fill_shared", bench_instructions(from, bench_ticks()), pages - 1,
		     1);
	bench_unmap(one, pages);
	bench_unmap(other, pages);
	zx_handle_close(vmo);
}

/* --- Flushes --------------------------------------------------------------- */

struct flushes {
	uint64_t tlbi;
	uint64_t dsb;
};

/* Of the first CPU: `make bench` has no other. */
static struct flushes count_flushes(void)
{
	struct flushes f = { 0, 0 };
	jx_cpu_stats_t cpu;

	bench_check(jx_stat(JX_STAT_CPU, &cpu, sizeof(cpu), NULL), "stat");
	for (int i = JX_CPU_TLBI_PAGE; i <= JX_CPU_TLBI_ALL; i++)
		f.tlbi += cpu.counters[i];
	f.dsb = cpu.counters[JX_CPU_DSB];
	return f;
}

/* A VMO whose pages are all mapped and written, and one operation on it. */
struct subject {
	zx_handle_t vmo;
	zx_handle_t child;	/* a snapshot, to be closed */
	uintptr_t address;
	uint64_t pages;
};

static void do_unmap(struct subject *s)
{
	bench_unmap(s->address, s->pages);
}

static void do_protect(struct subject *s)
{
	bench_check(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, s->address,
				    s->pages * PAGE),
		    "protect");
}

static void do_decommit(struct subject *s)
{
	decommit(s->vmo, s->pages);
}

static void do_shrink(struct subject *s)
{
	bench_check(zx_vmo_set_size(s->vmo, 0), "set_size");
}

static void do_snapshot(struct subject *s)
{
	bench_check(zx_vmo_create_child(s->vmo, ZX_VMO_CHILD_SNAPSHOT, 0, s->pages * PAGE,
					&s->child),
		    "vmo_create_child");
}

static void do_write(struct subject *s)
{
	bench_touch(s->address, s->pages, 1);
}

static void flushes_of(const char *name, uint64_t pages, bool snapshot,
		       void (*operate)(struct subject *))
{
	struct subject s = { .child = ZX_HANDLE_INVALID, .pages = pages };
	struct flushes before, after;
	char row[48];

	bench_check(zx_vmo_create(pages * PAGE, ZX_VMO_RESIZABLE, &s.vmo), "vmo_create");
	s.address = bench_map(s.vmo, pages);
	bench_touch(s.address, pages, 1);
	if (snapshot)
		do_snapshot(&s);
	before = count_flushes();
	operate(&s);
	after = count_flushes();
	snprintf(row, sizeof(row), "tlbi/%s/%lu", name, (unsigned long)pages);
	bench_report_unit(row, after.tlbi - before.tlbi, 1, "tlbi");
	snprintf(row, sizeof(row), "dsb/%s/%lu", name, (unsigned long)pages);
	bench_report_unit(row, after.dsb - before.dsb, 1, "dsb");
	if (operate != do_unmap)
		bench_unmap(s.address, pages);
	if (s.child)
		zx_handle_close(s.child);
	zx_handle_close(s.vmo);
}

void bench_shared(void)
{
	static const uint32_t mappings[] = { 1, 4, 10, 1000 };

	for (int i = 0; i < 4; i++)
		decommit_shared(mappings[i]);
	zero_fill_shared();
	for (uint64_t pages = 1; pages <= 256; pages *= 256) {
		flushes_of("unmap", pages, false, do_unmap);
		flushes_of("protect", pages, false, do_protect);
		flushes_of("decommit", pages, false, do_decommit);
		flushes_of("shrink", pages, false, do_shrink);
		flushes_of("snapshot", pages, false, do_snapshot);
	}
	flushes_of("write_shared", 1, true, do_write);
}
