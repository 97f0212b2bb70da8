/*
 * The flat model of a family of VMOs: every VMO's content as arrays, and which
 * frames hold it. tests/unit/snap_random_test.c drives it and the kernel.
 *
 * All members count pages in one index space, that of the oldest: a member's
 * page p is index base + p. Slots are the indices in use, in runs around the
 * borders of tree nodes.
 */
#ifndef SNAP_MODEL_H
#define SNAP_MODEL_H

#include "snap_env.h"

#define LEAVES 8
#define RUNS 8
#define RUN 12				/* consecutive indices around a border */
#define SLOTS (RUNS * RUN)
/* Of all indices: near the end of the largest VMO. */
#define INDEX_MAX ((1ul << 52) - 40)

/* What a member has in a slot. */
struct cell {
	u64 frame;			/* 0: none; equal where frames are shared */
	u64 word[2];			/* the page's first and last */
	/* Members of a pager's family: false if the pager's VMO shines through.
	 * Of the pager's VMO itself: false if the page is absent. */
	bool own;
	/* Of the pager's VMO: it has grown here, and COMMIT makes a page. */
	bool gap;
};

/* A member, dead or alive; its number is not its age. */
struct leaf {
	struct vmo *vmo;		/* NULL: free */
	struct leaf *source;		/* the pager's VMO behind it, or NULL */
	struct leaf *shows;		/* slice or reference: whose pages */
	bool is_reference;
	bool resizable;
	bool paged;			/* is a pager's VMO itself */
	bool open;			/* has a handle */
	u32 map_count;
	u64 birth;			/* smaller is older */
	u64 family;
	u64 base, end;			/* indices; see model_end() */
	bool pinned;			/* a page is, that of pinned_slot */
	u64 pinned_slot;
	struct cell cells[SLOTS];
};

extern struct leaf leaves[LEAVES];

u64 model_index(u64 slot);
/* The first slot whose index is at least that; SLOTS if none is. */
u64 model_slot(u64 index);
/* Who has the pages: the cells of slices and references are not used. */
static inline struct leaf *model_store(struct leaf *l)
{
	return l->shows ? l->shows : l;
}

static inline u64 model_end(const struct leaf *l)
{
	return l->is_reference ? l->shows->end : l->end;
}

static inline bool model_has(const struct leaf *l, u64 slot)
{
	return model_index(slot) >= l->base && model_index(slot) < model_end(l);
}

/* What a read of a slot gives. */
const struct cell *model_look(struct leaf *l, u64 slot);
/* Is the page there, or must the pager be asked first? */
bool model_is_absent(struct leaf *l, u64 slot);
/* Has it a frame there that nobody else holds: may entries permit writes? */
bool model_is_own(struct leaf *l, u64 slot);
/* Gives the leaf a frame of its own in a slot, as a write does. */
void model_own(struct leaf *l, u64 slot);
/* As COMMIT does: a marker of a pager's VMO counts as there. */
void model_commit(struct leaf *l, u64 slot);
void model_write(struct leaf *l, u64 slot, u32 word, u64 value);
bool model_has_pin(struct leaf *l, u64 first, u64 last);
/* Slots from first on, below last, read zero and hold nothing; a pinned page
 * stays. */
void model_zero(struct leaf *l, u64 first, u64 last);
void model_resize(struct leaf *l, u64 end);
/* child, which is empty, becomes a snapshot of [base, end). */
void model_snapshot(struct leaf *child, struct leaf *of);
/* Nothing is left of it. */
void model_forget(struct leaf *l);

/* Fails unless the kernel's charges are the model's, and the frames held as
 * many. */
void model_check_charges(void);
/* Others of the family that live and have pages of their own. */
u32 model_relatives(struct leaf *l);

#endif
