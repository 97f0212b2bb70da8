/* The traps that are easy to miss: spec/vmar.md 22, one test each. */
#include "conf_util.h"

#define LIMIT ZX_VM_OFFSET_IS_UPPER_LIMIT
#define DECOMMIT ZX_VMO_OP_DECOMMIT
#define GIB (1ul << 30)

JX_TEST(vmar_22_r1_live_handle_in_the_output_stays)
{
	zx_handle_t live, before;
	zx_vaddr_t address = CONF_UNTOUCHED;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_event_create(0, &live), ZX_OK);
	before = live;
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 2 * PAGE, &live, &address),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_allocate(a.vmo, 0, 0, PAGE, &live, &address), ZX_ERR_WRONG_TYPE);
	EXPECT_EQ(live, before);
	EXPECT_EQ(address, CONF_UNTOUCHED);
	EXPECT_STATUS(zx_handle_close(live), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r2_zero_size_and_bad_state)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	/* Before BAD_STATE in these, behind it in allocate and map. */
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 0, NULL, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_allocate(a.vmar, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, 0), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r3_too_large_and_occupied)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 0, 1), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, 5 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, 4 * PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 5 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, 0, 4 * PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 0, a.vmo, 0, 4 * PAGE),
		   CONF_COLLIDES);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r4_offset_without_a_flag)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_allocate(a.vmar, 0, PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r5_no_map_right_beats_bad_options)
{
	zx_handle_t unmappable;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	unmappable = vm_dup(a.vmo, ZX_RIGHT_READ);
	CONF_FAILS(&a, conf_map(a.vmar, VM_W, 0, unmappable, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, unmappable, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(unmappable);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r6_maximum_of_the_handles_at_map_time)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), reader;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	reader = vm_dup(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, vmo, 0, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 1, reader, 1, 1), ZX_OK);
	/* Not of those alive later: first both live, then none. */
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_OK);
		CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RW, vm_at(&a, 1), PAGE),
			   ZX_ERR_ACCESS_DENIED);
		zx_handle_close(i ? reader : vmo);
	}
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r7_can_map_specific_beats_bounds)
{
	zx_handle_t plain;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_RWX, 0, 2 * PAGE, &plain, &address), ZX_OK);
	for (uint64_t offset = 0; offset <= 1ul << 40; offset = offset ? offset << 10 : PAGE) {
		CONF_FAILS(&a, conf_map(plain, VM_R | ZX_VM_SPECIFIC, offset, a.vmo, 0, PAGE),
			   ZX_ERR_ACCESS_DENIED);
		CONF_FAILS(&a, conf_allocate(plain, ZX_VM_SPECIFIC, offset, PAGE),
			   ZX_ERR_ACCESS_DENIED);
	}
	CONF_FAILS(&a, conf_map(plain, VM_R | ZX_VM_SPECIFIC, 1, a.vmo, 0, PAGE),
		   ZX_ERR_INVALID_ARGS);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r8_overwrite_and_unmap_of_a_covered_sub_vmar)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	sub = vm_area_sub(&a, 1, 2);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC_OVERWRITE, 0, a.vmo, 0, 4 * PAGE),
		   ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_alive(sub), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 4), ZX_OK);
	EXPECT_STATUS(conf_alive(sub), ZX_ERR_BAD_STATE);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r9_gaps_at_the_ends)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 1, 1, 2), ZX_OK);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base, 4 * PAGE), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, a.base, 4 * PAGE, NULL, 0),
		   ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 4), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r10_first_trouble_from_the_left)
{
	zx_handle_t reader, sub;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	/* Mapping, read-only for ever, sub-VMAR (empty), gap; and backwards. */
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 1, reader, 1, 1), ZX_OK);
	sub = vm_area_sub(&a, 2, 1);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 4, reader, 4, 1), ZX_OK);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RW, a.base, 5 * PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R, a.base, 5 * PAGE),
		   conf_era(ZX_ERR_INVALID_ARGS, ZX_ERR_NOT_FOUND));
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RW, vm_at(&a, 3), 2 * PAGE), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RW, vm_at(&a, 4), 2 * PAGE),
		   ZX_ERR_ACCESS_DENIED);
	zx_handle_close(sub);
	zx_handle_close(reader);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r11_decommit_of_read_only)
{
	zx_handle_t reader;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 1, reader, 1, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, NULL, 0), ZX_OK);
	CONF_FAILS(&a, zx_vmar_op_range(a.vmar, DECOMMIT, vm_at(&a, 1), PAGE, NULL, 0),
		   ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r12_decommit_at_the_other_address)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 2, 0, 1), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0) && vm_area_shows(&a, 2, 0));
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, DECOMMIT, a.base, PAGE, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 0);
	vm_store(a.base, 3);
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 3);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r13_limit_to_the_last_page)
{
	struct vm_area a;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 16));
	for (int i = 0; i < 16; i++)
		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | LIMIT, 16 * PAGE, a.vmo, 0, PAGE,
					  &address), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | LIMIT, 16 * PAGE, a.vmo, 0, PAGE), CONF_NO_GAP);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r14_64_bit_sizes)
{
	zx_handle_t vmo, vmar;
	zx_vaddr_t base, address;

	ASSERT_STATUS(zx_vmo_create(GIB, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL | ZX_VM_ALIGN_4GB, 0,
				       8 * GIB, &vmar, &base), ZX_OK);
	EXPECT_EQ(base % (4 * GIB), 0);
	ASSERT_STATUS(zx_vmar_map(vmar, VM_RW | ZX_VM_SPECIFIC, 7 * GIB, vmo, 0, GIB, &address),
		      ZX_OK);
	EXPECT_EQ(address, base + 7 * GIB);
	vm_store(address + GIB - 8, 5);
	EXPECT_EQ(vm_load(address + GIB - 8), 5);
	EXPECT_STATUS(conf_map(vmar, VM_R, 0, vmo, 0 - 2 * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(vmar, VM_R, 0, vmo, 0 - PAGE, PAGE), CONF_WRAPS);
	EXPECT_STATUS(zx_vmar_unmap(vmar, base + PAGE, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(vmar, VM_R, base + PAGE, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}

JX_TEST(vmar_22_r15_process_memory_asks_presence)
{
	uint64_t words[2] = { 0 };
	struct vm_area a;
	size_t actual = 0;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 1, 1), ZX_OK);
	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), vm_at(&a, 1) - 8, words, 16,
					     &actual), ZX_OK);
	EXPECT_EQ(actual, 8);
	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), vm_at(&a, 1), words, 16, &actual),
		      conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_NOT_FOUND));
	vm_area_drop(&a);
}

/* mov w0, #value; ret */
static uint64_t code_for(uint32_t value)
{
	return 0xd65f03c000000000ul | 0x52800000u | value << 5;
}

JX_TEST(vmar_22_r16_new_code_on_a_resident_page)
{
	zx_handle_t vmo;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, 1);
	for (uint32_t value = 1; value <= 8; value++) {
		vm_store(base, code_for(value));
		EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), VM_RX, base, PAGE), ZX_OK);
		EXPECT_EQ(((int (*)(void))base)(), value);
		EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), VM_RW, base, PAGE), ZX_OK);
	}
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

JX_TEST(vmar_22_r17_mapping_of_a_shrunk_vmo)
{
	zx_handle_t vmo = vm_vmo_make(4, ZX_VMO_RESIZABLE);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 0, vmo, 0, 4), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 3, 3));
	ASSERT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 3)), ZX_ERR_OUT_OF_RANGE);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_RW, 0 }));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 4), ZX_OK);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r18_handles_of_the_dead)
{
	struct vm_area a;
	zx_handle_t copy;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(conf_alive(a.vmar), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(conf_rights(a.vmar) & ZX_RIGHT_READ);
	EXPECT_TRUE(conf_koid(a.vmar) != 0);
	copy = vm_dup(a.vmar, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_handle_close(copy), ZX_OK);
	vm_area_drop(&a);
}

/* The buffer is the only mapping that changes nothing by being written. */
JX_TEST(vmar_22_r19_information_into_the_space_walked)
{
	size_t actual = 0, avail = 0;
	zx_vaddr_t base;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(8 * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, 8);
	EXPECT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_MAPS, (void *)base,
					 8 * PAGE, &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == avail && actual > 2);
	EXPECT_EQ(((zx_info_maps_t *)base)[0].type, ZX_INFO_MAPS_TYPE_ASPACE);
	vm_unmap(base, 8);
	zx_handle_close(vmo);
}

JX_TEST(vmar_22_r21_equal_again)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 3));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	ASSERT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, PAGE), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 0 }, { 1, 1, VM_RW, 1 }));
	ASSERT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 0 }));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 3, VM_RW, 0 }));
	vm_area_drop(&a);
}

JX_TEST(vmar_22_r22_status_of_a_bad_pointer)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(a.vmo, (void *)a.base, 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_get_size(a.vmo, (uint64_t *)a.base), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, (void *)a.base, 16, NULL, NULL),
		      ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}
