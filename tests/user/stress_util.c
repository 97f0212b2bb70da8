/* Helpers of the stress tests. */
#include <stdatomic.h>
#include <stdlib.h>

#include <jx/thread.h>

#include "stress_util.h"

uint64_t stress_count(uint64_t wanted, uint64_t bytes_each)
{
	uint64_t room = memory_free_pages() * PAGE / 3 / bytes_each;

	return room < wanted ? room : wanted;
}

/* xorshift64. */
uint64_t stress_below(struct stress_random *r, uint64_t limit)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state % limit;
}

void stress_make_order(enum stress_order which, uint32_t *order, uint32_t count)
{
	struct stress_random r = { 0x9e3779b97f4a7c15ul };

	for (uint32_t i = 0; i < count; i++)
		order[i] = which == NEWEST_FIRST ? count - 1 - i : i;
	for (uint32_t i = count; which == RANDOM_ORDER && i > 1; i--) {
		uint32_t other = (uint32_t)stress_below(&r, i), mine = order[i - 1];

		order[i - 1] = order[other];
		order[other] = mine;
	}
}

struct member {
	struct jx_thread thread;
	struct stress_crew *crew;
	uint32_t number;
	atomic_ulong turns;
};

struct stress_crew {
	stress_turn turn;
	void *arg;
	atomic_bool stop;
	/* The thread has ended, on a failure or because it was told to. */
	atomic_uint ended_count;
	struct member members[STRESS_THREADS];
};

static int work(void *arg)
{
	struct member *m = arg;
	int result = 0;

	while (result == 0 && !atomic_load(&m->crew->stop)) {
		result = m->crew->turn(m->crew->arg, m->number);
		atomic_fetch_add(&m->turns, 1);
	}
	atomic_fetch_add(&m->crew->ended_count, 1);
	return result;
}

struct stress_crew *stress_crew_start(stress_turn turn, void *arg)
{
	struct stress_crew *crew = calloc(1, sizeof(*crew));

	if (!EXPECT_TRUE(crew != NULL))
		return NULL;
	crew->turn = turn;
	crew->arg = arg;
	for (uint32_t i = 0; i < STRESS_THREADS; i++) {
		struct member *m = &crew->members[i];

		m->crew = crew;
		m->number = i;
		EXPECT_STATUS(jx_thread_create(&m->thread, "crew", work, m), ZX_OK);
	}
	return crew;
}

void stress_crew_await(struct stress_crew *crew, uint64_t turns)
{
	uint64_t wanted[STRESS_THREADS];

	for (uint32_t i = 0; i < STRESS_THREADS; i++)
		wanted[i] = atomic_load(&crew->members[i].turns) + turns;
	for (uint32_t i = 0; i < STRESS_THREADS; i++) {
		while (atomic_load(&crew->members[i].turns) < wanted[i] &&
		       atomic_load(&crew->ended_count) == 0)
			zx_nanosleep(zx_deadline_after(ZX_USEC(50)));
	}
}

void stress_crew_finish(struct stress_crew *crew)
{
	stress_crew_await(crew, 1);
	atomic_store(&crew->stop, true);
	for (uint32_t i = 0; i < STRESS_THREADS; i++) {
		int result = -1;

		EXPECT_STATUS(jx_thread_join(&crew->members[i].thread, &result), ZX_OK);
		EXPECT_EQ(result, 0);
		EXPECT_TRUE(atomic_load(&crew->members[i].turns) > 0);
	}
	free(crew);
}
