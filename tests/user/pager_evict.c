/*
 * Eviction of pagers' pages (pager-port.md 9.1): what goes under memory pressure,
 * what never does, and that it comes back as it was.
 */
#include <string.h>

#include "dev_util.h"
#include "evict_util.h"

#define PAGES 512u
/* Some of many: those that may go are more than the free frames that CPUs keep for
 * themselves. */
#define FEW 1024u
#define MANY (8u * FEW)

static bool reads_right(struct service *s, uint64_t page)
{
	uint64_t words[PAGE / sizeof(uint64_t)];

	return EXPECT_STATUS(zx_vmo_read(s->p.vmo, words, page * PAGE, PAGE), ZX_OK) &&
	       EXPECT_TRUE(evict_page_is_right(words, page));
}

JX_TEST(pager_9_1_r1_clean_pages_go_and_come_back)
{
	struct service s;
	zx_vaddr_t at;

	ASSERT_TRUE(service_start(&s, PAGES, 1));
	at = vm_map(s.p.vmo, VM_R, PAGES);
	service_fill(&s);
	EXPECT_EQ(service_asked(&s), PAGES);
	for (uint64_t i = 0; i < PAGES; i++)
		EXPECT_TRUE(evict_page_is_right((uint64_t *)(at + i * PAGE), i));
	evict_everything();
	EXPECT_EQ(service_resident(&s), 0);
	/* By mapping, by copy, by COMMIT: each page is asked for once more. */
	for (uint64_t i = 0; i < PAGES / 2; i++)
		EXPECT_TRUE(evict_page_is_right((uint64_t *)(at + i * PAGE), i));
	EXPECT_EQ(service_asked(&s), PAGES + PAGES / 2);
	for (uint64_t i = 0; i < PAGES; i++)
		reads_right(&s, i);
	EXPECT_EQ(service_asked(&s), 2 * PAGES);
	evict_everything();
	service_fill(&s);
	EXPECT_EQ(service_asked(&s), 3 * PAGES);
	EXPECT_EQ(service_resident(&s), PAGES);
	vm_unmap(at, PAGES);
	service_drop(&s);
}

/* What was written stays, whether by a copy, a store, or a device. */
JX_TEST(pager_9_1_r2_dirty_and_pinned_pages_stay)
{
	zx_handle_t bti = dev_bti(), pmt;
	uint64_t word = 77, got = 0;
	struct service s;
	zx_vaddr_t at;

	ASSERT_TRUE(service_start(&s, PAGES, 1));
	at = vm_map(s.p.vmo, VM_RW, PAGES);
	service_fill(&s);
	EXPECT_STATUS(zx_vmo_write(s.p.vmo, &word, 5 * PAGE, 8), ZX_OK);
	*(volatile uint64_t *)(at + 9 * PAGE) = 99;
	pmt = dev_pin(bti, s.p.vmo, 11, 2);
	evict_everything();
	EXPECT_EQ(service_resident(&s), 4);
	EXPECT_STATUS(zx_vmo_read(s.p.vmo, &got, 5 * PAGE, 8), ZX_OK);
	EXPECT_EQ(got, 77);
	EXPECT_EQ(*(volatile uint64_t *)(at + 9 * PAGE), 99);
	EXPECT_EQ(*(volatile uint64_t *)(at + 11 * PAGE), paging_word(11));
	EXPECT_EQ(service_asked(&s), PAGES);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	dev_bti_drop(bti);
	vm_unmap(at, PAGES);
	service_drop(&s);
}

/* The root's pages go from its clones' and slices' mappings too; the clone's own
 * stay. */
JX_TEST(pager_9_1_r3_root_pages_go_from_clones_and_slices)
{
	zx_handle_t clone = 0, slice = 0;
	zx_vaddr_t clone_at, slice_at;
	struct service s;

	ASSERT_TRUE(service_start(&s, PAGES, 1));
	ASSERT_STATUS(zx_vmo_create_child(s.p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0,
					  PAGES * PAGE, &clone), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_child(s.p.vmo, ZX_VMO_CHILD_SLICE, 8 * PAGE, 8 * PAGE,
					  &slice), ZX_OK);
	clone_at = vm_map(clone, VM_RW, PAGES);
	slice_at = vm_map(slice, VM_R, 8);
	service_fill(&s);
	for (uint64_t i = 0; i < 8; i++) {
		EXPECT_EQ(vm_load(slice_at + i * PAGE), paging_word(8 + i));
		EXPECT_EQ(vm_load(clone_at + i * PAGE), paging_word(i));
	}
	vm_store(clone_at + 3 * PAGE, 33);
	evict_everything();
	EXPECT_EQ(service_resident(&s), 0);
	EXPECT_EQ(vm_vmo_info(clone).committed_bytes, PAGE);
	EXPECT_EQ(vm_load(clone_at + 3 * PAGE), 33);
	EXPECT_EQ(service_asked(&s), PAGES);
	EXPECT_EQ(vm_load(clone_at + 4 * PAGE), paging_word(4));
	EXPECT_EQ(vm_load(slice_at), paging_word(8));
	EXPECT_EQ(service_asked(&s), PAGES + 2);
	vm_unmap(clone_at, PAGES);
	vm_unmap(slice_at, 8);
	zx_handle_close(clone);
	zx_handle_close(slice);
	service_drop(&s);
}

/* Nobody could supply them again. */
JX_TEST(pager_9_1_r4_pages_of_a_closed_pager_stay)
{
	struct paging p;
	uint64_t got = 0;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	paging_close(&p.pager);
	evict_everything();
	EXPECT_EQ(paging_committed(&p), 8 * PAGE);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &got, 7 * PAGE, 8), ZX_OK);
	EXPECT_EQ(got, paging_word(7));
	paging_close(&p.vmo);
	paging_close(&p.port);
}

/* A page that went makes a request like one that never came; a detach meanwhile
 * ends it, and so the page is lost to its readers. */
JX_TEST(pager_9_1_r5_evicted_pages_are_asked_for_like_any)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 8), ZX_OK);
	evict_everything();
	EXPECT_TRUE(paging_expect_none(&p));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_LOAD, 3, 1));
	EXPECT_TRUE(paging_expect_read(&p, 3, 1));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 4, 1));
	EXPECT_TRUE(paging_expect_read(&p, 4, 1));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	EXPECT_TRUE(paging_expect_complete(&p));
	paging_drop(&p);
}

/* A marker holds no memory to be gained. */
JX_TEST(pager_9_1_r6_zero_markers_stay_present)
{
	struct paging p;
	zx_handle_t aux = 0;
	uint64_t got = 1;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &aux), ZX_OK);
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, p.vmo, 0, 4 * PAGE, aux, 0), ZX_OK);
	evict_everything();
	EXPECT_STATUS(zx_vmo_read(p.vmo, &got, 2 * PAGE, 8), ZX_OK);
	EXPECT_EQ(got, 0);
	EXPECT_TRUE(paging_expect_none(&p));
	zx_handle_close(aux);
	paging_drop(&p);
}

/* Memory is short: what nobody uses goes before anybody has to wait for it, some
 * seconds later. */
JX_TEST(pager_9_3_r1_idle_pages_go_when_memory_is_short)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);
	zx_handle_t ballast;
	struct service s;

	ASSERT_TRUE(service_start(&s, PAGES, 1));
	ballast = memory_ballast(memory_total_pages() / 50);
	service_fill(&s);
	EXPECT_EQ(service_resident(&s), PAGES);
	while (service_resident(&s) && zx_clock_get_monotonic() < end)
		zx_nanosleep(0);
	EXPECT_EQ(service_resident(&s), 0);
	reads_right(&s, 3);
	zx_handle_close(ballast);
	service_drop(&s);
}

/* --- Hints (9.2) ------------------------------------------------------------- */

static zx_status_t hint(zx_handle_t vmo, uint32_t op, uint64_t offset, uint64_t bytes)
{
	return zx_vmo_op_range(vmo, op, offset, bytes, NULL, 0);
}

/* None of the pages [first, first + count) has gone. */
static void expect_kept(struct service *s, uint64_t first, uint64_t count)
{
	uint64_t before = service_asked(s);

	for (uint64_t i = first; i < first + count; i++)
		reads_right(s, i);
	EXPECT_EQ(service_asked(s), before);
}

JX_TEST(pager_9_2_r1_pages_not_needed_go_first)
{
	zx_handle_t ballast, rest;
	struct service s;

	ASSERT_TRUE(service_start(&s, MANY, 1));
	ballast = memory_ballast(MANY + 4096);
	service_fill(&s);
	EXPECT_STATUS(hint(s.p.vmo, ZX_VMO_OP_DONT_NEED, FEW * PAGE + 1,
			   (MANY - FEW) * PAGE - 2), ZX_OK);
	EXPECT_EQ(service_resident(&s), MANY);
	/* Used again: they move back. */
	expect_kept(&s, 2 * FEW, 32);
	rest = memory_squeeze(1000, ZX_OK);
	EXPECT_TRUE(service_resident(&s) < MANY - 500);
	expect_kept(&s, 0, FEW);
	expect_kept(&s, 2 * FEW, 32);
	zx_handle_close(rest);
	zx_handle_close(ballast);
	service_drop(&s);
}

JX_TEST(pager_9_2_r2_pages_always_needed_go_last)
{
	zx_handle_t ballast, rest;
	struct service s;

	ASSERT_TRUE(service_start(&s, MANY, 1));
	ballast = memory_ballast(MANY + 4096);
	/* It brings them in. */
	EXPECT_STATUS(hint(s.p.vmo, ZX_VMO_OP_ALWAYS_NEED, 0, FEW * PAGE), ZX_OK);
	EXPECT_EQ(service_resident(&s), FEW);
	service_fill(&s);
	rest = memory_squeeze(1000, ZX_OK);
	EXPECT_TRUE(service_resident(&s) < MANY - 500);
	expect_kept(&s, 0, FEW);
	zx_handle_close(rest);
	/* Memory is out otherwise. */
	evict_everything();
	EXPECT_EQ(service_resident(&s), 0);
	zx_handle_close(ballast);
	service_drop(&s);
}

/* DONT_NEED asks for nothing; ALWAYS_NEED for what is missing. */
JX_TEST_OF_2020(pager_9_2_r3_always_need_asks_page_by_page)
{
	struct paging p;
	struct page_access a;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	EXPECT_STATUS(hint(p.vmo, ZX_VMO_OP_DONT_NEED, 0, 8 * PAGE), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_ALWAYS_NEED, 2, 2));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 3, 1));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST_OF_LATEST(pager_9_2_r3_always_need_asks_for_runs)
{
	struct paging p;
	struct page_access a;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	EXPECT_STATUS(hint(p.vmo, ZX_VMO_OP_DONT_NEED, 0, 8 * PAGE), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_ALWAYS_NEED, 2, 4));
	EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	EXPECT_STATUS(paging_supply(&p, 2, 4), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(pager_9_2_r4_hints_check_their_range)
{
	const uint32_t ops[] = { ZX_VMO_OP_DONT_NEED, ZX_VMO_OP_ALWAYS_NEED };
	zx_handle_t anonymous = vm_vmo_make(2, 0), bare;
	struct service s;

	ASSERT_TRUE(service_start(&s, 8, 1));
	bare = vm_dup(s.p.vmo, 0);
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(hint(s.p.vmo, ops[i], 0, 8 * PAGE + 1), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(hint(s.p.vmo, ops[i], PAGE, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(hint(s.p.vmo, ops[i], 8 * PAGE, 0), ZX_OK);
		EXPECT_STATUS(hint(anonymous, ops[i], PAGE, 9 * PAGE), ZX_OK);
		/* No right is wanted. */
		EXPECT_STATUS(hint(bare, ops[i], 0, PAGE), ZX_OK);
	}
	/* Rounded outward. */
	EXPECT_STATUS(hint(s.p.vmo, ZX_VMO_OP_ALWAYS_NEED, 2 * PAGE + 5, PAGE), ZX_OK);
	EXPECT_EQ(service_resident(&s), 3);
	zx_handle_close(bare);
	zx_handle_close(anonymous);
	service_drop(&s);
}

/* On a clone they are about the root's pages that it shows. */
JX_TEST(pager_9_2_r5_hints_on_a_clone_act_on_the_root)
{
	zx_handle_t clone = 0, ballast, rest;
	struct service s;

	ASSERT_TRUE(service_start(&s, MANY, 1));
	ballast = memory_ballast(MANY + 4096);
	ASSERT_STATUS(zx_vmo_create_child(s.p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE,
					  (MANY - FEW) * PAGE, FEW * PAGE, &clone), ZX_OK);
	EXPECT_STATUS(hint(clone, ZX_VMO_OP_ALWAYS_NEED, 0, FEW * PAGE), ZX_OK);
	EXPECT_EQ(service_resident(&s), FEW);
	EXPECT_EQ(vm_vmo_info(clone).committed_bytes, 0);
	service_fill(&s);
	rest = memory_squeeze(1000, ZX_OK);
	expect_kept(&s, MANY - FEW, FEW);
	zx_handle_close(rest);
	zx_handle_close(clone);
	zx_handle_close(ballast);
	service_drop(&s);
}
