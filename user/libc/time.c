/* Clocks of POSIX and C11 over the monotonic clock. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "deadline.h"

/* The system counter ticks no faster than every nanosecond. */
static const struct timespec resolution = { 0, 1 };

static zx_time_t thread_time(void)
{
	zx_info_thread_stats_t stats;

	return zx_object_get_info(zx_thread_self(), ZX_INFO_THREAD_STATS, &stats, sizeof(stats),
				  NULL, NULL) == ZX_OK ? stats.total_runtime : -1;
}

/* Of all threads; the calling one's where the kernel does not tell. */
static zx_time_t process_time(void)
{
	zx_info_task_runtime_t runtime;

	if (zx_object_get_info(zx_process_self(), ZX_INFO_TASK_RUNTIME, &runtime, sizeof(runtime),
			       NULL, NULL) != ZX_OK)
		return thread_time();
	return runtime.cpu_time;
}

/* -1 if there is no such clock. */
static zx_time_t read_clock(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		return zx_clock_get_monotonic();
	case CLOCK_PROCESS_CPUTIME_ID:
		return process_time();
	case CLOCK_THREAD_CPUTIME_ID:
		return thread_time();
	}
	return -1;
}

static int invalid(void)
{
	errno = EINVAL;
	return -1;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	zx_time_t time = read_clock(clock);

	if (time < 0)
		return invalid();
	*now = jx_timespec(time);
	return 0;
}

int clock_getres(clockid_t clock, struct timespec *result)
{
	if (read_clock(clock) < 0)
		return invalid();
	if (result)
		*result = resolution;
	return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec ts = jx_timespec(zx_clock_get_monotonic());

	(void)zone;
	*now = (struct timeval){ .tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000 };
	return 0;
}

int timespec_get(struct timespec *ts, int base)
{
	if (base != TIME_UTC)
		return 0;
	*ts = jx_timespec(zx_clock_get_monotonic());
	return base;
}

/* For clock(). Time in the kernel counts as the program's own. */
clock_t times(struct tms *out)
{
	zx_time_t time = process_time();

	if (time < 0)
		return (clock_t)invalid();
	*out = (struct tms){ .tms_utime = (clock_t)(time / (ZX_SEC(1) / CLOCKS_PER_SEC)) };
	return (clock_t)(zx_clock_get_monotonic() / (ZX_SEC(1) / CLOCKS_PER_SEC));
}

/* Returns an error number: this is how POSIX wants it. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
		    struct timespec *remaining)
{
	zx_time_t deadline = jx_deadline(wanted);

	if (wanted->tv_nsec < 0 || wanted->tv_nsec >= ZX_SEC(1) || wanted->tv_sec < 0 ||
	    (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME))
		return EINVAL;
	if (!(flags & TIMER_ABSTIME))
		deadline = zx_deadline_after(deadline);
	zx_nanosleep(deadline);
	/* There are no signals: nobody wakes early. */
	if (remaining && !(flags & TIMER_ABSTIME))
		*remaining = (struct timespec){ 0 };
	return 0;
}

int nanosleep(const struct timespec *wanted, struct timespec *remaining)
{
	int error = clock_nanosleep(CLOCK_MONOTONIC, 0, wanted, remaining);

	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

int usleep(useconds_t us)
{
	zx_nanosleep(zx_deadline_after(ZX_USEC(us)));
	return 0;
}

unsigned int sleep(unsigned int seconds)
{
	zx_nanosleep(zx_deadline_after(ZX_SEC(seconds)));
	return 0;
}
