/*
 * Sleeping and time of the fake machine: what kernel/wait.c asks of scheduler
 * and timers. A sleeping thread blocks its POSIX thread. A timer runs in the
 * thread that started it, which is always the one that sleeps until it.
 */
#include <time.h>

#include <kernel/epoch.h>
#include <kernel/panic.h>
#include <kernel/policy.h>
#include <mm/pressure.h>
#include <kernel/suspend.h>

#include "fake.h"
#include "fake_thread.h"

/* From <kernel/sched.h>, whose sched_yield() is not that of the host's
 * <sched.h>, which <pthread.h> includes. */
void sched_block_while(const s32 *word, s32 value, u32 unless_pending);
void sched_wake(struct thread *t);

static struct fake_thread *this_thread(void)
{
	return (struct fake_thread *)arch_current();
}

/* One tick of arch_counter() is a nanosecond. */
struct time_scale ktime_scale = { .mult = 1ul << 32, .inverse = 1ul << 60 };

u64 ktime_ticks_per_second(void)
{
	return 1000000000u;
}

void ktimer_init(struct ktimer *t, void (*fn)(struct ktimer *))
{
	t->fn = fn;
}

void ktimer_start(struct ktimer *t, ktime_t deadline)
{
	ASSERT(this_thread()->timer == NULL);
	this_thread()->deadline = deadline;
	this_thread()->timer = t;
}

void ktimer_cancel(struct ktimer *t)
{
	if (this_thread()->timer == t)
		this_thread()->timer = NULL;
}

/* Under ft->lock: waits for a wake-up or the deadline; false at the deadline.
 * Without one it looks again every second, which only a lost wake-up needs. */
static bool wait_once(struct fake_thread *ft)
{
	ktime_t now = ktime_now();
	ktime_t until = ft->timer ? ft->deadline : now + 1000000000;
	struct timespec ts;
	ktime_t real;

	if (until <= now)
		return false;
	clock_gettime(CLOCK_REALTIME, &ts);
	real = (ktime_t)ts.tv_sec * 1000000000 + ts.tv_nsec + (until - now);
	ts.tv_sec = real / 1000000000;
	ts.tv_nsec = real % 1000000000;
	pthread_cond_timedwait(&ft->wake, &ft->lock, &ts);
	return ft->timer == NULL || ktime_now() < until;
}

void sched_block_while(const s32 *word, s32 value, u32 unless_pending)
{
	struct fake_thread *ft = this_thread();
	const u32 *pending = &ft->thread.cpu_thread.pending;
	bool expired = false;

	ASSERT(ft->thread.cpu_thread.preempt_count == 0);
	epoch_idle_enter();
	pthread_mutex_lock(&ft->lock);
	ft->thread.sched_state = SCHED_BLOCKED;
	while (!ft->woken && !expired &&
	       __atomic_load_n(word, __ATOMIC_ACQUIRE) == value &&
	       !(__atomic_load_n(pending, __ATOMIC_RELAXED) & unless_pending))
		expired = !wait_once(ft);
	ft->woken = false;
	ft->thread.sched_state = SCHED_RUNNING;
	pthread_mutex_unlock(&ft->lock);
	epoch_idle_exit();
	if (expired) {
		struct ktimer *t = ft->timer;

		ft->timer = NULL;
		t->fn(t);
	}
}

/* Nobody is suspended here. */
zx_status_t thread_stop_in_call(void)
{
	panic("a thread of the fake machine was suspended");
}

/* Nobody evicts on his own. */
void mm_pressure_exhausted(void)
{
}

void mm_pressure_poke(void)
{
}

/* Nor has anybody a job. */
zx_status_t policy_bad_handle(void)
{
	return ZX_ERR_BAD_HANDLE;
}

void sched_wake(struct thread *t)
{
	struct fake_thread *ft = (struct fake_thread *)t;

	pthread_mutex_lock(&ft->lock);
	ft->woken = true;
	pthread_cond_signal(&ft->wake);
	pthread_mutex_unlock(&ft->lock);
}
