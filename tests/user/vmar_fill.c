/* A VMAR can be filled to its last place in every way of choosing places, with
 * every alignment: spec/vmar.md 3.2.2, 3.2.3, 11. */
#include "vm_util.h"

#define PLACES 8ul

static zx_status_t no_room(void)
{
	return jx_era() == JX_ERA_LATEST ? ZX_ERR_NO_RESOURCES : ZX_ERR_NO_MEMORY;
}

/* One page at each of the `count` aligned places below the limit (0: the whole
 * VMAR), then no more. */
static void fill_aligned(zx_handle_t vmar, zx_vaddr_t base, zx_handle_t vmo, uint32_t log2,
			 uint64_t limit, uint64_t count)
{
	const zx_vm_option_t options = log2 << ZX_VM_ALIGN_BASE |
				       (limit ? ZX_VM_OFFSET_IS_UPPER_LIMIT : 0);
	const uint64_t unit = log2 < 12 ? PAGE : 1ul << log2;
	uint64_t seen = 0;
	zx_vaddr_t address;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t place;

		ASSERT_STATUS(zx_vmar_map(vmar, options, limit, vmo, 0, PAGE, &address), ZX_OK);
		place = (address - base) / unit;
		EXPECT_EQ((address - base) % unit, 0);
		EXPECT_TRUE(place < count && !(seen & 1ul << place));
		seen |= 1ul << place;
	}
	EXPECT_STATUS(zx_vmar_map(vmar, options, limit, vmo, 0, PAGE, &address), no_room());
}

static void fill_both_ways(zx_handle_t parent, zx_vm_option_t policy, zx_handle_t vmo)
{
	for (uint32_t log2 = 10; log2 <= 32; log2++) {
		const uint64_t unit = log2 < 12 ? PAGE : 1ul << log2;
		zx_handle_t vmar;
		zx_vaddr_t base;

		ASSERT_STATUS(zx_vmar_allocate(parent,
					       VM_CAN_ALL | policy | log2 << ZX_VM_ALIGN_BASE, 0,
					       PLACES * unit, &vmar, &base), ZX_OK);
		EXPECT_EQ(base % unit, 0);
		/* A limit one page into a place leaves room for that page. */
		fill_aligned(vmar, base, vmo, log2, 4 * unit + PAGE, 5);
		EXPECT_STATUS(zx_vmar_unmap(vmar, base, PLACES * unit), ZX_OK);
		fill_aligned(vmar, base, vmo, log2, 0, PLACES);
		zx_vmar_destroy(vmar);
		zx_handle_close(vmar);
	}
}

JX_TEST(vmar_fill_to_the_last_place_with_each_alignment)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	fill_both_ways(zx_vmar_root_self(), 0, a.vmo);
	fill_both_ways(zx_vmar_root_self(), ZX_VM_COMPACT, a.vmo);
	vm_area_drop(&a);
}

/* Gaps of every length up to 8 pages among mappings: each length that fits
 * somewhere is placed, the next one is not. */
JX_TEST(vmar_fill_finds_gaps_of_each_length)
{
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 64));
	for (uint64_t longest = 1; longest <= 8; longest++) {
		uint64_t page = 0, pages;

		for (uint64_t gap = 1; gap <= longest; gap++) {
			ASSERT_STATUS(vm_area_map(&a, VM_R, page, 0, 1), ZX_OK);
			page += 1 + gap;
		}
		ASSERT_STATUS(vm_area_map(&a, VM_R, page, 0, 64 - page), ZX_OK);
		EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, (longest + 1) * PAGE,
					  &address), no_room());
		for (pages = longest; pages > 0; pages--)
			EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, pages * PAGE,
						  &address), ZX_OK);
		EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, &address), no_room());
		ASSERT_STATUS(vm_area_unmap(&a, 0, 64), ZX_OK);
	}
	vm_area_drop(&a);
}

/* Two thousand mappings of one VMO, two to a sub-VMAR, go with one call. */
JX_TEST(vmar_fill_and_destroy_many)
{
	enum { SUBS = 1000 };
	zx_handle_t sub, vmo = vm_vmo_make(1, 0);
	zx_vaddr_t address, base;
	zx_handle_t vmar;

	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL, 0, 8 * SUBS * PAGE, &vmar,
				       &base), ZX_OK);
	for (uint64_t i = 0; i < SUBS; i++) {
		ASSERT_STATUS(zx_vmar_allocate(vmar, VM_CAN_ALL, 0, 2 * PAGE, &sub, &address),
			      ZX_OK);
		for (int j = 0; j < 2; j++) {
			ASSERT_STATUS(zx_vmar_map(sub, VM_R, 0, vmo, 0, PAGE, &address), ZX_OK);
			EXPECT_EQ(vm_load(address), VM_STAMP(0));
		}
		zx_handle_close(sub);
	}
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 2 * SUBS);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 0);
	EXPECT_STATUS(vm_probe_read(address), ZX_ERR_NOT_FOUND);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}
