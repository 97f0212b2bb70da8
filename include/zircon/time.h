/*
 * Time on the monotonic clock: nanoseconds in signed 64 bits. The helpers
 * clamp at the two infinities and never wrap.
 */
#ifndef ZIRCON_TIME_H_
#define ZIRCON_TIME_H_

#include <stdint.h>

#include <zircon/compiler.h>

__BEGIN_CDECLS

typedef int64_t zx_time_t;
typedef int64_t zx_duration_t;
typedef int64_t zx_ticks_t;

#define ZX_TIME_INFINITE INT64_MAX
#define ZX_TIME_INFINITE_PAST INT64_MIN

static inline int64_t zx_saturating_add(int64_t a, int64_t b)
{
	int64_t sum = 0;

	if (unlikely(add_overflow(a, b, &sum)))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static inline int64_t zx_saturating_sub(int64_t a, int64_t b)
{
	int64_t difference = 0;

	if (unlikely(sub_overflow(a, b, &difference)))
		return b < 0 ? INT64_MAX : INT64_MIN;
	return difference;
}

static inline int64_t zx_saturating_mul(int64_t a, int64_t b)
{
	int64_t product = 0;

	if (unlikely(mul_overflow(a, b, &product)))
		return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
	return product;
}

static inline zx_time_t zx_time_add_duration(zx_time_t time, zx_duration_t duration)
{
	return zx_saturating_add(time, duration);
}

static inline zx_time_t zx_time_sub_duration(zx_time_t time, zx_duration_t duration)
{
	return zx_saturating_sub(time, duration);
}

static inline zx_duration_t zx_time_sub_time(zx_time_t time1, zx_time_t time2)
{
	return zx_saturating_sub(time1, time2);
}

static inline zx_duration_t zx_duration_add_duration(zx_duration_t dur1, zx_duration_t dur2)
{
	return zx_saturating_add(dur1, dur2);
}

static inline zx_duration_t zx_duration_sub_duration(zx_duration_t dur1, zx_duration_t dur2)
{
	return zx_saturating_sub(dur1, dur2);
}

static inline zx_duration_t zx_duration_mul_int64(zx_duration_t duration, int64_t multiplier)
{
	return zx_saturating_mul(duration, multiplier);
}

static inline int64_t zx_nsec_from_duration(zx_duration_t duration)
{
	return duration;
}

static inline zx_duration_t zx_duration_from_nsec(int64_t n)
{
	return n;
}

static inline zx_duration_t zx_duration_from_usec(int64_t n)
{
	return zx_saturating_mul(n, 1000);
}

static inline zx_duration_t zx_duration_from_msec(int64_t n)
{
	return zx_saturating_mul(n, 1000000);
}

static inline zx_duration_t zx_duration_from_sec(int64_t n)
{
	return zx_saturating_mul(n, 1000000000);
}

static inline zx_duration_t zx_duration_from_min(int64_t n)
{
	return zx_saturating_mul(n, 60000000000ll);
}

static inline zx_duration_t zx_duration_from_hour(int64_t n)
{
	return zx_saturating_mul(n, 3600000000000ll);
}

static inline zx_ticks_t zx_ticks_add_ticks(zx_ticks_t ticks1, zx_ticks_t ticks2)
{
	return zx_saturating_add(ticks1, ticks2);
}

static inline zx_ticks_t zx_ticks_sub_ticks(zx_ticks_t ticks1, zx_ticks_t ticks2)
{
	return zx_saturating_sub(ticks1, ticks2);
}

static inline zx_ticks_t zx_ticks_mul_int64(zx_ticks_t ticks, int64_t multiplier)
{
	return zx_saturating_mul(ticks, multiplier);
}

/* Constant expressions, for initialisers; they do not clamp. */
#define ZX_NSEC(n) ((zx_duration_t)(1ll * (n)))
#define ZX_USEC(n) ((zx_duration_t)(1000ll * (n)))
#define ZX_MSEC(n) ((zx_duration_t)(1000000ll * (n)))
#define ZX_SEC(n) ((zx_duration_t)(1000000000ll * (n)))
#define ZX_MIN(n) ((zx_duration_t)(60000000000ll * (n)))
#define ZX_HOUR(n) ((zx_duration_t)(3600000000000ll * (n)))

/* Only where there is a C library. */
#if !defined(_KERNEL) && __STDC_HOSTED__
#include <time.h>

static inline zx_duration_t zx_duration_from_timespec(struct timespec ts)
{
	return zx_saturating_add(zx_duration_from_sec(ts.tv_sec), ts.tv_nsec);
}

static inline zx_time_t zx_time_from_timespec(struct timespec ts)
{
	return zx_duration_from_timespec(ts);
}

static inline struct timespec zx_timespec_from_duration(zx_duration_t duration)
{
	struct timespec ts;

	ts.tv_sec = (time_t)(duration / 1000000000);
	ts.tv_nsec = (long)(duration % 1000000000);
	return ts;
}

static inline struct timespec zx_timespec_from_time(zx_time_t time)
{
	return zx_timespec_from_duration(time);
}
#endif

__END_CDECLS

#endif
