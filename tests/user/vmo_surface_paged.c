/* Pins and hints that wait for a pager: spec/vmo.md 4.7, 13. */
#include "pager_util.h"

#include "dev_util.h"

#define PAGES 4u

/* A call that wants all pages of a pager's VMO, or of a child of it. */
struct wish {
	enum { WISH_PIN, WISH_PREFETCH, WISH_NEED } kind;
	zx_handle_t bti;
	zx_handle_t vmo;
	zx_handle_t pmt;
	struct jx_thread thread;
};

static int make_wish(void *arg)
{
	struct wish *w = arg;
	zx_paddr_t addresses[PAGES];

	if (w->kind == WISH_PIN)
		return zx_bti_pin(w->bti, DEV_READ, w->vmo, 0, PAGES * PAGE, addresses, PAGES,
				  &w->pmt);
	return zx_vmo_op_range(w->vmo, w->kind == WISH_PREFETCH ? ZX_VMO_OP_PREFETCH :
								 ZX_VMO_OP_ALWAYS_NEED,
			       0, PAGES * PAGE, NULL, 0);
}

static bool start(struct wish *w, int kind, zx_handle_t bti, zx_handle_t vmo)
{
	w->kind = kind;
	w->bti = bti;
	w->vmo = vmo;
	w->pmt = ZX_HANDLE_INVALID;
	return EXPECT_STATUS(jx_thread_create(&w->thread, "wish", make_wish, w), ZX_OK) &&
	       task_await_state(w->thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER);
}

static void expect_end(struct wish *w, zx_status_t wanted)
{
	int result = 1;

	EXPECT_TRUE(task_join(&w->thread, &result));
	EXPECT_EQ((unsigned int)result, (unsigned int)wanted);
}

/* Nothing is pinned: shrinking would be refused. */
static void expect_unpinned(struct paging *p)
{
	EXPECT_STATUS(zx_vmo_set_size(p->vmo, 0), ZX_OK);
}

JX_TEST(vmo_surface_pin_waits_for_the_pager)
{
	zx_handle_t bti = dev_bti();
	struct paging p;
	struct wish w;

	ASSERT_TRUE(paging_create(&p, PAGES, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	ASSERT_TRUE(start(&w, WISH_PIN, bti, p.vmo));
	EXPECT_STATUS(paging_supply(&p, 1, 2), ZX_OK);
	EXPECT_TRUE(task_await_state(w.thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	expect_end(&w, ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 3 * PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(w.pmt), ZX_OK);
	expect_unpinned(&p);
	paging_drop(&p);
	dev_bti_drop(bti);
}

/* In the middle: the page that was there is pinned already, and let go. */
JX_TEST(vmo_surface_pin_killed_and_detached)
{
	zx_handle_t bti = dev_bti();

	for (int detach = 0; detach < 2; detach++) {
		struct paging p;
		struct wish w;

		ASSERT_TRUE(paging_create(&p, PAGES, ZX_VMO_RESIZABLE));
		EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
		ASSERT_TRUE(start(&w, WISH_PIN, bti, p.vmo));
		EXPECT_STATUS(detach ? zx_pager_detach_vmo(p.pager, p.vmo) :
				       zx_task_kill(w.thread.handle), ZX_OK);
		expect_end(&w, detach ? ZX_ERR_BAD_STATE : -1);
		expect_unpinned(&p);
		paging_drop(&p);
	}
	dev_bti_drop(bti);
}

/* Hints bring pages in for a child too, and leave them where they are. */
JX_TEST(vmo_surface_hints_wait_for_the_pager)
{
	for (int kind = WISH_PREFETCH; kind <= WISH_NEED; kind++) {
		zx_handle_t child = 0;
		struct paging p;
		struct wish w;

		ASSERT_TRUE(paging_create(&p, PAGES, 0));
		ASSERT_STATUS(zx_vmo_create_child(p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0,
						  PAGES * PAGE, &child), ZX_OK);
		ASSERT_TRUE(start(&w, kind, 0, child));
		EXPECT_STATUS(paging_supply(&p, 0, PAGES), ZX_OK);
		expect_end(&w, ZX_OK);
		EXPECT_EQ(paging_committed(&p), PAGES * PAGE);
		EXPECT_EQ(vm_vmo_info(child).committed_bytes, 0);
		zx_handle_close(child);
		paging_drop(&p);
	}
}

/* Both say so where nobody will ever bring what is missing. */
JX_TEST(vmo_surface_hints_of_a_detached_pager)
{
	for (int kind = WISH_PREFETCH; kind <= WISH_NEED; kind++) {
		struct paging p;
		struct wish w;

		ASSERT_TRUE(paging_create(&p, PAGES, 0));
		ASSERT_TRUE(start(&w, kind, 0, p.vmo));
		EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
		expect_end(&w, ZX_ERR_BAD_STATE);
		EXPECT_STATUS(zx_vmo_op_range(p.vmo, ZX_VMO_OP_ALWAYS_NEED, PAGE, PAGES * PAGE,
					      NULL, 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_op_range(p.vmo, ZX_VMO_OP_DONT_NEED, PAGE, PAGES * PAGE,
					      NULL, 0), ZX_ERR_OUT_OF_RANGE);
		paging_drop(&p);
	}
}
