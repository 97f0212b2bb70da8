/* zx_vmar_op_range as the latest era has it: spec/vmar.md 9, its last part. */
#include "conf_util.h"

enum {
	COMMIT = 1,
	DECOMMIT = 2,
	MAP_RANGE = 3,
	ZERO = 10,
	DONT_NEED = 12,
	ALWAYS_NEED = 13,
	PREFETCH = 14
};

static zx_status_t op(zx_handle_t vmar, uint32_t number, zx_vaddr_t address, uint64_t pages)
{
	return zx_vmar_op_range(vmar, number, address, pages * PAGE, NULL, 0);
}

/* A VMO with no page yet, mapped at page 0 of an area. */
static zx_handle_t map_fresh(const struct vm_area *a, zx_vm_option_t perm, uint64_t pages)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	EXPECT_STATUS(conf_map_at(a->vmar, perm, 0, vmo, 0, pages), ZX_OK);
	return vmo;
}

/* Later eras look at the range before the state. */
JX_TEST_OF_LATEST(vmar_9_c6_range_before_the_dead_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(op(a.vmar, DECOMMIT, vm_at(&a, 1), 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(op(a.vmar, DECOMMIT, 0, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(op(a.vmar, DECOMMIT, a.base, 1), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r4_commit_needs_write_in_the_maximum)
{
	zx_handle_t fresh, reader;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	fresh = map_fresh(&a, VM_RW, 2);
	EXPECT_STATUS(op(a.vmar, COMMIT, a.base, 1), ZX_OK);
	EXPECT_EQ(vm_vmo_info(fresh).committed_bytes, PAGE);
	/* Not in the current protection. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, a.base, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(op(a.vmar, COMMIT, a.base, 2), ZX_OK);
	EXPECT_EQ(vm_vmo_info(fresh).committed_bytes, 2 * PAGE);
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 2, reader, 2, 1), ZX_OK);
	CONF_FAILS(&a, op(a.vmar, COMMIT, vm_at(&a, 2), 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	zx_handle_close(fresh);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r4_zero_needs_write_in_the_maximum)
{
	zx_handle_t reader;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 2), ZX_OK);
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 2, reader, 2, 1), ZX_OK);
	EXPECT_STATUS(op(a.vmar, ZERO, vm_at(&a, 1), 1), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	EXPECT_EQ(vm_load(vm_at(&a, 1)), 0);
	CONF_FAILS(&a, op(a.vmar, ZERO, vm_at(&a, 2), 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(vm_vmo_get(a.vmo, 2), VM_STAMP(2));
	zx_handle_close(reader);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r4_prefetch_needs_read_in_the_maximum)
{
	zx_handle_t map_only;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	map_only = vm_dup(a.vmo, ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, 0, 1, map_only, 1, 1), ZX_OK);
	EXPECT_STATUS(op(a.vmar, PREFETCH, a.base, 1), ZX_OK);
	CONF_FAILS(&a, op(a.vmar, PREFETCH, vm_at(&a, 1), 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(map_only);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r5_map_range_commits_nothing)
{
	zx_handle_t fresh;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	fresh = map_fresh(&a, VM_RW, 4);
	EXPECT_STATUS(op(a.vmar, MAP_RANGE, a.base, 4), ZX_OK);
	EXPECT_EQ(vm_vmo_info(fresh).committed_bytes, 0);
	vm_vmo_set(fresh, 1, 11);
	vm_store(vm_at(&a, 2), 12);
	/* One there and not mapped, one mapped already, two absent. */
	EXPECT_STATUS(op(a.vmar, MAP_RANGE, a.base, 4), ZX_OK);
	EXPECT_STATUS(op(a.vmar, MAP_RANGE, a.base, 4), ZX_OK);
	EXPECT_EQ(vm_vmo_info(fresh).committed_bytes, 2 * PAGE);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), 11);
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 12);
	EXPECT_EQ(vm_load(vm_at(&a, 3)), 0);
	zx_handle_close(fresh);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r6_hints_on_anonymous_vmos)
{
	zx_handle_t fresh;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	fresh = map_fresh(&a, VM_R, 2);
	EXPECT_STATUS(op(a.vmar, DONT_NEED, a.base, 2), ZX_OK);
	EXPECT_STATUS(op(a.vmar, ALWAYS_NEED, a.base, 2), ZX_OK);
	EXPECT_EQ(vm_load(a.base), 0);
	zx_handle_close(fresh);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r7_through_a_sub_vmar)
{
	const uint32_t never[] = { COMMIT, DECOMMIT, PREFETCH };
	const uint32_t with_right[] = { MAP_RANGE, ZERO, DONT_NEED, ALWAYS_NEED };
	zx_handle_t sub, bare;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	sub = vm_area_sub(&a, 0, 2);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 0, a.vmo, 0, 2), ZX_OK);
	bare = vm_dup(a.vmar, conf_rights(a.vmar) & ~ZX_RIGHT_OP_CHILDREN);
	for (int i = 0; i < 3; i++) {
		CONF_FAILS(&a, op(a.vmar, never[i], a.base, 2), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(op(sub, never[i], vm_at(&a, 1), 1), ZX_OK);
	}
	for (int i = 0; i < 4; i++) {
		CONF_FAILS(&a, op(bare, with_right[i], a.base, 2), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(op(a.vmar, with_right[i], vm_at(&a, 1), 1), ZX_OK);
	}
	EXPECT_EQ(vm_load(a.base), VM_STAMP(0));
	zx_handle_close(bare);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r8_rights_of_each_op)
{
	const struct {
		uint32_t op;
		zx_rights_t right;
	} table[] = {
		{ COMMIT, ZX_RIGHT_WRITE }, { DECOMMIT, ZX_RIGHT_WRITE },
		{ ZERO, ZX_RIGHT_WRITE }, { MAP_RANGE, ZX_RIGHT_READ },
		{ PREFETCH, ZX_RIGHT_READ }, { DONT_NEED, 0 }, { ALWAYS_NEED, 0 },
	};
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		zx_handle_t without = vm_dup(a.vmar, conf_rights(a.vmar) & ~table[i].right);
		zx_handle_t just = vm_dup(a.vmar, table[i].right);

		if (table[i].right)
			CONF_FAILS(&a, op(without, table[i].op, a.base, 1), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(op(just, table[i].op, vm_at(&a, 1), 1), ZX_OK);
		zx_handle_close(without);
		zx_handle_close(just);
	}
	EXPECT_EQ(vm_load(a.base), VM_STAMP(0));
	vm_area_drop(&a);
}

JX_TEST_OF_LATEST(vmar_9_r9_commit_through_a_clone)
{
	zx_handle_t clone;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(zx_vmo_create_child(a.vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 2 * PAGE, &clone),
		      ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 0, clone, 0, 2), ZX_OK);
	EXPECT_STATUS(op(a.vmar, COMMIT, a.base, 2), ZX_OK);
	/* The parent's pages are its own again, and what is seen is the same. */
	EXPECT_EQ(vm_vmo_info(clone).committed_bytes, 2 * PAGE);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 2 * PAGE);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0) && vm_area_shows(&a, 1, 1));
	vm_store(a.base, 1);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	zx_handle_close(clone);
	vm_area_drop(&a);
}
