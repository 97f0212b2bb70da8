/*
 * Every allocation of every call on a page tree fails once: the call says
 * NO_MEMORY, all trees of the family hold what they held, every count of names
 * is right, and all is freed in the end.
 */
#include "ptree_model.h"
#include "tree_env.h"

#define FAR (1ul << 40)
#define PREPARE_NODES 65	/* a root, 62 leaves, a leaf and a node above it */

/* Made anew for each failure. */
static struct {
	struct ptree old;		/* 335 pages, height 4 */
	struct ptree shared;		/* a snapshot of all of it */
	struct ptree own;		/* pages 0..99, nobody else's */
	struct ptree single;		/* one page, and its snapshot */
	struct ptree single_shared;
	struct ptree made;		/* by the call under test */
} w;

static struct ptree *const all[] = { &w.old, &w.shared, &w.own, &w.single,
				     &w.single_shared, &w.made };

static void fill(struct ptree *t, u64 start, u64 end)
{
	for (u64 i = start; i < end; i++)
		assert_int_equal(model_write(t, i, i + 1), ZX_OK);
}

static void world_make(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		ptree_init(all[i]);
	fill(&w.old, 0, 200);
	fill(&w.old, 4090, 4190);
	fill(&w.old, (1ul << 18) - 5, (1ul << 18) + 30);
	fill(&w.own, 0, 100);
	fill(&w.single, 0, 1);
	assert_int_equal(ptree_share(&w.shared, &w.old, 0, PT_INDEX_LIMIT),
			 ZX_OK);
	assert_int_equal(ptree_share(&w.single_shared, &w.single, 0, 1), ZX_OK);
}

static void check_content(const struct ptree *t, u64 pages)
{
	u64 found, at = 0, count = 0;

	while (ptree_next(t, at, PT_INDEX_LIMIT, &found).word) {
		assert_int_equal(model_content(ptree_get(t, found)), found + 1);
		at = found + 1;
		count++;
	}
	assert_int_equal(count, pages);
	assert_int_equal(ptree_count(t, 0, PT_INDEX_LIMIT), pages);
}

static void world_check(void)
{
	check_content(&w.old, 335);
	check_content(&w.shared, 335);
	check_content(&w.own, 100);
	check_content(&w.single, 1);
	check_content(&w.single_shared, 1);
	assert_int_equal(w.made.root, PT_EMPTY);
	assert_int_equal(model_page_live, 335 + 100 + 1);
}

static void world_drop(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		model_tear_down(all[i]);
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

/* Fails allocation 1, 2, ... of the call until none is left to fail: that many
 * there must be. */
static void walk(zx_status_t (*call)(void), u64 allocations)
{
	u64 n = 0;
	zx_status_t status;

	do {
		world_make();
		env_fail_after = ++n;
		status = call();
		env_fail_after = 0;
		if (status != ZX_OK) {
			assert_int_equal(status, ZX_ERR_NO_MEMORY);
			world_check();
		}
		model_check_family(all, ARRAY_SIZE(all));
		world_drop();
	} while (status != ZX_OK);
	assert_int_equal(n - 1, allocations);
}

/* --- Calls -------------------------------------------------------------------- */

static zx_status_t write_to(struct ptree *t, u64 index)
{
	return model_write(t, index, 77);
}

static zx_status_t call_write_far(void)
{
	return write_to(&w.own, FAR);
}

static zx_status_t call_write_shared(void)
{
	return write_to(&w.shared, 100);
}

/* Into a shared node that has no leaf there. */
static zx_status_t call_write_between(void)
{
	return write_to(&w.shared, 1000);
}

static zx_status_t call_write_shared_far(void)
{
	return write_to(&w.shared, FAR);
}

static zx_status_t call_write_beside_single(void)
{
	return write_to(&w.single_shared, 5);
}

static void test_write(void **state)
{
	(void)state;
	walk(call_write_far, 5 + 6);
	walk(call_write_shared, 4);
	walk(call_write_between, 3 + 1);
	walk(call_write_shared_far, 3 + 6);
	walk(call_write_beside_single, 1);
}

static zx_status_t call_prepare(void)
{
	return ptree_insert_prepare(&w.own, 50, 64 * 64 + 50);
}

static zx_status_t call_prepare_shared(void)
{
	return ptree_insert_prepare(&w.shared, 180, 500);
}

static void test_prepare(void **state)
{
	(void)state;
	walk(call_prepare, PREPARE_NODES);
	walk(call_prepare_shared, 9);
}

/* A failed prepare leaves no node behind. */
static void test_prepare_leaves_nothing(void **state)
{
	(void)state;
	for (u64 n = 1; n <= PREPARE_NODES; n++) {
		u64 nodes;

		world_make();
		nodes = env_live_count;
		env_fail_after = n;
		assert_int_equal(call_prepare(), ZX_ERR_NO_MEMORY);
		env_fail_after = 0;
		/* But for a root that is as high as was needed. */
		assert_int_equal(env_live_count, nodes + (n > 1));
		world_drop();
	}
}

static zx_status_t call_remove_inside(void)
{
	return ptree_remove_prepare(&w.shared, 10, 20);
}

static zx_status_t call_remove_across(void)
{
	return ptree_remove_prepare(&w.shared, 100, (1ul << 18) + 10);
}

static void test_remove(void **state)
{
	(void)state;
	walk(call_remove_inside, 4);
	walk(call_remove_across, 4 + 3);
}

static zx_status_t call_share_window(void)
{
	return ptree_share(&w.made, &w.old, 100, (1ul << 18) + 10);
}

static zx_status_t call_share_inside(void)
{
	return ptree_share(&w.made, &w.shared, 4100, 4110);
}

static zx_status_t call_share_own(void)
{
	return ptree_share(&w.made, &w.own, 1, 99);
}

static void test_share(void **state)
{
	(void)state;
	walk(call_share_window, 4 + 3);
	walk(call_share_inside, 4);
	walk(call_share_own, 3);
}

/* What must not fail asks for nothing. */
static void test_no_memory_needed(void **state)
{
	struct page *list = NULL;

	(void)state;
	world_make();
	env_fail_after = 1;
	assert_int_equal(ptree_share(&w.made, &w.old, 0, 1ul << 20), ZX_OK);
	assert_int_equal(ptree_remove_prepare(&w.made, 0, PT_INDEX_LIMIT),
			 ZX_OK);
	assert_int_equal(ptree_remove(&w.made, 0, PT_INDEX_LIMIT, &list), 0);
	assert_int_equal(ptree_remove_prepare(&w.shared, 200, 4090), ZX_OK);
	assert_int_equal(ptree_remove(&w.shared, 200, 4090, &list), 0);
	assert_int_equal(ptree_remove_prepare(&w.own, 5, 70), ZX_OK);
	assert_int_equal(ptree_remove(&w.own, 5, 70, &list), 65);
	assert_int_equal(model_free_list(list), 65);
	list = NULL;
	assert_int_equal(write_to(&w.own, 3), ZX_OK);
	assert_int_equal(write_to(&w.single_shared, 0), ZX_OK);
	assert_int_equal(env_fail_after, 1);
	env_fail_after = 0;
	model_check_family(all, ARRAY_SIZE(all));
	world_drop();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_prepare_leaves_nothing),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_no_memory_needed),
	};

	ptree_init_module();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
