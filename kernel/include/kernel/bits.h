/*
 * Bit helpers on 64-bit words, in plain integer code: the compiler's population
 * count becomes a libgcc call that uses SIMD registers on AArch64, which the
 * kernel may not touch. CLZ and CTZ builtins are single instructions (RBIT +
 * CLZ) and fine.
 */
#ifndef KERNEL_BITS_H
#define KERNEL_BITS_H

#include <kernel/types.h>

/* Set bits of x; 12 instructions, every constant a logical immediate. */
static inline u32 bit_count64(u64 x)
{
	x -= (x >> 1) & 0x5555555555555555ul;
	x = (x & 0x3333333333333333ul) + ((x >> 2) & 0x3333333333333333ul);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0ful;
	return (u32)((x * 0x0101010101010101ul) >> 56);
}

/* Number of the lowest set bit; x is not 0. */
static inline u32 bit_lowest64(u64 x)
{
	return (u32)__builtin_ctzll(x);
}

/* Number of the highest set bit; x is not 0. */
static inline u32 bit_highest64(u64 x)
{
	return 63 - (u32)__builtin_clzll(x);
}

/* Bits below bit n, n in 0..63. */
static inline u64 bits_below64(u32 n)
{
	return (1ul << n) - 1;
}

/* Bit n and all above, n in 0..63. */
static inline u64 bits_from64(u32 n)
{
	return ~0ul << n;
}

/* Bits first..last, both included, 0 <= first <= last <= 63. */
static inline u64 bits_range64(u32 first, u32 last)
{
	return (~0ul << first) & (~0ul >> (63 - last));
}

/* Rounds v up to a multiple of 1 << log2; the caller rules out overflow. */
static inline u64 align_up_log2(u64 v, u32 log2)
{
	u64 mask = (1ul << log2) - 1;

	return (v + mask) & ~mask;
}

#endif
