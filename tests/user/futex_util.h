/* For tests of futexes: threads that sit on a word until they are woken. */
#ifndef TESTS_FUTEX_UTIL_H
#define TESTS_FUTEX_UTIL_H

#include "task_util.h"

struct sitter {
	struct jx_thread thread;
	const zx_futex_t *word;
	zx_time_t deadline;
	zx_status_t status;
};

/* Starts a thread that waits for a wake of *word, which is 0, and waits until it
 * does. False and a failure if that cannot be. */
bool sitter_start(struct sitter *s, const zx_futex_t *word, zx_time_t deadline);
/* It ends with this status. */
bool sitter_expect(struct sitter *s, zx_status_t status);
/* It waits still. */
bool sitter_waits(const struct sitter *s);

/* The koid of the futex's owner. */
zx_koid_t futex_owner(const zx_futex_t *word);

#endif
