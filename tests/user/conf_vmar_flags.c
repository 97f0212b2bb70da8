/* The table of spec/vmar.md 11: every flag in every call. */
#include "conf_util.h"

#define LIMIT ZX_VM_OFFSET_IS_UPPER_LIMIT
/* Bits 14 and 15 have tests of their own: they differ by era. */
#define IS_OF_AN_ERA(bit) ((bit) == 14 || (bit) == 15)
#define BITS 24

JX_TEST(vmar_11_r1_flags_of_allocate)
{
	const zx_vm_option_t good = ZX_VM_COMPACT | ZX_VM_SPECIFIC | VM_CAN_ALL | LIMIT;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint32_t bit = 0; bit < BITS; bit++) {
		uint64_t offset = 1u << bit == LIMIT ? PAGE : 0;

		EXPECT_STATUS(conf_allocate(a.vmar, 1u << bit, offset, PAGE),
			      good & 1u << bit ? ZX_OK : ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(conf_allocate(a.vmar, ZX_VM_COMPACT | ZX_VM_SPECIFIC | VM_CAN_ALL, PAGE,
				    PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_11_r2_flags_of_map)
{
	const zx_vm_option_t good = VM_R | ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE |
				    ZX_VM_MAP_RANGE | ZX_VM_REQUIRE_NON_RESIZABLE |
				    ZX_VM_ALLOW_FAULTS | LIMIT;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint32_t bit = 0; bit < BITS; bit++) {
		uint64_t offset = 1u << bit == LIMIT ? PAGE : 0;

		if (!IS_OF_AN_ERA(bit))
			EXPECT_STATUS(conf_map(a.vmar, 1u << bit, offset, a.vmo, 0, PAGE),
				      good & 1u << bit ? ZX_OK : ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(conf_map(a.vmar, VM_RW, 0, a.vmo, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_RW | ZX_VM_MAP_RANGE | ZX_VM_ALLOW_FAULTS | LIMIT |
			       ZX_VM_REQUIRE_NON_RESIZABLE, 2 * PAGE, a.vmo, 0, PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_11_r2_execute_needs_read)
{
	zx_handle_t code = vm_vmo_make(1, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmo_replace_as_executable(code, ZX_HANDLE_INVALID, &code), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_X, 0, code, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_map(a.vmar, VM_RX, 0, code, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_RW | VM_X, 0, code, 0, PAGE), ZX_OK);
	zx_handle_close(code);
	vm_area_drop(&a);
}

JX_TEST(vmar_11_r3_flags_of_protect)
{
	zx_handle_t code = vm_vmo_make(1, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmo_replace_as_executable(code, ZX_HANDLE_INVALID, &code), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, code, 0, 1), ZX_OK);
	for (uint32_t bit = 3; bit < 32; bit++) {
		if (bit != 14)
			CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R | 1u << bit, a.base, PAGE),
				   ZX_ERR_INVALID_ARGS);
	}
	for (uint32_t n = 1; n < 256; n++)
		EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R | n << ZX_VM_ALIGN_BASE, a.base, PAGE),
			      ZX_ERR_INVALID_ARGS);
	for (zx_vm_option_t perm = 0; perm <= (VM_RW | VM_X); perm++)
		EXPECT_STATUS(zx_vmar_protect(a.vmar, perm, a.base, PAGE),
			      perm == 0 || perm & VM_R ? ZX_OK : ZX_ERR_INVALID_ARGS);
	zx_handle_close(code);
	vm_area_drop(&a);
}

JX_TEST(vmar_11_r4_alignments)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), vmar;
	zx_vaddr_t address;

	for (uint32_t n = 10; n <= 32; n++) {
		uint64_t align = n < 12 ? PAGE : 1ul << n;

		ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL |
					       n << ZX_VM_ALIGN_BASE, 0, PAGE, &vmar, &address),
			      ZX_OK);
		EXPECT_EQ(address % align, 0);
		zx_vmar_destroy(vmar);
		zx_handle_close(vmar);
		ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_R | n << ZX_VM_ALIGN_BASE, 0,
					  vmo, 0, PAGE, &address), ZX_OK);
		EXPECT_EQ(address % align, 0);
		vm_unmap(address, 1);
	}
	zx_handle_close(vmo);
}

JX_TEST(vmar_11_r4_names_of_alignments)
{
	EXPECT_EQ(ZX_VM_ALIGN_1KB, 0x0a000000);
	EXPECT_EQ(ZX_VM_ALIGN_2KB, 0x0b000000);
	EXPECT_EQ(ZX_VM_ALIGN_4KB, 0x0c000000);
	EXPECT_EQ(ZX_VM_ALIGN_64KB, 0x10000000);
	EXPECT_EQ(ZX_VM_ALIGN_1MB, 0x14000000);
	EXPECT_EQ(ZX_VM_ALIGN_2MB, 0x15000000);
	EXPECT_EQ(ZX_VM_ALIGN_512MB, 0x1d000000);
	EXPECT_EQ(ZX_VM_ALIGN_1GB, 0x1e000000);
	EXPECT_EQ(ZX_VM_ALIGN_4GB, 0x20000000);
}

JX_TEST(vmar_11_r4_with_specific_it_is_a_check)
{
	struct vm_area a;
	uint64_t first;

	ASSERT_TRUE(vm_area_make(&a, 16));
	first = (0 - a.base) % (16 << 10);
	for (uint64_t page = 0; page < 8; page++) {
		zx_status_t wanted = page % 4 == 0 ? ZX_OK : ZX_ERR_INVALID_ARGS;

		EXPECT_STATUS(conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC | ZX_VM_ALIGN_16KB,
				       first + page * PAGE, a.vmo, 0, PAGE), wanted);
		EXPECT_STATUS(conf_allocate(a.vmar, ZX_VM_SPECIFIC | ZX_VM_ALIGN_16KB,
					    first + page * PAGE, PAGE), wanted);
		EXPECT_STATUS(conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC | ZX_VM_ALIGN_1KB,
				       first + page * PAGE, a.vmo, 0, PAGE), ZX_OK);
	}
	vm_area_drop(&a);
}

JX_TEST(vmar_11_r5_limits)
{
	struct vm_area a;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* As large as the VMAR: at its base. Beyond it, or too long: refused. */
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | LIMIT, 4 * PAGE, a.vmo, 0, 4 * PAGE, &address),
		      ZX_OK);
	EXPECT_EQ(address, a.base);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 4), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_R | LIMIT, 5 * PAGE, a.vmo, 0, PAGE),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_map(a.vmar, VM_R | LIMIT, PAGE, a.vmo, 0, 2 * PAGE),
		      ZX_ERR_INVALID_ARGS);
	/* All below is used; above it there is room without the flag. */
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 2), ZX_OK);
	CONF_FAILS(&a, conf_map(a.vmar, VM_R | LIMIT, 2 * PAGE, a.vmo, 0, PAGE), CONF_NO_GAP);
	CONF_FAILS(&a, conf_allocate(a.vmar, LIMIT, 2 * PAGE, PAGE), CONF_NO_GAP);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, LIMIT, 3 * PAGE, PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_11_r6_bits_of_later_eras)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	for (uint32_t bit = 14; bit <= 15; bit++) {
		const zx_vm_option_t flag = 1u << bit;

		CONF_FAILS(&a, conf_allocate(a.vmar, flag, 0, PAGE), ZX_ERR_INVALID_ARGS);
		CONF_FAILS(&a, conf_map(a.vmar, VM_R | flag, 0, a.vmo, 0, PAGE),
			   ZX_ERR_INVALID_ARGS);
		CONF_FAILS(&a, conf_map(a.vmar, VM_R | flag | ZX_VM_ALLOW_FAULTS, 0, a.vmo, 0,
					PAGE), ZX_ERR_INVALID_ARGS);
		CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_R | flag, a.base, PAGE),
			   ZX_ERR_INVALID_ARGS);
	}
	vm_area_drop(&a);
}

JX_TEST(vmar_11_r9_old_names)
{
	EXPECT_EQ(ZX_VM_FLAG_PERM_READ, 1 << 0);
	EXPECT_EQ(ZX_VM_FLAG_PERM_WRITE, 1 << 1);
	EXPECT_EQ(ZX_VM_FLAG_PERM_EXECUTE, 1 << 2);
	EXPECT_EQ(ZX_VM_FLAG_COMPACT, 1 << 3);
	EXPECT_EQ(ZX_VM_FLAG_SPECIFIC, 1 << 4);
	EXPECT_EQ(ZX_VM_FLAG_SPECIFIC_OVERWRITE, 1 << 5);
	EXPECT_EQ(ZX_VM_FLAG_CAN_MAP_SPECIFIC, 1 << 6);
	EXPECT_EQ(ZX_VM_FLAG_CAN_MAP_READ, 1 << 7);
	EXPECT_EQ(ZX_VM_FLAG_CAN_MAP_WRITE, 1 << 8);
	EXPECT_EQ(ZX_VM_FLAG_CAN_MAP_EXECUTE, 1 << 9);
	EXPECT_EQ(ZX_VM_FLAG_MAP_RANGE, 1 << 10);
	EXPECT_EQ(ZX_VM_FLAG_REQUIRE_NON_RESIZABLE, 1 << 11);
}
