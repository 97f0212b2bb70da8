/* Futexes (tasks.md 11.1, 11.2). */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

static zx_futex_t *const null_word;

JX_TEST(futex_wait_errors_in_order)
{
	zx_handle_t event = 0;
	zx_futex_t word = 1;
	char bytes[8] __attribute__((aligned(8))) = { 0 };

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	/* 1: the pointer */
	EXPECT_STATUS(zx_futex_wait(null_word, 0, event, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wait((zx_futex_t *)(bytes + 1), 0, event, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wait((zx_futex_t *)(bytes + 2), 0, event, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wait((zx_futex_t *)UINT64_C(0xffff000000000000), 0, event, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wait((zx_futex_t *)(UINT64_MAX - 3), 0, event, 0),
		      ZX_ERR_INVALID_ARGS);
	/* 2: what is there */
	EXPECT_STATUS(zx_futex_wait((zx_futex_t *)0x2000000, 0, event, 0), ZX_ERR_INVALID_ARGS);
	/* 3: the value, before any complaint about the owner */
	EXPECT_STATUS(zx_futex_wait(&word, 0, event, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_futex_wait(&word, 0, 0xffffffff, 0), ZX_ERR_BAD_STATE);
	/* 4, 5: the owner, before the deadline */
	EXPECT_STATUS(zx_futex_wait(&word, 1, 0xffffffff, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_futex_wait(&word, 1, event, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_futex_wait(&word, 1, zx_thread_self(), 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wait(&word, 1, ZX_HANDLE_INVALID, 0), ZX_ERR_TIMED_OUT);
	zx_handle_close(event);
}

struct futex_case {
	zx_futex_t word;
	_Atomic int order;
};

struct futex_waiter {
	struct futex_case *c;
	struct jx_thread thread;
	zx_handle_t owner;
	zx_time_t deadline;
	const zx_futex_t *word;
	int place;
	zx_status_t status;
};

static int wait_on_word(void *arg)
{
	struct futex_waiter *w = arg;

	w->status = zx_futex_wait(w->word, 0, w->owner, w->deadline);
	w->place = w->c->order++;
	return 0;
}

static bool start_waiter(struct futex_waiter *w, struct futex_case *c, zx_handle_t owner)
{
	memset(w, 0, sizeof(*w));
	w->c = c;
	w->owner = owner;
	w->deadline = ZX_TIME_INFINITE;
	w->word = &c->word;
	return EXPECT_STATUS(jx_thread_create(&w->thread, "futex", wait_on_word, w), ZX_OK) &&
	       task_await_state(w->thread.handle, ZX_THREAD_STATE_BLOCKED_FUTEX);
}

JX_TEST(futex_owner_rules)
{
	zx_handle_t image = task_image(), fresh = 0, bare = 0;
	struct futex_case c = { 0 };
	struct futex_waiter w, owned;
	struct task_child child;
	zx_futex_t word = 0;

	/* Of another process; never started; waiting on this futex. */
	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_STATUS(zx_futex_wait(&word, 0, child.thread, 0), ZX_ERR_INVALID_ARGS);
	task_child_drop(&child);
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "n", 1, 0, &fresh), ZX_OK);
	EXPECT_STATUS(zx_futex_wait(&word, 0, fresh, 0), ZX_ERR_INVALID_ARGS);
	zx_handle_close(fresh);
	ASSERT_TRUE(start_waiter(&w, &c, ZX_HANDLE_INVALID));
	EXPECT_STATUS(zx_futex_wait(&c.word, 0, w.thread.handle, 0), ZX_ERR_INVALID_ARGS);
	/* Waiting on another one is fine, and no right is needed. */
	ASSERT_STATUS(zx_handle_duplicate(w.thread.handle, ZX_RIGHT_NONE, &bare), ZX_OK);
	EXPECT_STATUS(zx_futex_wait(&word, 0, bare, 0), ZX_ERR_TIMED_OUT);
	ASSERT_TRUE(start_waiter(&owned, &c, ZX_HANDLE_INVALID));
	EXPECT_STATUS(zx_futex_wake(&c.word, 2), ZX_OK);
	zx_handle_close(bare);
	/* A dead one counts as none. */
	EXPECT_TRUE(task_await_signal(w.thread.handle, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_futex_wait(&word, 0, w.thread.handle, 0), ZX_ERR_TIMED_OUT);
	EXPECT_TRUE(task_join(&w.thread, NULL));
	EXPECT_TRUE(task_join(&owned.thread, NULL));
	zx_handle_close(image);
}

#define WAITERS 5

JX_TEST(futex_wakes_in_order_and_no_more_than_asked)
{
	static struct futex_waiter w[WAITERS];
	struct futex_case c = { 0 };

	for (int i = 0; i < WAITERS; i++)
		ASSERT_TRUE(start_waiter(&w[i], &c, ZX_HANDLE_INVALID));
	EXPECT_STATUS(zx_futex_wake(&c.word, 0), ZX_OK);
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(zx_futex_wake(&c.word, 1), ZX_OK);
		EXPECT_TRUE(task_join(&w[i].thread, NULL));
		EXPECT_EQ(w[i].place, i);
	}
	for (int i = 2; i < WAITERS; i++)
		EXPECT_EQ(task_thread_info(w[i].thread.handle).state,
			  ZX_THREAD_STATE_BLOCKED_FUTEX);
	EXPECT_STATUS(zx_futex_wake(&c.word, UINT32_MAX), ZX_OK);
	for (int i = 2; i < WAITERS; i++)
		EXPECT_TRUE(task_join(&w[i].thread, NULL));
	for (int i = 0; i < WAITERS; i++)
		EXPECT_STATUS(w[i].status, ZX_OK);
	EXPECT_STATUS(zx_futex_wake(&c.word, 1), ZX_OK);
}

JX_TEST(futex_wake_looks_at_no_memory)
{
	EXPECT_STATUS(zx_futex_wake((zx_futex_t *)0x2000000, 1), ZX_OK);
	EXPECT_STATUS(zx_futex_wake(null_word, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wake((zx_futex_t *)0x2000002, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_futex_wake((zx_futex_t *)UINT64_C(0xffff000000000000), 1),
		      ZX_ERR_INVALID_ARGS);
}

/* Only this address is woken, and one that timed out is gone from the queue. */
JX_TEST(futex_timeout_leaves_the_queue)
{
	struct futex_case c = { 0 };
	struct futex_waiter w;
	zx_futex_t words[2] = { 0 };
	zx_time_t deadline = zx_deadline_after(ZX_USEC(300));

	ASSERT_TRUE(start_waiter(&w, &c, ZX_HANDLE_INVALID));
	EXPECT_STATUS(zx_futex_wait(&c.word, 0, ZX_HANDLE_INVALID, deadline), ZX_ERR_TIMED_OUT);
	EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
	EXPECT_STATUS(zx_futex_wake(&words[0], 10), ZX_OK);
	EXPECT_EQ(task_thread_info(w.thread.handle).state, ZX_THREAD_STATE_BLOCKED_FUTEX);
	EXPECT_STATUS(zx_futex_wake(&c.word, 1), ZX_OK);
	EXPECT_TRUE(task_join(&w.thread, NULL));
	EXPECT_STATUS(w.status, ZX_OK);
}

static void child_futex(uintptr_t none, uintptr_t address)
{
	(void)none;
	zx_process_exit(zx_futex_wait((const zx_futex_t *)address, 0, ZX_HANDLE_INVALID,
				      ZX_TIME_INFINITE));
}

/* Two processes with one VMO at one address: two futexes all the same. */
JX_TEST(futex_is_not_shared_between_processes)
{
	const zx_vm_option_t options = TASK_RW | ZX_VM_SPECIFIC;
	zx_handle_t image = task_image(), vmo = 0;
	struct task_child child;
	zx_vaddr_t here = 0, there = 0;
	zx_info_vmar_t root;

	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_STATUS(zx_vmar_map(child.vmar, TASK_RW, 0, vmo, 0, PAGE, &there), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root),
					 NULL, NULL), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), options, there - root.base, vmo, 0, PAGE,
				  &here), ZX_OK);
	ASSERT_TRUE(task_child_start(&child, child_futex, there));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_FUTEX));
	EXPECT_STATUS(zx_futex_wake((zx_futex_t *)here, UINT32_MAX), ZX_OK);
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_BLOCKED_FUTEX);
	task_child_drop(&child);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), here, PAGE), ZX_OK);
	zx_handle_close(vmo);
	zx_handle_close(image);
}

/* The word lies in a pager's page that is not there: it is fetched first. */
JX_TEST(futex_word_in_a_pagers_page)
{
	struct futex_case c = { 0 };
	struct futex_waiter w = { .c = &c, .deadline = ZX_TIME_INFINITE };
	zx_handle_t aux = 0;
	zx_vaddr_t at = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, PAGE, &at), ZX_OK);
	w.word = (const zx_futex_t *)at;
	ASSERT_STATUS(jx_thread_create(&w.thread, "futex", wait_on_word, &w), ZX_OK);
	EXPECT_TRUE(task_await_state(w.thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &aux), ZX_OK);
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, p.vmo, 0, PAGE, aux, 0), ZX_OK);
	EXPECT_TRUE(task_await_state(w.thread.handle, ZX_THREAD_STATE_BLOCKED_FUTEX));
	EXPECT_STATUS(zx_futex_wake(w.word, 1), ZX_OK);
	EXPECT_TRUE(task_join(&w.thread, NULL));
	EXPECT_STATUS(w.status, ZX_OK);
	/* And one that the pager will never bring. */
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE), ZX_OK);
	zx_handle_close(p.vmo);
	ASSERT_STATUS(zx_pager_create_vmo(p.pager, 0, p.port, 1, PAGE, &p.vmo), ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, PAGE, &at), ZX_OK);
	EXPECT_STATUS(zx_futex_wait((const zx_futex_t *)at, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE), ZX_OK);
	zx_handle_close(aux);
	paging_drop(&p);
}

/* Wakes are lost by nobody: each round is passed on by a store and a wake. */
struct ball {
	_Atomic zx_futex_t word;
};

#define PASSES 500

static int play(void *arg)
{
	struct ball *ball = arg;

	for (int i = 0; i < PASSES; i++) {
		zx_futex_t seen;

		while ((seen = ball->word) % 2 == 0)
			zx_futex_wait((const zx_futex_t *)&ball->word, seen, 0, ZX_TIME_INFINITE);
		ball->word++;
		zx_futex_wake((const zx_futex_t *)&ball->word, 1);
	}
	return 0;
}

JX_TEST(futex_ping_pong)
{
	struct ball ball = { 0 };
	struct jx_thread thread;

	ASSERT_STATUS(jx_thread_create(&thread, "player", play, &ball), ZX_OK);
	for (int i = 0; i < PASSES; i++) {
		zx_futex_t seen;

		while ((seen = ball.word) % 2 == 1)
			zx_futex_wait((const zx_futex_t *)&ball.word, seen, 0, ZX_TIME_INFINITE);
		ball.word++;
		zx_futex_wake((const zx_futex_t *)&ball.word, 1);
	}
	ASSERT_TRUE(task_join(&thread, NULL));
	EXPECT_EQ(ball.word, 2 * PASSES);
}

/* A wake is not spent on a thread that was killed before. */
JX_TEST(futex_wake_passes_over_the_killed)
{
	for (int i = 0; i < 20; i++) {
		struct futex_case c = { 0 };
		struct futex_waiter dying, living;

		ASSERT_TRUE(start_waiter(&dying, &c, ZX_HANDLE_INVALID));
		ASSERT_TRUE(start_waiter(&living, &c, ZX_HANDLE_INVALID));
		EXPECT_STATUS(zx_task_kill(dying.thread.handle), ZX_OK);
		EXPECT_STATUS(zx_futex_wake(&c.word, 1), ZX_OK);
		EXPECT_TRUE(task_join(&living.thread, NULL));
		EXPECT_STATUS(living.status, ZX_OK);
		EXPECT_TRUE(task_join(&dying.thread, NULL));
	}
}
