/*
 * The uncontended cases of locks by the compiler's atomics. Strong, so they do
 * not fail for no reason.
 */
#ifndef FAKE_ARCH_LOCK_IMPL_H
#define FAKE_ARCH_LOCK_IMPL_H

#include <kernel/types.h>

static inline bool arch_lock_try32(u32 *word)
{
	u32 free = 0;

	return __atomic_compare_exchange_n(word, &free, 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool arch_lock_try64(u64 *word, u64 value)
{
	u64 free = 0;

	return __atomic_compare_exchange_n(word, &free, value, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool arch_cas_release32(u32 *word, u32 old, u32 value)
{
	return __atomic_compare_exchange_n(word, &old, value, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline bool arch_cas_release64(u64 *word, u64 old, u64 value)
{
	return __atomic_compare_exchange_n(word, &old, value, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

#endif
