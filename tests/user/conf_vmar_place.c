/* Where things lie and where the kernel puts them: spec/vmar.md 3. */
#include <stdlib.h>

#include "conf_util.h"

#define GIB (1ul << 30)
#define LIMIT ZX_VM_OFFSET_IS_UPPER_LIMIT

JX_TEST(vmar_3_1_r1_user_range)
{
	zx_info_vmar_t root = conf_range(zx_vmar_root_self());

	EXPECT_EQ(root.base, jx_era() == JX_ERA_2020 ? 0x1000000 : 0x200000);
	EXPECT_EQ(root.base + root.len, 0x1000000000000);
}

JX_TEST(vmar_3_1_r2_larger_than_a_tebibyte)
{
	size_t count;
	zx_info_maps_t *maps = vm_maps(zx_process_self(), &count);

	ASSERT_TRUE(maps != NULL && count >= 2);
	EXPECT_TRUE(maps[0].size > 1ul << 40);
	EXPECT_TRUE(maps[1].size > 1ul << 40);
	free(maps);
}

/* As programs do it: tries one aligned address after the other. */
static zx_status_t allocate_aligned(uint64_t align, zx_handle_t *vmar, zx_vaddr_t *address)
{
	zx_info_vmar_t root = conf_range(zx_vmar_root_self());
	zx_status_t status = ZX_ERR_NO_MEMORY;

	for (uint64_t at = align; status != ZX_OK && at + 8 * GIB < root.len; at += align) {
		if (at > root.base)
			status = zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_RW | ZX_VM_SPECIFIC,
						  at - root.base, 8 * GIB, vmar, address);
	}
	return status;
}

JX_TEST(vmar_3_1_r3_large_regions)
{
	zx_handle_t vmar, vmo;
	zx_vaddr_t address = 0;

	ASSERT_STATUS(zx_vmo_create(GIB, 0, &vmo), ZX_OK);
	ASSERT_STATUS(allocate_aligned(8 * GIB, &vmar, &address), ZX_OK);
	EXPECT_EQ(address % (8 * GIB), 0);
	EXPECT_STATUS(conf_map(vmar, VM_RW, 0, vmo, 0, GIB), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	ASSERT_STATUS(allocate_aligned(GIB / 2, &vmar, &address), ZX_OK);
	EXPECT_EQ(address % (GIB / 2), 0);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	EXPECT_STATUS(conf_map(zx_vmar_root_self(), VM_RW, 0, vmo, 0, GIB), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmar_3_1_r4_root_starts_at_2_mib)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), process, root;
	zx_vaddr_t address = 0;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "low", 3, 0, &process, &root), ZX_OK);
	EXPECT_EQ(conf_range(root).base, 0x200000);
	/* The offset of that address is 0, which any placement takes. */
	EXPECT_STATUS(zx_vmar_map(root, VM_R, 0x200000 - conf_range(root).base, vmo, 0, PAGE,
				  &address), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(root, VM_R | ZX_VM_SPECIFIC_OVERWRITE, 0, vmo, 0, PAGE,
				  &address), ZX_OK);
	EXPECT_EQ(address, 0x200000);
	zx_handle_close(root);
	zx_handle_close(process);
	zx_handle_close(vmo);
}

JX_TEST(vmar_3_1_r5_nothing_below_the_base)
{
	zx_info_vmar_t root = conf_range(zx_vmar_root_self());
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	for (uint64_t at = 0; at < root.base; at += root.base / 4) {
		EXPECT_STATUS(conf_map(zx_vmar_root_self(), VM_R | ZX_VM_SPECIFIC, at - root.base,
				       a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(vm_probe_read(at), ZX_ERR_NOT_FOUND);
	}
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, (zx_vaddr_t *)1),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, NULL), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_3_2_r1_the_three_ways_to_place)
{
	struct vm_area a;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	for (uint64_t page = 0; page < 8; page++) {
		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, page * PAGE, a.vmo, 0,
					  PAGE, &address), ZX_OK);
		EXPECT_EQ(address, vm_at(&a, page));
		ASSERT_STATUS(vm_area_unmap(&a, page, 1), ZX_OK);
		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | LIMIT, (page + 1) * PAGE, a.vmo, 0, PAGE,
					  &address), ZX_OK);
		EXPECT_TRUE(address >= a.base && address <= vm_at(&a, page));
		ASSERT_STATUS(zx_vmar_unmap(a.vmar, address, PAGE), ZX_OK);
	}
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, &address), ZX_OK);
	EXPECT_TRUE(address >= a.base && address <= vm_at(&a, 7));
	CONF_FAILS(&a, conf_map(a.vmar, VM_R, PAGE, a.vmo, 0, PAGE), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* In a VMAR that is itself off the alignment: the address counts. */
JX_TEST(vmar_3_2_r2_alignment_is_of_the_address)
{
	const uint64_t align = 64 << 10;
	struct vm_area a;
	zx_handle_t sub;
	zx_vaddr_t address = 0;
	uint64_t first;

	ASSERT_TRUE(vm_area_make(&a, 64));
	first = (0 - a.base) % align / PAGE;
	sub = vm_area_sub(&a, first + 1, 40);
	for (int i = 0; i < 2; i++) {
		ASSERT_STATUS(zx_vmar_map(sub, VM_R | ZX_VM_ALIGN_64KB, 0, a.vmo, 0, PAGE,
					  &address), ZX_OK);
		EXPECT_EQ(address % align, 0);
	}
	/* Two of its 40 pages are so aligned, and no more. */
	CONF_FAILS(&a, conf_map(sub, VM_R | ZX_VM_ALIGN_64KB, 0, a.vmo, 0, PAGE), CONF_NO_GAP);
	EXPECT_STATUS(conf_map(sub, VM_R, 0, a.vmo, 0, PAGE), ZX_OK);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* One page after the other until it is full, each in a place of its own. */
static void fill(zx_handle_t vmar, const struct vm_area *a, zx_vm_option_t options,
		 uint64_t offset, uint64_t pages)
{
	uint64_t seen = 0;
	zx_vaddr_t address;

	for (uint64_t i = 0; i < pages; i++) {
		ASSERT_STATUS(zx_vmar_map(vmar, VM_R | options, offset, a->vmo, 0, PAGE, &address),
			      ZX_OK);
		seen |= 1ul << ((address - a->base) / PAGE);
	}
	EXPECT_EQ(seen, pages == 64 ? UINT64_MAX : (1ul << pages) - 1);
	CONF_FAILS(a, conf_map(vmar, VM_R | options, offset, a->vmo, 0, PAGE), CONF_NO_GAP);
}

JX_TEST(vmar_3_2_r3_filled_to_the_last_page)
{
	struct vm_area a;
	zx_handle_t compact;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 64));
	fill(a.vmar, &a, 0, 0, 64);
	EXPECT_STATUS(vm_area_unmap(&a, 0, 64), ZX_OK);
	/* As large as the whole: at its base. COMPACT changes no success. */
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, VM_CAN_ALL | ZX_VM_COMPACT, 0, 64 * PAGE, &compact,
				       &address), ZX_OK);
	EXPECT_EQ(address, a.base);
	fill(compact, &a, 0, 0, 64);
	zx_handle_close(compact);
	vm_area_drop(&a);
}

JX_TEST(vmar_3_2_r3_filled_below_a_limit)
{
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 64));
	fill(a.vmar, &a, LIMIT, 16 * PAGE, 16);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 48 * PAGE, &address), ZX_OK);
	EXPECT_EQ(address, vm_at(&a, 16));
	vm_area_drop(&a);
}

JX_TEST(vmar_3_2_r3_the_only_gap_is_found)
{
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 32));
	for (uint64_t hole = 0; hole + 2 <= 32; hole += 5) {
		ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 32), ZX_OK);
		ASSERT_STATUS(vm_area_unmap(&a, hole, 2), ZX_OK);
		CONF_FAILS(&a, conf_map(a.vmar, VM_R, 0, a.vmo, 0, 3 * PAGE), CONF_NO_GAP);
		EXPECT_STATUS(conf_allocate(a.vmar, 0, 0, 2 * PAGE), ZX_OK);
		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 2 * PAGE, &address), ZX_OK);
		EXPECT_EQ(address, vm_at(&a, hole));
		ASSERT_STATUS(vm_area_unmap(&a, 0, 32), ZX_OK);
	}
	vm_area_drop(&a);
}

JX_TEST(vmar_3_2_r4_normal_vmar_is_random)
{
	zx_vaddr_t last = 0, address;
	struct vm_area a;
	uint64_t low = UINT64_MAX, high = 0;
	int moved = 0;

	ASSERT_TRUE(vm_area_make(&a, 1));
	for (int i = 0; i < 16; i++) {
		address = vm_map(a.vmo, VM_R, 1);
		moved += address != last;
		last = address;
		low = address < low ? address : low;
		high = address > high ? address : high;
		vm_unmap(address, 1);
	}
	/* Of 2^30 places two equal ones in a row are a chance of 2^-26, and all
	 * within 2^26 places one of less. */
	EXPECT_EQ(moved, 16);
	EXPECT_TRUE(high - low > (1ul << 26) * PAGE);
	vm_area_drop(&a);
}

JX_TEST(vmar_3_2_r4_compact_vmar_stays_close)
{
	const uint64_t size = 1ul << 32;
	zx_vaddr_t base, address;
	zx_handle_t vmar;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL | ZX_VM_COMPACT, 0, size,
				       &vmar, &base), ZX_OK);
	for (int i = 0; i < 16; i++) {
		ASSERT_STATUS(zx_vmar_map(vmar, VM_R, 0, a.vmo, 0, PAGE, &address), ZX_OK);
		/* 256 candidates, of which those before may have taken some. */
		EXPECT_TRUE(address >= base && address < base + (256 + 16) * PAGE);
	}
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	vm_area_drop(&a);
}

JX_TEST(vmar_3_2_r5_address_spaces_draw_apart)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), process[4], root[4];
	zx_vaddr_t address[4];

	for (int i = 0; i < 4; i++) {
		ASSERT_STATUS(zx_process_create(zx_job_default(), "draw", 4, 0, &process[i],
						&root[i]), ZX_OK);
		ASSERT_STATUS(zx_vmar_map(root[i], VM_R, 0, vmo, 0, PAGE, &address[i]), ZX_OK);
		for (int j = 0; j < i; j++)
			EXPECT_TRUE(address[i] != address[j]);
	}
	for (int i = 0; i < 4; i++) {
		zx_handle_close(root[i]);
		zx_handle_close(process[i]);
	}
	zx_handle_close(vmo);
}

/* Of eight pages each must come up: 400 draws miss one with a chance of 10^-22. */
JX_TEST(vmar_3_2_r4_every_place_is_drawn)
{
	uint32_t drawn[8] = { 0 };
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	for (int i = 0; i < 400; i++) {
		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, &address), ZX_OK);
		drawn[(address - a.base) / PAGE]++;
		ASSERT_STATUS(zx_vmar_unmap(a.vmar, address, PAGE), ZX_OK);
	}
	/* 50 each; a tenth of that is seven deviations away. */
	for (int i = 0; i < 8; i++)
		EXPECT_TRUE(drawn[i] >= 5);
	vm_area_drop(&a);
}
