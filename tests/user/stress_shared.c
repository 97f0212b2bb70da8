/*
 * A VMO that is mapped 10,000 times, while other CPUs touch it everywhere:
 * decommit, zero, shrink and protection of its pages cost as much as they must,
 * and nobody sees an old frame.
 */
#include <stdatomic.h>

#include "conf_vmo_util.h"
#include "stress_util.h"

#define MAPPINGS 10000u
#define MAPPING_BYTES 1024u
#define ROUNDS 4u

/* One page side by side in many places; each of them shows the same. */
struct crowd {
	struct vm_area area;
	zx_handle_t scratch;
	uint64_t count;
	/* Atomic: no value below it may be seen, but 0. */
	atomic_ulong oldest;
	atomic_ulong turn;
};

static bool crowd_make(struct crowd *c)
{
	c->count = stress_count(MAPPINGS, MAPPING_BYTES);
	c->scratch = vm_vmo_make(STRESS_THREADS, 0);
	atomic_init(&c->oldest, 0);
	atomic_init(&c->turn, 0);
	if (!vm_area_make(&c->area, c->count))
		return false;
	zx_handle_close(c->area.vmo);
	c->area.vmo = conf_vmo(1, ZX_VMO_RESIZABLE);
	for (uint64_t i = 0; i < c->count; i++)
		if (!EXPECT_STATUS(vm_area_map(&c->area, VM_RW, i, 0, 1), ZX_OK))
			return false;
	return true;
}

static void crowd_drop(struct crowd *c)
{
	vm_area_drop(&c->area);
	zx_handle_close(c->scratch);
}

/* Gives every mapping an entry. */
static void crowd_touch(const struct crowd *c, uint64_t value)
{
	vm_vmo_set(c->area.vmo, 0, value);
	for (uint64_t i = 0; i < c->count; i++)
		if (!EXPECT_EQ(vm_load(vm_at(&c->area, i)), value))
			return;
}

static zx_vaddr_t some_place(struct crowd *c)
{
	return vm_at(&c->area, atomic_fetch_add(&c->turn, 7919) % c->count);
}

/* 0 or something that is not too old. */
static int look(void *arg, uint32_t number)
{
	struct crowd *c = arg;
	uint64_t oldest = atomic_load(&c->oldest), seen = vm_load(some_place(c));

	(void)number;
	return seen == 0 || seen >= oldest ? 0 : 1;
}

/* The same by a system call, which fails where the page is gone. */
static int probe(void *arg, uint32_t number)
{
	struct crowd *c = arg;
	uint64_t oldest = atomic_load(&c->oldest), seen = 0, at = number * PAGE;
	zx_status_t status = zx_vmo_write(c->scratch, (const void *)some_place(c), at, 8);

	if (status == ZX_ERR_OUT_OF_RANGE)
		return 0;
	if (status != ZX_OK || zx_vmo_read(c->scratch, &seen, at, 8) != ZX_OK)
		return 2;
	return seen == 0 || seen >= oldest ? 0 : 1;
}

/* In each round all mappings show a page, then it is taken, and they show zeros. */
static void run(stress_turn turn, void (*take)(const struct crowd *))
{
	struct stress_crew *crew;
	struct crowd c;

	ASSERT_TRUE(crowd_make(&c));
	crew = stress_crew_start(turn, &c);
	ASSERT_TRUE(crew != NULL);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		crowd_touch(&c, round);
		take(&c);
		atomic_store(&c.oldest, round + 1);
		stress_crew_await(crew, 20);
		EXPECT_EQ(vm_load(vm_at(&c.area, round)), 0);
	}
	stress_crew_finish(crew);
	crowd_drop(&c);
}

static void decommit(const struct crowd *c)
{
	EXPECT_STATUS(conf_op(c->area.vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_OK);
}

static void zero(const struct crowd *c)
{
	EXPECT_STATUS(conf_op(c->area.vmo, ZX_VMO_OP_ZERO, 0, PAGE), ZX_OK);
}

static void shrink(const struct crowd *c)
{
	EXPECT_STATUS(zx_vmo_set_size(c->area.vmo, 0), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&c->area, c->count - 1)), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(c->area.vmo, PAGE), ZX_OK);
}

JX_TEST(stress_decommit_of_what_is_mapped_10000_times)
{
	run(look, decommit);
}

JX_TEST(stress_zero_of_what_is_mapped_10000_times)
{
	run(look, zero);
}

JX_TEST(stress_shrink_of_what_is_mapped_10000_times)
{
	run(probe, shrink);
}

/* One call takes write away from 10,000 mappings, and gives it back. */
static void protect(const struct crowd *c)
{
	const zx_handle_t vmar = c->area.vmar;

	EXPECT_STATUS(zx_vmar_protect(vmar, VM_R, c->area.base, c->count * PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&c->area, c->count / 2)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(vmar, VM_RW, c->area.base, c->count * PAGE), ZX_OK);
	decommit(c);
}

JX_TEST(stress_protect_of_10000_mappings)
{
	run(look, protect);
}
