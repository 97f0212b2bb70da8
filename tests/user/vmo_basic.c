/* zx_vmo_create, get_size, set_size, info: spec/vmo.md 2, 3, 10. */
#include <jx/thread.h>

#include "vm_util.h"

#define MAX_SIZE 0xfffffffffffe0000ul

JX_TEST(vmo_create_checks_in_order)
{
	zx_handle_t vmo = zx_process_self();

	for (uint32_t bit = 0; bit < 32; bit++) {
		/* Later eras know 2 and 4: the table says superset. */
		if (1u << bit == ZX_VMO_RESIZABLE || bit == 2 || bit == 4)
			continue;
		EXPECT_STATUS(zx_vmo_create(0, 1u << bit, &vmo), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmo_create(UINT64_MAX, 1u << bit, NULL),
			      jx_era() == JX_ERA_LATEST ? ZX_ERR_OUT_OF_RANGE :
							  ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(zx_vmo_create(UINT64_MAX, 0, &vmo), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_create(0xfffffffffffff000, 0, &vmo), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_create(MAX_SIZE + 1, 0, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_create(PAGE, 0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create(PAGE, 0, (zx_handle_t *)VM_KERNEL_ADDRESS),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vmo, zx_process_self());
}

JX_TEST(vmo_create_sizes_are_rounded_up)
{
	const struct {
		uint64_t asked, got;
	} sizes[] = { { 0, 0 }, { 1, PAGE }, { PAGE, PAGE }, { PAGE + 1, 2 * PAGE },
		      { MAX_SIZE - 1, MAX_SIZE }, { MAX_SIZE, MAX_SIZE } };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t size = 1;
		zx_handle_t vmo;

		ASSERT_STATUS(zx_vmo_create(sizes[i].asked, 0, &vmo), ZX_OK);
		EXPECT_STATUS(zx_vmo_get_size(vmo, &size), ZX_OK);
		EXPECT_EQ(size, sizes[i].got);
		zx_handle_close(vmo);
	}
}

/* 2.5 and 3.1: exactly the default rights, and what the record says. */
JX_TEST(vmo_new_object_is_as_the_table_says)
{
	zx_info_handle_basic_t basic = { 0 };
	zx_handle_t vmo = 0, resizable = 0;
	zx_signals_t signals = 0;
	zx_info_vmo_t info;

	ASSERT_STATUS(zx_vmo_create(2 * PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(2 * PAGE, ZX_VMO_RESIZABLE, &resizable), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(basic.rights, 0xd0ef);
	EXPECT_EQ(basic.type, ZX_OBJ_TYPE_VMO);
	info = vm_vmo_info(vmo);
	EXPECT_EQ(info.koid, basic.koid);
	EXPECT_EQ(info.name[0], 0);
	EXPECT_EQ(info.size_bytes, 2 * PAGE);
	EXPECT_EQ(info.parent_koid, 0);
	EXPECT_EQ(info.num_children, 0);
	EXPECT_EQ(info.num_mappings, 0);
	EXPECT_EQ(info.share_count, 1);
	EXPECT_EQ(info.flags, 0x9);
	EXPECT_EQ(info.committed_bytes, 0);
	EXPECT_EQ(info.handle_rights, 0xd0ef);
	EXPECT_EQ(info.cache_policy, ZX_CACHE_POLICY_CACHED);
	EXPECT_EQ(vm_vmo_info(resizable).flags, 0xb);
	zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, &signals);
	EXPECT_EQ(signals, ZX_VMO_ZERO_CHILDREN);
	zx_handle_close(vmo);
	zx_handle_close(resizable);
}

JX_TEST(vmo_info_buffers)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);
	zx_info_vmo_t info;
	size_t actual = 7, avail = 7;

	EXPECT_STATUS(zx_object_get_info(bare, ZX_INFO_VMO, &info, sizeof(info) - 1, &actual,
					 &avail), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_TRUE(actual == 0 && avail == 1);
	EXPECT_STATUS(zx_object_get_info(bare, ZX_INFO_VMO, &info, sizeof(info), &actual, &avail),
		      ZX_OK);
	EXPECT_TRUE(actual == 1 && avail == 1);
	EXPECT_EQ(info.handle_rights, 0);
	EXPECT_STATUS(zx_object_get_info(bare, ZX_INFO_VMO, NULL, sizeof(info), NULL, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_VMO, &info, sizeof(info),
					 NULL, NULL), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST(vmo_get_size_checks)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);
	uint64_t size = 0;

	EXPECT_STATUS(zx_vmo_get_size(0, &size), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_get_size(zx_process_self(), NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_get_size(vmo, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_get_size(vmo, (uint64_t *)1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_get_size(bare, &size), ZX_OK);
	EXPECT_EQ(size, PAGE);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST(vmo_set_size_checks_in_order)
{
	zx_handle_t fixed = vm_vmo_make(1, 0), vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	zx_handle_t bare = vm_dup(fixed, ZX_RIGHT_READ);

	EXPECT_STATUS(zx_vmo_set_size(0, UINT64_MAX), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_set_size(zx_process_self(), UINT64_MAX), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_set_size(bare, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_size(fixed, UINT64_MAX), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_set_size(fixed, PAGE), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, MAX_SIZE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_vmo_info(vmo).size_bytes, PAGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, MAX_SIZE), ZX_OK);
	/* Of the last page what lies past the size asked for is cleared. */
	vm_vmo_set(vmo, 0, 0x1122334455667788);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 4), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).size_bytes, PAGE);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 0x55667788);
	zx_handle_close(bare);
	zx_handle_close(fixed);
	zx_handle_close(vmo);
}

/* 3.4: what a shrink dropped stays dropped; growing commits nothing. */
JX_TEST(vmo_regrown_space_is_zero)
{
	zx_handle_t vmo = vm_vmo_make(4, ZX_VMO_RESIZABLE);

	EXPECT_STATUS(zx_vmo_set_size(vmo, 2 * PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 8ul << 30), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_vmo_get(vmo, i), i < 2 ? VM_STAMP(i) : 0);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 0);
	zx_handle_close(vmo);
}

/* 2.3: P << 40 bytes with one page near 1 << 50. */
JX_TEST(vmo_sparse_giant)
{
	const uint64_t at = (1ul << 50) - 3;
	uint64_t value = 0x1122334455667788, back = 0;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(PAGE << 40, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, &value, at, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, &back, at, 8), ZX_OK);
	EXPECT_EQ(back, value);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	/* Calls on all of it end soon: they skip what is not there. */
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_ZERO, 1, (PAGE << 40) - 1, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	EXPECT_STATUS(zx_vmo_write(vmo, &value, at, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE << 40, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	EXPECT_STATUS(zx_vmo_write(vmo, &value, at, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	zx_handle_close(vmo);
}

static int resize_on(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;

	for (uint64_t i = 0; i < 300; i++)
		if (zx_vmo_set_size(vmo, (i % 3 + 1) * PAGE) != ZX_OK)
			return 1;
	return 0;
}

/* Parallel calls: one size after the other, never a mixture. */
JX_TEST(vmo_resized_by_many)
{
	zx_handle_t vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	struct jx_thread threads[2];
	int result = -1;

	for (int i = 0; i < 2; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "resizer", resize_on, &vmo), ZX_OK);
	for (int i = 0; i < 300; i++) {
		uint64_t size = vm_vmo_info(vmo).size_bytes;

		EXPECT_TRUE(size == PAGE || size == 2 * PAGE || size == 3 * PAGE);
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(jx_thread_join(&threads[i], &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
	zx_handle_close(vmo);
}
