/* zx_vmar_op_range: spec/vmar.md 9; its seed's obligations are in seed_op_range_*.c. */
#include "conf_util.h"

#define DECOMMIT ZX_VMO_OP_DECOMMIT

static zx_status_t op(const struct vm_area *a, uint32_t number, uint64_t page, uint64_t count)
{
	return zx_vmar_op_range(a->vmar, number, vm_at(a, page), count * PAGE, NULL, 0);
}

/* An area with all of its VMO mapped; CONF_FAILS() sees a page that has gone. */
static bool make_full(struct vm_area *a, uint64_t pages)
{
	return vm_area_make(a, pages) &&
	       EXPECT_STATUS(vm_area_map(a, VM_RW, 0, 0, pages), ZX_OK);
}

JX_TEST(vmar_9_c1_handle)
{
	struct vm_area a;
	int buffer = 0;

	ASSERT_TRUE(make_full(&a, 2));
	EXPECT_STATUS(zx_vmar_op_range(ZX_HANDLE_INVALID, 99, 1, 0, &buffer, 4),
		      ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_op_range(UINT32_MAX, DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmo, 99, 1, 0, &buffer, 4), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_op_range(zx_process_self(), DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_WRONG_TYPE);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c2_no_buffer)
{
	struct vm_area a;
	zx_handle_t bare;
	int buffer = 0;

	ASSERT_TRUE(make_full(&a, 2));
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, &buffer, 0),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, NULL, 1),
		   ZX_ERR_INVALID_ARGS);
	/* The pointer is not followed; before the right to WRITE (4). */
	CONF_FAILS(&a, zx_vmar_op_range(bare, DECOMMIT, a.base, PAGE, (void *)VM_KERNEL_ADDRESS,
					8), ZX_ERR_INVALID_ARGS);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c3_unknown_op)
{
	const uint32_t unknown[] = { 0, 5, 15, 16, 99, UINT32_MAX, DECOMMIT | 1u << 31 };
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(make_full(&a, 2));
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		CONF_FAILS(&a, op(&a, unknown[i], 0, 1), ZX_ERR_INVALID_ARGS);
		/* Before the right (4), and OUT_OF_RANGE (7). */
		CONF_FAILS(&a, zx_vmar_op_range(bare, unknown[i], a.base, PAGE, NULL, 0),
			   ZX_ERR_INVALID_ARGS);
		CONF_FAILS(&a, op(&a, unknown[i], 2, 1), ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_9_c3_defined_but_not_decommit)
{
	const uint32_t defined[] = { 1, 3, 4, 6, 7, 8, 9, 10 };
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(make_full(&a, 2));
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	for (size_t i = 0; i < sizeof(defined) / sizeof(defined[0]); i++) {
		CONF_FAILS(&a, op(&a, defined[i], 0, 1), ZX_ERR_NOT_SUPPORTED);
		/* Before the right (4), the size and the address (5). */
		CONF_FAILS(&a, zx_vmar_op_range(bare, defined[i], 1, 0, NULL, 0),
			   ZX_ERR_NOT_SUPPORTED);
	}
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_c3_ops_of_vmos_alone)
{
	const uint32_t other[] = { 4, 6, 7, 8, 9, 11 };
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 2));
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		CONF_FAILS(&a, op(&a, other[i], 0, 1), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c4_decommit_needs_write)
{
	struct vm_area a;
	zx_handle_t reader;

	ASSERT_TRUE(make_full(&a, 2));
	reader = vm_dup(a.vmar, conf_rights(a.vmar) & ~ZX_RIGHT_WRITE);
	CONF_FAILS(&a, zx_vmar_op_range(reader, DECOMMIT, a.base, PAGE, NULL, 0),
		   ZX_ERR_ACCESS_DENIED);
	/* Before size and address (5), the range (7). */
	CONF_FAILS(&a, zx_vmar_op_range(reader, DECOMMIT, a.base + 1, 0, NULL, 0),
		   ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, zx_vmar_op_range(reader, DECOMMIT, 0, PAGE, NULL, 0),
		   ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c5_size_and_address)
{
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 2));
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 0), ZX_ERR_INVALID_ARGS);
	for (uint64_t bit = 1; bit < PAGE; bit *= 2)
		CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, a.base + bit, PAGE, NULL, 0),
			   ZX_ERR_INVALID_ARGS);
	/* Before the range (7), and in 2020 before BAD_STATE (6). */
	CONF_FAILS(&a, op(&a, DECOMMIT, 2, 0), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, 1, PAGE, NULL, 0), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(op(&a, DECOMMIT, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base + 1, PAGE, NULL, 0),
		      ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c6_dead_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 2));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(op(&a, DECOMMIT, 0, 1), ZX_ERR_BAD_STATE);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_9_c6_dead_vmar_before_the_range)
{
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 2));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(op(&a, DECOMMIT, 1, 2), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, 0, PAGE, NULL, 0), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c7_range_inside_the_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* Gaps and read-only mappings would be the next trouble (9). */
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 1, 1), ZX_OK);
	CONF_FAILS(&a, op(&a, DECOMMIT, 3, 2), ZX_ERR_OUT_OF_RANGE);
	CONF_FAILS(&a, op(&a, DECOMMIT, 4, 1), ZX_ERR_OUT_OF_RANGE);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, a.base - PAGE, 2 * PAGE, NULL, 0),
		   ZX_ERR_OUT_OF_RANGE);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 0 - PAGE, NULL, 0),
		   ZX_ERR_OUT_OF_RANGE);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, 0 - PAGE, PAGE, NULL, 0),
		   ZX_ERR_OUT_OF_RANGE);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, VM_KERNEL_ADDRESS, PAGE, NULL, 0),
		   ZX_ERR_OUT_OF_RANGE);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c9_gaps)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 1), ZX_ERR_BAD_STATE);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 1, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 4, 4, 2), ZX_OK);
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 1), ZX_ERR_BAD_STATE);
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 2), ZX_ERR_BAD_STATE);
	CONF_FAILS(&a, op(&a, DECOMMIT, 7, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(op(&a, DECOMMIT, 1, 2), ZX_OK);
	vm_area_drop(&a);
}

/* The whole range is checked before anything is done to it. */
JX_TEST(vmar_9_c9_gap_behind_keeps_all)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 1, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 4, 4, 2), ZX_OK);
	CONF_FAILS(&a, op(&a, DECOMMIT, 1, 3), ZX_ERR_BAD_STATE);
	CONF_FAILS(&a, op(&a, DECOMMIT, 1, 5), ZX_ERR_BAD_STATE);
	CONF_FAILS(&a, op(&a, DECOMMIT, 5, 2), ZX_ERR_BAD_STATE);
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), VM_STAMP(1));
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c9_maximum_without_write)
{
	zx_handle_t read_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	read_only = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, read_only, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 1, 1), ZX_OK);
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 1), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 2), ZX_ERR_ACCESS_DENIED);
	/* From the left: this before the gap behind. */
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 4), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(op(&a, DECOMMIT, 1, 1), ZX_OK);
	zx_handle_close(read_only);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c9_past_the_end_of_the_vmo)
{
	zx_handle_t small = vm_vmo_make(1, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 0, small, 0, 3), ZX_OK);
	EXPECT_STATUS(op(&a, DECOMMIT, 1, 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_vmo_get(small, 0), VM_STAMP(0));
	EXPECT_STATUS(op(&a, DECOMMIT, 0, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_get(small, 0), 0);
	zx_handle_close(small);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_r1_zero_through_every_mapping)
{
	zx_vaddr_t elsewhere;
	struct vm_area a;

	ASSERT_TRUE(make_full(&a, 4));
	elsewhere = vm_map(a.vmo, VM_R, 4);
	EXPECT_EQ(vm_load(elsewhere + PAGE), VM_STAMP(1));
	EXPECT_TRUE(vm_area_shows(&a, 1, 1));
	EXPECT_STATUS(op(&a, DECOMMIT, 1, 2), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 2 * PAGE);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), 0);
	EXPECT_EQ(vm_load(elsewhere + PAGE), 0);
	EXPECT_EQ(vm_load(elsewhere + 2 * PAGE), 0);
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), 0);
	/* The mapping stays: a write commits a fresh page. */
	vm_store(vm_at(&a, 1), 9);
	EXPECT_EQ(vm_load(elsewhere + PAGE), 9);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 3 * PAGE);
	vm_unmap(elsewhere, 4);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_r2_the_rest_is_untouched)
{
	zx_handle_t other = vm_vmo_make(4, 0), sub;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 2, other, 0, 4), ZX_OK);
	sub = vm_area_sub(&a, 6, 2);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 0, a.vmo, 6, 2), ZX_OK);
	EXPECT_STATUS(op(&a, DECOMMIT, 1, 3), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	EXPECT_EQ(vm_load(vm_at(&a, 1)) | vm_load(vm_at(&a, 2)) | vm_load(vm_at(&a, 3)), 0);
	EXPECT_TRUE(vm_area_shows(&a, 4, 2) && vm_area_shows(&a, 5, 3));
	EXPECT_TRUE(vm_area_shows(&a, 6, 6) && vm_area_shows(&a, 7, 7));
	/* Part of a nested VMAR through its own handle. */
	EXPECT_STATUS(zx_vmar_op_range(sub, DECOMMIT, vm_at(&a, 7), PAGE, NULL, 0), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 6, 6));
	EXPECT_EQ(vm_load(vm_at(&a, 7)), 0);
	zx_handle_close(sub);
	zx_handle_close(other);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_r3_checks_come_before_effects)
{
	zx_handle_t read_only, other = vm_vmo_make(1, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	read_only = vm_dup(other, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 2, read_only, 0, 1), ZX_OK);
	CONF_FAILS(&a, op(&a, DECOMMIT, 0, 3), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, op(&a, DECOMMIT, 1, 3), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), VM_STAMP(1));
	zx_handle_close(read_only);
	zx_handle_close(other);
	vm_area_drop(&a);
}
