/*
 * The evictor: the thread that tells the level of memory pressure, and evicts
 * before somebody has to wait.
 */
#include <kernel/memory_event.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include <mm/pmm.h>
#include <mm/pressure.h>
#include <mm/reclaim.h>

/* Between two looks at all pages while memory is short. */
#define LOOK_NS 1000000000l
/* Looks in a row that found a page unused before it goes. */
#define LOOKS_WARNING 10
#define LOOKS_CRITICAL 5

/* Fixed once the thread runs. */
static struct thread *evictor;
/* Atomic: 1 from a call for the thread until it looks. */
static s32 called;
/* Atomic: somebody got no frame since the thread looked. */
static bool exhausted;
/* Atomic: an enum mm_pressure, written by the thread. Relaxed: it orders
 * nothing. */
static u32 level;
/* The evictor's: nothing could be had for the reserve since the last look. */
static bool fruitless;

enum mm_pressure mm_pressure_level(void)
{
	return __atomic_load_n(&level, __ATOMIC_RELAXED);
}

/* Release: the number of free frames that is to be seen comes before the call. */
void mm_pressure_poke(void)
{
	struct thread *t = __atomic_load_n(&evictor, __ATOMIC_ACQUIRE);

	__atomic_store_n(&called, 1, __ATOMIC_RELEASE);
	if (t)
		sched_wake(t);
}

/* Release: as above. */
void mm_pressure_exhausted(void)
{
	__atomic_store_n(&exhausted, true, __ATOMIC_RELEASE);
	mm_pressure_poke();
}

static void timer_fire(struct ktimer *timer)
{
	(void)timer;
	mm_pressure_poke();
}

static void set_level(void)
{
	u64 total = pmm_total_count();
	enum mm_pressure now = mm_pressure_level();
	enum mm_pressure next = mm_pressure_for(pmm_shared_count(), total, now);
	u64 low = 0, high = ~0ul;

	if (next + 1 < MM_PRESSURE_COUNT)
		low = mm_pressure_limit(next + 1, total);
	else if (!fruitless)
		low = pmm_reserve_count();
	if (next != MM_PRESSURE_NORMAL)
		high = mm_pressure_limit(next, total) + mm_pressure_hysteresis(total) - 1;
	pmm_set_window(low, high);
	if (next == now)
		return;
	__atomic_store_n(&level, next, __ATOMIC_RELAXED);
	memory_event_level(next);
}

/* The reserve is for those who cannot wait: it is filled up at once, with
 * whatever clean pages there are. */
static void fill_reserve(void)
{
	u64 free = pmm_shared_count();

	if (fruitless || free >= pmm_reserve_count())
		return;
	fruitless = mm_reclaim_idle(pmm_reserve_count() - free, 0) == 0;
	pmm_empty_cache();
}

/* One look, if one is due: not before *next, which moves. False: memory is not
 * short. */
static bool relieve(ktime_t *next)
{
	enum mm_pressure now = mm_pressure_level();
	u64 total = pmm_total_count(), free = pmm_shared_count();
	u64 goal = mm_pressure_limit(MM_PRESSURE_WARNING, total) +
		   mm_pressure_hysteresis(total);

	if (now == MM_PRESSURE_NORMAL)
		return false;
	if (ktime_now() < *next)
		return true;
	if (goal > free)
		(void)mm_reclaim_idle(goal - free, now == MM_PRESSURE_WARNING ?
						   LOOKS_WARNING :
						   LOOKS_CRITICAL);
	pmm_empty_cache();
	fruitless = false;
	*next = ktime_now() + LOOK_NS;
	return true;
}

static void evictor_main(void *arg)
{
	struct ktimer timer;
	ktime_t next = 0;

	(void)arg;
	ktimer_init(&timer, timer_fire);
	__atomic_store_n(&evictor, thread_current(), __ATOMIC_RELEASE);
	for (;;) {
		/* Acquire: what was freed or taken before the call is seen. */
		__atomic_exchange_n(&called, 0, __ATOMIC_ACQUIRE);
		fill_reserve();
		set_level();
		/* One operation that wants too much is no lack of memory. */
		if (__atomic_exchange_n(&exhausted, false, __ATOMIC_ACQUIRE) &&
		    mm_pressure_level() == MM_PRESSURE_OUT_OF_MEMORY)
			memory_event_exhausted();
		if (relieve(&next))
			ktimer_start(&timer, next);
		sched_block_while(&called, 0, 0);
		ktimer_cancel(&timer);
	}
}

void mm_pressure_start(void)
{
	if (thread_create_kernel("evictor", evictor_main, NULL,
				 THREAD_PRIORITY_DEFAULT) != ZX_OK)
		panic("no memory for the evictor");
}
