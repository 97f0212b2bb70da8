/* What the latest era answers otherwise than 2020: spec/vmar.md 0.3, 6 to 9, 11,
 * and what it adds. */
#include "vm_util.h"

#define WITHOUT_CHILDREN (ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE)

/* Page 0 mapped, pages 2-5 a sub-VMAR with pages 3-4 mapped, page 7 mapped. */
static zx_handle_t make_nest(struct vm_area *a)
{
	zx_handle_t sub;
	zx_vaddr_t address;

	if (!vm_area_make(a, 8))
		return ZX_HANDLE_INVALID;
	sub = vm_area_sub(a, 2, 4);
	EXPECT_STATUS(vm_area_map(a, VM_RW, 0, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(sub, VM_RW | ZX_VM_SPECIFIC, PAGE, a->vmo, 3 * PAGE, 2 * PAGE,
				  &address), ZX_OK);
	EXPECT_STATUS(vm_area_map(a, VM_RW, 7, 7, 1), ZX_OK);
	return sub;
}

static void drop_nest(struct vm_area *a, zx_handle_t sub)
{
	zx_handle_close(sub);
	vm_area_drop(a);
}

static zx_status_t op(zx_handle_t vmar, uint32_t number, const struct vm_area *a, uint64_t page,
		      uint64_t count)
{
	return zx_vmar_op_range(vmar, number, vm_at(a, page), count * PAGE, NULL, 0);
}

/* Section 6: nothing of a sub-VMAR goes without the right. */
JX_TEST_OF_LATEST(vmar_latest_unmap_of_a_child_needs_the_right)
{
	struct vm_area a;
	zx_handle_t sub = make_nest(&a), bare = vm_dup(a.vmar, WITHOUT_CHILDREN);

	EXPECT_STATUS(zx_vmar_unmap(bare, a.base, 8 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(bare, vm_at(&a, 2), 4 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0) && vm_area_shows(&a, 4, 4) && vm_area_shows(&a, 7, 7));
	EXPECT_STATUS(zx_vmar_unmap(bare, a.base, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(bare, a.base, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, vm_at(&a, 1), 7 * PAGE), ZX_OK);
	EXPECT_TRUE(vm_area_is_gap(&a, 4) && vm_area_is_gap(&a, 7));
	zx_handle_close(bare);
	drop_nest(&a, sub);
}

/* D1: any length is rounded up. */
JX_TEST_OF_LATEST(vmar_latest_unmap_rounds_up)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, 4 * PAGE - 1), ZX_OK);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_TRUE(vm_area_is_gap(&a, i));
	EXPECT_STATUS(zx_vmar_unmap(a.vmar, a.base, UINT64_MAX), ZX_ERR_INVALID_ARGS);
	vm_area_drop(&a);
}

/* D13: into sub-VMARs, where permissions can only be taken away. */
JX_TEST_OF_LATEST(vmar_latest_protect_descends)
{
	struct vm_area a;
	zx_handle_t sub = make_nest(&a), bare = vm_dup(a.vmar, WITHOUT_CHILDREN);

	EXPECT_STATUS(zx_vmar_protect(bare, VM_R, vm_at(&a, 3), PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(bare, VM_R, vm_at(&a, 2), PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 2), 2 * PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 3), 2 * PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_ERR_ACCESS_DENIED);
	/* What was taken comes back only through the sub-VMAR's own handle. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, vm_at(&a, 3), PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 3), PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(sub, VM_RW, vm_at(&a, 3), 2 * PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_write(vm_at(&a, 3)), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_RW, 0 }, { 3, 2, VM_RW, 3 }, { 7, 1, VM_RW, 7 }));
	zx_handle_close(bare);
	drop_nest(&a, sub);
}

/* Both edges inside mappings of different VMARs: each is cut where it stands. */
JX_TEST_OF_LATEST(vmar_latest_protect_cuts_in_two_regions)
{
	struct vm_area a;
	zx_handle_t left, right;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 12));
	left = vm_area_sub(&a, 0, 4);
	right = vm_area_sub(&a, 8, 4);
	ASSERT_STATUS(zx_vmar_map(left, VM_RW | ZX_VM_SPECIFIC, 0, a.vmo, 0, 4 * PAGE, &address),
		      ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 4, 4, 4), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(right, VM_RW | ZX_VM_SPECIFIC, 0, a.vmo, 8 * PAGE, 4 * PAGE,
				  &address), ZX_OK);
	for (uint64_t i = 0; i < 12; i++)
		vm_store(vm_at(&a, i), VM_STAMP(i));
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 2), 8 * PAGE), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 0 }, { 2, 2, VM_R, 2 }, { 4, 4, VM_R, 4 },
			       { 8, 2, VM_R, 8 }, { 10, 2, VM_RW, 10 }));
	for (uint64_t i = 0; i < 12; i++)
		EXPECT_STATUS(vm_probe_write(vm_at(&a, i)),
			      i < 2 || i >= 10 ? ZX_OK : ZX_ERR_ACCESS_DENIED);
	/* From the middle of the parent's own mapping into a sub-VMAR's. */
	EXPECT_STATUS(zx_vmar_protect(a.vmar, 0, vm_at(&a, 6), 3 * PAGE), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 2, VM_RW, 0 }, { 2, 2, VM_R, 2 }, { 4, 2, VM_R, 4 },
			       { 6, 2, 0, 6 }, { 8, 1, 0, 8 }, { 9, 1, VM_R, 9 },
			       { 10, 2, VM_RW, 10 }));
	zx_handle_close(left);
	drop_nest(&a, right);
}

/* Section 8 and D14. */
JX_TEST_OF_LATEST(vmar_latest_destroy_needs_the_right)
{
	struct vm_area a;
	zx_handle_t sub = make_nest(&a), bare = vm_dup(sub, WITHOUT_CHILDREN);
	zx_handle_t root = vm_dup(zx_vmar_root_self(), WITHOUT_CHILDREN);

	EXPECT_STATUS(zx_vmar_destroy(bare), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_destroy(root), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_destroy(zx_vmar_root_self()), ZX_ERR_NOT_SUPPORTED);
	EXPECT_TRUE(vm_area_shows(&a, 3, 3));
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(bare), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_ERR_BAD_STATE);
	zx_handle_close(root);
	zx_handle_close(bare);
	drop_nest(&a, sub);
}

/* Section 9: which operations there are, and the handle's right for each. */
JX_TEST_OF_LATEST(vmar_latest_op_rights)
{
	static const zx_rights_t needed[16] = {
		[ZX_VMAR_OP_COMMIT] = ZX_RIGHT_WRITE,
		[ZX_VMAR_OP_DECOMMIT] = ZX_RIGHT_WRITE,
		[ZX_VMAR_OP_MAP_RANGE] = ZX_RIGHT_READ,
		[ZX_VMAR_OP_ZERO] = ZX_RIGHT_WRITE,
		[ZX_VMAR_OP_DONT_NEED] = ZX_RIGHT_NONE,
		[ZX_VMAR_OP_ALWAYS_NEED] = ZX_RIGHT_NONE,
		[ZX_VMAR_OP_PREFETCH] = ZX_RIGHT_READ,
	};
	const uint32_t known = 1u << ZX_VMAR_OP_COMMIT | 1u << ZX_VMAR_OP_DECOMMIT |
			       1u << ZX_VMAR_OP_MAP_RANGE | 1u << ZX_VMAR_OP_ZERO |
			       1u << ZX_VMAR_OP_DONT_NEED | 1u << ZX_VMAR_OP_ALWAYS_NEED |
			       1u << ZX_VMAR_OP_PREFETCH;
	zx_handle_t bare, right;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	bare = vm_dup(a.vmar, ZX_RIGHT_EXECUTE | ZX_RIGHT_INSPECT);
	for (uint32_t n = 0; n < 16; n++) {
		right = vm_dup(a.vmar, needed[n]);
		EXPECT_STATUS(op(right, n, &a, 0, 1),
			      known & 1u << n ? ZX_OK : ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(op(bare, n, &a, 0, 1),
			      !(known & 1u << n) ? ZX_ERR_INVALID_ARGS :
			      needed[n] ? ZX_ERR_ACCESS_DENIED : ZX_OK);
		zx_handle_close(right);
	}
	zx_handle_close(bare);
	vm_area_drop(&a);
}

/* Section 9: through a sub-VMAR some never go, others with the right. */
JX_TEST_OF_LATEST(vmar_latest_op_through_a_child)
{
	static const uint32_t never[] = { ZX_VMAR_OP_COMMIT, ZX_VMAR_OP_DECOMMIT,
					  ZX_VMAR_OP_PREFETCH };
	static const uint32_t with_right[] = { ZX_VMAR_OP_MAP_RANGE, ZX_VMAR_OP_ZERO,
					       ZX_VMAR_OP_DONT_NEED, ZX_VMAR_OP_ALWAYS_NEED };
	struct vm_area a;
	zx_handle_t sub = make_nest(&a), bare = vm_dup(a.vmar, WITHOUT_CHILDREN);

	for (size_t i = 0; i < 3; i++) {
		EXPECT_STATUS(op(a.vmar, never[i], &a, 3, 2), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(op(sub, never[i], &a, 3, 2), ZX_OK);
	}
	for (size_t i = 0; i < 4; i++) {
		EXPECT_STATUS(op(bare, with_right[i], &a, 3, 2), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(op(a.vmar, with_right[i], &a, 3, 2), ZX_OK);
		EXPECT_STATUS(op(a.vmar, with_right[i], &a, 2, 2), ZX_ERR_BAD_STATE);
		EXPECT_STATUS(op(a.vmar, with_right[i], &a, 0, 2), ZX_ERR_BAD_STATE);
	}
	EXPECT_EQ(vm_load(vm_at(&a, 3)), 0);
	zx_handle_close(bare);
	drop_nest(&a, sub);
}

/* Section 9: the range, before the state of the VMAR, then from the left. */
JX_TEST_OF_LATEST(vmar_latest_op_range_checks)
{
	struct vm_area a;
	uint64_t word = 0;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_COMMIT, &a, 0, 1), ZX_ERR_BAD_STATE);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMAR_OP_COMMIT, a.base, PAGE, &word, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMAR_OP_COMMIT, a.base, PAGE, NULL, 8),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_ZERO, &a, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMAR_OP_ZERO, a.base + 8, PAGE, NULL, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_ZERO, &a, 1, 2), ZX_ERR_BAD_STATE);
	EXPECT_EQ(vm_vmo_get(a.vmo, 1), VM_STAMP(1));
	/* D6: rounded up. */
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMAR_OP_ZERO, a.base, 1, NULL, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), 0);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_ZERO, &a, 3, 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_op_range(a.vmar, ZX_VMAR_OP_ZERO, a.base, -PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_ZERO, &a, 3, 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_ZERO, &a, 0, 1), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

/* Section 9: what a mapping may become decides, not what it is now. */
JX_TEST_OF_LATEST(vmar_latest_op_maximum_protection)
{
	static const uint32_t writing[] = { ZX_VMAR_OP_COMMIT, ZX_VMAR_OP_DECOMMIT,
					    ZX_VMAR_OP_ZERO };
	struct vm_area a;
	zx_handle_t reader, blind;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 3));
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	blind = vm_dup(a.vmo, ZX_RIGHT_MAP);
	ASSERT_STATUS(vm_area_map(&a, 0, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, PAGE, reader, PAGE, PAGE,
				  &address), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, ZX_VM_SPECIFIC, 2 * PAGE, blind, 2 * PAGE, PAGE,
				  &address), ZX_OK);
	for (size_t i = 0; i < 3; i++) {
		EXPECT_STATUS(op(a.vmar, writing[i], &a, 1, 1), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(op(a.vmar, writing[i], &a, 0, 2), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(op(a.vmar, writing[i], &a, 2, 1), ZX_ERR_ACCESS_DENIED);
	}
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	for (size_t i = 0; i < 3; i++)
		EXPECT_STATUS(op(a.vmar, writing[i], &a, 0, 1), ZX_OK);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_PREFETCH, &a, 0, 2), ZX_OK);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_PREFETCH, &a, 2, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_MAP_RANGE, &a, 0, 3), ZX_OK);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_DONT_NEED, &a, 0, 3), ZX_OK);
	zx_handle_close(reader);
	zx_handle_close(blind);
	vm_area_drop(&a);
}

/* COMMIT, ZERO, DECOMMIT: over several mappings at once, at their places. */
JX_TEST_OF_LATEST(vmar_latest_op_effects)
{
	struct vm_area a;
	zx_handle_t fresh;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &fresh), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 4, 4), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_RW | ZX_VM_SPECIFIC, 4 * PAGE, fresh, PAGE, 3 * PAGE,
				  &address), ZX_OK);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_COMMIT, &a, 2, 4), ZX_OK);
	EXPECT_EQ(vm_vmo_info(fresh).committed_bytes, 2 * PAGE);
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_ZERO, &a, 3, 2), ZX_OK);
	EXPECT_EQ(vm_vmo_get(a.vmo, 6), VM_STAMP(6));
	EXPECT_EQ(vm_vmo_get(a.vmo, 7), 0);
	EXPECT_EQ(vm_vmo_get(a.vmo, 3), VM_STAMP(3));
	EXPECT_STATUS(op(a.vmar, ZX_VMAR_OP_DECOMMIT, &a, 0, 7), ZX_OK);
	EXPECT_EQ(vm_vmo_info(fresh).committed_bytes, 0);
	EXPECT_EQ(vm_vmo_info(a.vmo).committed_bytes, 4 * PAGE);
	zx_handle_close(fresh);
	vm_area_drop(&a);
}

/* Past the VMO's end: the operations that need pages say so first. */
JX_TEST_OF_LATEST(vmar_latest_op_past_the_vmo)
{
	static const uint32_t strict[] = { ZX_VMAR_OP_COMMIT, ZX_VMAR_OP_DECOMMIT,
					   ZX_VMAR_OP_ZERO, ZX_VMAR_OP_PREFETCH };
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	for (size_t i = 0; i < 4; i++) {
		EXPECT_STATUS(zx_vmar_op_range(zx_vmar_root_self(), strict[i], base, 3 * PAGE,
					       NULL, 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_EQ(vm_load(base), VM_STAMP(0));
	}
	EXPECT_STATUS(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_MAP_RANGE, base, 4 * PAGE,
				       NULL, 0), ZX_OK);
	EXPECT_EQ(vm_load(base + PAGE), VM_STAMP(1));
	EXPECT_STATUS(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_DONT_NEED, base, 4 * PAGE,
				       NULL, 0), ZX_OK);
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

/* Section 11: no execute-only mappings here, so the flag adds READ. */
JX_TEST_OF_LATEST(vmar_latest_read_if_xom_unsupported)
{
	const zx_vm_option_t xom = ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED;
	zx_handle_t code = 0, reader, vmar;
	struct vm_area a;
	zx_vaddr_t address = 0;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmo_replace_as_executable(vm_dup(a.vmo, ZX_RIGHT_SAME_RIGHTS),
						   ZX_HANDLE_INVALID, &code), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, xom, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(a.vmar, xom | VM_X | ZX_VM_SPECIFIC, PAGE, code, PAGE, PAGE,
				  &address), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, 0, 2, 2, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, xom, vm_at(&a, 2), PAGE), ZX_OK);
	EXPECT_TRUE(VM_AREA_IS(&a, { 0, 1, VM_R, 0 }, { 1, 1, VM_RX, 1 }, { 2, 1, VM_R, 2 }));
	EXPECT_STATUS(vm_area_map(&a, xom | VM_W, 3, 3, 1), ZX_OK);
	/* READ is asked of the handles as well. */
	vmar = vm_dup(a.vmar, ZX_RIGHT_WRITE);
	reader = vm_dup(a.vmo, ZX_RIGHT_MAP);
	EXPECT_STATUS(zx_vmar_protect(vmar, xom, vm_at(&a, 2), PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), xom, 0, reader, 0, PAGE, &address),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, xom | ZX_VM_FAULT_BEYOND_STREAM_SIZE, a.base, PAGE),
		      ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmar);
	zx_handle_close(reader);
	zx_handle_close(code);
	vm_area_drop(&a);
}

/* D9 to D11: the later names of what cannot be placed. */
JX_TEST_OF_LATEST(vmar_latest_placement_statuses)
{
	struct vm_area a;
	zx_vaddr_t address;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 3), ZX_OK);
	EXPECT_STATUS(vm_area_map(&a, VM_R, 2, 0, 2), ZX_ERR_ALREADY_EXISTS);
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, ZX_VM_SPECIFIC, 0, PAGE, &sub, &address),
		      ZX_ERR_ALREADY_EXISTS);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, 2 * PAGE, &address),
		      ZX_ERR_NO_RESOURCES);
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 2 * PAGE, &sub, &address),
		      ZX_ERR_NO_RESOURCES);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, -PAGE, PAGE, &address),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, -2 * PAGE, PAGE, &address), ZX_OK);
	vm_area_drop(&a);
}

static zx_status_t write_memory(zx_vaddr_t address, uint64_t value)
{
	size_t actual = 0;
	zx_status_t status = zx_process_write_memory(zx_process_self(), address, &value,
						     sizeof(value), &actual);

	EXPECT_EQ(actual, status == ZX_OK ? sizeof(value) : 0);
	return status;
}

/* Section 16: what is read-only for good is copied before it is written. */
JX_TEST_OF_LATEST(vmar_latest_write_memory_to_a_private_copy)
{
	struct vm_area a;
	zx_handle_t reader;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	reader = vm_dup(a.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 0, reader, 2 * PAGE, 3 * PAGE,
				  &address), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 4, 2, 3), ZX_OK);
	EXPECT_STATUS(write_memory(vm_at(&a, 1), 77), ZX_OK);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), 77);
	EXPECT_EQ(vm_load(vm_at(&a, 5)), VM_STAMP(3));
	EXPECT_EQ(vm_vmo_get(a.vmo, 3), VM_STAMP(3));
	/* The rest shows what it showed; a second write goes to the same copy. */
	EXPECT_EQ(vm_load(vm_at(&a, 0)), VM_STAMP(2));
	EXPECT_EQ(vm_load(vm_at(&a, 2)), VM_STAMP(4));
	EXPECT_STATUS(write_memory(vm_at(&a, 2), 78), ZX_OK);
	EXPECT_TRUE(vm_load(vm_at(&a, 1)) == 77 && vm_load(vm_at(&a, 2)) == 78);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, PAGE), ZX_ERR_ACCESS_DENIED);
	/* What could be made writable writes to the VMO. */
	EXPECT_STATUS(write_memory(vm_at(&a, 4), 79), ZX_OK);
	EXPECT_EQ(vm_vmo_get(a.vmo, 2), 79);
	EXPECT_EQ(vm_load(vm_at(&a, 0)), VM_STAMP(2));
	EXPECT_STATUS(write_memory(vm_at(&a, 3), 1), ZX_ERR_NOT_FOUND);
	zx_handle_close(reader);
	vm_area_drop(&a);
}
