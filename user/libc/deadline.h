/* Times of <time.h> as the kernel's, which are nanoseconds since its start. */
#ifndef LIBC_DEADLINE_H
#define LIBC_DEADLINE_H

#include <time.h>

#include <zircon/types.h>

/*
 * An absolute time of TIME_UTC, which equals the monotonic clock on this system
 * (<time.h>), or a duration. What lies beyond the range of zx_time_t is
 * ZX_TIME_INFINITE; what lies before the start, 0.
 */
static inline zx_time_t jx_deadline(const struct timespec *ts)
{
	zx_time_t ns;

	if (ts->tv_sec < 0)
		return 0;
	if (__builtin_mul_overflow(ts->tv_sec, ZX_SEC(1), &ns) ||
	    __builtin_add_overflow(ns, ts->tv_nsec, &ns))
		return ZX_TIME_INFINITE;
	return ns;
}

static inline struct timespec jx_timespec(zx_time_t ns)
{
	return (struct timespec){ .tv_sec = ns / ZX_SEC(1), .tv_nsec = (long)(ns % ZX_SEC(1)) };
}

#endif
