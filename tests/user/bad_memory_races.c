/* Memory that other threads take away while a call uses it: each call gives
 * one of the documented answers, and all goes on. */
#include <stdatomic.h>

#include <jx/thread.h>

#include "vm_util.h"

#define ROUNDS 1000

/* A range that one thread maps and unmaps without end. */
struct flicker {
	struct vm_area area;
	struct jx_thread thread;
	atomic_bool stop;
	/* Times it was there when somebody used it, and not. */
	uint64_t hits;
	uint64_t misses;
};

static int flicker_on(void *arg)
{
	struct flicker *f = arg;

	while (!atomic_load(&f->stop)) {
		if (vm_area_map(&f->area, VM_RW, 0, 0, 4) != ZX_OK)
			return 1;
		zx_nanosleep(0);
		if (vm_area_unmap(&f->area, 0, 4) != ZX_OK)
			return 2;
	}
	return 0;
}

static bool start(struct flicker *f)
{
	f->hits = f->misses = 0;
	atomic_init(&f->stop, false);
	return vm_area_make(&f->area, 4) &&
	       EXPECT_STATUS(jx_thread_create(&f->thread, "flicker", flicker_on, f), ZX_OK);
}

static void finish(struct flicker *f)
{
	int result = -1;

	atomic_store(&f->stop, true);
	EXPECT_STATUS(jx_thread_join(&f->thread, &result), ZX_OK);
	EXPECT_EQ(result, 0);
	jx_note("%llu calls found the memory, %llu did not", (unsigned long long)f->hits,
		(unsigned long long)f->misses);
	vm_area_drop(&f->area);
}

static void count(struct flicker *f, zx_status_t got, zx_status_t missing)
{
	if (got == ZX_OK)
		f->hits++;
	else if (EXPECT_STATUS(got, missing))
		f->misses++;
}

JX_TEST(bad_memory_race_with_data_buffers)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	struct flicker f;

	ASSERT_TRUE(start(&f));
	for (int i = 0; i < ROUNDS; i++) {
		void *buffer = (void *)f.area.base;

		count(&f, zx_vmo_read(vmo, buffer, 0, 4 * PAGE), ZX_ERR_NOT_FOUND);
		count(&f, zx_vmo_write(vmo, buffer, 0, 4 * PAGE), ZX_ERR_NOT_FOUND);
		count(&f, zx_vmo_read(f.area.vmo, buffer, 0, 4 * PAGE), ZX_ERR_NOT_FOUND);
	}
	finish(&f);
	zx_handle_close(vmo);
}

JX_TEST(bad_memory_race_with_outputs)
{
	struct flicker f;

	ASSERT_TRUE(start(&f));
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t *out = (uint64_t *)f.area.base;
		zx_vaddr_t address = 0;

		count(&f, zx_vmo_get_size(f.area.vmo, out), ZX_ERR_INVALID_ARGS);
		count(&f, zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_MAPS, out,
					     4 * PAGE, NULL, NULL), ZX_ERR_INVALID_ARGS);
		/* Where an output is lost the thing must be gone: the census. */
		if (zx_vmar_map(zx_vmar_root_self(), VM_R, 0, f.area.vmo, 0, PAGE,
				i & 1 ? &address : NULL) == ZX_OK)
			vm_unmap(address, 1);
	}
	finish(&f);
}

/* spec 18.6: map, unmap and read_memory of one range by three threads. */
static int read_on(void *arg)
{
	struct flicker *f = arg;
	uint64_t word;
	size_t actual;

	for (int i = 0; i < ROUNDS; i++) {
		zx_status_t status = zx_process_read_memory(zx_process_self(), f->area.base,
							    &word, 8, &actual);

		if (status != ZX_OK && status != ZX_ERR_NO_MEMORY)
			return 1;
		if (status == ZX_OK && word != VM_STAMP(0))
			return 2;
	}
	return 0;
}

JX_TEST_OF_2020(bad_memory_race_of_map_and_unmap)
{
	struct jx_thread reader;
	struct flicker f;
	int result = -1;

	f.hits = f.misses = 0;
	ASSERT_TRUE(vm_area_make(&f.area, 4));
	ASSERT_STATUS(jx_thread_create(&reader, "reader", read_on, &f), ZX_OK);
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_STATUS(vm_area_map(&f.area, VM_RW, 0, 0, 4), ZX_OK);
		EXPECT_STATUS(vm_area_unmap(&f.area, 0, 4), ZX_OK);
	}
	EXPECT_STATUS(jx_thread_join(&reader, &result), ZX_OK);
	EXPECT_EQ(result, 0);
	vm_area_drop(&f.area);
}

/* Two threads that place and remove at the same page: one answer each. */
static int contend(void *arg)
{
	struct flicker *f = arg;

	for (int i = 0; i < ROUNDS; i++) {
		zx_status_t status = vm_area_map(&f->area, VM_R, 0, 0, 1);

		if (status != ZX_OK && status != ZX_ERR_NO_MEMORY)
			return 1;
		status = vm_area_unmap(&f->area, 0, 1);
		if (status != ZX_OK && status != ZX_ERR_NOT_FOUND)
			return 2;
	}
	return 0;
}

JX_TEST_OF_2020(bad_memory_race_for_one_place)
{
	struct jx_thread threads[2];
	struct flicker f;
	int result = -1;

	ASSERT_TRUE(vm_area_make(&f.area, 1));
	for (int i = 0; i < 2; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "rival", contend, &f), ZX_OK);
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(jx_thread_join(&threads[i], &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
	EXPECT_TRUE(vm_area_is(&f.area, NULL, 0));
	vm_area_drop(&f.area);
}

/* A VMAR that is destroyed while others use it. */
static int use_until_dead(void *arg)
{
	struct vm_area *a = arg;
	zx_status_t status;

	do {
		status = vm_area_map(a, VM_RW, 0, 0, 1);
		if (status == ZX_OK)
			status = zx_vmar_op_range(a->vmar, ZX_VMO_OP_DECOMMIT, a->base, PAGE, NULL,
						  0);
		if (status == ZX_OK)
			status = zx_vmar_protect(a->vmar, VM_R, a->base, PAGE);
		if (status == ZX_OK)
			status = vm_area_unmap(a, 0, 1);
	} while (status == ZX_OK);
	return status;
}

JX_TEST(bad_memory_race_with_destroy)
{
	for (int i = 0; i < 30; i++) {
		struct jx_thread thread;
		struct vm_area a;
		int result = 0;

		ASSERT_TRUE(vm_area_make(&a, 1));
		ASSERT_STATUS(jx_thread_create(&thread, "user", use_until_dead, &a), ZX_OK);
		zx_nanosleep(zx_deadline_after(ZX_USEC(i * 10)));
		EXPECT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
		EXPECT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
		EXPECT_STATUS(result, ZX_ERR_BAD_STATE);
		vm_area_drop(&a);
	}
}
