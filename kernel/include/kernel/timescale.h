/*
 * Conversion between counter ticks and nanoseconds by multiplication.
 *
 * The clock that programs see is defined by one formula, which the vDSO computes
 * from the same counter:
 *
 *	mult = (10^9 << 32) / frequency			(integer division)
 *	ns   = (ticks * mult) >> 32			(128-bit product)
 */
#ifndef KERNEL_TIMESCALE_H
#define KERNEL_TIMESCALE_H

#include <kernel/types.h>

/* The two conversions of one frequency. Fixed after time_scale_init(). */
struct time_scale {
	u64 mult;		/* ns per tick, 32 bits of fraction */
	u64 inverse;		/* ticks per ns, 60 bits of fraction, rounded up */
};

/* frequency: 1 MHz .. 2 GHz; the architecture asks for the same. */
void time_scale_init(struct time_scale *s, u64 frequency);

static inline s64 time_scale_ns(const struct time_scale *s, u64 ticks)
{
	return (s64)(((unsigned __int128)ticks * s->mult) >> 32);
}

/* The first tick at which time_scale_ns() is at least ns, or one more, never
 * less; ns >= 0. */
static inline u64 time_scale_ticks(const struct time_scale *s, s64 ns)
{
	return (u64)(((unsigned __int128)(u64)ns * s->inverse) >> 60) + 1;
}

#endif
