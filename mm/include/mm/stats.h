/*
 * Memory in use, for `stat` and for leak checks.
 */
#ifndef MM_STATS_H
#define MM_STATS_H

#include <kernel/types.h>

/*
 * Frames that somebody uses: not free, not in a slab (objects are counted by
 * themselves), not kept in stock for reuse. Exact when the system is quiet and
 * epoch_drain() has run, so that two readings around an operation tell a leak.
 */
u64 mm_used_frames(void);

#endif
