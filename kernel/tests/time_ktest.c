/*
 * Clock and timers, on as many CPUs as there are.
 */
#include <arch/cpu.h>
#include <kernel/ktest.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/time.h>

#include "team.h"

#define US 1000l
#define MS 1000000l

/* Nobody wakes it but the timer. */
static void sleep_until(ktime_t deadline)
{
	struct waiter w;

	waiter_init(&w);
	ASSERT(waiter_sleep(&w, deadline, WAIT_UNINTERRUPTIBLE, 0) ==
	       ZX_ERR_TIMED_OUT);
}

struct clock_readings {
	struct ktest_run *test;
	struct spinlock lock;
	/* Under lock. */
	ktime_t last;
	u32 cpus_seen;
};

static void read_clock(void *arg, u32 index)
{
	struct clock_readings *c = arg;
	u32 i;

	(void)index;
	for (i = 0; i < 2000; i++) {
		ktime_t now;

		spin_lock(&c->lock);
		now = ktime_now();
		KEXPECT_EQ(c->test, now >= c->last ? now : c->last, now);
		c->last = now;
		c->cpus_seen |= 1u << arch_cpu_id();
		spin_unlock(&c->lock);
	}
}

/* The lock orders the readings; the clock must follow that order. */
KTEST(clock_is_monotonic_across_cpus)
{
	struct clock_readings c;
	u32 try;

	/* Threads go where they like: again, until two CPUs took part. */
	for (try = 0; try < 50; try++) {
		c = (struct clock_readings){ .test = t };
		spin_init(&c.lock, LOCK_FUTEX);
		team_run(cpu_count(), read_clock, &c);
		if ((c.cpus_seen & (c.cpus_seen - 1)) != 0 || cpu_count() == 1)
			break;
	}
	KEXPECT_TRUE(t, try < 50);
}

KTEST(clock_follows_the_counter)
{
	u64 before = arch_counter();
	ktime_t now = ktime_now();
	u64 after = arch_counter();

	KEXPECT_TRUE(t, now >= time_scale_ns(&ktime_scale, before));
	KEXPECT_TRUE(t, now <= time_scale_ns(&ktime_scale, after));
	/* The factor is cut off, by less than 2^-32 ns a tick. */
	now = time_scale_ns(&ktime_scale, ktime_ticks_per_second());
	KEXPECT_TRUE(t, now <= 1000 * MS && now >= 1000 * MS - 2);
}

#define TIMER_COUNT 16

struct order_timer {
	struct ktimer timer;
	u32 number;
	ktime_t fired_at;
};

/* Filled by the timers' interrupts, all on one CPU. */
static struct order_timer order_timers[TIMER_COUNT];
static u32 order_fired[TIMER_COUNT];
/* Atomic: release by the interrupt, acquire by the test. */
static u32 order_count;

static void order_fire(struct ktimer *timer)
{
	struct order_timer *o = container_of(timer, struct order_timer, timer);

	o->fired_at = ktime_now();
	order_fired[order_count] = o->number;
	__atomic_store_n(&order_count, order_count + 1, __ATOMIC_RELEASE);
}

/* Started in a mixed order, timers fire in the order of their deadlines, and
 * none before its own. */
KTEST(timers_fire_in_order)
{
	ktime_t start;
	u64 mask;
	u32 i;

	order_count = 0;
	/* All in the queue of one CPU before the first one fires. */
	mask = arch_irq_save();
	start = ktime_now() + 200 * US;
	for (i = 0; i < TIMER_COUNT; i++) {
		u32 n = i * 7 % TIMER_COUNT;

		order_timers[n].number = n;
		ktimer_init(&order_timers[n].timer, order_fire);
		ktimer_start(&order_timers[n].timer, start + n * 50 * US);
	}
	arch_irq_restore(mask);
	while (__atomic_load_n(&order_count, __ATOMIC_ACQUIRE) < TIMER_COUNT)
		sleep_until(ktime_now() + 100 * US);
	for (i = 0; i < TIMER_COUNT; i++) {
		KEXPECT_EQ(t, order_fired[i], i);
		KEXPECT_TRUE(t, order_timers[i].fired_at >= start + i * 50 * US);
		ktimer_cancel(&order_timers[i].timer);
	}
}

static void count_fire(struct ktimer *timer)
{
	struct order_timer *o = container_of(timer, struct order_timer, timer);

	/* Relaxed: read after a cancel, which waits for us. */
	__atomic_fetch_add(&o->number, 1, __ATOMIC_RELAXED);
}

/* Starts all timers and cancels two of three before any is due; false if the
 * machine was too slow for that. */
static bool start_and_cancel(struct order_timer *o, ktime_t first_deadline)
{
	u32 i;

	preempt_disable();
	for (i = 0; i < TIMER_COUNT; i++) {
		o[i].number = 0;
		ktimer_init(&o[i].timer, count_fire);
		ktimer_start(&o[i].timer, first_deadline + i * US);
	}
	preempt_enable();
	for (i = 0; i < TIMER_COUNT; i++)
		if (i % 3 != 1)
			ktimer_cancel(&o[i].timer);
	return ktime_now() < first_deadline;
}

/* A cancelled timer does not fire, whether it was first, last or in between. */
KTEST(timers_cancelled_stay_silent)
{
	struct order_timer *o = order_timers;
	ktime_t delay, deadline;
	bool in_time = false;
	u32 i;

	for (delay = MS; !in_time && delay < 1000 * MS; delay *= 2) {
		deadline = ktime_now() + delay;
		in_time = start_and_cancel(o, deadline);
		sleep_until(deadline + MS);
		for (i = 0; i < TIMER_COUNT; i++)
			ktimer_cancel(&o[i].timer);
	}
	KEXPECT_TRUE(t, in_time);
	for (i = 0; i < TIMER_COUNT; i++)
		KEXPECT_EQ(t, o[i].number, i % 3 == 1);
}

static void spin_for(ktime_t duration)
{
	ktime_t end = ktime_now() + duration;

	while (ktime_now() < end)
		arch_cpu_relax();
}

#define RACE_COUNT 300

/* A cancel that races with the interrupt: after it the timer is at rest. The
 * delay before the cancel follows the interrupt: longer after one that came
 * too late, shorter after one that came in time. */
KTEST(timers_cancel_in_the_race)
{
	struct order_timer *o = &order_timers[0];
	ktime_t delay = 5 * US;
	u32 i, before, fired = 0;

	for (i = 0; i < RACE_COUNT; i++) {
		o->number = 0;
		ktimer_init(&o->timer, count_fire);
		ktimer_start(&o->timer, ktime_now() + 5 * US);
		spin_for(delay);
		ktimer_cancel(&o->timer);
		before = __atomic_load_n(&o->number, __ATOMIC_RELAXED);
		spin_for(10 * US);
		KEXPECT_EQ(t, o->number, before);
		fired += before;
		delay += before ? -(delay / 8) : delay / 8 + US;
	}
	/* The race was open at both ends, or the figures show nothing. */
	KEXPECT_TRUE(t, fired > 0);
	KEXPECT_TRUE(t, fired < RACE_COUNT);
}

KTEST(sleep_is_never_short)
{
	u32 i;

	for (i = 0; i < 20; i++) {
		ktime_t deadline = ktime_now() + i * 37 * US;

		sleep_until(deadline);
		KEXPECT_TRUE(t, ktime_now() >= deadline);
	}
}

#define SLEEPER_COUNT 64

static void sleep_some(void *arg, u32 index)
{
	ktime_t deadline = ktime_now() + 2 * MS + index % 7 * 100 * US;

	sleep_until(deadline);
	KEXPECT_TRUE((struct ktest_run *)arg, ktime_now() >= deadline);
}

/* Many deadlines on all CPUs at once. */
KTEST(many_threads_sleep_at_once)
{
	ktime_t start = ktime_now();

	team_run(SLEEPER_COUNT, sleep_some, t);
	KEXPECT_TRUE(t, ktime_now() >= start + 2 * MS);
}

static void spin_until_stopped(void *arg, u32 index)
{
	const u32 *stop = arg;

	(void)index;
	while (!__atomic_load_n(stop, __ATOMIC_RELAXED))
		arch_cpu_relax();
}

/* The tick ends the turn of threads that never give up the CPU: the test comes
 * back from its yields though twice as many threads spin as there are CPUs. */
KTEST(tick_preempts)
{
	struct team team;
	u32 i, stop = 0;

	team_start(&team, 2 * cpu_count(), THREAD_PRIORITY_DEFAULT,
		   spin_until_stopped, &stop);
	for (i = 0; i < 3; i++)
		sched_yield();
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	team_join(&team);
	KEXPECT_EQ(t, team.left, 0);
}
