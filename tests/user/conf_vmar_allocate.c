/* zx_vmar_allocate: each ordered check of spec/vmar.md 4, against a later one. */
#include "conf_util.h"

JX_TEST(vmar_4_c1_bad_handle)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(conf_allocate(ZX_HANDLE_INVALID, UINT32_MAX, 1, 1), ZX_ERR_BAD_HANDLE);
	vm_area_drop(&a);
	EXPECT_STATUS(conf_allocate(a.vmar, VM_CAN_ALL, 0, PAGE), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(conf_allocate(UINT32_MAX, 0, 0, 0), ZX_ERR_BAD_HANDLE);
}

JX_TEST(vmar_4_c1_wrong_type)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 4));
	bare = vm_dup(a.vmo, ZX_RIGHT_NONE);
	EXPECT_STATUS(conf_allocate(a.vmo, UINT32_MAX, 1, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(conf_allocate(zx_process_self(), 0, 0, PAGE), ZX_ERR_WRONG_TYPE);
	/* Also before the rights that it lacks. */
	EXPECT_STATUS(conf_allocate(bare, VM_CAN_RWX, 0, PAGE), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c1_right_for_each_can_map)
{
	const zx_rights_t rights[] = { ZX_RIGHT_READ, ZX_RIGHT_WRITE, ZX_RIGHT_EXECUTE };
	const zx_vm_option_t flags[] = { ZX_VM_CAN_MAP_READ, ZX_VM_CAN_MAP_WRITE,
					 ZX_VM_CAN_MAP_EXECUTE };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (int has = 0; has < 3; has++) {
		zx_handle_t h = vm_dup(a.vmar, rights[has]);

		for (int asks = 0; asks < 3; asks++) {
			/* Before a PERM bit and a bad size. */
			CONF_FAILS(&a, conf_allocate(h, flags[asks] | VM_R, 1, 1),
				   asks == has ? ZX_ERR_INVALID_ARGS : ZX_ERR_ACCESS_DENIED);
			EXPECT_STATUS(conf_allocate(h, flags[asks], 0, PAGE),
				      asks == has ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		}
		zx_handle_close(h);
	}
	vm_area_drop(&a);
}

/* Before BAD_STATE (6) and the bounds (11). */
JX_TEST(vmar_4_c2_undefined_flags_and_alignments)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint32_t bit = 16; bit < 24; bit++)
		CONF_FAILS(&a, conf_allocate(a.vmar, 1u << bit, 0, 9 * PAGE), ZX_ERR_INVALID_ARGS);
	for (uint32_t n = 1; n < 256; n++) {
		if (n < 10 || n > 32)
			EXPECT_STATUS(conf_allocate(a.vmar, n << ZX_VM_ALIGN_BASE, 0, PAGE),
				      ZX_ERR_INVALID_ARGS);
	}
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, 1u << 20, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_allocate(a.vmar, 1u << 31, 0, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c3_perm_bits)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (zx_vm_option_t perm = 1; perm <= (VM_RW | VM_X); perm++)
		CONF_FAILS(&a, conf_allocate(a.vmar, VM_CAN_RWX | perm, 0, PAGE),
			   ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, VM_R, 0, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c4_size_is_not_rounded)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint64_t bit = 1; bit < PAGE; bit *= 2) {
		CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, bit), ZX_ERR_INVALID_ARGS);
		CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, PAGE + bit), ZX_ERR_INVALID_ARGS);
	}
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, 0, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c5_flags_of_map)
{
	const zx_vm_option_t flags[] = { ZX_VM_SPECIFIC_OVERWRITE, ZX_VM_MAP_RANGE,
					 ZX_VM_REQUIRE_NON_RESIZABLE, ZX_VM_ALLOW_FAULTS,
					 1u << 14, 1u << 15 };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		CONF_FAILS(&a, conf_allocate(a.vmar, flags[i], 0, PAGE), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		EXPECT_STATUS(conf_allocate(a.vmar, flags[i], 0, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* Before the size 0 (7), the flags of the parent (8), offset (9), bounds (11). */
JX_TEST(vmar_4_c6_dead_parent)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_allocate(a.vmar, 0, 1, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_allocate(a.vmar, ZX_VM_SPECIFIC, 9 * PAGE, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_allocate(a.vmar, VM_CAN_ALL, 0, PAGE), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

/* A handle's rights are never wider than its VMAR's flags, so that 8 is met
 * only by 1; of 9 an unaligned offset and of 10 a missing flag come later. */
JX_TEST(vmar_4_c7_zero_size)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, 0, 0), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_OFFSET_IS_UPPER_LIMIT, 0, 0),
		   ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c7_zero_size_before_can_map_specific)
{
	zx_handle_t plain;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, 0, 2 * PAGE, &plain, &address), ZX_OK);
	CONF_FAILS(&a, conf_allocate(plain, ZX_VM_SPECIFIC, 0, 0), ZX_ERR_INVALID_ARGS);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c8_subset_of_the_parent)
{
	const zx_vm_option_t flags[] = { ZX_VM_CAN_MAP_READ, ZX_VM_CAN_MAP_WRITE,
					 ZX_VM_CAN_MAP_EXECUTE };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (int has = 0; has < 3; has++) {
		zx_handle_t narrow;
		zx_vaddr_t address;

		ASSERT_STATUS(zx_vmar_allocate(a.vmar, flags[has], 0, 2 * PAGE, &narrow, &address),
			      ZX_OK);
		for (int asks = 0; asks < 3; asks++) {
			/* Before an offset without SPECIFIC (9). */
			EXPECT_STATUS(conf_allocate(narrow, flags[asks], PAGE, PAGE),
				      asks == has ? ZX_ERR_INVALID_ARGS : ZX_ERR_ACCESS_DENIED);
			EXPECT_STATUS(conf_allocate(narrow, flags[asks], 0, PAGE),
				      asks == has ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		}
		zx_vmar_destroy(narrow);
		zx_handle_close(narrow);
	}
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c9_offset_and_its_flags)
{
	const zx_vm_option_t limit = ZX_VM_OFFSET_IS_UPPER_LIMIT;
	zx_handle_t plain;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, 0, 2 * PAGE, &plain, &address), ZX_OK);
	/* Before CAN_MAP_SPECIFIC (10). */
	CONF_FAILS(&a, conf_allocate(plain, ZX_VM_SPECIFIC | limit, PAGE, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(plain, ZX_VM_SPECIFIC, 1, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(plain, limit, PAGE + 1, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(plain, 0, PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC | limit, 2 * PAGE, PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, PAGE / 2, PAGE), ZX_ERR_INVALID_ARGS);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c10_needs_can_map_specific)
{
	zx_handle_t plain;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, 0, 2 * PAGE, &plain, &address), ZX_OK);
	/* Before the bounds (11). */
	CONF_FAILS(&a, conf_allocate(plain, ZX_VM_SPECIFIC, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_allocate(plain, ZX_VM_SPECIFIC, 99 * PAGE, PAGE),
		   ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_allocate(plain, ZX_VM_OFFSET_IS_UPPER_LIMIT, 2 * PAGE, PAGE),
		   ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_allocate(plain, ZX_VM_OFFSET_IS_UPPER_LIMIT, 0, 99 * PAGE),
		   ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_allocate(plain, VM_CAN_RWX, 0, 2 * PAGE), ZX_OK);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c11_bounds)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* All is taken, so that 12 would say so. */
	sub = vm_area_sub(&a, 0, 4);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, 4 * PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, 3 * PAGE, 2 * PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, 0 - PAGE, 2 * PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, PAGE, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	/* A size above the parent's is never "no memory". */
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 5 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_allocate(a.vmar, ZX_VM_SPECIFIC, 3 * PAGE, PAGE), CONF_COLLIDES);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c11_upper_limit_bounds)
{
	const zx_vm_option_t limit = ZX_VM_OFFSET_IS_UPPER_LIMIT;
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	sub = vm_area_sub(&a, 0, 4);
	CONF_FAILS(&a, conf_allocate(a.vmar, limit, 5 * PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, limit, PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, limit, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, limit, 0 - PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, limit, 4 * PAGE, 4 * PAGE), CONF_NO_GAP);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* The alignment is judged before what stands there. */
JX_TEST(vmar_4_c12_specific_off_its_alignment)
{
	const zx_vm_option_t options = ZX_VM_SPECIFIC | ZX_VM_ALIGN_64KB;
	const uint64_t align = 64 << 10;
	struct vm_area a;
	uint64_t good;

	ASSERT_TRUE(vm_area_make(&a, 64));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 64), ZX_OK);
	good = (0 - a.base) % align;
	CONF_FAILS(&a, conf_allocate(a.vmar, options, good + PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, options, good, PAGE), CONF_COLLIDES);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 64), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, options, good, PAGE), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, options, good + PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c12_specific_on_any_child)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 0, 2), ZX_OK);
	sub = vm_area_sub(&a, 5, 2);
	for (uint64_t start = 0; start < 8; start++) {
		for (uint64_t end = start + 1; end <= 8; end++) {
			bool taken = (start < 3 && end > 1) || (start < 7 && end > 5);

			EXPECT_STATUS(conf_allocate(a.vmar, ZX_VM_SPECIFIC, start * PAGE,
						    (end - start) * PAGE),
				      taken ? CONF_COLLIDES : ZX_OK);
		}
	}
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 2, VM_R, 0 }));
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c13_no_room)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 3, 0, 1), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, 0, 0, 4 * PAGE), ZX_OK);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 5 * PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_COMPACT, 0, 8 * PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_OFFSET_IS_UPPER_LIMIT, 7 * PAGE, 4 * PAGE),
		   CONF_NO_GAP);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c13_alignment_that_cannot_be_met)
{
	const uint64_t align = 16 << 10;
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	/* The three pages after a multiple of four hold no other. */
	sub = vm_area_sub(&a, (0 - a.base) % align / PAGE + 1, 3);
	CONF_FAILS(&a, conf_allocate(sub, ZX_VM_ALIGN_16KB, 0, PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_allocate(sub, ZX_VM_ALIGN_4GB, 0, PAGE), CONF_NO_GAP);
	EXPECT_STATUS(conf_allocate(sub, ZX_VM_ALIGN_8KB, 0, PAGE), ZX_OK);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_c15_bad_outputs_undo_it)
{
	zx_vaddr_t *const bad_address = (zx_vaddr_t *)VM_KERNEL_ADDRESS;
	zx_handle_t *const bad_handle = (zx_handle_t *)1;
	zx_handle_t live = zx_process_self();
	zx_vaddr_t address = CONF_UNTOUCHED;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	CONF_FAILS(&a, zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, NULL, &address),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, bad_handle, &address),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, &live, NULL), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, &live, bad_address),
		   ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(live, zx_process_self());
	/* The space is free, and earlier failures come first. */
	EXPECT_STATUS(conf_allocate(a.vmar, 0, 0, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, PAGE, PAGE, NULL, NULL),
		      ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 4), ZX_OK);
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, PAGE, NULL, NULL), CONF_NO_GAP);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_r1_outputs_are_written)
{
	zx_handle_t vmar = ZX_HANDLE_INVALID;
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RW | ZX_VM_SPECIFIC, PAGE, 2 * PAGE, &vmar,
				       &address), ZX_OK);
	EXPECT_EQ(address, vm_at(&a, 1));
	EXPECT_EQ(conf_range(vmar).base, address);
	EXPECT_EQ(conf_range(vmar).len, 2 * PAGE);
	zx_handle_close(vmar);
	vm_area_drop(&a);
}

/* conf_allocate() looks at the outputs, CONF_FAILS() at the space. */
JX_TEST(vmar_4_r2_failure_leaves_all_as_it_was)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 0, 2), ZX_OK);
	CONF_FAILS(&a, conf_allocate(a.vmar, VM_R, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, ZX_VM_SPECIFIC, PAGE, PAGE), CONF_COLLIDES);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 2 * PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_alive(a.vmar), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_4_r3_zero_options)
{
	zx_handle_t bare;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 2 * PAGE, &bare, &address), ZX_OK);
	EXPECT_STATUS(conf_map(bare, 0, 0, a.vmo, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(bare, VM_R, 0, a.vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_allocate(bare, 0, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_allocate(bare, ZX_VM_CAN_MAP_READ, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	vm_area_drop(&a);
}
