/*
 * Locks: the contended cases. The uncontended ones are in
 * <kernel/lock_inline.h>, the checker in lockdep.c.
 *
 * Mutex: the owner word is the owner's address, with bit 0 set while threads
 * are queued. Bit 0 is set and cleared only under wait_lock, so it says
 * exactly whether `waiters` is empty; a word with bit 0 never falls to 0 by the
 * fast path. The holder that finds it set hands the mutex to the oldest waiter:
 * nobody overtakes the queue, hence nobody starves.
 */
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <kernel/wait.h>

#define MUTEX_WAITERS 1ul
/* Tries before a thread gives up hope that a running owner is done soon:
 * about the cost of going to sleep and being woken. */
#define MUTEX_SPIN_LIMIT 400

void spin_init(struct spinlock *l, enum lock_class class)
{
	l->word = 0;
	l->class = class;
}

/*
 * Waits with plain loads, so that the line stays shared until it is free. The
 * relaxed load only gives a hint; taking the lock is the acquire.
 */
void spin_lock_slow(struct spinlock *l)
{
	stat_add(STAT_LOCK_SPINS, 1);
	do {
		while (__atomic_load_n(&l->word, __ATOMIC_RELAXED) != 0)
			arch_cpu_relax();
	} while (!arch_lock_try32(&l->word));
}

void mutex_init(struct mutex *m, enum lock_class class)
{
	m->owner = 0;
	list_init(&m->waiters);
	spin_init(&m->wait_lock, LOCK_MUTEX);
	m->class = class;
}

/* mutex_unlock_slow() lets the next owner go on before it frees wait_lock, which
 * is its last access. */
void mutex_destroy(struct mutex *m)
{
	spin_lock(&m->wait_lock);
	spin_unlock(&m->wait_lock);
}

static struct thread *mutex_owner(u64 word)
{
	return (struct thread *)(uintptr_t)(word & ~MUTEX_WAITERS);
}

/*
 * Waits while the owner is on a CPU and nobody queues; true if the mutex was
 * taken. Preemption is off, so that this CPU is not quiescent and the owner's
 * memory stays valid although it may end meanwhile (threads are freed by the
 * epoch). sched_state is read racily: it is only a hint.
 */
static bool mutex_spin(struct mutex *m, u64 self)
{
	bool taken = false;

	preempt_disable();
	for (u32 i = 0; i < MUTEX_SPIN_LIMIT; i++) {
		u64 word = __atomic_load_n(&m->owner, __ATOMIC_RELAXED);

		if (word == 0) {
			taken = arch_lock_try64(&m->owner, self);
			if (taken)
				break;
			continue;
		}
		if ((word & MUTEX_WAITERS) != 0 || arch_current()->resched ||
		    __atomic_load_n(&mutex_owner(word)->sched_state,
				    __ATOMIC_RELAXED) != SCHED_RUNNING)
			break;
		arch_cpu_relax();
	}
	preempt_enable();
	return taken;
}

/*
 * Under wait_lock: takes the mutex if it is free (true), else sets bit 0.
 * Acquire on taking. Setting the bit needs no order: the owner's unlock either
 * sees it and comes for wait_lock, or was before and left 0.
 */
static bool mutex_take_or_mark(struct mutex *m, u64 self)
{
	u64 word = __atomic_load_n(&m->owner, __ATOMIC_RELAXED);

	for (;;) {
		u64 want = word == 0 ? self : word | MUTEX_WAITERS;

		if (__atomic_compare_exchange_n(&m->owner, &word, want, true,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return want == self;
	}
}

void mutex_lock_slow(struct mutex *m, u64 self)
{
	struct waiter w;

	if (mutex_spin(m, self))
		return;
	stat_add(STAT_LOCK_WAITS, 1);
	waiter_init(&w);
	spin_lock(&m->wait_lock);
	if (mutex_take_or_mark(m, self)) {
		spin_unlock(&m->wait_lock);
		return;
	}
	list_add_tail(&m->waiters, &w.node);
	spin_unlock(&m->wait_lock);
	/* Only the hand-over wakes us, which unlinked w before: no way back to
	 * the queue is needed. Its stores are seen by waiter_sleep's acquire. */
	ASSERT(waiter_sleep(&w, ZX_TIME_INFINITE, WAIT_UNINTERRUPTIBLE, 0) ==
	       ZX_OK);
	DEBUG_ASSERT(mutex_is_held(m));
}

/* The fast path failed: threads wait, or the exclusive store was lost. */
void mutex_unlock_slow(struct mutex *m, u64 self)
{
	struct waiter *w;
	u64 word;

	ASSERT((struct thread *)(uintptr_t)self == mutex_owner(m->owner));
	spin_lock(&m->wait_lock);
	if (list_is_empty(&m->waiters)) {
		/* A lost exclusive only; bit 0 is clear and stays so, since
		 * it is set under wait_lock. */
		__atomic_store_n(&m->owner, 0, __ATOMIC_RELEASE);
		spin_unlock(&m->wait_lock);
		return;
	}
	w = list_entry(list_pop_head(&m->waiters), struct waiter, node);
	word = (u64)(uintptr_t)w->thread;
	if (!list_is_empty(&m->waiters))
		word |= MUTEX_WAITERS;
	/* Release for readers of the word; the new owner itself is ordered by
	 * the wake. */
	__atomic_store_n(&m->owner, word, __ATOMIC_RELEASE);
	waiter_wake(w, ZX_OK);
	spin_unlock(&m->wait_lock);
}

bool mutex_is_held(const struct mutex *m)
{
	u64 word = __atomic_load_n(&m->owner, __ATOMIC_RELAXED);

	return mutex_owner(word) == thread_current();
}
