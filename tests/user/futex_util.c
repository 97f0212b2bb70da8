/* Helpers of the tests of futexes. */
#include <string.h>

#include <jx/ktap.h>

#include "futex_util.h"

static int sit(void *arg)
{
	struct sitter *s = arg;

	s->status = zx_futex_wait(s->word, 0, ZX_HANDLE_INVALID, s->deadline);
	return 0;
}

bool sitter_start(struct sitter *s, const zx_futex_t *word, zx_time_t deadline)
{
	memset(s, 0, sizeof(*s));
	s->word = word;
	s->deadline = deadline;
	s->status = 1;
	return EXPECT_STATUS(jx_thread_create(&s->thread, "sitter", sit, s), ZX_OK) &&
	       task_await_state(s->thread.handle, ZX_THREAD_STATE_BLOCKED_FUTEX);
}

bool sitter_expect(struct sitter *s, zx_status_t status)
{
	return task_join(&s->thread, NULL) && EXPECT_STATUS(s->status, status);
}

bool sitter_waits(const struct sitter *s)
{
	return EXPECT_EQ(task_thread_info(s->thread.handle).state, ZX_THREAD_STATE_BLOCKED_FUTEX);
}

zx_koid_t futex_owner(const zx_futex_t *word)
{
	zx_koid_t koid = 1;

	EXPECT_STATUS(zx_futex_get_owner(word, &koid), ZX_OK);
	return koid;
}
