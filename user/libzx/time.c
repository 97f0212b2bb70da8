/*
 * Time without a kernel entry: the kernel's clock is defined by one formula
 * over the virtual counter (<kernel/timescale.h>), computed again here, so that
 * both always agree. EL0 may read both registers.
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

/* Nanoseconds per tick with 32 bits of fraction, times the ticks. */
zx_time_t _zx_clock_get_monotonic(void)
{
	uint64_t mult = (NS_PER_SECOND << 32) / (uint64_t)_zx_ticks_per_second();
	uint64_t ticks = (uint64_t)_zx_ticks_get();

	return (zx_time_t)(((unsigned __int128)ticks * mult) >> 32);
}

zx_time_t _zx_deadline_after(zx_duration_t nanoseconds)
{
	return zx_time_add_duration(_zx_clock_get_monotonic(), nanoseconds);
}

SECOND_NAME(zx_ticks_get);
SECOND_NAME(zx_ticks_per_second);
SECOND_NAME(zx_clock_get_monotonic);
SECOND_NAME(zx_deadline_after);
