/* zx_vmo_transfer_data of the latest era: spec/vmo.md 7. */
#include "conf_vmo_util.h"
#include "dev_util.h"

static zx_status_t transfer(zx_handle_t dst, uint64_t page, uint64_t count, zx_handle_t src,
			    uint64_t src_page)
{
	return zx_vmo_transfer_data(dst, 0, page * PAGE, count * PAGE, src, src_page * PAGE);
}

/* Before the numbers and the handles. */
JX_TEST_OF_LATEST(vmo_7_c1_options)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_STATUS(zx_vmo_transfer_data(0, 1, 1, 1, 0, 1), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, zx_vmo_transfer_data(vmo, 1u << 31, 0, PAGE, vmo, 0),
		       ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmo);
}

/* Before the handles. */
JX_TEST_OF_LATEST(vmo_7_c2_alignment)
{
	EXPECT_STATUS(zx_vmo_transfer_data(0, 0, 1, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_transfer_data(0, 0, 0, 1, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_transfer_data(0, 0, 0, 0, 0, 1), ZX_ERR_INVALID_ARGS);
}

JX_TEST_OF_LATEST(vmo_7_c3_destination_handle)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), reader = vm_dup(vmo, ZX_RIGHT_READ);

	EXPECT_STATUS(transfer(0, 9, 9, 0, 9), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(transfer(zx_process_self(), 9, 9, 0, 9), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(transfer(reader, 9, 9, 0, 9), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	zx_handle_close(vmo);
}

/* READ and WRITE, before the ranges. */
JX_TEST_OF_LATEST(vmo_7_c4_source_handle)
{
	zx_handle_t dst = conf_vmo(1, 0), src = vm_vmo_make(1, 0);
	zx_handle_t reader = vm_dup(src, ZX_RIGHT_READ), writer = vm_dup(src, ZX_RIGHT_WRITE);

	EXPECT_STATUS(transfer(dst, 9, 9, 0, 9), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(transfer(dst, 9, 9, zx_process_self(), 9), ZX_ERR_WRONG_TYPE);
	CONF_VMO_FAILS(src, transfer(dst, 9, 9, reader, 9), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(src, transfer(dst, 0, 1, writer, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(dst);
	zx_handle_close(src);
}

/* Whatever the range. */
JX_TEST_OF_LATEST(vmo_7_c5_onto_itself)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), other = vm_dup(vmo, ZX_RIGHT_SAME_RIGHTS);

	CONF_VMO_FAILS(vmo, transfer(vmo, 0, 2, other, 0), ZX_OK);
	CONF_VMO_FAILS(vmo, transfer(vmo, 7, 7, other, 7), ZX_OK);
	zx_handle_close(other);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_7_c6_kind_of_source)
{
	zx_handle_t bti = dev_bti(), dst = vm_vmo_make(2, 0), contiguous = 0;
	struct conf_pager p;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, &contiguous), ZX_OK);
	ASSERT_TRUE(conf_pager_full(&p, 1, 0));
	CONF_VMO_FAILS(dst, transfer(dst, 0, 9, contiguous, 0), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(dst, transfer(dst, 0, 9, p.vmo, 0), ZX_ERR_NOT_SUPPORTED);
	conf_pager_drop(&p);
	zx_handle_close(contiguous);
	zx_handle_close(dst);
	dev_bti_drop(bti);
}

/* Before a pinned page; of no length too. */
JX_TEST_OF_LATEST(vmo_7_c7_source_range)
{
	zx_handle_t bti = dev_bti(), dst = vm_vmo_make(4, 0), src = vm_vmo_make(2, 0);
	zx_handle_t pmt = dev_pin(bti, src, 1, 1);

	CONF_VMO_FAILS(src, transfer(dst, 0, 2, src, 1), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(src, transfer(dst, 0, 0, src, 3), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(src, zx_vmo_transfer_data(dst, 0, 0, UINT64_MAX - PAGE + 1, src, PAGE),
		       ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(src, transfer(dst, 0, 0, src, 2), ZX_OK);
	CONF_VMO_FAILS(src, transfer(dst, 0, 2, src, 0), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(CONF_SHOWS(dst, VM_STAMP(0), VM_STAMP(1), VM_STAMP(2), VM_STAMP(3)));
	zx_pmt_unpin(pmt);
	zx_handle_close(src);
	zx_handle_close(dst);
	dev_bti_drop(bti);
}

JX_TEST_OF_LATEST(vmo_7_c8_destination)
{
	zx_handle_t bti = dev_bti(), dst = vm_vmo_make(2, 0), src = vm_vmo_make(4, 0), pmt;

	pmt = dev_pin(bti, dst, 0, 1);
	CONF_VMO_FAILS(dst, transfer(dst, 0, 1, src, 0), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(dst, transfer(dst, 1, 2, src, 2), ZX_ERR_OUT_OF_RANGE);
	zx_pmt_unpin(pmt);
	zx_handle_close(src);
	zx_handle_close(dst);
	dev_bti_drop(bti);
}

/* Mappings of both sides, absent pages, what stood there before. */
JX_TEST_OF_LATEST(vmo_7_r1_moves_pages)
{
	zx_handle_t dst = vm_vmo_make(4, 0), src = vm_vmo_make(4, 0);
	zx_vaddr_t to = vm_map(dst, VM_RW, 4), from = vm_map(src, VM_RW, 4);

	EXPECT_STATUS(conf_op(src, ZX_VMO_OP_DECOMMIT, PAGE, PAGE), ZX_OK);
	vm_vmo_set(src, 0, 100);
	vm_vmo_set(src, 2, 102);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_TRUE(vm_load(to + i * PAGE) == VM_STAMP(i) &&
			    vm_load(from + i * PAGE) == vm_vmo_get(src, i));
	EXPECT_STATUS(transfer(dst, 1, 3, src, 0), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(dst, VM_STAMP(0), 100, 0, 102));
	EXPECT_TRUE(CONF_SHOWS(src, 0, 0, 0, VM_STAMP(3)));
	for (uint64_t i = 0; i < 4; i++) {
		EXPECT_EQ(vm_load(to + i * PAGE), vm_vmo_get(dst, i));
		EXPECT_EQ(vm_load(from + i * PAGE), vm_vmo_get(src, i));
	}
	EXPECT_EQ(conf_committed(dst), 3 * PAGE);
	EXPECT_EQ(conf_committed(src), PAGE);
	vm_store(to + 2 * PAGE, 5);
	vm_store(from + PAGE, 6);
	EXPECT_EQ(vm_vmo_get(dst, 2), 5);
	EXPECT_EQ(vm_vmo_get(src, 1), 6);
	vm_unmap(to, 4);
	vm_unmap(from, 4);
	zx_handle_close(src);
	zx_handle_close(dst);
}

JX_TEST_OF_LATEST(vmo_7_r2_within_one_vmo)
{
	zx_handle_t vmo = vm_vmo_make(5, 0);

	EXPECT_STATUS(transfer(vmo, 3, 2, vmo, 0), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, 0, 0, VM_STAMP(2), VM_STAMP(0), VM_STAMP(1)));
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	zx_handle_close(vmo);
}

/* Those who share pages with either side keep what they see. */
JX_TEST_OF_LATEST(vmo_7_r3_relatives_keep_their_view)
{
	zx_handle_t dst = vm_vmo_make(2, 0), src = vm_vmo_make(2, 0);
	zx_handle_t of_dst = conf_snap(dst, 0, 2), of_src = conf_snap(src, 0, 2);

	vm_vmo_set(src, 1, 9);
	EXPECT_STATUS(transfer(dst, 0, 2, src, 0), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(dst, VM_STAMP(0), 9));
	EXPECT_TRUE(CONF_SHOWS(src, 0, 0));
	EXPECT_TRUE(CONF_SHOWS(of_dst, VM_STAMP(0), VM_STAMP(1)));
	EXPECT_TRUE(CONF_SHOWS(of_src, VM_STAMP(0), VM_STAMP(1)));
	vm_vmo_set(dst, 0, 1);
	EXPECT_TRUE(CONF_SHOWS(of_src, VM_STAMP(0), VM_STAMP(1)));
	zx_handle_close(of_dst);
	zx_handle_close(of_src);
	zx_handle_close(dst);
	zx_handle_close(src);
}

/* Into and out of slices, references and children of a pager's VMO. */
JX_TEST_OF_LATEST(vmo_7_r4_sides_of_every_kind)
{
	zx_handle_t vmo = vm_vmo_make(4, 0), slice = conf_child(vmo, CONF_SLICE, 1, 2), child;
	zx_handle_t reference = conf_child(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0), src;
	struct conf_pager p;

	src = vm_vmo_make(2, 0);
	ASSERT_TRUE(conf_pager_full(&p, 2, 0));
	child = conf_child(p.vmo, CONF_ON_WRITE, 0, 2);
	vm_vmo_set(src, 0, 50);
	EXPECT_STATUS(transfer(slice, 1, 1, src, 0), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1), 50, VM_STAMP(3)));
	EXPECT_STATUS(transfer(slice, 1, 2, src, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(transfer(child, 0, 1, reference, 3), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(3), VM_STAMP(1)));
	EXPECT_TRUE(CONF_SHOWS(p.vmo, VM_STAMP(0), VM_STAMP(1)));
	EXPECT_EQ(vm_vmo_get(vmo, 3), 0);
	EXPECT_STATUS(transfer(vmo, 0, 2, child, 0), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(3), VM_STAMP(1), 50, 0));
	EXPECT_TRUE(CONF_SHOWS(child, 0, 0));
	EXPECT_TRUE(CONF_SHOWS(p.vmo, VM_STAMP(0), VM_STAMP(1)));
	zx_handle_close(child);
	conf_pager_drop(&p);
	zx_handle_close(src);
	zx_handle_close(reference);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_7_r5_not_in_2020)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	CONF_VMO_FAILS(vmo, transfer(vmo, 1, 1, vmo, 0), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(vmo);
}
