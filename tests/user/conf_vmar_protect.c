/* zx_vmar_protect: each ordered check and effect of spec/vmar.md 7. */
#include "conf_util.h"

static zx_status_t protect(const struct vm_area *a, zx_vm_option_t options, uint64_t page,
			   uint64_t count)
{
	return zx_vmar_protect(a->vmar, options, vm_at(a, page), count * PAGE);
}

JX_TEST(vmar_7_c1_handle_and_its_rights)
{
	const zx_vm_option_t perms[] = { VM_R, VM_RW, VM_RX };
	struct vm_area a;
	zx_handle_t bare, bare_vmo;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	bare_vmo = vm_dup(a.vmo, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_vmar_protect(ZX_HANDLE_INVALID, VM_W, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_protect(bare_vmo, VM_RW, a.base, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_protect(a.vmo, VM_W, 1, 0), ZX_ERR_WRONG_TYPE);
	for (int i = 0; i < 3; i++)
		CONF_FAILS(&a, zx_vmar_protect(bare, perms[i], a.base, PAGE),
			   ZX_ERR_ACCESS_DENIED);
	/* Before W without R (2), the address (3), other flags (4). */
	CONF_FAILS(&a, zx_vmar_protect(bare, VM_W, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, zx_vmar_protect(bare, VM_R | ZX_VM_SPECIFIC, 1, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(bare, 0, a.base, PAGE), ZX_OK);
	zx_handle_close(bare);
	zx_handle_close(bare_vmo);
	vm_area_drop(&a);
}

/* The answers of 2 to 5 are all the same: each is seen before BAD_STATE (6). */
JX_TEST(vmar_7_c2_write_or_execute_without_read)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_W, 0, 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_X, 0, 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_W | VM_X, 0, 1), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_W, 0, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(protect(&a, VM_X, 0, 1), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_c3_unaligned_address)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	for (uint64_t bit = 1; bit < PAGE; bit *= 2)
		CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base + bit, PAGE),
			   ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_c4_other_flags)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	for (uint32_t bit = 3; bit < 32; bit++) {
		if (bit != 14)
			CONF_FAILS(&a, protect(&a, VM_R | 1u << bit, 0, 1), ZX_ERR_INVALID_ARGS);
	}
	CONF_FAILS(&a, protect(&a, VM_R | ZX_VM_ALIGN_4KB, 0, 1), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	for (uint32_t bit = 3; bit < 32; bit++) {
		if (bit != 14)
			EXPECT_STATUS(protect(&a, VM_R | 1u << bit, 0, 1), ZX_ERR_INVALID_ARGS);
	}
	vm_area_drop(&a);
}

JX_TEST(vmar_7_c5_length)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_R, 0, 0), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base, 0 - PAGE + 1), ZX_ERR_INVALID_ARGS);
	/* Any other is rounded up. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 0 }, { 1, 3, VM_RW, 1 }));
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 2 * PAGE + 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 3, VM_R, 0 }, { 3, 1, VM_RW, 3 }));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_c6_dead_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	/* Before the bounds (7). */
	EXPECT_STATUS(protect(&a, VM_R, 0, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(protect(&a, VM_R, 3, 2), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, 0, PAGE), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_c7_range_inside_the_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* There are gaps, which 8 would call NOT_FOUND. */
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 0, 1), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_R, 2, 3), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_R, 4, 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base - PAGE, 3 * PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base, 0 - a.base), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_R, 2, 2), ZX_ERR_NOT_FOUND);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_c8_gaps)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	CONF_FAILS(&a, protect(&a, VM_R, 0, 8), ZX_ERR_NOT_FOUND);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 1, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 4, 4, 2), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_R, 0, 2), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, protect(&a, VM_R, 1, 3), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, protect(&a, VM_R, 1, 5), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, protect(&a, VM_R, 5, 2), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, protect(&a, VM_R, 7, 1), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(protect(&a, VM_R, 4, 2), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_c8_maximum)
{
	zx_handle_t read_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	read_only = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 2, read_only, 2, 2), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_RW, 2, 1), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, protect(&a, VM_RX, 2, 1), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, protect(&a, VM_RX, 0, 1), ZX_ERR_ACCESS_DENIED);
	/* From the left: this mapping, or the gap behind it. */
	CONF_FAILS(&a, protect(&a, VM_RW, 0, 8), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, protect(&a, VM_R, 0, 8), ZX_ERR_NOT_FOUND);
	ASSERT_STATUS(vm_area_unmap(&a, 1, 1), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_RW, 0, 4), ZX_ERR_NOT_FOUND);
	zx_handle_close(read_only);
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_7_c8_sub_vmar)
{
	zx_handle_t full, empty;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	full = vm_area_sub(&a, 1, 1);
	ASSERT_STATUS(conf_map_at(full, VM_RW, 0, a.vmo, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 1), ZX_OK);
	empty = vm_area_sub(&a, 3, 1);
	CONF_FAILS(&a, protect(&a, VM_R, 1, 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_R, 0, 3), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_R, 2, 2), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, protect(&a, VM_R, 3, 1), ZX_ERR_INVALID_ARGS);
	/* Through its own handle it is an ordinary mapping. */
	EXPECT_STATUS(zx_vmar_protect(full, VM_R, vm_at(&a, 1), PAGE), ZX_OK);
	zx_handle_close(full);
	zx_handle_close(empty);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_r1_splits_and_crosses)
{
	zx_handle_t other = vm_vmo_make(8, 0), read_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	read_only = vm_dup(other, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 4, 4), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 4, read_only, 2, 4), ZX_OK);
	EXPECT_STATUS(protect(&a, 0, 2, 4), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 4 }, { 2, 2, 0, 6 }, { 4, 2, 0, 2 },
			       { 6, 2, VM_R, 4 }));
	EXPECT_TRUE(vm_area_shows(&a, 1, 5) && vm_area_shows(&a, 6, 4));
	/* Maxima are what they were. */
	EXPECT_STATUS(protect(&a, VM_RW, 2, 2), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_RW, 4, 2), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(protect(&a, VM_R, 4, 2), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 5, 3));
	zx_handle_close(read_only);
	zx_handle_close(other);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_r3_zero_page_stays_zero)
{
	zx_vaddr_t first = 0, second = 0;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	first = vm_map(vmo, VM_R, 1);
	second = vm_map(vmo, VM_R, 1);
	EXPECT_EQ(vm_load(first) | vm_load(second), 0);
	EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), VM_RW, first, PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	vm_store(first, 7);
	EXPECT_EQ(vm_load(second), 7);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, PAGE);
	vm_unmap(first, 1);
	vm_unmap(second, 1);
	zx_handle_close(vmo);
}

JX_TEST(vmar_7_r4_pages_never_touched)
{
	zx_handle_t vmo;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, 4);
	EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), VM_R, base, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), 0, base + 3 * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_write(base), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_read(base), ZX_OK);
	EXPECT_STATUS(vm_probe_write(base + 2 * PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(base + 3 * PAGE), ZX_ERR_ACCESS_DENIED);
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

JX_TEST(vmar_7_r5_all_or_nothing)
{
	zx_handle_t read_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	read_only = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 3), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 3, 5, 2), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 5, read_only, 0, 1), ZX_OK);
	CONF_FAILS(&a, protect(&a, VM_RW, 1, 5), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, protect(&a, 0, 1, 6), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 1)), ZX_ERR_ACCESS_DENIED);
	EXPECT_TRUE(vm_area_shows(&a, 1, 1) && vm_area_shows(&a, 3, 5));
	zx_handle_close(read_only);
	vm_area_drop(&a);
}
