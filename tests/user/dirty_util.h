/*
 * For tests of dirty tracking: what is dirty, and what a service does about it.
 */
#ifndef DIRTY_UTIL_H
#define DIRTY_UTIL_H

#include "pager_util.h"

/* A range in pages. */
struct dirty_range {
	uint64_t first, count;
	uint64_t options;
};

/* What zx_pager_query_dirty_ranges tells of pages [first, first + count) is
 * exactly this: DIRTY_IS(&p, 0, 4, { 1, 2, 0 }). */
bool dirty_is(struct paging *p, uint64_t first, uint64_t count, const struct dirty_range *wanted,
	      size_t wanted_count);
#define DIRTY_IS(p, first, count, ...)                                                       \
	dirty_is(p, first, count, (const struct dirty_range[]){ { 0, 0, 0 }, __VA_ARGS__ },    \
		 sizeof((const struct dirty_range[]){ { 0, 0, 0 }, __VA_ARGS__ }) /            \
				 sizeof(struct dirty_range) -                                  \
			 1)

/* zx_pager_op_range in pages. */
zx_status_t dirty_op(struct paging *p, uint32_t op, uint64_t first, uint64_t count, uint64_t data);
/* BEGIN and END. */
void dirty_clean(struct paging *p, uint64_t first, uint64_t count);
/* Zero markers. */
zx_status_t dirty_supply_nothing(struct paging *p, uint64_t first, uint64_t count);
bool dirty_modified(struct paging *p, bool reset);
/* The next packet is a DIRTY request for these pages. */
bool dirty_expect(struct paging *p, uint64_t first, uint64_t count);

#endif
