/*
 * Waiters: who ends a sleep, and that nobody sleeps for ever.
 */
#include <kernel/ktest.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/thread.h>

#include "team.h"

/* The first wake decides; a wake before the sleep is not lost. */
KTEST(wait_first_wake_decides)
{
	struct waiter w;

	waiter_init(&w);
	KEXPECT_TRUE(t, waiter_wake(&w, ZX_ERR_CANCELED));
	KEXPECT_TRUE(t, !waiter_wake(&w, ZX_OK));
	KEXPECT_EQ(t, waiter_sleep(&w, ZX_TIME_INFINITE, WAIT_INTERRUPTIBLE, 0),
		   ZX_ERR_CANCELED);
}

/* A deadline that has passed polls, and a wake that came first wins. */
KTEST(wait_past_deadline_polls)
{
	struct waiter w;

	waiter_init(&w);
	KEXPECT_EQ(t, waiter_sleep(&w, 0, WAIT_INTERRUPTIBLE, 0),
		   ZX_ERR_TIMED_OUT);
	KEXPECT_TRUE(t, !waiter_wake(&w, ZX_OK));
	waiter_init(&w);
	KEXPECT_TRUE(t, waiter_wake(&w, ZX_OK));
	KEXPECT_EQ(t, waiter_sleep(&w, 0, WAIT_INTERRUPTIBLE, 0), ZX_OK);
}

/* A sleep never ends before its deadline. */
KTEST(wait_deadline_not_early)
{
	for (u32 i = 0; i < 5; i++) {
		ktime_t deadline = ktime_now() + 300000 * (i + 1);
		struct waiter w;

		waiter_init(&w);
		KEXPECT_EQ(t, waiter_sleep(&w, deadline, WAIT_UNINTERRUPTIBLE,
					   0), ZX_ERR_TIMED_OUT);
		KEXPECT_TRUE(t, ktime_now() >= deadline);
	}
}

/* Two threads, one sleeps while the other acts upon it. */
struct duel {
	struct spinlock lock;
	/* Under lock: the sleeper's, or NULL. */
	struct waiter *waiter;
	u32 wake_count;			/* wakes that were the first */
	/* Fixed once set. */
	struct thread *sleeper;
	/* Atomic: the sleeper is through. */
	u32 done;
	u32 rounds;
	/* The sleeper's. */
	u32 ok_count, timeout_count, kill_count;
};

static void duel_init(struct duel *d, u32 rounds)
{
	__builtin_memset(d, 0, sizeof(*d));
	spin_init(&d->lock, LOCK_PORT);
	d->rounds = rounds;
}

static void duel_publish(struct duel *d, struct waiter *w)
{
	spin_lock(&d->lock);
	d->waiter = w;
	spin_unlock(&d->lock);
}

static void duel_count(struct duel *d, zx_status_t status)
{
	if (status == ZX_OK)
		d->ok_count++;
	else if (status == ZX_ERR_TIMED_OUT)
		d->timeout_count++;
	else if (status == ZX_ERR_INTERNAL_INTR_KILLED)
		d->kill_count++;
	else
		panic("a sleep ended with %d", status);
}

static void duel_wake(struct duel *d)
{
	spin_lock(&d->lock);
	if (d->waiter != NULL && waiter_wake(d->waiter, ZX_OK))
		d->wake_count++;
	spin_unlock(&d->lock);
}

static void timeout_duel(void *arg, u32 index)
{
	struct duel *d = arg;
	u64 seed = 7;

	if (index != 0) {
		while (__atomic_load_n(&d->done, __ATOMIC_ACQUIRE) == 0) {
			duel_wake(d);
			for (u32 i = test_random(&seed) % 200; i > 0; i--)
				arch_cpu_relax();
			sched_yield();
		}
		return;
	}
	for (u32 i = 0; i < d->rounds; i++) {
		struct waiter w;

		waiter_init(&w);
		duel_publish(d, &w);
		duel_count(d, waiter_sleep(&w, ktime_now() +
					   test_random(&seed) % 50000,
					   WAIT_UNINTERRUPTIBLE, 0));
		duel_publish(d, NULL);
	}
	__atomic_store_n(&d->done, 1, __ATOMIC_RELEASE);
}

/* Deadline against wake: each sleep ends once, by the one that says so. */
KTEST(wait_timeout_races_wake)
{
	struct duel d;

	duel_init(&d, 500);
	team_run(2, timeout_duel, &d);
	KEXPECT_EQ(t, d.ok_count + d.timeout_count, d.rounds);
	KEXPECT_EQ(t, d.ok_count, d.wake_count);
	KEXPECT_TRUE(t, d.ok_count > 0);
}

static void kill_attack(struct duel *d)
{
	u64 seed = 11;

	while (__atomic_load_n(&d->done, __ATOMIC_ACQUIRE) == 0) {
		struct thread *sleeper = __atomic_load_n(&d->sleeper,
							 __ATOMIC_ACQUIRE);

		if (sleeper != NULL && test_random(&seed) % 2 != 0)
			thread_kill(sleeper);
		else
			duel_wake(d);
		sched_yield();
	}
}

static void kill_duel(void *arg, u32 index)
{
	struct duel *d = arg;
	struct thread *self = thread_current();

	if (index != 0) {
		kill_attack(d);
		return;
	}
	__atomic_store_n(&d->sleeper, self, __ATOMIC_RELEASE);
	for (u32 i = 0; i < d->rounds; i++) {
		struct waiter w;

		waiter_init(&w);
		duel_publish(d, &w);
		duel_count(d, waiter_sleep(&w, ZX_TIME_INFINITE,
					   WAIT_INTERRUPTIBLE, 0));
		duel_publish(d, NULL);
		/* A kernel thread survives: the bit alone ends sleeps. */
		__atomic_fetch_and(&self->cpu_thread.pending,
				   ~THREAD_PENDING_KILL, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&d->done, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&d->done, __ATOMIC_ACQUIRE) != 2)
		sched_yield();
}

static void kill_duel_both(void *arg, u32 index)
{
	struct duel *d = arg;

	kill_duel(d, index);
	/* The sleeper exists until its killer has let go of it. */
	if (index != 0)
		__atomic_store_n(&d->done, 2, __ATOMIC_RELEASE);
}

/* Kill against wake: no sleep outlasts a kill, and none is ended twice. */
KTEST(wait_kill_races_wake)
{
	struct duel d;

	duel_init(&d, 2000);
	team_run(2, kill_duel_both, &d);
	KEXPECT_EQ(t, d.ok_count + d.kill_count, d.rounds);
	KEXPECT_EQ(t, d.ok_count, d.wake_count);
	KEXPECT_TRUE(t, d.kill_count > 0);
}

static void uninterruptible_sleeper(void *arg, u32 index)
{
	struct duel *d = arg;
	struct waiter w;

	(void)index;
	waiter_init(&w);
	duel_publish(d, &w);
	__atomic_store_n(&d->sleeper, thread_current(), __ATOMIC_RELEASE);
	duel_count(d, waiter_sleep(&w, ZX_TIME_INFINITE, WAIT_UNINTERRUPTIBLE,
				   0));
	duel_publish(d, NULL);
}

/* A sleep that kill may not end goes on, and ends by its wake. */
KTEST(wait_uninterruptible_ignores_kill)
{
	struct team team;
	struct duel d;

	duel_init(&d, 1);
	team_start(&team, 1, THREAD_PRIORITY_DEFAULT, uninterruptible_sleeper,
		   &d);
	while (__atomic_load_n(&d.sleeper, __ATOMIC_ACQUIRE) == NULL)
		sched_yield();
	for (u32 i = 0; i < 20; i++) {
		thread_kill(d.sleeper);
		sched_yield();
	}
	duel_wake(&d);
	team_join(&team);
	KEXPECT_EQ(t, d.ok_count, 1);
	KEXPECT_EQ(t, d.wake_count, 1);
}

struct ping_pong {
	struct spinlock lock;
	/* Under lock. */
	u32 turn;
	struct waiter *waiting[2];
	u32 switch_count;
};

static void ping_pong_player(void *arg, u32 me)
{
	struct ping_pong *p = arg;

	for (u32 i = 0; i < 3000; i++) {
		struct waiter w;

		waiter_init(&w);
		spin_lock(&p->lock);
		while (p->turn != me) {
			p->waiting[me] = &w;
			spin_unlock(&p->lock);
			ASSERT(waiter_sleep(&w, ZX_TIME_INFINITE,
					    WAIT_UNINTERRUPTIBLE, 0) == ZX_OK);
			spin_lock(&p->lock);
			p->waiting[me] = NULL;
			waiter_init(&w);
		}
		p->turn = 1 - me;
		p->switch_count++;
		if (p->waiting[1 - me] != NULL)
			waiter_wake(p->waiting[1 - me], ZX_OK);
		spin_unlock(&p->lock);
	}
}

/* No wake-up is lost between two threads that wait for each other. */
KTEST(wait_ping_pong)
{
	struct ping_pong p = { .turn = 0 };

	spin_init(&p.lock, LOCK_PORT);
	team_run(2, ping_pong_player, &p);
	KEXPECT_EQ(t, p.switch_count, 6000);
}
