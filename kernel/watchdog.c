/*
 * A thread that tells the host below, where there is one, that the kernel still
 * schedules. If it stops, the host ends the machine with a report: a run never
 * hangs.
 */
#include <arch/host.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/watchdog.h>

#define PERIOD_NS (ARCH_HOST_PROMISE_SECONDS * 1000000000ll / 5)

static void watchdog_main(void *arg)
{
	zx_status_t status = ZX_ERR_TIMED_OUT;
	struct waiter w;

	(void)arg;
	while (status == ZX_ERR_TIMED_OUT) {
		arch_host_alive();
		waiter_init(&w);
		status = waiter_sleep(&w, ktime_now() + PERIOD_NS,
				      WAIT_UNINTERRUPTIBLE, 0);
	}
	panic("the watchdog's sleep ended with status %d", status);
}

void watchdog_start(void)
{
	if (!arch_host_present())
		return;
	if (thread_create_kernel("watchdog", watchdog_main, NULL,
				 THREAD_PRIORITY_HIGH) != ZX_OK)
		panic_stop("no memory for the watchdog's thread");
}
