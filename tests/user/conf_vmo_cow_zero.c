/*
 * The worked examples of spec/vmo.md 14.8 about zeroing and pins, and the self
 * checks of 14.9; see conf_vmo_cow.c.
 */
#include <zircon/jx.h>

#include "conf_vmo_util.h"
#include "dev_util.h"

static void zero_page(zx_handle_t vmo, uint64_t page)
{
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_ZERO, page * PAGE, PAGE), ZX_OK);
}

JX_TEST(vmo_14_8_r18_zeroing)
{
	zx_handle_t v = conf_vmo(2, 0), c;

	vm_vmo_set(v, 0, 1);
	c = conf_snap(v, 0, 2);
	CONF_CHARGED(v, 1, 1, 2);
	CONF_CHARGED(c, 0, 1, 2);
	zero_page(c, 0);
	CONF_CHARGED(v, 1, 1, 1);
	CONF_CHARGED(c, 0, 0, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 0, 0));
	EXPECT_TRUE(CONF_SHOWS(v, 1, 0));
	zero_page(v, 0);
	CONF_CHARGED(v, 0, 0, 1);
	CONF_CHARGED(c, 0, 0, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 0, 0));
	zx_handle_close(c);
	zx_handle_close(v);
}

JX_TEST(vmo_14_8_r19_zero_the_original)
{
	zx_handle_t v = conf_numbered(1), c = conf_snap(v, 0, 1);

	zero_page(v, 0);
	CONF_CHARGED(v, 0, 0, 1);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 1));
	zx_handle_close(c);
	CONF_CHARGED(v, 0, 0, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 0));
	zx_handle_close(v);
}

JX_TEST(vmo_14_8_r20_write_below_then_zero)
{
	zx_handle_t v = conf_numbered(1), c = conf_snap(v, 0, 1);

	vm_vmo_set(v, 0, 10);
	CONF_CHARGED(v, 1, 1, 1);
	CONF_CHARGED(c, 1, 1, 1);
	zero_page(c, 0);
	CONF_CHARGED(v, 1, 1, 1);
	CONF_CHARGED(c, 0, 0, 1);
	zx_handle_close(v);
	CONF_CHARGED(c, 0, 0, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 0));
	zx_handle_close(c);
}

JX_TEST(vmo_14_8_r21_zero_then_write_a_byte)
{
	zx_handle_t v = conf_numbered(2), c = conf_snap(v, 0, 2);
	uint8_t byte = 7;

	zero_page(c, 0);
	CONF_CHARGED(v, 2, 3, 2);
	CONF_CHARGED(c, 0, 1, 2);
	vm_vmo_set(v, 0, 10);
	CONF_CHARGED(v, 2, 3, 2);
	zx_handle_close(v);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 0, 2));
	EXPECT_STATUS(zx_vmo_write(c, &byte, 0, 1), ZX_OK);
	CONF_CHARGED(c, 2, 2, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 7, 2));
	zx_handle_close(c);
}

JX_TEST(vmo_14_8_r22_zero_in_a_nest)
{
	for (int of_c = 0; of_c < 2; of_c++) {
		zx_handle_t v = conf_numbered(1), c = conf_snap(v, 0, 1);
		zx_handle_t d = conf_snap(of_c ? c : v, 0, 1);

		CONF_CHARGED(v, 1, 1, 3);
		CONF_CHARGED(c, 0, 1, 3);
		CONF_CHARGED(d, 0, 1, 3);
		zero_page(v, 0);
		CONF_CHARGED(v, 0, 0, 1);
		CONF_CHARGED(c, 1, 1, 2);
		CONF_CHARGED(d, 0, 1, 2);
		EXPECT_TRUE(CONF_SHOWS(v, 0) && CONF_SHOWS(c, 1) && CONF_SHOWS(d, 1));
		zx_handle_close(v);
		zx_handle_close(c);
		zx_handle_close(d);
	}
}

JX_TEST(vmo_14_8_r23_zero_then_snapshot_then_merge)
{
	zx_handle_t v = conf_numbered(2), c = conf_snap(v, 0, 2), d;

	zero_page(v, 0);
	CONF_CHARGED(v, 1, 1, 2);
	CONF_CHARGED(c, 1, 3, 2);
	d = conf_snap(v, 0, 2);
	CONF_CHARGED(v, 1, 1, 3);
	CONF_CHARGED(c, 1, 4, 3);
	CONF_CHARGED(d, 0, 1, 3);
	EXPECT_TRUE(CONF_SHOWS(d, 0, 2));
	zx_handle_close(c);
	CONF_CHARGED(v, 1, 1, 2);
	CONF_CHARGED(d, 0, 1, 2);
	vm_vmo_set(v, 0, 10);
	CONF_CHARGED(v, 2, 3, 2);
	EXPECT_TRUE(CONF_SHOWS(v, 10, 2));
	EXPECT_TRUE(CONF_SHOWS(d, 0, 2));
	vm_vmo_set(d, 1, 20);
	CONF_CHARGED(v, 2, 2, 1);
	CONF_CHARGED(d, 1, 1, 1);
	EXPECT_TRUE(conf_bytes_are(d, 0, 1, 0));
	zx_handle_close(v);
	zx_handle_close(d);
}

JX_TEST(vmo_14_8_r24_pins)
{
	zx_handle_t bti = dev_bti(), v = conf_numbered(1), c, pmt = dev_pin(bti, v, 0, 1), other;

	CONF_VMO_FAILS(v, conf_try_child(v, CONF_SNAPSHOT, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	c = conf_snap(v, 0, 1);
	EXPECT_TRUE(dev_address(bti, v, 0) != dev_address(bti, c, 0));
	EXPECT_TRUE(CONF_SHOWS(v, 1) && CONF_SHOWS(c, 1));
	pmt = dev_pin(bti, v, 0, 1);
	other = dev_pin(bti, c, 0, 1);
	vm_vmo_set(v, 0, 2);
	EXPECT_TRUE(CONF_SHOWS(c, 1));
	zx_pmt_unpin(pmt);
	zx_pmt_unpin(other);
	zx_handle_close(v);
	zx_handle_close(c);
	dev_bti_drop(bti);
}

/* --- 4.2 to 4.4 on members of a family --------------------------------------- */

/* Contents are kept, and the relatives are not changed. */
JX_TEST(vmo_4_2_r8_commit_of_a_clone)
{
	zx_handle_t v = conf_numbered(2), c = conf_snap(v, 0, 3);

	EXPECT_STATUS(conf_op(c, ZX_VMO_OP_COMMIT, 0, 3 * PAGE), ZX_OK);
	CONF_CHARGED(c, 3, 3, 1);
	CONF_CHARGED(v, 2, 2, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 1, 2, 0));
	vm_vmo_set(c, 0, 10);
	EXPECT_TRUE(CONF_SHOWS(v, 1, 2));
	EXPECT_STATUS(conf_op(v, ZX_VMO_OP_COMMIT, 0, 2 * PAGE), ZX_OK);
	CONF_CHARGED(v, 2, 2, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 1, 2));
	zx_handle_close(c);
	zx_handle_close(v);
}

/* Before the alignment; the original again when its last snapshot is gone. */
JX_TEST(vmo_4_3_c4_copy_on_write_relatives)
{
	zx_handle_t v = vm_vmo_make(2, 0), c = conf_snap(v, 0, 2), d = conf_snap(v, 0, 1);
	const uint32_t op = ZX_VMO_OP_DECOMMIT;

	CONF_VMO_FAILS(c, conf_op(c, op, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(c, conf_op(c, op, 1, 1), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(v, conf_op(v, op, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(v, conf_op(v, op, 1, 1), ZX_ERR_NOT_SUPPORTED);
	/* The range comes before it, and no length at all. */
	CONF_VMO_FAILS(v, conf_op(v, op, 3 * PAGE, PAGE), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(c, conf_op(c, op, 1, 0), ZX_OK);
	zx_handle_close(c);
	CONF_VMO_FAILS(v, conf_op(v, op, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(d);
	EXPECT_STATUS(conf_op(v, op, 1, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_op(v, op, 0, 2 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(v), 0);
	zx_handle_close(v);
}

/* The clone that is alone is one like any other. */
JX_TEST(vmo_4_3_r6_last_of_a_family)
{
	zx_handle_t v = vm_vmo_make(2, 0), c = conf_snap(v, 0, 2);

	zx_handle_close(v);
	EXPECT_STATUS(conf_op(c, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(c, 0, VM_STAMP(1)));
	EXPECT_EQ(conf_committed(c), PAGE);
	zx_handle_close(c);
}

JX_TEST(vmo_4_3_c6_pinned)
{
	zx_handle_t bti = dev_bti(), v = vm_vmo_make(4, 0), pmt = dev_pin(bti, v, 2, 1);

	CONF_VMO_FAILS(v, conf_op(v, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(v, conf_op(v, ZX_VMO_OP_DECOMMIT, 2 * PAGE, PAGE), ZX_ERR_BAD_STATE);
	/* Alignment before it. */
	CONF_VMO_FAILS(v, conf_op(v, ZX_VMO_OP_DECOMMIT, 0, 3 * PAGE + 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(conf_op(v, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(conf_op(v, ZX_VMO_OP_DECOMMIT, 3 * PAGE, PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(v, 0, 0, VM_STAMP(2), 0));
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(conf_op(v, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE), ZX_OK);
	zx_handle_close(v);
	dev_bti_drop(bti);
}

JX_TEST(vmo_3_4_c5_shrink_over_a_pin)
{
	zx_handle_t bti = dev_bti(), v = conf_numbered(4), pmt = dev_pin(bti, v, 3, 1);

	CONF_VMO_FAILS(v, zx_vmo_set_size(v, 3 * PAGE), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(v, zx_vmo_set_size(v, 0), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(v, zx_vmo_set_size(v, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(v, 5 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(v, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(v, 0), ZX_OK);
	zx_handle_close(v);
	dev_bti_drop(bti);
}

/* Snapshot relatives are not concerned, either way round. */
JX_TEST(vmo_4_4_r6_zero_and_relatives)
{
	zx_handle_t v = conf_numbered(3), c = conf_snap(v, 0, 3);

	zero_page(v, 0);
	EXPECT_TRUE(CONF_SHOWS(c, 1, 2, 3));
	zero_page(c, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 0, 2, 3));
	EXPECT_STATUS(conf_op(c, ZX_VMO_OP_ZERO, 2 * PAGE, 4), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(v, 0, 2, 3));
	EXPECT_TRUE(CONF_SHOWS(c, 1, 0, 0));
	zx_handle_close(c);
	zx_handle_close(v);
}

/* In place: the address stays, and so does the frame. */
JX_TEST(vmo_4_4_r7_zero_of_pinned_pages)
{
	zx_handle_t bti = dev_bti(), v = conf_numbered(2), pmt = dev_pin(bti, v, 0, 1);
	zx_paddr_t address = dev_address(bti, v, 0);

	EXPECT_STATUS(conf_op(v, ZX_VMO_OP_ZERO, 0, 2 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(v, 0, 0));
	EXPECT_EQ(conf_committed(v), PAGE);
	EXPECT_EQ(dev_address(bti, v, 0), address);
	zx_pmt_unpin(pmt);
	zx_handle_close(v);
	dev_bti_drop(bti);
}

/* --- 14.9 -------------------------------------------------------------------- */

static uint64_t free_pages(void)
{
	jx_memory_stats_t stats = { 0 };

	EXPECT_STATUS(jx_stat(JX_STAT_MEMORY, &stats, sizeof(stats), NULL), ZX_OK);
	return stats.free_pages;
}

/* The charges of all members are the frames that the family holds. */
JX_TEST_OF_2020(vmo_14_9_r2_conservation)
{
	enum { MEMBERS = 6, PAGES = 512 };
	zx_handle_t vmo[MEMBERS] = { conf_vmo(PAGES, ZX_VMO_RESIZABLE) };
	uint64_t charged = 0, before;

	EXPECT_STATUS(conf_op(vmo[0], ZX_VMO_OP_COMMIT, 0, PAGES * PAGE), ZX_OK);
	for (uint64_t i = 1; i < MEMBERS; i++) {
		vmo[i] = conf_snap(vmo[(i - 1) / 2], i, PAGES);
		for (uint64_t page = i; page < PAGES - i; page += 3 * i)
			vm_vmo_set(vmo[i], page, i);
	}
	EXPECT_STATUS(zx_vmo_set_size(vmo[0], 300 * PAGE), ZX_OK);
	for (uint64_t i = 0; i < MEMBERS; i++)
		charged += conf_committed(vmo[i]) / PAGE;
	before = free_pages();
	for (uint64_t i = 0; i < MEMBERS; i++)
		zx_handle_close(vmo[i]);
	/* Nodes come back as well, 64 pages each at most a node. */
	EXPECT_TRUE(free_pages() >= before + charged);
	EXPECT_TRUE(free_pages() <= before + charged + charged / 8);
}

/* 16: a store may not reach a page that a relative shows, on any CPU. */
JX_TEST(vmo_14_9_r4_no_shared_page_is_writable)
{
	zx_handle_t v = conf_numbered(4), c;
	zx_vaddr_t base = vm_map(v, VM_RW, 4), clone;

	for (uint64_t round = 0; round < 20; round++) {
		for (uint64_t i = 0; i < 4; i++)
			vm_store(base + i * PAGE, round);
		c = conf_snap(v, 0, 4);
		clone = vm_map(c, VM_RW, 4);
		EXPECT_EQ(vm_load(clone), round);
		for (uint64_t i = 0; i < 4; i++)
			vm_store((i % 2 ? base : clone) + i * PAGE, 1000 + i);
		EXPECT_TRUE(CONF_SHOWS(v, round, 1001, round, 1003));
		EXPECT_TRUE(CONF_SHOWS(c, 1000, round, 1002, round));
		vm_unmap(clone, 4);
		zx_handle_close(c);
	}
	vm_unmap(base, 4);
	zx_handle_close(v);
}
