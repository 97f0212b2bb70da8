/*
 * Requeues against waits, wakes, timeouts and kills, over random schedules; very
 * many waiters; and threads that end by a futex call (tasks.md 11.3, 11.5).
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "futex_util.h"
#include "stress_util.h"

#define WORDS 3
#define SITTERS 6
#define MOVERS 2
#define ROUNDS 25
#define TURNS 60

/*
 * Sitters wait on random words, some with a deadline; movers wake and requeue at
 * random; one sitter is killed. Nobody may get an OK that no wake paid for, and
 * when the movers are done one wake of all on each word ends everybody: had a
 * requeue lost a waiter, joining it would not.
 */
struct melee {
	zx_futex_t words[WORDS];
	atomic_bool over;
	atomic_ulong wakes_asked;
	atomic_ulong wakes_seen;
	atomic_ulong strange;
};

struct fighter {
	struct melee *m;
	struct stress_random random;
	struct jx_thread thread;
};

static int sit_about(void *arg)
{
	struct fighter *f = arg;
	struct melee *m = f->m;

	while (!atomic_load(&m->over)) {
		const zx_futex_t *word = &m->words[stress_below(&f->random, WORDS)];
		zx_time_t deadline = ZX_TIME_INFINITE;
		zx_status_t status;

		if (stress_below(&f->random, 2))
			deadline = zx_deadline_after((zx_duration_t)
						     stress_below(&f->random, 200000));
		status = zx_futex_wait(word, 0, ZX_HANDLE_INVALID, deadline);
		if (status == ZX_OK)
			atomic_fetch_add(&m->wakes_seen, 1);
		else if (status != ZX_ERR_TIMED_OUT && status != ZX_ERR_BAD_STATE)
			atomic_fetch_add(&m->strange, 1);
	}
	return 0;
}

/* One random wake or requeue; how many wakes it may give is counted before. */
static zx_status_t move_once(struct fighter *f)
{
	struct melee *m = f->m;
	uint64_t from = stress_below(&f->random, WORDS);
	const zx_futex_t *a = &m->words[from];
	const zx_futex_t *b = &m->words[(from + 1 + stress_below(&f->random, WORDS - 1)) % WORDS];
	uint32_t wakes = (uint32_t)stress_below(&f->random, 3);
	uint32_t moves = (uint32_t)stress_below(&f->random, SITTERS);
	zx_koid_t koid;

	switch (stress_below(&f->random, 5)) {
	case 0:
		atomic_fetch_add(&m->wakes_asked, wakes);
		return zx_futex_wake(a, wakes);
	case 1:
		atomic_fetch_add(&m->wakes_asked, 1);
		return zx_futex_wake_single_owner(a);
	case 2:
		atomic_fetch_add(&m->wakes_asked, 1);
		return zx_futex_requeue_single_owner(a, 0, b, moves, ZX_HANDLE_INVALID);
	case 3:
		return zx_futex_get_owner(a, &koid);
	default:
		atomic_fetch_add(&m->wakes_asked, wakes);
		return zx_futex_requeue(a, wakes, 0, b, moves, ZX_HANDLE_INVALID);
	}
}

static int move_about(void *arg)
{
	struct fighter *f = arg;

	for (int i = 0; i < TURNS; i++) {
		if (move_once(f) != ZX_OK)
			atomic_fetch_add(&f->m->strange, 1);
		if (stress_below(&f->random, 4) == 0)
			zx_nanosleep(0);
	}
	return 0;
}

/* The words change first, so that nobody begins to wait after the wakes. */
static void end_melee(struct melee *m)
{
	atomic_store(&m->over, true);
	for (int i = 0; i < WORDS; i++)
		atomic_store(&m->words[i], 1);
	for (int i = 0; i < WORDS; i++) {
		atomic_fetch_add(&m->wakes_asked, SITTERS);
		EXPECT_STATUS(zx_futex_wake(&m->words[i], UINT32_MAX), ZX_OK);
	}
}

static void run_melee(uint64_t seed)
{
	static struct fighter fighters[SITTERS + MOVERS];
	static struct melee m;
	uint64_t victim = seed % SITTERS;

	memset(&m, 0, sizeof(m));
	for (uint32_t i = 0; i < SITTERS + MOVERS; i++) {
		struct fighter *f = &fighters[i];

		*f = (struct fighter){ .m = &m, .random = { seed * 31 + i + 1 } };
		ASSERT_STATUS(jx_thread_create(&f->thread, "melee", i < SITTERS ? sit_about
									       : move_about, f),
			      ZX_OK);
	}
	EXPECT_STATUS(zx_task_kill(fighters[victim].thread.handle), ZX_OK);
	for (uint32_t i = SITTERS; i < SITTERS + MOVERS; i++)
		EXPECT_TRUE(task_join(&fighters[i].thread, NULL));
	end_melee(&m);
	for (uint32_t i = 0; i < SITTERS; i++)
		EXPECT_TRUE(task_join(&fighters[i].thread, NULL));
	EXPECT_EQ(m.strange, 0);
	EXPECT_TRUE(m.wakes_seen <= m.wakes_asked);
}

JX_TEST(tasks_11_3_r6_requeue_races)
{
	for (uint64_t i = 0; i < ROUNDS; i++)
		run_melee(i * 7919 + 1);
}

#define CROWD 4096u
#define CROWD_STACK 4096ul
#define CROWD_BYTES 40000u	/* what a waiting thread costs, roughly */

struct crowd {
	zx_futex_t words[2];
	atomic_uint woken;
	uint32_t count;
	zx_vaddr_t stacks;
	zx_handle_t *threads;
};

/* A bare thread without thread-local storage; ends by itself. */
static void stand(uintptr_t arg1, uintptr_t arg2)
{
	struct crowd *c = (struct crowd *)arg1;

	(void)arg2;
	while (zx_futex_wait(&c->words[0], 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE) != ZX_OK)
		;
	atomic_fetch_add(&c->woken, 1);
	zx_thread_exit();
}

static bool crowd_gather(struct crowd *c)
{
	zx_handle_t vmo = 0;

	memset(c, 0, sizeof(*c));
	c->count = (uint32_t)stress_count(CROWD, CROWD_BYTES);
	c->threads = calloc(c->count, sizeof(*c->threads));
	if (!EXPECT_TRUE(c->threads != NULL) ||
	    !EXPECT_STATUS(zx_vmo_create(c->count * CROWD_STACK, 0, &vmo), ZX_OK) ||
	    !EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, vmo, 0,
				       c->count * CROWD_STACK, &c->stacks), ZX_OK))
		return false;
	zx_handle_close(vmo);
	for (uint32_t i = 0; i < c->count; i++) {
		if (!EXPECT_STATUS(zx_thread_create(zx_process_self(), "c", 1, 0, &c->threads[i]),
				   ZX_OK) ||
		    !EXPECT_STATUS(zx_thread_start(c->threads[i], (zx_vaddr_t)stand,
						   c->stacks + (i + 1) * CROWD_STACK, (uintptr_t)c,
						   0), ZX_OK))
			return false;
	}
	for (uint32_t i = 0; i < c->count; i++)
		if (!task_await_state(c->threads[i], ZX_THREAD_STATE_BLOCKED_FUTEX))
			return false;
	return true;
}

static void crowd_drop(struct crowd *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		task_await_signal(c->threads[i], ZX_THREAD_TERMINATED);
		zx_handle_close(c->threads[i]);
	}
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), c->stacks, c->count * CROWD_STACK), ZX_OK);
	free(c->threads);
}

/* Thousands wait on one word: they are moved to and fro, half of them killed
 * where they are, and the others woken by one call. */
JX_TEST(stress_futex_crowd)
{
	struct crowd c;
	uint32_t living = 0;

	ASSERT_TRUE(crowd_gather(&c));
	for (int i = 0; i < 10; i++) {
		EXPECT_STATUS(zx_futex_requeue(&c.words[0], 0, 0, &c.words[1], UINT32_MAX,
					       ZX_HANDLE_INVALID), ZX_OK);
		EXPECT_STATUS(zx_futex_wake(&c.words[0], UINT32_MAX), ZX_OK);
		EXPECT_EQ(c.woken, 0);
		EXPECT_STATUS(zx_futex_requeue(&c.words[1], 0, 0, &c.words[0], UINT32_MAX,
					       ZX_HANDLE_INVALID), ZX_OK);
	}
	for (uint32_t i = 0; i < c.count; i++) {
		if (i % 2)
			EXPECT_STATUS(zx_task_kill(c.threads[i]), ZX_OK);
		else
			living++;
	}
	EXPECT_STATUS(zx_futex_requeue(&c.words[0], 1, 0, &c.words[1], UINT32_MAX,
				       ZX_HANDLE_INVALID), ZX_OK);
	EXPECT_STATUS(zx_futex_wake(&c.words[1], UINT32_MAX), ZX_OK);
	crowd_drop(&c);
	EXPECT_EQ(c.woken, living);
}

static void wake_and_go(uintptr_t arg1, uintptr_t arg2)
{
	(void)arg1;
	/* The stack's first word is the futex. */
	zx_futex_wake_handle_close_thread_exit((const zx_futex_t *)arg2, 1, 1,
					       ZX_HANDLE_INVALID);
}

static void wake_and_go_wrong(uintptr_t arg1, uintptr_t arg2)
{
	(void)arg1;
	zx_futex_wake_handle_close_thread_exit((const zx_futex_t *)arg2, 1, 1, 0xffffffff);
}

/* In a child, whose end shows how the call ended: by an exit or by a trap. */
static int64_t code_of_child(task_entry fn)
{
	zx_handle_t image = task_image();
	struct task_child child;
	int64_t code = 1;

	if (task_child_create(&child, image) && task_child_start(&child, fn, child.stacks))
		task_child_await(&child, &code);
	task_child_drop(&child);
	zx_handle_close(image);
	return code;
}

JX_TEST(tasks_11_5_r2_a_bad_close_handle_traps)
{
	EXPECT_EQ(code_of_child(wake_and_go_wrong), ZX_TASK_RETCODE_EXCEPTION_KILL);
}

JX_TEST(tasks_11_5_r4_no_handle_to_close_is_fine)
{
	EXPECT_EQ(code_of_child(wake_and_go), 0);
}
