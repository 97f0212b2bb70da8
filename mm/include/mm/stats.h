/*
 * Memory that nobody uses but caches hold, for `stat` and for leak checks.
 */
#ifndef MM_STATS_H
#define MM_STATS_H

#include <kernel/types.h>

/*
 * Frames of slabs (whose objects are counted by slab_total_live()) and of kernel
 * stacks kept for reuse. Free frames plus these are exact when the system is
 * quiet and epoch_drain() and pt_stock_release() have run, so that two readings
 * around an operation tell a leak.
 */
u64 mm_cached_frames(void);

#endif
