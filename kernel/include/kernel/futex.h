/*
 * Futexes (tasks.md 11): keyed by (address space, address), in the kernel only
 * while somebody waits. Queues live in hashed buckets, each with a spinlock
 * (LOCK_FUTEX); first come, first woken.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <kernel/thread.h>

/* Boot: the buckets. */
void futex_init(void);

/*
 * zx_futex_wait on the calling process's memory. owner_status is what the
 * look-up of the new owner's handle said (OK with owner NULL: none named); it
 * comes after the comparison, as the spec's order wants. Errors in order:
 * INVALID_ARGS (address, unreadable word), BAD_STATE (other value),
 * owner_status, INVALID_ARGS (owner unsuitable), TIMED_OUT,
 * INTERNAL_INTR_KILLED. Sleeps; no lock held.
 */
MUST_CHECK zx_status_t futex_wait(uaddr_t addr, u32 current_value,
				  zx_status_t owner_status,
				  struct thread *owner, ktime_t deadline);

/* Wakes the oldest count waiters. INVALID_ARGS for a bad address; the memory
 * is not read. Does not sleep. */
MUST_CHECK zx_status_t futex_wake(uaddr_t addr, u32 count);

#endif
