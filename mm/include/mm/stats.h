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

/* Frames of RAM by what they are used for; each counts once, so that the parts
 * never sum to more than the total. */
struct mm_frame_count {
	u64 total;
	u64 free;
	u64 wired;		/* the kernel's image, the map of frames, firmware */
	u64 vmo;
	u64 tables;
	u64 heap;		/* slabs */
	u64 heap_free_bytes;	/* of those: in no object */
	u64 other;		/* stacks, large blocks of the heap */
};
/* One look at each frame, without a lock: an image of no single moment. Goes on
 * for some instructions a frame, preemptible. */
void mm_count_frames(struct mm_frame_count *count);

#endif
