/*
 * Snapshots while other CPUs store: a snapshot is of one moment, so it never
 * changes and the next one is not older; whoever stores finds what it stored;
 * relatives come and go while charges are counted.
 * Environment: SEED, STEPS.
 */
#include <pthread.h>

#include <mm/pager.h>
#include <mm/vmar.h>

#include "snap_env.h"

#define CPUS 4
#define PAGES 12
#define KEPT 5				/* snapshots alive at a time */
#define BASE 0x100000000ul
#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define STORES_WANTED 3000

/* A VMO and a snapshot of it, each shown by an aspace of its own. */
static struct aspace *spaces[2];
static struct vmo *sides[2];
static bool stop;			/* atomic: CPU 0 tells the others */
static u64 store_count, wrong_count;	/* atomic: counters */

static u64 from_environment(const char *name, u64 fallback)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : fallback;
}

static int boot(void **state)
{
	u64 seed = from_environment("SEED", 1);

	(void)state;
	print_message("# SEED=%lu\n", (unsigned long)seed);
	snap_boot(CPUS, seed);
	return 0;
}

static void show(struct aspace *as, struct vmo *v)
{
	struct vmar_placement where = { ZX_VM_SPECIFIC, BASE - as->root->base,
					PAGES * PAGE_SIZE };
	uaddr_t got;

	assert_int_equal(vmar_map(as->root, &where, v, 0, RW, RW, false, &got),
			 ZX_OK);
}

static void check(bool right)
{
	if (!right)
		__atomic_fetch_add(&wrong_count, 1, __ATOMIC_RELAXED);
}

static bool is_over(void)
{
	return __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

/* What a CPU stores to. */
static const struct share {
	u32 side;
	u64 first, count;
} shares_of[CPUS] = { { 0, 0, 0 }, { 0, 0, 6 }, { 0, 6, 6 }, { 1, 0, 12 } };

/* Counts up in pages that nobody else stores to. */
static void storer(void *arg)
{
	const struct share *my = arg;
	u64 last[PAGES] = { 0 };

	fake_enter_aspace(spaces[my->side]);
	while (!is_over()) {
		u64 page = my->first + fake_below(my->count), value = 0;
		uaddr_t va = BASE + page * PAGE_SIZE;

		check(fake_user_load(va, &value) == ZX_OK &&
		      value == last[page]);
		if (fake_below(2))
			continue;
		check(fake_user_store(va, ++last[page]) == ZX_OK);
		__atomic_fetch_add(&store_count, 1, __ATOMIC_RELAXED);
	}
	fake_enter_aspace(NULL);
}

struct moment {
	struct vmo *vmo;
	u64 value[PAGES];
};

static void look(struct vmo *v, u64 *value)
{
	for (u64 i = 0; i < PAGES; i++)
		value[i] = snap_get_word(v, i, 0);
}

/* It shows what it showed at first. */
static void look_again(const struct moment *m)
{
	u64 now[PAGES];

	look(m->vmo, now);
	assert_memory_equal(now, m->value, sizeof(now));
}

static void take(struct moment *m, u32 side, u64 *before)
{
	assert_int_equal(snap_try(sides[side], VMO_CHILD_SNAPSHOT, 0, PAGES,
				  true, &m->vmo), ZX_OK);
	look(m->vmo, m->value);
	for (u64 i = 0; i < PAGES; i++)
		assert_true(m->value[i] >= before[i]);
	memcpy(before, m->value, sizeof(m->value));
}

/* A write to a snapshot is its own. */
static void scribble(struct moment *m)
{
	u64 page = fake_below(PAGES);

	m->value[page] = 1ul << 60;
	snap_put_word(m->vmo, page, 0, m->value[page]);
}

static void give_up(struct moment *m)
{
	look_again(m);
	object_unref(&m->vmo->object);
	m->vmo = NULL;
}

static u64 stores(void)
{
	return __atomic_load_n(&store_count, __ATOMIC_RELAXED);
}

static void make_sides(void)
{
	assert_int_equal(vmo_create(PAGES * PAGE_SIZE, ZX_VMO_RESIZABLE,
				    &sides[0]), ZX_OK);
	for (u64 i = 0; i < PAGES; i++)
		snap_put_word(sides[0], i, LAST_WORD, 1);
	assert_int_equal(snap_try(sides[0], VMO_CHILD_SNAPSHOT, 0, PAGES, true,
				  &sides[1]), ZX_OK);
	for (u32 i = 0; i < 2; i++) {
		assert_int_equal(aspace_create("race", &spaces[i]), ZX_OK);
		show(spaces[i], sides[i]);
	}
}

static void drop_sides(void)
{
	for (u32 i = 0; i < 2; i++) {
		aspace_destroy(spaces[i]);
		object_unref(&sides[i]->object);
	}
	assert_int_equal(snap_frames(), 0);
	assert_int_equal(fake_bad_walks, 0);
}

static void join_all(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_join(cpu);
	assert_int_equal(wrong_count, 0);
}

static void test_snapshots_of_moving_vmos(void **state)
{
	u64 steps = from_environment("STEPS", 2000), latest[2][PAGES] = { 0 };
	struct moment kept[KEPT] = { 0 };
	struct vmo_charge charge;

	(void)state;
	make_sides();
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, storer, (void *)&shares_of[cpu]);
	for (u64 i = 0; i < steps || stores() < STORES_WANTED; i++) {
		struct moment *m = &kept[fake_below(KEPT)];
		u32 side = (u32)fake_below(2);

		if (m->vmo)
			give_up(m);
		take(m, side, latest[side]);
		if (fake_below(2))
			scribble(m);
		vmo_get_charge(sides[side], &charge);
		fake_quiesce();
	}
	join_all();
	print_message("# %lu stores\n", (unsigned long)stores());
	for (u32 i = 0; i < KEPT; i++)
		if (kept[i].vmo)
			give_up(&kept[i]);
	drop_sides();
}

/* --- Overlays on a pager's VMO ---------------------------------------------------- */

#define OWN_PAGES 4u		/* of the overlay; the rest shines through */

static struct pager *pager;
static struct port *port;

/* The pager's VMO is side 0, all there, side 1 lies over it. */
static void make_overlay(void)
{
	struct vmo *aux;

	assert_int_equal(pager_create(&pager), ZX_OK);
	assert_int_equal(port_create(0, &port), ZX_OK);
	assert_int_equal(pager_create_vmo(pager, 0, port, 1, PAGES * PAGE_SIZE,
					  &sides[0]), ZX_OK);
	assert_int_equal(vmo_create(PAGES * PAGE_SIZE, 0, &aux), ZX_OK);
	for (u64 i = 0; i < PAGES; i++)
		snap_put_word(aux, i, LAST_WORD, 1);
	assert_int_equal(pager_supply_pages(
				 sides[0], 0, PAGES * PAGE_SIZE, aux, 0,
				 &(struct pager_supply_rules){ 0 }), ZX_OK);
	object_unref(&aux->object);
	assert_int_equal(snap_try(sides[0], VMO_CHILD_AT_LEAST_ON_WRITE, 0,
				  PAGES, true, &sides[1]), ZX_OK);
	for (u32 i = 0; i < 2; i++) {
		assert_int_equal(aspace_create("race", &spaces[i]), ZX_OK);
		show(spaces[i], sides[i]);
	}
}

/* What shines through counts up, as its storer does. */
static void watcher(void *arg)
{
	u64 seen[PAGES] = { 0 };

	(void)arg;
	fake_enter_aspace(spaces[1]);
	while (!is_over()) {
		u64 page = OWN_PAGES + fake_below(PAGES - OWN_PAGES), value = 0;

		check(fake_user_load(BASE + page * PAGE_SIZE, &value) == ZX_OK &&
		      value >= seen[page]);
		seen[page] = value;
	}
	fake_enter_aspace(NULL);
}

/* Overlays of the source or of the overlay come, write, and go. */
static void overlay_step(void)
{
	struct vmo *v;
	u64 page = fake_below(PAGES);

	assert_int_equal(snap_try(sides[fake_below(2)],
				  VMO_CHILD_MODIFIED, 0, PAGES, true, &v),
			 ZX_OK);
	snap_put_word(v, page, 0, 1ul << 60);
	assert_int_equal(snap_get_word(v, page, 0), 1ul << 60);
	assert_int_equal(snap_get_word(v, page, LAST_WORD), 1);
	assert_int_equal(vmo_zero_range(v, 0, PAGES * PAGE_SIZE, false), ZX_OK);
	assert_int_equal(snap_get_word(v, (page + 1) % PAGES, LAST_WORD), 0);
	object_unref(&v->object);
	fake_quiesce();
}

/* The source's storer, the overlay's, and one that looks through it. */
static void test_overlay_of_a_moving_source(void **state)
{
	static const struct share of_source = { 0, 0, PAGES };
	static const struct share of_overlay = { 1, 0, OWN_PAGES };
	u64 steps = from_environment("STEPS", 2000);

	(void)state;
	stop = false;
	store_count = wrong_count = 0;
	make_overlay();
	/* Its own from the start: else what it sees is the source's. */
	for (u64 i = 0; i < OWN_PAGES; i++)
		snap_put_word(sides[1], i, LAST_WORD, 1);
	fake_cpu_start(1, storer, (void *)&of_source);
	fake_cpu_start(2, storer, (void *)&of_overlay);
	fake_cpu_start(3, watcher, NULL);
	for (u64 i = 0; i < steps || stores() < STORES_WANTED; i++)
		overlay_step();
	join_all();
	drop_sides();
	object_unref(pager_object(pager));
	object_unref(port_object(port));
}

/* --- Relatives that come and go ------------------------------------------------- */

/* Each of the CPUs snapshots what the one before it left, writes, and counts
 * charges; every VMO in turn is changed, asked and destroyed by anybody. */
#define CHAIN 6

static struct {
	pthread_mutex_t lock;
	struct vmo *vmo;		/* under lock: counted */
} slots[CHAIN];

static struct vmo *borrow(u64 slot)
{
	struct vmo *v;

	pthread_mutex_lock(&slots[slot].lock);
	v = slots[slot].vmo;
	object_ref(&v->object);
	pthread_mutex_unlock(&slots[slot].lock);
	return v;
}

static void replace(u64 slot, struct vmo *v)
{
	struct vmo *old;

	pthread_mutex_lock(&slots[slot].lock);
	old = slots[slot].vmo;
	slots[slot].vmo = v;
	pthread_mutex_unlock(&slots[slot].lock);
	object_unref(&old->object);
}

/* Pages hold 0 or a number that is their own, whoever wrote it. */
static void relative_step(void)
{
	struct vmo *v = borrow(fake_below(CHAIN)), *child;
	u64 page = fake_below(PAGES), value = 0;
	struct vmo_charge charge;

	switch (fake_below(6)) {
	case 0:
		check(snap_try(v, VMO_CHILD_SNAPSHOT, 0, PAGES, true, &child) ==
		      ZX_OK);
		replace(fake_below(CHAIN), child);
		break;
	case 1:
		vmo_get_charge(v, &charge);
		check(charge.whole <= PAGES * PAGE_SIZE);
		break;
	case 2:
		check(vmo_zero_range(v, page * PAGE_SIZE, PAGE_SIZE, false) ==
		      ZX_OK);
		break;
	case 3:
		check(vmo_read_kernel(v, &value, page * PAGE_SIZE, 8) == ZX_OK);
		check(value == 0 || value == page + 1);
		break;
	default:
		value = page + 1;
		check(vmo_write_kernel(v, &value, page * PAGE_SIZE, 8) ==
		      ZX_OK);
	}
	object_unref(&v->object);
	fake_quiesce();
}

static void relative(void *arg)
{
	(void)arg;
	while (!is_over())
		relative_step();
}

static void test_relatives_come_and_go(void **state)
{
	u64 steps = from_environment("STEPS", 5000);

	(void)state;
	stop = false;
	wrong_count = 0;
	for (u64 i = 0; i < CHAIN; i++) {
		pthread_mutex_init(&slots[i].lock, NULL);
		assert_int_equal(vmo_create(PAGES * PAGE_SIZE, 0,
					    &slots[i].vmo), ZX_OK);
	}
	for (u32 cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, relative, NULL);
	for (u64 i = 0; i < steps; i++)
		relative_step();
	join_all();
	for (u64 i = 0; i < CHAIN; i++)
		object_unref(&slots[i].vmo->object);
	assert_int_equal(snap_frames(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshots_of_moving_vmos),
		cmocka_unit_test(test_overlay_of_a_moving_source),
		cmocka_unit_test(test_relatives_come_and_go),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}
