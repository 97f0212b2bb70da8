/*
 * A family of page trees in threads, for ThreadSanitizer: no lock but each
 * tree's own, so that only the counts of names keep two threads from changing,
 * or freeing, what both see (P2 and P3 of ptree.c).
 * Environment: SEED, STEPS.
 */
#include <pthread.h>

#include "ptree_model.h"
#include "tree_env.h"

#define THREADS 4
#define FAMILY 8		/* thread t owns trees t and t + THREADS */
#define RUN 12
#define SLOTS (4 * RUN)

static struct member {
	pthread_mutex_t lock;
	/* Under lock. */
	struct ptree tree;
	u64 content[SLOTS];
} family[FAMILY];

static u64 step_count;		/* fixed before the threads start */

struct thread {
	pthread_t id;
	u32 number;
	u64 random;
	u64 next_content;
};

static u64 below(struct thread *t, u64 n)
{
	t->random = t->random * 6364136223846793005ul + 1442695040888963407ul;
	return (t->random >> 33) % n;
}

static u64 index_of(u64 i)
{
	static const u64 runs[] = { 0, 64 - RUN / 2, 4096 - RUN / 2,
				    (1ul << 18) - RUN / 2 };

	return runs[i / RUN] + i % RUN;
}

static u64 range_end(u64 z)
{
	return z == SLOTS ? PT_INDEX_LIMIT : index_of(z);
}

/* --- Steps of a thread, on a tree of its own that is locked -------------------- */

static void write_some(struct thread *t, struct member *m)
{
	u64 i = below(t, SLOTS), z = min_u64(i + 1 + below(t, 6), SLOTS);

	for (; i < z; i++) {
		m->content[i] = ++t->next_content;
		if (model_write(&m->tree, index_of(i), m->content[i]) != ZX_OK)
			panic("no memory");
	}
}

static void compare(struct member *m)
{
	for (u64 i = 0; i < SLOTS; i++) {
		u64 is = model_content(ptree_get(&m->tree, index_of(i)));

		if (is != m->content[i])
			panic("foreign content %lx at %lu", (unsigned long)is,
			      (unsigned long)i);
	}
}

static void remove_some(struct thread *t, struct member *m)
{
	u64 i = below(t, SLOTS), z = i + 1 + below(t, SLOTS - i);
	struct page *list = NULL;

	if (ptree_remove_prepare(&m->tree, index_of(i), range_end(z)) != ZX_OK)
		panic("no memory");
	ptree_remove(&m->tree, index_of(i), range_end(z), &list);
	model_free_list(list);
	memset(&m->content[i], 0, (z - i) * sizeof(u64));
}

static void tear_down(struct member *m)
{
	model_tear_down(&m->tree);
	memset(m->content, 0, sizeof(m->content));
}

/* Both are locked. */
static void share(struct thread *t, struct member *m, struct member *from)
{
	u64 i = 0, z = SLOTS;

	tear_down(m);
	if (below(t, 2)) {
		i = below(t, SLOTS);
		z = i + 1 + below(t, SLOTS - i);
	}
	if (ptree_share(&m->tree, &from->tree, index_of(i), range_end(z)) !=
	    ZX_OK)
		panic("no memory");
	memcpy(&m->content[i], &from->content[i], (z - i) * sizeof(u64));
}

static void lock_two(struct member *a, struct member *b)
{
	pthread_mutex_lock(a < b ? &a->lock : &b->lock);
	pthread_mutex_lock(a < b ? &b->lock : &a->lock);
}

static void step(struct thread *t)
{
	struct member *m = &family[t->number + below(t, 2) * THREADS];
	struct member *from = &family[below(t, FAMILY)];
	u64 what = below(t, 16);

	if (what == 0 && m != from) {
		lock_two(m, from);
		share(t, m, from);
		pthread_mutex_unlock(&from->lock);
	} else {
		pthread_mutex_lock(&m->lock);
		if (what == 1)
			remove_some(t, m);
		else if (what == 2 && below(t, 4) == 0)
			tear_down(m);
		else if (what < 6)
			compare(m);
		else
			write_some(t, m);
	}
	pthread_mutex_unlock(&m->lock);
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	for (u64 i = 0; i < step_count; i++)
		step(t);
	return NULL;
}

static void test_threads(void **state)
{
	struct thread threads[THREADS];
	struct ptree *trees[FAMILY];

	(void)state;
	env_seed(41);
	step_count = env_steps(40000);
	for (u32 i = 0; i < FAMILY; i++) {
		pthread_mutex_init(&family[i].lock, NULL);
		trees[i] = &family[i].tree;
	}
	for (u32 i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){
			.number = i, .random = env_random(),
			.next_content = (u64)(i + 1) << 48 };
		assert_int_equal(pthread_create(&threads[i].id, NULL,
						thread_main, &threads[i]), 0);
	}
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	model_check_family(trees, FAMILY);
	for (u32 i = 0; i < FAMILY; i++) {
		compare(&family[i]);
		tear_down(&family[i]);
	}
	assert_int_equal(env_live_count, 0);
	assert_int_equal(model_page_live, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	ptree_init_module();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
