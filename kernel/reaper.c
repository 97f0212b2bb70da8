/*
 * The reaper. Work comes in on stacks without locks (pushed by anybody, taken
 * whole by the reaper), so that it can be handed over from the switch path.
 */
#include <kernel/epoch.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/reaper.h>
#include <kernel/sched.h>
#include <mm/kstack.h>
#include <mm/vmar.h>

/* Between two looks at epochs that other CPUs hold up. */
#define REAPER_POLL_NS 2000000

/* Fixed once the thread runs. */
static struct thread *reaper;
/* Atomics: stacks of work; release by the pusher, acquire by the reaper. */
static struct thread *dead_threads;
static struct aspace *stale_aspaces;
/* Atomic: 1 from a call for the reaper until it looks. */
static s32 reaper_called;
/* Atomic: the reaper's timer runs; epochs need no other call then. */
static bool reaper_armed;

/* Release: what was pushed, or is to be seen, comes before the call. */
static void reaper_call(void)
{
	struct thread *t = __atomic_load_n(&reaper, __ATOMIC_ACQUIRE);

	__atomic_store_n(&reaper_called, 1, __ATOMIC_RELEASE);
	if (t != NULL)
		sched_wake(t);
}

void reaper_add_thread(struct thread *t)
{
	t->reap_next = __atomic_load_n(&dead_threads, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&dead_threads, &t->reap_next, t,
					    true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	reaper_call();
}

void reaper_add_aspace(struct aspace *as)
{
	as->next_stale = __atomic_load_n(&stale_aspaces, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&stale_aspaces, &as->next_stale,
					    as, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	reaper_call();
}

void reaper_kick(void)
{
	if (!__atomic_load_n(&reaper_armed, __ATOMIC_RELAXED))
		reaper_call();
}

static void reap_threads(void)
{
	struct thread *t = __atomic_exchange_n(&dead_threads, NULL,
					       __ATOMIC_ACQUIRE);

	while (t != NULL) {
		struct thread *next = t->reap_next;

		/* The rest goes with the last reference: thread_destroy(). */
		kstack_free(t->stack);
		t->stack = NULL;
		if (t->aspace != NULL)
			aspace_unref(t->aspace);
		t->aspace = NULL;
		object_unref(&t->object);
		t = next;
	}
}

static void reap_aspaces(void)
{
	struct aspace *as = __atomic_exchange_n(&stale_aspaces, NULL,
						__ATOMIC_ACQUIRE);

	while (as != NULL) {
		struct aspace *next = as->next_stale;

		aspace_unref(as);
		as = next;
	}
}

static void reaper_timer_fire(struct ktimer *timer)
{
	(void)timer;
	__atomic_store_n(&reaper_armed, false, __ATOMIC_RELAXED);
	reaper_call();
}

static void reaper_main(void *arg)
{
	struct ktimer timer;

	(void)arg;
	ktimer_init(&timer, reaper_timer_fire);
	__atomic_store_n(&reaper, thread_current(), __ATOMIC_RELEASE);
	for (;;) {
		/* Acquire: work of a call that we take back here is seen. */
		__atomic_exchange_n(&reaper_called, 0, __ATOMIC_ACQUIRE);
		reap_threads();
		reap_aspaces();
		if (epoch_poll()) {
			__atomic_store_n(&reaper_armed, true, __ATOMIC_RELAXED);
			ktimer_start(&timer, ktime_now() + REAPER_POLL_NS);
		}
		sched_block_while(&reaper_called, 0, 0);
		ktimer_cancel(&timer);
		__atomic_store_n(&reaper_armed, false, __ATOMIC_RELAXED);
	}
}

void reaper_start(void)
{
	if (thread_create_kernel("reaper", reaper_main, NULL,
				 THREAD_PRIORITY_HIGH) != ZX_OK)
		panic("no memory for the reaper");
}
