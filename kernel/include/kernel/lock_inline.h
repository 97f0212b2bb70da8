/*
 * Uncontended cases of the locks, in line; included by <kernel/lock.h> only.
 * Without CONFIG_LOCKDEP the calls of the checker are dropped by the compiler.
 */
#ifndef KERNEL_LOCK_INLINE_H
#define KERNEL_LOCK_INLINE_H

#include <arch/lock_impl.h>
#include <kernel/lockdep.h>

/* Not free at once; kernel/lock.c. */
void spin_lock_slow(struct spinlock *l);
void mutex_lock_slow(struct mutex *m, u64 self);
void mutex_unlock_slow(struct mutex *m, u64 self);

/* The lock word alone, for holders that keep interrupts off by themselves or
 * hand the lock over to another thread (run queues); not tracked. */
static inline void spin_lock_raw(struct spinlock *l)
{
	if (__builtin_expect(!arch_lock_try32(&l->word), 0))
		spin_lock_slow(l);
}

/* One attempt, for those who would wait in a circle otherwise. */
static inline MUST_CHECK bool spin_try_raw(struct spinlock *l)
{
	return arch_lock_try32(&l->word);
}

/* Release: what was done under the lock comes before the next holder. */
static inline void spin_unlock_raw(struct spinlock *l)
{
	__atomic_store_n(&l->word, 0, __ATOMIC_RELEASE);
}

static inline void spin_lock(struct spinlock *l)
{
	preempt_disable();
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_acquire(l, l->class, LOCKDEP_SPIN);
	spin_lock_raw(l);
}

static inline void spin_unlock(struct spinlock *l)
{
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_release(l);
	spin_unlock_raw(l);
	preempt_enable();
}

static inline MUST_CHECK u64 spin_lock_irq(struct spinlock *l)
{
	u64 mask = arch_irq_save();

	if (LATENCY_TRACED)
		latency_begin();
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_acquire(l, l->class, LOCKDEP_SPIN_IRQ);
	spin_lock_raw(l);
	return mask;
}

static inline void spin_unlock_irq(struct spinlock *l, u64 mask)
{
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_release(l);
	spin_unlock_raw(l);
	if (LATENCY_TRACED)
		latency_end();
	arch_irq_restore(mask);
}

/* Owner word of the running thread. */
static inline u64 mutex_self(void)
{
	return (u64)(uintptr_t)arch_current();
}

/* Takes it without looking at the order; for mutex_lock_pair(). */
static inline void mutex_lock_unordered(struct mutex *m)
{
	u64 self = mutex_self();

	if (__builtin_expect(!arch_lock_try64(&m->owner, self), 0))
		mutex_lock_slow(m, self);
}

static inline void mutex_lock(struct mutex *m)
{
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_acquire(m, m->class, LOCKDEP_MUTEX);
	mutex_lock_unordered(m);
}

/* Takes it if it is free, else returns false; never sleeps, so it may be called
 * with preemption off. On real CPUs it may fail for no reason, rarely: an
 * interrupt between the exclusive load and store is enough. */
static inline MUST_CHECK bool mutex_trylock(struct mutex *m)
{
	if (!arch_lock_try64(&m->owner, mutex_self()))
		return false;
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_acquire(m, m->class, LOCKDEP_MUTEX_TRY);
	return true;
}

static inline void mutex_unlock(struct mutex *m)
{
	u64 self = mutex_self();

	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_release(m);
	if (__builtin_expect(!arch_cas_release64(&m->owner, self, 0), 0))
		mutex_unlock_slow(m, self);
}

/* Takes two mutexes of one class in address order; a may equal b. */
static inline void mutex_lock_pair(struct mutex *a, struct mutex *b)
{
	struct mutex *second = a < b ? b : a;

	mutex_lock(a < b ? a : b);
	if (a == b)
		return;
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_acquire(second, second->class, LOCKDEP_MUTEX_SECOND);
	mutex_lock_unordered(second);
}

static inline void mutex_unlock_pair(struct mutex *a, struct mutex *b)
{
	mutex_unlock(a);
	if (a != b)
		mutex_unlock(b);
}

static inline void lock_assert_held(const struct mutex *m)
{
	if (IS_ENABLED(CONFIG_LOCKDEP) && !mutex_is_held(m))
		lockdep_not_held(m->class);
}

static inline void lock_assert_may_sleep(void)
{
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_may_sleep();
}

#endif
