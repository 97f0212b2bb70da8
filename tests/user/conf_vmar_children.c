/* ZX_RIGHT_OP_CHILDREN: what the latest era asks of a handle before its VMAR's children
 * are touched (spec/vmar.md 4, 6, 7, 8). */
#include "conf_util.h"

JX_TEST_OF_LATEST(vmar_4_r4_op_children_is_granted)
{
	zx_handle_t sub;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	sub = vm_area_sub(&a, 0, 1);
	EXPECT_TRUE(conf_rights(zx_vmar_root_self()) & ZX_RIGHT_OP_CHILDREN);
	EXPECT_TRUE(conf_rights(a.vmar) & ZX_RIGHT_OP_CHILDREN);
	EXPECT_TRUE(conf_rights(sub) & ZX_RIGHT_OP_CHILDREN);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_6_r7_sub_vmars_need_op_children)
{
	struct vm_area a;
	zx_handle_t sub, bare;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	sub = vm_area_sub(&a, 2, 1);
	bare = vm_dup(a.vmar, conf_rights(a.vmar) & ~ZX_RIGHT_OP_CHILDREN);
	CONF_FAILS(&a, zx_vmar_unmap(bare, a.base, 8 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap(bare, vm_at(&a, 2), PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_alive(sub), ZX_OK);
	/* Without a child in it the range is free to go. */
	EXPECT_STATUS(zx_vmar_unmap(bare, a.base, PAGE), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 8), ZX_OK);
	EXPECT_STATUS(conf_alive(sub), ZX_ERR_BAD_STATE);
	zx_handle_close(bare);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

static zx_status_t protect(const struct vm_area *a, zx_vm_option_t options, uint64_t page,
			   uint64_t count)
{
	return zx_vmar_protect(a->vmar, options, vm_at(a, page), count * PAGE);
}

JX_TEST_OF_LATEST(vmar_7_c8_sub_vmar_without_op_children)
{
	zx_handle_t sub, bare;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	sub = vm_area_sub(&a, 1, 1);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 0, a.vmo, 1, 1), ZX_OK);
	bare = vm_dup(a.vmar, conf_rights(a.vmar) & ~ZX_RIGHT_OP_CHILDREN);
	CONF_FAILS(&a, zx_vmar_protect(bare, VM_R, a.base, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(bare, VM_R, a.base, PAGE), ZX_OK);
	zx_handle_close(bare);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_7_r6_descends_and_takes_away)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	sub = vm_area_sub(&a, 1, 2);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 0, a.vmo, 1, 2), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 0, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 0 }, { 1, 1, VM_R, 1 }, { 2, 1, VM_RW, 2 }));
	/* Below it only takes away, whatever the maximum. */
	CONF_FAILS(&a, protect(&a, VM_RW, 0, 2), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(protect(&a, VM_RW, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(sub, VM_RW, vm_at(&a, 1), PAGE), ZX_OK);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_7_r7_empty_sub_vmar_is_a_gap)
{
	struct vm_area a;
	zx_handle_t sub, bare;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	sub = vm_area_sub(&a, 1, 1);
	CONF_FAILS(&a, protect(&a, VM_R, 1, 1), ZX_ERR_NOT_FOUND);
	CONF_FAILS(&a, protect(&a, VM_R, 0, 2), ZX_ERR_NOT_FOUND);
	/* Without the right it is not even looked into. */
	bare = vm_dup(a.vmar, conf_rights(a.vmar) & ~ZX_RIGHT_OP_CHILDREN);
	CONF_FAILS(&a, zx_vmar_protect(bare, VM_R, a.base, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	zx_handle_close(bare);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_8_r6_needs_op_children)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 2));
	bare = vm_dup(a.vmar, conf_rights(a.vmar) & ~ZX_RIGHT_OP_CHILDREN);
	EXPECT_STATUS(zx_vmar_destroy(bare), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_alive(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	/* With the look-up of the handle, before BAD_STATE. */
	EXPECT_STATUS(zx_vmar_destroy(bare), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	vm_area_drop(&a);
}
