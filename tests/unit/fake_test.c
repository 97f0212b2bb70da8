/*
 * All of mm on the fake machine: what programs see through TLBs that keep every
 * stale entry, against a flat model and against each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/mmu.h>
#include <kernel/panic.h>
#include <kernel/port.h>
#include <mm/fault.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/ptcheck.h>
#include <mm/vmo.h>

#include "fake.h"

#define CPUS 4
#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define BASE 0x100000000ul		/* of all mappings here */

static u64 seed(void)
{
	const char *s = getenv("SEED");

	return s ? strtoull(s, NULL, 0) : 1;
}

static u64 step_count(u64 fallback)
{
	const char *s = getenv("STEPS");

	return s ? strtoull(s, NULL, 0) : fallback;
}

static int boot(void **state)
{
	(void)state;
	fake_boot(&(struct fake_options){ .cpu_count = CPUS, .asid_bits = 3,
					  .seed = seed() });
	mm_init();
	port_init();
	print_message("# seed %lu\n", (unsigned long)seed());
	return 0;
}

static struct aspace *new_aspace(void)
{
	struct aspace *as;

	assert_int_equal(aspace_create("test", &as), ZX_OK);
	return as;
}

static struct vmo *new_vmo(u64 pages)
{
	struct vmo *v;

	assert_int_equal(vmo_create(pages * PAGE_SIZE, ZX_VMO_RESIZABLE, &v),
			 ZX_OK);
	return v;
}

/* Maps at a fixed place, over whatever is there. */
static zx_status_t map_in(struct vmar *vmar, uaddr_t va, u64 pages,
			  struct vmo *v, u64 offset, u32 prot)
{
	struct vmar_placement where = {
		ZX_VM_SPECIFIC_OVERWRITE, va - vmar->base, pages * PAGE_SIZE };
	uaddr_t got;

	return vmar_map(vmar, &where, v, offset, prot, RW, false, &got);
}

static zx_status_t map_at(struct aspace *as, uaddr_t va, u64 pages,
			  struct vmo *v, u64 offset, u32 prot)
{
	return map_in(as->root, va, pages, v, offset, prot);
}

/* --- One after another --------------------------------------------------------- */

/* What is stored is loaded; a fresh page is zero; an unmapped one is gone. */
static void test_life_of_a_page(void **state)
{
	struct aspace *as = new_aspace();
	struct vmo *v = new_vmo(4);
	u64 value;

	(void)state;
	assert_int_equal(map_at(as, BASE, 4, v, 0, RW), ZX_OK);
	fake_enter_aspace(as);
	assert_int_equal(fake_user_load(BASE, &value), ZX_OK);
	assert_int_equal(value, 0);
	assert_int_equal(fake_user_store(BASE, 42), ZX_OK);
	assert_int_equal(fake_user_load(BASE, &value), ZX_OK);
	assert_int_equal(value, 42);
	assert_int_equal(vmo_decommit_range(v, 0, PAGE_SIZE, false), ZX_OK);
	assert_int_equal(fake_user_load(BASE, &value), ZX_OK);
	assert_int_equal(value, 0);
	assert_int_equal(fake_user_store(BASE + PAGE_SIZE, 7), ZX_OK);
	assert_int_equal(vmar_protect(as->root, BASE + PAGE_SIZE, PAGE_SIZE,
				      ZX_VM_PERM_READ, false), ZX_OK);
	assert_int_equal(fake_user_store(BASE + PAGE_SIZE, 8),
			 ZX_ERR_ACCESS_DENIED);
	assert_int_equal(vmar_unmap(as->root, BASE, PAGE_SIZE, true),
			 ZX_OK);
	assert_int_equal(fake_user_load(BASE, &value), ZX_ERR_NOT_FOUND);
	assert_int_equal(fake_user_load(BASE + PAGE_SIZE, &value), ZX_OK);
	assert_int_equal(value, 7);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&v->object);
}

/* A VMO is read into a mapping of itself, and user copies fault pages in. */
static void test_copies(void **state)
{
	struct aspace *as = new_aspace();
	struct vmo *v = new_vmo(4);
	u64 value;

	(void)state;
	assert_int_equal(map_at(as, BASE, 4, v, 0, RW), ZX_OK);
	fake_enter_aspace(as);
	assert_int_equal(fake_user_store(BASE + 8, 99), ZX_OK);
	assert_int_equal(vmo_read_user(v, BASE + PAGE_SIZE, 0, 2 * PAGE_SIZE),
			 ZX_OK);
	assert_int_equal(fake_user_load(BASE + PAGE_SIZE + 8, &value), ZX_OK);
	assert_int_equal(value, 99);
	assert_int_equal(vmo_write_user(v, BASE + PAGE_SIZE, 3 * PAGE_SIZE,
					PAGE_SIZE), ZX_OK);
	assert_int_equal(fake_user_load(BASE + 3 * PAGE_SIZE + 8, &value),
			 ZX_OK);
	assert_int_equal(value, 99);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&v->object);
}

/* Nothing is left of aspaces and VMOs that are gone. */
static void test_nothing_leaks(void **state)
{
	u64 before, i;

	(void)state;
	test_life_of_a_page(NULL);
	epoch_drain();
	pt_stock_release();
	before = pmm_free_count();
	/* One at a time: slabs keep frames for as many as there were at once. */
	for (i = 0; i < 20; i++) {
		test_life_of_a_page(NULL);
		epoch_drain();
	}
	pt_stock_release();
	assert_int_equal(pmm_free_count(), before);
}

/* --- Random operations against a flat model ------------------------------------- */

#define SPACES 2
#define VMOS 3
#define WINDOW 48			/* pages that may be mapped, each space */
#define VMO_PAGES 24
#define REGIONS 6			/* sub-VMARs, each space */

struct cell {
	u32 vmo;			/* index + 1; 0: nothing mapped */
	u32 page;			/* of the VMO */
	u32 prot;
	u32 region;			/* index + 1 of the sub-VMAR it lies in */
};

/* A sub-VMAR of a root; vmar NULL: the slot is free. */
struct region {
	struct vmar *vmar;
	u32 start, count;
};

static struct {
	struct aspace *as[SPACES];
	struct vmo *vmo[VMOS];
	struct cell cell[SPACES][WINDOW];
	struct region region[SPACES][REGIONS];
	u64 value[VMOS][VMO_PAGES];
	u64 size[VMOS];			/* pages */
	u64 stamp;
} model;

static uaddr_t page_va(u32 page)
{
	/* Across the end of a leaf table. */
	return BASE + (512 - WINDOW / 2 + page) * PAGE_SIZE;
}

/* The sub-VMAR that holds all of the range; NULL if none does. *touched: some
 * sub-VMAR holds part of it. */
static struct region *region_of(u32 s, u32 page, u32 count, bool *touched)
{
	u32 first = model.cell[s][page].region, i;
	bool same = true;

	*touched = false;
	for (i = page; i < page + count; i++) {
		*touched |= model.cell[s][i].region != 0;
		same &= model.cell[s][i].region == first;
	}
	return same && first != 0 ? &model.region[s][first - 1] : NULL;
}

static void do_map(u32 s, u32 page, u32 count)
{
	static const u32 prots[] = { RW, RW, ZX_VM_PERM_READ, 0 };
	u32 v = (u32)fake_below(VMOS), first = (u32)fake_below(VMO_PAGES), i;
	u32 prot = prots[fake_below(4)];
	bool touched;
	struct region *r = region_of(s, page, count, &touched);
	struct vmar *vmar = r ? r->vmar : model.as[s]->root;

	assert_int_equal(map_in(vmar, page_va(page), count, model.vmo[v],
				first * PAGE_SIZE, prot),
			 touched && !r ? ZX_ERR_INVALID_ARGS : ZX_OK);
	if (touched && !r)
		return;
	for (i = 0; i < count; i++) {
		struct cell *c = &model.cell[s][page + i];

		*c = (struct cell){ v + 1, first + i, prot, c->region };
	}
}

/* A sub-VMAR at a fixed place, which must be free. */
static void do_allocate(u32 s, u32 page, u32 count)
{
	struct vmar_placement where = {
		ZX_VM_SPECIFIC, page_va(page) - model.as[s]->root->base,
		count * PAGE_SIZE };
	u32 flags = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
		    ZX_VM_CAN_MAP_SPECIFIC;
	bool is_free = true;
	u32 r = 0, i;

	while (r < REGIONS && model.region[s][r].vmar)
		r++;
	if (r == REGIONS)
		return;
	for (i = page; i < page + count; i++)
		is_free &= !model.cell[s][i].vmo && !model.cell[s][i].region;
	assert_int_equal(vmar_allocate(model.as[s]->root, &where, flags,
				       &model.region[s][r].vmar),
			 is_free ? ZX_OK : ZX_ERR_ALREADY_EXISTS);
	if (!is_free)
		return;
	model.region[s][r].start = page;
	model.region[s][r].count = count;
	for (i = page; i < page + count; i++)
		model.cell[s][i].region = r + 1;
}

/* What a sub-VMAR held is gone, and it is dead. */
static void forget_region(u32 s, struct region *r)
{
	u32 i;

	assert_int_equal(vmar_destroy(r->vmar), ZX_ERR_BAD_STATE);
	object_unref(&r->vmar->object);
	r->vmar = NULL;
	for (i = r->start; i < r->start + r->count; i++)
		model.cell[s][i] = (struct cell){ 0 };
}

static bool sticks_out(u32 s, u32 region, u32 page, u32 end)
{
	const struct region *r;

	if (region == 0)
		return false;
	r = &model.region[s][region - 1];
	return r->start < page || r->start + r->count > end;
}

/* Through the root: sub-VMARs go whole or not at all. */
static void do_unmap(u32 s, u32 page, u32 count)
{
	zx_status_t want = ZX_ERR_NOT_FOUND;
	u32 i;

	for (i = page; i < page + count; i++) {
		const struct cell *c = &model.cell[s][i];

		if (sticks_out(s, c->region, page, page + count))
			want = ZX_ERR_INVALID_ARGS;
		else if ((c->vmo || c->region) && want == ZX_ERR_NOT_FOUND)
			want = ZX_OK;
	}
	assert_int_equal(vmar_unmap(model.as[s]->root, page_va(page),
				    count * PAGE_SIZE, true), want);
	for (i = page; want == ZX_OK && i < page + count; i++) {
		if (model.cell[s][i].region)
			forget_region(s, &model.region[s]
					[model.cell[s][i].region - 1]);
		model.cell[s][i].vmo = 0;
	}
}

static void do_protect(u32 s, u32 page, u32 count)
{
	u32 prot = fake_random() & 1 ? RW : ZX_VM_PERM_READ, i;
	bool touched;
	struct region *r = region_of(s, page, count, &touched);

	for (i = page; i < page + count; i++)
		if (model.cell[s][i].vmo == 0 || (touched && !r))
			return;
	assert_int_equal(vmar_protect(r ? r->vmar : model.as[s]->root,
				      page_va(page), count * PAGE_SIZE, prot,
				      false),
			 ZX_OK);
	for (i = page; i < page + count; i++)
		model.cell[s][i].prot = prot;
}

/* Decommit, zero or resize of a VMO: pages from `first` on read as zero. */
static void do_drop(u32 v)
{
	u32 first = (u32)fake_below(VMO_PAGES), count, i;
	struct vmo *vmo = model.vmo[v];

	switch (fake_below(4)) {
	case 0:
		assert_int_equal(vmo_set_size(vmo, first * PAGE_SIZE), ZX_OK);
		model.size[v] = first;
		count = VMO_PAGES - first;
		break;
	case 1:
		assert_int_equal(vmo_set_size(vmo, VMO_PAGES * PAGE_SIZE),
				 ZX_OK);
		model.size[v] = VMO_PAGES;
		return;
	default:
		count = (u32)fake_below(VMO_PAGES - first + 1);
		if (first + count > model.size[v])
			return;
		assert_int_equal(fake_random() & 1 ?
				 vmo_decommit_range(vmo, first * PAGE_SIZE,
						    count * PAGE_SIZE, false) :
				 vmo_zero_range(vmo, first * PAGE_SIZE,
						count * PAGE_SIZE, false),
				 ZX_OK);
	}
	for (i = first; i < first + count; i++)
		model.value[v][i] = 0;
}

/* What an access must say. */
static zx_status_t expect(const struct cell *c, u32 need)
{
	if (c->vmo == 0)
		return ZX_ERR_NOT_FOUND;
	if ((c->prot & need) != need)
		return ZX_ERR_ACCESS_DENIED;
	return c->page < model.size[c->vmo - 1] ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

static void do_load(u32 s, u32 page)
{
	const struct cell *c = &model.cell[s][page];
	zx_status_t want = expect(c, ZX_VM_PERM_READ);
	u64 value;

	assert_int_equal(fake_user_load(page_va(page), &value), want);
	if (want == ZX_OK)
		assert_int_equal(value, model.value[c->vmo - 1][c->page]);
}

static void do_store(u32 s, u32 page)
{
	const struct cell *c = &model.cell[s][page];
	zx_status_t want = expect(c, ZX_VM_PERM_WRITE);

	assert_int_equal(fake_user_store(page_va(page), ++model.stamp), want);
	if (want == ZX_OK)
		model.value[c->vmo - 1][c->page] = model.stamp;
}

static void do_access(void)
{
	u32 s = (u32)fake_below(SPACES), page = (u32)fake_below(WINDOW);

	fake_become((u32)fake_below(CPUS));
	fake_enter_aspace(model.as[s]);
	if (fake_random() & 1)
		do_store(s, page);
	else
		do_load(s, page);
}

static void do_change(void)
{
	u32 s = (u32)fake_below(SPACES), page = (u32)fake_below(WINDOW);
	u32 count = 1 + (u32)fake_below(WINDOW - page);

	fake_become((u32)fake_below(CPUS));
	switch (fake_below(8)) {
	case 0:
	case 1:
	case 2:
		do_map(s, page, count);
		break;
	case 3:
		do_unmap(s, page, count);
		break;
	case 4:
		do_protect(s, page, count);
		break;
	case 5:
		do_allocate(s, page, count);
		break;
	default:
		do_drop((u32)fake_below(VMOS));
	}
}

static void leave_all(void)
{
	u32 cpu;

	for (cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		fake_enter_aspace(NULL);
	}
	fake_become(0);
}

static void test_random(void **state)
{
	u64 step, steps = step_count(100000);
	u32 i, page;

	(void)state;
	memset(&model, 0, sizeof(model));
	for (i = 0; i < SPACES; i++)
		model.as[i] = new_aspace();
	for (i = 0; i < VMOS; i++) {
		model.vmo[i] = new_vmo(VMO_PAGES);
		model.size[i] = VMO_PAGES;
	}
	for (step = 0; step < steps; step++) {
		if (fake_below(5) == 0)
			do_change();
		else
			do_access();
	}
	for (i = 0; i < SPACES; i++) {
		fake_enter_aspace(model.as[i]);
		for (page = 0; page < WINDOW; page++)
			do_load(i, page);
	}
	leave_all();
	for (i = 0; i < SPACES; i++) {
		aspace_destroy(model.as[i]);
		for (page = 0; page < REGIONS; page++)
			if (model.region[i][page].vmar)
				forget_region(i, &model.region[i][page]);
	}
	for (i = 0; i < VMOS; i++)
		object_unref(&model.vmo[i]->object);
	assert_int_equal(fake_bad_walks, 0);
}

/* --- At the same time ------------------------------------------------------------ */

#define RACE_PAGES 16
#define LOADS_WANTED 3000

static struct aspace *race_as[2];
static struct vmo *race_vmo;
static bool race_stop;			/* atomic: CPU 0 tells the others */
static u64 race_loads, race_wrong;	/* atomic: counters */

/* A page holds 0 or the stamp of its own offset, whoever wrote it. */
static u64 race_stamp(u64 page)
{
	return 0x5741524d00000000ul + page;
}

static void racer(void *arg)
{
	struct aspace *as = arg;

	fake_enter_aspace(as);
	while (!__atomic_load_n(&race_stop, __ATOMIC_ACQUIRE)) {
		u64 page = fake_below(RACE_PAGES), value = 0;
		uaddr_t va = BASE + page * PAGE_SIZE;
		zx_status_t status;

		if (fake_below(3) == 0) {
			status = fake_user_store(va, race_stamp(page));
		} else {
			status = fake_user_load(va, &value);
			__atomic_fetch_add(&race_loads, 1, __ATOMIC_RELAXED);
		}
		if (value != 0 && value != race_stamp(page))
			__atomic_fetch_add(&race_wrong, 1, __ATOMIC_RELAXED);
		if (status != ZX_OK && status != ZX_ERR_NOT_FOUND &&
		    status != ZX_ERR_ACCESS_DENIED &&
		    status != ZX_ERR_OUT_OF_RANGE)
			__atomic_fetch_add(&race_wrong, 1, __ATOMIC_RELAXED);
	}
	fake_enter_aspace(NULL);
}

static void race_change(void)
{
	struct aspace *as = race_as[fake_below(2)];
	u64 page = fake_below(RACE_PAGES);
	u64 count = 1 + fake_below(RACE_PAGES - page);
	uaddr_t va = BASE + page * PAGE_SIZE;
	zx_status_t status = ZX_OK;

	switch (fake_below(5)) {
	case 0:
		status = vmo_decommit_range(race_vmo, page * PAGE_SIZE,
					    count * PAGE_SIZE, true);
		break;
	case 1:
		status = vmar_unmap(as->root, va, count * PAGE_SIZE, true);
		break;
	case 2:
		status = map_at(as, va, count, race_vmo, page * PAGE_SIZE, RW);
		break;
	case 3:
		status = vmar_protect(as->root, va, count * PAGE_SIZE,
				      ZX_VM_PERM_READ, false);
		break;
	case 4:
		status = vmo_set_size(race_vmo, page * PAGE_SIZE);
		if (status == ZX_OK)
			status = vmo_set_size(race_vmo,
					      RACE_PAGES * PAGE_SIZE);
	}
	assert_true(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
}

static u64 load_count(void)
{
	return __atomic_load_n(&race_loads, __ATOMIC_RELAXED);
}

/* Three CPUs load and store through two aspaces while the fourth changes all
 * that can be changed: nobody ever sees another page's content. */
static void test_race(void **state)
{
	u64 step, steps = step_count(3000);
	u32 cpu, i;

	(void)state;
	race_vmo = new_vmo(RACE_PAGES);
	race_stop = false;
	race_loads = race_wrong = 0;
	for (i = 0; i < 2; i++) {
		race_as[i] = new_aspace();
		assert_int_equal(map_at(race_as[i], BASE, RACE_PAGES, race_vmo,
					0, RW), ZX_OK);
	}
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, racer, race_as[cpu % 2]);
	/* The others have to come to it: the host may be busy. */
	for (step = 0; step < steps || load_count() < LOADS_WANTED; step++) {
		race_change();
		fake_quiesce();
	}
	__atomic_store_n(&race_stop, true, __ATOMIC_RELEASE);
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_join(cpu);
	print_message("# %lu loads\n", (unsigned long)race_loads);
	assert_int_equal(race_wrong, 0);
	assert_int_equal(fake_bad_walks, 0);
	for (i = 0; i < 2; i++)
		aspace_destroy(race_as[i]);
	object_unref(&race_vmo->object);
}

/* --- Pagers ----------------------------------------------------------------------- */

static struct vmo *paged;
static struct aspace *paged_as;
static zx_status_t paged_status[CPUS];
static u64 paged_value[CPUS];

static void paged_reader(void *arg)
{
	u32 cpu = arch_cpu_id();

	(void)arg;
	fake_enter_aspace(paged_as);
	paged_status[cpu] = fake_user_load(BASE + (cpu - 1) * PAGE_SIZE,
					   &paged_value[cpu]);
	fake_enter_aspace(NULL);
}

/* Three CPUs wait for pages; the first is supplied with content, the detach
 * ends the other two with failure. The port sees reads, then one COMPLETE. */
static void test_pager(void **state)
{
	struct pager *pager;
	struct port *port;
	struct vmo *aux = new_vmo(1);
	zx_port_packet_t packet;
	u32 cpu, reads = 0;

	(void)state;
	assert_int_equal(pager_create(&pager), ZX_OK);
	assert_int_equal(port_create(0, &port), ZX_OK);
	assert_int_equal(pager_create_vmo(pager, 0, port, 5, 4 * PAGE_SIZE,
					  &paged), ZX_OK);
	paged_as = new_aspace();
	assert_int_equal(map_at(paged_as, BASE, 4, paged, 0, RW), ZX_OK);
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, paged_reader, NULL);
	/* One request at a time is in the port; the first is answered. */
	assert_int_equal(port_wait(port, ZX_TIME_INFINITE, &packet), ZX_OK);
	assert_int_equal(packet.page_request.command, ZX_PAGER_VMO_READ);
	reads++;
	assert_int_equal(vmo_write_kernel(aux, &(u64){ 1234 }, 0, 8), ZX_OK);
	assert_int_equal(pager_supply_pages(
				 paged, packet.page_request.offset, PAGE_SIZE,
				 aux, 0, &(struct pager_supply_rules){ 0 }),
			 ZX_OK);
	pager_detach_vmo(paged);
	do {
		assert_int_equal(port_wait(port, ZX_TIME_INFINITE, &packet),
				 ZX_OK);
		assert_int_equal(packet.key, 5);
	} while (packet.page_request.command != ZX_PAGER_VMO_COMPLETE &&
		 ++reads < 10);
	assert_int_equal(packet.page_request.command, ZX_PAGER_VMO_COMPLETE);
	assert_int_equal(port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_join(cpu);
	for (cpu = 1; cpu < CPUS; cpu++) {
		if (paged_status[cpu] == ZX_OK)
			assert_int_equal(paged_value[cpu], 1234);
		else
			assert_int_equal(paged_status[cpu], ZX_ERR_BAD_STATE);
	}
	aspace_destroy(paged_as);
	object_unref(&paged->object);
	object_unref(&aux->object);
	object_unref(pager_object(pager));
	object_unref(port_object(port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life_of_a_page),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_nothing_leaks),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_pager),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}
