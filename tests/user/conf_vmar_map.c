/* zx_vmar_map: each ordered check of spec/vmar.md 5, against a later one. */
#include "conf_util.h"

#define LIMIT ZX_VM_OFFSET_IS_UPPER_LIMIT
#define OVERWRITE ZX_VM_SPECIFIC_OVERWRITE

JX_TEST(vmar_5_c1_vmar_handle)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(conf_map(ZX_HANDLE_INVALID, UINT32_MAX, 1, a.vmar, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(conf_map(UINT32_MAX, VM_R, 0, a.vmo, 0, PAGE), ZX_ERR_BAD_HANDLE);
	/* The VMAR's type before the VMO's handle. */
	EXPECT_STATUS(conf_map(a.vmo, VM_R, 0, ZX_HANDLE_INVALID, 0, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(conf_map(zx_process_self(), UINT32_MAX, 1, a.vmar, 1, 0), ZX_ERR_WRONG_TYPE);
	vm_area_drop(&a);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE), ZX_ERR_BAD_HANDLE);
}

JX_TEST(vmar_5_c2_vmo_handle)
{
	zx_handle_t bare;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	CONF_FAILS(&a, conf_map(a.vmar, UINT32_MAX, 1, ZX_HANDLE_INVALID, 1, 0),
		   ZX_ERR_BAD_HANDLE);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmar, 0, PAGE), ZX_ERR_WRONG_TYPE);
	/* Before the right MAP, which this one lacks. */
	CONF_FAILS(&a, conf_map(a.vmar, VM_W, 0, bare, 0, PAGE), ZX_ERR_WRONG_TYPE);
	CONF_FAILS(&a, conf_map(bare, VM_R, 0, zx_thread_self(), 0, PAGE), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c3_vmo_needs_map)
{
	zx_handle_t unmappable;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	unmappable = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
	CONF_FAILS(&a, conf_map(a.vmar, 0, 0, unmappable, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, unmappable, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	/* Before the permission algebra (4) and all that follows. */
	CONF_FAILS(&a, conf_map(a.vmar, VM_W, 0, unmappable, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(a.vmar, VM_X, 0, unmappable, 1, 0), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(a.vmar, UINT32_MAX, 1, unmappable, 1, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(unmappable);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c4_write_or_execute_without_read)
{
	zx_handle_t map_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	map_only = vm_dup(a.vmo, ZX_RIGHT_MAP);
	/* Before the rights (7). */
	CONF_FAILS(&a, conf_map(a.vmar, VM_W, 0, map_only, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_X, 0, map_only, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_W | VM_X, 0, map_only, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, map_only, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(map_only);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c5_map_range_with_overwrite)
{
	zx_handle_t map_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	map_only = vm_dup(a.vmo, ZX_RIGHT_MAP);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_MAP_RANGE | OVERWRITE, 0, map_only, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, ZX_VM_MAP_RANGE | OVERWRITE, 0, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_map(a.vmar, ZX_VM_MAP_RANGE | ZX_VM_SPECIFIC, 0, a.vmo, 0, PAGE), ZX_OK);
	zx_handle_close(map_only);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c6_can_map_permissions)
{
	const zx_vm_option_t flags[] = { ZX_VM_CAN_MAP_READ, ZX_VM_CAN_MAP_WRITE,
					 ZX_VM_CAN_MAP_EXECUTE };
	zx_handle_t map_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	map_only = vm_dup(a.vmo, ZX_RIGHT_MAP);
	for (int i = 0; i < 3; i++) {
		/* Before the rights (7). */
		CONF_FAILS(&a, conf_map(a.vmar, VM_RW | flags[i], 0, map_only, 0, PAGE),
			   ZX_ERR_INVALID_ARGS);
		CONF_FAILS(&a, conf_map(a.vmar, flags[i], 0, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(map_only);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c7_rights_of_both_handles)
{
	zx_handle_t vmo_none, vmo_r, vmar_r;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	vmo_none = vm_dup(a.vmo, ZX_RIGHT_MAP);
	vmo_r = vm_dup(a.vmo, ZX_RIGHT_MAP | ZX_RIGHT_READ);
	vmar_r = vm_dup(a.vmar, ZX_RIGHT_READ);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, vmo_none, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(a.vmar, VM_RW, 0, vmo_r, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(vmar_r, VM_RW, 0, a.vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(a.vmar, VM_RX, 0, a.vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	/* Before undefined bits (8), COMPACT (10) and an unaligned offset (12). */
	CONF_FAILS(&a, conf_map(a.vmar, VM_RW | 1u << 20, 0, vmo_r, 0, PAGE),
		   ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(vmar_r, VM_RW | ZX_VM_COMPACT, 0, a.vmo, 1, 0),
		   ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_map(vmar_r, VM_R, 0, vmo_r, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(vmar_r, 0, 0, vmo_none, 0, PAGE), ZX_OK);
	zx_handle_close(vmo_none);
	zx_handle_close(vmo_r);
	zx_handle_close(vmar_r);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c8_undefined_flags_and_alignments)
{
	zx_handle_t resizable = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint32_t bit = 16; bit < 24; bit++) {
		/* Before REQUIRE_NON_RESIZABLE (9). */
		CONF_FAILS(&a, conf_map(a.vmar, 1u << bit | ZX_VM_REQUIRE_NON_RESIZABLE, 0,
					resizable, 0, PAGE), ZX_ERR_INVALID_ARGS);
	}
	for (uint32_t n = 1; n < 256; n++) {
		if (n < 10 || n > 32)
			EXPECT_STATUS(conf_map(a.vmar, n << ZX_VM_ALIGN_BASE, 0, a.vmo, 0, PAGE),
				      ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(resizable);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c9_require_non_resizable)
{
	zx_handle_t resizable = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	const zx_vm_option_t require = VM_R | ZX_VM_REQUIRE_NON_RESIZABLE;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	CONF_FAILS(&a, conf_map(a.vmar, require, 0, resizable, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	/* Before COMPACT (10), an unaligned offset (12), no length (14). */
	CONF_FAILS(&a, conf_map(a.vmar, require | ZX_VM_COMPACT, 0, resizable, 0, PAGE),
		   ZX_ERR_NOT_SUPPORTED);
	CONF_FAILS(&a, conf_map(a.vmar, require, 0, resizable, 1, 0), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_map(a.vmar, require, 0, a.vmo, 0, PAGE), ZX_OK);
	zx_handle_close(resizable);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c10_compact_and_can_map_specific)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_COMPACT, 0, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_CAN_MAP_SPECIFIC, 0, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	/* Before BAD_STATE (13). */
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_R | ZX_VM_COMPACT, 0, a.vmo, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_map(a.vmar, ZX_VM_CAN_MAP_SPECIFIC, 0, a.vmo, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* A handle is never wider than its VMAR, so that 7 or 11 may be what answers:
 * both come before the VMO's offset (12). */
JX_TEST(vmar_5_c11_flags_of_the_vmar)
{
	zx_handle_t narrow;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, ZX_VM_CAN_MAP_READ, 0, PAGE, &narrow, &address),
		      ZX_OK);
	CONF_FAILS(&a, conf_map(narrow, VM_RW, 0, a.vmo, 1, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(narrow, VM_RW, 0, a.vmo, 0, 0), ZX_ERR_ACCESS_DENIED);
	zx_vmar_destroy(narrow);
	CONF_FAILS(&a, conf_map(narrow, VM_RW, 0, a.vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(narrow);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c12_vmo_offset_unaligned)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint64_t bit = 1; bit < PAGE; bit *= 2)
		CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, bit, PAGE), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, PAGE - 1, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c12_vmo_offset_wraps)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* The last that fits, and the first that does not. */
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0 - 2 * PAGE, PAGE), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0 - PAGE, PAGE), CONF_WRAPS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0 - 2 * PAGE, PAGE + 1), CONF_WRAPS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, 0 - PAGE + 1), CONF_WRAPS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, UINT64_MAX), CONF_WRAPS);
	/* Before BAD_STATE (13). */
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0 - PAGE, PAGE), CONF_WRAPS);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, UINT64_MAX), CONF_WRAPS);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c13_dead_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	/* Before no length (14), the offset's flags (15), the bounds (17). */
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 1, a.vmo, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC | LIMIT, 0, a.vmo, 0, PAGE),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 9 * PAGE, a.vmo, 0, PAGE),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, NULL), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c14_no_length)
{
	zx_handle_t plain;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, 0, PAGE, &plain, &address), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, 0), ZX_ERR_INVALID_ARGS);
	/* Before CAN_MAP_SPECIFIC (16) and a collision (18). */
	CONF_FAILS(&a, conf_map(plain, VM_R | ZX_VM_SPECIFIC, 0, a.vmo, 0, 0),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, address - a.base, a.vmo, 0, 0),
		   ZX_ERR_INVALID_ARGS);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c15_offset_and_its_flags)
{
	zx_handle_t plain;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, 0, PAGE, &plain, &address), ZX_OK);
	/* Before CAN_MAP_SPECIFIC (16). */
	CONF_FAILS(&a, conf_map(plain, ZX_VM_SPECIFIC | LIMIT, PAGE, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(plain, OVERWRITE | LIMIT, PAGE, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(plain, 0, PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(plain, ZX_VM_SPECIFIC, 1, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(plain, OVERWRITE, 8, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(plain, LIMIT, PAGE + 8, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, 0, PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c16_needs_can_map_specific)
{
	const zx_vm_option_t flags[] = { ZX_VM_SPECIFIC, OVERWRITE, LIMIT };
	zx_handle_t plain;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, 0, 2 * PAGE, &plain, &address), ZX_OK);
	for (int i = 0; i < 3; i++) {
		CONF_FAILS(&a, conf_map(plain, flags[i], PAGE, a.vmo, 0, PAGE),
			   ZX_ERR_ACCESS_DENIED);
		/* Before the bounds (17). */
		CONF_FAILS(&a, conf_map(plain, flags[i], 99 * PAGE, a.vmo, 0, PAGE),
			   ZX_ERR_ACCESS_DENIED);
	}
	EXPECT_STATUS(conf_map(plain, 0, 0, a.vmo, 0, 2 * PAGE), ZX_OK);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c17_bounds_of_the_rounded_length)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* All is taken: 18 and 19 would say so. */
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, ZX_VM_SPECIFIC, 4 * PAGE, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, ZX_VM_SPECIFIC, 3 * PAGE, a.vmo, 0, PAGE + 1),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, OVERWRITE, 3 * PAGE, a.vmo, 0, PAGE + 1),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, ZX_VM_SPECIFIC, 0 - PAGE, a.vmo, 0, 2 * PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, 0, 0, a.vmo, 0, 4 * PAGE + 1), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, LIMIT, 5 * PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, LIMIT, PAGE, a.vmo, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c18_specific_off_its_alignment)
{
	const zx_vm_option_t align = VM_R | ZX_VM_ALIGN_16KB;
	const uint64_t align_bytes = 16 << 10;
	struct vm_area a;
	uint64_t good;

	ASSERT_TRUE(vm_area_make(&a, 16));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 16), ZX_OK);
	good = (0 - a.base) % align_bytes;
	/* Before the collision. */
	CONF_FAILS(&a, conf_map(a.vmar, align | ZX_VM_SPECIFIC, good + PAGE, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, align | OVERWRITE, good + 2 * PAGE, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, align | ZX_VM_SPECIFIC, good, a.vmo, 0, PAGE),
		   CONF_COLLIDES);
	EXPECT_STATUS(conf_map(a.vmar, align | OVERWRITE, good, a.vmo, 0, PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c18_specific_on_any_child)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 0, 2), ZX_OK);
	sub = vm_area_sub(&a, 5, 2);
	for (uint64_t start = 0; start < 8; start++) {
		for (uint64_t end = start + 1; end <= 8; end++) {
			bool taken = (start < 3 && end > 1) || (start < 7 && end > 5);

			EXPECT_STATUS(conf_map(a.vmar, VM_RW | ZX_VM_SPECIFIC, start * PAGE,
					       a.vmo, 0, (end - start) * PAGE),
				      taken ? CONF_COLLIDES : ZX_OK);
		}
	}
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 2, VM_R, 0 }));
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c19_no_room)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 3, 0, 1), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE + 1), CONF_NO_GAP);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | LIMIT, 7 * PAGE, a.vmo, 0, 4 * PAGE), CONF_NO_GAP);
	/* Before an output that cannot be written (23). */
	CONF_FAILS(&a, zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 8 * PAGE, NULL), CONF_NO_GAP);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_c23_bad_output_undoes_it)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	CONF_FAILS(&a, zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE, NULL),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_map(a.vmar, VM_RW | ZX_VM_MAP_RANGE, 0, a.vmo, 0, 4 * PAGE,
				   (zx_vaddr_t *)VM_KERNEL_ADDRESS), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE,
				   (zx_vaddr_t *)1), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	/* What is mapped here is no place for its own address: read-only. */
	CONF_FAILS(&a, zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE,
				   (zx_vaddr_t *)vm_at(&a, 1)), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_r1_base_and_rounded_length)
{
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE - 1, &address), ZX_OK);
	EXPECT_EQ(address, a.base);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	ASSERT_STATUS(vm_area_unmap(&a, 0, 4), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 2 * PAGE, a.vmo, PAGE, 1,
				  &address), ZX_OK);
	EXPECT_EQ(address, vm_at(&a, 2));
	EXPECT_TRUE(VM_AREA_IS(&a, { 2, 1, VM_R, 1 }));
	vm_area_drop(&a);
}

JX_TEST(vmar_5_r2_failure_maps_nothing)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 0, 2), ZX_OK);
	/* conf_map() looks at the output. */
	CONF_FAILS(&a, conf_map(a.vmar, VM_RW | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE),
		   CONF_COLLIDES);
	CONF_FAILS(&a, conf_map(a.vmar, VM_RW, 0, a.vmo, 0, 2 * PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_map(a.vmar, VM_RW, 0, a.vmo, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 1);
	vm_area_drop(&a);
}

JX_TEST(vmar_5_r3_specific_and_overwrite)
{
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC | OVERWRITE, PAGE, a.vmo, 0, PAGE,
				  &address), ZX_OK);
	EXPECT_EQ(address, vm_at(&a, 1));
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 0 }, { 1, 1, VM_R, 0 }, { 2, 2, VM_R, 2 }));
	vm_area_drop(&a);
}

JX_TEST(vmar_5_r4_upper_limit_keeps_the_vmo_offset)
{
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | LIMIT, 2 * PAGE, a.vmo, 2 * PAGE, 2 * PAGE,
				  &address), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 2 }));
	EXPECT_TRUE(vm_area_shows(&a, 0, 2) && vm_area_shows(&a, 1, 3));
	vm_area_drop(&a);
}
