/* Pins, and what VMOs force upon mappings: spec/vmo.md 11, 13. */
#include "conf_vmo_util.h"
#include "dev_util.h"

/* --- 11 --------------------------------------------------------------------- */

/* MAP first, then W without R, then each right. */
JX_TEST(vmo_11_c1_rights_of_a_mapping)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), root = zx_vmar_root_self();
	zx_handle_t no_map = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_MAP);
	zx_handle_t bare = vm_dup(vmo, ZX_RIGHT_MAP);

	EXPECT_STATUS(conf_map(root, VM_W, 0, no_map, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_map(root, 0, 0, no_map, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_map(root, VM_W, 0, bare, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_map(root, VM_R, 0, bare, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_map(root, 0, 0, bare, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(root, VM_RX, 0, vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(no_map);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST(vmo_11_r1_require_non_resizable)
{
	const zx_vm_option_t options = VM_R | ZX_VM_REQUIRE_NON_RESIZABLE;
	zx_handle_t vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE), fixed = vm_vmo_make(1, 0);

	EXPECT_STATUS(conf_map(zx_vmar_root_self(), options, 0, vmo, 0, PAGE),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_map(zx_vmar_root_self(), options, 0, fixed, 0, PAGE), ZX_OK);
	zx_handle_close(fixed);
	zx_handle_close(vmo);
}

JX_TEST(vmo_11_r2_past_the_end)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_STATUS(conf_map(zx_vmar_root_self(), VM_R, 0, vmo, 0, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(zx_vmar_root_self(), VM_R, 0, vmo, 9 * PAGE, PAGE), ZX_OK);
	zx_handle_close(vmo);
}

/* MAP_RANGE commits and forks nothing. */
JX_TEST(vmo_11_r3_map_range_of_a_clone)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), c = conf_snap(vmo, 0, 3);
	zx_vm_option_t perms[] = { VM_R, VM_RW };

	for (int i = 0; i < 2; i++) {
		zx_vaddr_t base = vm_map(c, perms[i] | ZX_VM_MAP_RANGE, 3);

		for (uint64_t page = 0; page < 3; page++)
			EXPECT_EQ(vm_load(base + page * PAGE), VM_STAMP(page));
		CONF_CHARGED(c, 0, 3, 2);
		CONF_CHARGED(vmo, 3, 3, 2);
		vm_unmap(base, 3);
	}
	zx_handle_close(c);
	zx_handle_close(vmo);
}

/* And what it shows is the leaf's own only where the leaf owns it. */
JX_TEST(vmo_11_r4_store_after_map_range)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), c = conf_snap(vmo, 0, 2);
	zx_vaddr_t base = vm_map(c, VM_RW | ZX_VM_MAP_RANGE, 2);

	vm_store(base, 5);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1)));
	EXPECT_TRUE(CONF_SHOWS(c, 5, VM_STAMP(1)));
	vm_unmap(base, 2);
	zx_handle_close(c);
	zx_handle_close(vmo);
}

/* A fork through one mapping shows in all others of the same VMO. */
JX_TEST(vmo_11_r5_fork_reaches_all_mappings)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), c = conf_snap(vmo, 0, 1);
	zx_vaddr_t one = vm_map(c, VM_R, 1), two = vm_map(c, VM_RW, 1);
	zx_vaddr_t three = vm_map(vmo, VM_R, 1);

	EXPECT_EQ(vm_load(one), VM_STAMP(0));
	EXPECT_EQ(vm_load(three), VM_STAMP(0));
	vm_store(two, 7);
	EXPECT_EQ(vm_load(one), 7);
	EXPECT_EQ(vm_load(three), VM_STAMP(0));
	vm_unmap(one, 1);
	vm_unmap(two, 1);
	vm_unmap(three, 1);
	zx_handle_close(c);
	zx_handle_close(vmo);
}

JX_TEST(vmo_11_r6_cache_flush)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_vaddr_t base = vm_map(vmo, VM_R, 1);
	const void *at = (const void *)base;

	EXPECT_STATUS(zx_cache_flush(at, 64, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_cache_flush(at, 64, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_cache_flush(at, 64, 4), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_cache_flush(at, 64, 5), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_cache_flush(at, PAGE, 1), ZX_OK);
	EXPECT_STATUS(zx_cache_flush(at, 1, 2), ZX_OK);
	EXPECT_STATUS(zx_cache_flush(at, PAGE, 3), ZX_OK);
	EXPECT_STATUS(zx_cache_flush(at, PAGE, 6), ZX_OK);
	EXPECT_EQ(vm_load(base), VM_STAMP(0));
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* --- 13 --------------------------------------------------------------------- */

static zx_status_t try_pin(zx_handle_t bti, zx_handle_t vmo, uint64_t offset, uint64_t size,
			   size_t count)
{
	zx_paddr_t addresses[8];
	zx_handle_t pmt = 0;
	zx_status_t status = zx_bti_pin(bti, DEV_READ, vmo, offset, size, addresses, count, &pmt);

	if (status == ZX_OK)
		EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	else
		EXPECT_EQ(pmt, 0);
	return status;
}

JX_TEST(vmo_13_c1_checks)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(3, 0), slice;

	slice = conf_child(vmo, CONF_SLICE, 0, 2);
	CONF_VMO_FAILS(vmo, try_pin(bti, vmo, 1, PAGE, 1), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, try_pin(bti, vmo, 0, PAGE + 1, 1), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, try_pin(bti, vmo, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, try_pin(bti, vmo, 0, 2 * PAGE, 1), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, try_pin(bti, vmo, 2 * PAGE, 2 * PAGE, 2), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, try_pin(bti, vmo, 0xfffffffffffff000, 2 * PAGE, 2),
		       ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, try_pin(bti, slice, PAGE, 2 * PAGE, 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(try_pin(bti, slice, 0, 2 * PAGE, 2), ZX_OK);
	zx_handle_close(slice);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* As a write of what is there would. */
JX_TEST(vmo_13_r1_commits_and_forks)
{
	zx_handle_t bti = dev_bti(), vmo = conf_vmo(2, 0), c, pmt = dev_pin(bti, vmo, 0, 2);

	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	vm_vmo_set(vmo, 0, 5);
	c = conf_snap(vmo, 0, 2);
	pmt = dev_pin(bti, c, 0, 1);
	CONF_CHARGED(c, 1, 3, 2);
	EXPECT_TRUE(CONF_SHOWS(c, 5, 0));
	EXPECT_TRUE(dev_address(bti, c, 0) != dev_address(bti, vmo, 0));
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	zx_handle_close(c);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* The address is the pin's as long as it lasts, whatever is done meanwhile. */
JX_TEST(vmo_13_r1_pins_hold_the_frame)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(1, 0), pmt = dev_pin(bti, vmo, 0, 1);
	zx_paddr_t address = dev_address(bti, vmo, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);

	vm_store(base, 1);
	vm_vmo_set(vmo, 0, 2);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_ZERO, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_COMMIT, 0, PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base), 0);
	EXPECT_EQ(dev_address(bti, vmo, 0), address);
	vm_unmap(base, 1);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

JX_TEST(vmo_13_r1_pins_nest)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(1, 0), pmt[3];

	for (int i = 0; i < 3; i++)
		pmt[i] = dev_pin(bti, vmo, 0, 1);
	for (int i = 0; i < 3; i++) {
		CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_BAD_STATE);
		EXPECT_STATUS(zx_pmt_unpin(pmt[i]), ZX_OK);
	}
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_OK);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* The frames stay until the token is unpinned. */
JX_TEST(vmo_13_r4_pins_outlive_handles)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(2, 0), pmt = dev_pin(bti, vmo, 0, 2);
	zx_info_bti_v2_t info = { 0 };

	zx_handle_close(vmo);
	EXPECT_STATUS(zx_object_get_info(bti, ZX_INFO_BTI, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.pmo_count, 1);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	dev_bti_drop(bti);
}
