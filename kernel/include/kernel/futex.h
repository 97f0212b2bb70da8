/*
 * Futexes (tasks.md 11): keyed by (address space, address), in the kernel only
 * while somebody waits. Queues live in hashed buckets, each with a spinlock
 * (LOCK_FUTEX); first come, first woken. A futex may have an owner, a thread
 * that only futex_get_owner() shows.
 *
 * A call that wakes or moves very many lets the locks go between batches, and
 * leaves those alone who began to wait after it did.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <kernel/thread.h>

/* The owner that a caller asks for. The look-up of its handle comes first, and
 * what it says is judged after the comparison of the word. */
struct futex_owner {
	zx_status_t status;
	struct thread *thread;	/* counted by the caller; NULL with an error */
};

/* Boot: the buckets. After random_init(). */
void futex_init(void);

/*
 * zx_futex_wait on the calling process's memory; owner NULL: none is named.
 * Errors in order: INVALID_ARGS
 * (address, unreadable word), BAD_STATE (other value), owner->status,
 * INVALID_ARGS (owner unsuitable), TIMED_OUT, INTERNAL_INTR_KILLED. Sleeps; no
 * lock held.
 */
MUST_CHECK zx_status_t futex_wait(uaddr_t addr, u32 current_value,
				  const struct futex_owner *owner,
				  ktime_t deadline);

/* Wakes the oldest count waiters; the owner is none then. INVALID_ARGS for a
 * bad address; the memory is not read. Does not sleep. */
MUST_CHECK zx_status_t futex_wake(uaddr_t addr, u32 count);
/* Wakes one, who is the owner then if others still wait. */
MUST_CHECK zx_status_t futex_wake_single_owner(uaddr_t addr);

struct futex_requeue {
	uaddr_t wake_addr;
	u32 current_value;
	u32 wake_count;
	bool single_owner;
	uaddr_t requeue_addr;
	u32 requeue_count;
};

/*
 * zx_futex_requeue and its single-owner form (11.3). Errors in order:
 * INVALID_ARGS (addresses, unreadable word), BAD_STATE (other value),
 * owner->status, INVALID_ARGS (owner unsuitable). May sleep to fault the word
 * in.
 */
MUST_CHECK zx_status_t futex_requeue(const struct futex_requeue *r,
				     const struct futex_owner *owner);

/* *koid: of the live owner, or 0. INVALID_ARGS for a bad address. May sleep. */
MUST_CHECK zx_status_t futex_get_owner(uaddr_t addr, zx_koid_t *koid);

#endif
