/* References and SNAPSHOT_MODIFIED of the latest era: spec/vmo.md 5.9, 5.10. */
#include "conf_vmo_util.h"
#include "dev_util.h"

#define REFERENCE ZX_VMO_CHILD_REFERENCE
#define MODIFIED ZX_VMO_CHILD_SNAPSHOT_MODIFIED
#define RESIZABLE ZX_VMO_CHILD_RESIZABLE

/* Before what the parent is. */
JX_TEST_OF_LATEST(vmo_5_9_c1_offset_and_size_are_0)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), slice = conf_child(vmo, CONF_SLICE, 0, 1);

	CONF_VMO_FAILS(vmo, conf_try_child(vmo, REFERENCE, PAGE, 0), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, REFERENCE, 0, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, REFERENCE, 0, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(slice, conf_try_child(slice, REFERENCE, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_try_child(vmo, REFERENCE, 0, 0), ZX_OK);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_5_9_c2_slices_and_contiguous_memory)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(2, 0), contiguous = 0, slice;

	slice = conf_child(vmo, CONF_SLICE, 0, 1);
	ASSERT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, &contiguous), ZX_OK);
	CONF_VMO_FAILS(slice, conf_try_child(slice, REFERENCE, 0, 0), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(contiguous, conf_try_child(contiguous, REFERENCE, 0, 0),
		       ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(slice);
	zx_handle_close(contiguous);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* RESIZABLE needs the right, which handles of a fixed VMO never have. */
JX_TEST_OF_LATEST(vmo_5_9_c3_resizable_needs_resize)
{
	zx_handle_t vmo = conf_numbered(2), fixed = conf_vmo(1, 0), reference, resizing;
	zx_handle_t lacks = vm_dup(vmo, CONF_VMO_RIGHTS);

	CONF_VMO_FAILS(vmo, conf_try_child(lacks, REFERENCE | RESIZABLE, 0, 0),
		       ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(fixed, conf_try_child(fixed, REFERENCE | RESIZABLE, 0, 0),
		       ZX_ERR_ACCESS_DENIED);
	reference = conf_child(vmo, REFERENCE, 0, 0);
	EXPECT_EQ(conf_rights(reference), CONF_VMO_RIGHTS);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(reference, PAGE), ZX_ERR_ACCESS_DENIED);
	resizing = conf_child(vmo, REFERENCE | RESIZABLE, 0, 0);
	EXPECT_EQ(conf_rights(resizing), CONF_VMO_RIGHTS | ZX_RIGHT_RESIZE);
	EXPECT_STATUS(zx_vmo_set_size(resizing, PAGE), ZX_OK);
	EXPECT_EQ(conf_size(vmo), PAGE);
	EXPECT_EQ(conf_size(reference), PAGE);
	zx_handle_close(reference);
	zx_handle_close(resizing);
	zx_handle_close(lacks);
	zx_handle_close(fixed);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_5_9_r1_rights)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), exec = 0, reference;

	ASSERT_STATUS(zx_vmo_replace_as_executable(vmo, 0, &exec), ZX_OK);
	reference = conf_child(exec, REFERENCE, 0, 0);
	EXPECT_EQ(conf_rights(reference), CONF_VMO_RIGHTS | ZX_RIGHT_EXECUTE);
	zx_handle_close(reference);
	reference = conf_child(exec, REFERENCE | ZX_VMO_CHILD_NO_WRITE, 0, 0);
	EXPECT_EQ(conf_rights(reference),
		  (CONF_VMO_RIGHTS | ZX_RIGHT_EXECUTE) & ~ZX_RIGHT_WRITE);
	zx_handle_close(reference);
	zx_handle_close(exec);
}

/* Same pages and size, own koid and name. */
JX_TEST_OF_LATEST(vmo_5_9_r2_is_an_alias)
{
	zx_handle_t vmo = conf_numbered(3), reference = conf_child(vmo, REFERENCE, 0, 0);
	zx_vaddr_t one = vm_map(vmo, VM_RW, 3), two = vm_map(reference, VM_RW, 3);
	char name[ZX_MAX_NAME_LEN];

	EXPECT_TRUE(conf_koid(vmo) != conf_koid(reference));
	EXPECT_EQ(vm_vmo_info(reference).parent_koid, conf_koid(vmo));
	EXPECT_STATUS(zx_object_set_property(reference, ZX_PROP_NAME, "alias", 5), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	EXPECT_EQ(name[0], 0);
	EXPECT_TRUE(CONF_SHOWS(reference, 1, 2, 3));
	vm_store(two, 10);
	EXPECT_EQ(vm_load(one), 10);
	vm_vmo_set(vmo, 1, 20);
	EXPECT_EQ(vm_load(two + PAGE), 20);
	EXPECT_EQ(conf_committed(reference), 0);
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	vm_unmap(one, 3);
	vm_unmap(two, 3);
	zx_handle_close(reference);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_5_9_r3_resize_is_seen_by_both)
{
	zx_handle_t vmo = conf_numbered(3), other;
	zx_handle_t reference = conf_child(vmo, REFERENCE | RESIZABLE, 0, 0);
	zx_vaddr_t one = vm_map(vmo, VM_R, 4), two = vm_map(reference, VM_R, 4);

	other = conf_child(reference, REFERENCE, 0, 0);
	EXPECT_STATUS(zx_vmo_set_size(reference, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(one + PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_read(two + PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 4 * PAGE), ZX_OK);
	EXPECT_EQ(conf_size(other), 4 * PAGE);
	EXPECT_EQ(vm_load(two + 3 * PAGE), 0);
	EXPECT_EQ(vm_load(one + PAGE), 0);
	EXPECT_EQ(vm_load(two), 1);
	vm_unmap(one, 4);
	vm_unmap(two, 4);
	zx_handle_close(other);
	zx_handle_close(reference);
	zx_handle_close(vmo);
}

/* Counted as a child; nested ones too. */
JX_TEST_OF_LATEST(vmo_5_9_r4_counts)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), one = conf_child(vmo, REFERENCE, 0, 0), two;

	two = conf_child(one, REFERENCE, 0, 0);
	EXPECT_EQ(conf_signals(vmo), 0);
	EXPECT_EQ(vm_vmo_info(vmo).num_children, 1);
	EXPECT_EQ(vm_vmo_info(one).num_children, 1);
	zx_handle_close(one);
	EXPECT_EQ(conf_signals(vmo), 0);
	EXPECT_TRUE(CONF_SHOWS(two, VM_STAMP(0)));
	zx_handle_close(two);
	EXPECT_EQ(conf_signals(vmo), ZX_VMO_ZERO_CHILDREN);
	zx_handle_close(vmo);
}

/* As if made from the root, though of the reference's koid. */
JX_TEST_OF_LATEST(vmo_5_9_r5_children_of_a_reference)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), reference = conf_child(vmo, REFERENCE, 0, 0);
	zx_handle_t snapshot = conf_snap(reference, 1, 2);
	zx_handle_t slice = conf_child(reference, CONF_SLICE, 1, 2);

	EXPECT_EQ(vm_vmo_info(snapshot).parent_koid, conf_koid(reference));
	EXPECT_EQ(vm_vmo_info(slice).parent_koid, conf_koid(reference));
	vm_vmo_set(vmo, 1, 11);
	EXPECT_TRUE(CONF_SHOWS(snapshot, VM_STAMP(1), VM_STAMP(2)));
	EXPECT_TRUE(CONF_SHOWS(slice, 11, VM_STAMP(2)));
	vm_vmo_set(reference, 2, 22);
	EXPECT_TRUE(CONF_SHOWS(snapshot, VM_STAMP(1), VM_STAMP(2)));
	EXPECT_TRUE(CONF_SHOWS(slice, 11, 22));
	zx_handle_close(reference);
	vm_vmo_set(snapshot, 0, 5);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 11, 22));
	zx_handle_close(slice);
	zx_handle_close(snapshot);
	zx_handle_close(vmo);
}

/* Root, reference, and one in between, gone in any order. */
JX_TEST_OF_LATEST(vmo_5_9_r6_any_order_of_death)
{
	static const uint8_t orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (int order = 0; order < 6; order++) {
		zx_handle_t h[3] = { conf_numbered(2) };
		uint64_t value = 2;

		h[1] = conf_child(h[0], REFERENCE | RESIZABLE, 0, 0);
		h[2] = conf_child(h[1], REFERENCE | RESIZABLE, 0, 0);
		for (int i = 0; i < 3; i++) {
			for (int j = i; j < 3; j++)
				EXPECT_EQ(vm_vmo_get(h[orders[order][j]], 1), value);
			vm_vmo_set(h[orders[order][2]], 1, ++value);
			zx_handle_close(h[orders[order][i]]);
		}
	}
}

/* 4.3: both read zero and are charged nothing. */
JX_TEST_OF_LATEST(vmo_5_9_r7_decommit_through_it)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), reference = conf_child(vmo, REFERENCE, 0, 0);

	EXPECT_STATUS(conf_op(reference, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, 0, 0));
	EXPECT_TRUE(CONF_SHOWS(reference, 0, 0));
	EXPECT_EQ(conf_committed(vmo), 0);
	EXPECT_EQ(conf_committed(reference), 0);
	zx_handle_close(reference);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_5_10_r1_of_anonymous_memory_it_is_a_snapshot)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), child = conf_child(vmo, MODIFIED, 0, 2);

	EXPECT_EQ(vm_vmo_info(child).flags, 0xd);
	vm_vmo_set(vmo, 0, 1);
	vm_vmo_set(child, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), 2));
	EXPECT_TRUE(CONF_SHOWS(vmo, 1, VM_STAMP(1)));
	zx_handle_close(child);
	zx_handle_close(vmo);
}

/* Of a pager's VMO it is unidirectional; of such a child, what was modified is
 * a snapshot, and the rest comes from the pager's VMO. */
JX_TEST_OF_LATEST(vmo_5_10_r2_of_a_pager_and_of_its_child)
{
	struct conf_pager p;
	zx_handle_t one, two;

	ASSERT_TRUE(conf_pager_full(&p, 3, 0));
	one = conf_child(p.vmo, MODIFIED, 0, 3);
	vm_vmo_set(p.vmo, 2, 32);
	EXPECT_TRUE(CONF_SHOWS(one, VM_STAMP(0), VM_STAMP(1), 32));
	vm_vmo_set(one, 0, 10);
	two = conf_child(one, MODIFIED, 0, 3);
	vm_vmo_set(one, 0, 11);
	vm_vmo_set(two, 1, 21);
	vm_vmo_set(p.vmo, 2, 33);
	EXPECT_TRUE(CONF_SHOWS(two, 10, 21, 33));
	EXPECT_TRUE(CONF_SHOWS(one, 11, VM_STAMP(1), 33));
	zx_handle_close(one);
	EXPECT_TRUE(CONF_SHOWS(two, 10, 21, 33));
	zx_handle_close(two);
	conf_pager_drop(&p);
}
