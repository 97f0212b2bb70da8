/*
 * Memory calls with every combination of unlikely numbers. What each answers
 * is computed from the order of checks in the specification; whatever is
 * refused must leave the area as it was.
 */
#include "vm_util.h"

#define END (sizeof(odd) / sizeof(odd[0]))

static const uint64_t odd[] = {
	0, 1, ZX_PAGE_SIZE - 1, ZX_PAGE_SIZE, ZX_PAGE_SIZE + 1, 4ul * ZX_PAGE_SIZE,
	5ul * ZX_PAGE_SIZE, 1ul << 32, (1ul << 48) - ZX_PAGE_SIZE, 1ul << 48, 1ul << 63,
	VM_KERNEL_ADDRESS, 0ul - 2 * ZX_PAGE_SIZE, 0ul - ZX_PAGE_SIZE, UINT64_MAX,
};

static bool aligned(uint64_t value)
{
	return value % PAGE == 0;
}

/* Four pages, the first two mapped. */
static bool make(struct vm_area *a)
{
	return vm_area_make(a, 4) && EXPECT_STATUS(vm_area_map(a, VM_RW, 0, 0, 2), ZX_OK);
}

static void check_and_drop(struct vm_area *a)
{
	EXPECT_TRUE(VM_AREA_IS(a, { 0, 2, VM_RW, 0 }));
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_vmo_get(a->vmo, i), VM_STAMP(i));
	vm_area_drop(a);
}

/* Addresses that lie nowhere near the VMAR. */
JX_TEST_OF_2020(bad_memory_absolute_ranges)
{
	struct vm_area a;

	ASSERT_TRUE(make(&a));
	for (size_t i = 0; i < END; i++) {
		for (size_t j = 0; j < END; j++) {
			zx_status_t outside = aligned(odd[i]) && aligned(odd[j]) && odd[j] != 0 ?
					      ZX_ERR_OUT_OF_RANGE : ZX_ERR_INVALID_ARGS;

			EXPECT_STATUS(zx_vmar_unmap(a.vmar, odd[i], odd[j]), ZX_ERR_INVALID_ARGS);
			EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, odd[i], odd[j]),
				      ZX_ERR_INVALID_ARGS);
			EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, odd[i], odd[j],
						       NULL, 0), outside);
		}
	}
	check_and_drop(&a);
}

/* The VMAR's own base with lengths that reach out of it, or wrap. */
JX_TEST_OF_2020(bad_memory_lengths_from_the_base)
{
	struct vm_area a;

	ASSERT_TRUE(make(&a));
	for (size_t j = 0; j < END; j++) {
		if (odd[j] == PAGE || odd[j] == 4 * PAGE)
			continue;
		EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, odd[j]), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMO_OP_DECOMMIT, a.base, odd[j], NULL,
					       0),
			      aligned(odd[j]) && odd[j] ? ZX_ERR_OUT_OF_RANGE
							: ZX_ERR_INVALID_ARGS);
		/* protect rounds up, so that short ones are good there. */
		if (odd[j] == 0 || odd[j] > 4 * PAGE)
			EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, a.base, odd[j]),
				      ZX_ERR_INVALID_ARGS);
	}
	check_and_drop(&a);
}

static bool fits(uint64_t offset, uint64_t size)
{
	return offset < 4 * PAGE && size <= 4 * PAGE - offset;
}

static zx_status_t expect_map(uint64_t offset, uint64_t vmo_offset, uint64_t len)
{
	uint64_t size = (len + PAGE - 1) & ~(PAGE - 1);

	if (!aligned(vmo_offset) || size < len || vmo_offset + size < vmo_offset ||
	    (vmo_offset + size == 0 && size) || size == 0 || !aligned(offset) ||
	    !fits(offset, size))
		return ZX_ERR_INVALID_ARGS;
	return offset < 2 * PAGE ? ZX_ERR_NO_MEMORY : ZX_OK;
}

JX_TEST_OF_2020(bad_memory_map_numbers)
{
	struct vm_area a;

	ASSERT_TRUE(make(&a));
	for (size_t i = 0; i < END; i++) {
		for (size_t j = 0; j < END; j++) {
			for (size_t k = 0; k < END; k++) {
				zx_vaddr_t address = 77;
				zx_status_t got;

				got = zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, odd[i], a.vmo,
						  odd[j], odd[k], &address);
				EXPECT_STATUS(got, expect_map(odd[i], odd[j], odd[k]));
				EXPECT_TRUE(got == ZX_OK || address == 77);
			}
		}
	}
	check_and_drop(&a);
}

JX_TEST_OF_2020(bad_memory_allocate_numbers)
{
	struct vm_area a;

	ASSERT_TRUE(make(&a));
	for (size_t i = 0; i < END; i++) {
		for (size_t j = 0; j < END; j++) {
			zx_status_t wanted = ZX_ERR_INVALID_ARGS;
			zx_handle_t vmar = 5;
			zx_vaddr_t address = 6;

			if (aligned(odd[i]) && aligned(odd[j]) && odd[j] && fits(odd[i], odd[j]))
				wanted = ZX_ERR_NO_MEMORY;
			EXPECT_STATUS(zx_vmar_allocate(a.vmar, ZX_VM_SPECIFIC, odd[i], odd[j],
						       &vmar, &address), wanted);
			EXPECT_TRUE(vmar == 5 && address == 6);
		}
	}
	check_and_drop(&a);
}

/* Offsets and lengths of a VMO; what would be good is left out. */
JX_TEST(bad_memory_vmo_numbers)
{
	static uint8_t buffer[8];
	struct vm_area a;

	ASSERT_TRUE(make(&a));
	for (size_t i = 0; i < END; i++) {
		for (size_t j = 0; j < END; j++) {
			bool good = odd[i] <= 4 * PAGE && odd[j] <= 4 * PAGE - odd[i];
			bool wraps = odd[i] + odd[j] < odd[i];

			if (!good) {
				EXPECT_STATUS(zx_vmo_read(a.vmo, buffer, odd[i], odd[j]),
					      ZX_ERR_OUT_OF_RANGE);
				EXPECT_STATUS(zx_vmo_write(a.vmo, buffer, odd[i], odd[j]),
					      ZX_ERR_OUT_OF_RANGE);
			}
			if (odd[i] <= 4 * PAGE && !wraps)
				continue;
			for (uint32_t op = 1; op <= 10; op += op == 2 ? 8 : 1)
				EXPECT_STATUS(zx_vmo_op_range(a.vmo, op, odd[i], odd[j], NULL, 0),
					      ZX_ERR_OUT_OF_RANGE);
		}
	}
	check_and_drop(&a);
}

JX_TEST_OF_2020(bad_memory_process_memory_numbers)
{
	uint64_t word = 0;
	struct vm_area a;
	size_t actual = 5;

	ASSERT_TRUE(make(&a));
	for (size_t i = 0; i < END; i++) {
		for (size_t j = 0; j < END; j++) {
			zx_status_t wanted = odd[j] == 0 || odd[j] > 64ul << 20 ?
					     ZX_ERR_INVALID_ARGS : ZX_ERR_NO_MEMORY;

			EXPECT_STATUS(zx_process_read_memory(zx_process_self(), odd[i], &word,
							     odd[j], &actual), wanted);
			EXPECT_STATUS(zx_process_write_memory(zx_process_self(), odd[i], &word,
							      odd[j], &actual), wanted);
		}
	}
	EXPECT_EQ(actual, 5);
	check_and_drop(&a);
}
