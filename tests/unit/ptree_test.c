/*
 * The page tree against flat models: random sets, ranges, prepares that fail,
 * removals, teardown in steps, and families of snapshots.
 * Environment: SEED, STEPS.
 */
#include <pthread.h>

#include <mm/ptree.h>

#include "tree_env.h"

#define MODEL_INDICES 512	/* indices in use, spread by spread_index() */
#define FAMILY 4

/* A VMO of the test: its tree and what should be in it. */
struct member {
	struct ptree tree;
	u64 slots[MODEL_INDICES];
};

static struct member family[FAMILY];
static u64 page_live_count;
static u64 spread;		/* how far apart the indices lie */

static struct page *page_new(void)
{
	struct page *p = calloc(1, sizeof(*p));

	p->ref_count = 1;
	page_live_count++;
	return p;
}

static void page_put(struct page *p)
{
	assert_int_equal(p->ref_count, 1);
	memset(p, 0x5a, sizeof(*p));
	free(p);
	page_live_count--;
}

static u64 free_list(struct page *list)
{
	u64 count = 0;

	while (list) {
		struct page *next = list->next;

		page_put(list);
		list = next;
		count++;
	}
	return count;
}

/* Index of the tree for model index i: dense runs of 96 with gaps between. */
static u64 spread_index(u64 i)
{
	return i / 96 * spread + i % 96;
}

static u64 model_pages(const struct member *m, u64 a, u64 z)
{
	u64 count = 0;

	for (; a < z; a++)
		count += (m->slots[a] & 3) == PT_PAGE;
	return count;
}

static void compare(const struct member *m)
{
	u64 at = 0, found;

	assert_int_equal(ptree_check(&m->tree, NULL),
			 model_pages(m, 0, MODEL_INDICES));
	for (u64 i = 0; i < MODEL_INDICES; i++) {
		u64 index = spread_index(i);
		struct pt_slot s;

		assert_int_equal(ptree_get(&m->tree, index).word, m->slots[i]);
		if (m->slots[i] == 0)
			continue;
		s = ptree_next(&m->tree, at, PT_INDEX_LIMIT, &found);
		assert_int_equal(s.word, m->slots[i]);
		assert_int_equal(found, index);
		at = index + 1;
	}
	assert_int_equal(ptree_next(&m->tree, at, PT_INDEX_LIMIT, &found).word,
			 0);
}

static void compare_all(void)
{
	for (u32 i = 0; i < FAMILY; i++)
		compare(&family[i]);
}

static void maybe_fail(void)
{
	env_fail_after = env_below(4) == 0 ? 1 + env_below(6) : 0;
}

/* The caller owns what stood in a slot. */
static void drop_slot(u64 word)
{
	struct page *p = pt_page((struct pt_slot){ word });

	if ((word & 3) == PT_PAGE && page_unref(p))
		page_put(p);
}

static struct pt_slot random_slot(void)
{
	switch (env_below(8)) {
	case 0:
		return pt_slot_empty();
	case 1:
		return pt_slot_zero();
	default:
		return pt_slot_page(page_new());
	}
}

/* Sets a few neighbours through one cursor. */
static void step_set(struct member *m)
{
	u64 i = env_below(MODEL_INDICES);
	u64 z = min_u64(i + 1 + env_below(20), MODEL_INDICES);
	struct ptree_cursor c;

	ptree_cursor_init(&c, &m->tree);
	maybe_fail();
	for (; i < z; i++) {
		u64 index = spread_index(i);
		struct pt_slot s, old;

		if (ptree_cursor_prepare(&c, index) != ZX_OK)
			break;
		s = random_slot();
		assert_int_equal(ptree_cursor_get(&c, index).word, m->slots[i]);
		old = ptree_cursor_set(&c, index, s);
		assert_int_equal(old.word, m->slots[i]);
		assert_int_equal(ptree_cursor_get(&c, index).word, s.word);
		drop_slot(old.word);
		m->slots[i] = s.word;
	}
	env_fail_after = 0;
	ptree_cursor_end(&c);
}

/* Prepares a range, then sets some of it with a second cursor; or fails and
 * leaves no node behind. */
static void step_prepare(struct member *m)
{
	u64 i = env_below(MODEL_INDICES);
	u64 z = i + 1 + env_below(MODEL_INDICES - i);
	u64 nodes, before;
	struct ptree_cursor c;

	ptree_prune(&m->tree, 0, PT_INDEX_LIMIT);
	ptree_check(&m->tree, &before);
	before -= m->tree.height;
	if (z / 96 != i / 96 && spread > 1000)
		z = (i / 96 + 1) * 96;	/* not millions of leaves */
	z = min_u64(z, MODEL_INDICES);
	maybe_fail();
	if (ptree_insert_prepare(&m->tree, spread_index(i),
				 spread_index(z - 1) + 1) != ZX_OK) {
		env_fail_after = 0;
		ptree_check(&m->tree, &nodes);
		/* A higher root may stay, nothing else. */
		assert_int_equal(nodes, before + m->tree.height);
		return;
	}
	env_fail_after = 1;	/* nothing below may allocate */
	ptree_cursor_init(&c, &m->tree);
	for (; i < z; i++) {
		struct pt_slot s = random_slot();

		drop_slot(ptree_cursor_set(&c, spread_index(i), s).word);
		m->slots[i] = s.word;
	}
	ptree_cursor_end(&c);
	assert_int_equal(env_fail_after, 1);
	env_fail_after = 0;
}

static void step_remove(struct member *m)
{
	u64 i = env_below(MODEL_INDICES);
	u64 z = i + env_below(MODEL_INDICES - i) + 1;
	u64 start = spread_index(i), end = spread_index(z - 1) + 1;
	struct page *list = NULL;
	u64 count;

	maybe_fail();
	if (ptree_remove_prepare(&m->tree, start, end) != ZX_OK) {
		env_fail_after = 0;
		return;
	}
	env_fail_after = 1;
	count = ptree_remove(&m->tree, start, end, &list);
	assert_int_equal(env_fail_after, 1);
	env_fail_after = 0;
	assert_int_equal(free_list(list), count);
	memset(&m->slots[i], 0, (z - i) * sizeof(m->slots[0]));
}

static void step_count(struct member *m)
{
	u64 i = env_below(MODEL_INDICES);
	u64 z = i + env_below(MODEL_INDICES - i);
	struct ptree_cursor c;
	u64 found, at = i;

	assert_int_equal(ptree_count(&m->tree, spread_index(i),
				     spread_index(z)), model_pages(m, i, z));
	/* The cursor meets the same slots in the same order. */
	ptree_cursor_init(&c, &m->tree);
	for (; at < z; at++) {
		struct pt_slot s;

		if (m->slots[at] == 0)
			continue;
		s = ptree_cursor_next(&c, spread_index(i), spread_index(z),
				      &found);
		assert_int_equal(s.word, m->slots[at]);
		assert_int_equal(found, spread_index(at));
		i = at + 1;
	}
	if (i < z)
		assert_int_equal(ptree_cursor_next(&c, spread_index(i),
						   spread_index(z), &found)
				 .word, 0);
	ptree_cursor_end(&c);
}

static void tear_down(struct member *m)
{
	struct page *list = NULL;
	bool done;

	do {
		done = ptree_teardown_step(&m->tree, 1 + env_below(200), &list);
		ptree_check(&m->tree, NULL);
	} while (!done);
	free_list(list);
	memset(m->slots, 0, sizeof(m->slots));
}

/* A member becomes a snapshot of a window of another. */
static void step_share(struct member *dst, struct member *src)
{
	u64 i = env_below(MODEL_INDICES);
	u64 z = i + env_below(MODEL_INDICES - i) + 1;

	if (dst == src)
		return;
	tear_down(dst);
	if (env_below(2)) {
		i = 0;
		z = MODEL_INDICES;
	}
	maybe_fail();
	if (ptree_share(&dst->tree, &src->tree, spread_index(i),
			spread_index(z - 1) + 1) != ZX_OK) {
		env_fail_after = 0;
		return;
	}
	env_fail_after = 0;
	memcpy(&dst->slots[i], &src->slots[i], (z - i) * sizeof(u64));
}

static void random_step(void)
{
	struct member *m = &family[env_below(FAMILY)];

	switch (env_below(16)) {
	case 0:
		step_share(m, &family[env_below(FAMILY)]);
		break;
	case 1:
		step_remove(m);
		break;
	case 2: case 3:
		step_prepare(m);
		break;
	case 4: case 5:
		step_count(m);
		break;
	default:
		step_set(m);
	}
}

/* Every kind of change agrees with the model, for trees alone and for families
 * of snapshots; failed prepares change nothing; every page and node is freed
 * exactly once. */
static void test_random_changes(void **state)
{
	static const u64 spreads[] = { 96, 4096, 1ul << 30, PT_INDEX_LIMIT / 6 };
	u64 steps = env_steps(100000);

	(void)state;
	env_seed(30);
	for (u64 i = 0; i < steps; i++) {
		if (i % 2000 == 0) {
			for (u32 k = 0; k < FAMILY; k++)
				tear_down(&family[k]);
			assert_int_equal(env_live_count, 0);
			assert_int_equal(page_live_count, 0);
			spread = spreads[i / 2000 % ARRAY_SIZE(spreads)];
		}
		random_step();
		if (i % 50 == 0)
			compare_all();
	}
	compare_all();
	for (u32 k = 0; k < FAMILY; k++)
		tear_down(&family[k]);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(page_live_count, 0);
}

/* A single page at index 0 needs no node. */
static void test_height_zero(void **state)
{
	struct ptree_cursor c;
	struct page *list = NULL;
	struct ptree t;

	(void)state;
	ptree_init(&t);
	ptree_cursor_init(&c, &t);
	assert_int_equal(ptree_cursor_prepare(&c, 0), ZX_OK);
	ptree_cursor_set(&c, 0, pt_slot_page(page_new()));
	assert_int_equal(env_live_count, 0);
	assert_int_equal(ptree_count(&t, 0, 1), 1);
	/* The same cursor goes on to a place that needs nodes. */
	assert_int_equal(ptree_cursor_prepare(&c, 5), ZX_OK);
	ptree_cursor_set(&c, 5, pt_slot_page(page_new()));
	ptree_cursor_end(&c);
	assert_int_equal(ptree_count(&t, 0, PT_INDEX_LIMIT), 2);
	assert_int_equal(ptree_remove(&t, 0, PT_INDEX_LIMIT, &list), 2);
	free_list(list);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(t.height, 0);
}

/* Pages that one cursor takes and another fills in are counted where they are,
 * in trees of one slot as in trees of several leaves. */
static void test_take_and_fill(void **state)
{
	static const u64 lengths[] = { 1, 2, 64, 65, 200 };
	struct ptree_cursor from, to;
	struct ptree a, b;
	struct page *list = NULL;
	u64 nodes;

	(void)state;
	for (u32 k = 0; k < 5; k++) {
		u64 length = lengths[k];

		ptree_init(&a);
		ptree_init(&b);
		ptree_cursor_init(&from, &a);
		ptree_cursor_init(&to, &b);
		assert_int_equal(ptree_cursor_prepare_all(&from, 0, length),
				 ZX_OK);
		for (u64 i = 0; i < length; i++)
			ptree_cursor_fill(&from, i, i % 3 == 2 ?
					  pt_slot_zero() :
					  pt_slot_page(page_new()));
		ptree_cursor_end(&from);
		assert_int_equal(ptree_check(&a, &nodes), length - length / 3);
		assert_int_equal(ptree_cursor_prepare_all(&to, 0, length),
				 ZX_OK);
		for (u64 i = 0; i < length; i++)
			ptree_cursor_fill(&to, i, ptree_cursor_take(&from, i));
		ptree_cursor_end(&from);
		ptree_cursor_end(&to);
		assert_int_equal(ptree_check(&a, &nodes), 0);
		assert_int_equal(ptree_check(&b, &nodes), length - length / 3);
		/* Markers stay, and empty leaves until somebody removes. */
		assert_int_equal(ptree_remove(&a, 0, PT_INDEX_LIMIT, &list), 0);
		(void)ptree_remove(&b, 0, PT_INDEX_LIMIT, &list);
		free_list(list);
		list = NULL;
		assert_int_equal(env_live_count, 0);
	}
}

/* A page leaves a tree with its name only if its leaf holds more and nobody else
 * names the path. */
static void test_take_one(void **state)
{
	struct ptree_cursor c;
	struct page *list = NULL;
	struct ptree t, other;
	struct page *p;
	u64 nodes;

	(void)state;
	ptree_init(&t);
	ptree_init(&other);
	assert_null(ptree_take(&t, 0));
	assert_null(ptree_take(&t, 70));
	ptree_cursor_init(&c, &t);
	assert_int_equal(ptree_cursor_prepare_all(&c, 0, 70), ZX_OK);
	ptree_cursor_fill(&c, 3, pt_slot_page(page_new()));
	ptree_cursor_fill(&c, 68, pt_slot_page(page_new()));
	ptree_cursor_fill(&c, 69, pt_slot_zero());
	ptree_cursor_end(&c);
	assert_null(ptree_take(&t, 3));
	assert_null(ptree_take(&t, 4));
	assert_null(ptree_take(&t, 69));
	assert_null(ptree_take(&t, 64 * 64));
	assert_int_equal(ptree_share(&other, &t, 0, PT_INDEX_LIMIT), ZX_OK);
	assert_null(ptree_take(&t, 68));
	while (!ptree_teardown_step(&other, 100, &list))
		continue;
	assert_null(list);
	p = ptree_take(&t, 68);
	assert_non_null(p);
	assert_int_equal(ptree_check(&t, &nodes), 1);
	assert_int_equal(ptree_get(&t, 68).word, PT_EMPTY);
	page_put(p);
	assert_int_equal(ptree_remove(&t, 0, PT_INDEX_LIMIT, &list), 1);
	free_list(list);
	assert_int_equal(env_live_count, 0);
}

/* The last index of the key space works like any other. */
static void test_last_index(void **state)
{
	struct ptree_cursor c;
	struct page *list = NULL;
	struct ptree t;
	u64 found;

	(void)state;
	ptree_init(&t);
	assert_int_equal(ptree_insert_prepare(&t, PT_INDEX_LIMIT - 1,
					      PT_INDEX_LIMIT), ZX_OK);
	ptree_cursor_init(&c, &t);
	ptree_cursor_set(&c, PT_INDEX_LIMIT - 1, pt_slot_page(page_new()));
	ptree_cursor_end(&c);
	ptree_next(&t, 0, PT_INDEX_LIMIT, &found);
	assert_int_equal(found, PT_INDEX_LIMIT - 1);
	assert_int_equal(ptree_count(&t, 0, PT_INDEX_LIMIT - 1), 0);
	assert_int_equal(ptree_count(&t, 1, PT_INDEX_LIMIT), 1);
	assert_false(ptree_teardown_step(&t, 1, &list) &&
		     env_live_count != 0);
	while (!ptree_teardown_step(&t, 1, &list))
		continue;
	assert_int_equal(free_list(list), 1);
	assert_int_equal(env_live_count, 0);
}

/* A snapshot copies nothing; the first write to it copies one path; each side
 * keeps what it had. */
static void test_share_cost(void **state)
{
	struct ptree a, b;
	struct ptree_cursor c;
	struct page *list = NULL;
	struct pt_slot old;
	u64 nodes;

	(void)state;
	ptree_init(&a);
	ptree_init(&b);
	assert_int_equal(ptree_insert_prepare(&a, 0, 64 * 64), ZX_OK);
	ptree_cursor_init(&c, &a);
	for (u64 i = 0; i < 64 * 64; i++)
		ptree_cursor_set(&c, i, pt_slot_page(page_new()));
	ptree_cursor_end(&c);
	nodes = env_live_count;
	assert_int_equal(nodes, 65);
	assert_int_equal(ptree_share(&b, &a, 0, PT_INDEX_LIMIT), ZX_OK);
	assert_int_equal(env_live_count, nodes);
	ptree_cursor_init(&c, &b);
	assert_int_equal(ptree_cursor_prepare(&c, 100), ZX_OK);
	assert_int_equal(env_live_count, nodes + 2);
	assert_false(page_is_private(pt_page(ptree_get(&b, 100))));
	assert_int_equal(pt_page(ptree_get(&a, 0))->ref_count, 1);
	old = ptree_cursor_set(&c, 100, pt_slot_zero());
	assert_false(page_unref(pt_page(old)));
	ptree_cursor_end(&c);
	assert_int_equal(ptree_get(&a, 100).word, old.word);
	assert_int_equal(ptree_count(&b, 0, 64 * 64), 64 * 64 - 1);
	while (!ptree_teardown_step(&a, 100, &list))
		continue;
	/* Only the page that b has no name of comes out. */
	assert_int_equal(free_list(list), 1);
	list = NULL;
	assert_int_equal(ptree_remove_prepare(&b, 0, 64 * 64), ZX_OK);
	assert_int_equal(ptree_remove(&b, 0, 64 * 64, &list), 64 * 64 - 1);
	free_list(list);
	assert_int_equal(env_live_count, 0);
}

/* --- A family in threads, no common lock (P2, P3) ------------------------- */

#define THREAD_PAGES 200

/* Writes its stamp over every page of its tree, copying pages that others
 * name, then reads them back; any mistake in the counts shows as a foreign
 * stamp, a double free or a race. */
static void *member_main(void *arg)
{
	struct ptree *t = arg;
	struct ptree_cursor c;
	struct page *list = NULL, *last = NULL;

	for (u32 round = 0; round < 3; round++) {
		ptree_cursor_init(&c, t);
		for (u64 i = 0; i < THREAD_PAGES; i++) {
			struct page *p, *mine;

			if (ptree_cursor_prepare(&c, i) != ZX_OK)
				panic("no memory");
			p = pt_page(ptree_cursor_get(&c, i));
			if (!page_is_private(p)) {
				mine = calloc(1, sizeof(*mine));
				mine->ref_count = 1;
				mine->private = p->private;
				ptree_cursor_set(&c, i, pt_slot_page(mine));
				if (page_unref(p))
					free(p);
				p = mine;
			}
			p->private = (u64)(uintptr_t)t;
		}
		ptree_cursor_end(&c);
		for (u64 i = 0; i < THREAD_PAGES; i++)
			if (pt_page(ptree_get(t, i))->private !=
			    (u64)(uintptr_t)t)
				panic("foreign stamp at %llu",
				      (unsigned long long)i);
	}
	while (!ptree_teardown_step(t, 50, &list))
		continue;
	for (; list; list = last) {
		last = list->next;
		free(list);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct ptree trees[FAMILY];
	pthread_t threads[FAMILY];

	(void)state;
	for (u32 round = 0; round < 100; round++) {
		struct ptree_cursor c;

		ptree_init(&trees[0]);
		assert_int_equal(ptree_insert_prepare(&trees[0], 0,
						      THREAD_PAGES), ZX_OK);
		ptree_cursor_init(&c, &trees[0]);
		for (u64 i = 0; i < THREAD_PAGES; i++) {
			struct page *p = calloc(1, sizeof(*p));

			p->ref_count = 1;
			ptree_cursor_set(&c, i, pt_slot_page(p));
		}
		ptree_cursor_end(&c);
		for (u32 i = 1; i < FAMILY; i++)
			assert_int_equal(ptree_share(&trees[i], &trees[i - 1],
						     0, PT_INDEX_LIMIT), ZX_OK);
		for (u32 i = 0; i < FAMILY; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
							member_main,
							&trees[i]), 0);
		for (u32 i = 0; i < FAMILY; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(env_live_count, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_height_zero),
		cmocka_unit_test(test_take_and_fill),
		cmocka_unit_test(test_take_one),
		cmocka_unit_test(test_last_index),
		cmocka_unit_test(test_share_cost),
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_threads),
	};

	ptree_init_module();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
