/*
 * For tests of memory pressure: how much is free, and taking it. What they leave
 * to the rest of the system is enough for a test to run on.
 */
#ifndef TESTS_MEMORY_UTIL_H
#define TESTS_MEMORY_UTIL_H

#include "vm_util.h"

uint64_t memory_free_pages(void);
uint64_t memory_total_pages(void);

/* A VMO with so many pages, all committed. The status is COMMIT's; 0 and nothing
 * left of it if that failed. */
zx_handle_t memory_take(uint64_t pages, zx_status_t wanted);

/* All but so many pages, for tests that squeeze more than once: zeroing a GiB
 * takes its time. */
zx_handle_t memory_ballast(uint64_t leave);

/*
 * Takes all that is free, and about `beyond` pages more: COMMIT succeeds if as
 * many can be reclaimed, at least 3 * beyond of them. Else it fails, and this
 * says so. Page tables and nodes of the page tree are less than `beyond` if that
 * is 1000 or more and the machine has 1 GiB or less.
 */
zx_handle_t memory_squeeze(uint64_t beyond, zx_status_t wanted);

#endif
