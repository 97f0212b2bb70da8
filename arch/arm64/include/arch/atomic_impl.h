/*
 * The atomic operations of <kernel/atomic.h> as exclusive load and store in
 * line: a call to the outlined atomics costs three times as many instructions
 * and all of the caller's registers. LL/SC is right on every CPU. Arm ARM B2.9.
 */
#ifndef ARM64_ARCH_ATOMIC_IMPL_H
#define ARM64_ARCH_ATOMIC_IMPL_H

#include <kernel/types.h>

/* One attempt, which may fail for no reason. Acquire on the load, release on
 * the store: what stands before it in the program is done before the store. */
static inline bool arch_try_swap64(u64 *word, u64 from, u64 to)
{
	u64 failed;

	__asm__ volatile("ldaxr %0, %1\n\t"
			 "subs %0, %0, %2\n\t"
			 "b.ne 1f\n\t"
			 "stlxr %w0, %3, %1\n"
			 "1:"
			 : "=&r"(failed), "+Q"(*word)
			 : "r"(from), "r"(to) : "memory", "cc");
	return failed == 0;
}

/* Unordered. Return the sum. */
static inline u32 arch_add32(u32 *word, u32 n)
{
	u32 value, failed;

	__asm__ volatile("1:\n\t"
			 "ldxr %w0, %2\n\t"
			 "add %w0, %w0, %w3\n\t"
			 "stxr %w1, %w0, %2\n\t"
			 "cbnz %w1, 1b"
			 : "=&r"(value), "=&r"(failed), "+Q"(*word)
			 : "r"(n) : "memory");
	return value;
}

static inline u64 arch_add64(u64 *word, u64 n)
{
	u64 value;
	u32 failed;

	__asm__ volatile("1:\n\t"
			 "ldxr %0, %2\n\t"
			 "add %0, %0, %3\n\t"
			 "stxr %w1, %0, %2\n\t"
			 "cbnz %w1, 1b"
			 : "=&r"(value), "=&r"(failed), "+Q"(*word)
			 : "r"(n) : "memory");
	return value;
}

/* Release. Returns what is left. */
static inline u32 arch_sub32_release(u32 *word, u32 n)
{
	u32 value, failed;

	__asm__ volatile("1:\n\t"
			 "ldxr %w0, %2\n\t"
			 "sub %w0, %w0, %w3\n\t"
			 "stlxr %w1, %w0, %2\n\t"
			 "cbnz %w1, 1b"
			 : "=&r"(value), "=&r"(failed), "+Q"(*word)
			 : "r"(n) : "memory");
	return value;
}

/* Acquire on the load, release on the store. Returns what was there. */
static inline u64 arch_exchange64(u64 *word, u64 to)
{
	u64 value;
	u32 failed;

	__asm__ volatile("1:\n\t"
			 "ldaxr %0, %2\n\t"
			 "stlxr %w1, %3, %2\n\t"
			 "cbnz %w1, 1b"
			 : "=&r"(value), "=&r"(failed), "+Q"(*word)
			 : "r"(to) : "memory");
	return value;
}

#endif
