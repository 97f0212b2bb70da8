/*
 * Eviction on the fake machine: which pages go, that they go everywhere at once,
 * and what others may do meanwhile.
 */
#include <kernel/port.h>
#include <mm/evict.h>
#include <mm/fault.h>
#include <mm/pager.h>
#include <mm/pressure.h>
#include <mm/vmo_hint.h>
#include <mm/vmo_pin.h>

#include "reclaim_env.h"

#define LEAF 64u			/* pages of one look */
#define BATCH 16u			/* pages of one supply */

/* A pager's VMO, its port, and a mapping of all of it. */
struct paged {
	struct pager *pager;
	struct port *port;
	struct vmo *vmo;
	struct aspace *as;
	u64 pages;
};

static u64 stamp(u64 page)
{
	return (page + 1) * 0x9e3779b97f4a7c15ul;
}

static zx_status_t supply(struct paged *p, u64 first, u64 count)
{
	struct vmo *aux = new_vmo(count, 0);
	zx_status_t status;

	for (u64 i = 0; i < count; i++)
		assert_int_equal(put(aux, i, stamp(first + i)), ZX_OK);
	status = pager_supply_pages(p->vmo, first * PAGE_SIZE,
				    count * PAGE_SIZE, aux, 0,
				    &(struct pager_supply_rules){ 0 });
	drop(aux);
	return status;
}

static void make(struct paged *p, u64 pages)
{
	p->pages = pages;
	assert_int_equal(pager_create(&p->pager), ZX_OK);
	assert_int_equal(port_create(0, &p->port), ZX_OK);
	assert_int_equal(pager_create_vmo(p->pager, ZX_VMO_RESIZABLE, p->port,
					  7, pages * PAGE_SIZE, &p->vmo),
			 ZX_OK);
	p->as = new_aspace();
	map_at(p->as, BASE, pages, p->vmo, RW);
}

static void make_full(struct paged *p, u64 pages)
{
	make(p, pages);
	for (u64 i = 0; i < pages; i += BATCH)
		assert_int_equal(supply(p, i, BATCH), ZX_OK);
}

static void unmake(struct paged *p)
{
	aspace_destroy(p->as);
	object_unref(&p->vmo->object);
	object_unref(pager_object(p->pager));
	object_unref(port_object(p->port));
}

static bool is_there(struct vmo *v, u64 page)
{
	bool there;

	mutex_lock(v->lock);
	there = pt_slot_type(ptree_get(&v->pages, page)) == PT_PAGE;
	mutex_unlock(v->lock);
	return there;
}

static u64 count_there(const struct paged *p)
{
	u64 sum = 0;

	for (u64 i = 0; i < p->pages; i++)
		sum += is_there(p->vmo, i);
	return sum;
}

/* Loads through the mapping; the page is there. */
static void touch(struct paged *p, u64 page)
{
	u64 value = 0;

	assert_true(is_there(p->vmo, page));
	fake_enter_aspace(p->as);
	assert_int_equal(fake_user_load(BASE + page * PAGE_SIZE, &value),
			 ZX_OK);
	fake_enter_aspace(NULL);
	assert_int_equal(value, stamp(page));
}

/* --- Which pages go --------------------------------------------------------- */

static void expect_there(struct paged *p, u64 first, u64 count, bool there)
{
	for (u64 i = first; i < first + count; i++)
		assert_int_equal(is_there(p->vmo, i), there);
}

/* The hand goes on where it stopped, and passes what was used meanwhile, be it
 * through a mapping or by a copy. */
static void test_order(void **state)
{
	struct paged p;
	u64 value;

	(void)state;
	make_full(&p, 4 * LEAF);
	/* Three looks in a row at everything: the first leaf goes. */
	assert_int_equal(evict_unused(1), LEAF);
	expect_there(&p, 0, LEAF, false);
	expect_there(&p, LEAF, 3 * LEAF, true);
	/* The last of its block: a fault shows those behind it as used too. */
	touch(&p, LEAF + 15);
	assert_int_equal(get(p.vmo, LEAF + 5, &value), ZX_OK);
	assert_int_equal(value, stamp(LEAF + 5));
	assert_int_equal(evict_unused(1), LEAF - 2);
	assert_true(is_there(p.vmo, LEAF + 15) && is_there(p.vmo, LEAF + 5));
	assert_int_equal(count_there(&p), 2 * LEAF + 2);
	/* In the end all go. */
	while (evict_unused(1))
		continue;
	assert_int_equal(count_there(&p), 0);
	unmake(&p);
}

static void test_used_again_and_again(void **state)
{
	struct paged p;

	(void)state;
	for (int hardware = 0; hardware < 2; hardware++) {
		fake_hardware_af = hardware;
		make_full(&p, 8 * LEAF);
		/* One page a leaf is used between any two calls. */
		for (u32 round = 0; round < 20; round++) {
			for (u64 i = LEAF - 1; i < p.pages; i += LEAF)
				touch(&p, i);
			(void)evict_unused(1);
			for (u64 i = 0; i < p.pages; i += BATCH)
				assert_int_equal(supply(&p, i, BATCH - 1),
						 ZX_OK);
		}
		for (u64 i = LEAF - 1; i < p.pages; i += LEAF)
			assert_true(is_there(p.vmo, i));
		unmake(&p);
	}
	fake_hardware_af = false;
}

/* Pages newer than the pager's, pinned, of a clone, shared, of a closed pager. */
static void test_never(void **state)
{
	struct vmo_child want = { .kind = VMO_CHILD_AT_LEAST_ON_WRITE,
				  .size = LEAF * PAGE_SIZE };
	struct paged p, closed;
	struct vmo *clone;
	u64 value;

	(void)state;
	make_full(&closed, BATCH);
	pager_object(closed.pager)->ops->on_zero_handles(
		pager_object(closed.pager));
	make_full(&p, LEAF);
	assert_int_equal(put(p.vmo, 1, 11), ZX_OK);
	assert_int_equal(vmo_create_child(p.vmo, &want, &clone), ZX_OK);
	assert_int_equal(vmo_pin(p.vmo, 2 * PAGE_SIZE, PAGE_SIZE), ZX_OK);
	assert_int_equal(put(clone, 3, 33), ZX_OK);
	assert_int_equal(evict_clean(~0ul), LEAF - 2);
	assert_int_equal(count_there(&closed), BATCH);
	assert_int_equal(count_there(&p), 2);
	assert_true(is_there(p.vmo, 1) && is_there(p.vmo, 2));
	assert_int_equal(get(clone, 3, &value), ZX_OK);
	assert_int_equal(value, 33);
	assert_int_equal(get(clone, 1, &value), ZX_OK);
	assert_int_equal(value, 11);
	assert_int_equal(evict_needed(~0ul), 0);
	vmo_unpin(p.vmo, 2 * PAGE_SIZE, PAGE_SIZE);
	drop(clone);
	unmake(&p);
	unmake(&closed);
}

/* What a clone shows of the root is unmapped there too. */
static void test_goes_everywhere(void **state)
{
	struct vmo_child want = { .kind = VMO_CHILD_AT_LEAST_ON_WRITE,
				  .size = LEAF * PAGE_SIZE };
	struct paged p;
	struct vmo *clone;
	u64 data;

	(void)state;
	make(&p, LEAF);
	assert_int_equal(vmo_create_child(p.vmo, &want, &clone), ZX_OK);
	map_at(p.as, BASE + LEAF * PAGE_SIZE, LEAF, clone, RW);
	assert_int_equal(supply(&p, 0, LEAF), ZX_OK);
	fake_enter_aspace(p.as);
	for (u32 i = 0; i < 2 * LEAF; i++) {
		assert_int_equal(fake_user_load(BASE + i * PAGE_SIZE, &data),
				 ZX_OK);
		assert_int_equal(data, stamp(i % LEAF));
	}
	fake_speculate(500);
	assert_int_equal(evict_clean(~0ul), LEAF);
	for (u32 i = 0; i < 2 * LEAF; i++)
		assert_false(fake_mmu_access(BASE + i * PAGE_SIZE, PT_READ,
					     &data, 8));
	fake_enter_aspace(NULL);
	drop(clone);
	unmake(&p);
}

/* --- Hints ------------------------------------------------------------------- */

static void test_hints(void **state)
{
	struct paged p;
	u64 value;

	(void)state;
	make_full(&p, 4 * LEAF);
	assert_int_equal(vmo_always_need(p.vmo, 0, LEAF * PAGE_SIZE, true),
			 ZX_OK);
	assert_int_equal(vmo_dont_need(p.vmo, 3 * LEAF * PAGE_SIZE + 1,
				       40 * PAGE_SIZE - 2), ZX_OK);
	/* Needed after all: by a copy, by a mapping. */
	assert_int_equal(get(p.vmo, 3 * LEAF + 1, &value), ZX_OK);
	touch(&p, 3 * LEAF + 15);
	assert_int_equal(mm_reclaim(pmm_free_count() + 1), 38);
	expect_there(&p, 3 * LEAF, 1, false);
	expect_there(&p, 3 * LEAF + 1, 1, true);
	expect_there(&p, 3 * LEAF + 15, 1, true);
	expect_there(&p, 3 * LEAF + 40, 24, true);
	/* All else goes before what is always needed. */
	assert_int_equal(mm_reclaim(pmm_free_count() + 2 * LEAF + 26),
			 2 * LEAF + 26);
	expect_there(&p, 0, LEAF, true);
	assert_int_equal(evict_clean(~0ul), 0);
	assert_int_equal(mm_reclaim(pmm_free_count() + 10), LEAF);
	assert_int_equal(count_there(&p), 0);
	/* Nothing is there to be needed or not: no request either. */
	assert_int_equal(vmo_dont_need(p.vmo, 0, p.pages * PAGE_SIZE), ZX_OK);
	assert_int_equal(evict_unneeded(1), 0);
	unmake(&p);
}

/* --- Levels ------------------------------------------------------------------ */

/* A level is left upwards later than it was entered, so small changes between
 * the two do not show. */
static void test_levels(void **state)
{
	const u64 total = 12800, step = mm_pressure_hysteresis(total);
	enum mm_pressure l = MM_PRESSURE_NORMAL;

	(void)state;
	assert_int_equal(mm_pressure_for(800, total, l), MM_PRESSURE_NORMAL);
	assert_int_equal(mm_pressure_for(799, total, l), MM_PRESSURE_WARNING);
	assert_int_equal(mm_pressure_for(399, total, l), MM_PRESSURE_CRITICAL);
	assert_int_equal(mm_pressure_for(199, total, l), MM_PRESSURE_IMMINENT);
	assert_int_equal(mm_pressure_for(99, total, l),
			 MM_PRESSURE_OUT_OF_MEMORY);
	l = MM_PRESSURE_WARNING;
	assert_int_equal(mm_pressure_for(800 + step - 1, total, l), l);
	assert_int_equal(mm_pressure_for(400, total, l), l);
	assert_int_equal(mm_pressure_for(800 + step, total, l),
			 MM_PRESSURE_NORMAL);
	l = MM_PRESSURE_OUT_OF_MEMORY;
	assert_int_equal(mm_pressure_for(100 + step - 1, total, l), l);
	assert_int_equal(mm_pressure_for(100 + step, total, l),
			 MM_PRESSURE_IMMINENT);
	assert_int_equal(mm_pressure_for(200 + step, total, l),
			 MM_PRESSURE_CRITICAL);
	assert_int_equal(mm_pressure_for(400 + step, total, l),
			 MM_PRESSURE_WARNING);
	assert_int_equal(mm_pressure_for(total, total, l), MM_PRESSURE_NORMAL);
}

/* Ahead of need only what was not used for long goes. */
static void test_idle(void **state)
{
	struct evict_count count;
	struct paged p;

	(void)state;
	make_full(&p, LEAF);
	mm_count_pager_pages(&count);
	assert_true(count.total == LEAF && count.newest == LEAF &&
		    count.oldest == 0);
	for (u32 i = 1; i < 5; i++) {
		touch(&p, 15);
		assert_int_equal(mm_reclaim_idle(1000, 6), 0);
	}
	mm_count_pager_pages(&count);
	assert_true(count.total == LEAF && count.newest == 1 &&
		    count.oldest == LEAF - 1);
	assert_int_equal(mm_reclaim_idle(1000, 6), LEAF - 1);
	assert_true(is_there(p.vmo, 15));
	unmake(&p);
}

/* --- Races -------------------------------------------------------------------- */

static struct paged shared;
static bool stop;			/* atomic: CPU 0 tells the others */
static u64 load_count, wrong_count;	/* atomic: counters */

static bool is_over(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

/* The service: answers each request with what the pages always hold. */
static void serve(void *arg)
{
	zx_port_packet_t packet;

	(void)arg;
	do {
		if (port_wait(shared.port, ZX_TIME_INFINITE, &packet) != ZX_OK)
			break;
		if (packet.type == ZX_PKT_TYPE_PAGE_REQUEST &&
		    packet.page_request.command == ZX_PAGER_VMO_READ)
			status_ignore(supply(&shared,
				     packet.page_request.offset / PAGE_SIZE,
				     packet.page_request.length / PAGE_SIZE));
	} while (packet.page_request.command != ZX_PAGER_VMO_COMPLETE);
}

/* Reads pages through the mapping and by copies. */
static void read_on(void *arg)
{
	u64 value, page;
	zx_status_t status;

	(void)arg;
	fake_enter_aspace(shared.as);
	while (!is_over()) {
		page = fake_below(shared.pages);
		if (fake_below(4) == 0)
			status = get(shared.vmo, page, &value);
		else
			status = fake_user_load(BASE + page * PAGE_SIZE,
						&value);
		if (status != ZX_OK || value != stamp(page))
			__atomic_fetch_add(&wrong_count, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&load_count, 1, __ATOMIC_RELAXED);
	}
	fake_enter_aspace(NULL);
}

/* CPU 0 evicts, gives hints and pins while one CPU serves and two read. */
static void test_race(void **state)
{
	u64 wanted = env_number("STEPS", 4000), evicted = 0;

	(void)state;
	make(&shared, 3 * LEAF);
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, cpu == 1 ? serve : read_on, NULL);
	while (__atomic_load_n(&load_count, __ATOMIC_RELAXED) < wanted ||
	       evicted < wanted / 4) {
		u64 page = fake_below(shared.pages - 8);

		fake_hardware_af = fake_below(2);
		switch (fake_below(4)) {
		case 0:
			evicted += evict_unused(1 + fake_below(100));
			break;
		case 1:
			status_ignore(vmo_dont_need(shared.vmo, page * PAGE_SIZE,
						    8 * PAGE_SIZE));
			break;
		case 2:
			evicted += evict_unneeded(10);
			break;
		case 3:
			evicted += evict_clean(1 + fake_below(20));
			break;
		}
		fake_quiesce();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	fake_cpu_join(2);
	fake_cpu_join(3);
	pager_detach_vmo(shared.vmo);
	fake_cpu_join(1);
	fake_hardware_af = false;
	assert_int_equal(wrong_count, 0);
	assert_int_equal(fake_bad_walks, 0);
	print_message("# %lu pages evicted\n", (unsigned long)evicted);
	unmake(&shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_used_again_and_again),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_goes_everywhere),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, env_boot, NULL);
}
