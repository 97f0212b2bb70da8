/*
 * <time.h> of the C library, with the clocks of POSIX that this system has,
 * and C11's timespec_get().
 *
 * There is no clock of the time of day: CLOCK_REALTIME and TIME_UTC count from
 * the start of the machine, as if it had been started in 1970.
 */
#ifndef JX_TIME_H
#define JX_TIME_H
#pragma GCC system_header

/*
 * What makes the C library's header name the clocks. _POSIX_TIMERS would make
 * it include <signal.h> as well, which has nothing to do here.
 */
#ifndef _POSIX_MONOTONIC_CLOCK
#define _POSIX_MONOTONIC_CLOCK 200809L
#endif
#ifndef _POSIX_CPUTIME
#define _POSIX_CPUTIME 200809L
#endif
#ifndef _POSIX_THREAD_CPUTIME
#define _POSIX_THREAD_CPUTIME 200809L
#endif
#ifndef _POSIX_CLOCK_SELECTION
#define _POSIX_CLOCK_SELECTION 200809L
#endif
#include_next <time.h>

#ifndef TIME_UTC
#define TIME_UTC 1
#endif

#ifdef __cplusplus
extern "C" {
#endif

int clock_gettime(clockid_t clock, struct timespec *now);
int clock_getres(clockid_t clock, struct timespec *resolution);
int nanosleep(const struct timespec *wanted, struct timespec *remaining);
/* Returns base, or 0 if it is not TIME_UTC. */
int timespec_get(struct timespec *ts, int base);

#ifdef __cplusplus
}
#endif

#endif
