/*
 * Eviction: clean pages of pagers' VMOs are given back under memory pressure, and
 * asked for again when somebody wants them (pager-port.md 9).
 *
 * Age is counted in looks. Now and then eviction looks at a page: whether it was
 * used since the last look, through an entry (access flag), by a copy, or by
 * being supplied. A page that was not used at several looks in a row goes, in all
 * address spaces at once. A hand goes round all pagers' VMOs, one after the
 * other, and through the pages of each: what a call costs is bounded by one
 * revolution for each look, and each step of it by a leaf of the tree.
 *
 * Never taken: pages newer than what the pager has, pages pinned, pages that
 * a clone owns, and those of a pager that is closed, which nobody could supply
 * again. Pages that are always needed (hint) are the last of all memory to go,
 * those that nobody needs any more the first.
 *
 * Locks: the functions that take pages are called under LOCK_RECLAIM alone.
 */
#ifndef MM_EVICT_H
#define MM_EVICT_H

#include <mm/vmo.h>

/* A pager's VMO is born; it dies, or is left alone from here on. */
void evict_join(struct vmo *v);
void evict_leave(struct vmo *v);

/* Pages became VMO_AGE_MAX old at once. */
void evict_hint_given(void);

/* Pages of all pagers' VMOs: all; used, or supplied, since the last look; those
 * that would go at the next one. */
struct evict_count {
	u64 total, newest, oldest;
};
/* A look that changes nothing, as the others by mm_count_pager_pages(). */
void evict_count(struct evict_count *count);

/*
 * Free `pages` frames or a few more, or all that they may: pages that nobody
 * needs, as somebody said; pages not used for some looks; pages whether used or
 * not; those that are always needed too. Return how many were freed. May sleep;
 * end early if the thread is killed.
 */
u64 evict_unneeded(u64 pages);
u64 evict_unused(u64 pages);
u64 evict_clean(u64 pages);
/* Ahead of need: pages not used at that many looks, of which this is one. */
u64 evict_idle(u64 pages, u32 looks);
u64 evict_needed(u64 pages);

#endif
