/* zx_vmo_read and zx_vmo_write: spec/vmo.md 3.2, README 1. */
#include <stdatomic.h>
#include <string.h>

#include <jx/thread.h>

#include "vm_util.h"

JX_TEST(vmo_io_checks_in_order)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	zx_handle_t reader = vm_dup(vmo, ZX_RIGHT_READ), writer = vm_dup(vmo, ZX_RIGHT_WRITE);
	void *const bad = (void *)8;
	uint64_t word = 0;

	EXPECT_STATUS(zx_vmo_read(0, bad, UINT64_MAX, 9), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_write(0, bad, UINT64_MAX, 9), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_read(zx_process_self(), bad, UINT64_MAX, 9), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_write(zx_process_self(), bad, UINT64_MAX, 9), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_read(writer, bad, UINT64_MAX, 9), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_write(reader, bad, UINT64_MAX, 9), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_read(reader, &word, 0, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(writer, &word, 0, 8), ZX_OK);
	/* The range before the buffer. */
	EXPECT_STATUS(zx_vmo_read(vmo, bad, UINT64_MAX, 9), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(vmo, bad, 2 * PAGE, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(vmo, bad, 0, 2 * PAGE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(vmo, bad, 2 * PAGE - 1, 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(vmo, bad, 1, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(vmo, bad, 0, 1), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_write(vmo, bad, 0, 1), ZX_ERR_NOT_FOUND);
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(vmo);
}

JX_TEST(vmo_io_of_no_length)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), empty = 0;

	ASSERT_STATUS(zx_vmo_create(0, 0, &empty), ZX_OK);
	for (uint64_t offset = 0; offset <= PAGE; offset += PAGE / 2) {
		EXPECT_STATUS(zx_vmo_read(vmo, NULL, offset, 0), ZX_OK);
		EXPECT_STATUS(zx_vmo_write(vmo, NULL, offset, 0), ZX_OK);
	}
	EXPECT_STATUS(zx_vmo_read(vmo, NULL, PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(vmo, NULL, PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(empty, NULL, 0, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(empty, NULL, 0, 1), ZX_ERR_OUT_OF_RANGE);
	zx_handle_close(empty);
	zx_handle_close(vmo);
}

/* A buffer that cannot be used tells why: the status of the access. */
JX_TEST(vmo_io_buffer_statuses)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	struct vm_area a;

	/* 0 RW, 1 R, 2 nothing allowed, 3 past the end of its VMO, 4 a gap. */
	ASSERT_TRUE(vm_area_make(&a, 5));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, 0, 2, 2, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 3, 5, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 1), 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 1), 0, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 2), 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 2), 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 3), 0, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 3), 0, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 4), 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 4), 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, NULL, 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)VM_KERNEL_ADDRESS, 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(UINT64_MAX - 3), 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(0x1000000000000 - 4), 0, 8), ZX_ERR_NOT_FOUND);
	/* From a good page into a bad one. */
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 0), 0, 2 * PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), VM_STAMP(1));
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

/* Byte ranges across pages, and what lies around them. */
JX_TEST(vmo_io_byte_ranges)
{
	static uint8_t out[3 * ZX_PAGE_SIZE], in[3 * ZX_PAGE_SIZE];
	const uint64_t cases[][2] = { { 0, 1 }, { 1, 7 }, { PAGE - 1, 2 }, { PAGE, PAGE },
				      { 5, 2 * PAGE }, { PAGE - 3, PAGE + 6 }, { 0, 3 * PAGE } };

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 31 + i / 256 + 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t offset = cases[i][0], length = cases[i][1];
		zx_handle_t vmo;
		uint8_t wrong = 0;

		ASSERT_STATUS(zx_vmo_create(3 * PAGE, 0, &vmo), ZX_OK);
		EXPECT_STATUS(zx_vmo_write(vmo, out, offset, length), ZX_OK);
		memset(in, 0xff, sizeof(in));
		EXPECT_STATUS(zx_vmo_read(vmo, in, 0, sizeof(in)), ZX_OK);
		for (uint64_t b = 0; b < sizeof(in); b++)
			wrong |= in[b] != (b < offset || b >= offset + length ? 0
									      : out[b - offset]);
		EXPECT_EQ(wrong, 0);
		EXPECT_EQ(vm_vmo_info(vmo).committed_bytes,
			  ((offset + length + PAGE - 1) / PAGE - offset / PAGE) * PAGE);
		zx_handle_close(vmo);
	}
}

/* Reading commits nothing, by handle or by mapping; writing zeroes does. */
JX_TEST(vmo_io_and_commitment)
{
	zx_handle_t vmo;
	uint64_t zero = 0;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, 4);
	for (uint64_t i = 0; i < 4; i++) {
		EXPECT_EQ(vm_vmo_get(vmo, i), 0);
		EXPECT_EQ(vm_load(base + i * PAGE), 0);
	}
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	EXPECT_STATUS(zx_vmo_write(vmo, &zero, 0, 8), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, PAGE);
	vm_store(base + PAGE, 0);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

/* A VMO into and out of a mapping of itself, same page and other pages. */
JX_TEST(vmo_io_with_its_own_mapping)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(base + 2 * PAGE), 0, 2 * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base + 2 * PAGE), VM_STAMP(0));
	EXPECT_EQ(vm_load(base + 3 * PAGE), VM_STAMP(1));
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)base, 0, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)base, 0, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE, NULL, 0), ZX_OK);
	/* Both sides absent: the zero page on one, a new page on the other. */
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)base, PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)base, PAGE, PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base), 0);
	EXPECT_EQ(vm_load(base + 2 * PAGE), VM_STAMP(0));
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

/* Two threads, each reading one VMO into a mapping of the other. */
struct crossing {
	zx_handle_t from;
	zx_handle_t into_vmo;
	zx_vaddr_t into;
	struct jx_thread thread;
};

static int cross(void *arg)
{
	const struct crossing *c = arg;

	for (int i = 0; i < 100; i++) {
		/* Absent again, so that the copy faults with work to do. */
		if (zx_vmo_op_range(c->into_vmo, ZX_VMO_OP_DECOMMIT, 0, 8 * PAGE, NULL, 0) ||
		    zx_vmo_read(c->from, (void *)c->into, 0, 8 * PAGE) ||
		    zx_vmo_write(c->from, (void *)c->into, 8 * PAGE, 8 * PAGE))
			return 1;
	}
	return 0;
}

JX_TEST(vmo_io_crosswise_does_not_deadlock)
{
	zx_handle_t vmo[2] = { vm_vmo_make(16, 0), vm_vmo_make(16, 0) };
	struct crossing c[2];
	int result = -1;

	for (int i = 0; i < 2; i++) {
		c[i].from = vmo[i];
		c[i].into_vmo = vmo[!i];
		c[i].into = vm_map(vmo[!i], VM_RW, 16);
		ASSERT_STATUS(jx_thread_create(&c[i].thread, "cross", cross, &c[i]), ZX_OK);
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(jx_thread_join(&c[i].thread, &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
	for (int i = 0; i < 2; i++) {
		vm_unmap(c[i].into, 16);
		zx_handle_close(vmo[i]);
	}
}

/* 2.5: exactly READ for read, WRITE for write; each bit of the default tried. */
JX_TEST(vmo_io_rights_are_exact)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	uint64_t word = 0;

	for (uint32_t bit = 0; bit < 16; bit++) {
		zx_rights_t right = 1u << bit;
		zx_handle_t one;

		if (!(right & 0xd0ef))
			continue;
		one = vm_dup(vmo, right);
		EXPECT_STATUS(zx_vmo_read(one, &word, 0, 8),
			      right == ZX_RIGHT_READ ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_vmo_write(one, &word, 0, 8),
			      right == ZX_RIGHT_WRITE ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_vmo_op_range(one, ZX_VMO_OP_DECOMMIT, 0, 0, NULL, 0),
			      right == ZX_RIGHT_WRITE ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_vmo_get_size(one, &word), ZX_OK);
		zx_handle_close(one);
	}
	zx_handle_close(vmo);
}
