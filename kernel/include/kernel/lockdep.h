/*
 * Lock checker (CONFIG_LOCKDEP): order of classes, recursion, release by
 * somebody else, sleeping where one may not. Called by the lock functions;
 * exists as empty code in other builds.
 */
#ifndef KERNEL_LOCKDEP_H
#define KERNEL_LOCKDEP_H

#include <kernel/types.h>

enum lockdep_kind {
	LOCKDEP_MUTEX,
	LOCKDEP_MUTEX_SECOND,	/* second of a pair: its class may repeat */
	LOCKDEP_MUTEX_TRY,	/* taken already, without waiting: recorded
				 * only, no order and no sleep to check */
	LOCKDEP_SPIN,
	LOCKDEP_SPIN_IRQ,
};

/* Before the lock is taken, by the thread that wants it. */
void lockdep_acquire(const void *lock, u32 class, enum lockdep_kind kind);
/* Before it is freed. */
void lockdep_release(const void *lock);
/* Reports a mutex of this class that is not held where it must be. */
void lockdep_not_held(u32 class);
/* Reports it if the running thread may not sleep here. */
void lockdep_may_sleep(void);
/* Panics if the running thread holds any lock (return to user mode). */
void lockdep_assert_none(const char *where);
/* From now on interrupts must be on where a thread sleeps. */
void lockdep_boot_done(void);

/* For tests: while set, a violation calls this instead of panicking, and the
 * checked operation goes on. Sees what the running thread does. */
extern void (*lockdep_report_hook)(const char *what);

#endif
