/*
 * The heap of timers against a plain array, and the arithmetic of the clock at
 * frequencies that exist.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <kernel/heap.h>
#include <kernel/timescale.h>

#define NODE_COUNT 1000

static u64 random_state;

static u32 random_below(u32 n)
{
	random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
	return (u32)(random_state >> 33) % n;
}

static u32 rank_of(const struct heap_node *n)
{
	return n ? n->rank : 0;
}

/* Checks the shape of a whole heap without recursion; returns its nodes. */
static u32 check_shape(const struct heap *h)
{
	const struct heap_node *stack[NODE_COUNT];
	u32 depth = 0, count = 0;

	if (h->root) {
		assert_null(h->root->parent);
		stack[depth++] = h->root;
	}
	while (depth > 0) {
		const struct heap_node *n = stack[--depth];
		const struct heap_node *children[2] = { n->left, n->right };

		count++;
		assert_true(rank_of(n->left) >= rank_of(n->right));
		assert_int_equal(n->rank, rank_of(n->right) + 1);
		for (u32 i = 0; i < 2; i++) {
			if (!children[i])
				continue;
			assert_ptr_equal(children[i]->parent, n);
			assert_true(children[i]->key >= n->key);
			stack[depth++] = children[i];
		}
	}
	return count;
}

static void comes_out_sorted(void **state)
{
	static struct heap_node nodes[NODE_COUNT];
	struct heap h = { NULL };
	s64 last = INT64_MIN;

	(void)state;
	for (u32 i = 0; i < NODE_COUNT; i++) {
		nodes[i].key = random_below(500);
		heap_insert(&h, &nodes[i]);
	}
	assert_int_equal(check_shape(&h), NODE_COUNT);
	for (u32 i = 0; i < NODE_COUNT; i++) {
		struct heap_node *n = h.root;

		assert_true(n->key >= last);
		last = n->key;
		heap_remove(&h, n);
	}
	assert_null(h.root);
}

/* The smallest key of those in the heap, by looking at all. */
static s64 smallest(const struct heap_node *nodes, const bool *inside)
{
	s64 key = INT64_MAX;

	for (u32 i = 0; i < NODE_COUNT; i++)
		if (inside[i] && nodes[i].key < key)
			key = nodes[i].key;
	return key;
}

/* Random insertions and removals from anywhere. */
static void keeps_its_shape(void **state)
{
	static struct heap_node nodes[NODE_COUNT];
	static bool inside[NODE_COUNT];
	struct heap h = { NULL };
	u32 count = 0;

	(void)state;
	for (u32 step = 0; step < 20000; step++) {
		u32 i = random_below(NODE_COUNT);

		if (inside[i]) {
			heap_remove(&h, &nodes[i]);
			count--;
		} else {
			nodes[i].key = (s64)random_below(1000) - 500;
			heap_insert(&h, &nodes[i]);
			count++;
		}
		inside[i] = !inside[i];
		if (step % 64 == 0)
			assert_int_equal(check_shape(&h), count);
		if (count > 0)
			assert_int_equal(h.root->key, smallest(nodes, inside));
		else
			assert_null(h.root);
	}
}

/* The orders that degrade other heaps: every right path stays short. */
static void stays_balanced(void **state)
{
	static struct heap_node nodes[NODE_COUNT];

	(void)state;
	for (int falling = 0; falling < 2; falling++) {
		struct heap h = { NULL };

		for (u32 i = 0; i < NODE_COUNT; i++) {
			nodes[i].key = falling ? -(s64)i : (s64)i;
			heap_insert(&h, &nodes[i]);
		}
		assert_int_equal(check_shape(&h), NODE_COUNT);
		assert_true(h.root->rank <= 10);	/* log2(1000 + 1) */
	}
}

static const u64 frequencies[] = { 1000000, 19200000, 24000000, 54000000,
				   62500000, 1000000000, 1999999999 };

static void clock_matches_its_formula(void **state)
{
	(void)state;
	for (u32 f = 0; f < sizeof(frequencies) / sizeof(*frequencies); f++) {
		struct time_scale s;
		u64 hz = frequencies[f];
		s64 day_ns = 86400 * 1000000000l;

		time_scale_init(&s, hz);
		assert_int_equal(s.mult, (1000000000ul << 32) / hz);
		assert_int_equal(time_scale_ns(&s, 0), 0);
		/* Within 20 us of the truth after a day. */
		assert_in_range(time_scale_ns(&s, 86400 * hz), day_ns - 20000,
				day_ns);
	}
	/* Exact where the ratio is. */
	struct time_scale s;

	time_scale_init(&s, 62500000);
	assert_int_equal(time_scale_ns(&s, 62500000ul * 3600), 3600000000000);
}

/* A deadline's tick is never before the deadline and at most one too late. */
static void ticks_and_ns_agree(void **state)
{
	(void)state;
	for (u32 f = 0; f < sizeof(frequencies) / sizeof(*frequencies); f++) {
		struct time_scale s;

		time_scale_init(&s, frequencies[f]);
		for (u32 i = 0; i < 20000; i++) {
			s64 ns = (s64)((u64)random_below(1u << 31) << random_below(30));
			u64 ticks = time_scale_ticks(&s, ns);

			assert_true(time_scale_ns(&s, ticks) >= ns);
			if (ticks >= 2)
				assert_true(time_scale_ns(&s, ticks - 2) < ns ||
					    ns == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_out_sorted),
		cmocka_unit_test(keeps_its_shape),
		cmocka_unit_test(stays_balanced),
		cmocka_unit_test(clock_matches_its_formula),
		cmocka_unit_test(ticks_and_ns_agree),
	};
	const char *seed = getenv("SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : 1;
	printf("# SEED=%llu\n", (unsigned long long)random_state);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
