/*
 * Teams: several kernel threads that run one function, for kernel tests.
 */
#ifndef KERNEL_TESTS_TEAM_H
#define KERNEL_TESTS_TEAM_H

#include <kernel/lock.h>
#include <kernel/wait.h>

struct team {
	void (*fn)(void *arg, u32 index);
	void *arg;
	u32 priority;
	struct spinlock lock;
	/* Under lock. */
	u32 next_index;
	u32 left;
	struct waiter done;
};

/* Starts count threads that call fn(arg, 0 .. count - 1). */
void team_start(struct team *t, u32 count, u32 priority,
		void (*fn)(void *arg, u32 index), void *arg);
/* Waits until all have returned. By the thread that started the team. */
void team_join(struct team *t);
/* Both, at the default priority. */
void team_run(u32 count, void (*fn)(void *arg, u32 index), void *arg);

/* Small random numbers; each user has its own state. */
static inline u32 test_random(u64 *state)
{
	*state = *state * 6364136223846793005ul + 1442695040888963407ul;
	return (u32)(*state >> 33);
}

#endif
