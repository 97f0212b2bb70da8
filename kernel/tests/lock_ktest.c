/*
 * Locks: exclusion, order of hand-over, pairs.
 */
#include <arch/cpu.h>
#include <kernel/ktest.h>
#include <kernel/sched.h>

#include "team.h"

#define INCREMENTS 100000

struct counters {
	struct mutex mutex;
	struct mutex other;
	struct spinlock spin;
	u32 share;			/* increments of each thread */
	/* Under the lock that the test is about. */
	u64 count;
	u32 inside;
	u32 overlap_count;
};

static void counters_init(struct counters *c, u32 threads)
{
	mutex_init(&c->mutex, LOCK_VMO);
	mutex_init(&c->other, LOCK_VMO);
	spin_init(&c->spin, LOCK_PORT);
	c->share = INCREMENTS / threads;
	c->count = 0;
	c->inside = 0;
	c->overlap_count = 0;
}

/* The volatile accesses leave a wide window for a second thread. */
static void counters_step(struct counters *c)
{
	volatile u64 *count = &c->count;
	u64 old;

	if (__atomic_add_fetch(&c->inside, 1, __ATOMIC_RELAXED) != 1)
		c->overlap_count++;
	old = *count;
	__asm__ volatile("" ::: "memory");
	*count = old + 1;
	__atomic_sub_fetch(&c->inside, 1, __ATOMIC_RELAXED);
}

static void counters_expect(struct ktest_run *t, const struct counters *c,
			    u32 threads)
{
	KEXPECT_EQ(t, c->count, (u64)c->share * threads);
	KEXPECT_EQ(t, c->overlap_count, 0);
}

static void increment_by_mutex(void *arg, u32 index)
{
	struct counters *c = arg;

	(void)index;
	for (u32 i = 0; i < c->share; i++) {
		mutex_lock(&c->mutex);
		counters_step(c);
		mutex_unlock(&c->mutex);
	}
}

/* A mutex lets one thread in at a time, on all CPUs and with waiters. */
KTEST(mutex_excludes)
{
	u32 threads = 2 * cpu_count();
	struct counters c;

	counters_init(&c, threads);
	team_run(threads, increment_by_mutex, &c);
	counters_expect(t, &c, threads);
	KEXPECT_EQ(t, c.mutex.owner, 0);
}

static void increment_by_spinlock(void *arg, u32 index)
{
	struct counters *c = arg;

	(void)index;
	for (u32 i = 0; i < c->share; i++) {
		spin_lock(&c->spin);
		counters_step(c);
		spin_unlock(&c->spin);
	}
}

/* A spinlock lets one CPU in at a time. */
KTEST(spinlock_excludes)
{
	u32 threads = 2 * cpu_count();
	struct counters c;

	counters_init(&c, threads);
	team_run(threads, increment_by_spinlock, &c);
	counters_expect(t, &c, threads);
}

static void increment_by_pair(void *arg, u32 index)
{
	struct counters *c = arg;
	struct mutex *a = index % 2 ? &c->mutex : &c->other;
	struct mutex *b = index % 2 ? &c->other : &c->mutex;

	for (u32 i = 0; i < c->share / 8; i++) {
		mutex_lock_pair(a, b);
		counters_step(c);
		mutex_unlock_pair(a, b);
		mutex_lock_pair(a, a);
		mutex_unlock_pair(a, a);
	}
}

/* Pairs named in opposite orders do not deadlock, and both are held. */
KTEST(mutex_pairs)
{
	u32 threads = 2 * cpu_count();
	struct counters c;

	counters_init(&c, threads);
	team_run(threads, increment_by_pair, &c);
	KEXPECT_EQ(t, c.count, (u64)(c.share / 8) * threads);
	KEXPECT_EQ(t, c.overlap_count, 0);
}

#define QUEUE_LENGTH 5

struct queue_test {
	struct mutex mutex;
	/* Atomic: the next member that may queue. */
	u32 turn;
	/* Under mutex. */
	u32 order[QUEUE_LENGTH];
	u32 order_count;
};

static u32 queue_length(struct mutex *m)
{
	u32 count = 0;

	spin_lock(&m->wait_lock);
	for (struct list_node *n = m->waiters.next; n != &m->waiters;
	     n = n->next)
		count++;
	spin_unlock(&m->wait_lock);
	return count;
}

static void queue_member(void *arg, u32 index)
{
	struct queue_test *q = arg;

	while (__atomic_load_n(&q->turn, __ATOMIC_ACQUIRE) != index)
		sched_yield();
	mutex_lock(&q->mutex);
	q->order[q->order_count++] = index;
	mutex_unlock(&q->mutex);
}

/* Waiters get a mutex in the order in which they came. */
KTEST(mutex_hands_over_in_order)
{
	struct queue_test q = { .turn = QUEUE_LENGTH };
	struct team team;

	mutex_init(&q.mutex, LOCK_VMO);
	mutex_lock(&q.mutex);
	team_start(&team, QUEUE_LENGTH, THREAD_PRIORITY_DEFAULT, queue_member,
		   &q);
	for (u32 i = 0; i < QUEUE_LENGTH; i++) {
		__atomic_store_n(&q.turn, i, __ATOMIC_RELEASE);
		while (queue_length(&q.mutex) != i + 1)
			sched_yield();
	}
	mutex_unlock(&q.mutex);
	team_join(&team);
	for (u32 i = 0; i < QUEUE_LENGTH; i++)
		KEXPECT_EQ(t, q.order[i], i);
}

/* A try succeeds on a free mutex only, and hardly ever fails there. */
KTEST(mutex_try)
{
	struct mutex m;
	u32 attempts = 1;

	mutex_init(&m, LOCK_VMO);
	while (!mutex_trylock(&m) && attempts < 1000)
		attempts++;
	KEXPECT_TRUE(t, attempts < 1000);
	KEXPECT_TRUE(t, mutex_is_held(&m));
	KEXPECT_TRUE(t, !mutex_trylock(&m));
	mutex_unlock(&m);
	KEXPECT_TRUE(t, !mutex_is_held(&m));
}
