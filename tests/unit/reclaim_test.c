/*
 * Memory pressure on the fake machine: discardable VMOs are taken back in their
 * order and from under readers, and what cannot be had changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/mmu.h>
#include <kernel/epoch.h>
#include <kernel/port.h>
#include <mm/discardable.h>
#include <mm/fault.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/vmar.h>
#include <mm/vmo_info.h>
#include <mm/vmo_pin.h>

#include "fake.h"

#define CPUS 4
#define RAM (12ul << 20)
#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define RWX (RW | ZX_VM_PERM_EXECUTE)
#define BASE 0x100000000ul
#define PAGES 20u		/* of a discardable VMO, if not said */

static u64 number_of(const char *name, u64 fallback)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : fallback;
}

static int boot(void **state)
{
	u64 seed = number_of("SEED", 1);

	(void)state;
	fake_boot(&(struct fake_options){ .cpu_count = CPUS, .ram_bytes = RAM,
					  .asid_bits = 3, .seed = seed });
	mm_init();
	port_init();
	print_message("# seed %lu\n", (unsigned long)seed);
	return 0;
}

/* --- Helpers --------------------------------------------------------------- */

static struct vmo *new_vmo(u64 pages, u32 options)
{
	struct vmo *v;

	assert_int_equal(vmo_create(pages * PAGE_SIZE, options, &v), ZX_OK);
	return v;
}

static struct vmo *new_discardable(u64 pages)
{
	return new_vmo(pages, ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE);
}

static void drop(struct vmo *v)
{
	object_unref(&v->object);
}

/* LOCK; true if content was lost. */
static bool lock(struct vmo *v)
{
	struct vmo_lock_receipt r;
	u64 size = vmo_get_size(v);

	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	assert_int_equal(r.state.size, size);
	assert_true(r.state.discarded_size == 0 ||
		    r.state.discarded_size == size);
	return r.state.discarded_size != 0;
}

static void unlock(struct vmo *v)
{
	assert_int_equal(vmo_unlock(v, 0, vmo_get_size(v)), ZX_OK);
}

static zx_status_t put(struct vmo *v, u64 page, u64 value)
{
	return vmo_write_kernel(v, &value, page * PAGE_SIZE, sizeof(value));
}

static zx_status_t get(struct vmo *v, u64 page, u64 *value)
{
	return vmo_read_kernel(v, value, page * PAGE_SIZE, sizeof(*value));
}

static void fill(struct vmo *v, u64 pages, u64 value)
{
	for (u64 i = 0; i < pages; i++)
		assert_int_equal(put(v, i, value + i), ZX_OK);
}

/* Filled under a lock, and unlocked: may be taken back. */
static struct vmo *new_unlocked(u64 pages, u64 value)
{
	struct vmo *v = new_discardable(pages);

	(void)lock(v);
	fill(v, pages, value);
	unlock(v);
	return v;
}

static bool is_discarded(struct vmo *v)
{
	u64 value;
	zx_status_t status = get(v, 0, &value);

	assert_true(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
	return status == ZX_ERR_NOT_FOUND;
}

static struct aspace *new_aspace(void)
{
	struct aspace *as;

	assert_int_equal(aspace_create("test", &as), ZX_OK);
	return as;
}

static void map_at(struct aspace *as, uaddr_t va, u64 pages, struct vmo *v,
		   u32 prot)
{
	struct vmar_placement where = { ZX_VM_SPECIFIC, va - as->base,
					pages * PAGE_SIZE };
	uaddr_t got;

	assert_int_equal(vmar_map(as->root, &where, v, 0, prot, prot, false,
				  &got), ZX_OK);
}

/* Frames in use, once everything that waits is freed. */
static u64 used_frames(void)
{
	epoch_drain();
	pt_stock_release();
	return pmm_total_count() - pmm_free_count() - slab_total_pages();
}

/* Asks for so many frames more than are free. */
static u64 ask_beyond(u64 frames)
{
	return mm_reclaim(pmm_free_count() + frames);
}

/* --- Order ----------------------------------------------------------------- */

static void test_oldest_first(void **state)
{
	struct vmo *unset = new_discardable(PAGES), *locked, *v[3];

	(void)state;
	fill(unset, PAGES, 1);
	locked = new_unlocked(PAGES, 1);
	assert_false(lock(locked));
	for (u32 i = 0; i < 3; i++)
		v[i] = new_unlocked(PAGES, 1);
	/* Young again. */
	assert_int_equal(vmo_try_lock(v[0], 0, PAGES * PAGE_SIZE), ZX_OK);
	unlock(v[0]);
	assert_int_equal(ask_beyond(1), PAGES);
	assert_true(is_discarded(v[1]));
	assert_false(is_discarded(v[2]) || is_discarded(v[0]));
	/* The second is not enough. */
	assert_int_equal(ask_beyond(PAGES + 1), 2 * PAGES);
	assert_true(is_discarded(v[2]) && is_discarded(v[0]));
	assert_int_equal(ask_beyond(1), 0);
	assert_false(is_discarded(unset) || is_discarded(locked));
	assert_true(lock(v[0]));
	assert_false(lock(v[0]));
	for (u32 i = 0; i < 3; i++)
		drop(v[i]);
	drop(locked);
	drop(unset);
}

/* What cannot be taken keeps its age, and does not hide those behind it. */
static void test_passed_over(void **state)
{
	struct vmo *empty, *pinned, *other;

	(void)state;
	empty = new_discardable(PAGES);
	(void)lock(empty);
	unlock(empty);
	pinned = new_unlocked(PAGES, 1);
	other = new_unlocked(PAGES, 1);
	assert_int_equal(vmo_pin(pinned, 0, PAGE_SIZE), ZX_OK);
	assert_int_equal(ask_beyond(1), PAGES);
	assert_true(is_discarded(other));
	assert_int_equal(ask_beyond(1), 0);
	assert_false(is_discarded(pinned) || is_discarded(empty));
	vmo_unpin(pinned, 0, PAGE_SIZE);
	assert_int_equal(ask_beyond(1), PAGES);
	assert_true(is_discarded(pinned));
	assert_int_equal(vmo_pin(pinned, 0, PAGE_SIZE), ZX_ERR_NOT_FOUND);
	drop(other);
	drop(pinned);
	drop(empty);
}

static void test_lock_is_taken_back(void **state)
{
	struct vmo *v = new_discardable(PAGES);
	struct vmo_lock_receipt r;
	u64 size = PAGES * PAGE_SIZE;

	(void)state;
	fill(v, PAGES, 1);
	/* Unset stays unset: it is not taken. */
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_int_equal(ask_beyond(1), 0);
	assert_false(lock(v));
	unlock(v);
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_int_equal(ask_beyond(1), PAGES);
	/* Discarded stays so, and the next one is told. */
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_true(is_discarded(v));
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	assert_int_equal(vmo_try_lock(v, 0, size), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_true(lock(v));
	assert_false(is_discarded(v));
	drop(v);
}

/* --- Translations ---------------------------------------------------------- */

/* Every CPU has the pages in its TLB when they are taken and used again by
 * others: none of them sees what the others write. */
static void test_no_stale_entry(void **state)
{
	struct vmo *v = new_unlocked(PAGES, 100), *thief;
	struct aspace *as[2] = { new_aspace(), new_aspace() };
	u64 value;

	(void)state;
	for (u32 i = 0; i < 2; i++)
		map_at(as[i], BASE, PAGES, v, RWX);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		fake_enter_aspace(as[cpu % 2]);
		for (u64 i = 0; i < PAGES; i++) {
			uaddr_t va = BASE + i * PAGE_SIZE;

			assert_int_equal(fake_user_store(va, i), ZX_OK);
			assert_int_equal(fake_user_fetch(va, &value), ZX_OK);
		}
	}
	fake_speculate(200);
	thief = new_vmo(pmm_free_count() + PAGES / 2, 0);
	assert_int_equal(ask_beyond(1), PAGES);
	for (u64 i = 0; i < 2 * PAGES; i++)
		assert_int_equal(put(thief, i, 0xbad), ZX_OK);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		for (u64 i = 0; i < PAGES; i++)
			assert_int_equal(fake_user_load(BASE + i * PAGE_SIZE,
							&value),
					 ZX_ERR_NOT_FOUND);
	}
	assert_true(lock(v));
	assert_int_equal(fake_user_load(BASE, &value), ZX_OK);
	assert_int_equal(value, 0);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		fake_enter_aspace(NULL);
	}
	fake_become(0);
	aspace_destroy(as[0]);
	aspace_destroy(as[1]);
	drop(thief);
	drop(v);
}

/* --- Running out ------------------------------------------------------------ */

static zx_status_t commit(struct vmo *v, u64 first, u64 pages)
{
	return vmo_commit_range(v, first * PAGE_SIZE, pages * PAGE_SIZE, false);
}

/* More than the other CPUs' caches of free frames hold. */
#define MANY 400u

/* More than the machine has costs nobody anything; a little more than is free
 * costs the oldest. */
static void test_commit(void **state)
{
	struct vmo *old = new_unlocked(MANY, 1);
	struct vmo *young = new_unlocked(MANY, 1);
	struct vmo *v = new_vmo(10 * pmm_total_count(), 0);
	u64 used = used_frames();

	(void)state;
	assert_int_equal(commit(v, 0, 2 * pmm_total_count()), ZX_ERR_NO_MEMORY);
	assert_false(is_discarded(old) || is_discarded(young));
	assert_int_equal(used_frames(), used);
	assert_int_equal(commit(v, 7, pmm_free_count() + 20), ZX_OK);
	assert_true(is_discarded(old) && !is_discarded(young));
	/* Now no room is left even if all others go. */
	assert_int_equal(commit(v, 5000, pmm_free_count() + 2 * MANY),
			 ZX_ERR_NO_MEMORY);
	drop(v);
	assert_int_equal(used_frames(),
			 used - (is_discarded(young) ? 2 * MANY : MANY));
	drop(young);
	drop(old);
}

/* Copies of a snapshot for which there is no room are not begun. */
static void test_commit_of_a_snapshot(void **state)
{
	u64 pages = pmm_free_count() * 6 / 10, value, used;
	struct vmo_child want = { .kind = VMO_CHILD_SNAPSHOT,
				  .size = pages * PAGE_SIZE };
	struct vmo *v = new_vmo(pages, 0), *child;

	(void)state;
	assert_int_equal(commit(v, 0, pages), ZX_OK);
	fill(v, 100, 1);
	assert_int_equal(vmo_create_child(v, &want, &child), ZX_OK);
	used = used_frames();
	assert_int_equal(commit(child, 0, pages), ZX_ERR_NO_MEMORY);
	assert_int_equal(used_frames(), used);
	assert_int_equal(commit(child, 0, 50), ZX_OK);
	for (u64 i = 0; i < 100; i++) {
		assert_int_equal(get(child, i, &value), ZX_OK);
		assert_int_equal(value, 1 + i);
	}
	assert_int_equal(used_frames(), used + 50);
	drop(child);
	drop(v);
}

/* Faults and writes until nothing is left: the page that could not be had is as
 * it was, all others are there, and what is given back serves again. */
static void test_exhaustion(void **state)
{
	struct vmo *old = new_unlocked(100, 1), *v, *w;
	u64 pages = 2 * pmm_total_count(), value, i = 0, used = used_frames();
	struct aspace *as = new_aspace();
	zx_status_t status;

	(void)state;
	v = new_vmo(pages, 0);
	w = new_vmo(pages, 0);
	map_at(as, BASE, pages, v, RW);
	fake_enter_aspace(as);
	do {
		status = fake_user_store(BASE + i * PAGE_SIZE, i + 1);
	} while (status == ZX_OK && ++i < pages);
	assert_int_equal(status, ZX_ERR_NO_MEMORY);
	assert_true(is_discarded(old));
	assert_int_equal(put(w, 0, 5), ZX_ERR_NO_MEMORY);
	assert_int_equal(get(w, 0, &value), ZX_OK);
	assert_int_equal(value, 0);
	for (u64 k = 0; k <= i; k++) {
		assert_int_equal(get(v, k, &value), ZX_OK);
		assert_int_equal(value, k < i ? k + 1 : 0);
	}
	assert_int_equal(vmo_decommit_range(v, 0, 64 * PAGE_SIZE, false),
			 ZX_OK);
	assert_int_equal(put(w, 0, 5), ZX_OK);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	drop(v);
	drop(w);
	assert_int_equal(used_frames(), used - 100);
	drop(old);
}

/* --- Random, against a model ------------------------------------------------ */

#define VMOS 6u
#define MODEL_PAGES 90u			/* a leaf and a bit */

enum model_state { UNSET, LOCKED, UNLOCKED, DISCARDED };

static struct model {
	struct vmo *vmo;
	enum model_state state;
	u64 locks, size, age, events;
	bool untold;
	u64 value[MODEL_PAGES];
	bool there[MODEL_PAGES];
} models[VMOS];
static u64 model_age, model_stamp;

static u64 model_pages(const struct model *m)
{
	u64 count = 0;

	for (u32 i = 0; i < m->size; i++)
		count += m->there[i];
	return count;
}

static void model_clear(struct model *m, u64 first)
{
	for (u64 i = first; i < MODEL_PAGES; i++) {
		m->value[i] = 0;
		m->there[i] = false;
	}
}

static void model_new(struct model *m)
{
	memset(m, 0, sizeof(*m));
	m->size = fake_below(MODEL_PAGES + 1);
	m->vmo = new_discardable(m->size);
}

static void model_lock(struct model *m)
{
	assert_int_equal(lock(m->vmo), m->untold && m->size);
	m->untold = false;
	m->state = LOCKED;
	m->locks++;
}

static void model_try_lock(struct model *m)
{
	zx_status_t want = m->state == DISCARDED ? ZX_ERR_UNAVAILABLE : ZX_OK;

	assert_int_equal(vmo_try_lock(m->vmo, 0, m->size * PAGE_SIZE), want);
	if (want != ZX_OK)
		return;
	m->state = LOCKED;
	m->locks++;
}

static void model_unlock(struct model *m)
{
	assert_int_equal(vmo_unlock(m->vmo, 0, m->size * PAGE_SIZE),
			 m->locks ? ZX_OK : ZX_ERR_BAD_STATE);
	if (m->locks && --m->locks == 0) {
		m->state = UNLOCKED;
		m->untold = false;
		m->age = ++model_age;
	}
}

static zx_status_t model_access(const struct model *m, u64 page)
{
	if (page >= m->size)
		return ZX_ERR_OUT_OF_RANGE;
	return m->state == DISCARDED ? ZX_ERR_NOT_FOUND : ZX_OK;
}

static void model_write(struct model *m, u64 page)
{
	zx_status_t want = model_access(m, page);

	assert_int_equal(put(m->vmo, page, ++model_stamp), want);
	if (want != ZX_OK)
		return;
	m->value[page] = model_stamp;
	m->there[page] = true;
}

static void model_read(struct model *m, u64 page)
{
	zx_status_t want = model_access(m, page);
	u64 value;

	assert_int_equal(get(m->vmo, page, &value), want);
	if (want == ZX_OK)
		assert_int_equal(value, m->value[page]);
}

static void model_resize(struct model *m, u64 pages)
{
	assert_int_equal(vmo_set_size(m->vmo, pages * PAGE_SIZE), ZX_OK);
	m->size = pages;
	model_clear(m, pages);
}

static struct model *model_oldest(void)
{
	struct model *best = NULL;

	for (u32 i = 0; i < VMOS; i++) {
		struct model *m = &models[i];

		if (m->state == UNLOCKED && model_pages(m) &&
		    (!best || m->age < best->age))
			best = m;
	}
	return best;
}

static void model_reclaim(u64 frames)
{
	u64 want = 0;

	while (want < frames) {
		struct model *m = model_oldest();

		if (!m)
			break;
		want += model_pages(m);
		model_clear(m, 0);
		m->state = DISCARDED;
		m->untold = true;
		m->events++;
	}
	assert_int_equal(ask_beyond(frames), want);
}

static void model_check(struct model *m)
{
	struct vmo_charge charge;

	vmo_get_charge(m->vmo, &charge);
	assert_int_equal(charge.whole, model_pages(m) * PAGE_SIZE);
	assert_int_equal(vmo_get_size(m->vmo), m->size * PAGE_SIZE);
	assert_int_equal(vmo_change_events(m->vmo), m->events);
	for (u32 i = 0; i < MODEL_PAGES; i++)
		model_read(m, i);
}

static void model_step(void)
{
	struct model *m = &models[fake_below(VMOS)];
	u64 page = fake_below(MODEL_PAGES);

	switch (fake_below(12)) {
	case 0:
		model_lock(m);
		break;
	case 1:
		model_try_lock(m);
		break;
	case 2:
	case 3:
	case 4:
		model_unlock(m);
		break;
	case 5:
		model_reclaim(1 + fake_below(MODEL_PAGES));
		break;
	case 6:
		model_resize(m, page);
		break;
	case 7:
		if (fake_below(4))
			break;
		drop(m->vmo);
		model_new(m);
		break;
	case 8:
		model_read(m, page);
		break;
	default:
		model_write(m, page);
	}
}

static void test_random(void **state)
{
	u64 steps = number_of("STEPS", 60000), used = used_frames();
	/* No wish is for more than the machine has. */
	struct vmo *ballast = new_vmo(2 * MODEL_PAGES, 0);

	(void)state;
	assert_int_equal(commit(ballast, 0, 2 * MODEL_PAGES), ZX_OK);
	for (u32 i = 0; i < VMOS; i++)
		model_new(&models[i]);
	for (u64 step = 0; step < steps; step++) {
		model_step();
		if (step % 64 == 0)
			model_check(&models[fake_below(VMOS)]);
	}
	for (u32 i = 0; i < VMOS; i++) {
		model_check(&models[i]);
		drop(models[i].vmo);
	}
	drop(ballast);
	assert_int_equal(used_frames(), used);
}

/* --- At the same time ------------------------------------------------------- */

/* Each CPU has one of these; all CPUs map all of them. */
static struct vmo *shared[CPUS];
static struct aspace *shared_as;
static u64 race_steps;
static u64 race_reads, race_losses;	/* atomic: counters */

static u64 race_stamp(u64 cpu, u64 page)
{
	return 0x57a3000000000000ul + (cpu << 32) + page;
}

static uaddr_t race_va(u64 cpu, u64 page)
{
	return BASE + (cpu * 64 + page) * PAGE_SIZE;
}

/* What is locked stays; what was lost is written again. */
static void race_use_own(u32 cpu)
{
	struct vmo *v = shared[cpu];
	bool lost = lock(v);
	u64 value;

	if (lost)
		__atomic_fetch_add(&race_losses, 1, __ATOMIC_RELAXED);
	for (u64 i = 0; i < PAGES; i++) {
		assert_int_equal(get(v, i, &value), ZX_OK);
		assert_int_equal(value, lost ? 0 : race_stamp(cpu, i));
	}
	for (u64 i = 0; i < PAGES; i++) {
		zx_status_t status = put(v, i, race_stamp(cpu, i));

		/* Others may have all that is left locked. */
		while (status == ZX_ERR_NO_MEMORY) {
			fake_quiesce();
			status = put(v, i, race_stamp(cpu, i));
		}
		assert_int_equal(status, ZX_OK);
	}
	unlock(v);
}

/* Through mappings: the owner's words, zero, or nothing. */
static void race_read(void)
{
	u64 cpu = fake_below(CPUS), page = fake_below(PAGES), value;
	zx_status_t status = fake_user_load(race_va(cpu, page), &value);

	if (status == ZX_OK)
		assert_true(value == 0 || value == race_stamp(cpu, page));
	else
		assert_true(status == ZX_ERR_NOT_FOUND ||
			    status == ZX_ERR_NO_MEMORY);
	__atomic_fetch_add(&race_reads, 1, __ATOMIC_RELAXED);
}

/* Takes frames that were others', writes all over them, gives them back. */
static void race_steal(void)
{
	u64 pages = 1 + fake_below(2 * PAGES);
	u64 free = pmm_free_count();
	struct vmo *thief;

	if (vmo_create((free + pages) * PAGE_SIZE, 0, &thief) != ZX_OK)
		return;
	if (commit(thief, 0, free > 100 ? free - 90 : pages) == ZX_OK)
		for (u64 i = 0; i < pages; i++)
			if (put(thief, i, 0xbad) != ZX_OK)
				break;
	(void)mm_reclaim(pmm_free_count() + fake_below(3 * PAGES));
	drop(thief);
}

static void racer(void *arg)
{
	u32 cpu = arch_cpu_id();

	(void)arg;
	fake_enter_aspace(shared_as);
	for (u64 step = 0; step < race_steps; step++) {
		switch (fake_below(16)) {
		case 0:
			race_use_own(cpu);
			break;
		case 1:
			race_steal();
			break;
		default:
			race_read();
		}
		fake_quiesce();
	}
	fake_enter_aspace(NULL);
}

static void test_race(void **state)
{
	u64 used = used_frames();

	(void)state;
	race_steps = number_of("STEPS", 1500);
	shared_as = new_aspace();
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		shared[cpu] = new_unlocked(PAGES, race_stamp(cpu, 0));
		map_at(shared_as, race_va(cpu, 0), PAGES, shared[cpu], RW);
	}
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, racer, NULL);
	racer(NULL);
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_join(cpu);
	print_message("# %lu reads, %lu losses\n", (unsigned long)race_reads,
		      (unsigned long)race_losses);
	assert_true(race_losses > 0);
	assert_int_equal(fake_bad_walks, 0);
	aspace_destroy(shared_as);
	for (u32 cpu = 0; cpu < CPUS; cpu++)
		drop(shared[cpu]);
	assert_int_equal(used_frames(), used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest_first),
		cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_lock_is_taken_back),
		cmocka_unit_test(test_no_stale_entry),
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_commit_of_a_snapshot),
		cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}
