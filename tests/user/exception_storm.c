/*
 * Exceptions of many threads, answered in every way that a handler has, by handlers
 * that die at random: nothing hangs, and nothing is left behind. The seed is
 * printed; JX_SEED in the environment chooses it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jx/runtime.h>

#include "exc_util.h"
#include "stress_util.h"
#include "suspend_util.h"

#define DEBUGGER ZX_EXCEPTION_CHANNEL_DEBUGGER
#define CHILDREN 3
#define THREADS 4
#define ACTIONS 1500

/* Faults for ever; a handler that skips the load makes it a fault later. */
static void run_faults(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	for (;;)
		__asm__ volatile("ldr x9, [%0]" : : "r"(at) : "x9");
}

/* One thread of the test with a child of its own, of which it is a handler. */
struct owner {
	struct stress_random random;
	struct jx_thread thread;
	zx_handle_t image;
	struct exc_child c;
	zx_handle_t threads[THREADS];
	/* Of the process, its debugger, a thread; 0: none at present. */
	zx_handle_t channels[3];
	zx_handle_t kept;	/* an exception that it is in no hurry with */
	zx_handle_t token;
	uint32_t caught, ended;
};

static bool owner_child(struct owner *o)
{
	if (!exc_child_make(&o->c) || !task_child_start(&o->c.task, run_faults, o->c.hole))
		return false;
	for (uint32_t i = 1; i < THREADS; i++) {
		zx_status_t status = zx_thread_create(o->c.task.process, "t", 1, 0, &o->threads[i]);

		/* It may be dead by now, for want of a handler. */
		if (status == ZX_OK)
			zx_thread_start(o->threads[i], (zx_vaddr_t)run_faults,
					o->c.task.stacks + (i + 1) * PAGE, 0, o->c.hole);
		else if (!EXPECT_STATUS(status, ZX_ERR_BAD_STATE))
			return false;
	}
	return true;
}

static void owner_drop_child(struct owner *o)
{
	for (int i = 0; i < 3; i++) {
		zx_handle_close(o->channels[i]);
		o->channels[i] = 0;
	}
	zx_handle_close(o->token);
	zx_handle_close(o->kept);
	o->token = o->kept = 0;
	for (int i = 1; i < THREADS; i++) {
		zx_handle_close(o->threads[i]);
		o->threads[i] = 0;
	}
	exc_child_drop(&o->c);
}

static void bind(struct owner *o, uint64_t kind)
{
	zx_handle_t task = kind == 2 ? o->threads[1] : o->c.task.process;
	zx_status_t status;

	if (o->channels[kind] || !task)
		return;
	status = zx_task_create_exception_channel(task, kind == 1 ? DEBUGGER : 0,
						  &o->channels[kind]);
	EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_BAD_STATE);
}

/* Steps over the load of whoever is held, if it still is. */
static void skip_load(zx_handle_t exception)
{
	zx_thread_state_general_regs_t regs;
	zx_handle_t thread;

	if (!EXPECT_STATUS(zx_exception_get_thread(exception, &thread), ZX_OK))
		return;
	if (suspend_read_general(thread, &regs) == ZX_OK) {
		regs.pc += 4;
		suspend_write_general(thread, &regs);
	}
	zx_handle_close(thread);
}

static void answer(struct owner *o, zx_handle_t exception)
{
	const uint32_t handled = ZX_EXCEPTION_STATE_HANDLED;
	const uint32_t second = ZX_EXCEPTION_STRATEGY_SECOND_CHANCE;
	zx_status_t status;

	o->caught++;
	switch (stress_below(&o->random, 12)) {
	case 0:		/* TRY_NEXT, which may be the end of the process */
		break;
	case 1:
		status = zx_object_set_property(exception, ZX_PROP_EXCEPTION_STRATEGY, &second,
						sizeof(second));
		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_BAD_STATE);
		break;
	case 2:
		zx_handle_close(o->kept);
		o->kept = exception;
		return;
	default:
		skip_load(exception);
		EXPECT_STATUS(zx_object_set_property(exception, ZX_PROP_EXCEPTION_STATE, &handled,
						     sizeof(handled)), ZX_OK);
	}
	zx_handle_close(exception);
}

static void receive(struct owner *o, uint64_t kind)
{
	zx_exception_info_t info;
	zx_handle_t exception;
	uint32_t bytes, handles;

	/* Not for long: whoever faults may be suspended, or held elsewhere. */
	if (o->channels[kind] &&
	    zx_object_wait_one(o->channels[kind], ZX_CHANNEL_READABLE,
			       zx_deadline_after(ZX_USEC(200)), NULL) == ZX_OK &&
	    zx_channel_read(o->channels[kind], 0, &info, &exception, sizeof(info), 1, &bytes,
			    &handles) == ZX_OK)
		answer(o, exception);
}

static void act(struct owner *o)
{
	uint64_t kind = stress_below(&o->random, 3);

	switch (stress_below(&o->random, 24)) {
	case 0:		/* the handler dies, perhaps with messages unread */
		zx_handle_close(o->channels[kind]);
		o->channels[kind] = 0;
		break;
	case 1:
		zx_task_kill(o->c.task.process);
		break;
	case 2:
		zx_handle_close(o->token);
		o->token = 0;
		zx_task_suspend_token(o->c.task.process, &o->token);
		break;
	case 3:
		zx_handle_close(o->token);
		zx_handle_close(o->kept);
		o->token = o->kept = 0;
		break;
	case 4:
	case 5:
	case 6:
		bind(o, kind);
		break;
	case 7:
		zx_nanosleep(0);
		break;
	default:
		receive(o, kind);
	}
}

static int own(void *arg)
{
	struct owner *o = arg;

	if (!owner_child(o))
		return 1;
	for (uint32_t i = 0; i < ACTIONS; i++) {
		act(o);
		if (zx_object_wait_one(o->c.task.process, ZX_PROCESS_TERMINATED, 0, NULL) !=
		    ZX_OK)
			continue;
		o->ended++;
		owner_drop_child(o);
		if (!owner_child(o))
			return 1;
		bind(o, 0);
	}
	owner_drop_child(o);
	return 0;
}

/* Behind all of them: resumes what nobody wanted, and now and then goes away. */
static int stand_behind(void *arg)
{
	_Atomic bool *stop = arg;
	zx_handle_t job = ZX_HANDLE_INVALID;
	struct stress_random random = { 77 };
	struct exc_caught e;

	while (!*stop) {
		if (!job)
			job = exc_bind(zx_job_default(), 0);
		if (zx_object_wait_one(job, ZX_CHANNEL_READABLE, zx_deadline_after(ZX_MSEC(1)),
				       NULL) == ZX_OK && exc_catch(job, &e)) {
			exc_set_state(&e, stress_below(&random, 8) ? ZX_EXCEPTION_STATE_HANDLED
								   : ZX_EXCEPTION_STATE_TRY_NEXT);
			zx_handle_close(e.handle);
		}
		if (!stress_below(&random, 16)) {
			zx_handle_close(job);
			job = ZX_HANDLE_INVALID;
		}
	}
	zx_handle_close(job);
	return 0;
}

static uint64_t choose_seed(void)
{
	const char *chosen = getenv("JX_SEED");
	uint64_t seed = 0;

	if (chosen)
		seed = strtoull(chosen, NULL, 0);
	while (seed == 0)
		zx_cprng_draw(&seed, sizeof(seed));
	jx_note("JX_SEED=%" PRIu64, seed);
	return seed;
}

JX_TEST(exception_storm_with_handlers_that_die)
{
	static struct owner owners[CHILDREN];
	static _Atomic bool stop;
	struct jx_thread behind;
	uint32_t caught = 0, ended = 0;
	uint64_t seed = choose_seed();
	int result;

	stop = false;
	ASSERT_STATUS(jx_thread_create(&behind, "behind", stand_behind, (void *)&stop), ZX_OK);
	for (uint32_t i = 0; i < CHILDREN; i++) {
		memset(&owners[i], 0, sizeof(owners[i]));
		owners[i].random.state = seed + i;
		ASSERT_STATUS(jx_thread_create(&owners[i].thread, "owner", own, &owners[i]), ZX_OK);
	}
	for (uint32_t i = 0; i < CHILDREN; i++) {
		if (task_join(&owners[i].thread, &result))
			EXPECT_EQ(result, 0);
		caught += owners[i].caught;
		ended += owners[i].ended;
	}
	stop = true;
	task_join(&behind, &result);
	EXPECT_TRUE(caught > 0 && ended > 0);
	jx_note("%u exceptions answered, %u processes ended", caught, ended);
}

#define HELD 64

JX_TEST(exception_storm_of_unread_messages)
{
	zx_handle_t channel, threads[HELD] = { 0 };
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	channel = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	for (int i = 0; i < HELD; i++) {
		ASSERT_STATUS(zx_thread_create(c.task.process, "t", 1, 0, &threads[i]), ZX_OK);
		ASSERT_STATUS(zx_thread_start(threads[i], (zx_vaddr_t)run_faults,
					      c.task.stacks + PAGE, 0, c.hole), ZX_OK);
	}
	for (int i = 0; i < HELD; i++)
		task_await_state(threads[i], ZX_THREAD_STATE_BLOCKED_EXCEPTION);
	ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	/* All at once go to the next handler, of which there is none. */
	zx_handle_close(channel);
	exc_expect_end(&c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(e.handle);
	zx_handle_close_many(threads, HELD);
	exc_child_drop(&c);
}

/* Threads begin and are killed under a debugger that reads nothing: what they leave
 * with it is bounded, and beyond the bound they live as without it. */
JX_TEST(exception_storm_under_a_debugger_that_never_reads)
{
	zx_handle_t debugger, thread;
	uint32_t unread = 0, type = 0;
	struct exc_child c;
	zx_status_t status;

	ASSERT_TRUE(exc_child_make(&c));
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	task_await_state(c.task.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	debugger = exc_bind(c.task.process, DEBUGGER);
	for (int i = 0; i < 2000; i++) {
		ASSERT_STATUS(zx_thread_create(c.task.process, "t", 1, 0, &thread), ZX_OK);
		ASSERT_STATUS(zx_thread_start(thread, (zx_vaddr_t)exc_run_wait,
					      c.task.stacks + PAGE, 0, 0), ZX_OK);
		/* Held at its start, or past it. */
		EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
		ASSERT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
		zx_handle_close(thread);
	}
	do {
		zx_exception_info_t info = { 0 };
		zx_handle_t exception = ZX_HANDLE_INVALID;

		status = zx_channel_read(debugger, 0, &info, &exception, sizeof(info), 1, NULL,
					 NULL);
		unread += status == ZX_OK;
		type |= info.type;
		zx_handle_close(exception);
	} while (status == ZX_OK);
	EXPECT_STATUS(status, ZX_ERR_SHOULD_WAIT);
	EXPECT_TRUE(unread >= 2000 && unread <= 3500);
	EXPECT_EQ(type, ZX_EXCP_THREAD_STARTING | ZX_EXCP_THREAD_EXITING);
	EXPECT_EQ(task_thread_info(c.task.thread).state, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	zx_handle_close(debugger);
	exc_child_drop(&c);
}

/* Takes frames until not one more can be had. */
static zx_handle_t take_everything(void)
{
	zx_handle_t rest = ZX_HANDLE_INVALID;
	uint64_t at = 0;

	EXPECT_STATUS(zx_vmo_create(memory_total_pages() * PAGE, 0, &rest), ZX_OK);
	for (uint64_t step = 1024; step; step /= 2)
		while (zx_vmo_op_range(rest, ZX_VMO_OP_COMMIT, at * PAGE, step * PAGE, NULL, 0) ==
		       ZX_OK)
			at += step;
	return rest;
}

static bool is_held_or_dead(zx_handle_t thread)
{
	return task_thread_info(thread).state == ZX_THREAD_STATE_BLOCKED_EXCEPTION ||
	       zx_object_wait_one(thread, ZX_THREAD_TERMINATED, 0, NULL) == ZX_OK;
}

/*
 * All threads of a child fault at once while there is no memory for messages. Each
 * is held or has no handler, by what is left in caches; none hangs.
 */
JX_TEST(exception_storm_without_memory)
{
	zx_handle_t channel, token, threads[HELD] = { 0 }, ballast, rest;
	struct exc_child c;
	zx_time_t end;
	int64_t code;

	ASSERT_TRUE(exc_child_make(&c));
	channel = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 0));
	task_await_state(c.task.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	token = suspend_token(c.task.process);
	for (int i = 0; i < HELD; i++) {
		ASSERT_STATUS(zx_thread_create(c.task.process, "t", 1, 0, &threads[i]), ZX_OK);
		ASSERT_STATUS(zx_thread_start(threads[i], (zx_vaddr_t)run_faults,
					      c.task.stacks + PAGE, 0, c.hole), ZX_OK);
	}
	ballast = memory_ballast(8192);
	rest = take_everything();
	ASSERT_STATUS(zx_handle_close(token), ZX_OK);
	end = zx_deadline_after(TASK_PATIENCE);
	for (int i = 0; i < HELD; i++)
		while (!is_held_or_dead(threads[i]) && EXPECT_TRUE(zx_clock_get_monotonic() < end))
			zx_nanosleep(0);
	zx_handle_close(rest);
	zx_handle_close(ballast);
	zx_handle_close(channel);
	if (task_child_await(&c.task, &code))
		EXPECT_EQ(code, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close_many(threads, HELD);
	exc_child_drop(&c);
}
