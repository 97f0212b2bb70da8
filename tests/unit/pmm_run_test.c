/*
 * Runs of frames: what no single block of the allocator holds is joined from
 * neighbours, aligned as asked for, and everything comes back together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <mm/pmm.h>
#include <mm/slab.h>

#include "fake.h"

#define FRAMES 1024u
#define HELD_MAX 64

/* All blocks of memory but one run, so that only what is freed of it is free. */
static struct {
	struct page *blocks[PMM_ORDER_COUNT][HELD_MAX];
	u32 count[PMM_ORDER_COUNT];
	struct page *run;
	u64 free_before;
} held;

static int boot(void **state)
{
	(void)state;
	fake_boot(&(struct fake_options){ .cpu_count = 1, .seed = 1 });
	pmm_init_cpu(arch_current()->cpu);
	pmm_init();
	return 0;
}

static int take_all(void **state)
{
	(void)state;
	memset(&held, 0, sizeof(held));
	held.free_before = pmm_free_count();
	held.run = pmm_alloc_run(FRAMES, PAGE_SHIFT);
	assert_non_null(held.run);
	for (u32 order = PMM_ORDER_COUNT; order-- > 0;) {
		struct page *p;

		while ((p = pmm_alloc_order(order)) != NULL) {
			assert_true(held.count[order] < HELD_MAX);
			held.blocks[order][held.count[order]++] = p;
		}
	}
	assert_int_equal(pmm_free_count(), 0);
	return 0;
}

static int give_all(void **state)
{
	(void)state;
	for (u32 order = 0; order < PMM_ORDER_COUNT; order++)
		for (u32 i = 0; i < held.count[order]; i++)
			pmm_free_order(held.blocks[order][i], order);
	assert_int_equal(pmm_free_count(), held.free_before);
	return 0;
}

/* Frames [first, first + count) of the run are free, and nothing else is. */
static void with_free(u64 first, u64 count)
{
	pmm_free_run(held.run + first, count);
	assert_int_equal(pmm_free_count(), count);
}

static void test_joins_all_that_is_free(void **state)
{
	struct page *p;

	(void)state;
	with_free(3, 700);
	assert_null(pmm_alloc_run(701, PAGE_SHIFT));
	assert_int_equal(pmm_free_count(), 700);
	p = pmm_alloc_run(700, PAGE_SHIFT);
	assert_ptr_equal(p, held.run + 3);
	assert_int_equal(pmm_free_count(), 0);
	assert_int_equal(p[699].state, PAGE_ALLOCATED);
	pmm_free_run(held.run, FRAMES);
}

static void test_aligns_and_puts_back_the_rest(void **state)
{
	struct page *p;
	u64 first;

	(void)state;
	with_free(5, 900);
	p = pmm_alloc_run(600, PAGE_SHIFT + 6);
	assert_non_null(p);
	assert_int_equal(page_to_paddr(p).v % (64 * PAGE_SIZE), 0);
	first = (u64)(p - held.run);
	assert_true(first >= 5 && first + 600 <= 905);
	assert_int_equal(pmm_free_count(), 300);
	/* Before and behind it. */
	assert_int_equal(p[-1].state == PAGE_ALLOCATED, 0);
	assert_null(pmm_alloc_run(600, PAGE_SHIFT));
	pmm_free_run(held.run, 5);
	pmm_free_run(p, 600);
	pmm_free_run(held.run + 905, FRAMES - 905);
}

static void test_two_spans_are_no_run(void **state)
{
	struct page *p;

	(void)state;
	pmm_free_run(held.run, 300);
	pmm_free_run(held.run + 301, 400);
	assert_null(pmm_alloc_run(401, PAGE_SHIFT));
	p = pmm_alloc_run(399, PAGE_SHIFT);
	assert_true(p >= held.run + 301 && p <= held.run + 302);
	assert_int_equal(pmm_free_count(), 301);
	pmm_free_run(p, 399);
	pmm_free_run(held.run + 300, 1);
	pmm_free_run(held.run + 701, FRAMES - 701);
}

static void test_impossible(void **state)
{
	(void)state;
	with_free(0, FRAMES);
	assert_null(pmm_alloc_run(FRAMES + 1, PAGE_SHIFT));
	assert_null(pmm_alloc_run(1ul << 48, PAGE_SHIFT));
	assert_null(pmm_alloc_run(1, 63));
	assert_int_equal(pmm_free_count(), FRAMES);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, take_all, give_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_joins_all_that_is_free),
		TEST(test_aligns_and_puts_back_the_rest),
		TEST(test_two_spans_are_no_run),
		TEST(test_impossible),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}
