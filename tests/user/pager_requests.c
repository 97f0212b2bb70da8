/* Page requests: packets, order, joining, batching, credit (pager-port.md 5). */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

/* Each access alone: the length of its request, and its end. */
JX_TEST(pager_request_of_each_access)
{
	/* Of later eras zx_vmo_read is not among them: conf_pager_batch.c. */
	static const enum access_kind one_page[] = { ACCESS_VMO_WRITE, ACCESS_LOAD, ACCESS_STORE };
	struct page_access a;
	struct paging p;

	for (size_t i = 0; i < sizeof(one_page) / sizeof(one_page[0]); i++) {
		ASSERT_TRUE(paging_create(&p, 4, 0));
		/* Page by page, each only after the one before has come. */
		ASSERT_TRUE(access_start(&a, &p, one_page[i], 1, 3));
		for (uint64_t page = 1; page < 4; page++) {
			EXPECT_TRUE(paging_expect_read(&p, page, 1));
			EXPECT_TRUE(paging_expect_none(&p));
			EXPECT_STATUS(paging_supply(&p, page, 1), ZX_OK);
		}
		EXPECT_TRUE(access_expect(&a, ZX_OK));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
	ASSERT_TRUE(paging_create(&p, 64, 0));
	ASSERT_TRUE(access_start(&a, &p, ACCESS_COMMIT, 0, 64));
	EXPECT_TRUE(paging_expect_read(&p, 0, 64));
	EXPECT_STATUS(paging_supply(&p, 0, 64), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
}

JX_TEST(pager_no_request_without_need)
{
	uint64_t word = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	for (int kind = 0; kind < ACCESS_KIND_COUNT; kind++) {
		if (kind != ACCESS_ZERO)
			EXPECT_STATUS(access_now(&p, (enum access_kind)kind, 0, 2), ZX_OK);
	}
	/* Nothing wanted, or out of bounds. */
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 2 * PAGE, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(p.vmo, ZX_VMO_OP_COMMIT, 3 * PAGE, 0, NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 4 * PAGE - 4, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(p.vmo, &word, 4 * PAGE, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, UINT64_MAX, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_op_range(p.vmo, ZX_VMO_OP_COMMIT, 5 * PAGE, PAGE, NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* 5.2: one slot a VMO, the rest in a FIFO; reading is enough to get the next. */
JX_TEST(pager_packets_come_first_in_first_out)
{
	static const uint64_t order[] = { 5, 1, 7, 0, 3, 6, 2, 4 };
	static struct page_access a[8];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	for (int i = 0; i < 8; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, ACCESS_VMO_READ, order[i], 1));
	for (int i = 0; i < 8; i++)
		EXPECT_TRUE(paging_expect_read(&p, order[i], 1));
	EXPECT_TRUE(paging_expect_none(&p));
	for (int i = 7; i >= 0; i--)
		EXPECT_STATUS(paging_supply(&p, order[i], 1), ZX_OK);
	for (int i = 0; i < 8; i++)
		EXPECT_TRUE(access_expect(&a[i], ZX_OK));
	paging_drop(&p);
}

/* The slot shows in what stands between packets of other kinds. */
JX_TEST(pager_has_one_packet_in_the_port)
{
	zx_port_packet_t user = { .key = 99 }, got;
	struct page_access a[2];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(access_start_blocked(&a[0], &p, ACCESS_VMO_READ, 0, 1));
	ASSERT_TRUE(access_start_blocked(&a[1], &p, ACCESS_VMO_READ, 1, 1));
	EXPECT_STATUS(zx_port_queue(p.port, &user), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_STATUS(zx_port_wait(p.port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, 99);
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_TRUE(access_expect(&a[0], ZX_OK));
	EXPECT_TRUE(access_expect(&a[1], ZX_OK));
	paging_drop(&p);
}

/* A full port of user packets refuses no request (10.2). */
JX_TEST(pager_requests_pass_a_full_port)
{
	zx_port_packet_t user = { .key = 1 }, got;
	struct page_access a;
	struct paging p;
	/* One more would be refused, and raise an exception in the latest era. */
	int fit = jx_era() == JX_ERA_2020 ? 2049 : 4096;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	for (int i = 0; i < fit; i++)
		EXPECT_STATUS(zx_port_queue(p.port, &user), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 0, 1));
	while (fit-- > 0)
		EXPECT_STATUS(zx_port_wait(p.port, 0, &got), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
}

/* Resolved before anybody read it: the service never sees it (5.2). */
JX_TEST(pager_answered_requests_are_withdrawn)
{
	struct page_access a[3];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	for (uint64_t i = 0; i < 3; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, ACCESS_VMO_READ, i, 1));
	/* The one in the port and the last of the FIFO. */
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a[0], ZX_OK));
	EXPECT_TRUE(access_expect(&a[2], ZX_OK));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a[1], ZX_OK));
	paging_drop(&p);
}

/* 5.5: one request however many want the page, and in whatever way. */
JX_TEST(pager_threads_join_a_request)
{
	static struct page_access a[5];
	static const enum access_kind kinds[5] = { ACCESS_LOAD, ACCESS_VMO_READ, ACCESS_COMMIT,
						   ACCESS_VMO_WRITE, ACCESS_STORE };
	zx_handle_t image = task_image();
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	for (int i = 0; i < 5; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, kinds[i], 2, 1));
	ASSERT_TRUE(fault_child_start(&child, image, &p, 4, 2, false));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	for (int i = 0; i < 5; i++)
		EXPECT_TRUE(access_expect(&a[i], ZX_OK));
	EXPECT_TRUE(fault_child_expect(&child, fault_child_code(2)));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/* 5.4, first example: a present page ends a batch. */
JX_TEST(pager_commit_skips_what_is_there)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 40, 0));
	EXPECT_STATUS(paging_supply(&p, 16, 1), ZX_OK);
	ASSERT_TRUE(access_start(&a, &p, ACCESS_COMMIT, 0, 33));
	EXPECT_TRUE(paging_expect_read(&p, 0, 16));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 0, 16), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 17, 16));
	EXPECT_STATUS(paging_supply(&p, 17, 16), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_EQ(paging_committed(&p), 33 * PAGE);
	paging_drop(&p);
}

/* 5.4, second example: around and through an outstanding request. */
JX_TEST(pager_commit_is_clipped_by_a_request)
{
	struct page_access inner, outer;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 32, 0));
	ASSERT_TRUE(access_start_blocked(&inner, &p, ACCESS_COMMIT, 8, 16));
	EXPECT_TRUE(paging_expect_read(&p, 8, 16));
	ASSERT_TRUE(access_start_blocked(&outer, &p, ACCESS_COMMIT, 0, 32));
	EXPECT_TRUE(paging_expect_read(&p, 0, 8));
	EXPECT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	/* It waits on the request that is there; nothing is sent for it. */
	EXPECT_TRUE(task_await_state(outer.thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 8, 16), ZX_OK);
	EXPECT_TRUE(access_expect(&inner, ZX_OK));
	EXPECT_TRUE(paging_expect_read(&p, 24, 8));
	EXPECT_STATUS(paging_supply(&p, 24, 8), ZX_OK);
	EXPECT_TRUE(access_expect(&outer, ZX_OK));
	paging_drop(&p);
}

/* 5.6: pieces in any order, with what was there before and what comes twice. Of
 * later eras the first page is enough: conf_pager_batch.c. */
JX_TEST_OF_2020(pager_request_is_credited_by_pieces)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start(&a, &p, ACCESS_COMMIT, 2, 4));
	EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	EXPECT_STATUS(paging_supply(&p, 4, 1), ZX_OK);
	/* Pages that are there give no credit; those outside the request neither. */
	EXPECT_STATUS(paging_supply(&p, 4, 1), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 6, 2), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 1, 3), ZX_OK);
	EXPECT_EQ(task_thread_info(a.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 5, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 8), ZX_OK);
	paging_drop(&p);
}

/* One supply over many requests, in hand, in the port, in the FIFO. */
JX_TEST(pager_one_supply_answers_many)
{
	static struct page_access a[6];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 12, 0));
	for (uint64_t i = 0; i < 6; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, ACCESS_VMO_READ, 2 * i, 1));
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_STATUS(paging_supply(&p, 0, 12), ZX_OK);
	for (int i = 0; i < 6; i++)
		EXPECT_TRUE(access_expect(&a[i], ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* An answer to no request at all is fine (5.5), and the page is there then. */
JX_TEST(pager_supply_without_request)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	EXPECT_STATUS(paging_supply(&p, 1, 2), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 1, 2), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* A thread's own buffer may lie in a pager's mapping (0.4). */
struct copy_into {
	zx_handle_t event;
	zx_vaddr_t at;
};

static int get_info_into(void *arg)
{
	struct copy_into *c = arg;

	return zx_object_get_info(c->event, ZX_INFO_HANDLE_BASIC, (void *)c->at,
				  sizeof(zx_info_handle_basic_t), NULL, NULL);
}

JX_TEST(pager_serves_buffers_of_calls)
{
	struct jx_thread thread;
	struct copy_into c = { 0 };
	struct paging p;
	int result = 1;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_STATUS(zx_event_create(0, &c.event), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, PAGE, &c.at), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&thread, "copy", get_info_into, &c), ZX_OK);
	EXPECT_TRUE(task_await_state(thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	ASSERT_TRUE(task_join(&thread, &result));
	EXPECT_STATUS(result, ZX_OK);
	EXPECT_EQ(((zx_info_handle_basic_t *)c.at)->koid, task_koid(c.event));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), c.at, PAGE), ZX_OK);
	zx_handle_close(c.event);
	paging_drop(&p);
}
