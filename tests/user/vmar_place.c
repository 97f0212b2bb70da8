/* Where the kernel puts what it may place: spec/vmar.md 3. */
#include "vm_util.h"

#define GIB (1ul << 30)

/* Maps one page after the other until there is no room; true if that was
 * after exactly `pages`, and each page came once. */
static bool fill(zx_handle_t vmar, const struct vm_area *a, zx_vm_option_t options,
		 uint64_t offset, uint64_t pages)
{
	uint64_t seen = 0;
	zx_vaddr_t address;

	for (uint64_t i = 0; i < pages; i++) {
		uint64_t bit;

		if (!EXPECT_STATUS(zx_vmar_map(vmar, VM_R | options, offset, a->vmo, 0, PAGE,
					       &address), ZX_OK))
			return false;
		bit = 1ul << ((address - a->base) / PAGE);
		if (!EXPECT_TRUE(address >= a->base && address < a->base + pages * PAGE) ||
		    !EXPECT_TRUE(!(seen & bit)))
			return false;
		seen |= bit;
	}
	return EXPECT_STATUS(zx_vmar_map(vmar, VM_R | options, offset, a->vmo, 0, PAGE, &address),
			     ZX_ERR_NO_MEMORY);
}

/* 3.2.3: to the last page, without an option, COMPACT, and below a limit. */
JX_TEST_OF_2020(vmar_place_fills_to_the_last_page)
{
	struct vm_area a;
	zx_handle_t compact;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 64));
	EXPECT_TRUE(fill(a.vmar, &a, 0, 0, 64));
	EXPECT_STATUS(vm_area_unmap(&a, 0, 64), ZX_OK);
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_ALL | ZX_VM_COMPACT, 0, 64 * PAGE, &compact,
				       &address), ZX_OK);
	EXPECT_EQ(address, a.base);
	EXPECT_TRUE(fill(compact, &a, 0, 0, 64));
	EXPECT_STATUS(zx_vmar_destroy(compact), ZX_OK);
	zx_handle_close(compact);
	/* Full below the limit; above it there is room. */
	EXPECT_TRUE(fill(a.vmar, &a, ZX_VM_OFFSET_IS_UPPER_LIMIT, 16 * PAGE, 16));
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 48 * PAGE, &address), ZX_OK);
	EXPECT_EQ(address, vm_at(&a, 16));
	vm_area_drop(&a);
}

/* A single gap anywhere is found, by mappings and by sub-VMARs. */
JX_TEST_OF_2020(vmar_place_finds_the_only_gap)
{
	struct vm_area a;
	zx_vaddr_t address = 0;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 32));
	for (uint64_t hole = 0; hole + 2 <= 32; hole += 3) {
		ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 32), ZX_OK);
		ASSERT_STATUS(vm_area_unmap(&a, hole, 2), ZX_OK);
		EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 3 * PAGE, &address),
			      ZX_ERR_NO_MEMORY);
		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 2 * PAGE, &address), ZX_OK);
		EXPECT_EQ(address, vm_at(&a, hole));
		ASSERT_STATUS(vm_area_unmap(&a, hole, 2), ZX_OK);
		ASSERT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 2 * PAGE, &sub, &address), ZX_OK);
		EXPECT_EQ(address, vm_at(&a, hole));
		zx_handle_close(sub);
		ASSERT_STATUS(vm_area_unmap(&a, 0, 32), ZX_OK);
	}
	vm_area_drop(&a);
}

/* 3.2.2: the address itself is aligned, from 1 KiB (a page) to 4 GiB. */
JX_TEST(vmar_place_alignment_up_to_4_gib)
{
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 1));
	for (uint32_t log2 = 10; log2 <= 32; log2++) {
		uint64_t align = log2 < 12 ? PAGE : 1ul << log2;

		ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_R | log2 << ZX_VM_ALIGN_BASE, 0,
					  a.vmo, 0, PAGE, &address), ZX_OK);
		EXPECT_EQ(address % align, 0);
		EXPECT_EQ(vm_load(address), VM_STAMP(0));
		vm_unmap(address, 1);
	}
	vm_area_drop(&a);
}

/* Of the aligned places in a region each can be had, and no other. */
JX_TEST_OF_2020(vmar_place_alignment_is_complete)
{
	const zx_vm_option_t align = ZX_VM_ALIGN_16KB;
	zx_handle_t vmar;
	zx_vaddr_t base, address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL | align, 0, 16 * PAGE,
				       &vmar, &base), ZX_OK);
	EXPECT_EQ(base % (4 * PAGE), 0);
	for (int i = 0; i < 4; i++) {
		ASSERT_STATUS(zx_vmar_map(vmar, VM_R | align, 0, a.vmo, 0, PAGE, &address), ZX_OK);
		EXPECT_EQ(address % (4 * PAGE), 0);
	}
	EXPECT_STATUS(zx_vmar_map(vmar, VM_R | align, 0, a.vmo, 0, PAGE, &address),
		      ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_vmar_map(vmar, VM_R, 0, a.vmo, 0, 3 * PAGE, &address), ZX_OK);
	/* With SPECIFIC it is a check. */
	EXPECT_STATUS(zx_vmar_unmap(vmar, base, 16 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(vmar, VM_R | ZX_VM_SPECIFIC | align, PAGE, a.vmo, 0, PAGE,
				  &address), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_map(vmar, VM_R | ZX_VM_SPECIFIC | align, 4 * PAGE, a.vmo, 0, PAGE,
				  &address), ZX_OK);
	zx_vmar_destroy(vmar);
	zx_handle_close(vmar);
	vm_area_drop(&a);
}

/* 3.1: the whole is large enough for what programs of the time try. */
JX_TEST_OF_2020(vmar_place_large_regions)
{
	zx_info_vmar_t root = { 0 };
	zx_status_t status = ZX_ERR_NO_MEMORY;
	zx_vaddr_t address = 0;
	zx_handle_t vmar = 0, vmo;

	ASSERT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root),
					 NULL, NULL), ZX_OK);
	EXPECT_TRUE(root.len > 1ul << 40);
	EXPECT_EQ(root.base, 0x1000000);
	EXPECT_EQ(root.base + root.len, 0x1000000000000);
	for (uint64_t at = 8 * GIB; status != ZX_OK && at < root.len; at += 8 * GIB)
		status = zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_RW | ZX_VM_SPECIFIC,
					  at - root.base, 8 * GIB, &vmar, &address);
	ASSERT_STATUS(status, ZX_OK);
	EXPECT_EQ(address % (8 * GIB), 0);
	ASSERT_STATUS(zx_vmo_create(GIB, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(vmar, VM_RW, 0, vmo, 0, GIB, &address), ZX_OK);
	vm_store(address, 1);
	vm_store(address + GIB - PAGE, 2);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}

/* The limit counts from the VMAR's base, and vmo_offset is honoured. */
JX_TEST(vmar_place_upper_limit)
{
	const zx_vm_option_t limit = VM_R | ZX_VM_OFFSET_IS_UPPER_LIMIT;
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 8));
	for (uint64_t end = 2; end <= 8; end++) {
		ASSERT_STATUS(zx_vmar_map(a.vmar, limit, end * PAGE, a.vmo, 3 * PAGE, 2 * PAGE,
					  &address), ZX_OK);
		EXPECT_TRUE(address >= a.base && address + 2 * PAGE <= vm_at(&a, end));
		EXPECT_EQ(vm_load(address), VM_STAMP(3));
		ASSERT_STATUS(zx_vmar_unmap(a.vmar, address, 2 * PAGE), ZX_OK);
	}
	ASSERT_STATUS(zx_vmar_map(a.vmar, limit, 8 * PAGE, a.vmo, 0, 8 * PAGE, &address), ZX_OK);
	EXPECT_EQ(address, a.base);
	vm_area_drop(&a);
}

/* 3.2.4: places differ from one allocation to the next. */
JX_TEST(vmar_place_is_random)
{
	zx_vaddr_t first = 0, address = 0;
	struct vm_area a;
	int moved = 0;

	ASSERT_TRUE(vm_area_make(&a, 1));
	for (int i = 0; i < 16; i++) {
		address = vm_map(a.vmo, VM_R, 1);
		moved += first != 0 && address != first;
		first = address;
		vm_unmap(address, 1);
	}
	/* 30 bits of entropy: two equal ones in a row are a chance of 2^-26. */
	EXPECT_EQ(moved, 15);
	vm_area_drop(&a);
}
