/* What zx_vmar_map does by its flags: spec/vmar.md 5.1 to 5.3. */
#include <stdatomic.h>

#include <jx/thread.h>

#include "conf_util.h"

#define OVERWRITE (VM_R | ZX_VM_SPECIFIC_OVERWRITE)

static zx_status_t overwrite(const struct vm_area *a, zx_vm_option_t options, uint64_t page,
			     zx_handle_t vmo, uint64_t vmo_page, uint64_t count)
{
	zx_vaddr_t address = CONF_UNTOUCHED;
	zx_status_t status = zx_vmar_map(a->vmar, options, page * PAGE, vmo, vmo_page * PAGE,
					 count * PAGE, &address);

	EXPECT_EQ(address, status == ZX_OK ? vm_at(a, page) : CONF_UNTOUCHED);
	return status;
}

JX_TEST(vmar_5_1_r1_free_range)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(overwrite(&a, OVERWRITE, 1, a.vmo, 2, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 2, VM_R, 2 }));
	EXPECT_TRUE(vm_area_shows(&a, 1, 2) && vm_area_shows(&a, 2, 3));
	vm_area_drop(&a);
}

JX_TEST(vmar_5_1_r2_touches_a_sub_vmar)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 3), ZX_OK);
	sub = vm_area_sub(&a, 4, 2);
	ASSERT_STATUS(conf_map_at(sub, VM_R, 0, a.vmo, 7, 1), ZX_OK);
	/* A part of it, all of it, more; with mappings before that would go. */
	CONF_FAILS(&a, overwrite(&a, OVERWRITE, 5, a.vmo, 0, 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, overwrite(&a, OVERWRITE, 4, a.vmo, 0, 2), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, overwrite(&a, OVERWRITE, 0, a.vmo, 0, 8), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, overwrite(&a, OVERWRITE, 2, a.vmo, 0, 3), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, overwrite(&a, OVERWRITE, 5, a.vmo, 0, 3), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_alive(sub), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0) && vm_area_shows(&a, 4, 7));
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_1_r3_leaves_the_ends)
{
	zx_handle_t other = vm_vmo_make(4, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	vm_vmo_set(other, 3, 4711);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 1, 7), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 3, 4));
	EXPECT_STATUS(overwrite(&a, OVERWRITE, 3, other, 3, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 3, VM_RW, 1 }, { 3, 1, VM_R, 3 }, { 4, 3, VM_RW, 5 }));
	EXPECT_EQ(vm_load(vm_at(&a, 3)), 4711);
	EXPECT_TRUE(vm_area_shows(&a, 2, 3) && vm_area_shows(&a, 4, 5));
	/* Several mappings and gaps at once. */
	EXPECT_STATUS(overwrite(&a, OVERWRITE, 2, other, 0, 6), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 1 }, { 2, 6, VM_R, 0 }));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 1);
	EXPECT_EQ(vm_vmo_info(other).num_mappings, 1);
	zx_handle_close(other);
	vm_area_drop(&a);
}

/* Reads a page until told to stop; what it sees must be one of two words. */
struct reader {
	zx_vaddr_t address;
	atomic_bool stop;
};

static int read_on(void *arg)
{
	struct reader *r = arg;
	int wrong = 0;

	while (!atomic_load(&r->stop)) {
		uint64_t seen = vm_load(r->address);

		wrong += seen != VM_STAMP(0) && seen != VM_STAMP(1);
	}
	return wrong;
}

/* A fault in the switch would end this program. */
JX_TEST(vmar_5_1_r4_racing_access_never_faults)
{
	struct jx_thread thread;
	struct reader r = { 0 };
	struct vm_area a;
	int wrong = -1;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	r.address = vm_at(&a, 2);
	EXPECT_STATUS(overwrite(&a, OVERWRITE, 2, a.vmo, 0, 1), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&thread, "reader", read_on, &r), ZX_OK);
	for (uint64_t i = 0; i < 1000; i++)
		EXPECT_STATUS(overwrite(&a, OVERWRITE, 2, a.vmo, i % 2, 1 + i / 2 % 2), ZX_OK);
	atomic_store(&r.stop, true);
	EXPECT_STATUS(jx_thread_join(&thread, &wrong), ZX_OK);
	EXPECT_EQ(wrong, 0);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_1_r5_maximum_of_the_old_does_not_matter)
{
	zx_handle_t map_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	map_only = vm_dup(a.vmo, ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, 0, 0, map_only, 0, 4), ZX_OK);
	EXPECT_STATUS(overwrite(&a, VM_W | OVERWRITE, 1, a.vmo, 1, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, 0, 0 }, { 1, 1, VM_RW, 1 }, { 2, 2, 0, 2 }));
	/* The other way round: a mapping that could do more. */
	EXPECT_STATUS(overwrite(&a, ZX_VM_SPECIFIC_OVERWRITE, 1, map_only, 1, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, 0, 0 }));
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 1), PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(map_only);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_1_r6_failed_copy_out_leaves_a_gap)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(a.vmar, OVERWRITE, PAGE, a.vmo, 0, 2 * PAGE, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_RW, 0 }, { 3, 1, VM_RW, 3 }));
	EXPECT_TRUE(vm_area_is_gap(&a, 1) && vm_area_is_gap(&a, 2));
	vm_area_drop(&a);
}

JX_TEST(vmar_5_2_r1_takes_what_is_committed)
{
	zx_handle_t sparse;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &sparse), ZX_OK);
	vm_vmo_set(sparse, 1, 11);
	/* Three pages that are absent, four past the end. */
	EXPECT_STATUS(conf_map_at(a.vmar, VM_RW | ZX_VM_MAP_RANGE, 0, sparse, 0, 8), ZX_OK);
	EXPECT_EQ(vm_vmo_info(sparse).committed_bytes, PAGE);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), 11);
	EXPECT_EQ(vm_load(a.base), 0);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 4)), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_vmo_info(sparse).committed_bytes, PAGE);
	zx_handle_close(sparse);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_2_r2_no_more_than_the_protection)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R | ZX_VM_MAP_RANGE, 0, a.vmo, 0, 2), ZX_OK);
	EXPECT_STATUS(vm_probe_write(a.base), ZX_ERR_ACCESS_DENIED);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	ASSERT_STATUS(conf_map_at(a.vmar, ZX_VM_MAP_RANGE, 2, a.vmo, 3, 2), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 2)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 2), PAGE), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 2, 3));
	EXPECT_STATUS(conf_map(a.vmar, VM_RW | ZX_VM_MAP_RANGE, 0, a.vmo, 7 * PAGE, PAGE + 5),
		      ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, ZX_VM_MAP_RANGE, 0, a.vmo, 1ul << 40, 1), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_3_r1_allow_faults_changes_nothing)
{
	zx_handle_t resizable = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* Resizable, and shorter than the mapping: with it and without it. */
	EXPECT_STATUS(conf_map(a.vmar, VM_RW, 0, resizable, 0, 3 * PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_RW | ZX_VM_ALLOW_FAULTS, 0, resizable, 0, 3 * PAGE),
		      ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_RW | ZX_VM_ALLOW_FAULTS, 0, a.vmo, 0, 3 * PAGE), ZX_OK);
	/* The fault is the same too. */
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW | ZX_VM_ALLOW_FAULTS, 0, resizable, 0, 2), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 1)), ZX_ERR_OUT_OF_RANGE);
	zx_handle_close(resizable);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_3_r2_require_non_resizable_locks_nothing)
{
	const zx_vm_option_t require = VM_R | ZX_VM_REQUIRE_NON_RESIZABLE;
	zx_handle_t resizable = vm_vmo_make(2, ZX_VMO_RESIZABLE);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(conf_map_at(a.vmar, require, 0, a.vmo, 0, 1), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, require, 0, resizable, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	/* A mapping without it can still be resized under. */
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 1, resizable, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(resizable, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 2)), ZX_ERR_OUT_OF_RANGE);
	/* Who cannot be resized cannot be resized, mapped or not. */
	EXPECT_STATUS(zx_vmo_set_size(a.vmo, PAGE), ZX_ERR_UNAVAILABLE);
	zx_handle_close(resizable);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_5_3_r3_discardable_needs_allow_faults)
{
	zx_handle_t vmo;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(zx_vmo_create(PAGE, ZX_VMO_DISCARDABLE, &vmo), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, VM_RW, 0, vmo, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_map(a.vmar, VM_RW | ZX_VM_ALLOW_FAULTS, 0, vmo, 0, PAGE), ZX_OK);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}
