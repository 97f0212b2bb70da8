/* Executable VMOs, races of cache policies, names, records: spec/vmo.md 6, 9, 10. */
#include <string.h>

#include <jx/thread.h>

#include "conf_vmo_util.h"
#include "task_util.h"

/* --- 6.3 --------------------------------------------------------------------- */

JX_TEST(vmo_6_3_r1_the_handle_goes_in_any_case)
{
	zx_handle_t good = conf_vmo(1, 0), bad = conf_vmo(1, 0), out = 0, event = 0;

	EXPECT_STATUS(zx_vmo_replace_as_executable(good, 0, &out), ZX_OK);
	EXPECT_STATUS(zx_handle_close(good), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_replace_as_executable(bad, zx_process_self(), &event),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_handle_close(bad), ZX_ERR_BAD_HANDLE);
	bad = conf_vmo(1, 0);
	EXPECT_STATUS(zx_vmo_replace_as_executable(bad, 0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_close(bad), ZX_ERR_BAD_HANDLE);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_vmo_replace_as_executable(event, 0, &bad), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_replace_as_executable(0, 0, &bad), ZX_ERR_BAD_HANDLE);
	zx_handle_close(out);
}

JX_TEST(vmo_6_3_r2_rights_gain_execute_alone)
{
	const zx_rights_t rights[] = { 0, ZX_RIGHT_READ, ZX_RIGHT_MAP | ZX_RIGHT_EXECUTE, 0xd0ef };
	zx_handle_t vmo = conf_vmo(1, 0), out = 0;

	for (size_t i = 0; i < 4; i++) {
		zx_handle_t from = 0;

		if (rights[i] & ZX_RIGHT_EXECUTE) {
			zx_handle_t all = 0;

			ASSERT_STATUS(zx_vmo_replace_as_executable(
				vm_dup(vmo, ZX_RIGHT_SAME_RIGHTS), 0, &all), ZX_OK);
			from = vm_dup(all, rights[i]);
			zx_handle_close(all);
		} else {
			from = vm_dup(vmo, rights[i]);
		}
		EXPECT_STATUS(zx_vmo_replace_as_executable(from, 0, &out), ZX_OK);
		EXPECT_EQ(vm_vmo_info(out).handle_rights, rights[i] | ZX_RIGHT_EXECUTE);
		EXPECT_EQ(vm_vmo_info(out).koid, vm_vmo_info(vmo).koid);
		zx_handle_close(out);
	}
	zx_handle_close(vmo);
}

/* --- 6.4 --------------------------------------------------------------------- */

#define POLICY_ROUNDS 300

static int change_policies(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;
	int changed = 0;

	for (int i = 0; i < POLICY_ROUNDS; i++) {
		zx_status_t status = zx_vmo_set_cache_policy(vmo, i % 2 ?
			ZX_CACHE_POLICY_CACHED : ZX_CACHE_POLICY_WRITE_COMBINING);

		if (status == ZX_OK)
			changed++;
		else if (status != ZX_ERR_BAD_STATE)
			return -1;
	}
	return changed;
}

/* Either the mapping has the new type, or the change is refused: it never
 * changes under a mapping. */
JX_TEST(vmo_6_4_r1_first_mapping_or_change)
{
	zx_handle_t vmo = conf_vmo(1, 0);
	struct jx_thread thread;
	int result = -1;

	ASSERT_STATUS(jx_thread_create(&thread, "policy", change_policies, &vmo), ZX_OK);
	for (int i = 0; i < POLICY_ROUNDS; i++) {
		zx_vaddr_t base = vm_map(vmo, VM_R, 1);
		uint32_t first = vm_vmo_info(vmo).cache_policy;

		EXPECT_EQ(vm_load(base), 0);
		EXPECT_EQ(vm_vmo_info(vmo).cache_policy, first);
		vm_unmap(base, 1);
	}
	EXPECT_TRUE(task_join(&thread, &result));
	EXPECT_TRUE(result >= 0);
	zx_handle_close(vmo);
}

/* --- 9 ------------------------------------------------------------------------ */

static bool has_name(zx_handle_t vmo, const char *wanted)
{
	char name[ZX_MAX_NAME_LEN], padded[ZX_MAX_NAME_LEN] = "";

	strncpy(padded, wanted, sizeof(padded) - 1);
	memset(name, 0xee, sizeof(name));
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	return memcmp(name, padded, sizeof(name)) == 0 &&
	       memcmp(vm_vmo_info(vmo).name, padded, sizeof(name)) == 0;
}

JX_TEST(vmo_9_r1_names)
{
	const char *text = "0123456789012345678901234567890123456789";
	zx_handle_t vmo = conf_vmo(1, 0), deaf = vm_dup(vmo, ZX_RIGHT_SET_PROPERTY), mute;
	char name[ZX_MAX_NAME_LEN];

	mute = vm_dup(vmo, ZX_RIGHT_GET_PROPERTY);
	EXPECT_TRUE(has_name(vmo, ""));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, text, 40), ZX_OK);
	EXPECT_TRUE(has_name(vmo, "0123456789012345678901234567890"));
	EXPECT_STATUS(zx_object_set_property(deaf, ZX_PROP_NAME, text, 3), ZX_OK);
	EXPECT_TRUE(has_name(vmo, "012"));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "ab\0cd", 5), ZX_OK);
	EXPECT_TRUE(has_name(vmo, "ab"));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, text, 0), ZX_OK);
	EXPECT_TRUE(has_name(vmo, ""));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, NULL, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_set_property(mute, ZX_PROP_NAME, text, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_property(deaf, ZX_PROP_NAME, name, 32), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, 31),
		      ZX_ERR_BUFFER_TOO_SMALL);
	zx_handle_close(mute);
	zx_handle_close(deaf);
	zx_handle_close(vmo);
}

/* --- 10 ----------------------------------------------------------------------- */

/* Mappings are counted one by one, address spaces once; 1 below two mappings. */
JX_TEST(vmo_10_2_r1_mappings_and_sharers)
{
	zx_handle_t vmo = conf_vmo(2, 0);
	struct vm_child child;
	zx_vaddr_t a, b;

	ASSERT_TRUE(vm_child_make(&child));
	EXPECT_TRUE(vm_vmo_info(vmo).num_mappings == 0 && vm_vmo_info(vmo).share_count == 1);
	a = vm_map(vmo, VM_R, 2);
	EXPECT_TRUE(vm_vmo_info(vmo).num_mappings == 1 && vm_vmo_info(vmo).share_count == 1);
	b = vm_map(vmo, VM_R, 1);
	EXPECT_TRUE(vm_vmo_info(vmo).num_mappings == 2 && vm_vmo_info(vmo).share_count == 1);
	EXPECT_TRUE(vm_child_map(&child, vmo, VM_R, 2) != 0);
	EXPECT_TRUE(vm_vmo_info(vmo).num_mappings == 3 && vm_vmo_info(vmo).share_count == 2);
	vm_unmap(a, 2);
	EXPECT_TRUE(vm_vmo_info(vmo).num_mappings == 2 && vm_vmo_info(vmo).share_count == 2);
	vm_unmap(b, 1);
	EXPECT_TRUE(vm_vmo_info(vmo).num_mappings == 1 && vm_vmo_info(vmo).share_count == 1);
	vm_child_kill(&child);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 0);
	zx_handle_close(vmo);
}

JX_TEST(vmo_10_2_r2_metadata_only_where_something_is_recorded)
{
	zx_handle_t vmo = conf_vmo(1000, 0);
	zx_info_vmo_v2_t info = { .metadata_bytes = 77 };
	zx_vaddr_t base = vm_map(vmo, VM_R, 1);

	EXPECT_EQ(vm_load(base), 0);
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO_V2, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.metadata_bytes, 0);
	vm_vmo_set(vmo, 900, 1);
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO_V2, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_TRUE(info.metadata_bytes != 0);
	EXPECT_EQ(info.committed_change_events, 0);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}
