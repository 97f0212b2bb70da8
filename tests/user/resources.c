/* Resources, IOMMUs and BTIs: tasks.md 17, abi.md 5, 11 and 17. */
#include <string.h>

#include <jx/runtime.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/resource.h>

#include "vm_util.h"

#define MMIO ZX_RSRC_KIND_MMIO
#define EXCLUSIVE (ZX_RSRC_KIND_MMIO | ZX_RSRC_FLAG_EXCLUSIVE)

static zx_status_t make(zx_handle_t parent, uint32_t options, uint64_t base, size_t size,
			zx_handle_t *out)
{
	return zx_resource_create(parent, options, base, size, NULL, 0, out);
}

static zx_status_t make_of_root(uint32_t options, uint64_t base, size_t size, zx_handle_t *out)
{
	return make(jx_startup_handle(PA_RESOURCE), options, base, size, out);
}

JX_TEST(resource_create_checks_in_order)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE), mmio = 0, out = 0;
	zx_handle_t bare = vm_dup(root, ZX_RIGHT_DUPLICATE);

	EXPECT_STATUS(make(0, 9, 0, 0, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(make(zx_process_self(), 9, 0, 0, &out), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(make(bare, 9, 0, 0, &out), ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(make(root, MMIO, PAGE, PAGE, &mmio), ZX_OK);
	/* Unknown kinds and flags, before whose child it may be. */
	EXPECT_STATUS(make(mmio, ZX_RSRC_KIND_COUNT, 0, 0, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(make(mmio, MMIO | 0x20000, PAGE, PAGE, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(make(mmio, ZX_RSRC_KIND_ROOT, 1, 1, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(make(mmio, ZX_RSRC_KIND_IRQ, PAGE, PAGE, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(make(root, ZX_RSRC_KIND_VMEX, 1, 0, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(make(root, ZX_RSRC_KIND_ROOT, 0, 1, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(make(mmio, MMIO, PAGE, 0, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(make(mmio, MMIO, UINT64_MAX, 2, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(make(mmio, MMIO, PAGE - 1, PAGE, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(make(mmio, MMIO, PAGE, PAGE + 1, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(make(mmio, MMIO, 3 * PAGE, PAGE, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(make(mmio, MMIO, PAGE + 5, 7, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_resource_create(mmio, MMIO, PAGE, PAGE, NULL, 1, &out),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 0);
	zx_handle_close(mmio);
	zx_handle_close(bare);
}

JX_TEST(resource_info_tells_what_was_asked_for)
{
	zx_info_handle_basic_t basic = { 0 };
	zx_handle_t root = jx_startup_handle(PA_RESOURCE), r = 0;
	zx_info_resource_t info;

	ASSERT_STATUS(zx_resource_create(root, EXCLUSIVE, 0x1234, 0x56, "uart", 4, &r), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(r, ZX_INFO_RESOURCE, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.kind, MMIO);
	EXPECT_EQ(info.flags, ZX_RSRC_FLAG_EXCLUSIVE);
	EXPECT_EQ(info.base, 0x1234);
	EXPECT_EQ(info.size, 0x56);
	EXPECT_TRUE(strcmp(info.name, "uart") == 0);
	EXPECT_STATUS(zx_object_get_info(r, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(basic.rights, 0x800b);
	EXPECT_EQ(basic.type, ZX_OBJ_TYPE_RESOURCE);
	EXPECT_STATUS(zx_object_get_info(root, ZX_INFO_RESOURCE, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.kind, ZX_RSRC_KIND_ROOT);
	EXPECT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_RESOURCE, &info, sizeof(info),
					 NULL, NULL), ZX_ERR_WRONG_TYPE);
	zx_handle_close(r);
}

JX_TEST(resource_exclusive_ranges_do_not_overlap)
{
	zx_handle_t a = 0, b = 0, c = 0;

	ASSERT_STATUS(make_of_root(EXCLUSIVE, 0x1000, 0x1000, &a), ZX_OK);
	EXPECT_STATUS(make_of_root(EXCLUSIVE, 0x1fff, 1, &b), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(make_of_root(MMIO, 0, 0x1001, &b), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(make_of_root(MMIO, 0, UINT64_MAX, &b), ZX_ERR_NOT_FOUND);
	/* Neighbours, and numbers of another kind. */
	EXPECT_STATUS(make_of_root(EXCLUSIVE, 0, 0x1000, &b), ZX_OK);
	EXPECT_STATUS(make_of_root(ZX_RSRC_KIND_IRQ, 0x1000, 0x1000, &c), ZX_OK);
	zx_handle_close(c);
	/* It ends with the resource. */
	zx_handle_close(a);
	EXPECT_STATUS(make_of_root(MMIO, 0x1000, 0x1000, &a), ZX_OK);
	zx_handle_close(a);
	zx_handle_close(b);
}

/* A kind is asked for, or ROOT: nothing else opens the calls of the root. */
JX_TEST(resource_kinds_are_no_root)
{
	zx_handle_t vmex = 0, log = 0;

	ASSERT_STATUS(make_of_root(ZX_RSRC_KIND_VMEX, 0, 0, &vmex), ZX_OK);
	EXPECT_STATUS(zx_debuglog_create(vmex, 0, &log), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_system_powerctl(vmex, 999, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_debug_read(vmex, NULL, 0, NULL), ZX_ERR_WRONG_TYPE);
	zx_handle_close(vmex);
}

/* vmo.md 6.3. */
JX_TEST(resource_vmex_marks_memory_executable)
{
	zx_handle_t resources[4] = { 0 }, vmo, exec = 0;
	const zx_status_t wanted[4] = { ZX_OK, ZX_OK, ZX_ERR_WRONG_TYPE, ZX_ERR_WRONG_TYPE };

	ASSERT_STATUS(make_of_root(ZX_RSRC_KIND_VMEX, 0, 0, &resources[0]), ZX_OK);
	ASSERT_STATUS(make_of_root(ZX_RSRC_KIND_SYSTEM, ZX_RSRC_SYSTEM_VMEX_BASE, 1,
				   &resources[1]), ZX_OK);
	ASSERT_STATUS(make_of_root(ZX_RSRC_KIND_SYSTEM, ZX_RSRC_SYSTEM_VMEX_BASE + 1, 1,
				   &resources[2]), ZX_OK);
	ASSERT_STATUS(make_of_root(MMIO, 0, PAGE, &resources[3]), ZX_OK);
	for (int i = 0; i < 4; i++) {
		vmo = vm_vmo_make(1, 0);
		EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, resources[i], &exec), wanted[i]);
		/* The old handle is gone in any case. */
		EXPECT_STATUS(zx_handle_close(vmo), ZX_ERR_BAD_HANDLE);
		if (wanted[i] == ZX_OK) {
			EXPECT_EQ(vm_vmo_info(exec).handle_rights, 0xd0ff);
			zx_handle_close(exec);
		}
	}
	for (int i = 0; i < 4; i++)
		zx_handle_close(resources[i]);
}

static zx_status_t mark_badly(zx_handle_t handle)
{
	zx_handle_t mmio = 0, out = 0;
	zx_status_t status;

	if (!EXPECT_STATUS(make_of_root(MMIO, 0, PAGE, &mmio), ZX_OK))
		return ZX_OK;
	status = zx_vmo_replace_as_executable(handle, mmio, &out);
	zx_handle_close(mmio);
	return status;
}

JX_TEST_OF_2020(resource_vmex_outranks_the_handle)
{
	EXPECT_STATUS(mark_badly(0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(mark_badly(vm_dup(zx_process_self(), ZX_RIGHT_NONE)), ZX_ERR_WRONG_TYPE);
}

JX_TEST_OF_LATEST(resource_vmex_comes_after_the_handle)
{
	EXPECT_STATUS(mark_badly(0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(mark_badly(vm_dup(zx_process_self(), ZX_RIGHT_NONE)), ZX_ERR_BAD_HANDLE);
}

JX_TEST(resource_iommu_create_checks_in_order)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE), vmex = 0, out = 0;
	uint8_t desc[2] = { 0 };

	ASSERT_STATUS(make_of_root(ZX_RSRC_KIND_VMEX, 0, 0, &vmex), ZX_OK);
	EXPECT_STATUS(zx_iommu_create(0, 7, NULL, 9999, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_iommu_create(vmex, 7, NULL, 9999, &out), ZX_ERR_WRONG_TYPE);
	zx_handle_close(vmex);
	ASSERT_STATUS(make_of_root(ZX_RSRC_KIND_SYSTEM, ZX_RSRC_SYSTEM_IOMMU_BASE, 1, &vmex),
		      ZX_OK);
	EXPECT_STATUS(zx_iommu_create(vmex, 7, desc, 1, &out), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_iommu_create(root, 7, desc, ZX_IOMMU_MAX_DESC_LEN + 1, &out),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_iommu_create(root, 7, desc, 1, &out), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_iommu_create(root, 0, desc, 2, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_iommu_create(root, 0, NULL, 1, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_iommu_create(root, 0, desc, 1, NULL), ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmex);
}

static zx_rights_t rights_of(zx_handle_t handle)
{
	zx_info_handle_basic_t basic = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic),
					 NULL, NULL), ZX_OK);
	return basic.rights;
}

static void make_bti(zx_rights_t wanted)
{
	const zx_iommu_desc_dummy_t desc = { 0 };
	zx_handle_t iommu = 0, bti = 0;
	zx_info_bti_v2_t info = { 0 };

	ASSERT_STATUS(zx_iommu_create(jx_startup_handle(PA_RESOURCE), ZX_IOMMU_TYPE_DUMMY, &desc,
				      sizeof(desc), &iommu), ZX_OK);
	EXPECT_EQ(rights_of(iommu), 0x8003);
	EXPECT_STATUS(zx_bti_create(0, 1, 0, &bti), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_bti_create(zx_process_self(), 0, 0, &bti), ZX_ERR_WRONG_TYPE);
	ASSERT_STATUS(zx_bti_create(iommu, 0, 0, &bti), ZX_OK);
	zx_handle_close(iommu);
	EXPECT_EQ(rights_of(bti), wanted);
	info.pmo_count = 77;
	/* The record of 2020 has two fields. */
	EXPECT_STATUS(zx_object_get_info(bti, ZX_INFO_BTI, &info, 15, NULL, NULL),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_get_info(bti, ZX_INFO_BTI, &info, 16, NULL, NULL), ZX_OK);
	EXPECT_EQ(info.minimum_contiguity, PAGE);
	EXPECT_EQ(info.aspace_size, UINT64_MAX);
	EXPECT_EQ(info.pmo_count, 77);
	EXPECT_STATUS(zx_object_get_info(bti, ZX_INFO_BTI, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_TRUE(info.pmo_count == 0 && info.quarantine_count == 0);
	zx_handle_close(bti);
}

JX_TEST_OF_2020(resource_bti_of_2020)
{
	make_bti(0x802f);
}

JX_TEST_OF_LATEST(resource_bti_of_latest)
{
	make_bti(0x80ef);
}
