/* zx_vmar_protect and zx_vmar_destroy: spec/vmar.md 7 and 8. */
#include "vm_util.h"

JX_TEST(vmar_protect_checks_in_order)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 2), ZX_OK);
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_vmar_protect(0, VM_W, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_protect(a.vmo, VM_W, 1, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_protect(bare, VM_W, 1, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(bare, VM_R, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_W, a.base, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_X, a.base, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base - PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 5 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	/* Dropping all permissions needs no right. */
	EXPECT_STATUS(zx_vmar_protect(bare, 0, a.base, PAGE), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, 0, 0 }, { 1, 1, VM_R, 1 }));
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_protect_takes_only_permissions)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	for (uint32_t bit = 3; bit < 32; bit++) {
		if (1u << bit == ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED && jx_era() == JX_ERA_LATEST)
			continue;
		EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R | 1u << bit, a.base, PAGE),
			      ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R | ZX_VM_ALIGN_4KB, a.base, PAGE),
		      ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* A dead VMAR after alignment and zero length, before the range. */
JX_TEST(vmar_protect_state_stands_before_the_range)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, 0, PAGE), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

/* Check 8: from the left, the first trouble decides; nothing has changed. */
JX_TEST(vmar_protect_first_trouble_from_the_left)
{
	struct vm_area a;
	zx_handle_t sub, reader;
	zx_vaddr_t address = 0;

	/* 0-1 RW, 2 read-only for ever, 3 gap, 4 sub-VMAR, 5 RW. */
	ASSERT_TRUE(vm_area_make(&a, 6));
	reader = vm_dup(a.vmo, ZX_RIGHT_MAP | ZX_RIGHT_READ);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 2 * PAGE, reader, 2 * PAGE, PAGE,
				  &address), ZX_OK);
	sub = vm_area_sub(&a, 4, 1);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 5, 5, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, 6 * PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 6 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, a.base, 4 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, vm_at(&a, 3), 2 * PAGE), ZX_ERR_NOT_FOUND);
	/* An empty sub-VMAR is a gap to those who enter it. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, vm_at(&a, 4), PAGE),
		      jx_era() == JX_ERA_LATEST ? ZX_ERR_NOT_FOUND : ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, vm_at(&a, 4), 2 * PAGE),
		      jx_era() == JX_ERA_LATEST ? ZX_ERR_NOT_FOUND : ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 0 }, { 2, 1, VM_R, 2 }, { 5, 1, VM_RW, 5 }));
	/* A length inside a page is rounded up. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, a.base, 3 * PAGE - 1), ZX_OK);
	/* Their maximum differs, so they are told apart still. */
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, 0, 0 }, { 2, 1, 0, 2 }, { 5, 1, VM_RW, 5 }));
	zx_handle_close(sub);
	zx_handle_close(reader);
	vm_area_drop(&a);
}

/* spec 2.4, 1.6: what a mapping may become was fixed by the handles then. */
JX_TEST(vmar_protect_up_to_the_maximum)
{
	const zx_rights_t sets[] = { ZX_RIGHT_MAP, ZX_RIGHT_MAP | ZX_RIGHT_READ,
				     ZX_RIGHT_MAP | ZX_RIGHT_READ | ZX_RIGHT_WRITE };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	for (size_t i = 0; i < 3; i++) {
		zx_handle_t vmo = vm_dup(a.vmo, sets[i]);
		zx_vaddr_t address = 0;

		ASSERT_STATUS(zx_vmar_map(a.vmar, 0, 0, vmo, 0, PAGE, &address), ZX_OK);
		zx_handle_close(vmo);
		EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, address, PAGE),
			      i >= 1 ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, address, PAGE),
			      i >= 2 ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RX, address, PAGE),
			      ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, address, PAGE), ZX_OK);
		EXPECT_STATUS(vm_area_unmap(&a, 0, 1), ZX_OK);
	}
	vm_area_drop(&a);
}

/* What accesses are allowed after it: on touched pages and untouched ones. */
JX_TEST(vmar_protect_decides_accesses)
{
	const struct {
		zx_vm_option_t perm;
		zx_status_t read, write;
	} cases[] = {
		{ VM_R, ZX_OK, ZX_ERR_ACCESS_DENIED },
		{ 0, ZX_ERR_ACCESS_DENIED, ZX_ERR_ACCESS_DENIED },
		{ VM_RW, ZX_OK, ZX_OK },
		{ 0, ZX_ERR_ACCESS_DENIED, ZX_ERR_ACCESS_DENIED },
		{ VM_R, ZX_OK, ZX_ERR_ACCESS_DENIED },
	};
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(zx_vmo_op_range(a.vmo, ZX_VMO_OP_DECOMMIT, PAGE, PAGE, NULL, 0), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	vm_store(a.base, VM_STAMP(0));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_STATUS(zx_vmar_protect(a.vmar, cases[i].perm, a.base, 2 * PAGE), ZX_OK);
		for (uint64_t page = 0; page < 2; page++) {
			EXPECT_STATUS(vm_probe_read(vm_at(&a, page)), cases[i].read);
			EXPECT_STATUS(vm_probe_write(vm_at(&a, page)), cases[i].write);
		}
	}
	EXPECT_EQ(vm_load(a.base), VM_STAMP(0));
	vm_area_drop(&a);
}

JX_TEST(vmar_destroy_checks_and_effect)
{
	zx_info_vmar_t info = { 0 };
	struct vm_area a, sibling;
	zx_handle_t bare, sub;
	zx_vaddr_t address = 0, again = 0;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_TRUE(vm_area_make(&sibling, 1));
	ASSERT_STATUS(vm_area_map(&sibling, VM_R, 0, 0, 1), ZX_OK);
	sub = vm_area_sub(&a, 2, 4);
	ASSERT_STATUS(zx_vmar_map(sub, VM_RW, 0, a.vmo, 0, PAGE, &address), ZX_OK);
	vm_store(address, 99);
	EXPECT_STATUS(zx_vmar_destroy(0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_destroy(a.vmo), ZX_ERR_WRONG_TYPE);
	/* No right is needed in 2020, one later. */
	bare = vm_dup(sub, ZX_RIGHT_NONE);
	if (jx_era() == JX_ERA_LATEST) {
		EXPECT_STATUS(zx_vmar_destroy(bare), ZX_ERR_ACCESS_DENIED);
		zx_handle_close(bare);
		bare = vm_dup(sub, ZX_RIGHT_OP_CHILDREN);
	}
	EXPECT_STATUS(zx_vmar_destroy(bare), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vm_probe_read(address), ZX_ERR_NOT_FOUND);
	/* The handle is one still, and tells the range it had. */
	EXPECT_STATUS(zx_object_get_info(sub, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.base, vm_at(&a, 2));
	EXPECT_EQ(info.len, 4 * PAGE);
	/* The space is free; what comes there shows nothing of the old. */
	ASSERT_STATUS(zx_vmo_op_range(a.vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, address - a.base, a.vmo, 0, PAGE,
				  &again), ZX_OK);
	EXPECT_EQ(again, address);
	EXPECT_EQ(vm_load(address), 0);
	EXPECT_TRUE(vm_area_shows(&sibling, 0, 0));
	zx_handle_close(bare);
	zx_handle_close(sub);
	vm_area_drop(&a);
	vm_area_drop(&sibling);
}

/* D14: the root of a process that never started, and of one that runs. */
JX_TEST_OF_2020(vmar_destroy_root)
{
	zx_vaddr_t address;
	struct vm_child child;
	zx_handle_t sub;

	ASSERT_TRUE(vm_child_make_bare(&child));
	EXPECT_STATUS(zx_vmar_destroy(child.vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(child.vmar), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_allocate(child.vmar, 0, 0, PAGE, &sub, &address), ZX_ERR_BAD_STATE);
	/* Its first instruction is a fault. */
	ASSERT_TRUE(vm_child_start(&child, vm_child_read, 0));
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
}
