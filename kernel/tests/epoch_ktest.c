/*
 * Epochs: nothing is freed under a reader, and everything is freed.
 */
#include <arch/cpu.h>
#include <kernel/epoch.h>
#include <kernel/ktest.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <mm/slab.h>

#include "team.h"

#define ALIVE 0x600d600d600d600dul
#define FREED 0xdeaddeaddeaddeadul
#define REPLACEMENTS 4000

struct item {
	struct epoch_head epoch;
	u64 mark;
	u32 *freed_count;	/* atomic */
};

static void item_free(struct epoch_head *h)
{
	struct item *item = container_of(h, struct item, epoch);

	item->mark = FREED;
	__atomic_fetch_add(item->freed_count, 1, __ATOMIC_RELAXED);
	kfree(item, sizeof(*item));
}

static struct item *item_make(u32 *freed_count)
{
	struct item *item = kmalloc(sizeof(*item));

	if (item == NULL)
		panic("no memory for the test");
	item->mark = ALIVE;
	item->freed_count = freed_count;
	return item;
}

struct exchange {
	/* Atomics. */
	struct item *current;		/* release to publish */
	u32 writers_left;
	u32 freed_count;
	u32 bad_count;
	u32 read_count;
	u32 writer_count;		/* fixed */
};

static void exchange_read(struct exchange *x)
{
	const volatile struct item *item;
	u32 bad = 0;

	epoch_enter();
	item = __atomic_load_n(&x->current, __ATOMIC_ACQUIRE);
	for (u32 i = 0; i < 50; i++)
		bad += item->mark != ALIVE;
	epoch_exit();
	__atomic_fetch_add(&x->bad_count, bad, __ATOMIC_RELAXED);
	__atomic_fetch_add(&x->read_count, 1, __ATOMIC_RELAXED);
}

static void exchange_member(void *arg, u32 index)
{
	struct exchange *x = arg;

	if (index >= x->writer_count) {
		while (__atomic_load_n(&x->writers_left, __ATOMIC_RELAXED) != 0)
			exchange_read(x);
		return;
	}
	for (u32 i = 0; i < REPLACEMENTS / x->writer_count; i++) {
		struct item *item = item_make(&x->freed_count);

		item = __atomic_exchange_n(&x->current, item, __ATOMIC_ACQ_REL);
		epoch_defer(&item->epoch, item_free);
		if (i % 64 == 0)
			epoch_poll_local();
		exchange_read(x);
	}
	__atomic_fetch_sub(&x->writers_left, 1, __ATOMIC_RELAXED);
}

/* Readers on all CPUs never see a freed object while writers replace it. */
KTEST(epoch_readers_see_no_freed_object)
{
	u32 cpus = cpu_count();
	struct exchange x = {
		.writer_count = cpus,
		.writers_left = cpus,
	};

	x.current = item_make(&x.freed_count);
	team_run(2 * cpus, exchange_member, &x);
	KEXPECT_EQ(t, x.bad_count, 0);
	KEXPECT_TRUE(t, x.read_count >= REPLACEMENTS / cpus * cpus);
	epoch_drain();
	KEXPECT_EQ(t, x.freed_count, REPLACEMENTS / cpus * cpus);
	item_free(&x.current->epoch);
}

/* A drain frees all that was deferred before it, on every CPU. */
KTEST(epoch_drain_frees_all)
{
	u32 freed_count = 0;

	for (u32 round = 0; round < 5; round++) {
		for (u32 i = 0; i < 100; i++)
			epoch_defer(&item_make(&freed_count)->epoch, item_free);
		epoch_drain();
		KEXPECT_EQ(t, freed_count, (round + 1) * 100);
	}
}

/* Nothing is freed inside the section of the thread that deferred. */
KTEST(epoch_own_section_holds)
{
	u32 freed_count = 0;
	struct item *item = item_make(&freed_count);

	epoch_enter();
	epoch_defer(&item->epoch, item_free);
	KEXPECT_EQ(t, item->mark, ALIVE);
	KEXPECT_EQ(t, freed_count, 0);
	epoch_exit();
	epoch_drain();
	KEXPECT_EQ(t, freed_count, 1);
}

struct holder {
	u32 state;		/* atomic: 1 inside, 2 may leave */
	u32 freed_count;	/* atomic */
};

static void hold_section(void *arg, u32 index)
{
	struct holder *h = arg;

	(void)index;
	epoch_enter();
	__atomic_store_n(&h->state, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&h->state, __ATOMIC_ACQUIRE) != 2)
		arch_cpu_relax();
	epoch_exit();
}

/* Holds a section open on another CPU while this one tries to free. */
static void poll_against_reader(struct ktest_run *t, struct holder *h)
{
	struct team team;

	team_start(&team, 1, THREAD_PRIORITY_DEFAULT, hold_section, h);
	while (__atomic_load_n(&h->state, __ATOMIC_ACQUIRE) != 1)
		sched_yield();
	epoch_defer(&item_make(&h->freed_count)->epoch, item_free);
	for (u32 i = 0; i < 200; i++)
		epoch_poll();
	KEXPECT_EQ(t, __atomic_load_n(&h->freed_count, __ATOMIC_RELAXED), 0);
	__atomic_store_n(&h->state, 2, __ATOMIC_RELEASE);
	team_join(&team);
}

/* What another CPU's open section may see is not freed, however often one
 * tries. With one CPU nobody could try: there, one poll frees. */
KTEST(epoch_waits_for_reader)
{
	struct holder h = { .state = 0 };

	if (cpu_count() > 1) {
		poll_against_reader(t, &h);
		epoch_drain();
	} else {
		epoch_drain();
		epoch_defer(&item_make(&h.freed_count)->epoch, item_free);
		epoch_poll();
	}
	KEXPECT_EQ(t, h.freed_count, 1);
}

struct wake_on_free {
	struct epoch_head epoch;
	struct spinlock lock;
	struct waiter waiter;
};

static void free_wakes(struct epoch_head *h)
{
	struct wake_on_free *w = container_of(h, struct wake_on_free, epoch);

	spin_lock(&w->lock);
	waiter_wake(&w->waiter, ZX_OK);
	spin_unlock(&w->lock);
}

/* A single object is freed soon although nobody asks for it. */
KTEST(epoch_bounded_latency)
{
	for (u32 i = 0; i < 3; i++) {
		struct wake_on_free w;

		spin_init(&w.lock, LOCK_PORT);
		waiter_init(&w.waiter);
		epoch_defer(&w.epoch, free_wakes);
		KEXPECT_EQ(t, waiter_sleep(&w.waiter, ZX_TIME_INFINITE,
					   WAIT_UNINTERRUPTIBLE, 0), ZX_OK);
		spin_lock(&w.lock);
		spin_unlock(&w.lock);
	}
}
