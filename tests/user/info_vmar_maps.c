/* ZX_INFO_VMAR_MAPS and the later records of ZX_INFO_PROCESS_MAPS: spec/vmar.md
 * 13.3 and 13.4. */
#include <stdlib.h>
#include <string.h>

#include "vm_util.h"

static zx_status_t vmar_maps(zx_handle_t vmar, void *buffer, size_t bytes, size_t *actual,
			     size_t *avail)
{
	return zx_object_get_info(vmar, ZX_INFO_VMAR_MAPS, buffer, bytes, actual, avail);
}

/* The VMAR itself at depth 0, what is below at 1 and up; nothing from outside. */
JX_TEST(info_vmar_maps_tells_what_is_below)
{
	zx_info_maps_v3_t maps[8];
	size_t actual = 0, avail = 0;
	struct vm_area a;
	zx_handle_t sub;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	sub = vm_area_sub(&a, 2, 4);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 1, 1), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(sub, VM_RW | ZX_VM_SPECIFIC, PAGE, a.vmo, 4 * PAGE, 2 * PAGE,
				  &address), ZX_OK);
	memset(maps, 0xff, sizeof(maps));
	ASSERT_STATUS(vmar_maps(a.vmar, maps, sizeof(maps), &actual, &avail), ZX_OK);
	ASSERT_TRUE(actual == 4 && avail == 4);
	EXPECT_TRUE(maps[0].type == ZX_INFO_MAPS_TYPE_VMAR && maps[0].depth == 0 &&
		    maps[0].base == a.base && maps[0].size == 8 * PAGE);
	EXPECT_TRUE(maps[1].type == ZX_INFO_MAPS_TYPE_MAPPING && maps[1].depth == 1 &&
		    maps[1].base == a.base && maps[1].u.mapping.mmu_flags == VM_R);
	EXPECT_TRUE(maps[2].type == ZX_INFO_MAPS_TYPE_VMAR && maps[2].depth == 1 &&
		    maps[2].base == vm_at(&a, 2));
	EXPECT_TRUE(maps[3].depth == 2 && maps[3].base == vm_at(&a, 3) &&
		    maps[3].size == 2 * PAGE);
	EXPECT_EQ(maps[3].u.mapping.vmo_offset, 4 * PAGE);
	EXPECT_EQ(maps[3].u.mapping.committed_bytes, 2 * PAGE);
	EXPECT_EQ(maps[3].u.mapping.populated_bytes, 2 * PAGE);
	EXPECT_EQ(maps[3].u.mapping.committed_private_bytes, 2 * PAGE);
	EXPECT_EQ(maps[3].u.mapping.committed_scaled_bytes, 2 * PAGE);
	EXPECT_EQ(maps[3].u.mapping.committed_fractional_scaled_bytes, 0);
	EXPECT_EQ(maps[2].u.mapping.committed_bytes, 0);
	ASSERT_STATUS(vmar_maps(sub, maps, sizeof(maps), &actual, &avail), ZX_OK);
	EXPECT_EQ(avail, 2);
	EXPECT_TRUE(maps[0].depth == 0 && maps[0].base == vm_at(&a, 2) && maps[1].depth == 1);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(info_vmar_maps_checks)
{
	zx_info_maps_v3_t maps[2];
	size_t actual = 9, avail = 9;
	zx_handle_t process, root, bare;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	bare = vm_dup(a.vmar, ZX_RIGHT_READ);
	EXPECT_STATUS(vmar_maps(0, maps, sizeof(maps), &actual, &avail), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(vmar_maps(zx_process_self(), maps, sizeof(maps), &actual, &avail),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(vmar_maps(bare, maps, sizeof(maps), &actual, &avail), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vmar_maps(a.vmar, NULL, 0, &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 0 && avail == 1);
	EXPECT_STATUS(vmar_maps(a.vmar, NULL, sizeof(maps), &actual, &avail), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_process_create(zx_job_default(), "p", 1, 0, &process, &root), ZX_OK);
	EXPECT_STATUS(vmar_maps(root, maps, sizeof(maps), &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 1 && avail == 1 && strcmp(maps[0].name, "root") == 0);
	zx_handle_close(process);
	/* The last handle of a process that never ran ends it. */
	EXPECT_STATUS(vmar_maps(root, maps, sizeof(maps), &actual, &avail), ZX_ERR_BAD_STATE);
	zx_vmar_destroy(a.vmar);
	EXPECT_STATUS(vmar_maps(a.vmar, maps, sizeof(maps), &actual, &avail), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vmar_maps(a.vmar, NULL, 0, &actual, &avail), ZX_ERR_BAD_STATE);
	zx_handle_close(root);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

/* The three records of one process agree in what they share. */
JX_TEST(info_maps_versions_agree)
{
	zx_info_maps_t v1[4];
	zx_info_maps_v2_t v2[4];
	zx_info_maps_v3_t v3[4];
	zx_handle_t process, root, vmo = vm_vmo_make(3, 0);
	size_t actual, avail;
	zx_vaddr_t address;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "p", 1, 0, &process, &root), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(root, VM_RW, 0, vmo, PAGE, 5 * PAGE, &address), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS_V1, v1, sizeof(v1), &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, 3);
	ASSERT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS_V2, v2, sizeof(v2), &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, 3);
	ASSERT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS_V3, v3, sizeof(v3), &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, 3);
	for (size_t i = 0; i < 3; i++) {
		EXPECT_EQ(memcmp(&v1[i], &v2[i], sizeof(v1[i])), 0);
		EXPECT_EQ(memcmp(&v1[i], &v3[i], sizeof(v1[i]) - sizeof(size_t)), 0);
	}
	EXPECT_EQ(v1[2].u.mapping.committed_pages, 2);
	EXPECT_EQ(v2[2].u.mapping.populated_pages, 2);
	EXPECT_EQ(v3[2].u.mapping.committed_bytes, 2 * PAGE);
	EXPECT_STATUS(zx_object_get_info(process, 0x3000000d, v3, sizeof(v3), &actual, &avail),
		      ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(process);
	zx_handle_close(root);
	zx_handle_close(vmo);
}

/* A run of mappings that is told as one, longer than the kernel looks at in one
 * go; and a nest deeper than that, each with a mapping behind its child. */
JX_TEST(info_maps_long_runs_and_deep_nests)
{
	enum { RUN = 1000, DEPTH = 600 };
	zx_info_maps_v3_t *maps = calloc(2 * DEPTH + 4, sizeof(*maps));
	zx_handle_t chain[2], vmo, process, root;
	size_t actual = 0, avail = 0;
	zx_vaddr_t address, base;

	ASSERT_TRUE(maps != NULL);
	ASSERT_STATUS(zx_vmo_create(RUN * PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_process_create(zx_job_default(), "p", 1, 0, &process, &root), ZX_OK);
	for (uint64_t i = 0; i < RUN; i++)
		ASSERT_STATUS(zx_vmar_map(root, VM_R | ZX_VM_SPECIFIC, i * PAGE, vmo, i * PAGE,
					  PAGE, &address), ZX_OK);
	ASSERT_STATUS(vmar_maps(root, maps, 3 * sizeof(*maps), &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 2 && avail == 2);
	EXPECT_EQ(maps[1].size, RUN * PAGE);
	chain[0] = vm_dup(root, ZX_RIGHT_SAME_RIGHTS);
	for (uint64_t i = DEPTH; i > 0; i--) {
		ASSERT_STATUS(zx_vmar_allocate(chain[0], VM_CAN_ALL, 0, 2 * i * PAGE, &chain[1],
					       &base), ZX_OK);
		ASSERT_STATUS(zx_vmar_map(chain[1], VM_R | ZX_VM_SPECIFIC, (2 * i - 1) * PAGE, vmo,
					  0, PAGE, &address), ZX_OK);
		zx_handle_close(chain[0]);
		chain[0] = chain[1];
	}
	zx_handle_close(chain[0]);
	ASSERT_STATUS(vmar_maps(root, maps, (2 * DEPTH + 4) * sizeof(*maps), &actual, &avail),
		      ZX_OK);
	EXPECT_EQ(actual, 2 + 2 * DEPTH);
	EXPECT_EQ(avail, 2 + 2 * DEPTH);
	for (size_t i = 0; i < DEPTH; i++) {
		EXPECT_EQ(maps[2 + i].depth, i + 1);
		EXPECT_EQ(maps[2 + DEPTH + i].depth, DEPTH - i + 1);
	}
	free(maps);
	zx_handle_close(root);
	zx_handle_close(process);
	zx_handle_close(vmo);
}
