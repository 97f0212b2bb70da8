/* ZX_INFO_VMO in all its lengths, ZX_INFO_PROCESS_VMOS: spec/vmo.md 10. */
#include <stdlib.h>
#include <string.h>

#include "task_util.h"
#include "vm_util.h"

static const struct {
	uint32_t topic, of_process;
	size_t bytes;
} versions[] = {
	{ ZX_INFO_VMO_V1, ZX_INFO_PROCESS_VMOS_V1, 104 },
	{ ZX_INFO_VMO_V2, ZX_INFO_PROCESS_VMOS_V2, 120 },
	{ ZX_INFO_VMO_V3, ZX_INFO_PROCESS_VMOS_V3, 128 },
	{ ZX_INFO_VMO_V4, ZX_INFO_PROCESS_VMOS_V4, 176 },
};

JX_TEST(vmo_surface_info_lengths_agree)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), child = 0;
	uint8_t whole[176], part[176];
	size_t actual = 0;

	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 2 * PAGE, &child),
		      ZX_OK);
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO_V4, whole, 176, NULL, NULL), ZX_OK);
	for (size_t i = 0; i < 4; i++) {
		memset(part, 0xee, sizeof(part));
		EXPECT_STATUS(zx_object_get_info(vmo, versions[i].topic, part,
						 versions[i].bytes - 1, &actual, NULL),
			      ZX_ERR_BUFFER_TOO_SMALL);
		EXPECT_STATUS(zx_object_get_info(vmo, versions[i].topic, part, 176, &actual, NULL),
			      ZX_OK);
		EXPECT_EQ(actual, 1);
		EXPECT_TRUE(memcmp(whole, part, versions[i].bytes) == 0);
		EXPECT_TRUE(versions[i].bytes == 176 || part[versions[i].bytes] == 0xee);
	}
	EXPECT_STATUS(zx_object_get_info(vmo, 23 | 4u << 28, part, 176, NULL, NULL),
		      ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

static zx_info_vmo_v4_t info(zx_handle_t vmo)
{
	zx_info_vmo_v4_t r = { 0 };

	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO_V4, &r, sizeof(r), NULL, NULL), ZX_OK);
	return r;
}

JX_TEST(vmo_surface_info_tells_shares)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), a = 0, b = 0;
	bool latest = jx_era() == JX_ERA_LATEST;
	zx_info_vmo_v4_t r = info(vmo);

	EXPECT_EQ(r.committed_bytes, 3 * PAGE);
	EXPECT_EQ(r.populated_bytes, 3 * PAGE);
	EXPECT_EQ(r.committed_private_bytes, 3 * PAGE);
	EXPECT_EQ(r.committed_scaled_bytes, 3 * PAGE);
	EXPECT_EQ(r.committed_fractional_scaled_bytes, 0);
	EXPECT_EQ(r.committed_change_events, 0);
	EXPECT_TRUE(r.metadata_bytes != 0);
	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &a), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_child(a, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &b), ZX_OK);
	r = info(vmo);
	EXPECT_EQ(r.committed_private_bytes, 2 * PAGE);
	/* A third of a page is 1365 bytes and a third of one. */
	EXPECT_EQ(r.committed_scaled_bytes, 2 * PAGE + 1365);
	EXPECT_EQ(r.committed_fractional_scaled_bytes, (1ul << 63) / 3);
	EXPECT_EQ(r.committed_bytes, latest ? 2 * PAGE + 1365 : 3 * PAGE);
	EXPECT_EQ(r.num_children, 1);
	r = info(b);
	EXPECT_EQ(r.committed_private_bytes, 0);
	EXPECT_EQ(r.committed_scaled_bytes, 1365);
	EXPECT_EQ(r.committed_bytes, latest ? 1365 : 0);
	EXPECT_EQ(r.parent_koid, info(a).koid);
	/* Row 16: the koid of birth, or the one who has it now. */
	r.parent_koid = info(a).koid;
	zx_handle_close(a);
	EXPECT_EQ(info(b).parent_koid, latest ? info(vmo).koid : r.parent_koid);
	EXPECT_EQ(info(vmo).num_children, 1);
	zx_handle_close(vmo);
	EXPECT_EQ(info(b).parent_koid, latest ? 0 : r.parent_koid);
	zx_handle_close(b);
}

/* --- All VMOs of a process --------------------------------------------------- */

static zx_koid_t koid(zx_handle_t handle)
{
	return task_koid(handle);
}

/* How many of the records say this koid, and all their flags and rights. */
static size_t count_records(const zx_info_vmo_v1_t *r, size_t count, zx_koid_t wanted,
			    uint32_t via)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (r[i].koid == wanted && (r[i].flags & via))
			found++;
	return found;
}

JX_TEST(vmo_surface_process_vmos_lists_handles_then_mappings)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), reader = vm_dup(vmo, ZX_RIGHT_READ);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);
	zx_koid_t wanted = koid(vmo);
	zx_info_vmo_v1_t *r = calloc(4096, sizeof(*r));
	size_t actual = 0, avail = 0;
	bool mappings = false;

	ASSERT_TRUE(r != NULL);
	ASSERT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, r,
					 4096 * sizeof(*r), &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, avail);
	EXPECT_EQ(count_records(r, actual, wanted, ZX_INFO_VMO_VIA_HANDLE), 2);
	EXPECT_EQ(count_records(r, actual, wanted, ZX_INFO_VMO_VIA_MAPPING), 1);
	for (size_t i = 0; i < actual; i++) {
		mappings |= (r[i].flags & ZX_INFO_VMO_VIA_MAPPING) != 0;
		EXPECT_TRUE(mappings == ((r[i].flags & ZX_INFO_VMO_VIA_HANDLE) == 0));
		if (mappings)
			EXPECT_EQ(r[i].handle_rights, 0);
	}
	/* What does not fit is counted. */
	EXPECT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, r,
					 2 * sizeof(*r) - 1, &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_TRUE(avail > 1);
	EXPECT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, NULL, 0, NULL,
					 &avail), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, (void *)8, 4096,
					 NULL, NULL), ZX_ERR_INVALID_ARGS);
	free(r);
	vm_unmap(base, 1);
	zx_handle_close(reader);
	zx_handle_close(vmo);
}

JX_TEST(vmo_surface_process_vmos_lengths)
{
	uint8_t *r = calloc(64, 176);
	zx_koid_t first, wanted = 0;
	size_t actual = 0;

	ASSERT_TRUE(r != NULL);
	for (size_t i = 0; i < 4; i++) {
		EXPECT_STATUS(zx_object_get_info(zx_process_self(), versions[i].of_process, r,
						 2 * versions[i].bytes, &actual, NULL), ZX_OK);
		EXPECT_EQ(actual, 2);
		memcpy(&first, r + versions[i].bytes, sizeof(first));
		EXPECT_TRUE(first != 0 && (wanted == 0 || wanted == first));
		wanted = first;
	}
	free(r);
}

JX_TEST(vmo_surface_process_vmos_needs_a_running_process)
{
	zx_handle_t process = 0, vmar = 0, bare = vm_dup(zx_process_self(), ZX_RIGHT_READ);
	size_t avail;

	EXPECT_STATUS(zx_object_get_info(bare, ZX_INFO_PROCESS_VMOS, NULL, 0, NULL, &avail),
		      ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(zx_process_create(zx_job_default(), "new", 3, 0, &process, &vmar), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_VMOS, NULL, 0, NULL, &avail),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_task_kill(process), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_VMOS, NULL, 0, NULL, &avail),
		      ZX_ERR_BAD_STATE);
	zx_handle_close(vmar);
	zx_handle_close(process);
	zx_handle_close(bare);
}
