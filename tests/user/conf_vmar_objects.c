/* What a VMAR, a mapping and an address space are: spec/vmar.md 1. */
#include <stdlib.h>

#include "conf_util.h"

JX_TEST(vmar_1_r1_root_spans_the_address_space)
{
	zx_info_vmar_t root = conf_range(zx_vmar_root_self());
	size_t count;
	zx_info_maps_t *maps = vm_maps(zx_process_self(), &count);

	ASSERT_TRUE(maps != NULL && count >= 2);
	EXPECT_EQ(maps[0].type, ZX_INFO_MAPS_TYPE_ASPACE);
	EXPECT_EQ(maps[0].base, root.base);
	EXPECT_EQ(maps[0].size, root.len);
	EXPECT_EQ(maps[1].base, root.base);
	EXPECT_EQ(maps[1].size, root.len);
	free(maps);
}

JX_TEST(vmar_1_r2_children_lie_inside_and_apart)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 2), ZX_OK);
	sub = vm_area_sub(&a, 4, 2);
	CONF_FAILS(&a, conf_map(sub, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, 2 * PAGE),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 2 * PAGE, a.vmo, 0, PAGE),
		   CONF_COLLIDES);
	/* A gap is inaccessible, also that of a sub-VMAR, and may be allocated. */
	EXPECT_TRUE(vm_area_is_gap(&a, 0) && vm_area_is_gap(&a, 4) && vm_area_is_gap(&a, 7));
	EXPECT_STATUS(conf_allocate(a.vmar, ZX_VM_SPECIFIC, 3 * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(sub, VM_R, 0, a.vmo, 0, 2 * PAGE), ZX_OK);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r3_maximum_is_fixed_and_inherited)
{
	zx_handle_t reader;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	reader = vm_dup(a.vmar, ZX_RIGHT_READ);
	/* READ on one handle, both on the other: the maximum is READ. */
	EXPECT_STATUS(conf_map_at(reader, 0, 0, a.vmo, 0, 4), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 1, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, PAGE), ZX_OK);
	for (uint64_t page = 0; page < 4; page++) {
		if (page != 1)
			CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RW, vm_at(&a, page), PAGE),
				   ZX_ERR_ACCESS_DENIED);
	}
	zx_handle_close(reader);
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r4_dead_handles_are_handles)
{
	zx_info_handle_basic_t basic = { 0 };
	zx_handle_t copy, sub;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	sub = vm_area_sub(&a, 0, 1);
	ASSERT_STATUS(zx_vmar_destroy(sub), ZX_OK);
	EXPECT_STATUS(conf_allocate(sub, 0, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_map(sub, VM_R, 0, a.vmo, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_unmap(sub, a.base, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_protect(sub, VM_R, a.base, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_op_range(sub, ZX_VMO_OP_DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	/* Earlier checks go on to decide. */
	EXPECT_STATUS(conf_allocate(sub, VM_R, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_info(sub, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(sub, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(basic.type, ZX_OBJ_TYPE_VMAR);
	copy = vm_dup(sub, ZX_RIGHT_SAME_RIGHTS);
	EXPECT_STATUS(zx_handle_close(copy), ZX_OK);
	EXPECT_STATUS(zx_handle_close(sub), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r5_parent_keeps_its_children)
{
	struct vm_area a;
	zx_handle_t sub;
	uint64_t before;

	ASSERT_TRUE(vm_area_make(&a, 4));
	sub = vm_area_sub(&a, 1, 2);
	ASSERT_STATUS(conf_map_at(sub, VM_R, 0, a.vmo, 3, 1), ZX_OK);
	before = conf_state(&a);
	EXPECT_STATUS(zx_handle_close(sub), ZX_OK);
	EXPECT_EQ(conf_state(&a), before);
	EXPECT_TRUE(vm_area_shows(&a, 1, 3));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 2 * PAGE, a.vmo, 0, PAGE),
		   CONF_COLLIDES);
	EXPECT_STATUS(vm_area_unmap(&a, 1, 2), ZX_OK);
	EXPECT_TRUE(vm_area_is_gap(&a, 1));
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r6_mapping_keeps_its_vmo)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, vmo, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_handle_close(vmo), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0) && vm_area_shows(&a, 1, 1));
	/* Neither wider nor narrower than when it was mapped. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_OK);
	vm_store(a.base, 77);
	EXPECT_EQ(vm_load(a.base), 77);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RX, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, a.base, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_OK);
	EXPECT_EQ(vm_load(a.base), 77);
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r8_mappings_past_the_end)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	/* One page in, one out; then all of it far out. */
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 1, 2), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 1));
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 1)), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 1)), ZX_ERR_OUT_OF_RANGE);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 1ul << 40, 2), ZX_OK);
	EXPECT_STATUS(vm_probe_read(a.base), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 2), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r9_one_memory_in_all_mappings)
{
	struct vm_child child;
	struct vm_area a;
	zx_vaddr_t there;
	uint64_t value = 0;
	size_t actual;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_TRUE(vm_child_make(&child));
	there = vm_child_map(&child, a.vmo, VM_RW, 4);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 2, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 3, 2, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 3);
	EXPECT_EQ(vm_vmo_info(a.vmo).share_count, 2);
	vm_store(a.base, 4711);
	EXPECT_EQ(vm_load(vm_at(&a, 3)), 4711);
	EXPECT_STATUS(zx_process_read_memory(child.process, there + 2 * PAGE, &value,
					     sizeof(value), &actual), ZX_OK);
	EXPECT_EQ(value, 4711);
	/* The child stores a byte of 1 into it. */
	ASSERT_TRUE(vm_child_start(&child, vm_child_write, there + 2 * PAGE));
	EXPECT_EQ(vm_child_finish(&child), 1);
	EXPECT_EQ(vm_load(a.base), (4711 & ~0xfful) | 1);
	EXPECT_EQ(vm_vmo_info(a.vmo).share_count, 1);
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r10_a_dead_process_has_dead_vmars)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), root, sub;
	struct vm_child child;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_child_make(&child));
	vm_child_map(&child, vmo, VM_R, 1);
	ASSERT_STATUS(zx_vmar_allocate(child.vmar, VM_CAN_ALL, 0, PAGE, &sub, &address), ZX_OK);
	root = vm_dup(child.vmar, ZX_RIGHT_SAME_RIGHTS);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 1);
	ASSERT_TRUE(vm_child_start(&child, vm_child_read, 0));
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 0);
	EXPECT_STATUS(conf_map(root, VM_R, 0, vmo, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_allocate(root, 0, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_map(sub, VM_R, 0, vmo, 0, PAGE), ZX_ERR_BAD_STATE);
	zx_handle_close(sub);
	zx_handle_close(root);
	zx_handle_close(vmo);
}

JX_TEST(vmar_1_r10_never_started_and_closed)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), process, root;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "stillborn", 9, 0, &process, &root),
		      ZX_OK);
	ASSERT_STATUS(conf_map_at(root, VM_R, 0, vmo, 0, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 1);
	EXPECT_STATUS(zx_handle_close(process), ZX_OK);
	EXPECT_STATUS(conf_map(root, VM_R, 0, vmo, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 0);
	zx_handle_close(root);
	zx_handle_close(vmo);
}

JX_TEST(vmar_1_r11_before_the_start_all_works)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), process, root, sub;
	zx_vaddr_t address, inner;
	uint64_t value = 0;
	size_t actual = 0;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "unborn", 6, 0, &process, &root), ZX_OK);
	ASSERT_STATUS(zx_vmar_allocate(root, VM_CAN_ALL, 0, 2 * PAGE, &sub, &address), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(sub, VM_RW, 0, vmo, 0, 2 * PAGE, &inner), ZX_OK);
	EXPECT_EQ(inner, address);
	EXPECT_EQ(conf_range(sub).base, address);
	EXPECT_STATUS(zx_process_read_memory(process, inner, &value, sizeof(value), &actual),
		      ZX_OK);
	EXPECT_EQ(value, VM_STAMP(0));
	value = 5;
	EXPECT_STATUS(zx_process_write_memory(process, inner, &value, sizeof(value), &actual),
		      ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 5);
	EXPECT_STATUS(zx_vmar_protect(sub, VM_R, inner, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(sub, ZX_VMO_OP_DECOMMIT, inner, PAGE, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 0);
	EXPECT_STATUS(zx_vmar_unmap(sub, inner, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_OK);
	zx_handle_close(sub);
	zx_handle_close(root);
	zx_handle_close(process);
	zx_handle_close(vmo);
}

JX_TEST(vmar_1_r12_addresses_are_absolute)
{
	zx_info_vmar_t root = conf_range(zx_vmar_root_self());
	zx_vaddr_t address = 0, inner = 0;
	zx_handle_t sub;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_TRUE(a.base >= root.base && a.base + 4 * PAGE <= root.base + root.len);
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_ALL | ZX_VM_SPECIFIC, PAGE, 2 * PAGE, &sub,
				       &address), ZX_OK);
	EXPECT_EQ(address, a.base + PAGE);
	ASSERT_STATUS(zx_vmar_map(sub, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE, &inner),
		      ZX_OK);
	EXPECT_EQ(inner, a.base + 2 * PAGE);
	EXPECT_EQ(vm_load(inner), VM_STAMP(0));
	zx_handle_close(sub);
	vm_area_drop(&a);
}
