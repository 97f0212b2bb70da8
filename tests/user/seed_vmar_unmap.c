/* zx_vmar_unmap: the obligations of the seed document, one test each
 * (docs/seeds.md). */
#include "vm_util.h"

static zx_status_t handle_is_valid(zx_handle_t handle)
{
	return zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL);
}

/* Any operation on a VMAR that shows whether it lives. */
static zx_status_t vmar_is_alive(zx_handle_t vmar, zx_vaddr_t base)
{
	zx_status_t status = zx_vmar_protect(vmar, 0, base, PAGE);

	return status == ZX_ERR_NOT_FOUND ? ZX_OK : status;
}

/* S-U1: handle, absolute address, 64-bit length; a status is returned. */
JX_TEST(seed_u01_takes_address_and_64_bit_length)
{
	zx_status_t (*call)(zx_handle_t, zx_vaddr_t, uint64_t) = zx_vmar_unmap;
	const uint64_t pages = (6ul << 30) / PAGE;
	zx_vaddr_t base = 0;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, pages);
	ASSERT_TRUE(base != 0);
	vm_store(base, 1);
	vm_store(base + (pages - 1) * PAGE, 2);
	/* Neither the address nor the length fits in 32 bits. */
	EXPECT_STATUS(call(zx_vmar_root_self(), base + PAGE, (pages - 1) * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base), 1);
	EXPECT_STATUS(vm_probe_read(base + PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_probe_read(base + (pages - 1) * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(call(zx_vmar_root_self(), base, PAGE), ZX_OK);
	zx_handle_close(vmo);
}

/* S-U2: every mapping in the range goes, of whatever VMO, gaps between. */
JX_TEST(seed_u02_unmaps_every_mapping_in_the_range)
{
	struct vm_area a;
	zx_vaddr_t other = 0;
	zx_handle_t vmo = vm_vmo_make(2, 0);

	ASSERT_TRUE(vm_area_make(&a, 16));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 0, 3), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 4, 8, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, 0, 12, 0, 2), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_RW | ZX_VM_SPECIFIC, 8 * PAGE, vmo, 0, 2 * PAGE,
				  &other), ZX_OK);
	vm_store(vm_at(&a, 1), 77);
	vm_store(vm_at(&a, 8), 88);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 16), ZX_OK);
	for (uint64_t i = 0; i < 16; i++)
		EXPECT_TRUE(vm_area_is_gap(&a, i));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 0);
	/* What was written stays in the VMOs. */
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), 77);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 88);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

/* S-U3: sub-regions in the range are destroyed, as zx_vmar_destroy does it:
 * they and all below are dead, their handles are not. */
JX_TEST(seed_u03_destroys_sub_regions)
{
	zx_handle_t full, nested, empty;
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 16));
	full = vm_area_sub(&a, 2, 6);
	empty = vm_area_sub(&a, 10, 1);
	ASSERT_STATUS(zx_vmar_allocate(full, VM_CAN_ALL | ZX_VM_SPECIFIC, 2 * PAGE, 2 * PAGE,
				       &nested, &address), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(nested, VM_RW, 0, a.vmo, 0, PAGE, &address), ZX_OK);
	EXPECT_EQ(vm_load(address), VM_STAMP(0));
	EXPECT_STATUS(vm_area_unmap(&a, 2, 9), ZX_OK);
	EXPECT_STATUS(vm_probe_read(address), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vmar_is_alive(full, vm_at(&a, 2)), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vmar_is_alive(nested, vm_at(&a, 4)), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vmar_is_alive(empty, vm_at(&a, 10)), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_destroy(nested), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vmar_is_alive(a.vmar, vm_at(&a, 2)), ZX_OK);
	/* The space is the parent's again. */
	EXPECT_STATUS(vm_area_map(&a, VM_R, 2, 0, 9), ZX_OK);
	EXPECT_STATUS(handle_is_valid(full), ZX_OK);
	EXPECT_STATUS(zx_handle_close(full), ZX_OK);
	EXPECT_STATUS(zx_handle_close(nested), ZX_OK);
	EXPECT_STATUS(zx_handle_close(empty), ZX_OK);
	vm_area_drop(&a);
}

/* S-U4: the range is absolute, begins with addr, ends before addr + len. */
JX_TEST(seed_u04_range_includes_addr_and_excludes_its_end)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 8), ZX_OK);
	/* An offset into the VMAR is not an address in it. */
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, 3 * PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, vm_at(&a, 3), 2 * PAGE), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 2, 2));
	EXPECT_TRUE(vm_area_is_gap(&a, 3));
	EXPECT_TRUE(vm_area_is_gap(&a, 4));
	EXPECT_TRUE(vm_area_shows(&a, 5, 5));
	/* To the last byte before the hole, and from the first after it. */
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 3) - 1), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 5) - 1), ZX_ERR_NOT_FOUND);
	vm_area_drop(&a);
}

/* S-U5: a sub-region in the range must lie wholly in it. */
JX_TEST(seed_u05_sub_region_must_be_fully_in_the_range)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 16));
	sub = vm_area_sub(&a, 4, 4);
	EXPECT_STATUS(vm_area_unmap(&a, 2, 5), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(vm_area_unmap(&a, 5, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(vm_area_unmap(&a, 7, 9), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(vmar_is_alive(sub, vm_at(&a, 4)), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 4, 4), ZX_OK);
	EXPECT_STATUS(vmar_is_alive(sub, vm_at(&a, 4)), ZX_ERR_BAD_STATE);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* S-U6: of a mapping that is partly in the range only that part goes; the
 * pieces left keep their content, protection and place in the VMO. */
JX_TEST(seed_u06_splits_a_mapping_partly_in_the_range)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 16));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 4, 10), ZX_OK);
	/* The middle, then the left end, then the right, then over an edge. */
	EXPECT_STATUS(vm_area_unmap(&a, 4, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_RW, 4 }, { 6, 4, VM_RW, 10 }));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 3, VM_RW, 5 }, { 6, 4, VM_RW, 10 }));
	EXPECT_STATUS(vm_area_unmap(&a, 9, 7), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 3, VM_RW, 5 }, { 6, 3, VM_RW, 10 }));
	EXPECT_STATUS(vm_area_unmap(&a, 3, 4), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 2, VM_RW, 5 }, { 7, 2, VM_RW, 11 }));
	EXPECT_TRUE(vm_area_shows(&a, 1, 5) && vm_area_shows(&a, 2, 6));
	EXPECT_TRUE(vm_area_shows(&a, 7, 11) && vm_area_shows(&a, 8, 12));
	EXPECT_TRUE(vm_area_is_gap(&a, 0) && vm_area_is_gap(&a, 3) && vm_area_is_gap(&a, 6) &&
		    vm_area_is_gap(&a, 9));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 2);
	vm_area_drop(&a);
}

/* S-U7: len is a multiple of the page, even where rounding would fit. */
JX_TEST_OF_2020(seed_u07_len_must_be_page_aligned)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	for (uint64_t len = 1; len < 4 * PAGE; len = len * 2 + 1) {
		if (len % PAGE != 0)
			EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, len), ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 4 * PAGE - 1), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 4 * PAGE), ZX_OK);
	vm_area_drop(&a);
}

/* S-U8: the document names no right, so none is demanded. */
JX_TEST(seed_u08_needs_no_right)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_vmar_unmap(bare, a.base, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(vm_area_is_gap(&a, 0));
	zx_handle_close(bare);
	vm_area_drop(&a);
}

/* S-U9: ZX_OK on success; also for pages that nobody ever touched. */
JX_TEST(seed_u09_ok_on_success)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint64_t pages = 1; pages <= 4; pages++) {
		ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, pages), ZX_OK);
		EXPECT_STATUS(vm_area_unmap(&a, 0, pages), ZX_OK);
	}
	vm_area_drop(&a);
}

/* S-U10: BAD_HANDLE for what is no handle, whatever else is wrong. */
JX_TEST(seed_u10_bad_handle)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	vm_area_drop(&a);
	EXPECT_STATUS(zx_vmar_unmap(ZX_HANDLE_INVALID, a.base, PAGE), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, PAGE), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_unmap(0xffffffff, a.base, PAGE), ZX_ERR_BAD_HANDLE);
}

/* S-U11: WRONG_TYPE for a handle of something else, whatever else is wrong. */
JX_TEST(seed_u11_wrong_type)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	EXPECT_STATUS(zx_vmar_unmap(a.vmo, a.base, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_unmap(a.vmo, 1, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_unmap(zx_process_self(), a.base, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_unmap(zx_thread_self(), a.base, PAGE), ZX_ERR_WRONG_TYPE);
	vm_area_drop(&a);
}

/* S-U12: INVALID_ARGS for an address inside a page. */
JX_TEST(seed_u12_unaligned_addr)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	for (uint64_t bit = 1; bit < PAGE; bit *= 2)
		EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base + bit, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base - 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	vm_area_drop(&a);
}

/* S-U13: INVALID_ARGS for no length, mapped or not. */
JX_TEST(seed_u13_zero_len)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 0), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, vm_at(&a, 4), 0), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	vm_area_drop(&a);
}

/* S-U14: INVALID_ARGS for a length that is no whole number of pages, up to
 * those that rounding would wrap. */
JX_TEST_OF_2020(seed_u14_unaligned_len)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	for (uint64_t bit = 1; bit < PAGE; bit *= 2) {
		EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, bit), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, PAGE + bit), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 0 - bit), ZX_ERR_INVALID_ARGS);
	}
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	vm_area_drop(&a);
}

/* S-U15: INVALID_ARGS for part of a sub-region, and then nothing changed: not
 * even the mappings that lie before it in the range. */
JX_TEST(seed_u15_partly_overlapped_sub_region_changes_nothing)
{
	struct vm_area a;
	zx_handle_t sub;
	zx_vaddr_t inner = 0;

	ASSERT_TRUE(vm_area_make(&a, 16));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	sub = vm_area_sub(&a, 6, 4);
	ASSERT_STATUS(zx_vmar_map(sub, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE, &inner), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 12, 12, 4), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 9), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(vm_area_unmap(&a, 7, 9), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(vm_area_unmap(&a, 7, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }, { 7, 1, VM_R, 0 }, { 12, 4, VM_R, 12 }));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 10), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 12, 4, VM_R, 12 }));
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* S-U16: BAD_STATE for a destroyed VMAR, after the checks of the arguments. */
JX_TEST(seed_u16_destroyed_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 4), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vm_area_unmap(&a, 9, 4), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* S-U17: NOT_FOUND where there is neither a mapping nor a sub-region. */
JX_TEST_OF_2020(seed_u17_nothing_to_unmap)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 16));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 16), ZX_ERR_NOT_FOUND);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 4, 0, 2), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 4), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_area_unmap(&a, 6, 10), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 16), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 4, 2), ZX_ERR_NOT_FOUND);
	/* An empty sub-region is something. */
	sub = vm_area_sub(&a, 0, 16);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 16), ZX_OK);
	zx_handle_close(sub);
	vm_area_drop(&a);
}
