/*
 * Clocks (tasks.md 16). The monotonic clock needs no call: libzx reads the
 * counter. There is no clock of the time of day.
 */
#include <kernel/thread.h>
#include <kernel/time.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "era.h"

zx_status_t sys_clock_get(zx_clock_t clock_id, uaddr_t out)
{
	if (clock_id == ZX_CLOCK_MONOTONIC)
		return user_put_u64(out, (u64)ktime_now());
	if (clock_id == ZX_CLOCK_THREAD && ERA_CLOCK_GET_KNOWS_THREADS)
		return user_put_u64(out, thread_runtime_ns(thread_current()));
	return ZX_ERR_INVALID_ARGS;
}
