/*
 * Locks of the C library: malloc and friends take one recursive lock, others
 * are made on demand (none in what this system's programs use).
 */
#include <stdlib.h>
#include <sys/lock.h>

#include <jx/runtime.h>

struct __lock {
	struct jx_lock lock;
	/* Thread pointer of the holder; written by the holder only. */
	_Atomic uintptr_t owner;
	/* Under lock. */
	uint32_t depth;
};

struct __lock __lock___libc_recursive_mutex;

/* Newer headers of the library no longer declare these two. */
int __retarget_lock_try_acquire(_LOCK_T lock);
int __retarget_lock_try_acquire_recursive(_LOCK_T lock);

void __retarget_lock_init(_LOCK_T *lock)
{
	*lock = calloc(1, sizeof(**lock));
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
	free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
	free(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
	jx_lock_acquire(&lock->lock);
}

void __retarget_lock_release(_LOCK_T lock)
{
	jx_lock_release(&lock->lock);
}

/*
 * Relaxed reads of owner suffice: it equals the caller's own thread pointer
 * only if the caller wrote it.
 */
void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
	uintptr_t self = jx_thread_pointer();

	if (atomic_load_explicit(&lock->owner, memory_order_relaxed) != self) {
		jx_lock_acquire(&lock->lock);
		atomic_store_explicit(&lock->owner, self, memory_order_relaxed);
	}
	lock->depth++;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
	if (--lock->depth != 0)
		return;
	atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
	jx_lock_release(&lock->lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
	int free_word = 0;

	return atomic_compare_exchange_strong_explicit(&lock->lock.word, &free_word, 1,
						       memory_order_acquire, memory_order_relaxed);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	uintptr_t self = jx_thread_pointer();

	if (atomic_load_explicit(&lock->owner, memory_order_relaxed) != self) {
		if (!__retarget_lock_try_acquire(lock))
			return 0;
		atomic_store_explicit(&lock->owner, self, memory_order_relaxed);
	}
	lock->depth++;
	return 1;
}
