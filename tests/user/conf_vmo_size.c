/* zx_vmo_get_size and zx_vmo_set_size: spec/vmo.md 3.3, 3.4. */
#include <string.h>

#include <jx/thread.h>

#include "conf_vmo_util.h"

/* --- 3.3 -------------------------------------------------------------------- */

JX_TEST(vmo_3_3_c1_handle_before_output)
{
	zx_handle_t bare = vm_dup(zx_process_self(), ZX_RIGHT_NONE);

	EXPECT_STATUS(zx_vmo_get_size(0, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_get_size(bare, NULL), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	EXPECT_STATUS(zx_vmo_get_size(bare, NULL), ZX_ERR_BAD_HANDLE);
}

JX_TEST(vmo_3_3_c2_output)
{
	zx_handle_t vmo = conf_vmo(1, 0);

	EXPECT_STATUS(zx_vmo_get_size(vmo, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_get_size(vmo, (uint64_t *)8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_get_size(vmo, (uint64_t *)VM_KERNEL_ADDRESS), ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_3_r1_no_right_is_needed)
{
	zx_handle_t vmo = conf_vmo(3, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);

	EXPECT_EQ(conf_size(bare), 3 * PAGE);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

/* The size that it was rounded to, never the one that was asked for. */
JX_TEST(vmo_3_3_r2_size_is_rounded)
{
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(PAGE + 1, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	EXPECT_EQ(conf_size(vmo), 2 * PAGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 5 * PAGE - 1), ZX_OK);
	EXPECT_EQ(conf_size(vmo), 5 * PAGE);
	zx_handle_close(vmo);
}

/* --- 3.4: checks ------------------------------------------------------------ */

JX_TEST(vmo_3_4_c1_handle)
{
	zx_handle_t vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	zx_handle_t no_write = vm_dup(vmo, conf_rights(vmo) & ~ZX_RIGHT_WRITE);
	zx_handle_t fixed = vm_vmo_make(1, 0), reader = vm_dup(fixed, ZX_RIGHT_READ);

	EXPECT_STATUS(zx_vmo_set_size(0, UINT64_MAX), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_set_size(zx_process_self(), UINT64_MAX), ZX_ERR_WRONG_TYPE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(no_write, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(no_write, 0), ZX_ERR_ACCESS_DENIED);
	/* Before what it is. */
	CONF_VMO_FAILS(fixed, zx_vmo_set_size(reader, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	zx_handle_close(fixed);
	zx_handle_close(no_write);
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_3_4_c1_write_is_enough)
{
	zx_handle_t vmo = conf_vmo(1, ZX_VMO_RESIZABLE), writer = vm_dup(vmo, ZX_RIGHT_WRITE);

	EXPECT_STATUS(zx_vmo_set_size(writer, 3 * PAGE), ZX_OK);
	EXPECT_EQ(conf_size(vmo), 3 * PAGE);
	zx_handle_close(writer);
	zx_handle_close(vmo);
}

/* Before the size; of what is not resizable UNAVAILABLE whatever the rights. */
JX_TEST_OF_LATEST(vmo_3_4_c1_latest_needs_resize)
{
	zx_handle_t vmo = conf_vmo(1, ZX_VMO_RESIZABLE), writer = vm_dup(vmo, ZX_RIGHT_WRITE);
	zx_handle_t both = vm_dup(vmo, ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE), fixed = conf_vmo(1, 0);

	CONF_VMO_FAILS(vmo, zx_vmo_set_size(writer, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(writer, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_size(both, 3 * PAGE), ZX_OK);
	CONF_VMO_FAILS(fixed, zx_vmo_set_size(fixed, 3 * PAGE), ZX_ERR_UNAVAILABLE);
	zx_handle_close(both);
	zx_handle_close(writer);
	zx_handle_close(vmo);
	zx_handle_close(fixed);
}

/* Before a size that is too large, and also for the size that it has. */
JX_TEST(vmo_3_4_c3_not_resizable)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, UINT64_MAX), ZX_ERR_UNAVAILABLE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, 2 * PAGE), ZX_ERR_UNAVAILABLE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, 0), ZX_ERR_UNAVAILABLE);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_4_c4_size_too_large)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);

	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, UINT64_MAX - PAGE + 2), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, CONF_MAX_SIZE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, CONF_MAX_SIZE), ZX_OK);
	zx_handle_close(vmo);
}

/* --- 3.4: shrink ------------------------------------------------------------ */

JX_TEST(vmo_3_4_r1_same_size_has_no_effect)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);

	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, 2 * PAGE), ZX_OK);
	zx_handle_close(vmo);
}

/* In all mappings, and the frames are given back. */
JX_TEST(vmo_3_4_r2_shrink_takes_pages_from_all_mappings)
{
	zx_handle_t vmo = vm_vmo_make(4, ZX_VMO_RESIZABLE);
	zx_vaddr_t one = vm_map(vmo, VM_RW, 4), two = vm_map(vmo, VM_R, 4);

	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(one + i * PAGE), vm_load(two + i * PAGE));
	EXPECT_STATUS(zx_vmo_set_size(vmo, 2 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	for (uint64_t i = 0; i < 4; i++) {
		zx_status_t wanted = i < 2 ? ZX_OK : ZX_ERR_OUT_OF_RANGE;

		EXPECT_STATUS(vm_probe_read(one + i * PAGE), wanted);
		EXPECT_STATUS(vm_probe_write(one + i * PAGE), wanted);
		EXPECT_STATUS(vm_probe_read(two + i * PAGE), wanted);
	}
	EXPECT_EQ(vm_load(one + PAGE), VM_STAMP(1));
	vm_unmap(one, 4);
	vm_unmap(two, 4);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_4_r3_access_beyond_the_end_is_fatal)
{
	zx_handle_t vmo = vm_vmo_make(4, ZX_VMO_RESIZABLE);

	EXPECT_STATUS(zx_vmo_set_size(vmo, 2 * PAGE), ZX_OK);
	for (int write = 0; write < 2; write++) {
		EXPECT_EQ(conf_child_access(vmo, 4, 2 * PAGE - 1, write), 1);
		EXPECT_EQ(conf_child_access(vmo, 4, 2 * PAGE, write),
			  ZX_TASK_RETCODE_EXCEPTION_KILL);
		EXPECT_EQ(conf_child_access(vmo, 4, 4 * PAGE - 1, write),
			  ZX_TASK_RETCODE_EXCEPTION_KILL);
	}
	zx_handle_close(vmo);
}

static void load_word(zx_handle_t unused, uintptr_t address)
{
	uint64_t word;

	(void)unused;
	/* Unaligned on purpose: half of it is on the next page. */
	__asm__ volatile("ldr %0, [%1]" : "=r"(word) : "r"(address) : "memory");
	zx_process_exit(1);
}

JX_TEST(vmo_3_4_r4_access_across_the_end_is_fatal)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);

	for (uint64_t pages = 2; pages >= 1; pages--) {
		struct vm_child c;
		zx_vaddr_t base;

		EXPECT_STATUS(zx_vmo_set_size(vmo, pages * PAGE), ZX_OK);
		ASSERT_TRUE(vm_child_make(&c));
		base = vm_child_map(&c, vmo, VM_R, 2);
		ASSERT_TRUE(vm_child_start(&c, load_word, base + PAGE - 4));
		EXPECT_EQ(vm_child_finish(&c), pages == 2 ? 1 : ZX_TASK_RETCODE_EXCEPTION_KILL);
	}
	zx_handle_close(vmo);
}

/* Calls that use such a mapping as a buffer fail, as a whole. */
JX_TEST(vmo_3_4_r5_buffer_beyond_the_end)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE), other = vm_vmo_make(2, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 2);

	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(other, (void *)base, 0, 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(other, (void *)(base + PAGE), 0, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_vmo_get(other, 0), VM_STAMP(0));
	vm_unmap(base, 2);
	zx_handle_close(other);
	zx_handle_close(vmo);
}

/* spec/README.md 2. */
JX_TEST(vmo_3_4_r6_process_memory_across_the_end)
{
	static uint8_t bytes[2 * ZX_PAGE_SIZE];
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 2);
	zx_status_t status;
	size_t actual = 0;

	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	status = zx_process_read_memory(zx_process_self(), base, bytes, sizeof(bytes), &actual);
	EXPECT_STATUS(status, conf_era(ZX_ERR_OUT_OF_RANGE, ZX_OK));
	if (status == ZX_OK)
		EXPECT_EQ(actual, PAGE);
	vm_unmap(base, 2);
	zx_handle_close(vmo);
}

/* vmo.md 1, line 7: the rest of the last page reads zero, mappings included. */
JX_TEST(vmo_3_4_r7_unaligned_shrink_clears_the_rest)
{
	zx_handle_t vmo = conf_vmo(2, ZX_VMO_RESIZABLE);
	zx_vaddr_t base;
	uint64_t wrong = 0;

	conf_fill_page(vmo, 0, 0x5a);
	conf_fill_page(vmo, 1, 0x5a);
	base = vm_map(vmo, VM_RW, 2);
	EXPECT_EQ(vm_load(base + PAGE - 8), 0x5a5a5a5a5a5a5a5a);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 1001), ZX_OK);
	EXPECT_EQ(conf_size(vmo), PAGE);
	for (uint64_t i = 0; i < PAGE; i++)
		wrong += *(volatile uint8_t *)(base + i) != (i < 1001 ? 0x5a : 0);
	EXPECT_EQ(wrong, 0);
	vm_unmap(base, 2);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_4_r8_size_0)
{
	zx_handle_t vmo = vm_vmo_make(3, ZX_VMO_RESIZABLE);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 3);

	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	EXPECT_EQ(conf_size(vmo), 0);
	EXPECT_EQ(conf_committed(vmo), 0);
	EXPECT_STATUS(vm_probe_read(base), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 1);
	vm_unmap(base, 3);
	zx_handle_close(vmo);
}

/* --- 3.4: growth ------------------------------------------------------------ */

JX_TEST(vmo_3_4_r9_regrown_space_is_zero)
{
	zx_handle_t vmo = vm_vmo_make(4, ZX_VMO_RESIZABLE);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), VM_STAMP(i));
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 0, 0, 0));
	EXPECT_TRUE(conf_bytes_are(vmo, 1, 3, 0));
	for (uint64_t i = 1; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), 0);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

/* A mapping that reached past the end is of use at once. */
JX_TEST(vmo_3_4_r10_growth_reaches_mappings)
{
	zx_handle_t vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	EXPECT_STATUS(vm_probe_read(base + 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 4 * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
	vm_store(base + 3 * PAGE, 3);
	vm_vmo_set(vmo, 2, 2);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 2);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 0, 2, 3));
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

/* The zero page that an earlier fault mapped does not stay in the way. */
JX_TEST(vmo_3_4_r11_zero_maps_do_not_linger)
{
	zx_handle_t vmo = conf_vmo(2, ZX_VMO_RESIZABLE);
	zx_vaddr_t one = vm_map(vmo, VM_R, 2), two = vm_map(vmo, VM_RW, 2);

	EXPECT_EQ(vm_load(one + PAGE), 0);
	EXPECT_EQ(vm_load(two + PAGE), 0);
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(one + PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 2 * PAGE), ZX_OK);
	vm_store(two + PAGE, 22);
	EXPECT_EQ(vm_load(one + PAGE), 22);
	vm_unmap(one, 2);
	vm_unmap(two, 2);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_4_r12_growth_commits_nothing)
{
	zx_handle_t vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE);

	EXPECT_STATUS(zx_vmo_set_size(vmo, 8ul << 30), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	EXPECT_EQ(vm_vmo_get(vmo, (8ul << 18) - 1), 0);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	zx_handle_close(vmo);
}

static int resize_on(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;

	for (uint64_t i = 0; i < 400; i++) {
		if (zx_vmo_set_size(vmo, (i % 3 + 1) * PAGE) != ZX_OK)
			return 1;
	}
	return 0;
}

JX_TEST(vmo_3_4_r13_parallel_calls)
{
	zx_handle_t vmo = conf_vmo(1, ZX_VMO_RESIZABLE);
	struct jx_thread threads[3];
	int result = -1;

	for (int i = 0; i < 3; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "resize", resize_on, &vmo), ZX_OK);
	for (int i = 0; i < 400; i++) {
		uint64_t size = conf_size(vmo);

		EXPECT_TRUE(size == PAGE || size == 2 * PAGE || size == 3 * PAGE);
	}
	for (int i = 0; i < 3; i++) {
		EXPECT_STATUS(jx_thread_join(&threads[i], &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
	zx_handle_close(vmo);
}
