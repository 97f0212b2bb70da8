/* Splitting, folding and rollback: spec/vmar.md 12. */
#include "conf_util.h"

static zx_status_t protect(const struct vm_area *a, zx_vm_option_t perm, uint64_t page,
			   uint64_t count)
{
	return zx_vmar_protect(a->vmar, perm, vm_at(a, page), count * PAGE);
}

/* Pages of a piece carry the stamps of its place in the VMO. */
static bool shows(const struct vm_area *a, uint64_t page, uint64_t vmo_page, uint64_t count)
{
	bool good = true;

	for (uint64_t i = 0; i < count; i++)
		good = vm_area_shows(a, page + i, vmo_page + i) && good;
	return good;
}

JX_TEST(vmar_12_1_r1_unmap_left)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 2, 4), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 1, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 2, 3, VM_RW, 3 }));
	EXPECT_TRUE(shows(&a, 2, 3, 3) && vm_area_is_gap(&a, 1));
	/* Found by its new base: it can be cut again there. */
	EXPECT_STATUS(vm_area_unmap(&a, 2, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 4, 1, VM_RW, 5 }));
	vm_area_drop(&a);
}

JX_TEST(vmar_12_1_r1_unmap_right)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 2, 4), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 4, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 3, VM_RW, 2 }));
	EXPECT_TRUE(shows(&a, 1, 2, 3) && vm_area_is_gap(&a, 4));
	vm_area_drop(&a);
}

JX_TEST(vmar_12_1_r1_unmap_middle)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 2, 5), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 3, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 2, VM_RW, 2 }, { 4, 2, VM_RW, 5 }));
	EXPECT_TRUE(shows(&a, 1, 2, 2) && shows(&a, 4, 5, 2) && vm_area_is_gap(&a, 3));
	vm_area_drop(&a);
}

JX_TEST(vmar_12_1_r2_pieces_keep_protection_and_maximum)
{
	zx_handle_t read_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	read_only = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, 0, 0, read_only, 0, 3), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 4, 4, 3), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 1, 1), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 5, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, 0, 0 }, { 2, 1, 0, 2 }, { 4, 1, VM_R, 4 },
			       { 6, 1, VM_R, 6 }));
	for (uint64_t page = 0; page < 8; page += 2) {
		EXPECT_STATUS(protect(&a, VM_RW, page, 1),
			      page < 4 ? ZX_ERR_ACCESS_DENIED : ZX_OK);
		EXPECT_STATUS(protect(&a, VM_R, page, 1), ZX_OK);
		EXPECT_TRUE(vm_area_shows(&a, page, page));
	}
	zx_handle_close(read_only);
	vm_area_drop(&a);
}

JX_TEST(vmar_12_2_r1_protect_left_right_middle)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 1, 7), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 0, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 1 }, { 1, 6, VM_RW, 2 }));
	EXPECT_STATUS(protect(&a, 0, 6, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 1 }, { 1, 5, VM_RW, 2 }, { 6, 1, 0, 7 }));
	EXPECT_STATUS(protect(&a, VM_R, 3, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 1 }, { 1, 2, VM_RW, 2 }, { 3, 1, VM_R, 4 },
			       { 4, 2, VM_RW, 5 }, { 6, 1, 0, 7 }));
	EXPECT_TRUE(shows(&a, 0, 1, 6));
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 6)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 4)), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_12_2_r2_same_protection_splits_nothing)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 6));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 6), ZX_OK);
	for (uint64_t start = 0; start < 6; start++) {
		for (uint64_t end = start + 1; end <= 6; end++)
			EXPECT_STATUS(protect(&a, VM_R, start, end - start), ZX_OK);
	}
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 6, VM_R, 0 }));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 1);
	vm_area_drop(&a);
}

/* The four ways in which runs become equal again. */
static void join(const struct vm_area *a)
{
	/* The hole between two runs is filled. */
	EXPECT_STATUS(protect(a, VM_R, 0, 2), ZX_OK);
	EXPECT_STATUS(protect(a, VM_R, 4, 2), ZX_OK);
	EXPECT_STATUS(protect(a, VM_R, 2, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(a, { 0, 6, VM_R, 0 }, { 6, 2, VM_RW, 6 }));
	/* Several runs are covered at once. */
	EXPECT_STATUS(protect(a, 0, 1, 1), ZX_OK);
	EXPECT_STATUS(protect(a, 0, 3, 1), ZX_OK);
	EXPECT_STATUS(protect(a, VM_RW, 0, 7), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(a, { 0, 8, VM_RW, 0 }));
	/* It begins and ends in the middle of runs. */
	EXPECT_STATUS(protect(a, VM_R, 1, 6), ZX_OK);
	EXPECT_STATUS(protect(a, 0, 3, 2), ZX_OK);
	EXPECT_STATUS(protect(a, VM_R, 2, 4), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(a, { 0, 1, VM_RW, 0 }, { 1, 6, VM_R, 1 }, { 7, 1, VM_RW, 7 }));
	/* At either end of the mapping. */
	EXPECT_STATUS(protect(a, VM_R, 7, 1), ZX_OK);
	EXPECT_STATUS(protect(a, VM_R, 0, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(a, { 0, 8, VM_R, 0 }));
}

JX_TEST(vmar_12_2_r3_equal_again_is_one_entry)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 8), ZX_OK);
	join(&a);
	EXPECT_TRUE(shows(&a, 0, 0, 8));
	vm_area_drop(&a);
}

static void cut(const struct vm_area *a)
{
	EXPECT_STATUS(protect(a, VM_R, 2, 2), ZX_OK);
	EXPECT_STATUS(protect(a, 0, 5, 2), ZX_OK);
	/* From inside the second run into the inside of the fourth. */
	EXPECT_STATUS(vm_area_unmap(a, 3, 3), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(a, { 0, 2, VM_RW, 0 }, { 2, 1, VM_R, 2 }, { 6, 1, 0, 6 },
			       { 7, 1, VM_RW, 7 }));
	EXPECT_STATUS(vm_area_unmap(a, 1, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(a, { 0, 1, VM_RW, 0 }, { 2, 1, VM_R, 2 }, { 6, 1, 0, 6 },
			       { 7, 1, VM_RW, 7 }));
	EXPECT_TRUE(shows(a, 0, 0, 1) && shows(a, 2, 2, 1) && shows(a, 7, 7, 1));
	EXPECT_TRUE(vm_area_is_gap(a, 1) && vm_area_is_gap(a, 5));
	EXPECT_STATUS(vm_probe_write(vm_at(a, 2)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_read(vm_at(a, 6)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_write(vm_at(a, 7)), ZX_OK);
}

JX_TEST(vmar_12_2_r4_unmap_across_pieces)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 8), ZX_OK);
	cut(&a);
	vm_area_drop(&a);
}

JX_TEST(vmar_12_2_r5_with_resident_pages)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW | ZX_VM_MAP_RANGE, 0, 0, 8), ZX_OK);
	EXPECT_TRUE(shows(&a, 0, 0, 8));
	join(&a);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW | ZX_VM_MAP_RANGE, 0, 0, 8), ZX_OK);
	for (uint64_t i = 0; i < 8; i++)
		vm_store(vm_at(&a, i), VM_STAMP(i));
	cut(&a);
	vm_area_drop(&a);
}

JX_TEST(vmar_12_3_r1_pieces_are_counted)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 8), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 1);
	EXPECT_STATUS(vm_area_unmap(&a, 3, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 2);
	EXPECT_STATUS(vm_area_unmap(&a, 5, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 3);
	EXPECT_STATUS(vm_area_unmap(&a, 4, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 2);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	vm_area_drop(&a);
}

JX_TEST(vmar_12_4_r1_continuation_below_above_between)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 2, 2, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 3, 3, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 2, 2, VM_R, 2 }));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 3, VM_R, 1 }));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 5, 5, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 4, 4, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 6, VM_R, 1 }));
	EXPECT_TRUE(shows(&a, 1, 1, 6));
	vm_area_drop(&a);
}

JX_TEST(vmar_12_4_r2_runs_of_different_protection)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 4, 4, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 6, 6, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 0 }, { 2, 4, VM_RW, 2 }, { 6, 2, VM_R, 6 }));
	/* Runs across what several calls made. */
	EXPECT_STATUS(protect(&a, VM_R, 1, 4), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 5, VM_R, 0 }, { 5, 1, VM_RW, 5 }, { 6, 2, VM_R, 6 }));
	EXPECT_STATUS(protect(&a, VM_RW, 0, 8), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 8, VM_RW, 0 }));
	vm_area_drop(&a);
}

JX_TEST(vmar_12_4_r3_never_joined)
{
	zx_handle_t other = vm_vmo_make(8, 0), read_only, sub;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	read_only = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	/* Another VMO, another offset, another maximum, another VMAR and back. */
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 1, other, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 2, 3, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 3, read_only, 4, 1), ZX_OK);
	sub = vm_area_sub(&a, 4, 1);
	ASSERT_STATUS(conf_map_at(sub, VM_R, 0, read_only, 5, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 5, read_only, 6, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 0 }, { 1, 1, VM_R, 1 }, { 2, 1, VM_R, 3 },
			       { 3, 1, VM_R, 4 }, { 4, 1, VM_R, 5 }, { 5, 1, VM_R, 6 }));
	/* The maximum is each one's own. */
	EXPECT_STATUS(protect(&a, VM_RW, 2, 1), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_RW, 3, 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(sub);
	zx_handle_close(read_only);
	zx_handle_close(other);
	vm_area_drop(&a);
}

JX_TEST(vmar_12_4_r4_overwrite_and_its_continuation)
{
	zx_handle_t other = vm_vmo_make(8, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, other, 0, 8), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R | ZX_VM_SPECIFIC_OVERWRITE, 2, 2, 2), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 4, 4), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 4, 4, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 0 }, { 2, 4, VM_R, 2 }));
	EXPECT_TRUE(shows(&a, 2, 2, 4));
	zx_handle_close(other);
	vm_area_drop(&a);
}

JX_TEST(vmar_12_5_r1_failed_calls_leave_nothing)
{
	zx_handle_t read_only, sub;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	read_only = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 3), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 3, read_only, 3, 1), ZX_OK);
	sub = vm_area_sub(&a, 5, 2);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, 4 * PAGE, 2 * PAGE), CONF_COLLIDES);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 4 * PAGE, a.vmo, 0, 2 * PAGE),
		   CONF_COLLIDES);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC_OVERWRITE, PAGE, a.vmo, 0,
				5 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, vm_area_unmap(&a, 1, 5), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_RW, 1, 3), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, protect(&a, VM_R, 1, 4), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, vm_at(&a, 3), PAGE, NULL, 0),
		   ZX_ERR_ACCESS_DENIED);
	EXPECT_TRUE(shows(&a, 0, 0, 4));
	zx_handle_close(sub);
	zx_handle_close(read_only);
	vm_area_drop(&a);
}
