/*
 * The atomic operations of the hottest paths (references, handle slots), in
 * line where the architecture has <arch/atomic_impl.h>. Everything else uses
 * the compiler's builtins.
 */
#ifndef KERNEL_ATOMIC_H
#define KERNEL_ATOMIC_H

#include <kernel/types.h>

#if __has_include(<arch/atomic_impl.h>)
#include <arch/atomic_impl.h>
#else

/* Acquire and release; may fail although *word == from. */
static inline bool arch_try_swap64(u64 *word, u64 from, u64 to)
{
	return __atomic_compare_exchange_n(word, &from, to, true,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Unordered. Return the sum. */
static inline u32 arch_add32(u32 *word, u32 n)
{
	return __atomic_add_fetch(word, n, __ATOMIC_RELAXED);
}

static inline u64 arch_add64(u64 *word, u64 n)
{
	return __atomic_add_fetch(word, n, __ATOMIC_RELAXED);
}

/* Release. Returns what is left. */
static inline u32 arch_sub32_release(u32 *word, u32 n)
{
	return __atomic_sub_fetch(word, n, __ATOMIC_RELEASE);
}

/* Acquire and release. Returns what was there. */
static inline u64 arch_exchange64(u64 *word, u64 to)
{
	return __atomic_exchange_n(word, to, __ATOMIC_ACQ_REL);
}

#endif

#endif
