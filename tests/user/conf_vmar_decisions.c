/* D1 to D18: what differs between the eras, spec/vmar.md 0.3. */
#include <stdlib.h>

#include "conf_util.h"

#define DECOMMIT ZX_VMO_OP_DECOMMIT

static zx_status_t op(const struct vm_area *a, uint32_t number, uint64_t page, uint64_t bytes)
{
	return zx_vmar_op_range(a->vmar, number, vm_at(a, page), bytes, NULL, 0);
}

static bool make_full(struct vm_area *a, uint64_t pages)
{
	return vm_area_make(a, pages) &&
	       EXPECT_STATUS(vm_area_map(a, VM_RW, 0, 0, pages), ZX_OK);
}

JX_TEST_OF_2020(vmar_d1_unaligned_unmap_is_refused)
{
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 4));
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base, 4 * PAGE - 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base, 1), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_d1_unaligned_unmap_is_rounded)
{
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 4));
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, vm_at(&a, 3), 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 3, VM_RW, 0 }));
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 3 * PAGE - 1), ZX_OK);
	EXPECT_TRUE(vm_area_is(&a, NULL, 0));
	vm_area_drop(&a);
}

JX_TEST(vmar_d2_nothing_to_unmap)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 4), conf_era(ZX_ERR_NOT_FOUND, ZX_OK));
	EXPECT_STATUS(vm_area_unmap(&a, 1, 1), conf_era(ZX_ERR_NOT_FOUND, ZX_OK));
	vm_area_drop(&a);
}

/* Of the numbers of the latest era 2020 knows that they are operations. */
JX_TEST(vmar_d3_operations)
{
	const uint32_t later[] = { 1, 3, 10, 12, 13, 14 };
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 2));
	for (int i = 0; i < 6; i++)
		EXPECT_STATUS(op(&a, later[i], 0, PAGE), conf_era(ZX_ERR_NOT_SUPPORTED, ZX_OK));
	EXPECT_STATUS(op(&a, DECOMMIT, 0, PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_d4_decommit_over_a_sub_vmar)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	sub = vm_area_sub(&a, 1, 1);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 0, a.vmo, 1, 1), ZX_OK);
	EXPECT_STATUS(op(&a, DECOMMIT, 1, PAGE), conf_era(ZX_OK, ZX_ERR_INVALID_ARGS));
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), jx_era() == JX_ERA_2020 ? 0 : VM_STAMP(1));
	EXPECT_STATUS(op(&a, DECOMMIT, 0, 2 * PAGE), conf_era(ZX_OK, ZX_ERR_INVALID_ARGS));
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_d5_decommit_of_what_may_become_writable)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, 0, 1, 1, 1), ZX_OK);
	EXPECT_STATUS(op(&a, DECOMMIT, 0, 2 * PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 0);
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_d6_unaligned_size_is_refused)
{
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 2));
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 1), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_d6_unaligned_size_is_rounded)
{
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 3));
	EXPECT_STATUS(op(&a, DECOMMIT, 0, PAGE + 1), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, PAGE);
	EXPECT_TRUE(vm_area_shows(&a, 2, 2));
	vm_area_drop(&a);
}

JX_TEST(vmar_d7_numbers)
{
	const uint32_t of_vmos[] = { 4, 6, 7, 8, 9 }, unknown[] = { 0, 99, UINT32_MAX };
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 1));
	for (int i = 0; i < 5; i++)
		CONF_FAILS(&a, op(&a, of_vmos[i], 0, PAGE),
			   conf_era(ZX_ERR_NOT_SUPPORTED, ZX_ERR_INVALID_ARGS));
	for (int i = 0; i < 3; i++)
		CONF_FAILS(&a, op(&a, unknown[i], 0, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_d8_decommit_needs_write)
{
	zx_handle_t reader, writer;
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 1));
	reader = vm_dup(a.vmar, ZX_RIGHT_READ | ZX_RIGHT_EXECUTE);
	writer = vm_dup(a.vmar, ZX_RIGHT_WRITE);
	CONF_FAILS(&a, zx_vmar_op_range(reader, DECOMMIT, a.base, PAGE, NULL, 0),
		   ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_op_range(writer, DECOMMIT, a.base, PAGE, NULL, 0), ZX_OK);
	zx_handle_close(reader);
	zx_handle_close(writer);
	vm_area_drop(&a);
}

JX_TEST(vmar_d9_vmo_offsets_that_wrap)
{
	const zx_status_t wanted = conf_era(ZX_ERR_INVALID_ARGS, ZX_ERR_OUT_OF_RANGE);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0 - PAGE, PAGE), wanted);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, UINT64_MAX), wanted);
	vm_area_drop(&a);
}

JX_TEST(vmar_d10_collision)
{
	const zx_status_t wanted = conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_ALREADY_EXISTS);
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 1));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 0, a.vmo, 0, PAGE), wanted);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, 0, PAGE), wanted);
	vm_area_drop(&a);
}

JX_TEST(vmar_d11_no_spot)
{
	const zx_status_t wanted = conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES);
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 1));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE), wanted);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, PAGE), wanted);
	vm_area_drop(&a);
}

JX_TEST(vmar_d12_process_memory_unmapped)
{
	const zx_status_t wanted = conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_NOT_FOUND);
	struct vm_area a;
	uint64_t word = 0;
	size_t actual;

	ASSERT_TRUE(vm_area_make(&a, 1));
	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), a.base, &word, 8, &actual),
		      wanted);
	EXPECT_STATUS(zx_process_write_memory(zx_process_self(), a.base, &word, 8, &actual),
		      wanted);
	vm_area_drop(&a);
}

JX_TEST(vmar_d13_protect_over_a_sub_vmar)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 2));
	sub = vm_area_sub(&a, 0, 2);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 0, a.vmo, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 2 * PAGE),
		      conf_era(ZX_ERR_INVALID_ARGS, ZX_OK));
	EXPECT_STATUS(vm_probe_write(a.base), conf_era(ZX_OK, ZX_ERR_ACCESS_DENIED));
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_d14_destroy_of_the_root)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), process, root;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "rootless", 8, 0, &process, &root),
		      ZX_OK);
	ASSERT_STATUS(conf_map_at(root, VM_R, 0, vmo, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(root), conf_era(ZX_OK, ZX_ERR_NOT_SUPPORTED));
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, jx_era() == JX_ERA_2020 ? 0 : 1);
	EXPECT_STATUS(conf_map(root, VM_R, 0, vmo, 0, PAGE), conf_era(ZX_ERR_BAD_STATE, ZX_OK));
	EXPECT_STATUS(conf_allocate(root, 0, 0, PAGE), conf_era(ZX_ERR_BAD_STATE, ZX_OK));
	zx_handle_close(root);
	zx_handle_close(process);
	zx_handle_close(vmo);
}

JX_TEST(vmar_d15_maps_of_oneself)
{
	size_t count;
	zx_info_maps_t *maps = vm_maps(zx_process_self(), &count);

	ASSERT_TRUE(maps != NULL);
	EXPECT_TRUE(count > 2);
	free(maps);
}

JX_TEST(vmar_d16_map_and_protect_round_up)
{
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_RW, 0, a.vmo, 0, 4 * PAGE - 1, &address), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_RW, 0 }));
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 2 * PAGE - 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 0 }, { 2, 2, VM_RW, 2 }));
	vm_area_drop(&a);
}

JX_TEST(vmar_d17_bad_data_buffer)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(a.vmo, (void *)a.base, 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_read(a.vmo, (void *)vm_at(&a, 1), 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_write(a.vmo, (void *)vm_at(&a, 1), 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_write(a.vmo, NULL, 0, 8), ZX_ERR_NOT_FOUND);
	vm_area_drop(&a);
}

JX_TEST(vmar_d18_continuations_are_one_entry)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint64_t page = 0; page < 4; page++)
		ASSERT_STATUS(vm_area_map(&a, VM_R, page, page, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	/* Inside they are four, as the 2020 suite counts them. */
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 4);
	vm_area_drop(&a);
}
