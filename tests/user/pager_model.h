/*
 * A model of a pager's VMO, its clones and slices (spec/pager-port.md 2, 4 to 8):
 * what each page is, what an access asks the pager for, and what the service's
 * calls change. It makes no system calls; a test drives it beside the kernel.
 */
#ifndef TESTS_PAGER_MODEL_H
#define TESTS_PAGER_MODEL_H

#include <stdbool.h>

#include <zircon/types.h>

#define MODEL_PAGES 14u		/* of a VMO, at most */
#define MODEL_VIEWS 6u

enum model_state {
	MODEL_ABSENT,
	MODEL_CLEAN,
	MODEL_MARKER,
	MODEL_DIRTY,
	MODEL_AWAITING,
	MODEL_GAP,
	MODEL_GAP_AWAITING,
};

/* View 0 is the VMO itself; the others show `pages` of it from page `first` on. */
struct model_view {
	bool used;
	/* A slice shows what `base` shows; what is neither that nor view 0 is a
	 * clone, of the VMO itself. */
	bool slice;
	uint32_t base;
	uint64_t first;
	uint64_t pages;
	/* A clone's pages that are its own, and those that the VMO has lost. */
	bool own[MODEL_PAGES];
	bool cut[MODEL_PAGES];
	uint64_t word[MODEL_PAGES];
};

struct model {
	bool latest;		/* the era */
	bool traps;
	bool detached;
	bool modified;
	uint64_t pages;
	enum model_state state[MODEL_PAGES];
	uint64_t word[MODEL_PAGES];	/* the first of each page */
	struct model_view view[MODEL_VIEWS];
};

enum model_op { MODEL_READ, MODEL_WRITE, MODEL_LOAD, MODEL_STORE, MODEL_COMMIT, MODEL_ZERO,
		MODEL_OPS };

/* Of pages [first, first + count) of a view. */
struct model_access {
	enum model_op op;
	uint32_t view;
	uint64_t first, count;
	uint64_t at;		/* the page that it has come to */
	uint64_t word;		/* what it writes to each page */
	uint64_t sum;		/* of what it has read, by model_sum() */
};

/* What it waits for, in the VMO's pages. */
struct model_need {
	uint16_t command;
	uint64_t first, count;
	bool missing[MODEL_PAGES];
};

static inline uint64_t model_sum(uint64_t sum, uint64_t word)
{
	return sum * 31 + word;
}

uint64_t model_pages_of(const struct model *m, uint32_t view);
/* The VMO's page that page `page` of a view shows, UINT64_MAX if it is a clone's
 * own; *word is what stands there. */
uint64_t model_find(const struct model *m, uint32_t view, uint64_t page, uint64_t *word);
/* Page `page` of a view can be read without the pager. */
bool model_shows(const struct model *m, uint32_t view, uint64_t page, uint64_t *word);
/* What is written there is the VMO's, not a clone's. */
bool model_is_of_vmo(const struct model *m, uint32_t view);
bool model_is_gap(const struct model *m, uint64_t page);
bool model_is_committed(const struct model *m, uint64_t page);
/* What zx_pager_query_dirty_ranges tells of: 0 clean, 1 dirty, 2 dirty and zero. */
uint8_t model_dirtiness(const struct model *m, uint64_t page);

/* Goes on with an access as far as it comes. True: it has ended with *status;
 * false: it waits for *n. */
bool model_advance(struct model *m, struct model_access *a, struct model_need *n,
		   zx_status_t *status);
/* The wait is not over. */
bool model_waits(const struct model *m, const struct model_need *n);

/* Calls; n is what somebody waits for, or NULL. A word of 0: a page of nothing. */
void model_supply(struct model *m, uint64_t first, uint64_t count, const uint64_t *words,
		  struct model_need *n);
zx_status_t model_op_dirty(struct model *m, uint64_t first, uint64_t count,
			   struct model_need *n);
void model_begin(struct model *m, uint64_t first, uint64_t count, bool zero);
void model_finish(struct model *m, uint64_t first, uint64_t count);
void model_resize(struct model *m, uint64_t pages, struct model_need *n);
void model_detach(struct model *m);
/* A new view of pages [first, first + pages) of another. */
void model_slice(struct model *m, uint32_t view, uint32_t of, uint64_t first, uint64_t pages);
void model_clone(struct model *m, uint32_t view, uint32_t of, uint64_t first, uint64_t pages);

#endif
