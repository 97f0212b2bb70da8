/*
 * Families of page trees: what a snapshot costs, what goes when others hold it
 * too, who sees a page as well, and a random driver against flat arrays, with
 * indices on both sides of every node's border.
 * Environment: SEED, STEPS.
 */
#include <mm/ptree_view.h>

#include "ptree_model.h"
#include "tree_env.h"

#define FAMILY 8
#define BORDERS 12
#define RUN 20			/* indices in use around a border */
#define SLOTS (BORDERS * RUN)
#define FAR (~0ul)		/* allocations, none of which fails */

/* The same source is built with sanitizers and, for the long run, without. */
#ifdef __SANITIZE_ADDRESS__
#define RANDOM_STEPS 100000
#else
#define RANDOM_STEPS 4000000
#endif

/* --- Costs ------------------------------------------------------------------ */

static void fill(struct ptree *t, u64 start, u64 end)
{
	for (u64 i = start; i < end; i++)
		assert_int_equal(model_write(t, i, i + 1), ZX_OK);
}

/* A snapshot of all is one more name for the root: no node, and no page looked
 * at, be there 1, 1,000 or 262,144 pages, and wherever the range ends. */
static void test_whole_snapshot_copies_nothing(void **state)
{
	static const u64 sizes[] = { 1, 1000, 262144 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		static const u64 beyond[] = { 0, 1, 64, 1ul << 40 };
		struct ptree a, b;
		u64 nodes;

		ptree_init(&a);
		fill(&a, 0, sizes[i]);
		nodes = env_live_count;
		for (u32 k = 0; k < ARRAY_SIZE(beyond); k++) {
			struct page *first = pt_page(ptree_get(&a, 0));

			ptree_init(&b);
			env_fail_after = 1;
			assert_int_equal(ptree_share(&b, &a, 0,
						     sizes[i] + beyond[k]),
					 ZX_OK);
			assert_int_equal(env_fail_after, 1);
			env_fail_after = 0;
			assert_int_equal(env_live_count, nodes);
			assert_int_equal(b.root, a.root);
			assert_int_equal(first->ref_count, 1 + !a.height);
			model_tear_down(&b);
			assert_int_equal(first->ref_count, 1);
		}
		model_tear_down(&a);
		assert_int_equal(env_live_count, 0);
	}
}

/* Nodes copied by a snapshot of [start, end). */
static u64 share_cost(struct ptree *src, u64 start, u64 end)
{
	struct ptree *const both[] = { src, &(struct ptree){ 0 } };
	u64 before = env_live_count, cost;

	assert_int_equal(ptree_share(both[1], src, start, end), ZX_OK);
	cost = env_live_count - before;
	assert_int_equal(ptree_count(both[1], 0, PT_INDEX_LIMIT),
			 ptree_count(src, start, end));
	model_check_family(both, 2);
	model_tear_down(both[1]);
	assert_int_equal(env_live_count, before);
	return cost;
}

/* A window copies the nodes that it cuts something from, no more. */
static void test_window_copies_what_it_cuts(void **state)
{
	struct ptree a;

	(void)state;
	ptree_init(&a);
	/* Height 3: leaves 2 and 3, one at 4096, one at 8192. */
	fill(&a, 130, 250);
	fill(&a, 4100, 4110);
	fill(&a, 8192, 8193);
	assert_int_equal(a.height, 3);
	assert_int_equal(share_cost(&a, 0, PT_INDEX_LIMIT), 0);
	assert_int_equal(share_cost(&a, 130, 8193), 0);
	assert_int_equal(share_cost(&a, 100, 8200), 0);
	assert_int_equal(share_cost(&a, 5000, 6000), 0);	/* empty */
	/* The first page of a leaf: the path to it. */
	assert_int_equal(share_cost(&a, 131, 8193), 3);
	/* The last page, alone in its leaf: the root only. */
	assert_int_equal(share_cost(&a, 0, 8192), 1);
	/* A whole leaf: the two nodes above. */
	assert_int_equal(share_cost(&a, 192, 8193), 2);
	/* Both edges. */
	assert_int_equal(share_cost(&a, 140, 4105), 5);
	assert_int_equal(share_cost(&a, 140, 150), 3);
	model_tear_down(&a);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

/* Allocations since env_fail_after was set to FAR. */
static u64 allocated(void)
{
	u64 count = FAR - env_fail_after;

	env_fail_after = 0;
	return count;
}

/* Removal lets go of shared subtrees at their tops: no page count changes, and
 * only the paths along the edges are copied. */
static void test_remove_of_shared_subtrees(void **state)
{
	struct ptree a, b;
	struct page *list = NULL, *inner;
	u64 size = 262144;

	(void)state;
	ptree_init(&a);
	ptree_init(&b);
	fill(&a, 0, size);
	assert_int_equal(ptree_share(&b, &a, 0, size), ZX_OK);
	inner = pt_page(ptree_get(&a, size / 2));
	env_fail_after = FAR;
	assert_int_equal(ptree_remove_prepare(&b, 100, size - 100), ZX_OK);
	assert_int_equal(allocated(), 5);
	assert_int_equal(ptree_remove(&b, 100, size - 100, &list), 0);
	assert_int_equal(inner->ref_count, 1);
	assert_int_equal(pt_page(ptree_get(&a, 99))->ref_count, 2);
	assert_int_equal(pt_page(ptree_get(&a, 100))->ref_count, 1);
	assert_int_equal(ptree_count(&b, 0, PT_INDEX_LIMIT), 200);
	/* The rest of it, whole: nothing to copy. */
	env_fail_after = FAR;
	assert_int_equal(ptree_remove_prepare(&b, 0, size), ZX_OK);
	assert_int_equal(allocated(), 0);
	assert_int_equal(ptree_remove(&b, 0, size, &list), 0);
	assert_int_equal(b.root, PT_EMPTY);
	assert_int_equal(env_live_count, 1 + 64 + 4096);
	/* What the snapshot keeps of its parent's content survives the parent:
	 * exactly the rest is freed. */
	assert_int_equal(ptree_share(&b, &a, 1000, 2000), ZX_OK);
	assert_int_equal(ptree_remove_prepare(&a, 0, size), ZX_OK);
	assert_int_equal(ptree_remove(&a, 0, size, &list), size - 1000);
	model_free_list(list);
	for (u64 i = 1000; i < 2000; i++)
		assert_int_equal(model_content(ptree_get(&b, i)), i + 1);
	model_check_family((struct ptree *const[]){ &a, &b }, 2);
	model_tear_down(&b);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

/* The first write to a snapshot copies a path and a page; those next to it a
 * page each; the other side then writes in place where it is alone again. */
static void test_copy_on_write(void **state)
{
	struct ptree a, b;
	bool private;

	(void)state;
	ptree_init(&a);
	ptree_init(&b);
	fill(&a, 0, 5000);
	assert_int_equal(ptree_share(&b, &a, 0, 5000), ZX_OK);
	ptree_get_private(&a, 70, &private);
	assert_false(private);
	private = true;
	ptree_get_private(&a, 1ul << 40, &private);
	assert_false(private);
	env_fail_after = FAR;
	assert_int_equal(model_write(&b, 70, 7), ZX_OK);
	assert_int_equal(allocated(), 3);
	assert_int_equal(model_page_live, 5001);
	assert_int_equal(model_content(ptree_get(&a, 70)), 71);
	ptree_get_private(&b, 70, &private);
	assert_true(private);
	ptree_get_private(&b, 71, &private);
	assert_false(private);
	/* b has its own path now, so a's is a's alone as well; but not the
	 * other pages of the leaf. */
	ptree_get_private(&a, 70, &private);
	assert_true(private);
	env_fail_after = FAR;
	assert_int_equal(model_write(&a, 70, 8), ZX_OK);
	assert_int_equal(model_write(&b, 71, 9), ZX_OK);
	assert_int_equal(allocated(), 0);
	assert_int_equal(model_page_live, 5002);
	model_check_family((struct ptree *const[]){ &a, &b }, 2);
	model_tear_down(&b);
	assert_int_equal(model_page_live, 5000);
	ptree_get_private(&a, 4999, &private);
	assert_true(private);
	model_tear_down(&a);
	assert_int_equal(env_live_count, 0);
}

/* A thousand generations: each read looks at one tree, each snapshot costs
 * nothing, and the oldest is freed first as well as last. */
static void test_generations(void **state)
{
	enum { GENERATIONS = 1000, PAGES = 300 };
	static struct ptree chain[GENERATIONS];

	(void)state;
	ptree_init(&chain[0]);
	fill(&chain[0], 0, PAGES);
	for (u32 i = 1; i < GENERATIONS; i++) {
		ptree_init(&chain[i]);
		assert_int_equal(ptree_share(&chain[i], &chain[i - 1], 0,
					     PAGES), ZX_OK);
		assert_int_equal(model_write(&chain[i], i % PAGES, i + 1000),
				 ZX_OK);
	}
	assert_int_equal(model_page_live, PAGES + GENERATIONS - 1);
	for (u64 i = 0; i < PAGES; i++)
		assert_int_equal(model_content(ptree_get(
					 &chain[GENERATIONS - 1], i)),
				 i + (i < 100 ? 900 : 600) + 1000);
	for (u32 i = 0; i < GENERATIONS; i++)
		model_tear_down(&chain[i * 7 % GENERATIONS]);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

/* Trees that are a single slot, without a node, in all that families do. */
static void test_single_slots(void **state)
{
	struct page *list = NULL;
	struct ptree a, b, c;
	struct ptree_view v;
	u32 level;

	(void)state;
	ptree_init(&a);
	ptree_init(&b);
	ptree_init(&c);
	fill(&a, 0, 1);
	assert_int_equal(ptree_share(&b, &a, 0, 1), ZX_OK);
	assert_int_equal(ptree_share(&c, &a, 1, 2), ZX_OK);
	assert_true(ptree_is_bare(&c));
	assert_true(ptree_view(&a, 0, PT_INDEX_LIMIT, &v));
	level = v.level;
	assert_int_equal(v.pages, 1);
	assert_int_equal(v.shared, 1);
	assert_int_equal(ptree_view_match(&b, &v, &level), 1);
	assert_int_equal(ptree_view_match(&c, &v, &level), 0);
	/* The same page in a tree that has grown meanwhile. */
	fill(&b, 5000, 5001);
	assert_int_equal(ptree_view_match(&b, &v, &level), 1);
	assert_true(ptree_view(&b, 0, PT_INDEX_LIMIT, &v));
	level = v.level;
	assert_int_equal(ptree_view_match(&a, &v, &level), 1);
	/* Names are given up one by one, pages collected on one list. */
	assert_int_equal(ptree_remove_prepare(&a, 0, 1), ZX_OK);
	assert_int_equal(ptree_remove(&a, 0, 1, &list), 0);
	assert_true(ptree_is_bare(&a));
	fill(&a, 0, 1);
	fill(&c, 0, 1);
	assert_int_equal(ptree_remove(&a, 0, PT_INDEX_LIMIT, &list), 1);
	assert_int_equal(ptree_remove(&c, 0, PT_INDEX_LIMIT, &list), 1);
	assert_true(ptree_is_bare(&c));
	assert_int_equal(model_free_list(list), 2);
	model_tear_down(&b);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

/* Nodes go when the last piece of what they held goes. */
static void test_emptied_nodes_are_freed(void **state)
{
	static const u64 cuts[] = { 0, 100, 101, 4100, 4200 };
	struct page *list = NULL;
	struct ptree t;

	(void)state;
	ptree_init(&t);
	fill(&t, 0, 4200);
	for (u32 i = 0; i + 1 < ARRAY_SIZE(cuts); i++) {
		assert_int_equal(ptree_remove_prepare(&t, cuts[i], cuts[i + 1]),
				 ZX_OK);
		assert_int_equal(ptree_remove(&t, cuts[i], cuts[i + 1], &list),
				 cuts[i + 1] - cuts[i]);
		/* A root, a node for each 4096, a leaf for each 64. */
		assert_int_equal(env_live_count,
				 cuts[i + 1] == 4200 ? 0 :
				 1 + (2 - cuts[i + 1] / 4096) +
					 (66 - cuts[i + 1] / 64));
	}
	assert_true(ptree_is_bare(&t));
	assert_int_equal(model_free_list(list), 4200);
}

/* Pages put into prepared slots without a cursor are counted all the way up. */
static void test_fill(void **state)
{
	struct ptree t;
	struct pt_slot s;

	(void)state;
	ptree_init(&t);
	assert_true(ptree_find(&t, 0, &s));
	assert_false(ptree_find(&t, 1, &s));
	ptree_fill(&t, 0, model_page_new(1));
	assert_int_equal(ptree_check(&t, NULL), 1);
	assert_int_equal(ptree_insert_prepare(&t, 60, 70), ZX_OK);
	assert_int_equal(ptree_insert_prepare(&t, 5000, 5001), ZX_OK);
	assert_false(ptree_find(&t, 128, &s));
	for (u64 i = 60; i < 70; i++) {
		assert_true(ptree_find(&t, i, &s));
		assert_int_equal(s.word, PT_EMPTY);
		ptree_fill(&t, i, model_page_new(i + 1));
	}
	ptree_fill(&t, 5000, model_page_new(5001));
	assert_int_equal(ptree_check(&t, NULL), 12);
	assert_int_equal(ptree_count(&t, 0, 64), 5);
	assert_true(ptree_find(&t, 69, &s));
	assert_int_equal(model_content(s), 70);
	model_tear_down(&t);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

/* --- The random driver ------------------------------------------------------ */

/* A VMO of the test, oldest first. A slot is 0 (empty or marker) or content. */
static struct {
	struct ptree tree;
	u64 content[SLOTS];
} family[FAMILY];

static u64 next_content;

/* The tree's index for slot i of the model: runs around each border of nodes
 * and at both ends of the index space. Ascending. */
static u64 index_of(u64 i)
{
	static const u64 borders[BORDERS] = {
		RUN / 2, 64, 4096, 2 * 4096, 1ul << 18, (1ul << 18) + 64,
		1ul << 24, (1ul << 24) + 4096, 1ul << 30, 1ul << 42, 1ul << 48,
		PT_INDEX_LIMIT - RUN / 2 };

	return borders[i / RUN] + i % RUN - RUN / 2;
}

static void pick_range(u64 *i, u64 *z)
{
	*i = env_below(SLOTS);
	*z = *i + 1 + env_below(SLOTS - *i);
	switch (env_below(4)) {
	case 0:
		*i = 0;
		break;
	case 1:
		*z = SLOTS;
		break;
	case 2:
		*z = min_u64(*z, *i + RUN);
	}
}

static u64 range_end(u64 z)
{
	return z == SLOTS ? PT_INDEX_LIMIT : index_of(z);
}

static void maybe_fail(void)
{
	env_fail_after = env_below(8) == 0 ? 1 + env_below(12) : 0;
}

/* Only a page that no other tree shows at this index is private. */
static void check_private(u32 m, u64 index)
{
	bool private, private_too, other = false;
	struct pt_slot s = ptree_get_private(&family[m].tree, index, &private);
	struct pt_slot found, *own;
	struct ptree_cursor c;

	assert_int_equal(s.word, ptree_get(&family[m].tree, index).word);
	ptree_cursor_init(&c, &family[m].tree);
	assert_int_equal(ptree_cursor_get_private(&c, index, &private_too).word,
			 s.word);
	assert_int_equal(ptree_find(&family[m].tree, index, &found) ?
			 found.word : PT_EMPTY, s.word);
	own = ptree_find_own(&family[m].tree, index);
	assert_true(own == NULL || own->word == s.word);
	if (pt_slot_type(s) != PT_PAGE)
		return;
	assert_int_equal(private, own && page_is_private(pt_page(s)));
	for (u32 k = 0; k < FAMILY; k++)
		other |= k != m &&
			 ptree_get(&family[k].tree, index).word == s.word;
	assert_int_equal(private, !other);
	assert_int_equal(private_too, !other);
}

static void step_write(u32 m)
{
	u64 i = env_below(SLOTS), z = min_u64(i + 1 + env_below(4), SLOTS);

	for (; i < z; i++) {
		zx_status_t status;

		maybe_fail();
		status = model_write(&family[m].tree, index_of(i),
				     ++next_content);
		env_fail_after = 0;
		if (status == ZX_OK)
			family[m].content[i] = next_content;
		check_private(m, index_of(i));
		check_private(m, index_of(env_below(SLOTS)));
	}
}

static void step_marker(u32 m)
{
	u64 i = env_below(SLOTS);
	struct ptree_cursor c;
	struct pt_slot old;

	ptree_cursor_init(&c, &family[m].tree);
	maybe_fail();
	if (ptree_cursor_prepare(&c, index_of(i)) == ZX_OK) {
		old = ptree_cursor_set(&c, index_of(i), pt_slot_zero());
		if (pt_slot_type(old) == PT_PAGE)
			model_page_unref(pt_page(old));
		family[m].content[i] = 0;
	}
	env_fail_after = 0;
	ptree_cursor_end(&c);
}

/* Also shrinking: a range that has no end. */
static void step_remove(u32 m)
{
	struct page *list = NULL;
	u64 i, z;

	pick_range(&i, &z);
	maybe_fail();
	if (ptree_remove_prepare(&family[m].tree, index_of(i),
				 range_end(z)) == ZX_OK) {
		u64 count = ptree_remove(&family[m].tree, index_of(i),
					 range_end(z), &list);

		assert_int_equal(model_free_list(list), count);
		memset(&family[m].content[i], 0, (z - i) * sizeof(u64));
	}
	env_fail_after = 0;
}

static void step_prepare(u32 m)
{
	u64 i = env_below(BORDERS) * RUN;

	maybe_fail();
	(void)!ptree_insert_prepare(&family[m].tree, index_of(i),
				    index_of(i + RUN - 1) + 1);
	env_fail_after = 0;
	if (env_below(2))
		ptree_prune(&family[m].tree, 0, PT_INDEX_LIMIT);
}

static void tear_down(u32 m)
{
	struct page *list = NULL;

	while (!ptree_teardown_step(&family[m].tree, 1 + env_below(50), &list))
		ptree_check(&family[m].tree, NULL);
	model_free_list(list);
	memset(family[m].content, 0, sizeof(family[m].content));
}

static void step_share(u32 m)
{
	u32 from = (u32)env_below(FAMILY);
	u64 i = 0, z = SLOTS;

	if (from == m)
		return;
	tear_down(m);
	if (env_below(3))
		pick_range(&i, &z);
	maybe_fail();
	if (ptree_share(&family[m].tree, &family[from].tree, index_of(i),
			range_end(z)) == ZX_OK)
		memcpy(&family[m].content[i], &family[from].content[i],
		       (z - i) * sizeof(u64));
	else
		assert_int_equal(family[m].tree.root, PT_EMPTY);
	env_fail_after = 0;
}

/* Which of the pages of m at slots [i, z) does member k see? */
static u64 seen_truly(u32 m, u32 k, u64 i, u64 z)
{
	u64 count = 0;

	for (; i < z; i++) {
		struct pt_slot s = ptree_get(&family[m].tree, index_of(i));

		count += pt_slot_type(s) == PT_PAGE &&
			 s.word == ptree_get(&family[k].tree,
					     index_of(i)).word;
	}
	return count;
}

/* The pages of m in a range, those that no older member sees, and those that
 * each other sees, by walks with views as <mm/ptree_view.h> shows. */
static void step_view(u32 m)
{
	u64 i, z, index, all = 0, mine = 0, true_mine = 0;
	u64 seen_by[FAMILY] = { 0 };
	struct ptree_view v;
	u32 level;

	pick_range(&i, &z);
	for (index = index_of(i); index < range_end(z) &&
	     ptree_view(&family[m].tree, index, range_end(z), &v);
	     index = ptree_view_end(&v, level)) {
		u64 mask[FAMILY], older = 0;

		level = v.level;
		for (u32 k = 0; k < FAMILY; k++) {
			mask[k] = k == m || !v.shared ? 0 :
				  ptree_view_match(&family[k].tree, &v, &level);
			older |= k < m ? mask[k] : 0;
		}
		for (u32 k = 0; k < FAMILY; k++)
			seen_by[k] += ptree_view_count(&v, level, mask[k]);
		all += ptree_view_count(&v, level, v.pages);
		mine += ptree_view_count(&v, level, v.pages & ~older);
	}
	assert_int_equal(all, ptree_count(&family[m].tree, index_of(i),
					  range_end(z)));
	for (u32 k = 0; k < FAMILY; k++)
		if (k != m)
			assert_int_equal(seen_by[k], seen_truly(m, k, i, z));
	for (; i < z; i++) {
		struct pt_slot s = ptree_get(&family[m].tree, index_of(i));
		bool older = false;

		for (u32 k = 0; k < m; k++)
			older |= s.word == ptree_get(&family[k].tree,
						     index_of(i)).word;
		true_mine += pt_slot_type(s) == PT_PAGE && !older;
	}
	assert_int_equal(mine, true_mine);
}

static void check_all(void)
{
	struct ptree *trees[FAMILY];

	for (u32 m = 0; m < FAMILY; m++) {
		trees[m] = &family[m].tree;
		for (u64 i = 0; i < SLOTS; i++)
			assert_int_equal(model_content(ptree_get(
						 trees[m], index_of(i))),
					 family[m].content[i]);
	}
	model_check_family(trees, FAMILY);
}

static void random_step(void)
{
	u32 m = (u32)env_below(FAMILY);

	switch (env_below(32)) {
	case 0:
		step_share(m);
		break;
	case 1:
		step_remove(m);
		break;
	case 2:
		step_prepare(m);
		break;
	case 3:
		step_view(m);
		break;
	case 4: case 5: case 6:
		step_marker(m);
		break;
	case 7:
		if (env_below(8) == 0)
			tear_down(m);
		break;
	default:
		step_write(m);
	}
}

/* Every member always holds what a copy of its own would, counts are exact, and
 * nothing is left. */
static void test_random(void **state)
{
	u64 steps = env_steps(RANDOM_STEPS);

	(void)state;
	env_seed(31);
	for (u64 i = 0; i < steps; i++) {
		random_step();
		if (i % 512 == 0)
			check_all();
	}
	check_all();
	for (u32 m = 0; m < FAMILY; m++)
		tear_down(m);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_snapshot_copies_nothing),
		cmocka_unit_test(test_window_copies_what_it_cuts),
		cmocka_unit_test(test_remove_of_shared_subtrees),
		cmocka_unit_test(test_copy_on_write),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_single_slots),
		cmocka_unit_test(test_emptied_nodes_are_freed),
		cmocka_unit_test(test_random),
	};

	ptree_init_module();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
