/*
 * Nodes of the VMAR tree. Private to rtree*.c; rtree.c describes the form.
 */
#ifndef MM_RTREE_NODE_H
#define MM_RTREE_NODE_H

#include <kernel/bits.h>
#include <kernel/epoch.h>
#include <kernel/panic.h>
#include <mm/rtree.h>

#define RT_CELLS 64
#define RT_CELL_BITS 6
#define RT_TAG_MASK 3ul

/* Free pages in a stretch: at its start, the longest run of them anywhere, at
 * its end. All three equal the length where nothing is in it. In a node, lead
 * and tail are exact, and no run is longer than max. */
struct rt_gaps {
	u64 lead, max, tail;
};

/* Some runs of a node side by side: their cells and indices, the ends not
 * included. */
struct rt_runs {
	u32 cell, cell_end;
	u32 index, index_end;
};

struct rt_node {
	/* Fixed once published. First page | log2 of a cell's pages (a multiple
	 * of 6; the first page is a multiple of 64 cells, so the low six bits
	 * are free for it). */
	u64 span;
	u64 starts;		/* bit n: a run begins at cell n; bit 0 set */
	/* Under the aspace mutex; readers never look. The epoch takes over
	 * when the node has left the tree. */
	union {
		struct rt_gaps gaps;
		struct epoch_head epoch;
	};
	/* Fixed once published. */
	u16 run_count;
	u8 class;		/* slab cache */
	/* Under the aspace mutex. */
	u8 live_count;		/* different words that are not 0 */
	/* One word a run, in order. Stored under the aspace mutex with release,
	 * loaded by readers with acquire. */
	u64 slots[];
};

/* Slots in a node of each class: with the 48 bytes before them 2, 3 and 8.75
 * cache lines. Nodes of the last are dense: each cell is a run of its own, so
 * that a new region goes into free cells without a copy. */
#define RT_CLASS_COUNT 3
#define RT_CLASS_DENSE 2
static const u8 rt_class_slots[RT_CLASS_COUNT] = { 10, 18, RT_CELLS };

static inline struct rt_node *rt_node_of(u64 word)
{
	return (struct rt_node *)(uintptr_t)(word & ~RT_TAG_MASK);
}

static inline u64 rt_node_word(const struct rt_node *n)
{
	return (u64)(uintptr_t)n | RT_NODE;
}

static inline bool rt_is_node(u64 word)
{
	return (word & RT_TAG_MASK) == RT_NODE;
}

static inline struct rt_region *rt_region_of(u64 word)
{
	return (struct rt_region *)(uintptr_t)(word & ~RT_TAG_MASK);
}

static inline u32 rt_shift(const struct rt_node *n)
{
	return n->span % 64;
}

static inline u64 rt_base(const struct rt_node *n)
{
	return n->span & ~63ul;
}

static inline u64 rt_end(const struct rt_node *n)
{
	return rt_base(n) + (64ul << rt_shift(n));
}

/* First page of cell, which may be 64. */
static inline u64 rt_cell_page(const struct rt_node *n, u32 cell)
{
	return rt_base(n) + ((u64)cell << rt_shift(n));
}

/* Cell of a page; 64 or more if the page is outside the node. The base has
 * zeroes where the cell number stands, and the shift, in the low bits, is
 * either 0 or shifted out. */
static inline u64 rt_cell(const struct rt_node *n, u64 page)
{
	return (page ^ n->span) >> rt_shift(n);
}

/* Which run a cell belongs to. */
static inline u32 rt_index(const struct rt_node *n, u32 cell)
{
	u64 starts = n->starts;

	if (starts == ~0ul)
		return cell;	/* dense: spares the population count */
	return bit_count64(starts & (~0ul >> (63 - cell))) - 1;
}

static inline u32 rt_run_first(const struct rt_node *n, u32 cell)
{
	return bit_highest64(n->starts & (~0ul >> (63 - cell)));
}

/* One past the run's last cell. */
static inline u32 rt_run_end(const struct rt_node *n, u32 cell)
{
	u64 above = n->starts & (~1ul << cell);

	return above ? bit_lowest64(above) : RT_CELLS;
}

/* Acquire: pairs with rt_publish(), so that what the word points to is seen as
 * it was filled before it was published. */
static inline u64 rt_load(const u64 *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/* Release: the region or node behind the word was written before. */
static inline void rt_publish(u64 *slot, u64 word)
{
	__atomic_store_n(slot, word, __ATOMIC_RELEASE);
}

/* Clips [start, end) to the node: its first and last cell in it. The caller
 * knows that they touch. */
static inline void rt_clip(const struct rt_node *n, u64 start, u64 end,
			   u32 *first, u32 *last)
{
	u64 a = max_u64(start, rt_base(n));
	u64 b = min_u64(end, rt_end(n));

	*first = (u32)rt_cell(n, a);
	*last = (u32)rt_cell(n, b - 1);
}

static inline void rt_path_push(struct rt_path *path, struct rt_node *n,
				u32 cell)
{
	path->cell[path->depth] = (u8)cell;
	path->node[path->depth++] = n;
}

static inline bool rt_touches(const struct rt_node *n, u64 start, u64 end)
{
	return start < rt_end(n) && end > rt_base(n);
}

static inline bool rt_covers(u64 start, u64 end, const struct rt_node *n)
{
	return start <= rt_base(n) && rt_end(n) <= end;
}

/* rtree.c. count is the number of slots wanted; NULL if memory is out. */
struct rt_node *rt_node_alloc(u32 count);
void rt_node_free(struct rt_node *n);
void rt_node_retire(struct rt_node *n);
/* Frees all nodes below word that touch [start, end): at once, or after an
 * epoch if readers may still be there. */
void rt_free_touched(u64 word, u64 start, u64 end, bool retire);
/* Changes one word of a published node. */
void rt_set_slot(struct rt_node *n, u32 index, u64 word);
/*
 * Puts new_word for old_word into the slot that path leads to (they may be the
 * same, if a node's gaps have changed), brings the summaries above up to date
 * and folds nodes that have come to hold one thing only.
 */
void rt_climb(struct rtree *t, const struct rt_path *path, u64 old_word,
	      u64 new_word);
/* What n's parent should say: n, or the only thing left in it (R4). */
u64 rt_folded_word(const struct rt_node *n);

/* rtree_gaps.c */
/* Gaps of a word that stands for pages [start, end). */
void rt_word_gaps(u64 word, u64 start, u64 end, struct rt_gaps *g);
/* Sums all runs up; max becomes exact as far as it is below. */
void rt_node_sum(struct rt_node *n);
/* These runs have these gaps now. True if the node's summary has changed. */
bool rt_node_update(struct rt_node *n, const struct rt_runs *runs,
		    const struct rt_gaps *now);
/* A region has come to [start, end), which was free, all inside n. True if the
 * node's summary has changed. */
bool rt_node_take(struct rt_node *n, u64 start, u64 end);

/* rtree_build.c */
/* Copy of n in which cells first..last, now of one empty run, say word; NULL if
 * memory is out. */
struct rt_node *rt_copy_with(const struct rt_node *n, u32 first, u32 last,
			     u64 word);
/* RT_FAILED if memory is out (all undone). */
#define RT_FAILED ((u64)RT_NODE)
u64 rt_rebuild(u64 word, u64 slot_start, u64 slot_end, u64 start, u64 end,
	       const struct rt_slot *slots, u32 count);

#endif
