/* What memory costs whom: spec/vmar.md 17. */
#include <stdlib.h>

#include <zircon/jx.h>

#include "conf_util.h"

#define GIB (1ul << 30)

static uint64_t free_frames(void)
{
	jx_memory_stats_t memory = { 0 };

	EXPECT_STATUS(jx_stat(JX_STAT_MEMORY, &memory, sizeof(memory), NULL), ZX_OK);
	return memory.free_pages + memory.cached_pages;
}

JX_TEST(vmar_17_r1_mappings_commit_nothing)
{
	zx_vaddr_t base, address;
	zx_handle_t vmar, vmo;
	uint64_t before;

	ASSERT_STATUS(zx_vmo_create(GIB, 0, &vmo), ZX_OK);
	before = free_frames();
	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL, 0, 4 * GIB, &vmar, &base),
		      ZX_OK);
	ASSERT_STATUS(zx_vmar_map(vmar, VM_RW | ZX_VM_MAP_RANGE, 0, vmo, 0, GIB, &address), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	for (uint64_t i = 0; i < 3; i++)
		vm_store(address + i * (GIB / 3 & ~(PAGE - 1)), 1);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 3 * PAGE);
	/* Three pages, their tables, and nodes to find them by. */
	EXPECT_TRUE(before - free_frames() < 64);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}

/* Of the pages that an area's first mapping shows, how many are committed. */
static uint64_t committed(const struct vm_area *a)
{
	uint64_t pages = UINT64_MAX;
	size_t count;
	zx_info_maps_t *maps = vm_maps(zx_process_self(), &count);

	for (size_t i = 0; maps && i < count; i++) {
		if (maps[i].type == ZX_INFO_MAPS_TYPE_MAPPING && maps[i].base == a->base)
			pages = maps[i].u.mapping.committed_pages;
	}
	free(maps);
	return pages;
}

JX_TEST(vmar_17_r2_committed_pages_of_an_entry)
{
	zx_handle_t fresh;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(zx_vmo_create(16 * PAGE, 0, &fresh), ZX_OK);
	vm_vmo_set(fresh, 0, 1);
	vm_vmo_set(fresh, 12, 1);
	/* What lies outside its range is not its own. */
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 0, fresh, 4, 8), ZX_OK);
	EXPECT_EQ(committed(&a), 0);
	/* The zero page does not count, a page of the VMO does. */
	EXPECT_EQ(vm_load(a.base), 0);
	EXPECT_EQ(committed(&a), 0);
	vm_store(vm_at(&a, 1), 1);
	vm_vmo_set(fresh, 11, 1);
	EXPECT_EQ(committed(&a), 2);
	ASSERT_STATUS(zx_vmo_op_range(fresh, ZX_VMO_OP_DECOMMIT, 5 * PAGE, PAGE, NULL, 0), ZX_OK);
	EXPECT_EQ(committed(&a), 1);
	zx_handle_close(fresh);
	vm_area_drop(&a);
}

#define SPOTS 64

/* Pages a gigabyte apart each need tables of their own. */
JX_TEST(vmar_17_r4_tables_go_with_what_they_served)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), vmar;
	zx_vaddr_t base, address;
	uint64_t before, used;

	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL, 0, SPOTS * GIB, &vmar,
				       &base), ZX_OK);
	before = free_frames();
	for (uint64_t i = 0; i < SPOTS; i++) {
		ASSERT_STATUS(zx_vmar_map(vmar, VM_R | ZX_VM_SPECIFIC, i * GIB, vmo, 0, PAGE,
					  &address), ZX_OK);
		EXPECT_EQ(vm_load(address), VM_STAMP(0));
	}
	used = before - free_frames();
	EXPECT_TRUE(used >= SPOTS);
	for (uint64_t i = 0; i < SPOTS; i++)
		EXPECT_STATUS(zx_vmar_unmap(vmar, base + i * GIB, PAGE), ZX_OK);
	/* While the VMAR still stands. */
	EXPECT_TRUE(before - free_frames() < used / 4);
	EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}
