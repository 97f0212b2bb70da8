/*
 * Mutexes of <threads.h>: one atomic operation when nobody waits. The word is
 * that of struct jx_lock: 2 says that somebody may sleep on it, so that
 * unlocking enters the kernel only then.
 */
#include <threads.h>

#include <jx/runtime.h>
#include <zircon/syscalls.h>

#include "deadline.h"

int mtx_init(mtx_t *mutex, int type)
{
	if (type & ~(mtx_recursive | mtx_timed))
		return thrd_error;
	*mutex = (mtx_t){ .type = (uint32_t)type };
	return thrd_success;
}

void mtx_destroy(mtx_t *mutex)
{
	(void)mutex;
}

/*
 * True if the caller holds this recursive mutex. A relaxed read suffices: the
 * owner equals the caller's thread pointer only if the caller wrote it.
 */
static bool held_by_self(const mtx_t *mutex)
{
	return (mutex->type & mtx_recursive) != 0 &&
	       __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == jx_thread_pointer();
}

static void note_owner(mtx_t *mutex, uintptr_t owner)
{
	if (mutex->type & mtx_recursive)
		__atomic_store_n(&mutex->owner, owner, __ATOMIC_RELAXED);
}

static int lock_until(mtx_t *mutex, zx_time_t deadline)
{
	int seen = 0;

	if (held_by_self(mutex)) {
		mutex->depth++;
		return thrd_success;
	}
	/* Acquire, here and below: what the last holder wrote is seen after this. */
	if (!atomic_compare_exchange_strong_explicit(&mutex->word, &seen, 1, memory_order_acquire,
						     memory_order_relaxed)) {
		while (atomic_exchange_explicit(&mutex->word, 2, memory_order_acquire) != 0) {
			if (zx_futex_wait(&mutex->word, 2, ZX_HANDLE_INVALID, deadline) ==
			    ZX_ERR_TIMED_OUT)
				return thrd_timedout;
		}
	}
	note_owner(mutex, jx_thread_pointer());
	return thrd_success;
}

int mtx_lock(mtx_t *mutex)
{
	return lock_until(mutex, ZX_TIME_INFINITE);
}

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict deadline)
{
	return lock_until(mutex, jx_deadline(deadline));
}

int mtx_trylock(mtx_t *mutex)
{
	int seen = 0;

	if (held_by_self(mutex)) {
		mutex->depth++;
		return thrd_success;
	}
	if (!atomic_compare_exchange_strong_explicit(&mutex->word, &seen, 1, memory_order_acquire,
						     memory_order_relaxed))
		return thrd_busy;
	note_owner(mutex, jx_thread_pointer());
	return thrd_success;
}

int mtx_unlock(mtx_t *mutex)
{
	if (mutex->depth != 0) {
		mutex->depth--;
		return thrd_success;
	}
	note_owner(mutex, 0);
	/* Release: what was written under the mutex is seen by the next holder. */
	if (atomic_exchange_explicit(&mutex->word, 0, memory_order_release) == 2)
		zx_futex_wake(&mutex->word, 1);
	return thrd_success;
}
