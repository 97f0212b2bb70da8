#include <string.h>

#include <jx/ktap.h>

#include "suspend_util.h"

zx_handle_t suspend_token(zx_handle_t task)
{
	zx_handle_t token = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_task_suspend_token(task, &token), ZX_OK);
	return token;
}

zx_handle_t suspend_now(zx_handle_t thread)
{
	zx_handle_t token = suspend_token(thread);

	task_await_signal(thread, ZX_THREAD_SUSPENDED);
	return token;
}

bool suspend_end(zx_handle_t *token, zx_handle_t thread)
{
	bool good = EXPECT_STATUS(zx_handle_close(*token), ZX_OK);

	*token = ZX_HANDLE_INVALID;
	/* With nothing left to wait for it may be dead before we look. */
	return good && task_await_signal(thread, ZX_THREAD_RUNNING | ZX_THREAD_TERMINATED);
}

zx_status_t suspend_read_general(zx_handle_t thread, zx_thread_state_general_regs_t *regs)
{
	return zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, regs, sizeof(*regs));
}

zx_status_t suspend_write_general(zx_handle_t thread, const zx_thread_state_general_regs_t *regs)
{
	return zx_thread_write_state(thread, ZX_THREAD_STATE_GENERAL_REGS, regs, sizeof(*regs));
}

static int count(void *arg)
{
	struct counting *c = arg;

	while (!c->stop)
		c->count++;
	return 0;
}

bool counting_start(struct counting *c)
{
	memset(c, 0, sizeof(*c));
	return EXPECT_STATUS(jx_thread_create(&c->thread, "counting", count, c), ZX_OK) &&
	       counting_runs(c);
}

bool counting_runs(struct counting *c)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);
	uint64_t before = c->count;

	while (c->count == before) {
		if (!EXPECT_TRUE(zx_clock_get_monotonic() < end))
			return false;
		zx_nanosleep(0);
	}
	return true;
}

/* That nothing comes can only be seen by waiting a little. */
bool counting_stands(struct counting *c)
{
	uint64_t before = c->count;

	zx_nanosleep(zx_deadline_after(ZX_MSEC(2)));
	return EXPECT_EQ(c->count, before);
}

bool counting_end(struct counting *c)
{
	c->stop = true;
	return task_join(&c->thread, NULL);
}
