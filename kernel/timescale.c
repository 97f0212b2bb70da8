/*
 * Factors of the clock. See <kernel/timescale.h>.
 */
#include <kernel/timescale.h>

#define NS_PER_SECOND 1000000000ul

/*
 * (dividend << shift) / divisor, by hand: a 128-bit division would be a call
 * into libgcc. Needs dividend < divisor << (64 - shift) and divisor < 2^63.
 */
static u64 divide_shifted(u64 dividend, u32 shift, u64 divisor)
{
	u64 quotient = dividend / divisor;
	u64 rest = dividend % divisor;
	u32 i;

	for (i = 0; i < shift; i++) {
		rest <<= 1;
		quotient <<= 1;
		if (rest >= divisor) {
			rest -= divisor;
			quotient |= 1;
		}
	}
	return quotient;
}

void time_scale_init(struct time_scale *s, u64 frequency)
{
	s->mult = (NS_PER_SECOND << 32) / frequency;
	/* 2^92 / mult: the inverse of mult itself, not of the exact ratio, so
	 * that both directions agree after any time. */
	s->inverse = divide_shifted(1ul << 32, 60, s->mult) + 1;
}
