/* What system calls do with users' pointers: spec/vmar.md 15. */
#include <string.h>

#include <jx/thread.h>

#include "conf_util.h"

#define USER_END 0x1000000000000ul

JX_TEST(vmar_15_r1_pointers_outside_the_user_range)
{
	const uint64_t bad[] = { 0, 1, 8, VM_KERNEL_ADDRESS, UINT64_MAX - 7, USER_END - 4,
				 USER_END, 1ul << 55 };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		zx_handle_t handle;

		CONF_FAILS(&a, zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, (zx_vaddr_t *)bad[i]),
			   ZX_ERR_INVALID_ARGS);
		CONF_FAILS(&a, zx_vmar_allocate(a.vmar, 0, 0, PAGE, &handle,
						(zx_vaddr_t *)bad[i]), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, (void *)bad[i], 16, NULL,
						 NULL), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmo_get_size(a.vmo, (uint64_t *)bad[i]), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmo_create(PAGE, 0, (zx_handle_t *)bad[i]), ZX_ERR_INVALID_ARGS);
	}
	vm_area_drop(&a);
}

JX_TEST(vmar_15_r1_ranges_that_leave_the_user_range)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	/* Of the data buffers it is NOT_FOUND (7). */
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(USER_END - PAGE), 0, 2 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)(USER_END - PAGE), 0, 2 * PAGE),
		      ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(UINT64_MAX - 15), 0, PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_EQ(vm_vmo_get(vmo, 0), VM_STAMP(0));
	zx_handle_close(vmo);
}

JX_TEST(vmar_15_r2_copies_follow_the_protection)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 5));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 3, 5, 1), ZX_OK);
	/* Permissionless, read-only, writable, past the VMO's end, a gap. */
	for (uint64_t i = 0; i < 5; i++) {
		EXPECT_STATUS(zx_vmo_get_size(a.vmo, (uint64_t *)vm_at(&a, i)),
			      i == 2 ? ZX_OK : ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, (void *)vm_at(&a, i), 16,
						 NULL, NULL),
			      i == 2 ? ZX_OK : ZX_ERR_INVALID_ARGS);
	}
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), VM_STAMP(1));
	vm_area_drop(&a);
}

/* Into memory that is not there yet, over several pages. */
JX_TEST(vmar_15_r2_faults_are_resolved)
{
	zx_handle_t from = vm_vmo_make(4, 0), to;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &to), ZX_OK);
	base = vm_map(to, VM_RW, 4);
	EXPECT_STATUS(zx_vmo_read(from, (void *)base, 0, 4 * PAGE), ZX_OK);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), VM_STAMP(i));
	EXPECT_EQ(vm_vmo_info(to).committed_bytes, 4 * PAGE);
	vm_unmap(base, 4);
	zx_handle_close(from);
	zx_handle_close(to);
}

JX_TEST(vmar_15_r3_a_vmo_into_itself)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(base + 2 * PAGE), 0, 2 * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base + 2 * PAGE), VM_STAMP(0));
	EXPECT_EQ(vm_load(base + 3 * PAGE), VM_STAMP(1));
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)(base + PAGE), 0, PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base), VM_STAMP(1));
	/* The same page onto itself, and pages that must be committed for it. */
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)base, 0, 4 * PAGE), ZX_OK);
	ASSERT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE, NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)base, 0, 4 * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base), 0);
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

#define CROSSINGS 300

/* Reads one VMO into a mapping of the other, and drops its pages again. */
struct crossing {
	struct jx_thread thread;
	zx_handle_t from;
	zx_handle_t to;
	zx_vaddr_t base;
};

static int cross(void *arg)
{
	struct crossing *c = arg;
	zx_status_t status = ZX_OK;

	for (int i = 0; status == ZX_OK && i < CROSSINGS; i++) {
		status = zx_vmo_read(c->from, (void *)c->base, 0, 4 * PAGE);
		if (status == ZX_OK)
			status = zx_vmo_op_range(c->to, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE, NULL, 0);
	}
	return status;
}

JX_TEST(vmar_15_r3_two_of_each_other)
{
	struct crossing c[2];
	int result = -1;

	for (int i = 0; i < 2; i++) {
		c[i].to = vm_vmo_make(4, 0);
		c[i].base = vm_map(c[i].to, VM_RW, 4);
	}
	for (int i = 0; i < 2; i++)
		c[i].from = c[1 - i].to;
	for (int i = 0; i < 2; i++)
		ASSERT_STATUS(jx_thread_create(&c[i].thread, "crossing", cross, &c[i]), ZX_OK);
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(jx_thread_join(&c[i].thread, &result), ZX_OK);
		EXPECT_STATUS(result, ZX_OK);
	}
	for (int i = 0; i < 2; i++) {
		vm_unmap(c[i].base, 4);
		zx_handle_close(c[i].to);
	}
}

JX_TEST(vmar_15_r4_failed_output_undoes_the_operation)
{
	zx_handle_t handle = zx_process_self();
	zx_vaddr_t address = CONF_UNTOUCHED;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	CONF_FAILS(&a, zx_vmar_map(a.vmar, VM_RW | ZX_VM_MAP_RANGE, 0, a.vmo, 0, 2 * PAGE, NULL),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_allocate(a.vmar, 0, 0, 2 * PAGE, &handle, NULL),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_allocate(a.vmar, 0, 0, 3 * PAGE, &handle, &address),
		   ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(handle, zx_process_self());
	EXPECT_EQ(address, CONF_UNTOUCHED);
	/* All of the space is there. */
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, 2 * PAGE), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_15_r5_what_came_before_may_have_moved)
{
	zx_handle_t from = vm_vmo_make(2, 0);
	struct vm_area a;
	uint64_t seen;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 2, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(from, (void *)a.base, 0, 2 * PAGE), ZX_ERR_NOT_FOUND);
	seen = vm_load(a.base);
	EXPECT_TRUE(seen == VM_STAMP(2) || seen == VM_STAMP(0));
	/* Into the VMO as well, and nothing behind the page that failed. */
	EXPECT_STATUS(zx_vmo_write(from, (void *)a.base, 0, 2 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_EQ(vm_vmo_get(from, 1), VM_STAMP(1));
	zx_handle_close(from);
	vm_area_drop(&a);
}

JX_TEST(vmar_15_r6_outputs_need_no_alignment)
{
	uint8_t bytes[32] = { 0 };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	for (size_t i = 1; i < 8; i++) {
		zx_vaddr_t address;

		ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, PAGE, a.vmo, 0, PAGE,
					  (zx_vaddr_t *)(bytes + i)), ZX_OK);
		memcpy(&address, bytes + i, sizeof(address));
		EXPECT_EQ(address, vm_at(&a, 1));
		ASSERT_STATUS(vm_area_unmap(&a, 1, 1), ZX_OK);
	}
	/* Across two pages. */
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmo_get_size(a.vmo, (uint64_t *)(vm_at(&a, 1) - 3)), ZX_OK);
	memcpy(bytes, (void *)(vm_at(&a, 1) - 3), 8);
	EXPECT_EQ(memcmp(bytes, &(uint64_t){ 2 * PAGE }, 8), 0);
	vm_area_drop(&a);
}

JX_TEST(vmar_15_r7_data_buffers_and_others)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 4, 1), ZX_OK);
	/* vmo_write reads its buffer, vmo_read writes it. */
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 0), 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 1), 0, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 1), 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 2), 0, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 2), 0, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 3), 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 3), 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, NULL, 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)VM_KERNEL_ADDRESS, 0, 8), ZX_ERR_NOT_FOUND);
	/* Any other pointer to the same places. */
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_STATUS(zx_vmo_get_size(vmo, (uint64_t *)vm_at(&a, i)),
			      ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}
