/*
 * Time without a kernel entry: the kernel's clock is defined by one formula
 * over the virtual counter (<kernel/timescale.h>), computed again here with the
 * same factor, so that both always agree. EL0 may read the counter.
 */
#include <zircon/syscalls.h>

#include "../libzx/names.h"
#include "constants.h"

static inline uint64_t read_counter(void)
{
	uint64_t ticks;

	/* ISB: the counter is not read before what precedes the call. */
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return ticks;
}

static inline zx_time_t read_clock(void)
{
	uint64_t factor = vdso_constants.ns_per_tick;

	return (zx_time_t)(((unsigned __int128)read_counter() * factor) >> 32);
}

zx_ticks_t _zx_ticks_get(void)
{
	return (zx_ticks_t)read_counter();
}

zx_ticks_t _zx_ticks_per_second(void)
{
	return (zx_ticks_t)vdso_constants.ticks_per_second;
}

zx_time_t _zx_clock_get_monotonic(void)
{
	return read_clock();
}

zx_time_t _zx_deadline_after(zx_duration_t nanoseconds)
{
	return zx_time_add_duration(read_clock(), nanoseconds);
}

SECOND_NAME(zx_ticks_get);
SECOND_NAME(zx_ticks_per_second);
SECOND_NAME(zx_clock_get_monotonic);
SECOND_NAME(zx_deadline_after);
