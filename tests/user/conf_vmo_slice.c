/* Slices: each check and rule of spec/vmo.md 5.8. */
#include "conf_vmo_util.h"
#include "dev_util.h"

#define NO_WRITE ZX_VMO_CHILD_NO_WRITE

/* Before the offset and the window. */
JX_TEST(vmo_5_8_c1_options)
{
	const uint32_t wrong[] = { ZX_VMO_CHILD_RESIZABLE, CONF_SNAPSHOT, CONF_ON_WRITE, 2, 0x100,
				   1u << 31 };
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE | wrong[i], 0, PAGE),
			       ZX_ERR_INVALID_ARGS);
		if (jx_era() == JX_ERA_2020)
			CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE | wrong[i], 0,
							   UINT64_MAX), ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(vmo);
}

/* Before a window outside and a resizable parent. */
JX_TEST(vmo_5_8_c2_offset_and_size)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);

	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE, 1, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE, 0, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE, 9 * PAGE, CONF_MAX_SIZE + 1),
		       ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_try_child(vmo, CONF_SLICE, 1, UINT64_MAX),
		      conf_era(ZX_ERR_INVALID_ARGS, ZX_ERR_OUT_OF_RANGE));
	zx_handle_close(vmo);
}

/* Before a resizable parent. */
JX_TEST(vmo_5_8_c3_window)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), resizable = vm_vmo_make(2, ZX_VMO_RESIZABLE);
	const uint64_t windows[][2] = { { 0, 3 * PAGE }, { PAGE, 2 * PAGE }, { PAGE, PAGE + 1 },
					{ 3 * PAGE, 0 }, { 0xfffffffffffff000, PAGE },
					{ PAGE, CONF_MAX_SIZE } };

	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE, windows[i][0], windows[i][1]),
			       ZX_ERR_INVALID_ARGS);
		CONF_VMO_FAILS(resizable, conf_try_child(resizable, CONF_SLICE, windows[i][0],
							 windows[i][1]), ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(resizable);
	zx_handle_close(vmo);
}

/* Before the cache policy. */
JX_TEST(vmo_5_8_c4_resizable_parent)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);
	zx_handle_t uncached = conf_vmo(2, ZX_VMO_RESIZABLE);

	ASSERT_STATUS(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_UNCACHED), ZX_OK);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE, 2 * PAGE, 0), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(uncached, conf_try_child(uncached, CONF_SLICE, 0, PAGE),
		       ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(uncached);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_8_c5_not_cached)
{
	zx_handle_t bti = dev_bti(), vmo = conf_vmo(2, 0), contiguous = 0, slice;

	ASSERT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_WRITE_COMBINING), ZX_OK);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SLICE, 0, PAGE), ZX_ERR_BAD_STATE);
	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 2 * PAGE, 0, &contiguous), ZX_OK);
	ASSERT_STATUS(zx_vmo_set_cache_policy(contiguous, ZX_CACHE_POLICY_UNCACHED), ZX_OK);
	slice = conf_child(contiguous, CONF_SLICE, 0, 1);
	EXPECT_EQ(vm_vmo_info(slice).cache_policy, ZX_CACHE_POLICY_UNCACHED);
	zx_handle_close(slice);
	zx_handle_close(contiguous);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* All acts on the parent's pages. */
JX_TEST(vmo_5_8_r1_is_a_window_on_the_parent)
{
	zx_handle_t vmo = vm_vmo_make(4, 0), slice = conf_child(vmo, CONF_SLICE, 1, 2);
	zx_vaddr_t base = vm_map(slice, VM_RW, 2), other = vm_map(vmo, VM_R, 4);

	EXPECT_TRUE(CONF_SHOWS(slice, VM_STAMP(1), VM_STAMP(2)));
	vm_vmo_set(slice, 0, 10);
	EXPECT_EQ(vm_vmo_get(vmo, 1), 10);
	vm_vmo_set(vmo, 2, 20);
	EXPECT_EQ(vm_load(base + PAGE), 20);
	vm_store(base, 11);
	EXPECT_EQ(vm_load(other + PAGE), 11);
	EXPECT_STATUS(conf_op(slice, ZX_VMO_OP_ZERO, PAGE, PAGE), ZX_OK);
	EXPECT_EQ(vm_load(other + 2 * PAGE), 0);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 11, 0, VM_STAMP(3)));
	vm_unmap(base, 2);
	vm_unmap(other, 4);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_8_r2_slice_of_a_slice_and_of_a_clone)
{
	zx_handle_t vmo = vm_vmo_make(6, 0), one = conf_child(vmo, CONF_SLICE, 1, 4);
	zx_handle_t two = conf_child(one, CONF_SLICE, 1, 2), clone = conf_snap(vmo, 2, 3), three;

	three = conf_child(clone, CONF_SLICE, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(two, VM_STAMP(2), VM_STAMP(3)));
	EXPECT_TRUE(CONF_SHOWS(three, VM_STAMP(3), VM_STAMP(4)));
	vm_vmo_set(two, 1, 33);
	EXPECT_EQ(vm_vmo_get(vmo, 3), 33);
	EXPECT_EQ(vm_vmo_get(three, 0), VM_STAMP(3));
	vm_vmo_set(three, 1, 44);
	EXPECT_EQ(vm_vmo_get(clone, 2), 44);
	EXPECT_EQ(vm_vmo_get(vmo, 4), VM_STAMP(4));
	CONF_VMO_FAILS(one, conf_try_child(one, CONF_SLICE, PAGE, 4 * PAGE), ZX_ERR_INVALID_ARGS);
	zx_handle_close(one);
	zx_handle_close(two);
	zx_handle_close(three);
	zx_handle_close(clone);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_8_r3_no_size)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), slice = 0;

	for (uint64_t at = 0; at <= 2 * PAGE; at += PAGE) {
		uint8_t byte;

		ASSERT_STATUS(zx_vmo_create_child(vmo, CONF_SLICE, at, 0, &slice), ZX_OK);
		EXPECT_EQ(conf_size(slice), 0);
		EXPECT_STATUS(zx_vmo_read(slice, &byte, 0, 1), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_read(slice, NULL, 0, 0), ZX_OK);
		zx_handle_close(slice);
	}
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_8_r4_size_is_rounded_up)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), slice = 0;
	uint8_t byte = 5;

	ASSERT_STATUS(zx_vmo_create_child(vmo, CONF_SLICE, 0, 1, &slice), ZX_OK);
	EXPECT_EQ(conf_size(slice), PAGE);
	EXPECT_STATUS(zx_vmo_write(slice, &byte, PAGE - 1, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(slice, &byte, PAGE, 1), ZX_ERR_OUT_OF_RANGE);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_8_r5_not_resizable)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), slice = conf_child(vmo, CONF_SLICE, 0, 1);

	CONF_VMO_FAILS(slice, zx_vmo_set_size(slice, 0), ZX_ERR_UNAVAILABLE);
	CONF_VMO_FAILS(slice, zx_vmo_set_size(slice, UINT64_MAX), ZX_ERR_UNAVAILABLE);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

/* Though the parent goes on there; through a mapping too. */
JX_TEST(vmo_5_8_r6_ends_where_it_ends)
{
	zx_handle_t vmo = vm_vmo_make(4, 0), slice = conf_child(vmo, CONF_SLICE, 1, 1);
	zx_vaddr_t base = vm_map(slice, VM_RW, 3);
	uint64_t word = 1;

	EXPECT_STATUS(zx_vmo_read(slice, &word, PAGE, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(slice, &word, PAGE - 4, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_read(base), ZX_OK);
	EXPECT_STATUS(vm_probe_read(base + PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_write(base + 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(conf_child_access(slice, 3, PAGE, false), ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1), VM_STAMP(2), VM_STAMP(3)));
	vm_unmap(base, 3);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_8_r7_keeps_pages_alive)
{
	zx_handle_t vmo = vm_vmo_make(4, 0), slice = conf_child(vmo, CONF_SLICE, 2, 2);

	zx_handle_close(vmo);
	EXPECT_TRUE(CONF_SHOWS(slice, VM_STAMP(2), VM_STAMP(3)));
	vm_vmo_set(slice, 0, 5);
	EXPECT_EQ(vm_vmo_get(slice, 0), 5);
	zx_handle_close(slice);
}

/* Before and after its handles are closed. */
JX_TEST(vmo_5_8_r8_addresses_of_a_contiguous_parent)
{
	zx_handle_t bti = dev_bti(), vmo = 0, slice;
	zx_paddr_t parent;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 4 * PAGE, 0, &vmo), ZX_OK);
	slice = conf_child(vmo, CONF_SLICE, 2, 2);
	parent = dev_address(bti, vmo, 0);
	EXPECT_EQ(dev_address(bti, slice, 0), parent + 2 * PAGE);
	EXPECT_EQ(dev_address(bti, slice, 1), parent + 3 * PAGE);
	zx_handle_close(vmo);
	EXPECT_EQ(dev_address(bti, slice, 1), parent + 3 * PAGE);
	zx_handle_close(slice);
	dev_bti_drop(bti);
}

JX_TEST(vmo_5_8_r9_deep_nests)
{
	static zx_handle_t slices[1000];
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_handle_t top = vmo;

	for (int i = 0; i < 1000; i++) {
		slices[i] = conf_child(top, CONF_SLICE, i == 500, i < 500 ? 4 : 3);
		top = slices[i];
	}
	EXPECT_TRUE(CONF_SHOWS(top, VM_STAMP(1), VM_STAMP(2), VM_STAMP(3)));
	vm_vmo_set(top, 2, 99);
	EXPECT_EQ(vm_vmo_get(vmo, 3), 99);
	/* Every second from the bottom, then the rest from the top. */
	for (int i = 0; i < 1000; i += 2)
		zx_handle_close(slices[i]);
	zx_handle_close(vmo);
	EXPECT_EQ(vm_vmo_get(top, 2), 99);
	for (int i = 999; i > 0; i -= 2)
		zx_handle_close(slices[i]);
}

/* And a range is limited to the slice. */
JX_TEST(vmo_5_8_r10_pins_count_on_the_parent)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(4, 0);
	zx_handle_t slice = conf_child(vmo, CONF_SLICE, 1, 2), pmt = dev_pin(bti, slice, 0, 1);
	zx_paddr_t address[3];
	zx_handle_t none = 0;

	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, conf_try_child(vmo, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 2 * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, slice, 0, 3 * PAGE, address, 3, &none),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE), ZX_OK);
	zx_handle_close(slice);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

JX_TEST(vmo_5_8_r11_goes_on_with_the_parents_side_of_a_snapshot)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), slice = conf_child(vmo, CONF_SLICE, 1, 2);
	zx_vaddr_t base = vm_map(slice, VM_RW, 2);
	zx_handle_t child;

	vm_store(base, 7);
	child = conf_snap(vmo, 0, 3);
	vm_store(base, 8);
	vm_vmo_set(slice, 1, 9);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 8, 9));
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), 7, VM_STAMP(2)));
	vm_vmo_set(child, 1, 6);
	EXPECT_EQ(vm_load(base), 8);
	vm_unmap(base, 2);
	zx_handle_close(child);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_8_r12_nothing_is_charged_to_it)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), slice = conf_child(vmo, CONF_SLICE, 0, 3);

	EXPECT_EQ(conf_committed(slice), 0);
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	vm_vmo_set(slice, 0, 1);
	EXPECT_EQ(conf_committed(slice), 0);
	zx_handle_close(vmo);
	EXPECT_EQ(conf_committed(slice), 0);
	zx_handle_close(slice);
}

/* 4.2: the range is the slice's, moved to the parent. */
JX_TEST(vmo_5_8_r13_commit_through_it)
{
	zx_handle_t vmo = conf_vmo(4, 0), slice = conf_child(vmo, CONF_SLICE, 1, 2);

	EXPECT_STATUS(conf_op(slice, ZX_VMO_OP_COMMIT, 0, PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, PAGE, PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

/* 4.3: exactly the matching pages; never what follows the slice. */
JX_TEST(vmo_5_8_r14_decommit_through_it)
{
	zx_handle_t vmo = vm_vmo_make(4, 0), slice = conf_child(vmo, CONF_SLICE, 1, 2);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), VM_STAMP(i));
	EXPECT_STATUS(conf_op(slice, ZX_VMO_OP_DECOMMIT, PAGE, PAGE), ZX_OK);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
	EXPECT_STATUS(conf_op(slice, ZX_VMO_OP_DECOMMIT, 0, 3 * PAGE),
		      conf_era(ZX_OK, ZX_ERR_OUT_OF_RANGE));
	EXPECT_EQ(vm_load(base + PAGE), jx_era() == JX_ERA_2020 ? 0 : VM_STAMP(1));
	EXPECT_EQ(vm_load(base + 3 * PAGE), VM_STAMP(3));
	vm_unmap(base, 4);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

/* 4.3 check 3: what counts is what the pages' owner can. */
JX_TEST(vmo_4_3_c3_slices_of_relatives)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), clone = conf_snap(vmo, 0, 3);
	zx_handle_t of_vmo = conf_child(vmo, CONF_SLICE, 1, 1);
	zx_handle_t of_clone = conf_child(clone, CONF_SLICE, 1, 1);

	CONF_VMO_FAILS(of_vmo, conf_op(of_vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE),
		       ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(of_clone, conf_op(of_clone, ZX_VMO_OP_DECOMMIT, 1, 1),
		       ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(of_clone, conf_op(of_clone, ZX_VMO_OP_DECOMMIT, PAGE + 1, 0),
		       ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(of_clone, conf_op(of_clone, ZX_VMO_OP_DECOMMIT, 1, 0), ZX_OK);
	zx_handle_close(clone);
	/* The slice keeps the clone's pages, and so the clone. */
	CONF_VMO_FAILS(of_vmo, conf_op(of_vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE),
		       ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(of_clone);
	EXPECT_STATUS(conf_op(of_vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 0, VM_STAMP(2)));
	zx_handle_close(of_vmo);
	zx_handle_close(vmo);
}

/* Of a pager's VMO: what is there is shown, written and zeroed through it. */
JX_TEST(vmo_5_8_r15_of_a_pager)
{
	struct conf_pager p;
	zx_handle_t slice;

	ASSERT_TRUE(conf_pager_full(&p, 4, 0));
	slice = conf_child(p.vmo, CONF_SLICE, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(slice, VM_STAMP(1), VM_STAMP(2)));
	vm_vmo_set(slice, 0, 10);
	EXPECT_STATUS(conf_op(slice, ZX_VMO_OP_ZERO, PAGE, PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(p.vmo, VM_STAMP(0), 10, 0, VM_STAMP(3)));
	CONF_VMO_FAILS(slice, conf_op(slice, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(conf_committed(slice), 0);
	zx_handle_close(slice);
	conf_pager_drop(&p);
}
