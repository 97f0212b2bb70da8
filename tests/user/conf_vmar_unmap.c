/* zx_vmar_unmap: spec/vmar.md 6; its seed's obligations are in seed_vmar_unmap.c. */
#include "conf_util.h"

JX_TEST(vmar_6_c1_handle_before_the_range)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 4));
	bare = vm_dup(a.vmo, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_vmar_unmap(ZX_HANDLE_INVALID, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_unmap(UINT32_MAX, a.base, PAGE), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_unmap(a.vmo, 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_unmap(bare, 1, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_unmap(zx_process_self(), a.base, PAGE), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_c2_unaligned_address)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	for (uint64_t bit = 1; bit < PAGE; bit *= 2)
		CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base + bit, PAGE), ZX_ERR_INVALID_ARGS);
	/* Before BAD_STATE (4). */
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_c3_no_length)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base, 0), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 0), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* Within a page of 2^64 either reading of D1 refuses it. */
JX_TEST(vmar_6_c3_length_that_rounding_wraps)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base, 0 - PAGE + 1), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_c4_dead_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	/* Before the bounds (5). */
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, 0 - PAGE, 2 * PAGE), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_c5_range_inside_the_vmar)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* Before part of a sub-VMAR (7): the last page is one. */
	sub = vm_area_sub(&a, 2, 2);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, vm_at(&a, 3), 2 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base - PAGE, 5 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, vm_at(&a, 4), PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base, 0 - a.base), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(a.vmar, a.base, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(sub, vm_at(&a, 0), PAGE), ZX_ERR_INVALID_ARGS);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_c7_part_of_a_sub_vmar)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 2), ZX_OK);
	sub = vm_area_sub(&a, 3, 3);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 7, 7, 1), ZX_OK);
	for (uint64_t start = 0; start < 8; start++) {
		for (uint64_t end = start + 1; end <= 8; end++) {
			bool touches = start < 6 && end > 3;
			bool covers = start <= 3 && end >= 6;

			if (touches && !covers)
				CONF_FAILS(&a, vm_area_unmap(&a, start, end - start),
					   ZX_ERR_INVALID_ARGS);
		}
	}
	EXPECT_STATUS(conf_alive(sub), ZX_OK);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_c8_nothing_there)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 4), conf_era(ZX_ERR_NOT_FOUND, ZX_OK));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 0, 1), ZX_OK);
	CONF_FAILS(&a, vm_area_unmap(&a, 0, 1), conf_era(ZX_ERR_NOT_FOUND, ZX_OK));
	CONF_FAILS(&a, vm_area_unmap(&a, 2, 2), conf_era(ZX_ERR_NOT_FOUND, ZX_OK));
	vm_area_drop(&a);
}

JX_TEST(vmar_6_r1_removes_trims_and_splits)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 16));
	/* Trimmed at its right, whole, split, trimmed at its left. */
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 5, 5, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 8, 8, 4), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 3, 6), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 3, VM_R, 0 }, { 9, 3, VM_R, 9 }));
	EXPECT_STATUS(vm_area_unmap(&a, 10, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 3, VM_R, 0 }, { 9, 1, VM_R, 9 }, { 11, 1, VM_R, 11 }));
	EXPECT_TRUE(vm_area_shows(&a, 2, 2) && vm_area_shows(&a, 11, 11));
	EXPECT_TRUE(vm_area_is_gap(&a, 3) && vm_area_is_gap(&a, 10));
	vm_area_drop(&a);
}

JX_TEST(vmar_6_r2_destroys_sub_vmars)
{
	struct vm_area a;
	zx_handle_t full, nested, empty;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	full = vm_area_sub(&a, 1, 3);
	empty = vm_area_sub(&a, 5, 1);
	ASSERT_STATUS(zx_vmar_allocate(full, VM_CAN_ALL | ZX_VM_SPECIFIC, PAGE, PAGE, &nested,
				       &address), ZX_OK);
	ASSERT_STATUS(conf_map_at(nested, VM_R, 0, a.vmo, 0, 1), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 1, 5), ZX_OK);
	EXPECT_STATUS(conf_alive(full), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_alive(nested), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_alive(empty), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_alive(a.vmar), ZX_OK);
	EXPECT_TRUE(vm_area_is_gap(&a, 2));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	zx_handle_close(full);
	zx_handle_close(nested);
	zx_handle_close(empty);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_r3_gaps_anywhere)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 2, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 5, 0, 1), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	EXPECT_TRUE(vm_area_is_gap(&a, 2) && vm_area_is_gap(&a, 5));
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, 8 * PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_6_r4_space_is_free_again)
{
	struct vm_area a;
	zx_handle_t sub;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 8), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 3, 2), ZX_OK);
	/* By the kernel's choice there is but one place, and by SPECIFIC too. */
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 2 * PAGE, &address), ZX_OK);
	EXPECT_EQ(address, vm_at(&a, 3));
	ASSERT_STATUS(vm_area_unmap(&a, 3, 2), ZX_OK);
	EXPECT_STATUS(vm_area_map(&a, VM_R, 4, 6, 1), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	sub = vm_area_sub(&a, 0, 8);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	EXPECT_STATUS(vm_area_map(&a, VM_R, 0, 0, 8), ZX_OK);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* 1 GiB that begins a page off a block's boundary; three pages are there. */
JX_TEST(vmar_6_r5_large_and_sparse)
{
	const uint64_t pages = (1ul << 30) / PAGE;
	zx_vaddr_t base, address = 0;
	zx_handle_t vmo, vmar;
	zx_time_t start;

	ASSERT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL | ZX_VM_ALIGN_2MB, 0,
				       2 * pages * PAGE, &vmar, &base), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(vmar, VM_RW | ZX_VM_SPECIFIC, PAGE, vmo, 0, pages * PAGE,
				  &address), ZX_OK);
	vm_store(address, 1);
	vm_store(address + pages / 2 * PAGE, 2);
	vm_store(address + (pages - 1) * PAGE, 3);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 3 * PAGE);
	start = zx_clock_get_monotonic();
	EXPECT_STATUS(zx_vmar_unmap(vmar, address, pages * PAGE), ZX_OK);
	/* A walk over 262,144 entries would take far longer. */
	EXPECT_TRUE(zx_clock_get_monotonic() - start < ZX_MSEC(100));
	EXPECT_STATUS(vm_probe_read(address + pages / 2 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_EQ(vm_vmo_get(vmo, pages / 2), 2);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}

JX_TEST(vmar_6_r6_all_or_nothing)
{
	struct vm_area a;
	zx_handle_t first, last;

	ASSERT_TRUE(vm_area_make(&a, 8));
	first = vm_area_sub(&a, 0, 1);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 2), ZX_OK);
	last = vm_area_sub(&a, 6, 2);
	CONF_FAILS(&a, vm_area_unmap(&a, 0, 7), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_alive(first), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 2, 2) && vm_area_shows(&a, 3, 3));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	EXPECT_STATUS(conf_alive(first), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_alive(last), ZX_ERR_BAD_STATE);
	zx_handle_close(first);
	zx_handle_close(last);
	vm_area_drop(&a);
}

static void unmap_own_code(zx_handle_t vmar, uintptr_t code)
{
	zx_vmar_unmap(vmar, code & ~(PAGE - 1), PAGE);
	zx_process_exit(1);
}

/* The call itself succeeds: what comes of it is the next fetch. */
JX_TEST(vmar_6_r8_own_code_and_stack)
{
	struct vm_child child;
	zx_handle_t root;

	ASSERT_TRUE(vm_child_make(&child));
	root = vm_dup(child.vmar, ZX_RIGHT_SAME_RIGHTS);
	ASSERT_STATUS(zx_process_start(child.process, child.thread, (zx_vaddr_t)unmap_own_code,
				       child.stack_top, root, (uintptr_t)unmap_own_code), ZX_OK);
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
}
