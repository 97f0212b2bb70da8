/* Clones and slices of pagers' VMOs: spec/pager-port.md 8. */
#include <zircon/syscalls/object.h>

#include "conf_util.h"
#include "pager_util.h"

#define PAGES 4u
#define OVERLAY ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE

/* A paging of which vmo is a child with the pages from `first` on. */
static struct paging child_of(const struct paging *p, uint32_t kind, uint64_t first)
{
	struct paging via = *p;

	via.vmo = ZX_HANDLE_INVALID;
	EXPECT_STATUS(zx_vmo_create_child(p->vmo, kind, first * PAGE, (PAGES - first) * PAGE,
					  &via.vmo), ZX_OK);
	return via;
}

static bool no_children(zx_handle_t vmo)
{
	return zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, NULL) == ZX_OK;
}

/* Two clones, and a clone of one, want one page: one packet, one page, the root's. */
JX_TEST(pager_8_1_r1_reads_go_to_the_root)
{
	struct page_access a[3];
	struct paging p, via[3];

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	via[0] = child_of(&p, OVERLAY, 0);
	via[1] = child_of(&p, OVERLAY, 0);
	via[2] = child_of(&via[1], OVERLAY, 0);
	for (int i = 0; i < 3; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &via[i], i == 1 ? ACCESS_LOAD :
									   ACCESS_VMO_READ, 2, 1));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	for (int i = 0; i < 3; i++) {
		EXPECT_TRUE(access_expect(&a[i], ZX_OK));
		EXPECT_EQ(paging_committed(&via[i]), 0);
	}
	EXPECT_EQ(paging_committed(&p), PAGE);
	for (int i = 2; i >= 0; i--)
		paging_close(&via[i].vmo);
	paging_drop(&p);
}

/* Trapped or not: READ of the whole page too, then the copy is the clone's. */
JX_TEST(pager_8_2_r1_writes_stay_in_the_clone)
{
	for (int trap = 0; trap < 2; trap++) {
		zx_pager_vmo_stats_t stats = { 7 };
		struct paging p, via;
		struct page_access a;
		uint64_t word = 1;
		size_t dirty = 7;

		ASSERT_TRUE(paging_create(&p, PAGES, trap ? ZX_VMO_TRAP_DIRTY : 0));
		via = child_of(&p, OVERLAY, 0);
		ASSERT_TRUE(access_start_blocked(&a, &via, ACCESS_VMO_WRITE, 1, 1));
		EXPECT_TRUE(paging_expect_read(&p, 1, 1));
		EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
		EXPECT_TRUE(access_expect(&a, ZX_OK));
		EXPECT_TRUE(paging_expect_none(&p));
		EXPECT_EQ(paging_committed(&via), PAGE);
		EXPECT_EQ(paging_committed(&p), PAGE);
		/* The root is clean. */
		EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, PAGES * PAGE, NULL, 0,
							  NULL, &dirty), ZX_OK);
		EXPECT_EQ(dirty, 0);
		EXPECT_STATUS(zx_pager_query_vmo_stats(p.pager, p.vmo, 0, &stats, sizeof(stats)),
			      ZX_OK);
		EXPECT_EQ(stats.modified, 0);
		/* And the clone's page hides what the root gets. */
		vm_vmo_set(via.vmo, 1, 5);
		EXPECT_STATUS(zx_vmo_read(p.vmo, &word, PAGE, sizeof(word)), ZX_OK);
		EXPECT_EQ(word, paging_word(1));
		paging_close(&via.vmo);
		paging_drop(&p);
	}
}

JX_TEST(pager_8_3_r1_current_content_until_it_is_forked)
{
	struct paging p, via;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	via = child_of(&p, OVERLAY, 1);
	EXPECT_STATUS(paging_supply(&p, 0, PAGES), ZX_OK);
	vm_vmo_set(p.vmo, 1, 11);
	EXPECT_EQ(vm_vmo_get(via.vmo, 0), 11);
	vm_vmo_set(via.vmo, 0, 22);
	vm_vmo_set(p.vmo, 1, 33);
	vm_vmo_set(p.vmo, 2, 44);
	EXPECT_EQ(vm_vmo_get(via.vmo, 0), 22);
	EXPECT_EQ(vm_vmo_get(via.vmo, 1), 44);
	EXPECT_EQ(vm_vmo_get(p.vmo, 1), 33);
	paging_close(&via.vmo);
	paging_drop(&p);
}

/* The root's handle is closed: requests of its clone come with its key, what was
 * there is there, and COMPLETE comes with the clone's end. */
JX_TEST(pager_8_4_r1_a_clone_keeps_the_root)
{
	struct page_access a;
	struct paging p, via;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	via = child_of(&p, OVERLAY, 1);
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	paging_close(&p.vmo);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_EQ(vm_vmo_get(via.vmo, 0), paging_word(1));
	ASSERT_TRUE(access_start_blocked(&a, &via, ACCESS_VMO_READ, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_STATUS(zx_task_kill(a.thread.handle), ZX_OK);
	EXPECT_TRUE(access_expect(&a, -1));
	/* The clone is no handle for the pager's calls. */
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, via.vmo), ZX_ERR_INVALID_ARGS);
	paging_close(&via.vmo);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_close(&p.pager);
	paging_close(&p.port);
}

/* Direct children count; those of one that goes are the root's then. */
JX_TEST(pager_8_4_r2_zero_children)
{
	struct paging p, middle, last;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	EXPECT_TRUE(no_children(p.vmo));
	middle = child_of(&p, OVERLAY, 0);
	EXPECT_TRUE(!no_children(p.vmo));
	last = child_of(&middle, OVERLAY, 0);
	EXPECT_EQ(vm_vmo_info(p.vmo).num_children, 1);
	EXPECT_TRUE(!no_children(middle.vmo));
	paging_close(&middle.vmo);
	EXPECT_TRUE(!no_children(p.vmo));
	EXPECT_EQ(vm_vmo_info(p.vmo).num_children, 1);
	paging_close(&last.vmo);
	EXPECT_TRUE(no_children(p.vmo));
	paging_drop(&p);
}

/* A slice's pages, requests and writes are the root's, at its offset. */
JX_TEST(pager_8_6_r1_slices)
{
	struct page_access a;
	struct paging p, via;
	zx_vmo_dirty_range_t range = { 0 };
	size_t count = 0;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	via = child_of(&p, ZX_VMO_CHILD_SLICE, 2);
	ASSERT_TRUE(access_start_blocked(&a, &via, ACCESS_COMMIT, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 3, 1));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_EQ(paging_committed(&via), 0);
	vm_vmo_set(via.vmo, 1, 8);
	EXPECT_EQ(vm_vmo_get(p.vmo, 3), 8);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(p.pager, p.vmo, 0, PAGES * PAGE, &range,
						  sizeof(range), &count, NULL), ZX_OK);
	EXPECT_EQ(count, 1);
	EXPECT_EQ(range.offset, 3 * PAGE);
	EXPECT_EQ(range.length, PAGE);
	paging_close(&via.vmo);
	paging_drop(&p);
}
