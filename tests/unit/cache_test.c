/*
 * Cache maintenance by range: which lines, by which operation, in which order,
 * and that each ends with the barrier that makes it done.
 */
#include "pt_env.h"

#define PAGE_LINES (PAGE_SIZE / FAKE_LINE)

static u8 *page;
static struct page *frame;

static int start(void **state)
{
	env_start(state);
	frame = env_frame();
	page = phys_to_virt(page_to_paddr(frame));
	fake_cache = (struct fake_cache){ .ctr = FAKE_CTR, .tracing = true };
	return 0;
}

static int end(void **state)
{
	fake_cache.tracing = false;
	pmm_free(frame);
	return env_end(state);
}

/* The operations so far, one character each, are those of `want`; lines stand
 * in the order of their addresses from page + first on. */
static void expect_trace(const char *want, u64 first)
{
	u64 line = first, i;

	assert_int_equal(fake_cache.trace_count, strlen(want));
	for (i = 0; want[i] != 0; i++) {
		assert_int_equal(fake_cache.trace[i].what, want[i]);
		if (strchr("cib", want[i]) == NULL)
			continue;
		assert_int_equal(fake_cache.trace[i].va, (u64)page + line);
		line += FAKE_LINE;
	}
	fake_cache.trace_count = 0;
}

static void test_clean(void **state)
{
	(void)state;
	arch_cache_clean(page + FAKE_LINE, FAKE_LINE);
	expect_trace("cD", FAKE_LINE);
	/* Every line that the range touches. */
	arch_cache_clean(page + FAKE_LINE - 1, 2);
	expect_trace("ccD", 0);
	arch_cache_clean(page + 5, 1);
	expect_trace("cD", 0);
	arch_cache_clean(page + 3, 0);
	expect_trace("", 0);
	fake_cache.tracing = false;
	arch_cache_clean(page, PAGE_SIZE);
	assert_int_equal(fake_cache.clean_count, 4 + PAGE_LINES);
	assert_int_equal(fake_cache.invalidate_count, 0);
	assert_int_equal(fake_cache.clean_invalidate_count, 0);
}

/* What the range holds only part of keeps its neighbours' bytes. */
static void test_invalidate(void **state)
{
	(void)state;
	arch_cache_invalidate(page, 2 * FAKE_LINE);
	expect_trace("iiD", 0);
	arch_cache_invalidate(page + 1, 2 * FAKE_LINE - 1);
	expect_trace("biD", 0);
	arch_cache_invalidate(page, 2 * FAKE_LINE - 1);
	expect_trace("ibD", 0);
	arch_cache_invalidate(page + 1, 3 * FAKE_LINE);
	expect_trace("biibD", 0);
	arch_cache_invalidate(page + 70, 4);
	expect_trace("bD", FAKE_LINE);
	arch_cache_invalidate(page + FAKE_LINE + 63, 2);
	expect_trace("bbD", FAKE_LINE);
	arch_cache_invalidate(page + 3, 0);
	expect_trace("", 0);
}

static void test_clean_invalidate(void **state)
{
	(void)state;
	arch_cache_clean_invalidate(page, 3 * FAKE_LINE);
	expect_trace("bbbD", 0);
	arch_cache_clean_invalidate(page + 63, 2);
	expect_trace("bbD", 0);
	arch_cache_clean_invalidate(page + 3, 0);
	expect_trace("", 0);
}

/* Clean, wait, invalidate, wait, and forget what was fetched. */
static void test_sync(void **state)
{
	(void)state;
	arch_cache_sync(page + 10, 2 * FAKE_LINE);
	expect_trace("uuudxxxdI", 0);
	arch_cache_sync(page, 1);
	expect_trace("udxdI", 0);
	arch_cache_sync(page, 0);
	expect_trace("", 0);
	/* No PIPT: the direct map's address is of no use for the I-cache. */
	fake_cache.ctr = FAKE_CTR & ~(1ul << 14);
	arch_cache_sync(page, FAKE_LINE);
	expect_trace("udXdI", 0);
	/* Hardware that keeps I and D coherent still has to be waited for. */
	fake_cache.ctr = FAKE_CTR | 1ul << 28;
	arch_cache_sync(page, FAKE_LINE);
	expect_trace("dxdI", 0);
	fake_cache.ctr = FAKE_CTR | 3ul << 28;
	arch_cache_sync(page, FAKE_LINE);
	expect_trace("dI", 0);
}

/* Lines of other sizes: CTR_EL0 says. */
static void test_line_sizes(void **state)
{
	(void)state;
	fake_cache.ctr = 0x5c002;	/* 128 bytes of data, 16 of code */
	arch_cache_invalidate(page + 64, 64);
	expect_trace("bD", 0);
	arch_cache_sync(page + 32, 32);
	expect_trace("udxxdI", 0);
}

static void test_sync_page(void **state)
{
	(void)state;
	fake_cache.tracing = false;
	arch_sync_icache_page(frame);
	assert_int_equal(fake_cache.clean_pou_count, PAGE_LINES);
	assert_int_equal(fake_cache.icache_count, PAGE_LINES);
	assert_int_equal(fake_cache.dsb_ish_count, 2);
	assert_int_equal(fake_cache.isb_count, 0);
}

/* The checker takes a page as synced if all of it was. */
static void test_checker_sees_pages(void **state)
{
	struct page *two = pmm_alloc_order(1);
	u8 *va = phys_to_virt(page_to_paddr(two));

	(void)state;
	if (!IS_ENABLED(CONFIG_PTCHECK))
		skip();
	arch_cache_sync(va + 1, 2 * PAGE_SIZE - 1);
	assert_int_equal(two[0].map_count, 0);
	assert_int_equal(two[1].map_count, 1u << 31);
	arch_cache_sync(va, PAGE_SIZE);
	assert_int_equal(two[0].map_count, 1u << 31);
	pmm_free_order(two, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clean),
		TEST(test_invalidate),
		TEST(test_clean_invalidate),
		TEST(test_sync),
		TEST(test_line_sizes),
		TEST(test_sync_page),
		TEST(test_checker_sees_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
