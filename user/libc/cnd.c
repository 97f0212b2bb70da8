/*
 * Condition variables of <threads.h>. A waiter notes the sequence number while
 * it holds the mutex and sleeps while the number stands; who signals changes
 * the number first, so that a waiter between its unlock and its sleep does not
 * sleep.
 */
#include <threads.h>

#include <zircon/syscalls.h>

#include "deadline.h"

int cnd_init(cnd_t *condition)
{
	*condition = (cnd_t){ 0 };
	return thrd_success;
}

void cnd_destroy(cnd_t *condition)
{
	(void)condition;
}

static int wait_until(cnd_t *condition, mtx_t *mutex, zx_time_t deadline)
{
	zx_status_t status;
	int sequence;

	/*
	 * Sequentially consistent, as in wake(): of a waiter that counts itself and
	 * reads the number, and a signal that changes it and reads the count, at
	 * least one sees what the other wrote.
	 */
	atomic_fetch_add(&condition->waiters, 1);
	sequence = atomic_load(&condition->sequence);
	mtx_unlock(mutex);
	/* BAD_STATE: signalled meanwhile. */
	status = zx_futex_wait(&condition->sequence, sequence, ZX_HANDLE_INVALID, deadline);
	atomic_fetch_sub(&condition->waiters, 1);
	mtx_lock(mutex);
	return status == ZX_ERR_TIMED_OUT ? thrd_timedout : thrd_success;
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
	return wait_until(condition, mutex, ZX_TIME_INFINITE);
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
		  const struct timespec *restrict deadline)
{
	return wait_until(condition, mutex, jx_deadline(deadline));
}

static int wake(cnd_t *condition, uint32_t count)
{
	atomic_fetch_add(&condition->sequence, 1);
	if (atomic_load(&condition->waiters) != 0)
		zx_futex_wake(&condition->sequence, count);
	return thrd_success;
}

int cnd_signal(cnd_t *condition)
{
	return wake(condition, 1);
}

int cnd_broadcast(cnd_t *condition)
{
	return wake(condition, UINT32_MAX);
}
