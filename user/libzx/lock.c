/*
 * A lock that costs one atomic operation when nobody waits. The word says
 * 2 when somebody may sleep on it, so that release wakes only then.
 */
#include <jx/runtime.h>
#include <zircon/syscalls.h>

void jx_lock_acquire(struct jx_lock *lock)
{
	int seen = 0;

	/* Acquire: what the last holder wrote is seen after this. */
	if (atomic_compare_exchange_strong_explicit(&lock->word, &seen, 1, memory_order_acquire,
						    memory_order_relaxed))
		return;
	while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
		zx_futex_wait(&lock->word, 2, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
}

void jx_lock_release(struct jx_lock *lock)
{
	/* Release: what was written under the lock is seen by the next holder. */
	if (atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2)
		zx_futex_wake(&lock->word, 1);
}
