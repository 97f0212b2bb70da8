/*
 * Discardable VMOs at random: one thread against a model, then all CPUs at once,
 * with readers that hold stale entries for as long as they may.
 */
#include <mm/fault.h>
#include <mm/vmo_info.h>

#include "reclaim_env.h"

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
	u64 steps = env_number("STEPS", 60000), used = used_frames();
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

static void race(u64 steps)
{
	race_steps = steps;
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
	aspace_destroy(shared_as);
	for (u32 cpu = 0; cpu < CPUS; cpu++)
		drop(shared[cpu]);
}

static void test_race(void **state)
{
	u64 used;

	(void)state;
	/* The checker's own tables come with the first use of an aspace. */
	race(50);
	used = used_frames();
	race(env_number("STEPS", 1500));
	print_message("# %lu reads, %lu losses\n", (unsigned long)race_reads,
		      (unsigned long)race_losses);
	assert_true(race_losses > 0);
	assert_int_equal(fake_bad_walks, 0);
	assert_int_equal(used_frames(), used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, env_boot, NULL);
}
