/*
 * The VMAR tree against its flat model: random changes with failing
 * allocations, placement, borders of the key space, and readers in threads.
 * Environment: SEED, STEPS.
 */
#include <pthread.h>

#include "rtree_model.h"
#include "tree_env.h"

static struct rtree tree;
static struct model model;
/* Stands where a range was last found free. */
static struct rtree_txn place_txn;

static u64 clamp_page(u64 page)
{
	return page % RT_PAGE_LIMIT;
}

/* Pages at all scales, crowded around a few places and borders of nodes. */
static u64 random_page(void)
{
	static const u64 anchors[] = {
		0, 0x1000, 1ul << 18, (1ul << 30) - 64, 5ul << 24,
		RT_PAGE_LIMIT / 2, RT_PAGE_LIMIT - 4096,
	};
	u64 page = anchors[env_below(ARRAY_SIZE(anchors))];

	page += env_below(1ul << env_below(16));
	if (env_below(4) == 0)
		page += env_below(64) << (6 * env_below(6));
	return clamp_page(page);
}

static u64 random_end(u64 start)
{
	u64 size = 1;

	switch (env_below(4)) {
	case 1:
		size += env_below(100);
		break;
	case 2:
		size += env_below(1ul << env_below(20));
		break;
	case 3:
		if (env_below(8) == 0)
			size += env_below(1ul << env_below(37));
		break;
	}
	return min_u64(start + size, RT_PAGE_LIMIT);
}

static void maybe_fail(void)
{
	env_fail_after = env_below(4) == 0 ? 1 + env_below(5) : 0;
}

/* A prepare failed: nothing may have changed. */
static void expect_unchanged(u64 live)
{
	env_fail_after = 0;
	assert_int_equal(env_live_count, live);
	model_compare(&model, &tree);
}

static void step_insert(void)
{
	u64 start = random_page(), end = random_end(start);
	u64 live = env_live_count;
	struct rt_slot s;

	assert_int_equal(rtree_seek_free(&place_txn, &tree, start, end),
			 model_is_free(&model, start, end));
	if (!model_is_free(&model, start, end) || model.count > 2000)
		return;
	s = model_new(start, end);
	maybe_fail();
	if (rtree_insert_prepare(&place_txn, s) != ZX_OK) {
		free(rt_slot_region(s));
		expect_unchanged(live);
		return;
	}
	env_fail_after = 0;
	if (env_below(8) == 0) {
		rtree_abort(&place_txn);
		free(rt_slot_region(s));
		expect_unchanged(live);
		return;
	}
	rtree_commit(&place_txn);
	model_replace(&model, start, end, &s, 1);
}

/* Up to n new regions at random in [start, end). */
static u32 random_regions(u64 start, u64 end, struct rt_slot *slots, u32 n)
{
	u32 count = 0;

	while (count < n && start < end) {
		u64 size = 1 + env_below(end - start);

		if (env_below(3))
			slots[count++] = model_new(start, start + size);
		start += size;
	}
	return count;
}

/* Overwrite, split, trim: new regions in place of old ones. */
static void step_replace(void)
{
	u64 start = random_page(), end = random_end(start);
	u64 live = env_live_count;
	struct rt_slot slots[8];
	struct rtree_txn txn;
	zx_status_t status;
	u32 count;

	model_widen(&model, &start, &end);
	count = random_regions(start, end, slots, 1 + (u32)env_below(8));
	if (count == 0 || model.count > 2000) {
		while (count)
			free(rt_slot_region(slots[--count]));
		return;
	}
	maybe_fail();
	status = rtree_replace_prepare(&txn, &tree, start, end, slots, count);
	env_fail_after = 0;
	if (status == ZX_OK && env_below(8)) {
		rtree_commit(&txn);
		model_replace(&model, start, end, slots, count);
		return;
	}
	if (status == ZX_OK)
		rtree_abort(&txn);
	while (count)
		free(rt_slot_region(slots[--count]));
	expect_unchanged(live);
}

/* Protect: the same range, another object. */
static void step_protect(void)
{
	struct rt_slot old, s;
	struct rtree_txn txn;
	u64 start, end;

	if (model.count == 0)
		return;
	old = model.slots[env_below(model.count)];
	start = rt_slot_region(old)->start;
	end = rt_slot_region(old)->end;
	s = model_new(start, end);
	assert_int_equal(rtree_replace_prepare(&txn, &tree, start, end, &s, 1),
			 ZX_OK);
	rtree_commit(&txn);
	model_replace(&model, start, end, &s, 1);
}

static void step_remove(void)
{
	u64 start = random_page(), end = random_end(start);

	if (model.count && env_below(2)) {
		struct rt_slot s = model.slots[env_below(model.count)];

		start = rt_slot_region(s)->start;
		end = max_u64(start + 1, env_below(2) ? start + 1 : end);
	}
	model_widen(&model, &start, &end);
	env_fail_after = 1;	/* removing may not allocate */
	rtree_remove(&tree, start, end);
	assert_int_equal(env_fail_after, 1);
	env_fail_after = 0;
	model_replace(&model, start, end, NULL, 0);
}

static void step_look(void)
{
	u64 page = random_page();

	assert_int_equal(rtree_lookup(&tree, page).word,
			 model_lookup(&model, page).word);
	assert_int_equal(rtree_next(&tree, page).word,
			 model_next(&model, page).word);
}

static struct rt_want random_want(void)
{
	struct rt_want w = { .lo = random_page(), .align_log2 = 0 };

	w.hi = env_below(3) ? RT_PAGE_LIMIT : random_end(w.lo);
	if (env_below(3) == 0)
		w.lo = 0;
	w.size_pages = 1 + env_below(1ul << env_below(25));
	if (env_below(2))
		w.align_log2 = (u32)env_below(21);
	return w;
}

static void step_gap(void)
{
	struct rt_want w = random_want();
	struct rt_random random = { env_random(), env_random() };
	u64 count = model_count(&model, &w), limit, page, want, index;
	bool found;

	limit = 1 + env_below(1ul << env_below(36));
	assert_int_equal(rtree_count_gap_candidates(&tree, &w, limit),
			 min_u64(count, limit));
	index = count ? env_below(count) : 0;
	found = rtree_find_gap(&tree, &w, index, &page);
	assert_int_equal(found, model_find(&model, &w, index, &want));
	if (found)
		assert_int_equal(page, want);
	assert_false(rtree_find_gap(&tree, &w, count, &page));
	found = rtree_place(&place_txn, &tree, &w, (u32)env_below(37), &random,
			    &page);
	assert_int_equal(found, count != 0);
	if (!found)
		return;
	assert_true(page >= w.lo && page + w.size_pages <= w.hi);
	assert_int_equal(page & ((1ul << w.align_log2) - 1), 0);
	assert_true(model_is_free(&model, page, page + w.size_pages));
}

static void random_step(void)
{
	switch (env_below(12)) {
	case 0: case 1: case 2: case 3:
		step_insert();
		break;
	case 4: case 5:
		step_replace();
		break;
	case 6:
		step_protect();
		break;
	case 7: case 8:
		step_remove();
		break;
	case 9:
		step_gap();
		break;
	default:
		step_look();
	}
}

static void drain(void)
{
	env_epoch_drain();
	model_free_removed();
}

static void teardown_all(void)
{
	while (!rtree_teardown_step(&tree, 3))
		assert_false(rtree_is_empty(&tree));
	assert_true(rtree_is_empty(&tree));
	drain();
	assert_int_equal(env_live_count, 0);
	model_clear(&model);
}

/* Every kind of change, look and gap search agrees with the model; failed and
 * aborted changes leave everything as it was; teardown frees all. */
static void test_random_changes(void **state)
{
	u64 steps = env_steps(150000);

	(void)state;
	env_seed(20);
	for (u64 i = 0; i < steps; i++) {
		random_step();
		if (i % 64 == 0 || i < 2000)
			model_compare(&model, &tree);
		if (i % 256 == 0)
			drain();
		if (i % 20000 == 19999) {
			/* Starts over, alternating between small and large. */
			rtree_remove(&tree, 0, RT_PAGE_LIMIT);
			model_replace(&model, 0, RT_PAGE_LIMIT, NULL, 0);
			assert_true(rtree_is_empty(&tree));
			drain();
			assert_int_equal(env_live_count, 0);
		}
	}
	model_compare(&model, &tree);
	teardown_all();
}

static void insert_at(u64 start, u64 pages)
{
	struct rt_slot s = model_new(start, start + pages);

	assert_true(rtree_seek_free(&place_txn, &tree, start, start + pages));
	assert_int_equal(rtree_insert_prepare(&place_txn, s), ZX_OK);
	rtree_commit(&place_txn);
	model_replace(&model, start, start + pages, &s, 1);
}

/* Pages and larger pieces chosen by the kernel fill a range to the last page;
 * then, and only then, placement fails. */
static void test_fill(void **state)
{
	static const u64 sizes[] = { 1, 1, 7, 64 };
	struct rt_random random = { 1, 2 };

	(void)state;
	for (u32 k = 0; k < ARRAY_SIZE(sizes); k++) {
		struct rt_want w = { 0x12345, 0x12345 + 4096, sizes[k], 0 };
		u64 page, used = 0;

		while (rtree_place(&place_txn, &tree, &w, k ? 30 : 8, &random, &page)) {
			insert_at(page, w.size_pages);
			used += w.size_pages;
			if (used % 128 == 0)
				model_compare(&model, &tree);
		}
		assert_int_equal(model_count(&model, &w), 0);
		w.size_pages = 1;
		while (rtree_place(&place_txn, &tree, &w, 30, &random, &page)) {
			insert_at(page, 1);
			used++;
		}
		assert_int_equal(used, 4096);
		model_compare(&model, &tree);
		teardown_all();
	}
}

/* An allocation as large as the empty range lands at its base; one page less
 * has two places; one more has none. */
static void test_whole_range(void **state)
{
	struct rt_random random = { 3, 4 };
	struct rt_want w = { 0x1000, RT_PAGE_LIMIT, RT_PAGE_LIMIT - 0x1000, 0 };
	u64 page;

	(void)state;
	assert_true(rtree_place(&place_txn, &tree, &w, 30, &random, &page));
	assert_int_equal(page, 0x1000);
	w.size_pages--;
	assert_int_equal(rtree_count_gap_candidates(&tree, &w, ~0ul), 2);
	w.size_pages += 2;
	assert_false(rtree_place(&place_txn, &tree, &w, 30, &random, &page));
	w.size_pages = RT_PAGE_LIMIT;
	w.lo = 0;
	assert_true(rtree_find_lowest(&tree, &w, &page));
	assert_int_equal(page, 0);
	insert_at(0, RT_PAGE_LIMIT);
	assert_false(rtree_find_lowest(&tree, &w, &page));
	assert_int_equal(rtree_lookup(&tree, RT_PAGE_LIMIT - 1).word,
			 model.slots[0].word);
	teardown_all();
}

/* Every candidate is as likely as any other: each of them is drawn about
 * equally often (chi-square), by draws and by the exact walk. */
static void uniform(const struct rt_want *w, u32 entropy_bits)
{
	struct rt_random random = { 77, 99 };
	u64 count = min_u64(model_count(&model, w), 1ul << entropy_bits);
	u32 rounds = 200, *hits = calloc(count, sizeof(*hits));
	double chi = 0;

	for (u64 i = 0; i < count * rounds; i++) {
		u64 page, index = 0, at, step;

		assert_true(rtree_place(&place_txn, &tree, w, entropy_bits, &random,
					&page));
		/* Which candidate is it? Bisection over the model. */
		for (step = 1ul << 12; step; step /= 2)
			if (index + step < count &&
			    model_find(&model, w, index + step, &at) &&
			    at <= page)
				index += step;
		assert_true(model_find(&model, w, index, &at));
		assert_int_equal(at, page);
		hits[index]++;
	}
	for (u64 i = 0; i < count; i++)
		chi += ((double)hits[i] - rounds) * ((double)hits[i] - rounds) /
			rounds;
	free(hits);
	/* Mean count - 1, deviation sqrt(2 count): eight deviations. */
	assert_true((chi - (double)count) * (chi - (double)count) <
		    64 * 2.0 * (double)count);
}

static void test_uniform(void **state)
{
	struct rt_want w = { 0x1000, 0x1000 + 700, 3, 0 };

	(void)state;
	for (u64 i = 0; i < 20; i++)
		insert_at(0x1000 + 10 + 30 * i, 1 + i % 5);
	uniform(&w, 30);	/* draws */
	uniform(&w, 8);		/* walk, first 256 only */
	w.align_log2 = 2;
	uniform(&w, 30);	/* few positions: walk */
	teardown_all();
}

/* Alignments from 4 KiB to 4 GiB hold for the absolute address, with a base
 * that has none of them, and every aligned place is used. */
static void test_alignment(void **state)
{
	struct rt_random random = { 5, 6 };

	(void)state;
	for (u32 align = 0; align <= 20; align++) {
		u64 unit = 1ul << align, page, n = 0;
		struct rt_want w = { 0x1001, 0x1001 + 20 * unit, unit, align };
		u64 expect = (w.hi / unit) - (w.lo + unit - 1) / unit;

		while (rtree_place(&place_txn, &tree, &w, 30, &random, &page)) {
			assert_int_equal(page % unit, 0);
			insert_at(page, unit);
			n++;
		}
		assert_int_equal(n, expect);
		model_compare(&model, &tree);
		teardown_all();
	}
}

/* Upper limits clip gaps: the last place that fits below the limit is used. */
static void test_upper_limit(void **state)
{
	u64 page;

	(void)state;
	insert_at(100, 1);
	for (u64 hi = 1; hi < 300; hi++) {
		struct rt_want w = { 0, hi, 5, 0 };

		assert_int_equal(rtree_count_gap_candidates(&tree, &w, ~0ul),
				 model_count(&model, &w));
		assert_int_equal(rtree_find_lowest(&tree, &w, &page), hi >= 5);
	}
	teardown_all();
}

/* Regions of 8 GiB (2 Mi pages) side by side at an odd page; each is split
 * into three, and put together again. */
static void test_large_regions(void **state)
{
	const u64 size = 1ul << 21, base = 0x12347;
	struct rtree_txn txn;
	struct rt_slot s[3];

	(void)state;
	for (u64 i = 0; i < 16; i++)
		insert_at(base + i * size, size);
	model_compare(&model, &tree);
	for (u64 i = 0; i < 16; i++) {
		u64 at = base + i * size;

		s[0] = model_new(at, at + 1);
		s[1] = model_new(at + 1, at + size - 5);
		s[2] = model_new(at + size - 5, at + size);
		assert_int_equal(rtree_replace_prepare(&txn, &tree, at,
						       at + size, s, 3), ZX_OK);
		rtree_commit(&txn);
		model_replace(&model, at, at + size, s, 3);
	}
	model_compare(&model, &tree);
	for (u64 i = 0; i < 16; i++) {
		u64 at = base + i * size;

		s[0] = model_new(at, at + size);
		assert_int_equal(rtree_replace_prepare(&txn, &tree, at,
						       at + size, s, 1), ZX_OK);
		rtree_commit(&txn);
		model_replace(&model, at, at + size, s, 1);
	}
	model_compare(&model, &tree);
	drain();
	teardown_all();
}

/* What the nodes cost: bytes per mapping, sparse and side by side. */
static void test_memory(void **state)
{
	struct rt_random random = { 7, 8 };
	struct rt_want w = { 0x1000, RT_PAGE_LIMIT, 1, 0 };
	u64 nodes, page;

	(void)state;
	for (u32 i = 0; i < 10000; i++) {
		assert_true(rtree_place(&place_txn, &tree, &w, 30, &random, &page));
		insert_at(page, 1);
	}
	rtree_check(&tree, &nodes);
	print_message("# sparse: %llu nodes for 10000 mappings\n",
		      (unsigned long long)nodes);
	assert_true(nodes < 6000);
	teardown_all();
	for (u32 i = 0; i < 10000; i++)
		insert_at(0x1000 + i, 1);
	rtree_check(&tree, &nodes);
	print_message("# dense: %llu nodes for 10000 mappings\n",
		      (unsigned long long)nodes);
	assert_true(nodes <= 10000 / 64 + 8);
	teardown_all();
}

/* --- Readers in threads --------------------------------------------------- */

#define ARENA 2048		/* pages that the writer plays with */
#define ARENA_BASE 0x3f000ul

static bool stop_readers;

/*
 * Pages 0, 64, 128, ... of the arena always have a region, since the writer
 * only ever replaces what is there: a reader that misses one, finds a region
 * beside the page, or a freed one (ASan, TSan), has seen a broken tree.
 */
static void *reader_main(void *arg)
{
	u32 id = *(u32 *)arg;
	u64 n = id * 7919;

	while (!__atomic_load_n(&stop_readers, __ATOMIC_RELAXED)) {
		u64 page = ARENA_BASE + (n = n * 25 + 13) % ARENA;
		struct rt_slot s;

		env_reader_enter(id);
		s = rtree_lookup(&tree, page);
		if (s.word && (rt_slot_region(s)->start > page ||
			       rt_slot_region(s)->end <= page))
			panic("lookup of %llx found another place",
			      (unsigned long long)page);
		if (s.word == 0 && page % 64 == 0)
			panic("lookup of %llx found nothing",
			      (unsigned long long)page);
		s = rtree_next(&tree, page & ~63ul);
		if (s.word == 0 || rt_slot_region(s)->start > (page & ~63ul))
			panic("next of %llx found nothing",
			      (unsigned long long)page);
		env_reader_exit(id);
	}
	return NULL;
}

/* Splits or joins around a fixed page, keeping it covered. */
static void mutate_fixed(u64 page)
{
	u64 start = page, end = page + 1;
	struct rt_slot s[3];
	struct rtree_txn txn;
	u32 count = 0;

	model_widen(&model, &start, &end);
	if (end - start > 1 && env_below(2)) {
		if (start < page)
			s[count++] = model_new(start, page);
		s[count++] = model_new(page, page + 1);
		if (page + 1 < end)
			s[count++] = model_new(page + 1, end);
	} else {
		end = min_u64(page + 1 + env_below(63), page + 64);
		start = page;
		model_widen(&model, &start, &end);
		s[count++] = model_new(start, end);
	}
	assert_int_equal(rtree_replace_prepare(&txn, &tree, start, end, s,
					       count), ZX_OK);
	rtree_commit(&txn);
	model_replace(&model, start, end, s, count);
}

/* Inserts, or removes what covers no fixed page. */
static void mutate_free(u64 page)
{
	u64 start = page, end = page + 1;

	if (model_is_free(&model, start, end)) {
		insert_at(start, 1);
		return;
	}
	model_widen(&model, &start, &end);
	if (start % 64 == 0 || start / 64 != (end - 1) / 64)
		return;
	rtree_remove(&tree, start, end);
	model_replace(&model, start, end, NULL, 0);
}

static void test_readers(void **state)
{
	pthread_t threads[ENV_READERS];
	u32 ids[ENV_READERS];
	u64 steps = env_steps(60000);

	(void)state;
	env_seed(21);
	for (u64 i = 0; i < ARENA; i += 64)
		insert_at(ARENA_BASE + i, 1);
	stop_readers = false;
	for (u32 i = 0; i < ENV_READERS; i++) {
		ids[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, reader_main,
						&ids[i]), 0);
	}
	for (u64 i = 0; i < steps; i++) {
		u64 page = ARENA_BASE + env_below(ARENA);

		if (env_below(2))
			mutate_fixed(page & ~63ul);
		else
			mutate_free(page);
		if (i % 64 == 0)
			drain();
	}
	__atomic_store_n(&stop_readers, true, __ATOMIC_RELAXED);
	for (u32 i = 0; i < ENV_READERS; i++)
		pthread_join(threads[i], NULL);
	model_compare(&model, &tree);
	teardown_all();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_range),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_upper_limit),
		cmocka_unit_test(test_large_regions),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_readers),
	};

	rtree_init_module();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
