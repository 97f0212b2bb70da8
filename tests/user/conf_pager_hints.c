/* ALWAYS_NEED where pages cannot be had: spec/pager-port.md 2.4, 3.3, 9.2. */
#include <zircon/syscalls/object.h>

#include "conf_util.h"
#include "pager_util.h"

#define PAGES 4u

static zx_status_t need(zx_handle_t vmo, uint64_t first, uint64_t count)
{
	return zx_vmo_op_range(vmo, ZX_VMO_OP_ALWAYS_NEED, first * PAGE, count * PAGE, NULL, 0);
}

static zx_handle_t make_clone(struct paging *p)
{
	zx_handle_t clone = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create_child(p->vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0,
					  PAGES * PAGE, &clone), ZX_OK);
	return clone;
}

/* Written before the detach, page 1 stays. */
JX_TEST(pager_2_4_r3_always_need_after_detach)
{
	struct paging p;
	zx_handle_t clone;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	clone = make_clone(&p);
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 1, 1), ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(need(p.vmo, 0, PAGES), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(need(p.vmo, 1, 1), ZX_OK);
	EXPECT_STATUS(need(p.vmo, 2, 0), ZX_OK);
	EXPECT_STATUS(need(p.vmo, 2, PAGES), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(need(clone, 2, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(need(clone, 1, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	zx_handle_close(clone);
	paging_drop(&p);
}

JX_TEST(pager_2_4_r3_always_need_without_the_pager)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_ALWAYS_NEED, 1, 2));
	paging_close(&p.pager);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	EXPECT_STATUS(need(p.vmo, 0, PAGES), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(need(p.vmo, 0, 2), ZX_OK);
	paging_drop(&p);
}

/* Whatever the pager's reason, BAD_STATE too: it may bring them another time. */
JX_TEST(pager_9_2_r4_failures_are_not_told)
{
	static const zx_status_t reasons[] = { ZX_ERR_IO, ZX_ERR_BAD_STATE };

	for (size_t i = 0; i < 2; i++) {
		struct page_access a;
		struct paging p;

		ASSERT_TRUE(paging_create(&p, PAGES, 0));
		ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_ALWAYS_NEED, 0, PAGES));
		EXPECT_STATUS(zx_pager_op_range(p.pager, ZX_PAGER_OP_FAIL, p.vmo, 0, PAGES * PAGE,
						(uint64_t)(int64_t)reasons[i]), ZX_OK);
		EXPECT_TRUE(access_expect(&a, ZX_OK));
		paging_drop(&p);
	}
}
