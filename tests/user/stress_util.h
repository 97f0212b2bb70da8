/*
 * Stress tests: more of everything than programs have, sized by the memory of
 * the machine. tests/boot/test_latency.py runs them all under QEMU's instruction
 * counter and sees that nothing in them stops a CPU for long.
 */
#ifndef TESTS_STRESS_UTIL_H
#define TESTS_STRESS_UTIL_H

#include "memory_util.h"

/* `wanted`, or as many things of so many bytes as a third of free memory holds. */
uint64_t stress_count(uint64_t wanted, uint64_t bytes_each);

/* Numbers below a limit; the same in each run. */
struct stress_random {
	uint64_t state;
};
uint64_t stress_below(struct stress_random *r, uint64_t limit);

/* The order in which things go. */
enum stress_order { OLDEST_FIRST, NEWEST_FIRST, RANDOM_ORDER };
/* Fills order[] with the numbers below count. */
void stress_make_order(enum stress_order which, uint32_t *order, uint32_t count);

/* --- Threads that go on until they are told to stop --------------------------- */

#define STRESS_THREADS 3

/* One turn of work; not 0 is a failure. `number` tells the threads apart. */
typedef int (*stress_turn)(void *arg, uint32_t number);

struct stress_crew;
/* Starts STRESS_THREADS of them, all on the CPUs that are there. */
struct stress_crew *stress_crew_start(stress_turn turn, void *arg);
/* Each has done so many more turns. */
void stress_crew_await(struct stress_crew *crew, uint64_t turns);
/* Ends them; notes a failure if a turn failed, or one did none. */
void stress_crew_finish(struct stress_crew *crew);

#endif
