/* Properties and ZX_INFO_VMO: spec/vmo.md 8.1, 9, 10. */
#include <string.h>

#include "conf_vmo_util.h"
#include "dev_util.h"

/* --- 8.1 -------------------------------------------------------------------- */

static zx_status_t get_content(zx_handle_t vmo, uint64_t *value)
{
	return zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, value, 8);
}

static zx_status_t set_content(zx_handle_t vmo, uint64_t value)
{
	return zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &value, 8);
}

/* Handle, right, size of the value, type, pointer. */
JX_TEST(vmo_8_1_c1_checks)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);
	uint64_t value = 1;

	EXPECT_STATUS(zx_object_get_property(0, 17, &value, 7), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_set_property(0, 17, &value, 7), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_get_property(bare, 17, &value, 7), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(vmo, zx_object_set_property(bare, 17, &value, 7), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), 17, &value, 7),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_set_property(zx_process_self(), 17, &value, 7),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), 17, (void *)8, 8),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_set_property(zx_process_self(), 17, (void *)8, 8),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_get_property(vmo, 17, (void *)8, 8), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, zx_object_set_property(vmo, 17, (void *)8, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(value, 1);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

/* A number beside the object: nothing follows it, and it follows nothing. */
JX_TEST_OF_2020(vmo_8_1_r1_a_free_number)
{
	zx_handle_t vmo = conf_numbered(2), child;
	uint64_t value = 7;

	EXPECT_STATUS(get_content(vmo, &value), ZX_OK);
	EXPECT_EQ(value, 0);
	CONF_VMO_FAILS(vmo, set_content(vmo, UINT64_MAX), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	EXPECT_STATUS(get_content(vmo, &value), ZX_OK);
	EXPECT_EQ(value, UINT64_MAX);
	CONF_VMO_FAILS(vmo, set_content(vmo, 8), ZX_OK);
	child = conf_snap(vmo, 0, 1);
	EXPECT_STATUS(get_content(child, &value), ZX_OK);
	EXPECT_EQ(value, 0);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

/* --- 9 ---------------------------------------------------------------------- */

JX_TEST(vmo_9_r1_in_detail)
{
	static const char long_name[] = "0123456789012345678901234567890123456789";
	zx_handle_t vmo = conf_vmo(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);
	char name[ZX_MAX_NAME_LEN + 1];

	EXPECT_STATUS(zx_object_get_property(bare, ZX_PROP_NAME, name, 32), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_set_property(bare, ZX_PROP_NAME, "x", 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, 31),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, NULL, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, long_name, 40), ZX_OK);
	memset(name, 'x', sizeof(name));
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, 33), ZX_OK);
	EXPECT_TRUE(memcmp(name, long_name, 31) == 0 && name[31] == 0 && name[32] == 'x');
	/* A shorter one replaces all of it. */
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "ab", 2), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, 32), ZX_OK);
	for (int i = 0; i < 32; i++)
		EXPECT_EQ(name[i], i == 0 ? 'a' : i == 1 ? 'b' : 0);
	EXPECT_EQ(memcmp(vm_vmo_info(vmo).name, name, 32), 0);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST(vmo_9_r2_unknown_property)
{
	zx_handle_t vmo = conf_vmo(1, 0);
	char buffer[64];

	EXPECT_STATUS(zx_object_get_property(vmo, 9999, buffer, sizeof(buffer)),
		      conf_era(ZX_ERR_INVALID_ARGS, ZX_ERR_NOT_SUPPORTED));
	zx_handle_close(vmo);
}

/* --- 10 --------------------------------------------------------------------- */

static const zx_object_info_topic_t topics[] = { ZX_INFO_VMO_V1, ZX_INFO_VMO_V2, ZX_INFO_VMO_V3,
						 ZX_INFO_VMO_V4 };
static const size_t lengths[] = { 104, 120, 128, 176 };

/* Each version is the beginning of the next, and no byte behind it is written. */
JX_TEST(vmo_10_1_r1_versions_agree)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), child = conf_snap(vmo, 0, 2);
	uint8_t all[184], part[184];

	EXPECT_STATUS(zx_object_get_info(child, ZX_INFO_VMO_V4, all, 176, NULL, NULL), ZX_OK);
	for (int i = 0; i < 4; i++) {
		memset(part, 0xee, sizeof(part));
		EXPECT_STATUS(zx_object_get_info(child, topics[i], part, sizeof(part), NULL, NULL),
			      ZX_OK);
		EXPECT_EQ(memcmp(part, all, lengths[i]), 0);
		EXPECT_EQ(part[lengths[i]], 0xee);
	}
	EXPECT_EQ(ZX_INFO_VMO_V1, 23);
	EXPECT_EQ(ZX_INFO_VMO_V2, 23u | 1u << 28);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

JX_TEST(vmo_10_2_r4_layout)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), child = conf_snap(vmo, 0, 2);
	uint64_t w[22];

	EXPECT_STATUS(zx_object_set_property(child, ZX_PROP_NAME, "name", 4), ZX_OK);
	vm_vmo_set(child, 0, 1);
	EXPECT_STATUS(zx_object_get_info(child, ZX_INFO_VMO_V4, w, sizeof(w), NULL, NULL), ZX_OK);
	EXPECT_EQ(w[0], conf_koid(child));
	EXPECT_EQ(memcmp(&w[1], "name\0\0\0", 8), 0);
	EXPECT_EQ(w[5], 2 * PAGE);
	EXPECT_EQ(w[6], conf_koid(vmo));
	EXPECT_EQ(w[7], 0);
	EXPECT_EQ(w[8], 0);
	EXPECT_EQ(w[9], 1);
	EXPECT_EQ(w[10], 0xd);
	EXPECT_EQ(w[11], jx_era() == JX_ERA_2020 ? PAGE : PAGE + PAGE / 2);
	EXPECT_EQ(w[12], CONF_VMO_RIGHTS);
	EXPECT_TRUE(w[13] != 0);
	EXPECT_EQ(w[14], 0);
	EXPECT_EQ(w[15], w[11]);
	EXPECT_EQ(w[16], PAGE);
	EXPECT_EQ(w[17], PAGE);
	EXPECT_EQ(w[18], PAGE + PAGE / 2);
	EXPECT_EQ(w[19], PAGE + PAGE / 2);
	EXPECT_TRUE(w[20] == 0 && w[21] == 0);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

JX_TEST(vmo_10_2_r1_two_processes)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	zx_vaddr_t one = vm_map(vmo, VM_R, 2), two;
	struct vm_child c;

	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 1);
	EXPECT_EQ(vm_vmo_info(vmo).share_count, 1);
	two = vm_map(vmo, VM_R, 1);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 2);
	EXPECT_EQ(vm_vmo_info(vmo).share_count, 1);
	ASSERT_TRUE(vm_child_make(&c));
	vm_child_map(&c, vmo, VM_R, 2);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 3);
	EXPECT_EQ(vm_vmo_info(vmo).share_count, 2);
	EXPECT_EQ(vm_child_kill(&c), ZX_TASK_RETCODE_SYSCALL_KILL);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 2);
	vm_unmap(one, 2);
	vm_unmap(two, 1);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 0);
	EXPECT_EQ(vm_vmo_info(vmo).share_count, 1);
	zx_handle_close(vmo);
}

JX_TEST(vmo_10_2_r2_metadata)
{
	zx_handle_t vmo = conf_vmo(100, 0);
	zx_info_vmo_v2_t info;

	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO_V2, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.metadata_bytes, 0);
	vm_vmo_set(vmo, 80, 1);
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO_V2, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_TRUE(info.metadata_bytes > 0);
	EXPECT_EQ(info.committed_change_events, 0);
	zx_handle_close(vmo);
}

/* A third of a page: whole bytes, and the rest in units of 2^-63. */
JX_TEST(vmo_10_2_r3_fractions)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), c = conf_snap(vmo, 0, 1), d = conf_snap(c, 0, 1);
	zx_info_vmo_v4_t info;

	EXPECT_STATUS(zx_object_get_info(d, ZX_INFO_VMO_V4, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.committed_scaled_bytes, 1365);
	EXPECT_EQ(info.committed_fractional_scaled_bytes, (1ul << 63) / 3);
	EXPECT_EQ(info.committed_private_bytes, 0);
	zx_handle_close(d);
	EXPECT_STATUS(zx_object_get_info(c, ZX_INFO_VMO_V4, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.committed_scaled_bytes, 2048);
	EXPECT_EQ(info.committed_fractional_scaled_bytes, 0);
	zx_handle_close(c);
	zx_handle_close(vmo);
}

/* Kept as at birth in 2020; later the grandparent's, or 0. */
JX_TEST(vmo_10_2_r3_parent_koid)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), c = conf_snap(vmo, 0, 1), d = conf_snap(c, 0, 1);
	uint64_t v_koid = conf_koid(vmo), c_koid = conf_koid(c);

	EXPECT_EQ(vm_vmo_info(vmo).parent_koid, 0);
	EXPECT_EQ(vm_vmo_info(c).parent_koid, v_koid);
	EXPECT_EQ(vm_vmo_info(d).parent_koid, c_koid);
	zx_handle_close(c);
	EXPECT_EQ(vm_vmo_info(d).parent_koid, jx_era() == JX_ERA_2020 ? c_koid : v_koid);
	zx_handle_close(vmo);
	EXPECT_EQ(vm_vmo_info(d).parent_koid, jx_era() == JX_ERA_2020 ? c_koid : 0);
	zx_handle_close(d);
}

static bool flags_are(zx_handle_t vmo, uint32_t flags)
{
	bool good = EXPECT_EQ(vm_vmo_info(vmo).flags, flags);

	zx_handle_close(vmo);
	return good;
}

JX_TEST(vmo_10_3_r1_flags)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(2, 0), contiguous = 0;
	struct conf_pager p;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, &contiguous), ZX_OK);
	ASSERT_TRUE(conf_pager_full(&p, 1, 0));
	EXPECT_TRUE(flags_are(conf_vmo(1, ZX_VMO_RESIZABLE), 0xb));
	EXPECT_TRUE(flags_are(conf_child(contiguous, CONF_SLICE, 0, 1), 0x49));
	EXPECT_TRUE(flags_are(contiguous, 0x49));
	EXPECT_TRUE(flags_are(conf_child(vmo, CONF_SLICE, 0, 1), 0x9));
	EXPECT_TRUE(flags_are(conf_snap(vmo, 0, 1), 0xd));
	EXPECT_TRUE(flags_are(conf_child(vmo, CONF_SNAPSHOT | ZX_VMO_CHILD_RESIZABLE, 0, 1), 0xf));
	EXPECT_TRUE(flags_are(conf_child(p.vmo, CONF_ON_WRITE, 0, 1), 0x2d));
	EXPECT_EQ(vm_vmo_info(p.vmo).flags, 0x29);
	contiguous = conf_snap(vmo, 0, 1);
	/* The original is no clone, though it has one. */
	EXPECT_EQ(vm_vmo_info(vmo).flags, 0x9);
	zx_handle_close(contiguous);
	EXPECT_TRUE(flags_are(vmo, 0x9));
	conf_pager_drop(&p);
	dev_bti_drop(bti);
}

JX_TEST(vmo_10_4_c1_checks)
{
	zx_handle_t vmo = conf_vmo(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);
	zx_info_vmo_v4_t info;
	size_t actual = 7, avail = 7;

	for (int i = 0; i < 4; i++) {
		EXPECT_STATUS(zx_object_get_info(0, topics[i], NULL, 0, NULL, NULL),
			      ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(zx_object_get_info(zx_process_self(), topics[i], NULL, 0, NULL, NULL),
			      ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(zx_object_get_info(bare, topics[i], (void *)8, lengths[i] - 1,
						 &actual, &avail), ZX_ERR_BUFFER_TOO_SMALL);
		EXPECT_TRUE(actual == 0 && avail == 1);
		EXPECT_STATUS(zx_object_get_info(bare, topics[i], (void *)8, lengths[i], NULL,
						 NULL), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_object_get_info(bare, topics[i], &info, sizeof(info), (void *)8,
						 NULL), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_object_get_info(bare, topics[i], &info, lengths[i], &actual,
						 &avail), ZX_OK);
		EXPECT_TRUE(actual == 1 && avail == 1 && info.handle_rights == 0);
	}
	zx_handle_close(bare);
	zx_handle_close(vmo);
}
