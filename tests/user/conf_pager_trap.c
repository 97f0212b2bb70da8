/* DIRTY requests of a VMO that traps writes: pager-port.md 7.4, 7.7, 7.8, 7.9. */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "dirty_util.h"

#define TRAP (ZX_VMO_TRAP_DIRTY | ZX_VMO_RESIZABLE)

/* One zx_vmo_write over pages [first, first + count). */
struct long_write {
	struct jx_thread thread;
	zx_handle_t vmo;
	uint64_t first, count;
};

static uint8_t zeroes[8 * ZX_PAGE_SIZE];

static int run_write(void *arg)
{
	struct long_write *w = arg;

	return zx_vmo_write(w->vmo, zeroes, w->first * PAGE, w->count * PAGE);
}

static bool write_start(struct long_write *w, struct paging *p, uint64_t first, uint64_t count)
{
	w->vmo = p->vmo;
	w->first = first;
	w->count = count;
	return EXPECT_STATUS(jx_thread_create(&w->thread, "write", run_write, w), ZX_OK) &&
	       task_await_state(w->thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER);
}

static bool write_expect(struct long_write *w, zx_status_t status)
{
	int result = 1;

	return task_join(&w->thread, &result) && EXPECT_STATUS(result, status);
}

/* Every kind of write waits for op DIRTY, after READ where the page is absent;
 * reads do not. */
JX_TEST(pager_7_4_r1_writes_wait)
{
	static const enum access_kind kinds[] = { ACCESS_VMO_WRITE, ACCESS_ZERO, ACCESS_STORE };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct page_access a;
		struct paging p;

		ASSERT_TRUE(paging_create(&p, 3, TRAP));
		ASSERT_TRUE(access_start_blocked(&a, &p, kinds[i], 1, 1));
		EXPECT_TRUE(paging_expect_read(&p, 1, 1));
		EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
		EXPECT_TRUE(dirty_expect(&p, 1, 1));
		EXPECT_TRUE(task_await_state(a.thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
		EXPECT_TRUE(DIRTY_IS(&p, 0, 3));
		EXPECT_TRUE(!dirty_modified(&p, false));
		EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_OK);
		EXPECT_TRUE(access_expect(&a, ZX_OK));
		EXPECT_TRUE(DIRTY_IS(&p, 0, 3, { 1, 1, 0 }));
		/* No second question until it is clean again. */
		EXPECT_STATUS(access_now(&p, kinds[i], 1, 1), ZX_OK);
		EXPECT_TRUE(paging_expect_none(&p));
		dirty_clean(&p, 1, 1);
		ASSERT_TRUE(access_start_blocked(&a, &p, kinds[i], 1, 1));
		EXPECT_TRUE(dirty_expect(&p, 1, 1));
		EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_OK);
		EXPECT_TRUE(access_expect(&a, ZX_OK));
		EXPECT_STATUS(access_now(&p, ACCESS_COMMIT, 1, 1), ZX_OK);
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
}

/* A copy asks for a run; it stops before what is dirty, absent or asked for. */
JX_TEST(pager_7_4_r2_runs)
{
	struct long_write w;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 1, 0), ZX_OK);
	/* Clean page 1 and the tail behind it. */
	ASSERT_TRUE(write_start(&w, &p, 0, 3));
	EXPECT_TRUE(dirty_expect(&p, 1, 2));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 2, 1, 0), ZX_OK);
	EXPECT_TRUE(write_expect(&w, ZX_OK));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4, { 0, 3, 0 }, { 3, 1, 1 }));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(pager_7_4_r3_absent_and_dirty_break_a_run)
{
	struct long_write w;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 3), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 4, 4), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 6, 1, 0), ZX_OK);
	ASSERT_TRUE(write_start(&w, &p, 0, 8));
	EXPECT_TRUE(dirty_expect(&p, 0, 3));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 3, 0), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 3, 1));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(dirty_expect(&p, 3, 3));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 3, 3, 0), ZX_OK);
	EXPECT_TRUE(dirty_expect(&p, 7, 1));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 7, 1, 0), ZX_OK);
	EXPECT_TRUE(write_expect(&w, ZX_OK));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 0, 8, 0 }));
	paging_drop(&p);
}

/* Writers join a request whose range has their first page, and ask for the rest;
 * several of one page are one packet. READ and DIRTY do not meet. */
JX_TEST(pager_7_4_r4_overlap)
{
	struct long_write first, second;
	struct page_access store;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 24, TRAP));
	EXPECT_STATUS(paging_supply(&p, 8, 16), ZX_OK);
	ASSERT_TRUE(write_start(&first, &p, 11, 5));
	ASSERT_TRUE(write_start(&second, &p, 15, 4));
	ASSERT_TRUE(access_start_blocked(&store, &p, ACCESS_STORE, 12, 1));
	EXPECT_TRUE(dirty_expect(&p, 11, 5));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 11, 5, 0), ZX_OK);
	EXPECT_TRUE(write_expect(&first, ZX_OK));
	EXPECT_TRUE(access_expect(&store, ZX_OK));
	EXPECT_TRUE(dirty_expect(&p, 16, 3));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 16, 3, 0), ZX_OK);
	EXPECT_TRUE(write_expect(&second, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* One slot and one line for both kinds. */
JX_TEST(pager_7_4_r5_one_line_of_packets)
{
	struct page_access read, write;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&write, &p, ACCESS_STORE, 1, 1));
	ASSERT_TRUE(access_start_blocked(&read, &p, ACCESS_LOAD, 2, 1));
	EXPECT_TRUE(dirty_expect(&p, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&read, ZX_OK));
	EXPECT_EQ(task_thread_info(write.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_OK);
	EXPECT_TRUE(access_expect(&write, ZX_OK));
	paging_drop(&p);
}

/* Writeback under a waiter does not release it. */
JX_TEST(pager_7_4_r6_writeback_releases_nobody)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 1, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 2, 0), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_STORE, 0, 1));
	EXPECT_TRUE(dirty_expect(&p, 0, 1));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 2, 0), ZX_OK);
	EXPECT_EQ(task_thread_info(a.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 1, 0), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 2, { 0, 1, 0 }));
	paging_drop(&p);
}

/* COMMIT of a gap makes pages, so it asks; of clean pages it does not. */
JX_TEST(pager_7_4_r7_commit_of_a_gap)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 6 * PAGE), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 0, 5));
	EXPECT_TRUE(dirty_expect(&p, 2, 3));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 2, 3, 0), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 6, { 2, 3, 0 }, { 5, 1, 1 }));
	EXPECT_EQ(paging_committed(&p), 5 * PAGE);
	paging_drop(&p);
}

/* --- op DIRTY --------------------------------------------------------------- */

JX_TEST(pager_7_7_r16_dirty_without_trapping)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 1, 1), ZX_ERR_INVALID_ARGS);
	/* What any operation checks comes first. */
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 1, 0), ZX_ERR_NOT_SUPPORTED);
	paging_drop(&p);
}

/* All or nothing; without a request it is fine; markers and gaps get pages. */
JX_TEST(pager_7_7_r10_dirty)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_STATUS(dirty_supply_nothing(&p, 1, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 6 * PAGE), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 6, 0), ZX_ERR_NOT_FOUND);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 6, { 4, 2, 1 }));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 2, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 5, 1, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 6, { 0, 2, 0 }, { 4, 1, 1 }, { 5, 1, 0 }));
	EXPECT_EQ(paging_committed(&p), 3 * PAGE);
	EXPECT_STATUS(access_now(&p, ACCESS_STORE, 0, 2), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 5, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* A page of a request is absent meanwhile: the writer looks again. */
JX_TEST(pager_7_7_r11_dirty_of_what_went)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 0, TRAP));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 2 * PAGE), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_STORE, 1, 1));
	EXPECT_TRUE(dirty_expect(&p, 1, 1));
	/* The gap is written back under it. */
	dirty_clean(&p, 0, 2);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_ERR_NOT_FOUND);
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(dirty_expect(&p, 1, 1));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
}

/* A write that is failed changes no state; who needs another page asks again. */
JX_TEST(pager_7_7_r15_fail_of_dirty)
{
	const uint64_t no_space = (uint64_t)(int64_t)ZX_ERR_NO_SPACE;
	struct long_write w;
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_WRITE, 0, 1));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_FAIL, 0, 4, no_space), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_NO_SPACE));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 4));
	EXPECT_TRUE(!dirty_modified(&p, false));
	/* Its first page is not the one that fails. */
	ASSERT_TRUE(write_start(&w, &p, 0, 3));
	EXPECT_TRUE(dirty_expect(&p, 0, 3));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_FAIL, 2, 1, no_space), ZX_OK);
	EXPECT_TRUE(dirty_expect(&p, 0, 3));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_FAIL, 0, 1, no_space), ZX_OK);
	EXPECT_TRUE(write_expect(&w, ZX_ERR_NO_SPACE));
	paging_drop(&p);
}

/* --- Shrink, kill, detach, close -------------------------------------------- */

JX_TEST(pager_6_r3_shrink_under_a_writer)
{
	struct long_write w;
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	ASSERT_TRUE(write_start(&w, &p, 2, 4));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_WRITE, 7, 1));
	EXPECT_TRUE(dirty_expect(&p, 2, 4));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 4, 1, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_OUT_OF_RANGE));
	EXPECT_EQ(task_thread_info(w.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 2, 2, 0), ZX_OK);
	EXPECT_TRUE(write_expect(&w, ZX_ERR_OUT_OF_RANGE));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(pager_7_4_r8_a_killed_writer)
{
	zx_handle_t image = task_image();
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	ASSERT_TRUE(fault_child_start(&child, image, &p, 2, 1, true));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_TRUE(fault_child_expect(&child, ZX_TASK_RETCODE_SYSCALL_KILL));
	/* Its packet was not read, and is withdrawn. */
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 2));
	paging_drop(&p);
	zx_handle_close(image);
}

/* 7.9: dirty pages stay, can be written and written back; what would ask fails. */
JX_TEST(pager_7_9_r1_after_detach)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 6 * PAGE), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 2, 0), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 1, 2), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_WRITE, 3, 1));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_EQ(paging_committed(&p), 2 * PAGE);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 6, { 1, 2, 0 }, { 4, 2, 1 }));
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 1, 2), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_STORE, 1, 2), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 4, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_BEGIN, 0, 6, 0), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 1, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_WRITEBACK_END, 0, 6, 0), ZX_OK);
	EXPECT_TRUE(DIRTY_IS(&p, 0, 6));
	paging_drop(&p);
}

JX_TEST_OF_LATEST(pager_7_9_r2_op_dirty_after_detach)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, TRAP));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 1, 1, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 1, 0), ZX_ERR_BAD_STATE);
	paging_drop(&p);
}

/* 3.3: nobody keeps books any more. */
JX_TEST(pager_3_3_r1_writes_after_the_pager)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, TRAP));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 4 * PAGE), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_WRITE, 0, 1));
	paging_close(&p.pager);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 0, 4), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_STORE, 0, 4), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 4), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	zx_handle_close(p.vmo);
	zx_handle_close(p.port);
}

/* --- Queries ---------------------------------------------------------------- */

JX_TEST(pager_7_8_c1_query_errors_in_order)
{
	zx_vmo_dirty_range_t range[2];
	struct paging p, other;
	size_t actual = 7, avail = 7;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(paging_create(&other, 1, 0));
	EXPECT_STATUS(zx_pager_query_dirty_ranges(0, 0, 0, 9 * PAGE, NULL, 0, NULL, NULL),
		      ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.port, 0, 9 * PAGE, NULL, 0, NULL,
						  NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, other.vmo, 0, 9 * PAGE, NULL, 0, NULL,
						  NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, 9 * PAGE, NULL, 0, NULL,
						  NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, PAGE, UINT64_MAX, NULL, 0, NULL,
						  NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 1, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 3, 2), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 7, 1), ZX_OK);
	/* Too small a buffer is fine, the rest is counted. */
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, 8 * PAGE, range, 47, &actual,
						  &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_EQ(avail, 3);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, 8 * PAGE, NULL, 0, NULL,
						  &avail), ZX_OK);
	EXPECT_EQ(avail, 3);
	/* Clipped to the range, which is rounded outward. */
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 4 * PAGE + 5, 1, range,
						  sizeof(range), &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_EQ(range[0].offset, 4 * PAGE);
	EXPECT_EQ(range[0].length, PAGE);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, 8 * PAGE, (void *)8, 48, NULL,
						  NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, 8 * PAGE, NULL, 0, (void *)8,
						  NULL), ZX_ERR_INVALID_ARGS);
	paging_drop(&other);
	paging_drop(&p);
}

JX_TEST(pager_7_8_c2_stats_errors_in_order)
{
	zx_pager_vmo_stats_t stats;
	struct paging p, other;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_TRUE(paging_create(&other, 1, 0));
	EXPECT_STATUS(zx_pager_query_vmo_stats(0, p.vmo, 9, NULL, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_pager_query_vmo_stats(p.pager, p.port, 9, NULL, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_pager_query_vmo_stats(p.pager, other.vmo, 9, NULL, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_query_vmo_stats(p.pager, p.vmo, 9, NULL, 3),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_pager_query_vmo_stats(p.pager, p.vmo, 2, &stats, sizeof(stats)),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_TRUE(!dirty_modified(&p, false));
	EXPECT_STATUS(access_now(&p, ACCESS_STORE, 0, 1), ZX_OK);
	/* A call that fails clears nothing. */
	EXPECT_STATUS(zx_pager_query_vmo_stats(p.pager, p.vmo, ZX_PAGER_RESET_VMO_STATS, (void *)8,
					       sizeof(stats)), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(dirty_modified(&p, true));
	EXPECT_TRUE(!dirty_modified(&p, false));
	paging_drop(&other);
	paging_drop(&p);
}

/* The next store through a mapping that may write is seen after a reset. */
JX_TEST(pager_7_8_r1_reset_sees_the_next_store)
{
	volatile uint64_t *word;
	uint64_t value = 1;
	struct paging p;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, PAGE, &at), ZX_OK);
	word = (volatile uint64_t *)at;
	for (uint64_t i = 0; i < 3; i++) {
		*word = i;
		EXPECT_TRUE(dirty_modified(&p, true));
		EXPECT_EQ(*word, i);
		EXPECT_TRUE(!dirty_modified(&p, true));
	}
	/* A write that stores nothing is none. */
	EXPECT_STATUS(zx_vmo_write(p.vmo, (void *)8, 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_TRUE(!dirty_modified(&p, false));
	EXPECT_STATUS(zx_vmo_write(p.vmo, &value, 0, sizeof(value)), ZX_OK);
	EXPECT_TRUE(dirty_modified(&p, true));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE), ZX_OK);
	paging_drop(&p);
}
