/* zx_vmo_create and what a new VMO is: spec/vmo.md 2 and 3.1. */
#include <string.h>

#include "conf_vmo_util.h"

/* --- The model -------------------------------------------------------------- */

JX_TEST(vmo_2_3_r1_sizes_are_rounded_up)
{
	const uint64_t sizes[][2] = { { 0, 0 }, { 1, PAGE }, { PAGE - 1, PAGE }, { PAGE, PAGE },
				      { PAGE + 1, 2 * PAGE }, { CONF_MAX_SIZE - 1, CONF_MAX_SIZE },
				      { CONF_MAX_SIZE - PAGE, CONF_MAX_SIZE - PAGE } };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		zx_handle_t vmo;

		ASSERT_STATUS(zx_vmo_create(sizes[i][0], 0, &vmo), ZX_OK);
		EXPECT_EQ(conf_size(vmo), sizes[i][1]);
		EXPECT_EQ(vm_vmo_info(vmo).size_bytes, sizes[i][1]);
		zx_handle_close(vmo);
	}
}

JX_TEST(vmo_2_3_r2_largest_size)
{
	EXPECT_STATUS(conf_try_create(CONF_MAX_SIZE, 0), ZX_OK);
	EXPECT_STATUS(conf_try_create(CONF_MAX_SIZE + 1, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_try_create(0xfffffffffffff000, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_try_create(UINT64_MAX, 0), ZX_ERR_OUT_OF_RANGE);
}

/* Operations on all of the largest object end soon. */
JX_TEST(vmo_2_3_r3_whole_object_operations_are_cheap)
{
	const uint64_t size = UINT64_MAX - 64 * PAGE + 1;
	const uint64_t at = size - PAGE;
	zx_handle_t vmo;
	uint64_t word = 77;

	ASSERT_STATUS(zx_vmo_create(size, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, at, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, 0, 8), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_ZERO, 0, size), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, at, 8), ZX_OK);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, size), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, at, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, size), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, &word, at, 8), ZX_OK);
	EXPECT_EQ(word, 0);
	zx_handle_close(vmo);
}

JX_TEST(vmo_2_3_r4_sparse_giant)
{
	const uint64_t at = (1ul << 50) + 5;
	zx_handle_t vmo;
	uint64_t word = 0x0102030405060708, back = 0;

	ASSERT_STATUS(zx_vmo_create(PAGE << 40, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, at, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, &back, at, 8), ZX_OK);
	EXPECT_EQ(back, word);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	EXPECT_STATUS(zx_vmo_read(vmo, &back, (PAGE << 40) - 8, 8), ZX_OK);
	EXPECT_EQ(back, 0);
	zx_handle_close(vmo);
}

JX_TEST(vmo_2_3_r5_size_0_is_an_object)
{
	zx_handle_t vmo = conf_vmo(0, ZX_VMO_RESIZABLE);
	uint64_t word = 5;

	EXPECT_TRUE(conf_koid(vmo) != 0);
	EXPECT_EQ(conf_size(vmo), 0);
	EXPECT_EQ(conf_signals(vmo), ZX_VMO_ZERO_CHILDREN);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, 0, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, PAGE - 8, 8), ZX_OK);
	zx_handle_close(vmo);
}

/* One write elsewhere, and none of many mappings shows the zero page. */
JX_TEST(vmo_2_4_r1_zero_page_goes_from_all_mappings)
{
	zx_handle_t vmo = conf_vmo(3, 0);
	zx_vaddr_t at[6];

	for (int i = 0; i < 6; i++) {
		at[i] = vm_map(vmo, i < 4 ? VM_R : VM_RW, 3);
		for (uint64_t page = 0; page < 3; page++)
			EXPECT_EQ(vm_load(at[i] + page * PAGE), 0);
	}
	EXPECT_EQ(conf_committed(vmo), 0);
	vm_store(at[5], 1);
	vm_vmo_set(vmo, 1, 2);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_COMMIT, 2 * PAGE, PAGE), ZX_OK);
	vm_store(at[4] + 2 * PAGE, 3);
	for (int i = 0; i < 6; i++) {
		for (uint64_t page = 0; page < 3; page++)
			EXPECT_EQ(vm_load(at[i] + page * PAGE), page + 1);
		vm_unmap(at[i], 3);
	}
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_2_5_r1_default_rights)
{
	zx_handle_t fixed = conf_vmo(1, 0), resizable = conf_vmo(1, ZX_VMO_RESIZABLE);

	EXPECT_EQ(conf_rights(fixed), CONF_VMO_RIGHTS);
	EXPECT_EQ(conf_rights(resizable), CONF_VMO_RIGHTS);
	zx_handle_close(fixed);
	zx_handle_close(resizable);
}

JX_TEST_OF_LATEST(vmo_2_5_r2_resize_right_of_what_is_resizable)
{
	zx_handle_t fixed = conf_vmo(1, 0), resizable = conf_vmo(1, ZX_VMO_RESIZABLE);

	EXPECT_EQ(conf_rights(fixed), CONF_VMO_RIGHTS);
	EXPECT_EQ(conf_rights(resizable), CONF_VMO_RIGHTS | 0x400000);
	zx_handle_close(fixed);
	zx_handle_close(resizable);
}

/* Also of a process that lacks every right: the type comes first. */
JX_TEST(vmo_2_6_r1_handles_are_judged_in_order)
{
	zx_handle_t process = vm_dup(zx_process_self(), ZX_RIGHT_DUPLICATE);
	zx_handle_t bare = vm_dup(process, ZX_RIGHT_NONE);
	uint64_t word;

	EXPECT_STATUS(zx_vmo_read(ZX_HANDLE_INVALID, NULL, 9, 9), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_read(UINT32_MAX, NULL, 9, 9), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_read(bare, NULL, 9, 9), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_get_size(bare, &word), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	EXPECT_STATUS(zx_vmo_read(bare, NULL, 9, 9), ZX_ERR_BAD_HANDLE);
	zx_handle_close(process);
}

/* Neither a handle nor an object is left: the harness counts objects. */
JX_TEST(vmo_2_6_r2_bad_out_pointer_leaves_nothing)
{
	zx_info_handle_count_t count = { 0 };
	zx_handle_t vmo = conf_vmo(1, 0);

	for (int i = 0; i < 100; i++) {
		EXPECT_STATUS(zx_vmo_create(PAGE, 0, NULL), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmo_create(PAGE, 0, (zx_handle_t *)VM_KERNEL_ADDRESS),
			      ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(count.handle_count, 1);
	zx_handle_close(vmo);
}

JX_TEST(vmo_2_7_r1_signals_of_a_new_vmo)
{
	zx_handle_t vmo = conf_vmo(1, 0), mute = vm_dup(vmo, ZX_RIGHT_WAIT);

	EXPECT_EQ(conf_signals(vmo), ZX_VMO_ZERO_CHILDREN);
	for (int bit = 24; bit < 32; bit++) {
		EXPECT_STATUS(zx_object_signal(vmo, 0, 1u << bit), ZX_OK);
		EXPECT_EQ(conf_signals(vmo), ZX_VMO_ZERO_CHILDREN | 1u << bit);
		EXPECT_STATUS(zx_object_signal(vmo, 1u << bit, 0), ZX_OK);
	}
	EXPECT_STATUS(zx_object_signal(mute, 0, 1u << 24), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(conf_signals(vmo), ZX_VMO_ZERO_CHILDREN);
	zx_handle_close(mute);
	zx_handle_close(vmo);
}

JX_TEST(vmo_2_7_r2_zero_children_is_not_for_users)
{
	zx_handle_t vmo = conf_vmo(1, 0);

	CONF_VMO_FAILS(vmo, zx_object_signal(vmo, ZX_VMO_ZERO_CHILDREN, 0), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, zx_object_signal(vmo, 0, ZX_VMO_ZERO_CHILDREN), ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmo);
}

/* --- zx_vmo_create ---------------------------------------------------------- */

/* Before a size that is too large. */
JX_TEST(vmo_3_1_c2_unknown_options)
{
	for (uint32_t bit = 5; bit < 32; bit++)
		EXPECT_STATUS(conf_try_create(PAGE, 1u << bit | ZX_VMO_RESIZABLE),
			      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_create(PAGE, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_create(PAGE, 8), ZX_ERR_INVALID_ARGS);
}

JX_TEST_OF_2020(vmo_3_1_c2_unknown_options_before_size)
{
	EXPECT_STATUS(conf_try_create(UINT64_MAX, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_create(UINT64_MAX, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_create(UINT64_MAX, 1u << 31), ZX_ERR_INVALID_ARGS);
}

/* Before an output that cannot be written. */
JX_TEST(vmo_3_1_c3_size_before_output)
{
	EXPECT_STATUS(zx_vmo_create(UINT64_MAX, 0, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_create(CONF_MAX_SIZE + 1, ZX_VMO_RESIZABLE, NULL),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_create(UINT64_MAX - PAGE + 2, 0, (zx_handle_t *)8),
		      ZX_ERR_OUT_OF_RANGE);
}

JX_TEST(vmo_3_1_c5_output)
{
	EXPECT_STATUS(zx_vmo_create(PAGE, 0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create(0, 0, (zx_handle_t *)8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create(PAGE, ZX_VMO_RESIZABLE, (zx_handle_t *)VM_KERNEL_ADDRESS),
		      ZX_ERR_INVALID_ARGS);
}

JX_TEST_OF_LATEST(vmo_3_1_c6_latest_order)
{
	EXPECT_STATUS(conf_try_create(UINT64_MAX, 0x10 | ZX_VMO_RESIZABLE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_create(UINT64_MAX, 1u << 31), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_try_create(UINT64_MAX, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_try_create(PAGE, 1), ZX_ERR_INVALID_ARGS);
}

JX_TEST(vmo_3_1_r1_what_a_new_vmo_is)
{
	zx_handle_t vmo = conf_vmo(3, 0);
	zx_info_vmo_t info = vm_vmo_info(vmo);

	EXPECT_EQ(info.koid, conf_koid(vmo));
	EXPECT_EQ(info.size_bytes, 3 * PAGE);
	EXPECT_EQ(info.parent_koid, 0);
	EXPECT_EQ(info.num_children, 0);
	EXPECT_EQ(info.num_mappings, 0);
	EXPECT_EQ(info.share_count, 1);
	EXPECT_EQ(info.flags, 0x9);
	EXPECT_EQ(info.committed_bytes, 0);
	EXPECT_EQ(info.cache_policy, ZX_CACHE_POLICY_CACHED);
	for (size_t i = 0; i < sizeof(info.name); i++)
		EXPECT_EQ(info.name[i], 0);
	EXPECT_TRUE(conf_bytes_are(vmo, 0, 3, 0));
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_1_r2_not_resizable_unless_asked)
{
	zx_handle_t fixed = conf_vmo(1, 0), resizable = conf_vmo(1, ZX_VMO_RESIZABLE);

	CONF_VMO_FAILS(fixed, zx_vmo_set_size(fixed, 2 * PAGE), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_set_size(resizable, 2 * PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_info(resizable).flags, 0xb);
	zx_handle_close(fixed);
	zx_handle_close(resizable);
}

JX_TEST(vmo_3_1_r3_all_of_the_last_page)
{
	zx_handle_t vmo;
	uint8_t byte = 9, back = 0;

	ASSERT_STATUS(zx_vmo_create(1, 0, &vmo), ZX_OK);
	for (uint64_t at = 1; at < PAGE; at = 2 * at + 1) {
		EXPECT_STATUS(zx_vmo_read(vmo, &back, at, 1), ZX_OK);
		EXPECT_EQ(back, 0);
		EXPECT_STATUS(zx_vmo_write(vmo, &byte, at, 1), ZX_OK);
		EXPECT_STATUS(zx_vmo_read(vmo, &back, at, 1), ZX_OK);
		EXPECT_EQ(back, 9);
		back = 0;
	}
	zx_handle_close(vmo);
}
