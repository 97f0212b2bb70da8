/*
 * Getting frames back from those who can do without them.
 *
 * An operation that runs out of frames undoes what it has done, drops its locks
 * and asks here; if that freed something the operation starts over:
 *
 *	do {
 *		status = attempt(...);
 *	} while (mm_try_again(status, pages));
 *
 * Who can give frames back is a table in reclaim.c: a reclaimer frees its
 * oldest first, and takes whatever locks it needs, one object's at a time.
 */
#ifndef MM_RECLAIM_H
#define MM_RECLAIM_H

#include <kernel/types.h>

/* Boot. */
void reclaim_init_module(void);

/*
 * For an operation that wants `pages` frames in all and did not get them: frees
 * what is missing, at least one, and returns how many were freed. 0: none could
 * be, or more are wanted than the machine has. The frames can be allocated when
 * it returns: no CPU has a translation of them. One thread at a time does the
 * work; what it freed since the call counts for those who waited. No lock held
 * (LOCK_RECLAIM is the outermost), outside batches and epochs; may sleep.
 */
u64 mm_reclaim(u64 pages);

/* Ahead of need: as much, of clean pages that nobody has used at so many looks, 0
 * for whatever clean pages there are; one look.
 * LOCK_RECLAIM, may sleep. */
u64 mm_reclaim_idle(u64 pages, u32 looks);

/* Pages that pagers' VMOs hold, by age (<mm/evict.h>). LOCK_RECLAIM, may sleep;
 * takes time for each page. */
struct evict_count;
void mm_count_pager_pages(struct evict_count *count);

/* For a step that cannot be undone: before it, if fewer frames than that are
 * free, as mm_reclaim(). They may be gone again when the step wants them. */
void mm_make_room(u64 pages);

/* The end of an attempt: true if it ran out of frames and some were freed. Ends
 * when nothing is left to be freed: each round costs somebody an object. */
static inline bool mm_try_again(zx_status_t status, u64 pages)
{
	return __builtin_expect(status == ZX_ERR_NO_MEMORY, 0) &&
	       mm_reclaim(pages) != 0;
}

#endif
