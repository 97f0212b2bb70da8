/*
 * Memory pressure: how much is free, in levels, and what is done about it before
 * somebody has to wait (pager-port.md 9.3).
 *
 * The frame allocator tells when the number of free frames leaves a window
 * around the present level; a kernel thread then sets the level and evicts. It
 * looks at the pages of pagers once in a while as long as memory is short, so
 * that their age is counted in time, and takes those that were not used for long:
 * the harder the shorter memory is, and never more than bring the level back.
 */
#ifndef MM_PRESSURE_H
#define MM_PRESSURE_H

#include <kernel/types.h>

enum mm_pressure {
	MM_PRESSURE_NORMAL,
	MM_PRESSURE_WARNING,		/* a 16th of all memory is free */
	MM_PRESSURE_CRITICAL,		/* a 32nd */
	MM_PRESSURE_IMMINENT,		/* a 64th */
	MM_PRESSURE_OUT_OF_MEMORY,	/* a 128th */
	MM_PRESSURE_COUNT,
};

/* The level now. Any context. */
enum mm_pressure mm_pressure_level(void);
/* Boot, after thread_init(): the thread. */
void mm_pressure_start(void);
/* pmm.c: the window was left. No spinlock held but perhaps preemption off. */
void mm_pressure_poke(void);
/* reclaim.c: an operation got nothing, not even a frame of somebody else's. */
void mm_pressure_exhausted(void);

/* A level is entered below this number of free frames; it is left upwards with
 * so many more. */
u64 mm_pressure_limit(enum mm_pressure l, u64 total);
u64 mm_pressure_hysteresis(u64 total);
/* The level for a number of free frames, if it was `now` before. */
enum mm_pressure mm_pressure_for(u64 free, u64 total, enum mm_pressure now);

#endif
