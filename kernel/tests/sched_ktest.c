/*
 * Scheduler: every CPU works, everybody gets a share, priorities count. The
 * spinning threads never give up a CPU by themselves, so all that happens is
 * the tick's, the wake-ups' and the idle CPUs' doing.
 */
#include <arch/cpu.h>
#include <kernel/ktest.h>
#include <kernel/sched.h>

#include "team.h"

#define MAX_SPINNERS (4 * CONFIG_MAX_CPUS)
/* Far above what is needed, even on a host that is busy elsewhere. */
#define PATIENCE_NS 20000000000

struct spin_test {
	/* Atomics. */
	u32 stop;
	u32 cpu_mask;			/* CPUs on which a spinner was seen */
	u32 other_ran;
	u64 turns[MAX_SPINNERS];
	u64 other_turns;
};

static bool is_stopped(struct spin_test *s)
{
	return __atomic_load_n(&s->stop, __ATOMIC_RELAXED) != 0;
}

static void spinner(void *arg, u32 index)
{
	struct spin_test *s = arg;

	while (!is_stopped(s)) {
		/* The number may be old by the time it is used: then another
		 * spinner was moved there. */
		u32 bit = 1u << arch_cpu_id();

		if ((__atomic_load_n(&s->cpu_mask, __ATOMIC_RELAXED) & bit) == 0)
			__atomic_fetch_or(&s->cpu_mask, bit, __ATOMIC_RELAXED);
		__atomic_store_n(&s->turns[index], s->turns[index] + 1,
				 __ATOMIC_RELAXED);
	}
}

static void stop(struct spin_test *s)
{
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELAXED);
}

/* Sleeps a tick at a time until cond(s) holds; false if it never does. */
static bool wait_until(struct spin_test *s, bool (*cond)(struct spin_test *))
{
	ktime_t limit = ktime_now() + PATIENCE_NS;

	while (!cond(s)) {
		struct waiter w;

		if (ktime_now() > limit)
			return false;
		waiter_init(&w);
		if (waiter_sleep(&w, ktime_now() + TICK_NS,
				 WAIT_UNINTERRUPTIBLE, 0) == ZX_OK)
			return false;
	}
	return true;
}

static bool all_cpus_seen(struct spin_test *s)
{
	return __atomic_load_n(&s->cpu_mask, __ATOMIC_RELAXED) ==
	       (1u << cpu_count()) - 1;
}

static bool all_spinners_ran(struct spin_test *s)
{
	for (u32 i = 0; i < 3 * cpu_count(); i++)
		if (__atomic_load_n(&s->turns[i], __ATOMIC_RELAXED) == 0)
			return false;
	return true;
}

static bool other_has_run(struct spin_test *s)
{
	return __atomic_load_n(&s->other_ran, __ATOMIC_RELAXED) != 0;
}

/* With as many busy threads as CPUs, each CPU gets one: idle ones steal. */
KTEST(sched_uses_all_cpus)
{
	struct spin_test s = { .stop = 0 };
	struct team team;

	team_start(&team, cpu_count(), THREAD_PRIORITY_DEFAULT, spinner, &s);
	KEXPECT_TRUE(t, wait_until(&s, all_cpus_seen));
	stop(&s);
	team_join(&team);
}

/* Threads of one priority take turns, although none of them ever yields. */
KTEST(sched_round_robin)
{
	struct spin_test s = { .stop = 0 };
	struct team team;

	team_start(&team, 3 * cpu_count(), THREAD_PRIORITY_DEFAULT, spinner,
		   &s);
	KEXPECT_TRUE(t, wait_until(&s, all_spinners_ran));
	stop(&s);
	team_join(&team);
}

static void run_once(void *arg, u32 index)
{
	struct spin_test *s = arg;

	(void)index;
	__atomic_store_n(&s->other_ran, is_stopped(s) ? 2 : 1,
			 __ATOMIC_RELAXED);
}

/* A thread of higher priority runs although all CPUs are busy. */
KTEST(sched_high_priority_preempts)
{
	struct spin_test s = { .stop = 0 };
	struct team team, high;

	team_start(&team, 2 * cpu_count(), THREAD_PRIORITY_DEFAULT, spinner,
		   &s);
	KEXPECT_TRUE(t, wait_until(&s, all_cpus_seen));
	team_start(&high, 1, THREAD_PRIORITY_HIGH, run_once, &s);
	KEXPECT_TRUE(t, wait_until(&s, other_has_run));
	KEXPECT_EQ(t, s.other_ran, 1);
	stop(&s);
	team_join(&high);
	team_join(&team);
}

static void count_until_stopped(void *arg, u32 index)
{
	struct spin_test *s = arg;

	(void)index;
	while (!is_stopped(s))
		__atomic_store_n(&s->other_turns, s->other_turns + 1,
				 __ATOMIC_RELAXED);
}

static u64 turns_total(const struct spin_test *s)
{
	u64 sum = 0;

	for (u32 i = 0; i < MAX_SPINNERS; i++)
		sum += __atomic_load_n(&s->turns[i], __ATOMIC_RELAXED);
	return sum;
}

static bool ran_long(struct spin_test *s)
{
	return turns_total(s) > 3000000;
}

/* A thread of lower priority gets next to nothing while all CPUs are busy, and
 * runs when they are not. */
KTEST(sched_low_priority_waits)
{
	struct spin_test s = { .stop = 0 };
	struct team team, low;
	u64 low_turns;

	team_start(&team, 2 * cpu_count(), THREAD_PRIORITY_DEFAULT, spinner,
		   &s);
	KEXPECT_TRUE(t, wait_until(&s, all_cpus_seen));
	team_start(&low, 1, THREAD_PRIORITY_DEFAULT / 2, count_until_stopped,
		   &s);
	KEXPECT_TRUE(t, wait_until(&s, ran_long));
	low_turns = __atomic_load_n(&s.other_turns, __ATOMIC_RELAXED);
	KEXPECT_TRUE(t, low_turns < turns_total(&s) / 20);
	stop(&s);
	team_join(&low);
	team_join(&team);
}

struct yield_test {
	u32 turn;		/* atomic */
	u32 rounds;		/* fixed */
};

static void yield_player(void *arg, u32 index)
{
	struct yield_test *y = arg;

	for (u32 i = 0; i < y->rounds; i++) {
		while (__atomic_load_n(&y->turn, __ATOMIC_ACQUIRE) % 3 != index)
			sched_yield();
		__atomic_fetch_add(&y->turn, 1, __ATOMIC_RELEASE);
	}
}

/* Yielding lets threads of equal priority run. */
KTEST(sched_yield_rotates)
{
	struct yield_test y = { .rounds = 200 };

	team_run(3, yield_player, &y);
	KEXPECT_EQ(t, y.turn, 3 * y.rounds);
}

static void count_member(void *arg, u32 index)
{
	(void)index;
	__atomic_fetch_add((u32 *)arg, 1, __ATOMIC_RELAXED);
}

static u64 threads_before;

static bool threads_are_gone(struct spin_test *s)
{
	(void)s;
	return object_count(ZX_OBJ_TYPE_THREAD) <= threads_before;
}

/* Hundreds of threads are made, and the reaper takes every one of them. */
KTEST(thread_create_many)
{
	u32 count = 0;

	threads_before = object_count(ZX_OBJ_TYPE_THREAD);
	for (u32 i = 0; i < 20; i++)
		team_run(20, count_member, &count);
	KEXPECT_EQ(t, count, 400);
	KEXPECT_TRUE(t, wait_until(NULL, threads_are_gone));
}

/* A thread's CPU time goes on while it runs. */
KTEST(thread_runtime_advances)
{
	struct thread *self = thread_current();
	u64 before = thread_runtime_ns(self);
	ktime_t until = ktime_now() + 200000;

	while (ktime_now() < until)
		arch_cpu_relax();
	KEXPECT_TRUE(t, thread_runtime_ns(self) > before);
	KEXPECT_TRUE(t, thread_runtime_ns(self) - before < PATIENCE_NS);
}
