/* Rights and permissions, and how they combine: spec/vmar.md 2. */
#include "conf_util.h"

/* OP_CHILDREN comes with the latest era; what 2.2 lists is in both. */
static zx_rights_t rights_of(zx_handle_t vmar)
{
	return conf_rights(vmar) & ~ZX_RIGHT_OP_CHILDREN;
}

JX_TEST(vmar_2_r2_rights_of_a_new_vmar)
{
	const zx_rights_t basic = ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER | ZX_RIGHT_INSPECT;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	EXPECT_EQ(ZX_RIGHT_INSPECT, 1u << 15);
	for (uint32_t i = 0; i < 16; i++) {
		const zx_vm_option_t options = (i & 7) << 7 | (i & 8 ? ZX_VM_CAN_MAP_SPECIFIC : 0);
		zx_handle_t sub;
		zx_vaddr_t address;

		ASSERT_STATUS(zx_vmar_allocate(a.vmar, options, 0, PAGE, &sub, &address), ZX_OK);
		EXPECT_EQ(rights_of(sub), basic | (i & 7) << 2);
		EXPECT_STATUS(zx_vmar_destroy(sub), ZX_OK);
		zx_handle_close(sub);
	}
	vm_area_drop(&a);
}

JX_TEST(vmar_2_r2_rights_of_the_root)
{
	zx_handle_t process, root;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "rights", 6, 0, &process, &root), ZX_OK);
	EXPECT_EQ(rights_of(root), ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER | ZX_RIGHT_INSPECT |
		  ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE);
	EXPECT_STATUS(conf_allocate(root, VM_CAN_ALL | ZX_VM_SPECIFIC, 0, PAGE), ZX_OK);
	zx_handle_close(root);
	zx_handle_close(process);
}

JX_TEST(vmar_2_r3_can_map_specific_is_not_inherited)
{
	zx_handle_t plain, specific;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, ZX_VM_CAN_MAP_READ, 0, 4 * PAGE, &plain, &address),
		      ZX_OK);
	/* Not at a chosen place, but with a choice of its own. */
	EXPECT_STATUS(conf_allocate(plain, ZX_VM_SPECIFIC, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(zx_vmar_allocate(plain, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC, 0,
				       2 * PAGE, &specific, &address), ZX_OK);
	EXPECT_STATUS(conf_map(specific, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_allocate(plain, ZX_VM_CAN_MAP_WRITE, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_allocate(plain, ZX_VM_CAN_MAP_EXECUTE, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(specific);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

/* Every combination of rights on the handles against every request. */
JX_TEST(vmar_2_r4_permissions_are_those_of_both_handles)
{
	zx_handle_t code = vm_vmo_make(1, 0), vmar = zx_vmar_root_self();

	ASSERT_STATUS(zx_vmo_replace_as_executable(code, ZX_HANDLE_INVALID, &code), ZX_OK);
	for (uint32_t i = 0; i < 64; i++) {
		zx_handle_t vmo_half = vm_dup(code, ZX_RIGHT_MAP | (i & 7) << 2);
		zx_handle_t vmar_half = vm_dup(vmar, (i >> 3) << 2);
		const zx_vm_option_t can = i & 7 & i >> 3;

		for (zx_vm_option_t perm = 0; perm < 8; perm++) {
			zx_status_t wanted = perm & ~can ? ZX_ERR_ACCESS_DENIED : ZX_OK;

			if (perm && !(perm & VM_R))
				wanted = ZX_ERR_INVALID_ARGS;
			EXPECT_STATUS(conf_map(vmar_half, perm, 0, vmo_half, 0, PAGE), wanted);
		}
		zx_handle_close(vmo_half);
		zx_handle_close(vmar_half);
	}
	zx_handle_close(code);
}

/* The maximum is what the handles could, more than what was asked. */
JX_TEST(vmar_2_r4_maximum_may_exceed_the_request)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_OK);
	vm_store(a.base, 1);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RX, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	vm_area_drop(&a);
}

JX_TEST(vmar_2_r5_all_legal_permissions)
{
	zx_handle_t code = vm_vmo_make(1, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmo_replace_as_executable(code, ZX_HANDLE_INVALID, &code), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, 0, 0, code, 0, 1), ZX_OK);
	for (zx_vm_option_t perm = 0; perm < 8; perm++) {
		const bool legal = perm == 0 || perm & VM_R;

		EXPECT_STATUS(conf_map(zx_vmar_root_self(), perm, 0, code, 0, PAGE),
			      legal ? ZX_OK : ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_protect(a.vmar, perm, a.base, PAGE),
			      legal ? ZX_OK : ZX_ERR_INVALID_ARGS);
		if (legal)
			EXPECT_STATUS(vm_probe_read(a.base), perm ? ZX_OK : ZX_ERR_ACCESS_DENIED);
	}
	zx_handle_close(code);
	vm_area_drop(&a);
}

JX_TEST(vmar_2_r6_protect_asks_the_handle_of_now)
{
	zx_handle_t reader, bare;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	reader = vm_dup(a.vmar, ZX_RIGHT_READ);
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	/* The mapping is RW already: asking for it still needs the rights. */
	CONF_FAILS(&a, zx_vmar_protect(reader, VM_RW, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	CONF_FAILS(&a, zx_vmar_protect(bare, VM_R, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(reader, VM_R, a.base, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(bare, 0, a.base, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(a.base), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_2_r7_unmap_needs_no_right)
{
	zx_handle_t reader, bare;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	reader = vm_dup(a.vmar, ZX_RIGHT_READ);
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_vmar_unmap(reader, a.base, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(bare, vm_at(&a, 1), PAGE), ZX_OK);
	EXPECT_TRUE(vm_area_is_gap(&a, 0) && vm_area_is_gap(&a, 1));
	zx_handle_close(reader);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_2_r8_wrong_type_before_access_denied)
{
	zx_handle_t bare_vmo, bare_vmar;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	bare_vmo = vm_dup(a.vmo, ZX_RIGHT_NONE);
	bare_vmar = vm_dup(a.vmar, ZX_RIGHT_NONE);
	EXPECT_STATUS(conf_allocate(bare_vmo, VM_CAN_RWX, 0, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, bare_vmar, 0, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_protect(bare_vmo, VM_RW, a.base, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_op_range(bare_vmo, ZX_VMO_OP_DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_unmap(bare_vmo, a.base, PAGE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_destroy(bare_vmo), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare_vmo);
	zx_handle_close(bare_vmar);
	vm_area_drop(&a);
}

JX_TEST(vmar_2_r9_execute_is_gained)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	EXPECT_TRUE(!(conf_rights(vmo) & ZX_RIGHT_EXECUTE));
	CONF_FAILS(&a, conf_map(a.vmar, VM_RX, 0, vmo, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	EXPECT_TRUE(conf_rights(vmo) & ZX_RIGHT_EXECUTE);
	EXPECT_STATUS(conf_map(a.vmar, VM_RX, 0, vmo, 0, PAGE), ZX_OK);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

JX_TEST(vmar_2_r1_bits)
{
	EXPECT_EQ(ZX_RIGHT_DUPLICATE, 1 << 0);
	EXPECT_EQ(ZX_RIGHT_TRANSFER, 1 << 1);
	EXPECT_EQ(ZX_RIGHT_READ, 1 << 2);
	EXPECT_EQ(ZX_RIGHT_WRITE, 1 << 3);
	EXPECT_EQ(ZX_RIGHT_EXECUTE, 1 << 4);
	EXPECT_EQ(ZX_RIGHT_MAP, 1 << 5);
	EXPECT_EQ(ZX_RIGHT_INSPECT, 1 << 15);
	EXPECT_EQ(ZX_RIGHT_OP_CHILDREN, 1 << 21);
}

JX_TEST(vmar_0_4_r1_status_codes)
{
	const zx_status_t wanted[][2] = {
		{ ZX_OK, 0 }, { ZX_ERR_INTERNAL, -1 }, { ZX_ERR_NOT_SUPPORTED, -2 },
		{ ZX_ERR_NO_RESOURCES, -3 }, { ZX_ERR_NO_MEMORY, -4 },
		{ ZX_ERR_INVALID_ARGS, -10 }, { ZX_ERR_BAD_HANDLE, -11 },
		{ ZX_ERR_WRONG_TYPE, -12 }, { ZX_ERR_OUT_OF_RANGE, -14 },
		{ ZX_ERR_BUFFER_TOO_SMALL, -15 }, { ZX_ERR_BAD_STATE, -20 },
		{ ZX_ERR_NOT_FOUND, -25 }, { ZX_ERR_ALREADY_EXISTS, -26 },
		{ ZX_ERR_UNAVAILABLE, -28 }, { ZX_ERR_ACCESS_DENIED, -30 },
		{ ZX_ERR_IO, -40 }, { ZX_ERR_IO_DATA_INTEGRITY, -42 },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		EXPECT_EQ(wanted[i][0], wanted[i][1]);
	EXPECT_EQ(sizeof(zx_status_t), 4);
}

JX_TEST_OF_2020(vmar_2_r2_no_op_children_yet)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	EXPECT_TRUE(!(conf_rights(a.vmar) & ZX_RIGHT_OP_CHILDREN));
	EXPECT_TRUE(!(conf_rights(zx_vmar_root_self()) & ZX_RIGHT_OP_CHILDREN));
	vm_area_drop(&a);
}
