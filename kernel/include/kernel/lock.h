/*
 * Locks: spinlocks and sleeping mutexes, one order, checked at run time.
 *
 * The order is enum lock_class, from outer to inner: a thread that holds a
 * lock of some class may take only locks of later classes. Two mutexes of one
 * class are taken only through mutex_lock_pair(), which orders by address.
 * CONFIG_LOCKDEP checks this at every acquisition, checks that nothing sleeps
 * with preemption off, and lets lock_assert_held() see who holds what; without
 * it all checks cost nothing.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <kernel/list.h>
#include <kernel/preempt.h>
#include <kernel/types.h>

/* Outermost first. M = mutex (may sleep inside), S = spinlock (preemption
 * off), I = spinlock taken from interrupts too (interrupts off). */
enum lock_class {
	LOCK_RECLAIM,		/* M freeing frames of others, holding nothing */
	LOCK_JOB,		/* M job: children */
	LOCK_PROCESS,		/* M process: state, thread list */
	LOCK_HANDLES,		/* M handle table */
	LOCK_ASPACE,		/* M address space: VMAR trees, mappings */
	LOCK_FAMILY,		/* M VMO family: who is whose child */
	LOCK_VMO,		/* M VMO: page tree, size, mapping list */
	LOCK_SOURCE,		/* M page source: requests, packet slot */
	LOCK_KSTACK,		/* M kernel stack area */
	LOCK_DEVICE,		/* M list of exclusive resources; BTI: its tokens */
	LOCK_FUTEX,		/* S futex bucket */
	LOCK_EXCEPTION,		/* S registration of exception channels */
	LOCK_OBJECT,		/* S object: signals, observers */
	LOCK_PORT,		/* S port: packet queue, waiters */
	LOCK_THREAD,		/* S thread: current waiter, kill */
	LOCK_DISCARD,		/* S list of unlocked discardable VMOs */
	LOCK_EVICT,		/* S list of pagers' VMOs */
	LOCK_PT,		/* S page tables of one aspace */
	LOCK_ASID,		/* S ASID allocator */
	LOCK_SLAB,		/* S slab cache */
	LOCK_PMM,		/* S frame allocator */
	LOCK_EPOCH,		/* S epoch lists */
	LOCK_MUTEX,		/* S waiters of one mutex */
	LOCK_PTCHECK,		/* I page-table checker */
	LOCK_CONSOLE_RX,	/* I received characters, log readers: wakes */
	LOCK_TIMER,		/* I deadline queue of one CPU */
	LOCK_SCHED,		/* I run queue of one CPU */
	LOCK_LOG,		/* I log ring and console output */
	LOCK_CLASS_COUNT,
};

struct spinlock {
	/* Atomic: 0 free, 1 taken. Acquire on taking, release on freeing. */
	u32 word;
	/* Fixed after init: enum lock_class. */
	u32 class;
};

#define SPINLOCK_INIT(c) { 0, (c) }

void spin_init(struct spinlock *l, enum lock_class class);

/*
 * Sleeping lock. Thread context, preemption on. Not recursive. Waiting for a
 * mutex cannot be interrupted by kill: holders never wait for user space.
 * Waiters get it in the order in which they came, handed over by the holder.
 */
struct mutex {
	/* Atomic: struct thread * of the owner; bit 0 set while threads wait.
	 * Acquire on taking, release on freeing. */
	u64 owner;
	/* Under wait_lock: struct waiter nodes, oldest first. */
	struct list_node waiters;
	struct spinlock wait_lock;
	/* Fixed after init: enum lock_class. */
	u32 class;
};

void mutex_init(struct mutex *m, enum lock_class class);
/* For who holds it last, after the unlock and before the memory goes at once (not
 * by an epoch): the holder before may still be about to end the hand-over. */
void mutex_destroy(struct mutex *m);
bool mutex_is_held(const struct mutex *m);

/*
 * spin_lock, spin_unlock: S locks; preemption is off while held.
 * spin_lock_irq: I locks; interrupts are off while held; returns the mask that
 * spin_unlock_irq wants. mutex_lock may sleep. lock_assert_*: CONFIG_LOCKDEP
 * panics unless the running thread holds m, respectively if it may not sleep
 * here; other builds do nothing.
 *
 * An architecture that has <arch/lock_impl.h> gets the uncontended cases in
 * line; others (the fake one) define these functions themselves.
 */
#if __has_include(<arch/lock_impl.h>)
#include <kernel/lock_inline.h>
#else
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
MUST_CHECK u64 spin_lock_irq(struct spinlock *l);
void spin_unlock_irq(struct spinlock *l, u64 mask);
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
void lock_assert_held(const struct mutex *m);
void lock_assert_may_sleep(void);
#endif

#endif
