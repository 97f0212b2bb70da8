/* zx_vmo_op_range: numbers, rights, ranges; COMMIT. spec/vmo.md 4.1, 4.2. */
#include <jx/thread.h>

#include "conf_vmo_util.h"

#define COMMIT ZX_VMO_OP_COMMIT

/* --- 4.1 -------------------------------------------------------------------- */

static const uint32_t unknown[] = { 0, 5, 15, 16, 100, UINT32_MAX };
static const uint32_t changing[] = { ZX_VMO_OP_COMMIT, ZX_VMO_OP_DECOMMIT, ZX_VMO_OP_ZERO };

JX_TEST(vmo_4_1_c1_handle_before_all)
{
	zx_handle_t bare = vm_dup(zx_process_self(), ZX_RIGHT_NONE);

	for (uint32_t op = 0; op < 20; op++) {
		EXPECT_STATUS(conf_op(0, op, UINT64_MAX, 9), ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(conf_op(bare, op, UINT64_MAX, 9), ZX_ERR_WRONG_TYPE);
	}
	zx_handle_close(bare);
	EXPECT_STATUS(conf_op(bare, 0, UINT64_MAX, 9), ZX_ERR_BAD_HANDLE);
}

/* Before the range; and WRITE alone is enough. */
JX_TEST(vmo_4_1_c2_write_for_what_changes)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	zx_handle_t lacks = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_WRITE);
	zx_handle_t has = vm_dup(vmo, ZX_RIGHT_WRITE);

	for (int i = 0; i < 3; i++) {
		CONF_VMO_FAILS(vmo, conf_op(lacks, changing[i], UINT64_MAX, 9),
			       ZX_ERR_ACCESS_DENIED);
		CONF_VMO_FAILS(vmo, conf_op(lacks, changing[i], 0, PAGE), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(conf_op(has, changing[i], 0, PAGE), ZX_OK);
	}
	zx_handle_close(lacks);
	zx_handle_close(has);
	zx_handle_close(vmo);
}

/* Whatever the rights, and before the range. */
JX_TEST(vmo_4_1_c3_unknown_numbers)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		CONF_VMO_FAILS(vmo, conf_op(bare, unknown[i], UINT64_MAX, 9),
			       ZX_ERR_INVALID_ARGS);
		CONF_VMO_FAILS(vmo, conf_op(vmo, unknown[i], 0, PAGE), ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_1_r1_buffer_is_ignored)
{
	zx_handle_t vmo = vm_vmo_make(3, 0);

	for (int i = 0; i < 3; i++)
		EXPECT_STATUS(zx_vmo_op_range(vmo, changing[i], (uint64_t)i * PAGE, PAGE,
					      (void *)8, SIZE_MAX), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 0, 0));
	zx_handle_close(vmo);
}

/* COMMIT, DECOMMIT and ZERO share it. */
JX_TEST_OF_2020(vmo_4_1_r2_length_is_trimmed)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (int i = 0; i < 3; i++) {
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], 2 * PAGE, 5 * PAGE), ZX_OK);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], 2 * PAGE + 1, 0),
			       ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], 3 * PAGE, PAGE),
			       ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], PAGE, UINT64_MAX),
			       ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], UINT64_MAX, 1),
			       ZX_ERR_OUT_OF_RANGE);
	}
	for (int i = 0; i < 3; i++)
		EXPECT_STATUS(conf_op(vmo, changing[i], PAGE, 0x7000000000000000), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 0));
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_4_1_r3_latest_length_is_strict)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (int i = 0; i < 3; i++) {
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], 2 * PAGE, PAGE),
			       ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], PAGE, PAGE + 1),
			       ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], 3 * PAGE, 0), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], PAGE, UINT64_MAX),
			       ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, changing[i], 2 * PAGE, 0), ZX_OK);
	}
	zx_handle_close(vmo);
}

/* --- 4.2: COMMIT ------------------------------------------------------------ */

JX_TEST(vmo_4_2_r1_alignment_is_free)
{
	zx_handle_t vmo = conf_vmo(8, 0);

	EXPECT_STATUS(conf_op(vmo, COMMIT, 2 * PAGE - 1, 2), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	EXPECT_STATUS(conf_op(vmo, COMMIT, 4 * PAGE + 5, 1), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	EXPECT_STATUS(conf_op(vmo, COMMIT, 6 * PAGE + 1, PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 5 * PAGE);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_2_r2_content_is_kept)
{
	zx_handle_t vmo = conf_vmo(3, 0);

	vm_vmo_set(vmo, 1, 11);
	EXPECT_STATUS(conf_op(vmo, COMMIT, 0, 3 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, 0, 11, 0));
	EXPECT_TRUE(conf_bytes_are(vmo, 0, 1, 0));
	EXPECT_TRUE(conf_bytes_are(vmo, 2, 1, 0));
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_2_r3_twice_is_once)
{
	zx_handle_t vmo = conf_vmo(3, 0);

	EXPECT_STATUS(conf_op(vmo, COMMIT, 0, 3 * PAGE), ZX_OK);
	vm_vmo_set(vmo, 2, 5);
	CONF_VMO_FAILS(vmo, conf_op(vmo, COMMIT, 0, 3 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_2_r4_mappings_get_the_new_frame)
{
	zx_handle_t vmo = conf_vmo(1, 0);
	zx_vaddr_t one = vm_map(vmo, VM_R, 1), two = vm_map(vmo, VM_RW, 1);

	EXPECT_EQ(vm_load(one) | vm_load(two), 0);
	EXPECT_STATUS(conf_op(vmo, COMMIT, 0, PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	vm_store(two, 3);
	EXPECT_EQ(vm_load(one), 3);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	vm_unmap(one, 1);
	vm_unmap(two, 1);
	zx_handle_close(vmo);
}

/* Twice, so that what the first took must have been given back. */
JX_TEST(vmo_4_2_r5_no_memory_commits_nothing)
{
	const uint64_t bytes = zx_system_get_physmem() + (64ul << 20);
	zx_handle_t vmo, small;

	ASSERT_STATUS(zx_vmo_create(bytes, 0, &vmo), ZX_OK);
	for (int i = 0; i < 2; i++)
		CONF_VMO_FAILS(vmo, conf_op(vmo, COMMIT, 0, bytes), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(conf_committed(vmo), 0);
	small = conf_vmo(1024, 0);
	EXPECT_STATUS(conf_op(small, COMMIT, 0, 1024 * PAGE), ZX_OK);
	zx_handle_close(small);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_2_r6_zero_length)
{
	zx_handle_t vmo = conf_vmo(2, 0);

	for (uint64_t at = 0; at <= 2 * PAGE; at += PAGE / 2)
		CONF_VMO_FAILS(vmo, conf_op(vmo, COMMIT, at, 0), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(vmo);
}

/* Two threads that commit and decommit the same pages. */
static int commit_on(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;

	for (int i = 0; i < 2000; i++) {
		if (conf_op(vmo, COMMIT, 0, 4 * PAGE) != ZX_OK)
			return 1;
	}
	return 0;
}

JX_TEST(vmo_4_2_r7_against_decommit)
{
	zx_handle_t vmo = conf_vmo(4, 0);
	struct jx_thread thread;
	int result = -1;

	ASSERT_STATUS(jx_thread_create(&thread, "commit", commit_on, &vmo), ZX_OK);
	for (int i = 0; i < 2000; i++)
		EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, PAGE, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_EQ(result, 0);
	EXPECT_TRUE(conf_bytes_are(vmo, 0, 4, 0));
	zx_handle_close(vmo);
}
