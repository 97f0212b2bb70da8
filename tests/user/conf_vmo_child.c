/* zx_vmo_create_child, copy-on-write kinds: options, rights, order of checks,
 * window limits. spec/vmo.md 5.1 to 5.5. */
#include <string.h>

#include "conf_vmo_util.h"
#include "dev_util.h"

#define NO_WRITE ZX_VMO_CHILD_NO_WRITE
#define RESIZABLE ZX_VMO_CHILD_RESIZABLE
#define ALL_RIGHTS (CONF_VMO_RIGHTS | ZX_RIGHT_EXECUTE)

/* --- 5.1 -------------------------------------------------------------------- */

/* Before the window's alignment. */
JX_TEST(vmo_5_1_r1_exactly_one_type)
{
	const uint32_t wrong[] = { 0, NO_WRITE, RESIZABLE, CONF_SNAPSHOT | CONF_SLICE,
				   CONF_SNAPSHOT | CONF_ON_WRITE, CONF_SLICE | CONF_ON_WRITE,
				   CONF_SNAPSHOT | CONF_SLICE | CONF_ON_WRITE };
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, wrong[i], 0, PAGE), ZX_ERR_INVALID_ARGS);
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, wrong[i], 1, PAGE), ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(conf_try_child(vmo, CONF_SNAPSHOT, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_try_child(vmo, CONF_ON_WRITE, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_try_child(vmo, CONF_SLICE, 0, PAGE), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_1_r2_unknown_bits)
{
	const uint32_t types[] = { CONF_SNAPSHOT, CONF_ON_WRITE, CONF_SLICE };
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (int i = 0; i < 3; i++) {
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, types[i] | 2, 0, PAGE),
			       ZX_ERR_INVALID_ARGS);
		for (uint32_t bit = 8; bit < 32; bit++)
			EXPECT_STATUS(conf_try_child(vmo, types[i] | 1u << bit, 0, PAGE),
				      ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_5_1_r3_types_of_later_eras)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (uint32_t bit = 0x40; bit <= 0x80; bit *= 2) {
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT | bit, 0, PAGE),
			       ZX_ERR_INVALID_ARGS);
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE | bit, 0, PAGE),
			       ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(vmo);
}

/* --- 5.2, 5.3 --------------------------------------------------------------- */

JX_TEST(vmo_5_2_r1_duplicate_and_read)
{
	const uint32_t types[] = { CONF_SNAPSHOT, CONF_ON_WRITE, CONF_SLICE };
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_handle_t both = vm_dup(vmo, ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ);
	zx_handle_t no_read = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_READ);
	zx_handle_t no_duplicate = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_DUPLICATE);

	for (int i = 0; i < 3; i++) {
		EXPECT_STATUS(conf_try_child(both, types[i], 0, PAGE), ZX_OK);
		CONF_VMO_FAILS(vmo, conf_try_child(no_read, types[i], 0, PAGE),
			       ZX_ERR_ACCESS_DENIED);
		CONF_VMO_FAILS(vmo, conf_try_child(no_duplicate, types[i], 0, PAGE),
			       ZX_ERR_ACCESS_DENIED);
	}
	zx_handle_close(both);
	zx_handle_close(no_read);
	zx_handle_close(no_duplicate);
	zx_handle_close(vmo);
}

/* Rights of the child of a handle with these rights. */
static zx_rights_t rights_of_child(zx_handle_t vmo, zx_rights_t rights, uint32_t options)
{
	zx_handle_t parent = vm_dup(vmo, rights), child = conf_child(parent, options, 0, 1);
	zx_rights_t got = conf_rights(child);

	zx_handle_close(child);
	zx_handle_close(parent);
	return got;
}

static zx_handle_t executable_vmo(void)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), out = 0;

	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, 0, &out), ZX_OK);
	EXPECT_EQ(conf_rights(out), ALL_RIGHTS);
	return out;
}

#define PROPERTY (ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY)

/* Each right alone with the two that it takes. */
JX_TEST(vmo_5_3_r1_rights_of_a_snapshot)
{
	const uint32_t types[] = { CONF_SNAPSHOT, CONF_ON_WRITE };
	zx_handle_t vmo = executable_vmo();

	for (uint32_t bit = 0; bit < 32; bit++) {
		zx_rights_t has = ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ | 1u << bit;

		if (!(1u << bit & ALL_RIGHTS))
			continue;
		for (int i = 0; i < 2; i++) {
			EXPECT_EQ(rights_of_child(vmo, has, types[i]),
				  (has | PROPERTY | ZX_RIGHT_WRITE) & ~ZX_RIGHT_EXECUTE);
			EXPECT_EQ(rights_of_child(vmo, has, types[i] | NO_WRITE),
				  (has | PROPERTY) & ~ZX_RIGHT_WRITE);
		}
	}
	EXPECT_EQ(rights_of_child(vmo, ALL_RIGHTS, CONF_SNAPSHOT), CONF_VMO_RIGHTS);
	EXPECT_EQ(rights_of_child(vmo, ALL_RIGHTS, CONF_SNAPSHOT | NO_WRITE),
		  ALL_RIGHTS & ~ZX_RIGHT_WRITE);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_3_r2_rights_of_a_slice)
{
	zx_handle_t vmo = executable_vmo();

	for (uint32_t bit = 0; bit < 32; bit++) {
		zx_rights_t has = ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ | 1u << bit;

		if (!(1u << bit & ALL_RIGHTS))
			continue;
		EXPECT_EQ(rights_of_child(vmo, has, CONF_SLICE), has | PROPERTY);
		EXPECT_EQ(rights_of_child(vmo, has, CONF_SLICE | NO_WRITE),
			  (has | PROPERTY) & ~ZX_RIGHT_WRITE);
	}
	EXPECT_EQ(rights_of_child(vmo, ALL_RIGHTS, CONF_SLICE), ALL_RIGHTS);
	zx_handle_close(vmo);
}

/* A read-execute handle keeps EXECUTE only where the child cannot be written. */
JX_TEST(vmo_5_3_r3_read_execute)
{
	const zx_rights_t rx = ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ | ZX_RIGHT_EXECUTE | ZX_RIGHT_MAP;
	zx_handle_t vmo = executable_vmo();

	EXPECT_EQ(rights_of_child(vmo, rx, CONF_SNAPSHOT | NO_WRITE), rx | PROPERTY);
	EXPECT_EQ(rights_of_child(vmo, rx, CONF_SNAPSHOT),
		  (rx & ~ZX_RIGHT_EXECUTE) | PROPERTY | ZX_RIGHT_WRITE);
	zx_handle_close(vmo);
}

/* Of the parent the right is taken away, and given iff the child is. */
JX_TEST_OF_LATEST(vmo_5_3_r4_latest_resize)
{
	zx_handle_t vmo = conf_vmo(1, ZX_VMO_RESIZABLE), fixed = conf_vmo(1, 0), child;

	child = conf_snap(vmo, 0, 1);
	EXPECT_EQ(conf_rights(child), CONF_VMO_RIGHTS);
	zx_handle_close(child);
	child = conf_child(vmo, CONF_SNAPSHOT | RESIZABLE, 0, 1);
	EXPECT_EQ(conf_rights(child), CONF_VMO_RIGHTS | ZX_RIGHT_RESIZE);
	zx_handle_close(child);
	child = conf_child(fixed, CONF_SNAPSHOT | RESIZABLE, 0, 1);
	EXPECT_EQ(conf_rights(child), CONF_VMO_RIGHTS | ZX_RIGHT_RESIZE);
	zx_handle_close(child);
	zx_handle_close(fixed);
	zx_handle_close(vmo);
}

static bool name_is(zx_handle_t vmo, const char *name)
{
	char got[ZX_MAX_NAME_LEN];

	return EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, got, sizeof(got)),
			     ZX_OK) && EXPECT_EQ(strcmp(got, name), 0);
}

JX_TEST(vmo_5_3_r5_name_is_the_parents_if_it_may_be_read)
{
	const uint32_t types[] = { CONF_SNAPSHOT, CONF_ON_WRITE, CONF_SLICE };
	zx_handle_t vmo = conf_vmo(1, 0);
	zx_handle_t blind = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_GET_PROPERTY);

	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "first", 5), ZX_OK);
	for (int i = 0; i < 3; i++) {
		zx_handle_t one = conf_child(vmo, types[i], 0, 1);
		zx_handle_t two = conf_child(blind, types[i], 0, 1);

		EXPECT_TRUE(name_is(one, "first") && name_is(two, ""));
		/* From then on each has its own. */
		EXPECT_STATUS(zx_object_set_property(one, ZX_PROP_NAME, "own", 3), ZX_OK);
		EXPECT_TRUE(name_is(vmo, "first") && name_is(one, "own"));
		zx_handle_close(one);
		zx_handle_close(two);
	}
	zx_handle_close(blind);
	zx_handle_close(vmo);
}

/* --- 5.4: order ------------------------------------------------------------- */

JX_TEST_OF_2020(vmo_5_4_c1_handle_before_options_and_size)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_READ);
	zx_handle_t process = vm_dup(zx_process_self(), ZX_RIGHT_NONE);

	EXPECT_STATUS(conf_try_child(0, UINT32_MAX, 1, UINT64_MAX), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(conf_try_child(process, UINT32_MAX, 1, UINT64_MAX), ZX_ERR_WRONG_TYPE);
	CONF_VMO_FAILS(vmo, conf_try_child(bare, UINT32_MAX, 1, UINT64_MAX),
		       ZX_ERR_ACCESS_DENIED);
	zx_handle_close(process);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_5_4_c1_latest_handle_after_size_before_options)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_READ);
	zx_handle_t process = vm_dup(zx_process_self(), ZX_RIGHT_NONE);

	EXPECT_STATUS(conf_try_child(0, CONF_SNAPSHOT | NO_WRITE | RESIZABLE, 1, UINT64_MAX),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_try_child(0, CONF_SNAPSHOT | NO_WRITE | RESIZABLE, 0, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_child(0, 0, 1, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(conf_try_child(process, 0, 1, 0), ZX_ERR_WRONG_TYPE);
	CONF_VMO_FAILS(vmo, conf_try_child(bare, 0, 1, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(process);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

/* NO_WRITE with RESIZABLE is fine in 2020. */
JX_TEST_OF_2020(vmo_5_4_r1_no_write_and_resizable)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	zx_handle_t child = conf_child(vmo, CONF_SNAPSHOT | NO_WRITE | RESIZABLE, 0, 2);

	EXPECT_EQ(conf_rights(child), CONF_VMO_RIGHTS & ~ZX_RIGHT_WRITE);
	EXPECT_EQ(vm_vmo_info(child).flags, 0xf);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), VM_STAMP(1)));
	zx_handle_close(child);
	zx_handle_close(vmo);
}

/* Before the size (2020), the alignment, and what the VMO is. */
JX_TEST(vmo_5_4_c3_type)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(1, 0), pmt = dev_pin(bti, vmo, 0, 1);

	CONF_VMO_FAILS(vmo, conf_try_child(vmo, 2, 1, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, 0, 0, PAGE), ZX_ERR_INVALID_ARGS);
	if (jx_era() == JX_ERA_2020)
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, 0, 0, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	zx_pmt_unpin(pmt);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* Before the size (2020). */
JX_TEST(vmo_5_4_c4_contiguous)
{
	zx_handle_t bti = dev_bti(), vmo = 0, slice;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 2 * PAGE, 0, &vmo), ZX_OK);
	slice = conf_child(vmo, CONF_SLICE, 0, 1);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_ON_WRITE, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(slice, conf_try_child(slice, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(slice, conf_try_child(slice, CONF_ON_WRITE, 0, PAGE), ZX_ERR_INVALID_ARGS);
	if (jx_era() == JX_ERA_2020)
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, UINT64_MAX),
			       ZX_ERR_INVALID_ARGS);
	zx_handle_close(slice);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* Before a pinned page. */
JX_TEST(vmo_5_4_c6_offset)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(1, 0), pmt = dev_pin(bti, vmo, 0, 1);

	for (uint64_t bit = 1; bit < PAGE; bit *= 2)
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, bit, PAGE),
			       ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_ON_WRITE, PAGE + 1, PAGE),
		       ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_child(vmo, CONF_SNAPSHOT, 1, UINT64_MAX),
		      conf_era(ZX_ERR_INVALID_ARGS, ZX_ERR_OUT_OF_RANGE));
	zx_pmt_unpin(pmt);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

JX_TEST(vmo_5_4_c6_size)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(1, 0), pmt = dev_pin(bti, vmo, 0, 1);

	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, UINT64_MAX),
		       ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, CONF_MAX_SIZE + 1),
		       ZX_ERR_OUT_OF_RANGE);
	zx_pmt_unpin(pmt);
	EXPECT_STATUS(conf_try_child(vmo, CONF_SNAPSHOT, 0, CONF_MAX_SIZE), ZX_OK);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* Of a slice, before a pinned page of its parent. */
JX_TEST_OF_2020(vmo_5_4_c8_snapshot_of_a_slice)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(2, 0), slice, pmt;

	slice = conf_child(vmo, CONF_SLICE, 0, 2);
	CONF_VMO_FAILS(vmo, conf_try_child(slice, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(vmo, conf_try_child(slice, CONF_ON_WRITE, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	pmt = dev_pin(bti, vmo, 0, 1);
	CONF_VMO_FAILS(vmo, conf_try_child(slice, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	zx_pmt_unpin(pmt);
	zx_handle_close(slice);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* Anywhere in the VMO, and before arithmetic. */
JX_TEST(vmo_5_4_c9_pinned)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(4, 0), pmt = dev_pin(bti, vmo, 3, 1);

	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, 4 * PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_ON_WRITE, 0, PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 8 * PAGE, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_try_child(vmo, CONF_SNAPSHOT, 0xffffffffffff8000, 0x8000),
		      conf_era(ZX_ERR_BAD_STATE, ZX_ERR_INVALID_ARGS));
	zx_pmt_unpin(pmt);
	EXPECT_STATUS(conf_try_child(vmo, CONF_SNAPSHOT, 0, 4 * PAGE), ZX_OK);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* A pager's VMO too, though its children share no page with it. */
JX_TEST(vmo_5_4_c9_pinned_pages_of_a_pager)
{
	zx_handle_t bti = dev_bti(), pmt, child;
	struct conf_pager p;

	ASSERT_TRUE(conf_pager_full(&p, 2, 0));
	pmt = dev_pin(bti, p.vmo, 1, 1);
	CONF_VMO_FAILS(p.vmo, conf_try_child(p.vmo, CONF_ON_WRITE, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	child = conf_child(p.vmo, CONF_ON_WRITE, 0, 2);
	pmt = dev_pin(bti, child, 0, 1);
	CONF_VMO_FAILS(child, conf_try_child(child, CONF_ON_WRITE, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	zx_handle_close(child);
	conf_pager_drop(&p);
	dev_bti_drop(bti);
}

/* Before arithmetic. */
JX_TEST(vmo_5_4_c10_not_cached)
{
	zx_handle_t vmo = conf_vmo(2, 0);

	ASSERT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_OK);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_ON_WRITE, 0, PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0xffffffffffff8000, 0x8000),
		       ZX_ERR_BAD_STATE);
	zx_handle_close(vmo);
}

/* --- 5.5 -------------------------------------------------------------------- */

JX_TEST(vmo_5_5_r1_window_counts_from_the_root)
{
	const uint64_t far = 0xffffffffffff8000;
	zx_handle_t vmo = conf_vmo(0, 0), child = 0, grandchild = 0;

	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, far, 0x8000), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmo_create_child(vmo, CONF_SNAPSHOT, far, 0, &child), ZX_OK);
	CONF_VMO_FAILS(child, conf_try_child(child, CONF_SNAPSHOT, 0x8000, 0),
		       ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmo_create_child(child, CONF_SNAPSHOT | RESIZABLE, 0x4000, 0,
					  &grandchild), ZX_OK);
	CONF_VMO_FAILS(grandchild, zx_vmo_set_size(grandchild, 0x8000), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(conf_size(grandchild), 0);
	zx_handle_close(grandchild);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

/* Zero at birth, and writable. */
JX_TEST(vmo_5_5_r2_window_past_the_end)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), partly, wholly;

	partly = conf_snap(vmo, 1, 3);
	wholly = conf_snap(vmo, 5, 2);
	EXPECT_TRUE(CONF_SHOWS(partly, VM_STAMP(1), 0, 0));
	EXPECT_TRUE(CONF_SHOWS(wholly, 0, 0));
	vm_vmo_set(partly, 2, 7);
	vm_vmo_set(wholly, 1, 8);
	EXPECT_TRUE(CONF_SHOWS(partly, VM_STAMP(1), 0, 7));
	EXPECT_TRUE(CONF_SHOWS(wholly, 0, 8));
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1)));
	zx_handle_close(partly);
	zx_handle_close(wholly);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_5_r3_growth_of_the_parent_is_not_seen)
{
	zx_handle_t vmo = conf_numbered(2), child = conf_snap(vmo, 0, 4);

	EXPECT_STATUS(zx_vmo_set_size(vmo, 4 * PAGE), ZX_OK);
	vm_vmo_set(vmo, 2, 3);
	vm_vmo_set(vmo, 3, 4);
	EXPECT_TRUE(CONF_SHOWS(child, 1, 2, 0, 0));
	zx_handle_close(child);
	zx_handle_close(vmo);
}
