/*
 * Time without a kernel entry. The kernel's monotonic clock is the virtual
 * counter scaled by its frequency; the same sum is made here, so both always
 * agree. EL0 may read both registers.
 */
#include <zircon/syscalls.h>

#include "names.h"

#define NS_PER_SECOND 1000000000ull

zx_ticks_t _zx_ticks_get(void)
{
	uint64_t ticks;

	/* ISB: the counter is not read before what precedes the call. */
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return (zx_ticks_t)ticks;
}

zx_ticks_t _zx_ticks_per_second(void)
{
	uint64_t frequency;

	__asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
	return (zx_ticks_t)frequency;
}

/*
 * ticks * 10^9 / frequency, rounded down, without 128-bit arithmetic: whole
 * seconds scale exactly, and the rest is below the frequency (at most 2^32),
 * so that its product stays within 64 bits.
 */
zx_time_t _zx_clock_get_monotonic(void)
{
	uint64_t ticks = (uint64_t)_zx_ticks_get();
	uint64_t frequency = (uint64_t)_zx_ticks_per_second();
	uint64_t seconds = ticks / frequency;
	uint64_t rest = ticks - seconds * frequency;

	return (zx_time_t)(seconds * NS_PER_SECOND + rest * NS_PER_SECOND / frequency);
}

zx_time_t _zx_deadline_after(zx_duration_t nanoseconds)
{
	return zx_time_add_duration(_zx_clock_get_monotonic(), nanoseconds);
}

SECOND_NAME(zx_ticks_get);
SECOND_NAME(zx_ticks_per_second);
SECOND_NAME(zx_clock_get_monotonic);
SECOND_NAME(zx_deadline_after);
