/*
 * The flat model of a VMAR tree: a sorted array of regions, every question
 * answered by looking at all of them.
 */
#ifndef RTREE_MODEL_H
#define RTREE_MODEL_H

#include <mm/rtree.h>

#define MODEL_MAX 16384

struct model {
	u32 count;
	struct rt_slot slots[MODEL_MAX];
};

/* A region on the heap, of a random one of the two types. */
struct rt_slot model_new(u64 start, u64 end);
/* Index of the first region with end > page; count if there is none. */
u32 model_index(const struct model *m, u64 page);
struct rt_slot model_lookup(const struct model *m, u64 page);
struct rt_slot model_next(const struct model *m, u64 page);
bool model_is_free(const struct model *m, u64 start, u64 end);
/* Widens [start, end) to whole regions. */
void model_widen(const struct model *m, u64 *start, u64 *end);
/* Puts new regions in place of all in [start, end), which are kept aside until
 * model_free_removed(): readers and retired nodes may still name them. */
void model_replace(struct model *m, u64 start, u64 end,
		   const struct rt_slot *slots, u32 count);
void model_free_removed(void);
void model_clear(struct model *m);
u64 model_count(const struct model *m, const struct rt_want *w);
bool model_find(const struct model *m, const struct rt_want *w, u64 index,
		u64 *page);
/* Fails the test unless the tree holds exactly the model's regions and passes
 * rtree_check(). */
void model_compare(const struct model *m, const struct rtree *t);

#endif
