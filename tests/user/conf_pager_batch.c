/* One request for a run of absent pages: pager-port.md 5.3, 5.4, 5.6. */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "conf_util.h"
#include "pager_util.h"

/* A paging of which vmo is a child with the pages from `first` on. */
static struct paging child_of(struct paging *p, uint32_t kind, uint64_t first, uint64_t count)
{
	struct paging via = *p;

	via.vmo = ZX_HANDLE_INVALID;
	EXPECT_STATUS(zx_vmo_create_child(p->vmo, kind, first * PAGE, count * PAGE, &via.vmo),
		      ZX_OK);
	return via;
}

#define OVERLAY ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE

JX_TEST(pager_5_4_r6_commit_through_a_clone)
{
	struct page_access a;
	struct paging p, via;
	uint64_t word = 1;

	ASSERT_TRUE(paging_create(&p, 40, 0));
	via = child_of(&p, OVERLAY, 2, 33);
	EXPECT_STATUS(paging_supply(&p, 18, 1), ZX_OK);
	/* Page 16 is the clone's own. */
	EXPECT_STATUS(zx_vmo_write(via.vmo, &word, 16 * PAGE, sizeof(word)), ZX_OK);
	/* Page 20 is the pager's, and there. */
	EXPECT_STATUS(paging_supply(&p, 22, 1), ZX_OK);
	ASSERT_TRUE(access_start(&a, &via, ACCESS_COMMIT, 0, 33));
	EXPECT_TRUE(paging_expect_read(&p, 2, 16));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 2, 16), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 19, 3));
	EXPECT_STATUS(paging_supply(&p, 19, 3), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 23, 12));
	EXPECT_STATUS(paging_supply(&p, 23, 12), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	/* All is the clone's own now. */
	EXPECT_EQ(paging_committed(&via), 33 * PAGE);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_close(&via.vmo);
	paging_drop(&p);
}

/* Both the clone's own pages and those of the clone between break the run. */
JX_TEST(pager_5_4_r6_commit_through_two_clones)
{
	struct paging p, middle, via;
	struct page_access a;
	uint64_t word = 1;

	ASSERT_TRUE(paging_create(&p, 16, 0));
	EXPECT_STATUS(paging_supply(&p, 4, 1), ZX_OK);
	middle = child_of(&p, OVERLAY, 0, 16);
	EXPECT_STATUS(zx_vmo_write(middle.vmo, &word, 4 * PAGE, sizeof(word)), ZX_OK);
	via = child_of(&middle, OVERLAY, 2, 8);
	ASSERT_TRUE(access_start(&a, &via, ACCESS_COMMIT, 0, 8));
	EXPECT_TRUE(paging_expect_read(&p, 2, 2));
	EXPECT_STATUS(paging_supply(&p, 2, 2), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 5, 5));
	EXPECT_STATUS(paging_supply(&p, 5, 5), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_close(&via.vmo);
	paging_close(&middle.vmo);
	paging_drop(&p);
}

/* Nothing is asked for behind the part that a clone sees. */
JX_TEST(pager_5_4_r6_a_clone_that_is_longer)
{
	struct page_access a;
	struct paging p, via;

	ASSERT_TRUE(paging_create(&p, 6, 0));
	via = child_of(&p, OVERLAY, 2, 16);
	ASSERT_TRUE(access_start(&a, &via, ACCESS_COMMIT, 0, 16));
	EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	EXPECT_STATUS(paging_supply(&p, 2, 4), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_EQ(paging_committed(&via), 16 * PAGE);
	paging_close(&via.vmo);
	paging_drop(&p);
}

JX_TEST(pager_5_4_r7_commit_through_a_slice)
{
	struct page_access a;
	struct paging p, via;

	ASSERT_TRUE(paging_create(&p, 16, 0));
	via = child_of(&p, ZX_VMO_CHILD_SLICE, 4, 8);
	ASSERT_TRUE(access_start(&a, &via, ACCESS_COMMIT, 1, 6));
	EXPECT_TRUE(paging_expect_read(&p, 5, 6));
	EXPECT_STATUS(paging_supply(&p, 5, 6), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_EQ(paging_committed(&p), 6 * PAGE);
	paging_close(&via.vmo);
	paging_drop(&p);
}

/* A batch through a clone stops where a request stands, and joins it. */
JX_TEST(pager_5_4_r4_a_clone_joins)
{
	struct page_access inner, outer;
	struct paging p, via;

	ASSERT_TRUE(paging_create(&p, 16, 0));
	via = child_of(&p, OVERLAY, 0, 16);
	ASSERT_TRUE(access_start_blocked(&inner, &p, ACCESS_COMMIT, 4, 4));
	EXPECT_TRUE(paging_expect_read(&p, 4, 4));
	ASSERT_TRUE(access_start(&outer, &via, ACCESS_COMMIT, 0, 12));
	EXPECT_TRUE(paging_expect_read(&p, 0, 4));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	EXPECT_TRUE(task_await_state(outer.thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 4, 4), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 8, 4));
	EXPECT_STATUS(paging_supply(&p, 8, 4), ZX_OK);
	EXPECT_TRUE(access_expect(&inner, ZX_OK));
	EXPECT_TRUE(access_expect(&outer, ZX_OK));
	paging_close(&via.vmo);
	paging_drop(&p);
}

/* 5.3: page by page, each after the one before. */
JX_TEST_OF_2020(pager_5_3_r1_copies_ask_page_by_page)
{
	struct page_access a;
	struct paging p, via;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	via = child_of(&p, OVERLAY, 4, 4);
	ASSERT_TRUE(access_start(&a, &via, ACCESS_VMO_READ, 0, 4));
	for (uint64_t page = 4; page < 8; page++) {
		EXPECT_TRUE(paging_expect_read(&p, page, 1));
		EXPECT_TRUE(paging_expect_none(&p));
		EXPECT_STATUS(paging_supply(&p, page, 1), ZX_OK);
	}
	/* Its pages are told by their numbers in the pager's VMO. */
	ASSERT_TRUE(task_join(&a.thread, NULL));
	paging_close(&via.vmo);
	paging_drop(&p);
}

static int write_run(void *arg)
{
	struct page_access *a = arg;
	uint8_t bytes[4 * PAGE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	return zx_vmo_write(a->vmo, bytes, a->offset, a->bytes);
}

/* Later one request for the run; a page that is there ends it. */
JX_TEST_OF_LATEST(pager_5_3_r1_copies_ask_for_runs)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 16, 0));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	ASSERT_TRUE(access_start(&a, &p, ACCESS_VMO_READ, 0, 4));
	EXPECT_TRUE(paging_expect_read(&p, 0, 2));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 3, 1));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	a = (struct page_access){ .vmo = p.vmo, .kind = ACCESS_VMO_WRITE,
				  .offset = 8 * PAGE + 1, .bytes = 3 * PAGE };
	ASSERT_STATUS(jx_thread_create(&a.thread, "write", write_run, &a), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 8, 4));
	EXPECT_STATUS(paging_supply(&p, 8, 4), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST_OF_LATEST(pager_5_3_r1_copies_through_children)
{
	static const uint32_t kinds[] = { OVERLAY, ZX_VMO_CHILD_SLICE };
	struct page_access a;
	struct paging p, via;

	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(paging_create(&p, 16, 0));
		via = child_of(&p, kinds[i], 4, 8);
		a = (struct page_access){ .vmo = via.vmo, .kind = ACCESS_VMO_WRITE,
					  .offset = PAGE, .bytes = 4 * PAGE };
		ASSERT_STATUS(jx_thread_create(&a.thread, "write", write_run, &a), ZX_OK);
		EXPECT_TRUE(paging_expect_read(&p, 5, 4));
		EXPECT_STATUS(paging_supply(&p, 5, 4), ZX_OK);
		EXPECT_TRUE(access_expect(&a, ZX_OK));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_close(&via.vmo);
		paging_drop(&p);
	}
}

/* 5.6: all of it must come. */
JX_TEST_OF_2020(pager_5_6_r1_wakes_at_completion)
{
	struct page_access owner, joined;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&owner, &p, ACCESS_COMMIT, 0, 4));
	ASSERT_TRUE(access_start_blocked(&joined, &p, ACCESS_VMO_READ, 2, 1));
	EXPECT_TRUE(paging_expect_read(&p, 0, 4));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_EQ(task_thread_info(joined.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_EQ(task_thread_info(owner.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&owner, ZX_OK));
	EXPECT_TRUE(access_expect(&joined, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* Later each waits for the first page that it needs. */
JX_TEST_OF_LATEST(pager_5_6_r1_wakes_with_the_first_page)
{
	struct page_access owner, joined, last;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&owner, &p, ACCESS_COMMIT, 0, 5));
	ASSERT_TRUE(access_start_blocked(&joined, &p, ACCESS_VMO_READ, 2, 1));
	ASSERT_TRUE(access_start_blocked(&last, &p, ACCESS_VMO_READ, 4, 1));
	EXPECT_TRUE(paging_expect_read(&p, 0, 5));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&joined, ZX_OK));
	/* The owner goes on; the last inherits range and packet, it joins. */
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_EQ(task_thread_info(last.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 3, 2), ZX_OK);
	EXPECT_TRUE(access_expect(&last, ZX_OK));
	EXPECT_TRUE(access_expect(&owner, ZX_OK));
	paging_drop(&p);
}

/* Alone it asks for the rest anew. */
JX_TEST_OF_LATEST(pager_5_6_r1_asks_for_the_rest)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start(&a, &p, ACCESS_COMMIT, 0, 5));
	EXPECT_TRUE(paging_expect_read(&p, 0, 5));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 1, 2));
	EXPECT_STATUS(paging_supply(&p, 1, 2), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 4, 1));
	EXPECT_STATUS(paging_supply(&p, 4, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}
