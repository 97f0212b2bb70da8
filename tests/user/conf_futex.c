/* Owners of futexes, and requeueing: spec/tasks.md 11. */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "futex_util.h"

static zx_futex_t *const nowhere;
static zx_futex_t *const odd = (zx_futex_t *)0x2000002;
static zx_futex_t *const unmapped = (zx_futex_t *)0x2000000;
static zx_futex_t *const outside = (zx_futex_t *)UINT64_C(0xffff000000000000);

/* Two words, and a thread that waits somewhere else, for an owner. */
struct bench {
	zx_futex_t a;
	zx_futex_t b;
	zx_futex_t park;
	struct sitter owner;
	zx_koid_t koid;
};

static bool bench_make(struct bench *c)
{
	memset(c, 0, sizeof(*c));
	if (!sitter_start(&c->owner, &c->park, ZX_TIME_INFINITE))
		return false;
	c->koid = task_koid(c->owner.thread.handle);
	return true;
}

static void bench_drop(struct bench *c)
{
	EXPECT_STATUS(zx_futex_wake(&c->park, 1), ZX_OK);
	sitter_expect(&c->owner, ZX_OK);
}

/* Makes c's thread the owner of a word that somebody waits on: a wait that
 * times out at once would not stay, so a requeue from nowhere does it. */
static bool own(struct bench *c, const zx_futex_t *word)
{
	const zx_futex_t *other = word == &c->a ? &c->b : &c->a;

	return EXPECT_STATUS(zx_futex_requeue(other, 0, 0, word, 0, c->owner.thread.handle),
			     ZX_OK) &&
	       EXPECT_EQ(futex_owner(word), c->koid);
}

struct owning_wait {
	const zx_futex_t *word;
	zx_handle_t owner;
	zx_status_t status;
};

static int wait_with_owner(void *arg)
{
	struct owning_wait *w = arg;

	w->status = zx_futex_wait(w->word, 0, w->owner, ZX_TIME_INFINITE);
	return 0;
}

JX_TEST(tasks_11_1_r5_a_wait_sets_and_clears_the_owner)
{
	struct owning_wait w = { 0 };
	struct jx_thread thread;
	struct sitter next;
	struct bench c;

	ASSERT_TRUE(bench_make(&c));
	w.word = &c.a;
	w.owner = c.owner.thread.handle;
	ASSERT_STATUS(jx_thread_create(&thread, "first", wait_with_owner, &w), ZX_OK);
	EXPECT_TRUE(task_await_state(thread.handle, ZX_THREAD_STATE_BLOCKED_FUTEX));
	EXPECT_EQ(futex_owner(&c.a), c.koid);
	ASSERT_TRUE(sitter_start(&next, &c.a, ZX_TIME_INFINITE));
	EXPECT_EQ(futex_owner(&c.a), ZX_KOID_INVALID);
	EXPECT_STATUS(zx_futex_wake(&c.a, 2), ZX_OK);
	EXPECT_TRUE(task_join(&thread, NULL));
	EXPECT_STATUS(w.status, ZX_OK);
	sitter_expect(&next, ZX_OK);
	bench_drop(&c);
}

JX_TEST(tasks_11_1_r6_a_failed_wait_leaves_the_owner)
{
	zx_handle_t event = 0;
	struct sitter s;
	struct bench c;

	ASSERT_TRUE(bench_make(&c));
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_TRUE(sitter_start(&s, &c.a, ZX_TIME_INFINITE));
	ASSERT_TRUE(own(&c, &c.a));
	EXPECT_STATUS(zx_futex_wait(&c.a, 1, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_futex_wait(&c.a, 0, 0xffffffff, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_futex_wait(&c.a, 0, event, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_futex_wait(&c.a, 0, zx_thread_self(), 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wait(&c.a, 0, s.thread.handle, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(futex_owner(&c.a), c.koid);
	EXPECT_STATUS(zx_futex_wake(&c.a, 1), ZX_OK);
	sitter_expect(&s, ZX_OK);
	zx_handle_close(event);
	bench_drop(&c);
}

JX_TEST(tasks_11_1_r8_a_timeout_leaves_the_queue_it_is_on_by_then)
{
	struct sitter moved, stays;
	zx_time_t deadline;
	struct bench c;

	ASSERT_TRUE(bench_make(&c));
	/* Long enough to be moved before; if not, it says so. */
	deadline = zx_deadline_after(ZX_MSEC(300));
	ASSERT_TRUE(sitter_start(&moved, &c.a, deadline));
	EXPECT_STATUS(zx_futex_requeue(&c.a, 0, 0, &c.b, 1, c.owner.thread.handle), ZX_OK);
	EXPECT_EQ(futex_owner(&c.b), c.koid);
	sitter_expect(&moved, ZX_ERR_TIMED_OUT);
	EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
	/* It was alone: the owner has gone with it. */
	EXPECT_EQ(futex_owner(&c.b), ZX_KOID_INVALID);
	/* With another one behind it, the owner stays. */
	deadline = zx_deadline_after(ZX_MSEC(300));
	ASSERT_TRUE(sitter_start(&moved, &c.a, deadline));
	ASSERT_TRUE(sitter_start(&stays, &c.a, ZX_TIME_INFINITE));
	EXPECT_STATUS(zx_futex_requeue(&c.a, 0, 0, &c.b, 2, c.owner.thread.handle), ZX_OK);
	sitter_expect(&moved, ZX_ERR_TIMED_OUT);
	EXPECT_EQ(futex_owner(&c.b), c.koid);
	EXPECT_STATUS(zx_futex_wake(&c.b, 1), ZX_OK);
	sitter_expect(&stays, ZX_OK);
	bench_drop(&c);
}

JX_TEST(tasks_11_2_r3_a_wake_drops_the_owner)
{
	struct sitter s[2];
	struct bench c;

	ASSERT_TRUE(bench_make(&c));
	for (int i = 0; i < 2; i++)
		ASSERT_TRUE(sitter_start(&s[i], &c.a, ZX_TIME_INFINITE));
	ASSERT_TRUE(own(&c, &c.a));
	EXPECT_STATUS(zx_futex_wake(&c.a, 1), ZX_OK);
	sitter_expect(&s[0], ZX_OK);
	EXPECT_EQ(futex_owner(&c.a), ZX_KOID_INVALID);
	ASSERT_TRUE(own(&c, &c.a));
	EXPECT_STATUS(zx_futex_wake(&c.a, 0), ZX_OK);
	EXPECT_EQ(futex_owner(&c.a), ZX_KOID_INVALID);
	EXPECT_TRUE(sitter_waits(&s[1]));
	EXPECT_STATUS(zx_futex_wake(&c.a, 1), ZX_OK);
	sitter_expect(&s[1], ZX_OK);
	bench_drop(&c);
}

/* A thread that was woken and stays alive until it is told to go. */
static int wait_twice(void *arg)
{
	zx_futex_t *words = arg;

	zx_futex_wait(&words[0], 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
	zx_futex_wait(&words[1], 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
	return 0;
}

JX_TEST(tasks_11_2_r4_single_owner)
{
	static zx_futex_t words[2];
	struct jx_thread first;
	struct sitter second;

	words[0] = words[1] = 0;
	EXPECT_STATUS(zx_futex_wake_single_owner(nowhere), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wake_single_owner(odd), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wake_single_owner(outside), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wake_single_owner(unmapped), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&first, "first", wait_twice, words), ZX_OK);
	EXPECT_TRUE(task_await_state(first.handle, ZX_THREAD_STATE_BLOCKED_FUTEX));
	ASSERT_TRUE(sitter_start(&second, &words[0], ZX_TIME_INFINITE));
	EXPECT_STATUS(zx_futex_wake_single_owner(&words[0]), ZX_OK);
	EXPECT_EQ(futex_owner(&words[0]), task_koid(first.handle));
	EXPECT_TRUE(sitter_waits(&second));
	/* The last one leaves nobody who could be owned against. */
	EXPECT_STATUS(zx_futex_wake_single_owner(&words[0]), ZX_OK);
	sitter_expect(&second, ZX_OK);
	EXPECT_EQ(futex_owner(&words[0]), ZX_KOID_INVALID);
	/* It may not have come to its second wait yet, or be in it. */
	words[1] = 1;
	EXPECT_STATUS(zx_futex_wake(&words[1], 1), ZX_OK);
	EXPECT_TRUE(task_join(&first, NULL));
}

/* Both forms, of which the second has no count. */
static void expect_requeue(const zx_futex_t *from, int value, const zx_futex_t *to,
			   zx_handle_t owner, zx_status_t wanted)
{
	EXPECT_STATUS(zx_futex_requeue(from, 1, value, to, 1, owner), wanted);
	EXPECT_STATUS(zx_futex_requeue_single_owner(from, value, to, 1, owner), wanted);
}

JX_TEST(tasks_11_3_c1_pointers)
{
	const zx_handle_t bad = 0xffffffff;
	zx_futex_t a = 0;

	expect_requeue(nowhere, 1, &a, bad, ZX_ERR_INVALID_ARGS);
	expect_requeue(odd, 1, &a, bad, ZX_ERR_INVALID_ARGS);
	expect_requeue(outside, 1, &a, bad, ZX_ERR_INVALID_ARGS);
	expect_requeue(&a, 1, nowhere, bad, ZX_ERR_INVALID_ARGS);
	expect_requeue(&a, 1, odd, bad, ZX_ERR_INVALID_ARGS);
	expect_requeue(&a, 1, outside, bad, ZX_ERR_INVALID_ARGS);
	expect_requeue(&a, 1, &a, bad, ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_11_3_c2_unreadable_word)
{
	zx_futex_t a = 0;

	expect_requeue(unmapped, 0, &a, 0xffffffff, ZX_ERR_INVALID_ARGS);
	expect_requeue(&a, 0, unmapped, ZX_HANDLE_INVALID, ZX_OK);
}

JX_TEST(tasks_11_3_c3_another_value)
{
	zx_futex_t a = 5, b = 5;

	expect_requeue(&a, 4, &b, 0xffffffff, ZX_ERR_BAD_STATE);
	expect_requeue(&a, 5, &b, ZX_HANDLE_INVALID, ZX_OK);
}

JX_TEST(tasks_11_3_c4_owner)
{
	zx_handle_t image = task_image(), event = 0, fresh = 0;
	struct task_child child;
	struct sitter on_a, on_b;
	struct bench c;

	ASSERT_TRUE(bench_make(&c));
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "n", 1, 0, &fresh), ZX_OK);
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(sitter_start(&on_a, &c.a, ZX_TIME_INFINITE));
	ASSERT_TRUE(sitter_start(&on_b, &c.b, ZX_TIME_INFINITE));
	expect_requeue(&c.a, 0, &c.b, 0xffffffff, ZX_ERR_BAD_HANDLE);
	expect_requeue(&c.a, 0, &c.b, event, ZX_ERR_WRONG_TYPE);
	expect_requeue(&c.a, 0, &c.b, zx_thread_self(), ZX_ERR_INVALID_ARGS);
	expect_requeue(&c.a, 0, &c.b, fresh, ZX_ERR_INVALID_ARGS);
	expect_requeue(&c.a, 0, &c.b, child.thread, ZX_ERR_INVALID_ARGS);
	expect_requeue(&c.a, 0, &c.b, on_a.thread.handle, ZX_ERR_INVALID_ARGS);
	expect_requeue(&c.a, 0, &c.b, on_b.thread.handle, ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(sitter_waits(&on_a));
	EXPECT_STATUS(zx_futex_wake(&c.a, 1), ZX_OK);
	EXPECT_STATUS(zx_futex_wake(&c.b, 1), ZX_OK);
	sitter_expect(&on_a, ZX_OK);
	sitter_expect(&on_b, ZX_OK);
	task_child_drop(&child);
	zx_handle_close(fresh);
	zx_handle_close(event);
	zx_handle_close(image);
	bench_drop(&c);
}

JX_TEST(tasks_11_3_r1_wakes_then_moves_to_the_tail)
{
	struct sitter s[4];
	zx_futex_t a = 0, b = 0;

	ASSERT_TRUE(sitter_start(&s[3], &b, ZX_TIME_INFINITE));
	for (int i = 0; i < 3; i++)
		ASSERT_TRUE(sitter_start(&s[i], &a, ZX_TIME_INFINITE));
	EXPECT_STATUS(zx_futex_requeue(&a, 1, 0, &b, 5, ZX_HANDLE_INVALID), ZX_OK);
	sitter_expect(&s[0], ZX_OK);
	EXPECT_STATUS(zx_futex_wake(&b, 1), ZX_OK);
	sitter_expect(&s[3], ZX_OK);
	for (int i = 1; i < 3; i++) {
		for (int j = i; j < 3; j++)
			EXPECT_TRUE(sitter_waits(&s[j]));
		EXPECT_STATUS(zx_futex_wake(&b, 1), ZX_OK);
		sitter_expect(&s[i], ZX_OK);
	}
}

JX_TEST(tasks_11_3_r2_what_moved_belongs_to_the_other)
{
	struct sitter woken, killed, late;
	zx_futex_t a = 0, b = 0;
	zx_time_t deadline;

	ASSERT_TRUE(sitter_start(&woken, &a, ZX_TIME_INFINITE));
	ASSERT_TRUE(sitter_start(&killed, &a, ZX_TIME_INFINITE));
	deadline = zx_deadline_after(ZX_MSEC(300));
	ASSERT_TRUE(sitter_start(&late, &a, deadline));
	EXPECT_STATUS(zx_futex_requeue(&a, 0, 0, &b, UINT32_MAX, ZX_HANDLE_INVALID), ZX_OK);
	EXPECT_STATUS(zx_futex_wake(&a, UINT32_MAX), ZX_OK);
	EXPECT_TRUE(sitter_waits(&woken));
	EXPECT_STATUS(zx_task_kill(killed.thread.handle), ZX_OK);
	EXPECT_TRUE(task_join(&killed.thread, NULL));
	EXPECT_STATUS(killed.status, 1);
	EXPECT_STATUS(zx_futex_wake(&b, 1), ZX_OK);
	sitter_expect(&woken, ZX_OK);
	sitter_expect(&late, ZX_ERR_TIMED_OUT);
	EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
}

JX_TEST(tasks_11_3_r3_owners)
{
	struct sitter s[2];
	struct bench c;

	ASSERT_TRUE(bench_make(&c));
	for (int i = 0; i < 2; i++)
		ASSERT_TRUE(sitter_start(&s[i], &c.a, ZX_TIME_INFINITE));
	ASSERT_TRUE(own(&c, &c.a));
	/* Nobody waits there afterwards: no owner of the second, none of the first. */
	EXPECT_STATUS(zx_futex_requeue(&c.a, 0, 0, &c.b, 0, c.owner.thread.handle), ZX_OK);
	EXPECT_EQ(futex_owner(&c.a), ZX_KOID_INVALID);
	EXPECT_EQ(futex_owner(&c.b), ZX_KOID_INVALID);
	EXPECT_STATUS(zx_futex_requeue(&c.a, 0, 0, &c.b, 1, c.owner.thread.handle), ZX_OK);
	EXPECT_EQ(futex_owner(&c.b), c.koid);
	/* None was asked for: it goes. */
	EXPECT_STATUS(zx_futex_requeue(&c.a, 0, 0, &c.b, 0, ZX_HANDLE_INVALID), ZX_OK);
	EXPECT_EQ(futex_owner(&c.b), ZX_KOID_INVALID);
	EXPECT_STATUS(zx_futex_wake(&c.a, 1), ZX_OK);
	EXPECT_STATUS(zx_futex_wake(&c.b, 1), ZX_OK);
	sitter_expect(&s[0], ZX_OK);
	sitter_expect(&s[1], ZX_OK);
	bench_drop(&c);
}

JX_TEST(tasks_11_3_r4_single_owner)
{
	static zx_futex_t words[2];
	struct jx_thread first;
	struct sitter s[2];
	struct bench c;

	words[0] = words[1] = 0;
	ASSERT_TRUE(bench_make(&c));
	ASSERT_STATUS(jx_thread_create(&first, "first", wait_twice, words), ZX_OK);
	EXPECT_TRUE(task_await_state(first.handle, ZX_THREAD_STATE_BLOCKED_FUTEX));
	for (int i = 0; i < 2; i++)
		ASSERT_TRUE(sitter_start(&s[i], &words[0], ZX_TIME_INFINITE));
	EXPECT_STATUS(zx_futex_requeue_single_owner(&words[0], 0, &c.b, 1,
						    c.owner.thread.handle), ZX_OK);
	EXPECT_EQ(futex_owner(&words[0]), task_koid(first.handle));
	EXPECT_EQ(futex_owner(&c.b), c.koid);
	EXPECT_STATUS(zx_futex_wake(&c.b, 1), ZX_OK);
	sitter_expect(&s[0], ZX_OK);
	EXPECT_TRUE(sitter_waits(&s[1]));
	/* Nobody is left behind: no owner. */
	EXPECT_STATUS(zx_futex_requeue_single_owner(&words[0], 0, &c.b, 1, ZX_HANDLE_INVALID),
		      ZX_OK);
	sitter_expect(&s[1], ZX_OK);
	EXPECT_EQ(futex_owner(&words[0]), ZX_KOID_INVALID);
	/* It may not have come to its second wait yet, or be in it. */
	words[1] = 1;
	EXPECT_STATUS(zx_futex_wake(&words[1], 1), ZX_OK);
	EXPECT_TRUE(task_join(&first, NULL));
	bench_drop(&c);
}

JX_TEST(tasks_11_3_r5_an_error_changes_neither)
{
	struct sitter on_a, on_b;
	struct bench c;

	ASSERT_TRUE(bench_make(&c));
	ASSERT_TRUE(sitter_start(&on_a, &c.a, ZX_TIME_INFINITE));
	ASSERT_TRUE(sitter_start(&on_b, &c.b, ZX_TIME_INFINITE));
	/* The first one's owner, then the second one's; each call clears the other. */
	ASSERT_TRUE(own(&c, &c.b));
	expect_requeue(&c.a, 1, &c.b, ZX_HANDLE_INVALID, ZX_ERR_BAD_STATE);
	expect_requeue(&c.a, 0, &c.b, 0xffffffff, ZX_ERR_BAD_HANDLE);
	expect_requeue(&c.a, 0, &c.b, on_b.thread.handle, ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(futex_owner(&c.b), c.koid);
	ASSERT_TRUE(own(&c, &c.a));
	expect_requeue(&c.a, 1, &c.b, ZX_HANDLE_INVALID, ZX_ERR_BAD_STATE);
	EXPECT_EQ(futex_owner(&c.a), c.koid);
	EXPECT_TRUE(sitter_waits(&on_a));
	EXPECT_STATUS(zx_futex_wake(&c.a, 1), ZX_OK);
	EXPECT_STATUS(zx_futex_wake(&c.b, 1), ZX_OK);
	sitter_expect(&on_a, ZX_OK);
	sitter_expect(&on_b, ZX_OK);
	bench_drop(&c);
}

JX_TEST(tasks_11_4_c1_pointers)
{
	zx_futex_t word = 0;
	zx_koid_t koid = 7;

	EXPECT_STATUS(zx_futex_get_owner(nowhere, &koid), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_get_owner(odd, &koid), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_get_owner(outside, &koid), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(koid, 7);
	EXPECT_STATUS(zx_futex_get_owner(&word, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_get_owner(&word, (zx_koid_t *)0x2000000), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_11_4_r1_no_waiters_no_owner)
{
	zx_futex_t word = 0;
	zx_koid_t koid = 7;

	EXPECT_STATUS(zx_futex_get_owner(&word, &koid), ZX_OK);
	EXPECT_EQ(koid, ZX_KOID_INVALID);
	koid = 7;
	EXPECT_STATUS(zx_futex_get_owner(unmapped, &koid), ZX_OK);
	EXPECT_EQ(koid, ZX_KOID_INVALID);
}

JX_TEST(tasks_11_4_r2_an_owner_that_exits_is_dropped)
{
	for (int kill = 0; kill < 2; kill++) {
		struct sitter s;
		struct bench c;

		ASSERT_TRUE(bench_make(&c));
		ASSERT_TRUE(sitter_start(&s, &c.a, ZX_TIME_INFINITE));
		ASSERT_TRUE(own(&c, &c.a));
		if (kill)
			EXPECT_STATUS(zx_task_kill(c.owner.thread.handle), ZX_OK);
		else
			EXPECT_STATUS(zx_futex_wake(&c.park, 1), ZX_OK);
		EXPECT_TRUE(task_await_signal(c.owner.thread.handle, ZX_THREAD_TERMINATED));
		EXPECT_EQ(futex_owner(&c.a), ZX_KOID_INVALID);
		EXPECT_TRUE(task_join(&c.owner.thread, NULL));
		EXPECT_EQ(futex_owner(&c.a), ZX_KOID_INVALID);
		EXPECT_STATUS(zx_futex_wake(&c.a, 1), ZX_OK);
		sitter_expect(&s, ZX_OK);
	}
}
