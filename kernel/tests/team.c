/*
 * Teams of kernel threads for tests.
 */
#include <kernel/panic.h>
#include <kernel/thread.h>

#include "team.h"

static void team_member(void *arg)
{
	struct team *t = arg;
	u32 index;

	spin_lock(&t->lock);
	index = t->next_index++;
	spin_unlock(&t->lock);
	t->fn(t->arg, index);
	spin_lock(&t->lock);
	if (--t->left == 0)
		waiter_wake(&t->done, ZX_OK);
	spin_unlock(&t->lock);
}

void team_start(struct team *t, u32 count, u32 priority,
		void (*fn)(void *arg, u32 index), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	t->priority = priority;
	t->next_index = 0;
	t->left = count;
	spin_init(&t->lock, LOCK_OBJECT);
	waiter_init(&t->done);
	for (u32 i = 0; i < count; i++)
		ASSERT(thread_create_kernel("team", team_member, t,
					    priority) == ZX_OK);
}

void team_join(struct team *t)
{
	ASSERT(waiter_sleep(&t->done, ZX_TIME_INFINITE, WAIT_UNINTERRUPTIBLE,
			    0) == ZX_OK);
	/* The last member has let go of *t. */
	spin_lock(&t->lock);
	spin_unlock(&t->lock);
}

void team_run(u32 count, void (*fn)(void *arg, u32 index), void *arg)
{
	struct team t;

	team_start(&t, count, THREAD_PRIORITY_DEFAULT, fn, arg);
	team_join(&t);
}
