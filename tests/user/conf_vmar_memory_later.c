/* zx_process_write_memory to what is read-only, in the latest era: spec/vmar.md 16. */
#include <stdlib.h>

#include "conf_util.h"

static zx_status_t write_at(zx_vaddr_t address, uint64_t value)
{
	size_t actual = 0;
	zx_status_t status = zx_process_write_memory(zx_process_self(), address, &value,
						     sizeof(value), &actual);

	EXPECT_EQ(actual, status == ZX_OK ? sizeof(value) : 0);
	return status;
}

JX_TEST_OF_LATEST(vmar_16_r6_read_only_is_copied)
{
	zx_handle_t reader;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, reader, 0, 2), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 2, 0, 1), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	EXPECT_STATUS(write_at(a.base, 4711), ZX_OK);
	/* That mapping shows it; the VMO and its other mapping do not. */
	EXPECT_EQ(vm_load(a.base), 4711);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	EXPECT_TRUE(vm_area_shows(&a, 1, 1) && vm_area_shows(&a, 2, 0));
	EXPECT_STATUS(write_at(vm_at(&a, 1), 4712), ZX_OK);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), 4712);
	EXPECT_EQ(vm_load(a.base), 4711);
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), VM_STAMP(1));
	zx_handle_close(reader);
	vm_area_drop(&a);
}

/* What could be made writable is the VMO's own, whatever it is now. */
JX_TEST_OF_LATEST(vmar_16_r6_what_may_become_writable_is_shared)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, 0, 1, 1, 1), ZX_OK);
	EXPECT_STATUS(write_at(a.base, 4711), ZX_OK);
	EXPECT_STATUS(write_at(vm_at(&a, 1), 4712), ZX_OK);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), 4711);
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), 4712);
	vm_area_drop(&a);
}

/* The VMO that a listing names at this address. */
static zx_koid_t koid_at(zx_vaddr_t address)
{
	zx_koid_t koid = 0;
	size_t count;
	zx_info_maps_t *maps = vm_maps(zx_process_self(), &count);

	for (size_t i = 0; maps && i < count; i++) {
		if (maps[i].type == ZX_INFO_MAPS_TYPE_MAPPING && maps[i].base <= address &&
		    address - maps[i].base < maps[i].size)
			koid = maps[i].u.mapping.vmo_koid;
	}
	free(maps);
	return koid;
}

JX_TEST_OF_LATEST(vmar_16_r6_pieces_of_a_copy)
{
	zx_handle_t reader;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, reader, 0, 4), ZX_OK);
	EXPECT_STATUS(write_at(a.base, 1), ZX_OK);
	EXPECT_STATUS(write_at(vm_at(&a, 3), 4), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 1, 1), ZX_OK);
	ASSERT_STATUS(zx_vmar_protect(a.vmar, 0, vm_at(&a, 2), PAGE), ZX_OK);
	EXPECT_EQ(vm_load(a.base), 1);
	EXPECT_EQ(vm_load(vm_at(&a, 3)), 4);
	/* A piece is as private as the whole was, and one copy of it is enough. */
	EXPECT_STATUS(write_at(vm_at(&a, 3), 5), ZX_OK);
	EXPECT_EQ(vm_load(vm_at(&a, 3)), 5);
	EXPECT_EQ(koid_at(vm_at(&a, 3)), koid_at(a.base));
	EXPECT_TRUE(koid_at(a.base) != conf_koid(a.vmo));
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	EXPECT_EQ(vm_vmo_get(a.vmo, 3), VM_STAMP(3));
	CONF_FAILS(&a, zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	vm_area_drop(&a);
}
