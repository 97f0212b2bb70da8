/* Several threads on one address space: spec/vmar.md 18. Each thread takes a random walk
 * from a seed of its own, which a failure names. */
#include <stdatomic.h>

#include <jx/thread.h>

#include "conf_util.h"

#define ROUNDS 1000
#define THREADS 3

struct racer {
	struct jx_thread thread;
	const struct vm_area *area;
	atomic_uint *start;
	uint64_t seed;
	uint64_t wins;
	uint64_t losses;
};

static uint64_t draw(struct racer *r)
{
	r->seed = r->seed * 6364136223846793005ul + 1442695040888963407ul;
	return r->seed >> 33;
}

/* All begin together: the first rounds collide for sure. */
static void line_up(struct racer *r)
{
	atomic_fetch_sub(r->start, 1);
	while (atomic_load(r->start) != 0)
		zx_nanosleep(0);
}

static bool race(const struct vm_area *a, int (*fn)(void *), struct racer r[THREADS])
{
	atomic_uint start = THREADS;
	bool good = true;
	int result;

	for (int i = 0; i < THREADS; i++) {
		r[i] = (struct racer){ .area = a, .start = &start, .seed = 77 + i };
		if (!EXPECT_STATUS(jx_thread_create(&r[i].thread, "racer", fn, &r[i]), ZX_OK))
			return false;
	}
	for (int i = 0; i < THREADS; i++) {
		result = -1;
		good = EXPECT_STATUS(jx_thread_join(&r[i].thread, &result), ZX_OK) && good;
		if (!EXPECT_STATUS(result, 0))
			jx_note("that was the thread of seed %d", 77 + i);
	}
	return good;
}

/* One page for all: of those who map it one wins, of those who unmap it one. */
static int contend(void *arg)
{
	struct racer *r = arg;
	const zx_status_t nothing = conf_era(ZX_ERR_NOT_FOUND, ZX_OK);

	line_up(r);
	for (int i = 0; i < ROUNDS; i++) {
		zx_status_t status = vm_area_map(r->area, VM_R, 0, 0, 1);

		if (status == ZX_OK)
			r->wins++;
		else if (status != CONF_COLLIDES)
			return status;
		status = vm_area_unmap(r->area, 0, 1);
		if (status == ZX_OK)
			r->losses++;
		else if (status != nothing)
			return status;
	}
	return 0;
}

JX_TEST(vmar_18_r1_one_wins)
{
	struct racer r[THREADS];
	uint64_t mapped = 0, unmapped = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_TRUE(race(&a, contend, r));
	for (int i = 0; i < THREADS; i++) {
		mapped += r[i].wins;
		unmapped += r[i].losses;
	}
	EXPECT_TRUE(mapped > 0);
	/* What was mapped was unmapped once: the latest era also says OK to none. */
	if (jx_era() == JX_ERA_2020)
		EXPECT_EQ(mapped, unmapped);
	EXPECT_TRUE(vm_area_is(&a, NULL, 0));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	vm_area_drop(&a);
}

/* A sub-VMAR that others may destroy before its maker does. */
static zx_status_t come_and_go(zx_handle_t vmar, uint64_t bytes)
{
	zx_handle_t sub;
	zx_vaddr_t address;
	zx_status_t status = zx_vmar_allocate(vmar, VM_CAN_RW, 0, bytes, &sub, &address);

	if (status == ZX_OK) {
		status = zx_vmar_destroy(sub);
		zx_handle_close(sub);
	}
	return status;
}

/* Random calls on eight pages by all threads: any documented answer will do,
 * and at the end the space is whole. */
static zx_status_t one_call(struct racer *r)
{
	const uint64_t page = draw(r) % 8, count = 1 + draw(r) % (8 - page);
	const struct vm_area *a = r->area;

	switch (draw(r) % 6) {
	case 0:
		return vm_area_unmap(a, page, count);
	case 1:
		return zx_vmar_protect(a->vmar, draw(r) & 1 ? VM_R : VM_RW, vm_at(a, page),
				       count * PAGE);
	case 2:
		return vm_area_map(a, VM_RW | ZX_VM_SPECIFIC_OVERWRITE, page, page, count);
	case 3:
		return zx_vmar_op_range(a->vmar, ZX_VMO_OP_DECOMMIT, vm_at(a, page), count * PAGE,
					NULL, 0);
	case 4:
		return come_and_go(a->vmar, count * PAGE);
	default:
		return vm_area_map(a, VM_RW, page, page, count);
	}
}

static int walk(void *arg)
{
	struct racer *r = arg;

	line_up(r);
	for (int i = 0; i < ROUNDS; i++) {
		switch (one_call(r)) {
		case ZX_OK:
		case ZX_ERR_NOT_FOUND:
		case ZX_ERR_NO_MEMORY:
		case ZX_ERR_NO_RESOURCES:
		case ZX_ERR_ALREADY_EXISTS:
		case ZX_ERR_BAD_STATE:
		case ZX_ERR_INVALID_ARGS:
			break;
		default:
			return -1;
		}
	}
	return 0;
}

JX_TEST(vmar_18_r1_random_walks)
{
	struct racer r[THREADS];
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_TRUE(race(&a, walk, r));
	/* It can be emptied and filled, and shows what it must. */
	ASSERT_STATUS(vm_area_map(&a, VM_R | ZX_VM_SPECIFIC_OVERWRITE, 0, 0, 8), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	for (uint64_t i = 0; i < 8; i++)
		vm_vmo_set(a.vmo, i, VM_STAMP(i));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 8), ZX_OK);
	for (uint64_t i = 0; i < 8; i++)
		EXPECT_TRUE(vm_area_shows(&a, i, i));
	vm_area_drop(&a);
}

/* Each racer maps, unmaps and reads what all map, unmap and read. */
static int map_unmap_read(void *arg)
{
	const zx_status_t gone = conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_NOT_FOUND);
	struct racer *r = arg;
	uint64_t value;
	size_t actual;

	line_up(r);
	for (int i = 0; i < ROUNDS; i++) {
		zx_status_t status;

		vm_area_map(r->area, VM_RW, 0, 0, 4);
		status = zx_process_read_memory(zx_process_self(), vm_at(r->area, draw(r) % 4),
						&value, sizeof(value), &actual);
		if (status != ZX_OK && status != gone)
			return status;
		if (status == ZX_OK && (value < VM_STAMP(0) || value > VM_STAMP(3)))
			return -1;
		vm_area_unmap(r->area, draw(r) % 4, 1);
		vm_area_unmap(r->area, 0, 4);
	}
	return 0;
}

JX_TEST(vmar_18_r6_unmap_map_and_read_memory)
{
	struct racer r[THREADS];
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_TRUE(race(&a, map_unmap_read, r));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	vm_area_drop(&a);
}

/* The mapping and its VMO's last reference go away under a read. */
static int read_the_dying(void *arg)
{
	const zx_status_t gone = conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_NOT_FOUND);
	struct racer *r = arg;
	static const zx_vm_option_t perm = VM_RW | ZX_VM_SPECIFIC_OVERWRITE;
	uint64_t value;
	size_t actual;

	line_up(r);
	for (int i = 0; i < ROUNDS / 4; i++) {
		zx_handle_t vmo;
		zx_vaddr_t address;
		zx_status_t status = zx_vmo_create(PAGE, 0, &vmo);

		if (status != ZX_OK)
			return status;
		status = zx_vmar_map(r->area->vmar, perm, 0, vmo, 0, PAGE, &address);
		zx_handle_close(vmo);
		if (status != ZX_OK)
			return status;
		status = zx_process_read_memory(zx_process_self(), r->area->base, &value, 8,
						&actual);
		if (status == ZX_OK && value != 0)
			return -1;
		if (status != ZX_OK && status != gone)
			return status;
		vm_area_unmap(r->area, 0, 1);
	}
	return 0;
}

JX_TEST(vmar_16_r5_safe_against_the_end_of_the_vmo)
{
	struct racer r[THREADS];
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_TRUE(race(&a, read_the_dying, r));
	vm_area_drop(&a);
}
