/* What nobody may reach or fill: spec/vmar.md 19. */
#include "conf_util.h"

#define USER_END 0x1000000000000ul

JX_TEST(vmar_19_r1_kernel_addresses_cannot_be_named)
{
	const uint64_t addresses[] = { VM_KERNEL_ADDRESS, 0 - 2 * PAGE, USER_END, 1ul << 55 };
	const zx_info_vmar_t root = conf_range(zx_vmar_root_self());
	zx_handle_t vmar = zx_vmar_root_self();
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	for (int i = 0; i < 4; i++) {
		const uint64_t at = addresses[i], offset = at - root.base;

		EXPECT_STATUS(conf_allocate(vmar, ZX_VM_SPECIFIC, offset, PAGE),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(conf_map(vmar, VM_R | ZX_VM_SPECIFIC, offset, a.vmo, 0, PAGE),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(conf_map(vmar, VM_R | ZX_VM_SPECIFIC_OVERWRITE, offset, a.vmo, 0,
				       PAGE), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_unmap(vmar, at, PAGE), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_protect(vmar, VM_R, at, PAGE), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_op_range(vmar, ZX_VMO_OP_DECOMMIT, at, PAGE, NULL, 0),
			      ZX_ERR_OUT_OF_RANGE);
	}
	/* The last page below the end is an ordinary one. */
	EXPECT_STATUS(conf_map(vmar, VM_R | ZX_VM_SPECIFIC, root.len - PAGE, a.vmo, 0, PAGE),
		      ZX_OK);
	EXPECT_STATUS(conf_map(vmar, VM_R | ZX_VM_SPECIFIC, root.len - PAGE, a.vmo, 0, PAGE + 1),
		      ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* Many placements in the parent: none comes to lie in a sub-VMAR's gap. */
JX_TEST(vmar_19_r2_gaps_stay_gaps)
{
	struct vm_area a;
	zx_handle_t guarded;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 16));
	guarded = vm_area_sub(&a, 4, 8);
	ASSERT_STATUS(conf_map_at(guarded, VM_RW, 2, a.vmo, 0, 4), ZX_OK);
	for (int i = 0; i < 8; i++) {
		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, &address), ZX_OK);
		EXPECT_TRUE(address < vm_at(&a, 4) || address >= vm_at(&a, 12));
	}
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE), CONF_NO_GAP);
	for (uint64_t page = 4; page < 12; page++) {
		if (page < 6 || page >= 10)
			EXPECT_TRUE(vm_area_is_gap(&a, page));
	}
	zx_handle_close(guarded);
	vm_area_drop(&a);
}
