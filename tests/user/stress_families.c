/*
 * Wide families: 10,000 children of one VMO, closed while other CPUs create and
 * close others; and a snapshot of what is mapped 1,000 times.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "conf_vmo_util.h"
#include "stress_util.h"

#define CHILDREN 10000u
#define CHILD_BYTES (8u << 10)
#define PARENT_PAGES 4u

static const uint32_t kinds[] = { CONF_SNAPSHOT, CONF_ON_WRITE, CONF_SLICE };

/* A child of the parent comes and goes; while it lives there is no signal. */
static int breed(void *arg, uint32_t number)
{
	zx_handle_t parent = *(zx_handle_t *)arg, child;
	uint64_t word = 0, mine = 1000 + number;

	if (zx_vmo_create_child(parent, kinds[number % 3], 0, PARENT_PAGES * PAGE, &child) != ZX_OK)
		return 1;
	if (zx_object_wait_one(parent, ZX_VMO_ZERO_CHILDREN, 0, NULL) != ZX_ERR_TIMED_OUT)
		return 2;
	if (zx_vmo_read(child, &word, PAGE, sizeof(word)) != ZX_OK || word != VM_STAMP(1))
		return 3;
	/* Not through the slice, which would show it to all. */
	if (kinds[number % 3] != CONF_SLICE &&
	    zx_vmo_write(child, &mine, PAGE, sizeof(mine)) != ZX_OK)
		return 4;
	return zx_handle_close(child) == ZX_OK ? 0 : 5;
}

/* Children that wrote a page, and children that did not. */
static void make_children(zx_handle_t parent, zx_handle_t *children, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		children[i] = conf_child(parent, kinds[i % 3], 0, PARENT_PAGES);
		if (kinds[i % 3] != CONF_SLICE && i % 16 == 0)
			vm_vmo_set(children[i], 2, i);
	}
}

static void close_children(zx_handle_t parent, zx_handle_t *children, const uint32_t *order,
			   uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t which = order[i];

		if (i % 500 == 0) {
			bool wrote = kinds[which % 3] != CONF_SLICE && which % 16 == 0;

			EXPECT_EQ(vm_vmo_get(children[which], 2), wrote ? which : VM_STAMP(2));
			EXPECT_EQ(conf_signals(parent) & ZX_VMO_ZERO_CHILDREN, 0);
		}
		EXPECT_STATUS(zx_handle_close(children[which]), ZX_OK);
	}
}

/* spec/vmo.md 5.11: births against deaths; in the end count and signal agree. */
static void run_family(enum stress_order which)
{
	uint32_t count = (uint32_t)stress_count(CHILDREN, CHILD_BYTES);
	zx_handle_t parent = vm_vmo_make(PARENT_PAGES, 0);
	zx_handle_t *children = calloc(count, sizeof(*children));
	uint32_t *order = calloc(count, sizeof(*order));
	struct stress_crew *crew = stress_crew_start(breed, &parent);

	if (!EXPECT_TRUE(children && order && crew))
		return;
	stress_make_order(which, order, count);
	make_children(parent, children, count);
	EXPECT_TRUE(vm_vmo_info(parent).num_children >= count);
	close_children(parent, children, order, count);
	stress_crew_finish(crew);
	EXPECT_EQ(vm_vmo_info(parent).num_children, 0);
	EXPECT_EQ(conf_signals(parent), ZX_VMO_ZERO_CHILDREN);
	EXPECT_EQ(vm_vmo_get(parent, 1), VM_STAMP(1));
	EXPECT_EQ(vm_vmo_get(parent, 2), VM_STAMP(2));
	zx_handle_close(parent);
	free(order);
	free(children);
}

JX_TEST(stress_family_closed_oldest_first)
{
	run_family(OLDEST_FIRST);
}

JX_TEST(stress_family_closed_newest_first)
{
	run_family(NEWEST_FIRST);
}

JX_TEST(stress_family_closed_in_random_order)
{
	run_family(RANDOM_ORDER);
}

/* --- A snapshot of a VMO with many mappings ----------------------------------- */

#define MAPPINGS 1000u
#define SHOTS 10u

/* One page, side by side in many places. */
struct places {
	struct vm_area area;
	uint64_t count;
};

/* A number that each thread raises, at a place that changes. */
static int raise(void *arg, uint32_t number)
{
	const struct places *p = arg;
	static atomic_uint turn;
	uint64_t place = atomic_fetch_add(&turn, 7919) % p->count;
	uint64_t *word = (uint64_t *)(vm_at(&p->area, place) + 8 + number * 8);

	__atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
	return 0;
}

static uint64_t word_of(zx_handle_t vmo, uint32_t number)
{
	uint64_t value = 0;

	EXPECT_STATUS(zx_vmo_read(vmo, &value, 8 + number * 8, sizeof(value)), ZX_OK);
	return value;
}

/* The snapshot stands still while the parent goes on in all its mappings, and
 * no number ever falls, which it would if a mapping showed an old frame. */
static void take_shot(const struct places *p, struct stress_crew *crew)
{
	zx_handle_t shot = conf_snap(p->area.vmo, 0, 1);
	uint64_t then[STRESS_THREADS];

	for (uint32_t i = 0; i < STRESS_THREADS; i++)
		then[i] = word_of(shot, i);
	stress_crew_await(crew, 20);
	for (uint32_t i = 0; i < STRESS_THREADS; i++) {
		EXPECT_EQ(word_of(shot, i), then[i]);
		EXPECT_TRUE(word_of(p->area.vmo, i) > then[i]);
		EXPECT_EQ(vm_load(vm_at(&p->area, i) + 8 + i * 8) < then[i], false);
	}
	zx_handle_close(shot);
}

JX_TEST(stress_snapshot_of_what_is_mapped_1000_times)
{
	struct places p = { .count = MAPPINGS };
	struct stress_crew *crew;

	ASSERT_TRUE(vm_area_make(&p.area, p.count));
	for (uint64_t i = 0; i < p.count; i++) {
		ASSERT_STATUS(vm_area_map(&p.area, VM_RW, i, 0, 1), ZX_OK);
		vm_store(vm_at(&p.area, i), 1);
	}
	crew = stress_crew_start(raise, &p);
	ASSERT_TRUE(crew != NULL);
	stress_crew_await(crew, 1);
	for (uint32_t i = 0; i < SHOTS; i++)
		take_shot(&p, crew);
	stress_crew_finish(crew);
	vm_area_drop(&p.area);
}
