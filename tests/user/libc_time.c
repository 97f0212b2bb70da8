/* The C library's clocks and sleeps agree with the kernel's. */
#include <errno.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <jx/ktap.h>
#include <zircon/syscalls.h>

static zx_time_t ns_of(struct timespec ts)
{
	return ZX_SEC(ts.tv_sec) + ts.tv_nsec;
}

/* True if a clock reads between two readings of the kernel's. */
static bool between(clockid_t clock)
{
	zx_time_t before = zx_clock_get_monotonic();
	struct timespec now = { 0 };
	int result = clock_gettime(clock, &now);

	return result == 0 && ns_of(now) >= before && ns_of(now) <= zx_clock_get_monotonic();
}

JX_TEST(libc_clocks_are_the_kernels)
{
	struct timespec ts;
	struct timeval tv;
	zx_time_t before;

	EXPECT_TRUE(between(CLOCK_MONOTONIC));
	EXPECT_TRUE(between(CLOCK_REALTIME));
	before = zx_clock_get_monotonic();
	EXPECT_EQ(timespec_get(&ts, TIME_UTC), TIME_UTC);
	EXPECT_TRUE(ns_of(ts) >= before);
	EXPECT_EQ(timespec_get(&ts, TIME_UTC + 7), 0);
	ASSERT_EQ(gettimeofday(&tv, NULL), 0);
	EXPECT_TRUE(ZX_SEC(tv.tv_sec) + ZX_USEC(tv.tv_usec) >= before - ZX_USEC(1));
	EXPECT_TRUE(time(NULL) >= before / ZX_SEC(1));
}

JX_TEST(libc_processor_time_grows_with_work)
{
	struct timespec thread, process;
	clock_t start = clock();

	ASSERT_TRUE(start != (clock_t)-1);
	while (clock() == start)
		continue;
	ASSERT_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &thread), 0);
	ASSERT_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &process), 0);
	EXPECT_TRUE(ns_of(thread) > 0);
	EXPECT_TRUE(ns_of(process) > 0);
}

JX_TEST(libc_unknown_clocks_are_refused)
{
	struct timespec ts = { 0 };

	errno = 0;
	EXPECT_EQ(clock_gettime((clockid_t)77, &ts), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(clock_nanosleep((clockid_t)77, 0, &ts, NULL), EINVAL);
	ts.tv_nsec = ZX_SEC(1);
	EXPECT_EQ(nanosleep(&ts, NULL), -1);
	EXPECT_EQ(thrd_sleep(&ts, NULL), -2);
}

JX_TEST(libc_sleeps_are_not_short)
{
	const struct timespec ms = { .tv_nsec = ZX_MSEC(1) };
	zx_time_t before = zx_clock_get_monotonic();
	struct timespec left = { 1, 1 };

	EXPECT_EQ(nanosleep(&ms, &left), 0);
	EXPECT_EQ(ns_of(left), 0);
	EXPECT_EQ(usleep(1000), 0);
	EXPECT_EQ(thrd_sleep(&ms, NULL), 0);
	EXPECT_TRUE(zx_clock_get_monotonic() - before >= ZX_MSEC(3));
}
