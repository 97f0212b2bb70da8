/* What is newer than the service's copy, and its writeback: pager-port.md 7.1-7.3,
 * 7.5, 7.7, 7.8. */
#include <string.h>

#include <jx/ktap.h>

#include "dev_util.h"
#include "dirty_util.h"

/* Supplied pages are clean; each kind of write makes them dirty, no read does. */
JX_TEST(pager_7_2_r1_what_counts_as_a_write)
{
	for (int kind = 0; kind < ACCESS_KIND_COUNT; kind++) {
		bool writes = kind == ACCESS_VMO_WRITE || kind == ACCESS_ZERO ||
			      kind == ACCESS_STORE;
		struct paging p;

		ASSERT_TRUE(paging_create(&p, 4, 0));
		EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
		EXPECT_TRUE(DIRTY_IS(&p, 0, 4));
		EXPECT_STATUS(access_now(&p, (enum access_kind)kind, 1, 2), ZX_OK);
		if (writes)
			EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 1, 2, 0 }));
		else
			EXPECT_TRUE(DIRTY_IS(&p, 0, 4));
		EXPECT_EQ(dirty_modified(&p, false), writes);
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
}

/* Writes through a clone are the clone's; through a slice the root's. */
JX_TEST(pager_7_2_r2_clones_and_slices)
{
	struct paging p, clone, slice;
	uint64_t word = 5;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	clone = slice = p;
	EXPECT_STATUS(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0,
					  4 * PAGE, &clone.vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SLICE, PAGE, 2 * PAGE, &slice.vmo),
		      ZX_OK);
	EXPECT_STATUS(access_now(&clone, ACCESS_STORE, 0, 4), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(clone.vmo, &word, 0, sizeof(word)), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4));
	EXPECT_TRUE(!dirty_modified(&p, false));
	EXPECT_STATUS(zx_vmo_write(slice.vmo, &word, PAGE, sizeof(word)), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 2, 1, 0 }));
	EXPECT_TRUE(dirty_modified(&p, false));
	paging_close(&clone.vmo);
	paging_close(&slice.vmo);
	paging_drop(&p);
}

/* Dirty -> awaiting clean -> clean; a store in between, be it through a mapping
 * that had write permission, keeps the page dirty. */
JX_TEST(pager_7_7_r12_writeback)
{
	volatile uint64_t *word;
	struct paging p;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, 4 * PAGE, &at), ZX_OK);
	word = (volatile uint64_t *)at;
	for (uint64_t i = 0; i < 4; i++)
		word[i * PAGE / 8] = 100 + i;
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 0, 4, 0 }));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 3, 0), ZX_OK);
	/* Still reported: the service has not finished. */
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 0, 4, 0 }));
	EXPECT_EQ(word[0], 100);
	word[PAGE / 8] = 7;
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 4, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 1, 1, 0 }, { 3, 1, 0 }));
	/* END without BEGIN changes nothing; repeated neither. */
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 4, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 1, 1, 0 }, { 3, 1, 0 }));
	/* A store to a page that became clean is seen again. */
	word[0] = 8;
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 0, 2, 0 }, { 3, 1, 0 }));
	EXPECT_EQ(word[0], 8);
	EXPECT_EQ(word[PAGE / 8], 7);
	EXPECT_EQ(word[2 * PAGE / 8], 102);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, 4 * PAGE), ZX_OK);
	paging_drop(&p);
}

/* BEGIN and END need not match. */
JX_TEST(pager_7_7_r13_ranges_overlap)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 0, 8), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 4, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 2, 4, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 1, 4, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 0, 1, 0 }, { 5, 3, 0 }));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 8, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 6, 2, 0 }));
	paging_drop(&p);
}

/* Pinned for write: a device may write unseen. */
JX_TEST(pager_7_7_r14_pins)
{
	zx_handle_t bti = dev_bti(), pmt = ZX_HANDLE_INVALID;
	zx_paddr_t address = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_bti_pin(bti, ZX_BTI_PERM_READ, p.vmo, 0, PAGE, &address, 1, &pmt), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 2));
	EXPECT_TRUE(!dirty_modified(&p, false));
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(zx_bti_pin(bti, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE, p.vmo, 0, PAGE,
				 &address, 1, &pmt), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 2, { 0, 1, 0 }));
	EXPECT_TRUE(dirty_modified(&p, false));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 2, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 2, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 2, { 0, 1, 0 }));
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 2, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 2, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 2));
	dev_bti_drop(bti);
	paging_drop(&p);
}

/* A gap pinned to be read gets pages, which the service knows nothing of. */
JX_TEST(pager_7_7_r18_gap_pinned_to_read)
{
	zx_handle_t bti = dev_bti(), pmt = ZX_HANDLE_INVALID;
	zx_paddr_t addresses[3];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 5 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_bti_pin(bti, ZX_BTI_PERM_READ, p.vmo, PAGE, 3 * PAGE, addresses, 3, &pmt),
		      ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 5, { 1, 3, 0 }, { 4, 1, 1 }));
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	dev_bti_drop(bti);
	paging_drop(&p);
}

/* Ordered checks of the data word and the range, for each operation. */
JX_TEST(pager_7_7_c6_data_of_writeback)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, ZX_VMO_TRAP_DIRTY));
	for (uint32_t what = ZX_PAGER_OP_DIRTY; what <= ZX_PAGER_OP_WRITEBACK_END; what++) {
		uint64_t bad = what == ZX_PAGER_OP_WRITEBACK_BEGIN ? 2 : 1;

		EXPECT_STATUS(dirty_op(&p, what, 0, 9, bad), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(dirty_op(&p, what, 0, 3, 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(dirty_op(&p, what, 3, 0, 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(dirty_op(&p, what, 1, UINT64_MAX / PAGE, 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(dirty_op(&p, what, 2, 0, 0), ZX_OK);
		EXPECT_STATUS(zx_pager_op_range(p.pager, what, p.vmo, 1, PAGE, bad),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_pager_op_range(p.port, what, p.vmo, 0, PAGE, bad),
			      ZX_ERR_WRONG_TYPE);
	}
	paging_drop(&p);
}

/* E25: the VMO's handle must permit writes. */
JX_TEST_OF_LATEST(pager_7_7_c3_write_right)
{
	zx_handle_t weak = ZX_HANDLE_INVALID, aux = ZX_HANDLE_INVALID;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, ZX_VMO_TRAP_DIRTY));
	EXPECT_STATUS(zx_vmo_create(PAGE, 0, &aux), ZX_OK);
	EXPECT_STATUS(zx_handle_duplicate(p.vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP, &weak), ZX_OK);
	for (uint32_t what = ZX_PAGER_OP_DIRTY; what <= ZX_PAGER_OP_WRITEBACK_END; what++)
		EXPECT_STATUS(zx_pager_op_range(p.pager, what, weak, 0, PAGE, 0),
			      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, weak, 0, PAGE, aux, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_pager_op_range(p.pager, ZX_PAGER_OP_FAIL, weak, 0, PAGE,
					(uint64_t)(int64_t)ZX_ERR_IO), ZX_OK);
	/* What is no operation wants no right. */
	EXPECT_STATUS(zx_pager_op_range(p.pager, ZX_PAGER_OP_WRITEBACK_END + 1, weak, 0, PAGE, 0),
		      ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(weak);
	zx_handle_close(aux);
	paging_drop(&p);
}

/* --- Growth ---------------------------------------------------------------- */

/* What grows reads zero without a request, and is dirty until written back. */
JX_TEST(pager_7_5_r1_tail)
{
	uint64_t word = 1;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 6 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 9 * PAGE), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 9, { 2, 7, 1 }));
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 5 * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_EQ(paging_committed(&p), 0);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 4, 1), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 9, { 2, 2, 1 }, { 4, 1, 0 }, { 5, 4, 1 }));
	EXPECT_EQ(paging_committed(&p), PAGE);
	/* Supplying there does nothing. */
	EXPECT_STATUS(paging_supply(&p, 2, 7), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 8 * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_EQ(paging_committed(&p), PAGE);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 7 * PAGE), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 7, { 2, 2, 1 }, { 4, 1, 0 }, { 5, 2, 1 }));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_EQ(dirty_modified(&p, true), true);
	EXPECT_EQ(dirty_modified(&p, false), false);
	paging_drop(&p);
}

/* Through mappings, clones and COMMIT. */
JX_TEST(pager_7_5_r2_tail_seen_by_all)
{
	struct paging p, clone;
	uint64_t word = 1;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(paging_create(&p, 1, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 8 * PAGE), ZX_OK);
	clone = p;
	EXPECT_STATUS(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0,
					  8 * PAGE, &clone.vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(clone.vmo, &word, 3 * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 0);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, 8 * PAGE, &at), ZX_OK);
	for (uint64_t i = 1; i < 8; i++)
		EXPECT_EQ(*(volatile uint64_t *)(at + i * PAGE), 0);
	*(volatile uint64_t *)(at + 4 * PAGE) = 9;
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 1, 3, 1 }, { 4, 1, 0 }, { 5, 3, 1 }));
	EXPECT_STATUS(zx_vmo_read(clone.vmo, &word, 4 * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 9);
	/* COMMIT makes pages of a gap, which are as new as that was. */
	EXPECT_STATUS(access_now(&p, ACCESS_COMMIT, 2, 6), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 1, 1, 1 }, { 2, 6, 0 }));
	EXPECT_EQ(paging_committed(&p), 6 * PAGE);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, 8 * PAGE), ZX_OK);
	paging_close(&clone.vmo);
	paging_drop(&p);
}

/* 7.10: after END the service holds zeroes there, and is asked for them. */
JX_TEST(pager_7_10_r1_gap_written_back)
{
	struct page_access a;
	struct paging p;
	uint64_t word;

	ASSERT_TRUE(paging_create(&p, 0, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 8 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, PAGE, sizeof(word)), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 4, ZX_VMO_DIRTY_RANGE_IS_ZERO),
		      ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 0, 8, 1 }));
	/* A page that comes into being is no zero any more. */
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 2, 1), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 6, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 2, 1, 0 }, { 4, 4, 1 }));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	/* Regrown, a gap is new. */
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 3 * PAGE), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 3, { 1, 2, 1 }));
	paging_drop(&p);
}

/* A mapping that shows the zero page of a gap asks after its writeback. */
JX_TEST(pager_7_10_r2_mappings_ask_again)
{
	struct page_access a;
	struct paging p;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(paging_create(&p, 0, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 4 * PAGE), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, 4 * PAGE, &at), ZX_OK);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(*(volatile uint64_t *)(at + i * PAGE), 0);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 4, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 4, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_LOAD, 2, 1));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_EQ(*(volatile uint64_t *)(at + 2 * PAGE), paging_word(2));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, 4 * PAGE), ZX_OK);
	paging_drop(&p);
}

static bool second_gap(struct paging *p)
{
	if (!paging_create(p, 0, ZX_VMO_RESIZABLE))
		return false;
	EXPECT_STATUS(zx_vmo_set_size(p->vmo, 8 * PAGE), ZX_OK);
	EXPECT_STATUS(access_now(p, ACCESS_VMO_WRITE, 2, 1), ZX_OK);
	EXPECT_STATUS(dirty_op(p, ZX_PAGER_OP_WRITEBACK_BEGIN, 1, 7, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(p, ZX_PAGER_OP_WRITEBACK_END, 1, 7, 0), ZX_OK);
	return true;
}

/* Gaps behind one that is left out stay; the page between does not. */
JX_TEST_OF_2020(pager_7_10_r3_from_the_first_gap)
{
	struct paging p;

	ASSERT_TRUE(second_gap(&p));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 0, 2, 1 }, { 3, 5, 1 }));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 8, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 3, 5, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 0, 2, 1 }, { 3, 5, 1 }));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 8, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8));
	paging_drop(&p);
}

JX_TEST_OF_LATEST(pager_7_10_r3_each_gap_by_itself)
{
	struct paging p;

	ASSERT_TRUE(second_gap(&p));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 0, 1, 1 }));
	paging_drop(&p);
}

/* More pages than a writeback handles in one hold of the lock. */
#define LONG_PAGES 8192u

struct long_writeback {
	struct paging p;
	struct jx_thread thread;
	bool stop;		/* atomic */
};

static int write_back_on(void *arg)
{
	struct long_writeback *w = arg;

	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		(void)dirty_op(&w->p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, LONG_PAGES, 0);
		(void)dirty_op(&w->p, ZX_PAGER_OP_WRITEBACK_END, 0, LONG_PAGES, 0);
	}
	return 0;
}

/* A gap comes up between its turns, over the place where it goes on and over its
 * end: by ZERO, where that makes one, or by a shrink and a growth. */
static void make_gaps_during_writeback(bool by_zero)
{
	const uint64_t kept = 64, pages = LONG_PAGES + kept;
	struct long_writeback w = { .stop = false };

	ASSERT_TRUE(paging_create(&w.p, pages, ZX_VMO_RESIZABLE));
	ASSERT_STATUS(jx_thread_create(&w.thread, "writeback", write_back_on, &w), ZX_OK);
	for (uint32_t round = 0; round < 100; round++) {
		EXPECT_STATUS(dirty_supply_nothing(&w.p, 0, pages), ZX_OK);
		if (by_zero) {
			EXPECT_STATUS(access_now(&w.p, ACCESS_ZERO, kept, pages - kept), ZX_OK);
		} else {
			EXPECT_STATUS(zx_vmo_set_size(w.p.vmo, kept * PAGE), ZX_OK);
			EXPECT_STATUS(zx_vmo_set_size(w.p.vmo, pages * PAGE), ZX_OK);
		}
		/* The service has zeroes now. */
		dirty_clean(&w.p, 0, pages);
		EXPECT_TRUE(DIRTY_IS(&w.p, 0, pages));
	}
	__atomic_store_n(&w.stop, true, __ATOMIC_RELAXED);
	EXPECT_STATUS(jx_thread_join(&w.thread, NULL), ZX_OK);
	paging_drop(&w.p);
}

JX_TEST(pager_7_10_r4_gaps_grow_during_writeback)
{
	make_gaps_during_writeback(false);
}

JX_TEST_OF_LATEST(pager_7_10_r4_gaps_are_zeroed_during_writeback)
{
	make_gaps_during_writeback(true);
}

/* --- ZERO ------------------------------------------------------------------ */

JX_TEST_OF_LATEST(pager_7_6_r1_zero_to_the_end)
{
	struct paging p;
	uint64_t word;

	ASSERT_TRUE(paging_create(&p, 6, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_ZERO, 2, 4), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 6, { 2, 4, 1 }));
	EXPECT_EQ(paging_committed(&p), 2 * PAGE);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 3 * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_TRUE(dirty_modified(&p, false));
	paging_drop(&p);
}

/* In the middle pages are fetched first; markers and gaps are left alone. */
JX_TEST(pager_7_6_r2_zero_in_the_middle)
{
	struct page_access a;
	struct paging p;
	uint64_t word;

	ASSERT_TRUE(paging_create(&p, 4, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 8 * PAGE), ZX_OK);
	EXPECT_STATUS(dirty_supply_nothing(&p, 0, 2), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_ZERO, 1, 2));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_STATUS(access_now(&p, ACCESS_ZERO, 5, 2), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 2, 1, 0 }, { 4, 4, 1 }));
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 2 * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_STATUS(zx_vmo_op_range(p.vmo, ZX_VMO_OP_ZERO, 8, 16, NULL, 0), ZX_OK);
	EXPECT_EQ(paging_committed(&p), PAGE);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}
