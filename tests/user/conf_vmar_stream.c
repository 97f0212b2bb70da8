/* The flags of zx_vmar_map that came last: spec/vmar.md 11. */
#include "conf_util.h"

#define XOM ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED
#define BEYOND ((zx_vm_option_t)(1u << 15))

static zx_handle_t make_code(void)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	return vmo;
}

/* No mapping here is execute-only, so that READ is what it adds. */
JX_TEST_OF_LATEST(vmar_11_r7_adds_read)
{
	zx_handle_t code = make_code();
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	CONF_FAILS(&a, conf_map(a.vmar, VM_X, 0, code, 0, PAGE), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_X | XOM, 0, code, 0, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_RX, 0 }));
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	/* It may be the only flag. */
	ASSERT_STATUS(conf_map_at(a.vmar, XOM, 1, code, 0, 1), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 1)), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_X | XOM, a.base, PAGE), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_RX, 0 }, { 1, 1, VM_R, 0 }));
	CONF_FAILS(&a, conf_allocate(a.vmar, XOM, 0, PAGE), ZX_ERR_INVALID_ARGS);
	zx_handle_close(code);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_11_r7_read_needs_its_right)
{
	zx_handle_t code = make_code(), unreadable;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	unreadable = vm_dup(code, ZX_RIGHT_MAP | ZX_RIGHT_EXECUTE);
	CONF_FAILS(&a, conf_map(a.vmar, VM_X | XOM, 0, unreadable, 0, PAGE),
		   ZX_ERR_ACCESS_DENIED);
	zx_handle_close(unreadable);
	zx_handle_close(code);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_11_r8_needs_allow_faults)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | BEYOND, 0, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_map(a.vmar, VM_R | BEYOND | ZX_VM_ALLOW_FAULTS, 0, a.vmo, 0, PAGE),
		      ZX_OK);
	CONF_FAILS(&a, conf_allocate(a.vmar, BEYOND, 0, PAGE), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R | BEYOND, a.base, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_11_r8_faults_above_the_stream)
{
	const zx_vm_option_t options = VM_RW | BEYOND | ZX_VM_ALLOW_FAULTS;
	zx_vaddr_t other;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, options, 0, 0, 4), ZX_OK);
	other = vm_map(a.vmo, VM_R, 4);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_TRUE(vm_area_shows(&a, i, i));
	/* The page that holds the end stays. */
	ASSERT_STATUS(zx_vmo_set_stream_size(a.vmo, PAGE + 1), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 1)), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 2)), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_ERR_OUT_OF_RANGE);
	/* A mapping without the flag shows the whole VMO. */
	EXPECT_EQ(vm_load(other + 3 * PAGE), 0);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, a.base, 4 * PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, a.base, 2 * PAGE, NULL, 0),
		      ZX_OK);
	ASSERT_STATUS(zx_vmo_set_stream_size(a.vmo, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_OK);
	ASSERT_STATUS(zx_vmo_set_stream_size(a.vmo, 0), ZX_OK);
	EXPECT_STATUS(vm_probe_read(a.base), ZX_ERR_OUT_OF_RANGE);
	vm_unmap(other, 4);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_11_r8_pieces_keep_it)
{
	const zx_vm_option_t options = VM_RW | BEYOND | ZX_VM_ALLOW_FAULTS;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, options, 0, 0, 8), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 2, 1), ZX_OK);
	ASSERT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 5), PAGE), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW | ZX_VM_SPECIFIC_OVERWRITE, 7, 7, 1), ZX_OK);
	ASSERT_STATUS(zx_vmo_set_stream_size(a.vmo, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 1, 1) && vm_area_shows(&a, 3, 3));
	for (uint64_t page = 4; page < 7; page++)
		EXPECT_STATUS(vm_probe_read(vm_at(&a, page)), ZX_ERR_OUT_OF_RANGE);
	/* What replaced a part has flags of its own. */
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 7)), ZX_OK);
	vm_area_drop(&a);
}
