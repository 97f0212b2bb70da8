/* zx_process_read_memory and zx_process_write_memory: spec/vmar.md 16. */
#include "vm_util.h"

#define TOO_MUCH ((64ul << 20) + 1)

static zx_status_t read_self(zx_vaddr_t address, void *buffer, size_t size, size_t *actual)
{
	return zx_process_read_memory(zx_process_self(), address, buffer, size, actual);
}

static zx_status_t write_self(zx_vaddr_t address, const void *buffer, size_t size, size_t *actual)
{
	return zx_process_write_memory(zx_process_self(), address, buffer, size, actual);
}

JX_TEST_OF_2020(vmar_process_memory_checks_in_order)
{
	zx_handle_t reader = vm_dup(zx_process_self(), ZX_RIGHT_READ);
	zx_handle_t writer = vm_dup(zx_process_self(), ZX_RIGHT_WRITE);
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);
	uint64_t word = 0;
	size_t actual = 99;

	EXPECT_STATUS(zx_process_read_memory(0, base, NULL, 0, &actual), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_read_memory(0, base, &word, 0, &actual), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_write_memory(0, base, &word, TOO_MUCH, &actual),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_read_memory(0, base, &word, 8, &actual), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_process_read_memory(vmo, base, &word, 8, &actual), ZX_ERR_WRONG_TYPE);
	/* Reading needs both rights, writing one. */
	EXPECT_STATUS(zx_process_read_memory(reader, base, &word, 8, &actual),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_process_read_memory(writer, base, &word, 8, &actual),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_process_write_memory(reader, base, &word, 8, &actual),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_process_write_memory(writer, 0, &word, 8, &actual), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(read_self(VM_KERNEL_ADDRESS, (void *)8, 8, &actual), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(actual, 99);
	EXPECT_STATUS(zx_process_write_memory(writer, base, &word, 8, &actual), ZX_OK);
	EXPECT_EQ(actual, 8);
	EXPECT_STATUS(read_self(base, &word, 8, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(read_self(base, (void *)8, 8, &actual), ZX_ERR_NOT_FOUND);
	vm_unmap(base, 1);
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(vmo);
}

/* Protection does not matter, presence does. */
JX_TEST_OF_2020(vmar_process_memory_ignores_protection)
{
	uint64_t word = 0, next;
	struct vm_area a;
	size_t actual;

	ASSERT_TRUE(vm_area_make(&a, 3));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	for (uint64_t i = 0; i < 2; i++) {
		EXPECT_STATUS(read_self(vm_at(&a, i), &word, 8, &actual), ZX_OK);
		EXPECT_EQ(word, VM_STAMP(i));
		next = word + 5;
		EXPECT_STATUS(write_self(vm_at(&a, i), &next, 8, &actual), ZX_OK);
		EXPECT_EQ(vm_vmo_get(a.vmo, i), next);
	}
	EXPECT_STATUS(read_self(vm_at(&a, 2), &word, 8, &actual), ZX_ERR_NO_MEMORY);
	vm_area_drop(&a);
}

/* A request is cut where its mapping ends; at the VMO's end it is refused. */
JX_TEST_OF_2020(vmar_process_memory_is_cut_at_the_mapping)
{
	static uint8_t buffer[2 * ZX_PAGE_SIZE];
	struct vm_area a;
	size_t actual = 0;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 1, 1), ZX_OK);
	EXPECT_STATUS(read_self(vm_at(&a, 0), buffer, 2 * PAGE, &actual), ZX_OK);
	EXPECT_EQ(actual, PAGE);
	EXPECT_STATUS(read_self(vm_at(&a, 1) - 1, buffer, 2, &actual), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_STATUS(write_self(vm_at(&a, 1) - 8, buffer, 16, &actual), ZX_OK);
	EXPECT_EQ(actual, 8);
	EXPECT_EQ(vm_vmo_get(a.vmo, 2), VM_STAMP(2));
	/* Page 3 of four is the last; the mapping goes on. */
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 3, 2), ZX_OK);
	EXPECT_STATUS(read_self(vm_at(&a, 2), buffer, PAGE, &actual), ZX_OK);
	EXPECT_EQ(actual, PAGE);
	EXPECT_STATUS(read_self(vm_at(&a, 2), buffer, PAGE + 1, &actual), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(read_self(vm_at(&a, 3), buffer, 1, &actual), ZX_ERR_OUT_OF_RANGE);
	vm_area_drop(&a);
}

/* A process that has not started, and one that is dead. */
JX_TEST(vmar_process_memory_of_others)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), process;
	struct vm_child child;
	uint64_t word = 0;
	size_t actual;
	zx_vaddr_t base;

	ASSERT_TRUE(vm_child_make(&child));
	process = vm_dup(child.process, ZX_RIGHT_SAME_RIGHTS);
	base = vm_child_map(&child, vmo, VM_R, 1);
	EXPECT_STATUS(zx_process_read_memory(process, base, &word, 8, &actual), ZX_OK);
	EXPECT_EQ(word, VM_STAMP(0));
	word = 12;
	EXPECT_STATUS(zx_process_write_memory(process, base, &word, 8, &actual), ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 12);
	vm_child_start(&child, vm_child_read, base);
	EXPECT_EQ(vm_child_finish(&child), 1);
	EXPECT_STATUS(zx_process_read_memory(process, base, &word, 8, &actual),
		      ZX_ERR_BAD_STATE);
	zx_handle_close(process);
	zx_handle_close(vmo);
}
