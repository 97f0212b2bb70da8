/*
 * VMAR tree (<mm/rtree.h>): where a new region can go. All under the aspace
 * mutex; nothing allocates or sleeps.
 */
#ifndef MM_RTREE_PLACE_H
#define MM_RTREE_PLACE_H

#include <kernel/types.h>

struct rtree;
struct rtree_txn;

/*
 * Candidates are the pages p with p aligned to 1 << align_log2 pages and
 * [p, p + size_pages) free and inside [lo, hi), numbered from 0 in address
 * order (spec/vmar.md 3.2). The VMAR's range or upper limit is the [lo, hi).
 */
struct rt_want {
	u64 lo, hi;		/* pages; hi <= RT_PAGE_LIMIT */
	u64 size_pages;		/* not 0 */
	u32 align_log2;		/* in pages: 0 is any page, 20 is 4 GiB */
};

/* Number of candidates, but no more than limit (it stops counting there). */
u64 rtree_count_gap_candidates(const struct rtree *t, const struct rt_want *w,
			       u64 limit);

/* Candidate number index into *page; false if there are not so many. */
MUST_CHECK bool rtree_find_gap(const struct rtree *t, const struct rt_want *w,
			       u64 index, u64 *page);

static inline MUST_CHECK bool rtree_find_lowest(const struct rtree *t,
						const struct rt_want *w,
						u64 *page)
{
	return rtree_find_gap(t, w, 0, page);
}

/* Random numbers for placement, one per aspace, under its mutex. Seed both
 * words from the kernel's generator. */
struct rt_random {
	u64 state;
	u64 step;		/* any value; used as odd */
};

/*
 * Chooses one of the first 1 << entropy_bits candidates at random, each as
 * likely as the others; entropy_bits 0 takes the lowest, at most 36. False only
 * if there is no candidate. Draws up to 8 positions before it counts gaps. txn
 * stands at the place then, for rtree_insert_prepare().
 */
MUST_CHECK bool rtree_place(struct rtree_txn *txn, struct rtree *t,
			    const struct rt_want *w, u32 entropy_bits,
			    struct rt_random *random, u64 *page);

#endif
