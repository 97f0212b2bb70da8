/* zx_vmar_op_range: the errors that the seed document lists, one test for
 * each obligation S-O12 to S-O25 (docs/seeds.md). */
#include <zircon/syscalls/port.h>

#include "vm_util.h"

#define DECOMMIT ZX_VMO_OP_DECOMMIT

/* A page that is mapped writable; every refused call must leave it alone. */
static bool make_page(struct vm_area *a)
{
	return vm_area_make(a, 4) && EXPECT_STATUS(vm_area_map(a, VM_RW, 0, 0, 1), ZX_OK);
}

static void check_and_drop(struct vm_area *a)
{
	EXPECT_EQ(vm_vmo_get(a->vmo, 0), VM_STAMP(0));
	vm_area_drop(a);
}

/* S-O12: ACCESS_DENIED if the handle lacks the right, before the range is
 * looked at. */
JX_TEST(seed_o12_handle_without_the_right)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(make_page(&a));
	bare = vm_dup(a.vmar, ZX_RIGHT_READ | ZX_RIGHT_INSPECT);
	EXPECT_STATUS(zx_vmar_op_range(bare, DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_op_range(bare, DECOMMIT, a.base + 1, 0, NULL, 0),
		      ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	check_and_drop(&a);
}

/* S-O13: ACCESS_DENIED if a mapping in the range can never be written: here
 * because the VMAR handle that it was made through could not write. */
JX_TEST(seed_o13_mapping_without_the_permission)
{
	struct vm_area a;
	zx_handle_t reader;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(make_page(&a));
	reader = vm_dup(a.vmar, ZX_RIGHT_READ);
	ASSERT_STATUS(zx_vmar_map(reader, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE, &address),
		      ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, address, PAGE, NULL, 0),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 2 * PAGE, NULL, 0),
		      ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	check_and_drop(&a);
}

/* S-O14: BAD_HANDLE for what is no handle. */
JX_TEST(seed_o14_bad_handle)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	EXPECT_STATUS(zx_vmar_op_range(ZX_HANDLE_INVALID, DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_op_range(0xfffffffb, DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_op_range(ZX_HANDLE_INVALID, 0, 1, 0, &a, 1), ZX_ERR_BAD_HANDLE);
	check_and_drop(&a);
}

/* S-O15: BAD_STATE if the VMAR is not alive. */
JX_TEST(seed_o15_vmar_that_is_not_live)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	check_and_drop(&a);
}

/* S-O16: BAD_STATE if the range spans pages that are not mapped, at its start,
 * within it or at its end; what is mapped keeps its pages. */
JX_TEST_OF_2020(seed_o16_range_that_spans_unmapped_pages)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(make_page(&a));
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, vm_at(&a, 2), PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 2 * PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 3 * PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, vm_at(&a, 1), 2 * PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	/* An empty sub-region in the hole is still a hole. */
	sub = vm_area_sub(&a, 1, 1);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 3 * PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_op_range(sub, DECOMMIT, vm_at(&a, 1), PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_EQ(vm_vmo_get(a.vmo, 2), VM_STAMP(2));
	zx_handle_close(sub);
	check_and_drop(&a);
}

/* S-O17: INVALID_ARGS for a buffer, before the operation is judged. */
JX_TEST(seed_o17_buffer_that_is_not_null)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, &a, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_COMMIT, a.base, PAGE, &a, 0),
		      ZX_ERR_INVALID_ARGS);
	check_and_drop(&a);
}

/* S-O18: INVALID_ARGS for a buffer size, with no buffer. */
JX_TEST(seed_o18_buffer_size_that_is_not_zero)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, NULL, 1),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, NULL, SIZE_MAX),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_ZERO, a.base, PAGE, NULL, 1),
		      ZX_ERR_INVALID_ARGS);
	check_and_drop(&a);
}

/* S-O19: INVALID_ARGS for a number that is no operation (decision D7). */
JX_TEST(seed_o19_op_that_is_no_operation)
{
	const uint32_t ops[] = { 0, 5, 15, 16, 100, 0x80000002, UINT32_MAX };
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, ops[i], a.base, PAGE, NULL, 0),
			      ZX_ERR_INVALID_ARGS);
	check_and_drop(&a);
}

/* S-O20: INVALID_ARGS for no size, wherever. */
JX_TEST(seed_o20_zero_size)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	for (uint64_t i = 0; i <= 4; i++)
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, vm_at(&a, i), 0, NULL, 0),
			      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, 0, 0, NULL, 0), ZX_ERR_INVALID_ARGS);
	check_and_drop(&a);
}

/* S-O21: INVALID_ARGS for an address inside a page. */
JX_TEST(seed_o21_unaligned_address)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	for (uint64_t bit = 1; bit < PAGE; bit *= 2)
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base + bit, PAGE, NULL, 0),
			      ZX_ERR_INVALID_ARGS);
	/* Also where the range lies outside, or wraps. */
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, 1, PAGE, NULL, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, UINT64_MAX, PAGE, NULL, 0),
		      ZX_ERR_INVALID_ARGS);
	check_and_drop(&a);
}

/* S-O22: NOT_SUPPORTED for an operation other than DECOMMIT, whatever the
 * handle's rights and the range. */
JX_TEST_OF_2020(seed_o22_op_that_is_not_decommit)
{
	const uint32_t ops[] = { 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(make_page(&a));
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, ops[i], a.base, PAGE, NULL, 0),
			      ZX_ERR_NOT_SUPPORTED);
		EXPECT_STATUS(zx_vmar_op_range(bare, ops[i], 1, 0, NULL, 0),
			      ZX_ERR_NOT_SUPPORTED);
	}
	zx_handle_close(bare);
	check_and_drop(&a);
}

/* S-O23: NOT_SUPPORTED if a VMO in the range cannot do it: one that a pager
 * backs; the ordinary VMO before it keeps its pages. */
JX_TEST(seed_o23_vmo_that_does_not_support_op)
{
	zx_handle_t pager, port, paged;
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(make_page(&a));
	ASSERT_STATUS(zx_pager_create(0, &pager), ZX_OK);
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_pager_create_vmo(pager, 0, port, 1, PAGE, &paged), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_RW | ZX_VM_SPECIFIC, PAGE, paged, 0, PAGE, &address),
		      ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, address, PAGE, NULL, 0),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 2 * PAGE, NULL, 0),
		      ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(paged);
	zx_handle_close(port);
	zx_handle_close(pager);
	check_and_drop(&a);
}

/* S-O24: OUT_OF_RANGE if the range is not wholly in the VMAR: below, above,
 * across either end, wrapping. */
JX_TEST(seed_o24_range_not_within_the_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base - PAGE, PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base - PAGE, 2 * PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 5 * PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, vm_at(&a, 4), PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 0 - PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 0 - a.base + PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, VM_KERNEL_ADDRESS, PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	check_and_drop(&a);
}

/* S-O25: WRONG_TYPE for a handle of something else, before all arguments. */
JX_TEST(seed_o25_wrong_type)
{
	struct vm_area a;

	ASSERT_TRUE(make_page(&a));
	EXPECT_STATUS(zx_vmar_op_range(a.vmo, DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_op_range(zx_process_self(), DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmo, 0, 1, 0, &a, 1), ZX_ERR_WRONG_TYPE);
	check_and_drop(&a);
}
