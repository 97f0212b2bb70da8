/* Faults through mappings: spec/vmar.md 14. */
#include "conf_util.h"

#define KILLED ZX_TASK_RETCODE_EXCEPTION_KILL
#define RET 0xd65f03c0u

static zx_handle_t make_code(uint64_t pages)
{
	zx_handle_t vmo = vm_vmo_make(pages, 0);

	for (uint64_t i = 0; i < pages; i++)
		vm_vmo_set(vmo, i, RET);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	return vmo;
}

/* What becomes of a child that makes one access, at `offset` in a mapping. */
static int64_t outcome(zx_handle_t vmo, uint64_t pages, zx_vm_option_t perm, vm_child_fn access,
		       uint64_t offset)
{
	struct vm_child child;

	if (!vm_child_make(&child) ||
	    !vm_child_start(&child, access, vm_child_map(&child, vmo, perm, pages) + offset))
		return 0;
	return vm_child_finish(&child);
}

JX_TEST(vmar_14_1_r1_reads_writes_and_fetches)
{
	const vm_child_fn accesses[] = { vm_child_read, vm_child_write, vm_child_call };
	const zx_vm_option_t needs[] = { VM_R, VM_W, VM_X };
	const zx_vm_option_t perms[] = { 0, VM_R, VM_RW, VM_RX, VM_RW | VM_X };
	zx_handle_t vmo = make_code(1);

	for (int i = 0; i < 5; i++) {
		for (int j = 0; j < 3; j++) {
			vm_vmo_set(vmo, 0, RET);
			EXPECT_EQ(outcome(vmo, 1, perms[i], accesses[j], 0),
				  perms[i] & needs[j] ? 1 : KILLED);
		}
	}
	zx_handle_close(vmo);
}

JX_TEST(vmar_14_2_r1_nothing_mapped)
{
	const uint64_t addresses[] = { 0, 1, VM_KERNEL_ADDRESS, UINT64_MAX, 0xffffffffffff,
				       1ul << 52 };
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		EXPECT_STATUS(vm_probe_read(addresses[i]), ZX_ERR_NOT_FOUND);
		EXPECT_STATUS(vm_probe_write(addresses[i]), ZX_ERR_NOT_FOUND);
	}
	/* Never mapped, a gap of a sub-VMAR, unmapped, destroyed. */
	EXPECT_STATUS(vm_probe_read(a.base), ZX_ERR_NOT_FOUND);
	sub = vm_area_sub(&a, 1, 2);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 1)), ZX_ERR_NOT_FOUND);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 1, a.vmo, 0, 1), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 2)), ZX_OK);
	ASSERT_STATUS(zx_vmar_destroy(sub), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 2)), ZX_ERR_NOT_FOUND);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 3, 0, 1), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_OK);
	ASSERT_STATUS(vm_area_unmap(&a, 3, 1), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_ERR_NOT_FOUND);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST(vmar_14_2_r1_nothing_mapped_kills)
{
	const uint64_t addresses[] = { 0, VM_KERNEL_ADDRESS, UINT64_MAX - 7 };
	const vm_child_fn accesses[] = { vm_child_read, vm_child_write, vm_child_call };

	for (int i = 0; i < 3; i++) {
		struct vm_child child;

		ASSERT_TRUE(vm_child_make(&child));
		ASSERT_TRUE(vm_child_start(&child, accesses[i], addresses[i]));
		EXPECT_EQ(vm_child_finish(&child), KILLED);
	}
}

JX_TEST(vmar_14_2_r2_protection_decides)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 1, 1, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 2, 2, 1), ZX_OK);
	/* Before the VMO's end is looked at (step 3). */
	ASSERT_STATUS(vm_area_map(&a, 0, 3, 4, 1), ZX_OK);
	EXPECT_STATUS(vm_probe_read(a.base), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_write(a.base), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 1)), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 1)), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 2)), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 2)), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 3)), ZX_ERR_ACCESS_DENIED);
	vm_area_drop(&a);
}

JX_TEST(vmar_14_2_r3_past_the_end)
{
	zx_handle_t vmo = make_code(1);
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 1, 2), ZX_OK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 1)), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 1)), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_write, PAGE), KILLED);
	EXPECT_EQ(outcome(vmo, 2, VM_RX, vm_child_call, PAGE), KILLED);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

JX_TEST(vmar_14_3_r1_reads_commit_nothing)
{
	zx_handle_t vmo;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(8 * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, 8);
	for (uint64_t i = 0; i < 8; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), 0);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	vm_store(base + 3 * PAGE, 1);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, PAGE);
	EXPECT_EQ(vm_load(base + 2 * PAGE) | vm_load(base + 4 * PAGE), 0);
	vm_unmap(base, 8);
	zx_handle_close(vmo);
}

/* The page comes by a store, by zx_vmo_write, by COMMIT and by a store of
 * another process; all mappings showed the zero page before. */
JX_TEST(vmar_14_3_r2_zero_page_gives_way_everywhere)
{
	enum { MAPPINGS = 4 };
	zx_vaddr_t base[MAPPINGS], there;
	struct vm_child child;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &vmo), ZX_OK);
	ASSERT_TRUE(vm_child_make(&child));
	there = vm_child_map(&child, vmo, VM_RW, 4);
	for (int i = 0; i < MAPPINGS; i++) {
		base[i] = vm_map(vmo, VM_RW, 4);
		for (uint64_t page = 0; page < 4; page++)
			EXPECT_EQ(vm_load(base[i] + page * PAGE), 0);
	}
	vm_store(base[2], 1);
	vm_vmo_set(vmo, 1, 1);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 2 * PAGE, PAGE, NULL, 0), ZX_OK);
	vm_store(base[3] + 2 * PAGE, 1);
	ASSERT_TRUE(vm_child_start(&child, vm_child_write, there + 3 * PAGE));
	EXPECT_EQ(vm_child_finish(&child), 1);
	for (int i = 0; i < MAPPINGS; i++) {
		for (uint64_t page = 0; page < 4; page++)
			EXPECT_EQ(vm_load(base[i] + page * PAGE), 1);
		vm_unmap(base[i], 4);
	}
	zx_handle_close(vmo);
}

JX_TEST(vmar_14_4_r1_shrink_and_grow)
{
	zx_handle_t vmo = vm_vmo_make(4, ZX_VMO_RESIZABLE);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4), other = vm_map(vmo, VM_R, 4);

	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), vm_load(other + i * PAGE));
	EXPECT_STATUS(zx_vmo_set_size(vmo, 2 * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base + PAGE), VM_STAMP(1));
	EXPECT_STATUS(vm_probe_read(base + 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_write(base + 3 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_read(other + 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	EXPECT_STATUS(vm_probe_read(base), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_write(base), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 4 * PAGE), ZX_OK);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE) | vm_load(other + i * PAGE), 0);
	/* The mapping was there all the time. */
	EXPECT_EQ(vm_vmo_info(vmo).num_mappings, 2);
	vm_unmap(base, 4);
	vm_unmap(other, 4);
	zx_handle_close(vmo);
}

JX_TEST(vmar_14_4_r2_handles_may_go)
{
	zx_vaddr_t base;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &vmo), ZX_OK);
	vm_vmo_set(vmo, 1, 11);
	base = vm_map(vmo, VM_RW, 4);
	zx_handle_close(vmo);
	EXPECT_EQ(vm_load(base), 0);
	EXPECT_EQ(vm_load(base + PAGE), 11);
	vm_store(base + 2 * PAGE, 12);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 12);
	EXPECT_STATUS(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMO_OP_DECOMMIT, base + PAGE, PAGE,
				       NULL, 0), ZX_OK);
	EXPECT_EQ(vm_load(base + PAGE), 0);
	vm_unmap(base, 4);
}

JX_TEST(vmar_14_4_r4_the_last_byte)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_read, PAGE - 1), 1);
	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_read, PAGE), KILLED);
	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_write, PAGE - 1), 1);
	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_write, PAGE), KILLED);
	zx_handle_close(vmo);
}

/* Nobody handles it: the process ends with this code. */
JX_TEST(vmar_14_5_r1_unhandled_ends_the_process)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_EQ(outcome(vmo, 1, VM_R, vm_child_write, 0), -1028);
	EXPECT_EQ(outcome(vmo, 1, 0, vm_child_read, 0), -1028);
	/* ALLOW_FAULTS changes nothing. */
	EXPECT_EQ(outcome(vmo, 1, VM_R | ZX_VM_ALLOW_FAULTS, vm_child_write, 0), -1028);
	EXPECT_EQ(vm_vmo_get(vmo, 0), VM_STAMP(0));
	zx_handle_close(vmo);
}
