/* zx_process_read_memory and zx_process_write_memory: spec/vmar.md 16. */
#include "conf_util.h"

#define TOO_MUCH ((64ul << 20) + 1)
#define UNMAPPED conf_era(ZX_ERR_NO_MEMORY, ZX_ERR_NOT_FOUND)
#define UNTOUCHED 99u

static zx_status_t read_at(zx_handle_t process, zx_vaddr_t address, void *buffer, size_t size)
{
	size_t actual = UNTOUCHED;
	zx_status_t status = zx_process_read_memory(process, address, buffer, size, &actual);

	/* Written only on success, and then at least 1. */
	if (status != ZX_OK)
		EXPECT_EQ(actual, UNTOUCHED);
	else
		EXPECT_TRUE(actual >= 1 && actual <= size);
	return status;
}

static zx_status_t write_at(zx_handle_t process, zx_vaddr_t address, const void *buffer,
			    size_t size)
{
	size_t actual = UNTOUCHED;
	zx_status_t status = zx_process_write_memory(process, address, buffer, size, &actual);

	if (status != ZX_OK)
		EXPECT_EQ(actual, UNTOUCHED);
	else
		EXPECT_TRUE(actual >= 1 && actual <= size);
	return status;
}

/* How much of a request of this program's own memory is moved. */
static size_t moved(zx_vaddr_t address, void *buffer, size_t size)
{
	size_t actual = 0;

	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), address, buffer, size, &actual),
		      ZX_OK);
	return actual;
}

JX_TEST(vmar_16_c1_no_buffer)
{
	/* Before the size (2) and the handle (3). */
	EXPECT_STATUS(read_at(zx_process_self(), 0, NULL, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(read_at(ZX_HANDLE_INVALID, 0, NULL, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(write_at(ZX_HANDLE_INVALID, 0, NULL, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(write_at(zx_process_self(), 0, NULL, 0), ZX_ERR_INVALID_ARGS);
}

JX_TEST(vmar_16_c2_size)
{
	uint64_t word = 0;

	/* Before the handle (3). */
	EXPECT_STATUS(read_at(ZX_HANDLE_INVALID, 0, &word, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(write_at(ZX_HANDLE_INVALID, 0, &word, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(read_at(ZX_HANDLE_INVALID, 0, &word, TOO_MUCH), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(write_at(ZX_HANDLE_INVALID, 0, &word, SIZE_MAX), ZX_ERR_INVALID_ARGS);
	/* The largest size is one. */
	EXPECT_STATUS(read_at(ZX_HANDLE_INVALID, 0, &word, TOO_MUCH - 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(read_at(zx_process_self(), 0, &word, TOO_MUCH - 1), UNMAPPED);
}

JX_TEST(vmar_16_c3_handle_and_rights)
{
	const zx_rights_t both = ZX_RIGHT_READ | ZX_RIGHT_WRITE;
	zx_handle_t reader = vm_dup(zx_process_self(), ZX_RIGHT_READ);
	zx_handle_t writer = vm_dup(zx_process_self(), ZX_RIGHT_WRITE);
	zx_handle_t rw = vm_dup(zx_process_self(), both);
	uint64_t word = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	EXPECT_STATUS(read_at(ZX_HANDLE_INVALID, 0, &word, 8), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(read_at(a.vmo, 0, &word, 8), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(write_at(a.vmar, 0, &word, 8), ZX_ERR_WRONG_TYPE);
	/* Before the mapping is looked for (5). */
	EXPECT_STATUS(read_at(reader, 0, &word, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(read_at(writer, 0, &word, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(write_at(reader, 0, &word, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(read_at(rw, a.base, &word, 8), ZX_OK);
	EXPECT_STATUS(write_at(writer, a.base, &word, 8), ZX_OK);
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(rw);
	vm_area_drop(&a);
}

JX_TEST(vmar_16_c4_dead_process)
{
	struct vm_child child;
	zx_handle_t process;
	uint64_t word = 0;

	ASSERT_TRUE(vm_child_make(&child));
	process = vm_dup(child.process, ZX_RIGHT_SAME_RIGHTS);
	ASSERT_TRUE(vm_child_start(&child, vm_child_read, child.stack_top - 8));
	EXPECT_EQ(vm_child_finish(&child), 1);
	/* Before the mapping (5) and the buffer (8). */
	EXPECT_STATUS(read_at(process, 0, &word, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(write_at(process, 0, (void *)8, 8), ZX_ERR_BAD_STATE);
	zx_handle_close(process);
}

JX_TEST(vmar_16_c5_nothing_mapped)
{
	uint64_t word = 0;
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	sub = vm_area_sub(&a, 1, 1);
	EXPECT_STATUS(read_at(zx_process_self(), a.base, &word, 8), UNMAPPED);
	EXPECT_STATUS(write_at(zx_process_self(), a.base, &word, 8), UNMAPPED);
	EXPECT_STATUS(read_at(zx_process_self(), vm_at(&a, 1), &word, 8), UNMAPPED);
	EXPECT_STATUS(read_at(zx_process_self(), 0, &word, 8), UNMAPPED);
	EXPECT_STATUS(read_at(zx_process_self(), VM_KERNEL_ADDRESS, &word, 8), UNMAPPED);
	EXPECT_STATUS(read_at(zx_process_self(), UINT64_MAX, &word, 8), UNMAPPED);
	/* Before the buffer (8). */
	EXPECT_STATUS(read_at(zx_process_self(), a.base, (void *)8, 8), UNMAPPED);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 3, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 3, 1), ZX_OK);
	EXPECT_STATUS(read_at(zx_process_self(), vm_at(&a, 3), &word, 8), UNMAPPED);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_16_c7_past_the_vmo_is_refused)
{
	static uint8_t buffer[2 * ZX_PAGE_SIZE];
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 3, 3), ZX_OK);
	EXPECT_STATUS(read_at(zx_process_self(), a.base, buffer, PAGE), ZX_OK);
	EXPECT_STATUS(read_at(zx_process_self(), a.base, buffer, PAGE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(write_at(zx_process_self(), a.base, buffer, PAGE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(read_at(zx_process_self(), vm_at(&a, 1), buffer, 1), ZX_ERR_OUT_OF_RANGE);
	/* What was refused was not written. */
	EXPECT_EQ(vm_vmo_get(a.vmo, 3), VM_STAMP(3));
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_16_c7_past_the_vmo_is_trimmed)
{
	static uint8_t buffer[2 * ZX_PAGE_SIZE];
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 3, 3), ZX_OK);
	EXPECT_EQ(moved(a.base, buffer, PAGE + 1), PAGE);
	EXPECT_EQ(moved(a.base + PAGE - 8, buffer, 2 * PAGE), 8);
	/* Only where nothing is left. */
	EXPECT_STATUS(read_at(zx_process_self(), vm_at(&a, 1), buffer, 1), ZX_ERR_OUT_OF_RANGE);
	vm_area_drop(&a);
}

JX_TEST(vmar_16_c8_bad_buffer_and_actual)
{
	uint64_t word = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, 0, 2, 2, 1), ZX_OK);
	/* The status is the resolver's (15.7). */
	EXPECT_STATUS(read_at(zx_process_self(), a.base, (void *)vm_at(&a, 3), 8),
		      ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(read_at(zx_process_self(), a.base, (void *)8, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(read_at(zx_process_self(), a.base, (void *)vm_at(&a, 1), 8),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(write_at(zx_process_self(), a.base, (void *)vm_at(&a, 2), 8),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(write_at(zx_process_self(), a.base, (void *)vm_at(&a, 1), 8), ZX_OK);
	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), a.base, &word, 8, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_write_memory(zx_process_self(), a.base, &word, 8, (size_t *)8),
		      ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

JX_TEST(vmar_16_r1_reads_ignore_protection)
{
	uint64_t word = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	for (uint64_t i = 0; i < 2; i++) {
		EXPECT_STATUS(read_at(zx_process_self(), vm_at(&a, i), &word, 8), ZX_OK);
		EXPECT_EQ(word, VM_STAMP(i));
	}
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_16_r1_writes_ignore_protection)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	for (uint64_t i = 0; i < 2; i++) {
		const uint64_t word = 4711 + i;

		EXPECT_STATUS(write_at(zx_process_self(), vm_at(&a, i), &word, 8), ZX_OK);
		EXPECT_EQ(vm_vmo_get(a.vmo, i), word);
	}
	vm_area_drop(&a);
}

/* Absent pages read as zero, writes commit; read_at() and write_at() look at
 * *actual in all these tests. */
JX_TEST(vmar_16_r2_actual_and_absent_pages)
{
	uint64_t word = 5;
	zx_vaddr_t base;
	zx_handle_t vmo;
	size_t actual = 0;

	ASSERT_STATUS(zx_vmo_create(2 * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, 2);
	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), base, &word, 8, &actual), ZX_OK);
	EXPECT_TRUE(actual == 8 && word == 0);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	word = 7;
	EXPECT_STATUS(zx_process_write_memory(zx_process_self(), base + PAGE, &word, 8, &actual),
		      ZX_OK);
	EXPECT_EQ(actual, 8);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, PAGE);
	EXPECT_EQ(vm_load(base + PAGE), 7);
	EXPECT_STATUS(write_at(zx_process_self(), base + 2 * PAGE, &word, 8), UNMAPPED);
	vm_unmap(base, 2);
	zx_handle_close(vmo);
}

JX_TEST(vmar_16_r3_runs_into_a_gap)
{
	static uint8_t buffer[2 * ZX_PAGE_SIZE];
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	/* The mapping begins inside its VMO. */
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 2, 1), ZX_OK);
	EXPECT_EQ(moved(a.base, buffer, 2 * PAGE), PAGE);
	EXPECT_EQ(moved(vm_at(&a, 1) - 1, buffer, 2), 1);
	EXPECT_EQ(moved(a.base, buffer, PAGE), PAGE);
	EXPECT_STATUS(read_at(zx_process_self(), vm_at(&a, 1), buffer, 1), UNMAPPED);
	EXPECT_STATUS(write_at(zx_process_self(), vm_at(&a, 1) - 8, buffer, 16), ZX_OK);
	EXPECT_EQ(vm_vmo_get(a.vmo, 3), VM_STAMP(3));
	vm_area_drop(&a);
}

JX_TEST(vmar_16_r4_oneself_and_the_unstarted)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), process, root;
	zx_vaddr_t there = 0, here = vm_map(vmo, VM_R, 1);
	uint64_t word = 0;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "still", 5, 0, &process, &root), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(root, VM_RW, 0, vmo, 0, PAGE, &there), ZX_OK);
	EXPECT_STATUS(read_at(process, there, &word, 8), ZX_OK);
	EXPECT_EQ(word, VM_STAMP(0));
	word = 12;
	EXPECT_STATUS(write_at(process, there, &word, 8), ZX_OK);
	EXPECT_STATUS(read_at(zx_process_self(), here, &word, 8), ZX_OK);
	EXPECT_EQ(word, 12);
	vm_unmap(here, 1);
	zx_handle_close(root);
	zx_handle_close(process);
	zx_handle_close(vmo);
}
