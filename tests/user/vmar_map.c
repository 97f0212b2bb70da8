/* zx_vmar_map: every check of spec/vmar.md 5, and which of two that fail
 * decides. */
#include "vm_util.h"

/* One call; what it maps is unmapped again. */
static zx_status_t try(zx_handle_t vmar, zx_vm_option_t options, uint64_t offset, zx_handle_t vmo,
		       uint64_t vmo_offset, uint64_t len)
{
	zx_vaddr_t address = 0x1234;
	zx_status_t status = zx_vmar_map(vmar, options, offset, vmo, vmo_offset, len, &address);

	if (status == ZX_OK) {
		EXPECT_TRUE(address != 0 && address % PAGE == 0);
		EXPECT_STATUS(zx_vmar_unmap(vmar, address, (len + PAGE - 1) & ~(PAGE - 1)), ZX_OK);
	} else {
		EXPECT_EQ(address, 0x1234);
	}
	return status;
}

JX_TEST(vmar_map_handles_come_first)
{
	zx_handle_t unmappable;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	unmappable = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
	EXPECT_STATUS(try(0, UINT32_MAX, 1, 0, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(try(a.vmo, UINT32_MAX, 1, 0, 1, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(try(a.vmar, UINT32_MAX, 1, 0, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(try(a.vmar, UINT32_MAX, 1, a.vmar, 1, 0), ZX_ERR_WRONG_TYPE);
	/* 3 before 4, 6, 8. */
	EXPECT_STATUS(try(a.vmar, VM_W, 0, unmappable, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(a.vmar, 0, 0, unmappable, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(a.vmar, UINT32_MAX, 1, unmappable, 1, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(unmappable);
	vm_area_drop(&a);
}

/* Checks 4 to 8. */
JX_TEST(vmar_map_permission_checks_in_order)
{
	zx_handle_t vmo_r, vmo_none, vmar_r;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	vmo_r = vm_dup(a.vmo, ZX_RIGHT_MAP | ZX_RIGHT_READ);
	vmo_none = vm_dup(a.vmo, ZX_RIGHT_MAP);
	vmar_r = vm_dup(a.vmar, ZX_RIGHT_READ);
	/* W or X without R before the right to either. */
	EXPECT_STATUS(try(a.vmar, VM_W, 0, vmo_none, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, VM_X, 0, vmo_none, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, VM_W | VM_X, 0, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, VM_RW | ZX_VM_MAP_RANGE | ZX_VM_SPECIFIC_OVERWRITE, 0, vmo_r, 0,
			  PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, VM_RW | ZX_VM_CAN_MAP_READ, 0, vmo_r, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	/* A missing right before an undefined flag and COMPACT. */
	EXPECT_STATUS(try(a.vmar, VM_RW | 1u << 20, 0, vmo_r, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(a.vmar, VM_R | 1u << 20, 0, vmo_r, 0, PAGE), ZX_ERR_INVALID_ARGS);
	/* Each permission is needed on both handles. */
	EXPECT_STATUS(try(a.vmar, VM_R, 0, vmo_none, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(vmar_r, VM_RW, 0, a.vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(a.vmar, VM_RX, 0, a.vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(vmar_r, VM_R, 0, vmo_r, 0, PAGE), ZX_OK);
	EXPECT_STATUS(try(vmar_r, 0, 0, vmo_none, 0, PAGE), ZX_OK);
	zx_handle_close(vmo_r);
	zx_handle_close(vmo_none);
	zx_handle_close(vmar_r);
	vm_area_drop(&a);
}

/* The table of spec/vmar.md 11: which flags map takes at all. */
JX_TEST(vmar_map_flags_one_by_one)
{
	const zx_vm_option_t later = jx_era() == JX_ERA_LATEST ?
					     ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED : 0;
	const zx_vm_option_t good = VM_R | ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE |
				    ZX_VM_MAP_RANGE | ZX_VM_REQUIRE_NON_RESIZABLE |
				    ZX_VM_ALLOW_FAULTS | later;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint32_t bit = 0; bit < 24; bit++) {
		if (1u << bit == ZX_VM_OFFSET_IS_UPPER_LIMIT)
			continue;
		EXPECT_STATUS(try(a.vmar, 1u << bit, 0, a.vmo, 0, PAGE),
			      good & (1u << bit) ? ZX_OK : ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(try(a.vmar, ZX_VM_OFFSET_IS_UPPER_LIMIT, PAGE, a.vmo, 0, PAGE), ZX_OK);
	for (uint32_t n = 1; n < 256; n++)
		EXPECT_STATUS(try(zx_vmar_root_self(), n << ZX_VM_ALIGN_BASE, 0, a.vmo, 0, PAGE),
			      n < 10 || n > 32 ? ZX_ERR_INVALID_ARGS : ZX_OK);
	vm_area_drop(&a);
}

/* Checks 9 to 14, each against its neighbours. */
JX_TEST_OF_2020(vmar_map_middle_checks_in_order)
{
	zx_handle_t resizable = vm_vmo_make(1, ZX_VMO_RESIZABLE), narrow;
	struct vm_area a;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(try(a.vmar, ZX_VM_REQUIRE_NON_RESIZABLE | ZX_VM_COMPACT, 0, resizable, 1, 0),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(try(a.vmar, 1u << 20 | ZX_VM_REQUIRE_NON_RESIZABLE, 0, resizable, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	/* 11 cannot be seen but by a handle with more rights than its VMAR. */
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, ZX_VM_CAN_MAP_READ, 0, PAGE, &narrow, &address),
		      ZX_OK);
	EXPECT_STATUS(try(narrow, VM_RW, 0, a.vmo, 1, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(narrow, VM_RW | ZX_VM_COMPACT, 0, a.vmo, 0, PAGE),
		      ZX_ERR_ACCESS_DENIED);
	zx_vmar_destroy(narrow);
	EXPECT_STATUS(try(narrow, 0, 0, a.vmo, 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(narrow, 0, 0, a.vmo, 0 - PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(narrow, 0, 0, a.vmo, 0, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(narrow, 0, 0, a.vmo, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(try(narrow, 0, 1, a.vmo, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(try(narrow, ZX_VM_SPECIFIC, 9 * PAGE, a.vmo, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(try(a.vmar, 0, 0, a.vmo, 0, 0), ZX_ERR_INVALID_ARGS);
	zx_handle_close(narrow);
	zx_handle_close(resizable);
	vm_area_drop(&a);
}

/* Check 12: where the VMO's offsets end. */
JX_TEST_OF_2020(vmar_map_vmo_offsets_up_to_the_end)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(try(a.vmar, VM_R, 0, a.vmo, 0 - 2 * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(try(a.vmar, VM_R, 0, a.vmo, 0 - PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, VM_R, 0, a.vmo, 0 - 2 * PAGE, PAGE + 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, VM_R, 0, a.vmo, 4 * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(try(a.vmar, VM_R, 0, a.vmo, PAGE - 1, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* Checks 15 to 18. */
JX_TEST(vmar_map_placement_checks_in_order)
{
	const zx_vm_option_t limit = ZX_VM_OFFSET_IS_UPPER_LIMIT;
	zx_handle_t plain;
	struct vm_area a;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, ZX_VM_CAN_MAP_READ, 0, PAGE, &plain, &address),
		      ZX_OK);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC | limit, PAGE, a.vmo, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC_OVERWRITE | limit, PAGE, a.vmo, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, 0, PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(plain, ZX_VM_SPECIFIC, 1, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(plain, ZX_VM_SPECIFIC, 99 * PAGE, a.vmo, 0, PAGE),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(plain, ZX_VM_SPECIFIC_OVERWRITE, 0, a.vmo, 0, PAGE),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(plain, limit, PAGE, a.vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_vmar_destroy(plain);
	zx_handle_close(plain);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 8 * PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 7 * PAGE, a.vmo, 0, PAGE + 1),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, 0, 0, a.vmo, 0, 8 * PAGE + 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, limit, 9 * PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, limit, PAGE, a.vmo, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, UINT64_MAX - PAGE + 1, a.vmo, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* Check 18: any overlap, with either kind of child. */
JX_TEST_OF_2020(vmar_map_specific_collides_with_anything)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 0, 2), ZX_OK);
	sub = vm_area_sub(&a, 5, 2);
	for (uint64_t start = 0; start < 8; start++) {
		for (uint64_t n = 1; n <= 8 - start; n++) {
			uint64_t end = start + n;
			bool taken = (start < 3 && end > 1) || (start < 7 && end > 5);

			EXPECT_STATUS(try(a.vmar, VM_R | ZX_VM_SPECIFIC, start * PAGE, a.vmo, 0,
					  n * PAGE), taken ? ZX_ERR_NO_MEMORY : ZX_OK);
		}
	}
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 2, VM_R, 0 }));
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* Check 23, and the length that is rounded up. */
JX_TEST(vmar_map_output_and_rounding)
{
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE,
				  (zx_vaddr_t *)VM_KERNEL_ADDRESS), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE - 1, &address), ZX_OK);
	EXPECT_EQ(address, a.base);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	vm_area_drop(&a);
}

/* spec 5.1: OVERWRITE. */
JX_TEST(vmar_map_overwrite)
{
	const zx_vm_option_t overwrite = VM_R | ZX_VM_SPECIFIC_OVERWRITE;
	zx_handle_t other = vm_vmo_make(2, 0), sub;
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 6), ZX_OK);
	EXPECT_EQ(vm_load(vm_at(&a, 2)), VM_STAMP(2));
	vm_vmo_set(other, 0, 4711);
	EXPECT_STATUS(zx_vmar_map(a.vmar, overwrite, 2 * PAGE, other, 0, 2 * PAGE, &address),
		      ZX_OK);
	EXPECT_EQ(address, vm_at(&a, 2));
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 4711);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 0 }, { 2, 2, VM_R, 0 }, { 4, 2, VM_RW, 4 }));
	EXPECT_TRUE(vm_area_shows(&a, 1, 1) && vm_area_shows(&a, 4, 4));
	/* A sub-VMAR is never overwritten, and then nothing is. */
	sub = vm_area_sub(&a, 6, 1);
	EXPECT_STATUS(zx_vmar_map(a.vmar, overwrite, 6 * PAGE, other, 0, PAGE, &address),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_map(a.vmar, overwrite, 4 * PAGE, a.vmo, 0, 4 * PAGE, &address),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 0 }, { 2, 2, VM_R, 0 }, { 4, 2, VM_RW, 4 }));
	/* Several mappings at once, with SPECIFIC named as well. */
	EXPECT_STATUS(zx_vmar_map(a.vmar, overwrite | ZX_VM_SPECIFIC, PAGE, other, 0, 2 * PAGE,
				  &address), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_RW, 0 }, { 1, 2, VM_R, 0 }, { 3, 1, VM_R, 1 },
			       { 4, 2, VM_RW, 4 }));
	zx_handle_close(sub);
	zx_handle_close(other);
	vm_area_drop(&a);
}

/* spec 5.2: populates what is there, commits nothing, minds no hole. */
JX_TEST(vmar_map_range_populates_without_committing)
{
	struct vm_area a;
	zx_handle_t sparse;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &sparse), ZX_OK);
	vm_vmo_set(sparse, 1, 11);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_RW | ZX_VM_MAP_RANGE | ZX_VM_SPECIFIC, 0, sparse, 0,
				  7 * PAGE - 5, &address), ZX_OK);
	EXPECT_EQ(vm_vmo_info(sparse).committed_bytes, PAGE);
	EXPECT_EQ(vm_load(address + PAGE), 11);
	EXPECT_EQ(vm_load(address), 0);
	vm_store(address + PAGE, 12);
	EXPECT_EQ(vm_vmo_get(sparse, 1), 12);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 7), ZX_OK);
	EXPECT_STATUS(try(a.vmar, ZX_VM_MAP_RANGE, 0, sparse, 3 * PAGE, 2 * PAGE), ZX_OK);
	zx_handle_close(sparse);
	vm_area_drop(&a);
}

/* spec 1.5, 1.6: handles may go, memory stays; maximum protection is fixed. */
JX_TEST(vmar_map_outlives_the_handles)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), sub;
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 4));
	sub = vm_area_sub(&a, 0, 2);
	ASSERT_STATUS(zx_vmar_map(sub, VM_R, 0, vmo, 0, PAGE, &address), ZX_OK);
	zx_handle_close(vmo);
	zx_handle_close(sub);
	EXPECT_EQ(vm_load(address), VM_STAMP(0));
	/* Only the parent can name it now: 2020 does not protect a sub-VMAR, later
	 * nothing is given there. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, address, PAGE),
		      jx_era() == JX_ERA_LATEST ? ZX_ERR_ACCESS_DENIED : ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, address, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(address), ZX_ERR_NOT_FOUND);
	vm_area_drop(&a);
}
