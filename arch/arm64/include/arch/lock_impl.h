/*
 * The uncontended cases of locks, as exclusive load and store in line: a call
 * to the outlined atomics costs three times as many instructions. LL/SC is
 * right on every CPU; LSE would pay off only under contention, where the slow
 * paths (kernel/lock.c) use the outlined atomics.
 *
 * Each makes one attempt, which may fail for no reason (a lost exclusive
 * monitor); the caller's slow path tries again. Arm ARM B2.9, B2.3.11.
 */
#ifndef ARM64_ARCH_LOCK_IMPL_H
#define ARM64_ARCH_LOCK_IMPL_H

#include <kernel/types.h>

/* 0 -> 1. Acquire: what the holder before us did is seen by what follows. */
static inline bool arch_lock_try32(u32 *word)
{
	u32 failed;

	__asm__ volatile("ldaxr %w0, %1\n\t"
			 "cbnz %w0, 1f\n\t"
			 "stxr %w0, %w2, %1\n"
			 "1:"
			 : "=&r"(failed), "+Q"(*word)
			 : "r"(1) : "memory");
	return failed == 0;
}

/* 0 -> value. Acquire, as above. */
static inline bool arch_lock_try64(u64 *word, u64 value)
{
	u64 failed;

	__asm__ volatile("ldaxr %0, %1\n\t"
			 "cbnz %0, 1f\n\t"
			 "stxr %w0, %2, %1\n"
			 "1:"
			 : "=&r"(failed), "+Q"(*word)
			 : "r"(value) : "memory");
	return failed == 0;
}

/* old -> value, false if it was not old or the monitor was lost. Release: what
 * we did before is seen by whoever acquires the value. */
static inline bool arch_cas_release32(u32 *word, u32 old, u32 value)
{
	u32 failed;

	__asm__ volatile("ldxr %w0, %1\n\t"
			 "subs %w0, %w0, %w2\n\t"
			 "b.ne 1f\n\t"
			 "stlxr %w0, %w3, %1\n"
			 "1:"
			 : "=&r"(failed), "+Q"(*word)
			 : "r"(old), "r"(value) : "memory", "cc");
	return failed == 0;
}

static inline bool arch_cas_release64(u64 *word, u64 old, u64 value)
{
	u64 failed;

	__asm__ volatile("ldxr %0, %1\n\t"
			 "subs %0, %0, %2\n\t"
			 "b.ne 1f\n\t"
			 "stlxr %w0, %3, %1\n"
			 "1:"
			 : "=&r"(failed), "+Q"(*word)
			 : "r"(old), "r"(value) : "memory", "cc");
	return failed == 0;
}

#endif
