/* Contiguous and physical VMOs, replace_as_executable: spec/vmo.md 6.1 to 6.3. */
#include <jx/runtime.h>
#include <zircon/syscalls/resource.h>

#include "conf_vmo_util.h"
#include "dev_util.h"

static zx_status_t try_contiguous(zx_handle_t bti, size_t size, uint32_t alignment)
{
	const zx_handle_t live = zx_process_self();
	zx_handle_t vmo = live;
	zx_status_t status = zx_vmo_create_contiguous(bti, size, alignment, &vmo);

	if (status == ZX_OK)
		zx_handle_close(vmo);
	else
		EXPECT_EQ(vmo, live);
	return status;
}

/* Before the alignment and the handle. */
JX_TEST(vmo_6_1_c1_size_0)
{
	EXPECT_STATUS(try_contiguous(0, 0, 99), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try_contiguous(0, 0, 0), ZX_ERR_INVALID_ARGS);
}

/* Before the handle. */
JX_TEST(vmo_6_1_c1_alignment)
{
	for (uint32_t n = 1; n < 12; n++)
		EXPECT_STATUS(try_contiguous(0, PAGE, n), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try_contiguous(0, PAGE, 64), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try_contiguous(0, PAGE, UINT32_MAX), ZX_ERR_INVALID_ARGS);
}

/* Before the size. */
JX_TEST(vmo_6_1_c1_handle)
{
	zx_handle_t bti = dev_bti();
	zx_handle_t bare = vm_dup(bti, conf_rights(bti) & ~ZX_RIGHT_MAP);

	EXPECT_STATUS(try_contiguous(0, SIZE_MAX, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(try_contiguous(zx_process_self(), SIZE_MAX, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(try_contiguous(bare, SIZE_MAX, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	dev_bti_drop(bti);
}

JX_TEST(vmo_6_1_c1_rounding)
{
	zx_handle_t bti = dev_bti();

	EXPECT_STATUS(zx_vmo_create_contiguous(bti, SIZE_MAX, 0, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, CONF_MAX_SIZE + 1, 0, NULL),
		      ZX_ERR_OUT_OF_RANGE);
	dev_bti_drop(bti);
}

/* At once, and before the output. */
JX_TEST(vmo_6_1_c1_no_such_run)
{
	zx_handle_t bti = dev_bti();

	EXPECT_STATUS(zx_vmo_create_contiguous(bti, 1ul << 50, 0, NULL), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 63, NULL), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(try_contiguous(bti, zx_system_get_physmem(), 0), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, NULL), ZX_ERR_INVALID_ARGS);
	dev_bti_drop(bti);
}

JX_TEST(vmo_6_1_r1_what_it_is)
{
	zx_handle_t bti = dev_bti(), vmo = 0;
	zx_info_vmo_t info;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 3 * PAGE - 5, 0, &vmo), ZX_OK);
	info = vm_vmo_info(vmo);
	EXPECT_EQ(info.size_bytes, 3 * PAGE);
	EXPECT_EQ(info.committed_bytes, 3 * PAGE);
	EXPECT_EQ(info.flags, 0x49);
	EXPECT_EQ(info.cache_policy, ZX_CACHE_POLICY_CACHED);
	EXPECT_EQ(info.parent_koid, 0);
	EXPECT_EQ(conf_rights(vmo), CONF_VMO_RIGHTS);
	EXPECT_TRUE(conf_bytes_are(vmo, 0, 3, 0));
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* One run, aligned as asked, and one address for a pin of all of it. */
JX_TEST(vmo_6_1_r2_addresses)
{
	zx_handle_t bti = dev_bti();

	for (uint32_t n = 12; n < 24; n += 3) {
		zx_handle_t vmo = 0, pmt = 0;
		zx_paddr_t first = 0;

		ASSERT_STATUS(zx_vmo_create_contiguous(bti, 5 * PAGE, n, &vmo), ZX_OK);
		ASSERT_STATUS(zx_bti_pin(bti, DEV_READ | ZX_BTI_CONTIGUOUS, vmo, 0, 5 * PAGE,
					 &first, 1, &pmt), ZX_OK);
		EXPECT_EQ(first & ((1ul << n) - 1), 0);
		for (uint64_t i = 0; i < 5; i++)
			EXPECT_EQ(dev_address(bti, vmo, i), first + i * PAGE);
		EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
		zx_handle_close(vmo);
	}
	dev_bti_drop(bti);
}

/* 4.3 check 1 before its range; 4.4: cleared in place. */
JX_TEST(vmo_6_1_r1_what_it_refuses_and_allows)
{
	zx_handle_t bti = dev_bti(), vmo = 0, slice;
	zx_paddr_t address;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 2 * PAGE, 0, &vmo), ZX_OK);
	slice = conf_child(vmo, CONF_SLICE, 1, 1);
	address = dev_address(bti, vmo, 1);
	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_DECOMMIT, 9 * PAGE, 1), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(slice, conf_op(slice, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, PAGE), ZX_ERR_UNAVAILABLE);
	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_COMMIT, 0, 2 * PAGE), ZX_OK);
	vm_vmo_set(vmo, 1, 5);
	EXPECT_TRUE(CONF_SHOWS(slice, 5));
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_ZERO, 0, 2 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, 0, 0));
	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	EXPECT_EQ(dev_address(bti, vmo, 1), address);
	zx_handle_close(slice);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* --- 6.2 -------------------------------------------------------------------- */

static zx_handle_t make_resource(uint32_t kind, uint64_t base, size_t size)
{
	zx_handle_t r = 0;

	EXPECT_STATUS(zx_resource_create(jx_startup_handle(PA_RESOURCE), kind, base, size, NULL, 0,
					 &r), ZX_OK);
	return r;
}

/* The range as it was given, before it is rounded or looked at. */
JX_TEST(vmo_6_2_c1_resource)
{
	zx_handle_t mmio = make_resource(ZX_RSRC_KIND_MMIO, DEV_NO_RAM, PAGE);
	zx_handle_t irq = make_resource(ZX_RSRC_KIND_IRQ, 40, 1), out = 0;

	EXPECT_STATUS(zx_vmo_create_physical(0, 1, 0, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_create_physical(zx_process_self(), 1, 0, &out), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_create_physical(mmio, DEV_NO_RAM - 1, PAGE, &out),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_create_physical(mmio, DEV_NO_RAM, PAGE + 1, &out),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_TRUE(zx_vmo_create_physical(irq, DEV_NO_RAM, PAGE, &out) != ZX_OK);
	EXPECT_EQ(out, 0);
	zx_handle_close(mmio);
	zx_handle_close(irq);
}

JX_TEST(vmo_6_2_c1_place)
{
	zx_handle_t mmio = make_resource(ZX_RSRC_KIND_MMIO, DEV_NO_RAM, PAGE), out = 0;

	EXPECT_STATUS(zx_vmo_create_physical(mmio, DEV_NO_RAM + 8, 16, &out),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_physical(mmio, DEV_NO_RAM, 0, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_physical(mmio, DEV_NO_RAM, PAGE, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 0);
	zx_handle_close(mmio);
}

static zx_handle_t physical_vmo(void)
{
	zx_handle_t mmio = make_resource(ZX_RSRC_KIND_MMIO, DEV_NO_RAM, PAGE), vmo = 0;

	EXPECT_STATUS(zx_vmo_create_physical(mmio, DEV_NO_RAM, 1, &vmo), ZX_OK);
	zx_handle_close(mmio);
	return vmo;
}

JX_TEST(vmo_6_2_r1_what_it_is)
{
	zx_handle_t vmo = physical_vmo();
	zx_info_vmo_t info = vm_vmo_info(vmo);

	EXPECT_EQ(info.flags, 0x48);
	EXPECT_EQ(info.size_bytes, PAGE);
	EXPECT_EQ(info.committed_bytes, 0);
	EXPECT_EQ(info.cache_policy, ZX_CACHE_POLICY_UNCACHED);
	EXPECT_EQ(conf_rights(vmo), CONF_VMO_RIGHTS);
	zx_handle_close(vmo);
}

/* Each before the checks of its own that follow. */
JX_TEST(vmo_6_2_r1_what_it_refuses)
{
	zx_handle_t vmo = physical_vmo();
	uint64_t word;

	EXPECT_STATUS(zx_vmo_read(vmo, &word, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_write(vmo, NULL, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_COMMIT, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_ZERO, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_try_child(vmo, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_try_child(vmo, CONF_ON_WRITE, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_set_size(vmo, UINT64_MAX),
		      conf_era(ZX_ERR_NOT_SUPPORTED, ZX_ERR_UNAVAILABLE));
	zx_handle_close(vmo);
}

/* 4.6: length and range come first; a device is not in the linear map. */
JX_TEST(vmo_6_2_r1_cache_operations)
{
	zx_handle_t vmo = physical_vmo();

	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, PAGE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(vmo);
}

JX_TEST(vmo_6_2_r2_slices_and_pins)
{
	zx_handle_t bti = dev_bti(), vmo = physical_vmo(), slice;

	slice = conf_child(vmo, CONF_SLICE, 0, 1);
	EXPECT_EQ(vm_vmo_info(slice).cache_policy, ZX_CACHE_POLICY_UNCACHED);
	EXPECT_EQ(vm_vmo_info(slice).flags, 0x48);
	EXPECT_EQ(dev_address(bti, vmo, 0), DEV_NO_RAM);
	EXPECT_EQ(dev_address(bti, slice, 0), DEV_NO_RAM);
	zx_handle_close(slice);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* --- 6.3 -------------------------------------------------------------------- */

static bool is_closed(zx_handle_t handle)
{
	return EXPECT_STATUS(zx_handle_close(handle), ZX_ERR_BAD_HANDLE);
}

/* 2020: before the VMO's handle; latest: after it. */
JX_TEST(vmo_6_3_c3_vmex)
{
	zx_handle_t mmio = make_resource(ZX_RSRC_KIND_MMIO, DEV_NO_RAM, PAGE), out = 0;
	zx_handle_t vmo = conf_vmo(1, 0);

	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, mmio, &out), ZX_ERR_WRONG_TYPE);
	is_closed(vmo);
	vmo = conf_vmo(1, 0);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, vmo, &out), ZX_ERR_WRONG_TYPE);
	is_closed(vmo);
	vmo = conf_vmo(1, 0);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, UINT32_MAX, &out), ZX_ERR_BAD_HANDLE);
	is_closed(vmo);
	EXPECT_STATUS(zx_vmo_replace_as_executable(0, mmio, &out),
		      conf_era(ZX_ERR_WRONG_TYPE, ZX_ERR_BAD_HANDLE));
	EXPECT_EQ(out, 0);
	zx_handle_close(mmio);
}

/* What is no VMO is a bad handle here, and gone. */
JX_TEST(vmo_6_3_r1_what_is_no_vmo)
{
	zx_handle_t event = 0, out = 0;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_vmo_replace_as_executable(event, 0, &out), ZX_ERR_BAD_HANDLE);
	is_closed(event);
	EXPECT_STATUS(zx_vmo_replace_as_executable(0, 0, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_replace_as_executable(event, 0, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(out, 0);
}

/* The same object through a new value; no right is needed, EXECUTE is gained. */
JX_TEST(vmo_6_3_r2_result)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE), out = 0;
	zx_handle_t vmex = make_resource(ZX_RSRC_KIND_VMEX, 0, 0);

	EXPECT_STATUS(zx_vmo_replace_as_executable(bare, vmex, &out), ZX_OK);
	EXPECT_TRUE(out != bare);
	is_closed(bare);
	EXPECT_EQ(conf_rights(out), ZX_RIGHT_EXECUTE);
	EXPECT_EQ(conf_koid(out), conf_koid(vmo));
	zx_handle_close(out);
	zx_handle_close(vmex);
	/* Nothing is frozen. */
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, 0, &out), ZX_OK);
	EXPECT_EQ(conf_rights(out), CONF_VMO_RIGHTS | ZX_RIGHT_EXECUTE);
	vm_vmo_set(out, 0, 5);
	EXPECT_TRUE(CONF_SHOWS(out, 5));
	zx_handle_close(out);
}
