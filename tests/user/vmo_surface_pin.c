/* Pins and VMOs: spec/vmo.md 13; zx_bti_pin, zx_pmt_unpin, quarantine. */
#include "dev_util.h"

#define WRITE ZX_BTI_PERM_WRITE

JX_TEST(vmo_surface_pin_checks_in_order)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(2, 0), pmt = 0;
	zx_handle_t bare = vm_dup(bti, ZX_RIGHT_READ), no_map = vm_dup(vmo, ZX_RIGHT_READ);
	zx_handle_t reader = vm_dup(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	zx_handle_t writer = vm_dup(vmo, ZX_RIGHT_WRITE | ZX_RIGHT_MAP);
	zx_paddr_t a[3];

	EXPECT_STATUS(zx_bti_pin(0, 0, vmo, 1, 0, a, 9, &pmt), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_bti_pin(vmo, 0, vmo, 1, 0, a, 9, &pmt), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_bti_pin(bare, 0, vmo, 1, 0, a, 9, &pmt), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_bti_pin(bti, 0, 0, 1, PAGE, a, 1, &pmt), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, 0, 0, 0, PAGE + 1, a, 1, &pmt), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, 0, 0, 0, PAGE, a, 9, &pmt), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_bti_pin(bti, 0, bti, 0, PAGE, a, 9, &pmt), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, no_map, 0, PAGE, a, 9, &pmt),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_bti_pin(bti, WRITE, reader, 0, PAGE, a, 9, &pmt), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, writer, 0, PAGE, a, 9, &pmt),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_bti_pin(bti, ZX_BTI_PERM_EXECUTE, writer, 0, PAGE, a, 9, &pmt),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_bti_pin(bti, 0, vmo, 0, PAGE, a, 1, &pmt), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ | 32, vmo, 0, PAGE, a, 1, &pmt),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ | ZX_BTI_CONTIGUOUS, vmo, 0, PAGE, a, 1, &pmt),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, 0, 0, a, 0, &pmt), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, 0, 2 * PAGE, a, 1, &pmt),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, 0, 3 * PAGE, a, 3, &pmt),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, -PAGE, 2 * PAGE, a, 2, &pmt),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, 0, PAGE, NULL, 1, &pmt),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, 0, PAGE, a, 1, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pmt, 0);
	/* Nothing was left pinned by the last two. */
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE, NULL, 0), ZX_OK);
	zx_handle_close(bare);
	zx_handle_close(no_map);
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

JX_TEST(vmo_surface_pin_commits_and_holds)
{
	zx_handle_t bti = dev_bti(), vmo, first, second;
	zx_paddr_t at;

	ASSERT_STATUS(zx_vmo_create(4 * PAGE, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	first = dev_pin(bti, vmo, 1, 2);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	at = dev_address(bti, vmo, 2);
	EXPECT_TRUE(at != 0 && at % PAGE == 0);
	second = dev_pin(bti, vmo, 2, 1);
	vm_vmo_set(vmo, 2, 22);
	/* Around it, not over it. */
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, PAGE, PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 2 * PAGE), ZX_ERR_BAD_STATE);
	EXPECT_EQ(vm_vmo_info(vmo).size_bytes, 4 * PAGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 3 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
	/* Cleared where it stands. */
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_ZERO, 0, 3 * PAGE, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 2), 0);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	EXPECT_EQ(dev_address(bti, vmo, 2), at);
	/* Pins nest: page 2 has another. */
	EXPECT_STATUS(zx_pmt_unpin(first), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, PAGE, PAGE, NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 2 * PAGE, PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(second), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* More than there is: refused, and nothing is taken. */
JX_TEST(vmo_surface_pin_without_memory)
{
	const uint64_t pages = zx_system_get_physmem() / PAGE + 100;
	zx_paddr_t *addresses = NULL;
	zx_handle_t bti = dev_bti(), vmo, list, pmt = 0;

	/* The addresses have room in memory that is never touched. */
	ASSERT_STATUS(zx_vmo_create(pages * sizeof(*addresses), 0, &list), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	addresses = (zx_paddr_t *)vm_map(list, VM_RW, pages * sizeof(*addresses) / PAGE);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, 0, pages * PAGE, addresses, pages, &pmt),
		      ZX_ERR_NO_MEMORY);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	EXPECT_TRUE(dev_address(bti, vmo, pages - 1) != 0);
	vm_unmap((zx_vaddr_t)addresses, pages * sizeof(*addresses) / PAGE);
	zx_handle_close(vmo);
	zx_handle_close(list);
	dev_bti_drop(bti);
}

/* 14.8, "Pins": a snapshot is refused wherever the pin is, and forks first. */
JX_TEST(vmo_surface_pin_and_snapshots)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(3, 0), child = 0, pmt;

	pmt = dev_pin(bti, vmo, 0, 1);
	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 2 * PAGE, PAGE, &child),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 3 * PAGE, &child),
		      ZX_OK);
	EXPECT_TRUE(dev_address(bti, vmo, 0) != dev_address(bti, child, 0));
	EXPECT_EQ(vm_vmo_get(vmo, 0), VM_STAMP(0));
	EXPECT_EQ(vm_vmo_get(child, 0), VM_STAMP(0));
	/* A pin of the child holds up no snapshot of the parent. */
	pmt = dev_pin(bti, child, 0, 3);
	vm_vmo_set(vmo, 1, 11);
	EXPECT_EQ(vm_vmo_get(child, 1), VM_STAMP(1));
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	zx_handle_close(child);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

JX_TEST(vmo_surface_pin_through_slices)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(4, 0), slice = 0, child = 0, pmt = 0;
	zx_paddr_t a[4];

	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, PAGE, 2 * PAGE, &slice), ZX_OK);
	EXPECT_EQ(dev_address(bti, slice, 1), dev_address(bti, vmo, 2));
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, slice, 0, 3 * PAGE, a, 3, &pmt),
		      ZX_ERR_OUT_OF_RANGE);
	pmt = dev_pin(bti, slice, 1, 1);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 2 * PAGE, PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, PAGE, PAGE, NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &child),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	zx_handle_close(slice);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* The memory stays while the token does, whatever handles are left. */
JX_TEST(vmo_surface_pin_outlives_handles)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(2, 0), pmt = dev_pin(bti, vmo, 0, 2);
	zx_info_handle_basic_t basic = { 0 };
	zx_info_bti_v2_t info = { 0 };

	zx_handle_close(vmo);
	EXPECT_STATUS(zx_object_get_info(pmt, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(basic.rights, 0x8000);
	EXPECT_EQ(basic.type, ZX_OBJ_TYPE_PMT);
	EXPECT_STATUS(zx_object_get_info(bti, ZX_INFO_BTI, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.pmo_count, 1);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_ERR_BAD_HANDLE);
	dev_bti_drop(bti);
}

/* A token that was closed instead waits in quarantine. */
JX_TEST(vmo_surface_pin_quarantine)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(1, 0);
	zx_handle_t bare = vm_dup(bti, ZX_RIGHT_MAP);
	zx_info_bti_v2_t info = { 0 };

	zx_handle_close(dev_pin(bti, vmo, 0, 1));
	EXPECT_STATUS(zx_object_get_info(bti, ZX_INFO_BTI, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.pmo_count, 1);
	EXPECT_EQ(info.quarantine_count, 1);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_bti_release_quarantine(bare), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_bti_release_quarantine(bti), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), ZX_OK);
	zx_handle_close(bare);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* The handle goes, whatever it is. */
JX_TEST(vmo_surface_unpin_consumes)
{
	zx_handle_t event = 0;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_pmt_unpin(event), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_pmt_unpin(0), ZX_ERR_BAD_HANDLE);
}
