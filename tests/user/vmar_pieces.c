/* Splitting, joining and what is told of it: spec/vmar.md 12. */
#include "vm_util.h"

static zx_status_t protect(const struct vm_area *a, zx_vm_option_t perm, uint64_t page,
			   uint64_t count)
{
	return zx_vmar_protect(a->vmar, perm, vm_at(a, page), count * PAGE);
}

JX_TEST(vmar_pieces_protect_left_right_middle)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 10));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 9), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 0, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 0 }, { 2, 7, VM_RW, 2 }));
	EXPECT_STATUS(protect(&a, VM_R, 7, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 0 }, { 2, 5, VM_RW, 2 }, { 7, 2, VM_R, 7 }));
	EXPECT_STATUS(protect(&a, 0, 4, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 0 }, { 2, 2, VM_RW, 2 }, { 4, 1, 0, 4 },
			       { 5, 2, VM_RW, 5 }, { 7, 2, VM_R, 7 }));
	/* Over several pieces, from the middle of one into that of another. */
	EXPECT_STATUS(protect(&a, VM_R, 3, 3), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_R, 0 }, { 2, 1, VM_RW, 2 }, { 3, 3, VM_R, 3 },
			       { 6, 1, VM_RW, 6 }, { 7, 2, VM_R, 7 }));
	for (uint64_t i = 0; i < 9; i++)
		EXPECT_TRUE(vm_area_shows(&a, i, i));
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 6)), ZX_OK);
	vm_area_drop(&a);
}

/* A protection that is there already splits nothing. */
JX_TEST(vmar_pieces_same_protection_is_one_entry)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 6));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 6), ZX_OK);
	for (uint64_t i = 0; i < 6; i++) {
		EXPECT_STATUS(protect(&a, VM_RW, i, 1), ZX_OK);
		EXPECT_STATUS(protect(&a, VM_RW, 0, i + 1), ZX_OK);
	}
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 6, VM_RW, 0 }));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 1);
	vm_area_drop(&a);
}

/* Equality restored is one entry again: the hole filled, all covered, ends. */
JX_TEST(vmar_pieces_join_again)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 8), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 0, 3), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 5, 3), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 3, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 8, VM_R, 0 }));
	EXPECT_STATUS(protect(&a, VM_RW, 2, 1), ZX_OK);
	EXPECT_STATUS(protect(&a, 0, 5, 1), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_RW, 0, 8), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 8, VM_RW, 0 }));
	EXPECT_STATUS(protect(&a, VM_R, 0, 1), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 7, 1), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 1, 6), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 8, VM_R, 0 }));
	vm_area_drop(&a);
}

/* Unmap across pieces: each remainder keeps what it had. */
JX_TEST(vmar_pieces_unmap_across_protections)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 12));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 12), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_R, 3, 3), ZX_OK);
	EXPECT_STATUS(protect(&a, 0, 8, 2), ZX_OK);
	EXPECT_STATUS(vm_area_unmap(&a, 4, 5), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 3, VM_RW, 0 }, { 3, 1, VM_R, 3 }, { 9, 1, 0, 9 },
			       { 10, 2, VM_RW, 10 }));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 4);
	/* The maximum is what it was, in every piece. */
	EXPECT_STATUS(protect(&a, VM_RW, 9, 3), ZX_OK);
	EXPECT_STATUS(protect(&a, VM_RW, 0, 4), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_RW, 0 }, { 9, 3, VM_RW, 9 }));
	vm_area_drop(&a);
}

/* 12.4: mappings that continue each other are told as one, and counted apart. */
JX_TEST(vmar_pieces_neighbours_are_folded)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 2, 2, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 3, 3, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 4);
	EXPECT_EQ(vm_vmo_info(a.vmo).share_count, 1);
	/* Not what has another offset, another protection, another maximum. */
	ASSERT_STATUS(vm_area_map(&a, VM_R, 4, 5, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 5, 6, 1), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 4, VM_R, 0 }, { 4, 1, VM_R, 5 }, { 5, 1, VM_RW, 6 }));
	/* OVERWRITE with the same content joins as well. */
	ASSERT_STATUS(vm_area_map(&a, VM_R | ZX_VM_SPECIFIC_OVERWRITE, 4, 4, 2), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 6, VM_R, 0 }));
	vm_area_drop(&a);
}

/* A 1 GiB mapping with three pages, cut one page off a 2 MiB boundary. */
JX_TEST(vmar_pieces_of_a_large_sparse_mapping)
{
	const uint64_t pages = (1ul << 30) / PAGE;
	zx_handle_t vmo;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, pages);
	vm_store(base, 1);
	vm_store(base + pages / 2 * PAGE, 2);
	vm_store(base + (pages - 1) * PAGE, 3);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), base + 513 * PAGE,
				    (pages - 513 - 1) * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base), 1);
	EXPECT_EQ(vm_load(base + 512 * PAGE), 0);
	EXPECT_EQ(vm_load(base + (pages - 1) * PAGE), 3);
	EXPECT_STATUS(vm_probe_read(base + 513 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_probe_read(base + pages / 2 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_EQ(vm_vmo_get(vmo, pages / 2), 2);
	vm_unmap(base, pages);
	zx_handle_close(vmo);
}
