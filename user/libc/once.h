/*
 * What happens once although several threads may come: call_once() and the
 * guards of C++ variables that are local to a function.
 */
#ifndef LIBC_ONCE_H
#define LIBC_ONCE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <zircon/syscalls.h>

enum { ONCE_NEVER, ONCE_RUNNING, ONCE_AWAITED, ONCE_DONE };

/*
 * True if the caller is to do it now and then call once_end(); false if it is
 * done, after waiting for whoever does it.
 */
static inline bool once_begin(zx_futex_t *word)
{
	int seen = atomic_load_explicit(word, memory_order_acquire);

	/* Acquire on each way out: what the first one wrote is seen after this. */
	while (seen != ONCE_DONE) {
		if (seen == ONCE_NEVER) {
			if (atomic_compare_exchange_strong_explicit(word, &seen, ONCE_RUNNING,
								    memory_order_acquire,
								    memory_order_acquire))
				return true;
			continue;
		}
		if (seen == ONCE_RUNNING &&
		    !atomic_compare_exchange_strong_explicit(word, &seen, ONCE_AWAITED,
							     memory_order_acquire,
							     memory_order_acquire))
			continue;
		zx_futex_wait(word, ONCE_AWAITED, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
		seen = atomic_load_explicit(word, memory_order_acquire);
	}
	return false;
}

/* state: ONCE_DONE, or ONCE_NEVER if the next one shall try again. */
static inline void once_end(zx_futex_t *word, int state)
{
	/* Release: pairs with the acquire of who finds it done. */
	if (atomic_exchange_explicit(word, state, memory_order_release) == ONCE_AWAITED)
		zx_futex_wake(word, UINT32_MAX);
}

#endif
