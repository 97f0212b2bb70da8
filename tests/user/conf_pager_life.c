/* Pager, port and VMO go in every order; answers race (pager-port.md 3, 4.3, 7.7). */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "conf_util.h"
#include "pager_util.h"

enum end { PAGER, PORT, HANDLE };

static const enum end orders[6][3] = {
	{ PAGER, PORT, HANDLE }, { PAGER, HANDLE, PORT }, { PORT, PAGER, HANDLE },
	{ PORT, HANDLE, PAGER }, { HANDLE, PAGER, PORT }, { HANDLE, PORT, PAGER },
};

static void close_one(struct paging *p, enum end which)
{
	paging_close(which == PAGER ? &p->pager : which == PORT ? &p->port : &p->vmo);
}

/* A thread waits through `kind`, its packet unread or read; only the end of the
 * pager wakes it, and no packet comes after that. */
static void close_under_a_waiter(const enum end *order, enum access_kind kind, bool is_read)
{
	struct page_access a;
	struct paging p;
	bool woken = false;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, kind, 1, 2));
	if (is_read)
		EXPECT_TRUE(paging_expect_read(&p, 1, kind == ACCESS_COMMIT ||
					       (kind == ACCESS_VMO_READ &&
						jx_era() == JX_ERA_LATEST) ? 2 : 1));
	for (int i = 0; i < 3; i++) {
		if (!woken)
			EXPECT_EQ(task_thread_info(a.thread.handle).state,
				  ZX_THREAD_STATE_BLOCKED_PAGER);
		close_one(&p, order[i]);
		if (order[i] == PAGER) {
			EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
			woken = true;
		}
		if (woken && p.port)
			EXPECT_TRUE(paging_expect_none(&p));
	}
}

JX_TEST(pager_3_1_r1_ends_in_every_order_under_a_waiter)
{
	for (int i = 0; i < 6; i++)
		for (int kind = ACCESS_VMO_READ; kind <= ACCESS_COMMIT; kind++)
			for (int is_read = 0; is_read < 2; is_read++)
				close_under_a_waiter(orders[i], (enum access_kind)kind, is_read);
}

/* Nobody waits: COMPLETE comes if the VMO goes while there is a pager. */
JX_TEST(pager_3_1_r1_ends_in_every_order)
{
	for (int i = 0; i < 6; i++) {
		struct paging p;
		bool has_pager = true;

		ASSERT_TRUE(paging_create(&p, 4, 0));
		EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
		for (int j = 0; j < 3; j++) {
			close_one(&p, orders[i][j]);
			has_pager &= orders[i][j] != PAGER;
			if (orders[i][j] == HANDLE && has_pager && p.port)
				EXPECT_TRUE(paging_expect_complete(&p));
			if (p.port)
				EXPECT_TRUE(paging_expect_none(&p));
			/* What is there stays, whoever has gone. */
			if (p.vmo)
				EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 2), ZX_OK);
		}
	}
}

/* --- Answers that race ---------------------------------------------------- */

struct answering {
	struct paging *p;
	uint64_t page;
	bool fails;
};

static int answer(void *arg)
{
	struct answering *a = arg;

	if (!a->fails)
		return paging_supply(a->p, a->page, 1);
	return zx_pager_op_range(a->p->pager, ZX_PAGER_OP_FAIL, a->p->vmo, a->page * PAGE, PAGE,
				 (uint64_t)(int64_t)ZX_ERR_IO);
}

/* Both answers to one request at once: either may win, none is lost, and the
 * page is there in the end. */
JX_TEST(pager_7_7_r9_fail_races_supply)
{
	enum { ROUNDS = 40 };
	struct paging p;

	ASSERT_TRUE(paging_create(&p, ROUNDS, 0));
	for (uint64_t page = 0; page < ROUNDS; page++) {
		struct answering good = { &p, page, false }, bad = { &p, page, true };
		struct jx_thread threads[2];
		struct page_access a;
		int result = 1;

		ASSERT_TRUE(access_start(&a, &p, ACCESS_VMO_READ, page, 1));
		EXPECT_TRUE(paging_expect_read(&p, page, 1));
		ASSERT_STATUS(jx_thread_create(&threads[0], "good", answer, &good), ZX_OK);
		ASSERT_STATUS(jx_thread_create(&threads[1], "bad", answer, &bad), ZX_OK);
		ASSERT_TRUE(task_join(&a.thread, &result));
		EXPECT_TRUE(result == ZX_OK || result == ZX_ERR_IO);
		for (int i = 0; i < 2; i++) {
			ASSERT_TRUE(task_join(&threads[i], &result));
			EXPECT_STATUS(result, ZX_OK);
		}
		EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, page, 1), ZX_OK);
		EXPECT_TRUE(paging_expect_none(&p));
	}
	paging_drop(&p);
}

static int detach(void *arg)
{
	struct answering *a = arg;

	return zx_pager_detach_vmo(a->p->pager, a->p->vmo);
}

/* FAIL and detach: the thread gets one of the two; COMPLETE is last. */
JX_TEST(pager_7_7_r9_fail_races_detach)
{
	for (int round = 0; round < 30; round++) {
		struct jx_thread threads[2];
		struct page_access a;
		struct answering bad;
		struct paging p;
		int result = 1;

		ASSERT_TRUE(paging_create(&p, 1, 0));
		bad = (struct answering){ &p, 0, true };
		ASSERT_TRUE(access_start(&a, &p, ACCESS_COMMIT, 0, 1));
		EXPECT_TRUE(paging_expect_read(&p, 0, 1));
		ASSERT_STATUS(jx_thread_create(&threads[0], "bad", answer, &bad), ZX_OK);
		ASSERT_STATUS(jx_thread_create(&threads[1], "detach", detach, &bad), ZX_OK);
		ASSERT_TRUE(task_join(&a.thread, &result));
		EXPECT_TRUE(result == ZX_ERR_BAD_STATE || result == ZX_ERR_IO);
		ASSERT_TRUE(task_join(&threads[0], &result));
		EXPECT_TRUE(result == ZX_OK ||
			    (result == ZX_ERR_BAD_STATE && jx_era() == JX_ERA_LATEST));
		ASSERT_TRUE(task_join(&threads[1], &result));
		EXPECT_STATUS(result, ZX_OK);
		EXPECT_TRUE(paging_expect_complete(&p));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
}
