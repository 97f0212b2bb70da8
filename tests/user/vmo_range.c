/* zx_vmo_op_range: spec/vmo.md 4. */
#include "vm_util.h"

static zx_status_t op(zx_handle_t vmo, uint32_t number, uint64_t offset, uint64_t size)
{
	return zx_vmo_op_range(vmo, number, offset, size, NULL, 0);
}

JX_TEST_OF_2020(vmo_range_checks_in_order)
{
	const uint32_t ops[] = { ZX_VMO_OP_COMMIT, ZX_VMO_OP_DECOMMIT, ZX_VMO_OP_ZERO };
	const uint32_t unknown[] = { 0, 5, 15, 100, UINT32_MAX };
	zx_handle_t vmo = vm_vmo_make(1, 0), reader = vm_dup(vmo, ZX_RIGHT_READ);
	zx_handle_t bare = vm_dup(vmo, ZX_RIGHT_NONE);

	for (size_t i = 0; i < 3; i++) {
		EXPECT_STATUS(op(0, ops[i], UINT64_MAX, 9), ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(op(zx_process_self(), ops[i], UINT64_MAX, 9), ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(op(reader, ops[i], UINT64_MAX, 9), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(op(vmo, ops[i], UINT64_MAX, 9), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(op(vmo, ops[i], 2 * PAGE, PAGE), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(op(vmo, ops[i], PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(op(vmo, ops[i], PAGE, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(op(vmo, ops[i], 0, 0), ZX_OK);
		EXPECT_STATUS(op(vmo, ops[i], PAGE, 0), ZX_OK);
		/* A length past the end is cut: nothing is left here. */
		EXPECT_STATUS(op(vmo, ops[i], PAGE, PAGE), ZX_OK);
	}
	EXPECT_EQ(vm_vmo_get(vmo, 0), VM_STAMP(0));
	for (size_t i = 0; i < 5; i++)
		EXPECT_STATUS(op(bare, unknown[i], 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(bare, ZX_VMO_OP_LOCK, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(op(bare, ZX_VMO_OP_UNLOCK, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(bare);
	zx_handle_close(reader);
	zx_handle_close(vmo);
}

/* The buffer is ignored, unlike that of zx_vmar_op_range. */
JX_TEST(vmo_range_ignores_the_buffer)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, (void *)8, 77), ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 0);
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_range_commit)
{
	zx_handle_t vmo;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(8 * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, 8);
	vm_vmo_set(vmo, 3, 33);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
	/* Any alignment: bytes 2P-1 to 4P are pages 1 to 4. */
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 2 * PAGE - 1, 2 * PAGE + 2), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 4 * PAGE);
	EXPECT_EQ(vm_vmo_get(vmo, 3), 33);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
	vm_vmo_set(vmo, 2, 22);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 22);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 7 * PAGE, UINT64_MAX - 8 * PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 5 * PAGE);
	vm_unmap(base, 8);
	zx_handle_close(vmo);
}

/* More than there is: refused, and the machine goes on. */
JX_TEST(vmo_range_commit_without_memory)
{
	const uint64_t bytes = zx_system_get_physmem() + (64ul << 20);
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(bytes, 0, &vmo), ZX_OK);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 0, bytes), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, PAGE, PAGE), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_range_decommit)
{
	zx_handle_t vmo = vm_vmo_make(8, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 8);

	for (uint64_t i = 0; i < 8; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), VM_STAMP(i));
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	/* Cut to nothing it is fine, aligned or not. */
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, 8 * PAGE, 5), ZX_OK);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, 6 * PAGE, 99 * PAGE), ZX_OK);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, PAGE, 2 * PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 4 * PAGE);
	for (uint64_t i = 0; i < 8; i++)
		EXPECT_EQ(vm_load(base + i * PAGE),
			  i == 1 || i == 2 || i >= 6 ? 0 : VM_STAMP(i));
	vm_unmap(base, 8);
	zx_handle_close(vmo);
}

/* 4.4: pages inside lose their frames, ragged ends are cleared in place. */
JX_TEST(vmo_range_zero)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), untouched;
	uint64_t head[2] = { 1, 2 }, tail[2] = { 3, 4 };

	EXPECT_STATUS(zx_vmo_write(vmo, head, PAGE - 16, 16), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, tail, 2 * PAGE, 16), ZX_OK);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_ZERO, PAGE - 8, PAGE + 16), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, head, PAGE - 16, 16), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, tail, 2 * PAGE, 16), ZX_OK);
	EXPECT_TRUE(head[0] == 1 && head[1] == 0 && tail[0] == 0 && tail[1] == 4);
	EXPECT_EQ(vm_vmo_get(vmo, 0), VM_STAMP(0));
	EXPECT_EQ(vm_vmo_get(vmo, 1), 0);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	/* Inside one page. */
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_ZERO, 1, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 0), VM_STAMP(0) & ~0xff00ul);
	ASSERT_STATUS(zx_vmo_create(64ul << 30, 0, &untouched), ZX_OK);
	EXPECT_STATUS(op(untouched, ZX_VMO_OP_ZERO, 5, (64ul << 30) - 9), ZX_OK);
	EXPECT_EQ(vm_vmo_info(untouched).committed_bytes, 0);
	zx_handle_close(untouched);
	zx_handle_close(vmo);
}
