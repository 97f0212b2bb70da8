/* zx_vmar_op_range: what the seed document says the call does, one test for
 * each obligation S-O1 to S-O11 (docs/seeds.md). */
#include "vm_util.h"

static zx_status_t decommit(const struct vm_area *a, uint64_t page, uint64_t count)
{
	return zx_vmar_op_range(a->vmar, ZX_VMO_OP_DECOMMIT, vm_at(a, page), count * PAGE, NULL,
				0);
}

/* S-O1: six parameters; the operation is done on VMOs mapped in this VMAR. */
JX_TEST(seed_o01_six_parameters_act_on_mapped_vmos)
{
	zx_status_t (*call)(zx_handle_t, uint32_t, uint64_t, uint64_t, void *, size_t) =
		zx_vmar_op_range;
	struct vm_area a;
	zx_handle_t other = vm_vmo_make(2, 0);

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	EXPECT_STATUS(call(a.vmar, ZX_VMO_OP_DECOMMIT, a.base, 4 * PAGE, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), 0);
	EXPECT_EQ(vm_vmo_get(a.vmo, 3), 0);
	/* A VMO that is not mapped here is not concerned. */
	EXPECT_EQ(vm_vmo_get(other, 0), VM_STAMP(0));
	zx_handle_close(other);
	vm_area_drop(&a);
}

/* S-O2: it acts on address .. address + size, through each mapping's offset,
 * and on every VMO mapped there. */
JX_TEST(seed_o02_acts_on_the_range_of_each_vmo)
{
	zx_handle_t other = vm_vmo_make(4, 0);
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 4, 4), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_RW | ZX_VM_SPECIFIC, 4 * PAGE, other, 0, 4 * PAGE,
				  &address), ZX_OK);
	/* The last two pages of the first and the first page of the second. */
	EXPECT_STATUS(decommit(&a, 2, 3), ZX_OK);
	for (uint64_t i = 0; i < 8; i++)
		EXPECT_EQ(vm_vmo_get(a.vmo, i), i < 6 ? VM_STAMP(i) : 0);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_vmo_get(other, i), i == 0 ? 0 : VM_STAMP(i));
	EXPECT_EQ(vm_load(vm_at(&a, 1)), VM_STAMP(5));
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 0);
	EXPECT_EQ(vm_load(vm_at(&a, 4)), 0);
	EXPECT_EQ(vm_load(vm_at(&a, 5)), VM_STAMP(1));
	zx_handle_close(other);
	vm_area_drop(&a);
}

/* S-O3: the range must lie in this VMAR, even if all of it is mapped. */
JX_TEST(seed_o03_range_must_be_inside_the_vmar)
{
	struct vm_area a;
	zx_handle_t sub;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 8));
	sub = vm_area_sub(&a, 2, 2);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 4, 4, 2), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(sub, VM_RW, 0, a.vmo, 2 * PAGE, 2 * PAGE, &address), ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(sub, ZX_VMO_OP_DECOMMIT, vm_at(&a, 1), 2 * PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(sub, ZX_VMO_OP_DECOMMIT, vm_at(&a, 2), 3 * PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	for (uint64_t i = 0; i < 6; i++)
		EXPECT_TRUE(vm_area_shows(&a, i, i));
	EXPECT_STATUS(zx_vmar_op_range(sub, ZX_VMO_OP_DECOMMIT, vm_at(&a, 2), 2 * PAGE, NULL, 0),
		      ZX_OK);
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 0);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* S-O4: address and size as zx_vmo_op_range wants them: whole pages. */
JX_TEST_OF_2020(seed_o04_alignment_is_that_of_vmo_op_range)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	for (uint64_t bit = 1; bit < PAGE; bit *= 2) {
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, a.base, PAGE + bit,
					       NULL, 0), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, a.base + bit, PAGE,
					       NULL, 0), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmo_op_range(a.vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE + bit, NULL, 0),
			      ZX_ERR_INVALID_ARGS);
	}
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_TRUE(vm_area_shows(&a, i, i));
	vm_area_drop(&a);
}

/* S-O5: buffer and buffer_size must be empty; a pointer is not looked at. */
JX_TEST(seed_o05_buffer_must_be_empty)
{
	void *const bad[] = { (void *)1, (void *)VM_KERNEL_ADDRESS, &(char){ 0 } };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	for (size_t i = 0; i < 3; i++) {
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, a.base, PAGE, bad[i],
					       0), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, a.base, PAGE, bad[i],
					       8), ZX_ERR_INVALID_ARGS);
	}
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	EXPECT_STATUS(decommit(&a, 0, 1), ZX_OK);
	vm_area_drop(&a);
}

/* S-O6: DECOMMIT is the operation that is supported, and it releases. */
JX_TEST(seed_o06_decommit_is_supported)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	EXPECT_EQ(ZX_VMAR_OP_DECOMMIT, ZX_VMO_OP_DECOMMIT);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 4 * PAGE);
	EXPECT_STATUS(decommit(&a, 1, 2), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 2 * PAGE);
	vm_area_drop(&a);
}

/* S-O7: DECOMMIT needs ZX_RIGHT_WRITE on the VMAR handle, and no other. */
JX_TEST(seed_o07_decommit_needs_the_write_right)
{
	struct vm_area a;
	zx_handle_t writer, others;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	writer = vm_dup(a.vmar, ZX_RIGHT_WRITE);
	others = vm_dup(a.vmar, ZX_RIGHT_READ | ZX_RIGHT_EXECUTE | ZX_RIGHT_INSPECT |
				ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER);
	EXPECT_STATUS(zx_vmar_op_range(others, ZX_VMO_OP_DECOMMIT, a.base, PAGE, NULL, 0),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	EXPECT_STATUS(zx_vmar_op_range(writer, ZX_VMO_OP_DECOMMIT, a.base, PAGE, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_load(a.base), 0);
	zx_handle_close(writer);
	zx_handle_close(others);
	vm_area_drop(&a);
}

/* Maps one page of the area's VMO so that it can never be written. */
static zx_status_t map_unwritable(const struct vm_area *a, uint64_t page)
{
	zx_handle_t reader = vm_dup(a->vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	zx_vaddr_t address;
	zx_status_t status = zx_vmar_map(a->vmar, VM_R | ZX_VM_SPECIFIC, page * PAGE, reader,
					 page * PAGE, PAGE, &address);

	zx_handle_close(reader);
	return status;
}

/* S-O8: it applies to writable mappings only. One that is read-only now and
 * may become writable counts as writable (decision D5). */
JX_TEST(seed_o08_applies_to_writable_mappings_only)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(map_unwritable(&a, 0), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, 0, 2, 2, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 3, 3, 1), ZX_OK);
	EXPECT_STATUS(decommit(&a, 0, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(decommit(&a, 1, 1), ZX_OK);
	EXPECT_STATUS(decommit(&a, 2, 1), ZX_OK);
	EXPECT_STATUS(decommit(&a, 3, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	for (uint64_t i = 1; i < 4; i++)
		EXPECT_EQ(vm_vmo_get(a.vmo, i), 0);
	vm_area_drop(&a);
}

/* S-O9: else it is zx_vmo_op_range: frames are released, the range reads as
 * zero through every mapping, a write commits anew, pages around stay. */
JX_TEST(seed_o09_semantics_are_those_of_vmo_op_range)
{
	struct vm_area a;
	zx_vaddr_t elsewhere;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	elsewhere = vm_map(a.vmo, VM_RW, 4);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(elsewhere + i * PAGE), VM_STAMP(i));
	EXPECT_STATUS(decommit(&a, 1, 2), ZX_OK);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 2 * PAGE);
	for (uint64_t i = 0; i < 4; i++) {
		uint64_t wanted = i == 1 || i == 2 ? 0 : VM_STAMP(i);

		EXPECT_EQ(vm_load(vm_at(&a, i)), wanted);
		EXPECT_EQ(vm_load(elsewhere + i * PAGE), wanted);
		EXPECT_EQ(vm_vmo_get(a.vmo, i), wanted);
	}
	/* Reading committed nothing; a write gives the page to all again. */
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 2 * PAGE);
	vm_store(vm_at(&a, 1), 4711);
	EXPECT_EQ(vm_load(elsewhere + PAGE), 4711);
	EXPECT_EQ(vm_load(elsewhere + PAGE + 8), 0);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 3 * PAGE);
	/* Where nothing is committed it succeeds as well. */
	EXPECT_STATUS(decommit(&a, 2, 1), ZX_OK);
	vm_unmap(elsewhere, 4);
	vm_area_drop(&a);
}

/* S-O10: every affected mapping must be writable; if one is not, the others
 * keep their pages. */
JX_TEST(seed_o10_all_affected_mappings_must_be_writable)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 3));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(map_unwritable(&a, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 1), ZX_OK);
	EXPECT_STATUS(decommit(&a, 0, 3), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(decommit(&a, 0, 2), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(decommit(&a, 1, 2), ZX_ERR_ACCESS_DENIED);
	for (uint64_t i = 0; i < 3; i++)
		EXPECT_TRUE(vm_area_shows(&a, i, i));
	/* It is not affected if it is not in the range. */
	EXPECT_STATUS(decommit(&a, 0, 1), ZX_OK);
	EXPECT_STATUS(decommit(&a, 2, 1), ZX_OK);
	vm_area_drop(&a);
}

/* S-O11: ZX_OK on success, a negative value on failure. */
JX_TEST(seed_o11_ok_or_negative)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	EXPECT_EQ(decommit(&a, 0, 1), 0);
	EXPECT_TRUE(decommit(&a, 0, 2) < 0);
	EXPECT_TRUE(decommit(&a, 1, 1) < 0);
	EXPECT_TRUE(decommit(&a, 0, 0) < 0);
	vm_area_drop(&a);
}
