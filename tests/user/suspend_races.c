/*
 * Suspensions, resumptions, register writes, kills, exits and starts against each
 * other and against all that threads do, over random schedules (tasks.md 8, 19).
 */
#include <stdatomic.h>
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "exc_util.h"
#include "stress_util.h"
#include "suspend_util.h"

#define WORKERS 5
#define RACERS 3
#define TARGETS (WORKERS + RACERS + 1)
#define SLOTS 8
#define TURNS 600

/* --- Tokens that anybody may end --------------------------------------------------- */

struct tokens {
	_Atomic zx_handle_t slots[SLOTS];
};

/* Whoever takes a token out closes it. */
static void tokens_put(struct tokens *t, uint64_t slot, zx_handle_t token)
{
	zx_handle_t old = atomic_exchange(&t->slots[slot], token);

	if (old)
		EXPECT_STATUS(zx_handle_close(old), ZX_OK);
}

static void tokens_end_all(struct tokens *t)
{
	for (uint64_t i = 0; i < SLOTS; i++)
		tokens_put(t, i, ZX_HANDLE_INVALID);
}

/* --- Workers: each turn tells whether the kernel kept its word ---------------------- */

struct arena {
	struct tokens tokens;
	zx_handle_t event;
	zx_handle_t port;
	zx_handle_t ends[2];
	zx_futex_t word;
	zx_handle_t targets[TARGETS];
	uint32_t target_count;
	atomic_bool go;
	atomic_bool over;
	atomic_bool server_over;
	atomic_ulong queued;
	atomic_ulong taken;
	atomic_ulong wrong;
	struct worker {
		struct arena *a;
		struct stress_random random;
		struct jx_thread thread;
		atomic_ulong turns;
		uint32_t number;
	} workers[WORKERS], racers[RACERS], server;
};

static zx_time_t soon(struct worker *w)
{
	return zx_deadline_after((zx_duration_t)stress_below(&w->random, 300000));
}

static bool sleeps_long_enough(struct worker *w)
{
	zx_time_t deadline = soon(w);

	return zx_nanosleep(deadline) == ZX_OK && zx_clock_get_monotonic() >= deadline;
}

static bool waits(struct worker *w)
{
	zx_time_t deadline = soon(w);
	zx_status_t status;

	if (stress_below(&w->random, 2))
		status = zx_object_wait_one(w->a->event, ZX_EVENT_SIGNALED, deadline, NULL);
	else
		status = zx_futex_wait(&w->a->word, 0, ZX_HANDLE_INVALID, deadline);
	return status == ZX_OK ||
	       (status == ZX_ERR_TIMED_OUT && zx_clock_get_monotonic() >= deadline);
}

static bool wakes(struct worker *w)
{
	zx_signals_t set = stress_below(&w->random, 2) ? ZX_EVENT_SIGNALED : 0;

	return zx_object_signal(w->a->event, ZX_EVENT_SIGNALED, set) == ZX_OK &&
	       zx_futex_wake(&w->a->word, 1) == ZX_OK;
}

/* No packet may get lost, nor come twice. */
static bool uses_port(struct worker *w)
{
	zx_port_packet_t packet = { .key = 5 };
	zx_status_t status;

	if (stress_below(&w->random, 2)) {
		atomic_fetch_add(&w->a->queued, 1);
		return zx_port_queue(w->a->port, &packet) == ZX_OK;
	}
	status = zx_port_wait(w->a->port, soon(w), &packet);
	if (status == ZX_OK)
		atomic_fetch_add(&w->a->taken, 1);
	return status == ZX_OK || status == ZX_ERR_TIMED_OUT;
}

static bool calls(struct worker *w)
{
	uint64_t out[2] = { 1, stress_below(&w->random, 1000) }, in[2] = { 0, 0 };
	const zx_channel_call_args_t args = { .wr_bytes = out, .wr_num_bytes = sizeof(out),
					      .rd_bytes = in, .rd_num_bytes = sizeof(in) };
	uint32_t bytes = 0, handles = 0;

	return zx_channel_call(w->a->ends[0], 0, ZX_TIME_INFINITE, &args, &bytes, &handles) ==
		       ZX_OK && bytes == sizeof(in) && in[1] == out[1] + 1;
}

/* Registers of both kinds keep their values. */
static bool computes(struct worker *w)
{
	uint64_t seed = stress_below(&w->random, 1u << 20), a = seed, b = seed;
	volatile double x = (double)seed;
	double sum = 0;

	for (int i = 0; i < 2000; i++) {
		a = a * 3 + 1;
		b = b * 3 + 1;
		sum += x - (double)seed;
	}
	return a == b && sum == 0;
}

static int work(void *arg)
{
	static bool (*const things[])(struct worker *) = { sleeps_long_enough, waits, wakes,
							   uses_port, calls, computes };
	struct worker *w = arg;

	while (!atomic_load(&w->a->over)) {
		if (!things[stress_below(&w->random, 6)](w))
			atomic_fetch_add(&w->a->wrong, 1);
		atomic_fetch_add(&w->turns, 1);
	}
	return 0;
}

static int serve(void *arg)
{
	struct arena *a = ((struct worker *)arg)->a;

	while (!atomic_load(&a->server_over)) {
		uint64_t m[2];
		uint32_t bytes = 0, handles = 0;

		if (zx_channel_read(a->ends[1], 0, m, NULL, sizeof(m), 0, &bytes, &handles) !=
		    ZX_OK) {
			(void)zx_object_wait_one(a->ends[1], ZX_CHANNEL_READABLE |
						 ZX_CHANNEL_PEER_CLOSED, ZX_TIME_INFINITE, NULL);
			continue;
		}
		m[1]++;
		if (zx_channel_write(a->ends[1], 0, m, sizeof(m), NULL, 0) != ZX_OK)
			atomic_fetch_add(&a->wrong, 1);
	}
	return 0;
}

/*
 * --- Racers: they stop workers, the server, and each other --------------------------
 *
 * A racer that stands still may have a token in its hand that nobody else knows.
 * So each only stops those that were started before it: no circle arises.
 */

/* Registers are read of whoever happens to stand still. */
static bool looks(zx_handle_t thread)
{
	zx_thread_state_general_regs_t regs;
	zx_status_t status = suspend_read_general(thread, &regs);

	return status == ZX_OK ? regs.sp != 0 && regs.pc != 0 : status == ZX_ERR_BAD_STATE;
}

static bool writes(zx_handle_t thread)
{
	uint32_t step = 0;
	zx_status_t status = zx_thread_write_state(thread, ZX_THREAD_STATE_SINGLE_STEP, &step,
						   sizeof(step));

	return status == ZX_OK || status == ZX_ERR_BAD_STATE;
}

static int race(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&w->a->go))
		zx_nanosleep(0);
	for (int turn = 0; turn < TURNS; turn++) {
		zx_handle_t target = w->a->targets[stress_below(&w->random, w->number)];
		zx_handle_t token = ZX_HANDLE_INVALID;
		zx_status_t status;

		if (stress_below(&w->random, 3) == 0)
			tokens_put(&w->a->tokens, stress_below(&w->random, SLOTS), token);
		status = zx_task_suspend_token(target, &token);
		/* A racer that is done. */
		if (status != ZX_OK && status != ZX_ERR_BAD_STATE)
			atomic_fetch_add(&w->a->wrong, 1);
		if (!looks(target) || !writes(target))
			atomic_fetch_add(&w->a->wrong, 1);
		tokens_put(&w->a->tokens, stress_below(&w->random, SLOTS), token);
		zx_nanosleep(0);
	}
	return 0;
}

static bool start(struct arena *a, struct worker *w, const char *name, int (*fn)(void *),
		  uint64_t seed)
{
	w->a = a;
	w->random.state = seed;
	w->number = a->target_count;
	/* A handle that stays when the thread is joined. */
	return EXPECT_STATUS(jx_thread_create(&w->thread, name, fn, w), ZX_OK) &&
	       EXPECT_STATUS(zx_handle_duplicate(w->thread.handle, ZX_RIGHT_SAME_RIGHTS,
						 &a->targets[a->target_count++]), ZX_OK);
}

/* Racers may have stopped each other, so nobody but this thread can be relied on
 * to end tokens; it does until all racers are done. */
static void await_racers(struct arena *a)
{
	for (int i = 0; i < RACERS; i++) {
		zx_time_t end = zx_deadline_after(TASK_PATIENCE);

		while (jx_thread_join_until(&a->racers[i].thread, NULL, zx_deadline_after(
						    ZX_USEC(200))) != ZX_OK &&
		       EXPECT_TRUE(zx_clock_get_monotonic() < end))
			tokens_end_all(&a->tokens);
	}
	tokens_end_all(&a->tokens);
}

static bool arena_make(struct arena *a)
{
	memset(a, 0, sizeof(*a));
	return EXPECT_STATUS(zx_event_create(0, &a->event), ZX_OK) &&
	       EXPECT_STATUS(zx_port_create(0, &a->port), ZX_OK) &&
	       EXPECT_STATUS(zx_channel_create(0, &a->ends[0], &a->ends[1]), ZX_OK);
}

/* With all tokens gone everybody goes on: another turn each, and then their end. */
static void finish_work(struct arena *a)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);

	for (int i = 0; i < WORKERS; i++) {
		uint64_t before = atomic_load(&a->workers[i].turns);

		while (atomic_load(&a->workers[i].turns) == before &&
		       EXPECT_TRUE(zx_clock_get_monotonic() < end))
			zx_nanosleep(0);
	}
	atomic_store(&a->over, true);
	for (int i = 0; i < WORKERS; i++)
		EXPECT_TRUE(task_join(&a->workers[i].thread, NULL));
	atomic_store(&a->server_over, true);
	zx_handle_close(a->ends[0]);
	EXPECT_TRUE(task_join(&a->server.thread, NULL));
}

static struct arena arena;

JX_TEST(tasks_8_r12_random_suspensions)
{
	struct arena *a = &arena;
	zx_port_packet_t packet;

	ASSERT_TRUE(arena_make(a));
	ASSERT_TRUE(start(a, &a->server, "server", serve, 1));
	for (uint64_t i = 0; i < WORKERS; i++)
		ASSERT_TRUE(start(a, &a->workers[i], "worker", work, 100 + i));
	for (uint64_t i = 0; i < RACERS; i++)
		ASSERT_TRUE(start(a, &a->racers[i], "racer", race, 200 + i));
	atomic_store(&a->go, true);
	await_racers(a);
	finish_work(a);
	for (int i = 0; i < TARGETS; i++)
		zx_handle_close(a->targets[i]);
	EXPECT_EQ(atomic_load(&a->wrong), 0);
	while (zx_port_wait(a->port, 0, &packet) == ZX_OK)
		atomic_fetch_add(&a->taken, 1);
	EXPECT_EQ(atomic_load(&a->taken), atomic_load(&a->queued));
	zx_handle_close(a->event);
	zx_handle_close(a->port);
	zx_handle_close(a->ends[1]);
}

/* --- Two that stop each other -------------------------------------------------------- */

struct duellist {
	struct jx_thread thread;
	_Atomic zx_handle_t target;
	/* Where the kernel writes the token, for the one who looks on. */
	_Atomic zx_handle_t token;
	atomic_bool over;
};

static int duel(void *arg)
{
	struct duellist *d = arg;
	zx_status_t status;

	while (!d->target)
		zx_nanosleep(0);
	status = zx_task_suspend_token(d->target, (zx_handle_t *)&d->token);
	d->over = true;
	return status;
}

/* Both may stand still at once: neither can end the other's suspension, but the
 * kernel goes on, and whoever knows the tokens lets both go. */
JX_TEST(tasks_8_r14_each_other)
{
	for (int round = 0; round < 40; round++) {
		struct duellist d[2] = { 0 };

		for (int i = 0; i < 2; i++)
			ASSERT_STATUS(jx_thread_create(&d[i].thread, "duel", duel, &d[i]), ZX_OK);
		d[0].target = d[1].thread.handle;
		d[1].target = d[0].thread.handle;
		while (!d[0].over || !d[1].over || d[0].token || d[1].token) {
			for (int i = 0; i < 2; i++)
				if (d[i].token && zx_handle_close(d[i].token) == ZX_OK)
					d[i].token = ZX_HANDLE_INVALID;
			zx_nanosleep(0);
		}
		for (int i = 0; i < 2; i++) {
			int status = 1;

			EXPECT_TRUE(task_join(&d[i].thread, &status));
			EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_BAD_STATE);
		}
	}
}

/* --- Kills, exits and starts in a child --------------------------------------------- */

#define THREADS 4

struct siege {
	struct tokens tokens;
	struct task_child child;
	zx_handle_t threads[THREADS];
	_Atomic uint32_t ready;
	atomic_ulong wrong;
};

struct besieger {
	struct siege *s;
	struct stress_random random;
	struct jx_thread thread;
};

static void spin_round(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	for (;;)
		__asm__ volatile("" : : : "memory");
}

static zx_status_t start_one(struct siege *s, uint64_t n)
{
	static const task_entry things[] = { exc_run_wait, spin_round, exc_run_thread_exit,
					     exc_run_exit };

	return zx_thread_start(s->threads[n], (zx_vaddr_t)things[n],
			       s->child.stacks + (n + 2) * PAGE, 0, 44);
}

/* One turn; a status that cannot be is false. */
static bool attack(struct besieger *b, uint64_t what)
{
	struct siege *s = b->s;
	uint64_t n = stress_below(&b->random, THREADS);
	zx_handle_t target = stress_below(&b->random, 4) ? s->threads[n] : s->child.process;
	zx_handle_t token = ZX_HANDLE_INVALID;
	zx_status_t status;

	if (what < 3) {
		status = start_one(s, n);
		return status == ZX_OK || status == ZX_ERR_BAD_STATE;
	}
	if (what == 3) {
		if (target == s->child.process && stress_below(&b->random, 4))
			return true;
		return zx_task_kill(target) == ZX_OK;
	}
	if (what < 7) {
		tokens_put(&s->tokens, stress_below(&b->random, SLOTS), token);
		return true;
	}
	status = zx_task_suspend_token(target, &token);
	tokens_put(&s->tokens, stress_below(&b->random, SLOTS), token);
	return status == ZX_OK || status == ZX_ERR_BAD_STATE;
}

static int besiege(void *arg)
{
	struct besieger *b = arg;

	b->s->ready++;
	while (b->s->ready < 2)
		zx_nanosleep(0);
	for (int turn = 0; turn < 25; turn++)
		if (!attack(b, stress_below(&b->random, 11)))
			atomic_fetch_add(&b->s->wrong, 1);
	return 0;
}

static bool siege_make(struct siege *s, zx_handle_t image)
{
	memset(s, 0, sizeof(*s));
	if (!task_child_create(&s->child, image) ||
	    !task_child_start(&s->child, exc_run_wait, 0))
		return false;
	for (int i = 0; i < THREADS; i++)
		if (!EXPECT_STATUS(zx_thread_create(s->child.process, "t", 1, 0, &s->threads[i]),
				   ZX_OK))
			return false;
	return true;
}

/* Dead is dead: no thread runs, waits or stands still. */
static void siege_end(struct siege *s)
{
	int64_t code = 5;

	EXPECT_STATUS(zx_task_kill(s->child.process), ZX_OK);
	EXPECT_TRUE(task_child_await(&s->child, &code));
	EXPECT_TRUE(code == ZX_TASK_RETCODE_SYSCALL_KILL || code == 44);
	for (int i = 0; i < THREADS; i++) {
		uint32_t state = task_thread_info(s->threads[i]).state;

		EXPECT_TRUE(state == ZX_THREAD_STATE_NEW || state == ZX_THREAD_STATE_DEAD);
		zx_handle_close(s->threads[i]);
	}
	EXPECT_EQ(s->wrong, 0);
	tokens_end_all(&s->tokens);
	task_child_drop(&s->child);
}

JX_TEST(tasks_8_r12_random_kills)
{
	zx_handle_t image = task_image();

	for (uint64_t round = 0; round < 60; round++) {
		struct besieger b[2];
		struct siege s;

		ASSERT_TRUE(siege_make(&s, image));
		for (uint64_t i = 0; i < 2; i++) {
			b[i].s = &s;
			b[i].random.state = round * 2 + i + 1;
			ASSERT_STATUS(jx_thread_create(&b[i].thread, "besieger", besiege, &b[i]),
				      ZX_OK);
		}
		for (int i = 0; i < 2; i++)
			EXPECT_TRUE(task_join(&b[i].thread, NULL));
		siege_end(&s);
	}
	zx_handle_close(image);
}
