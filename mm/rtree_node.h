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

struct rt_node {
	/* Fixed once published. First page | log2 of a cell's pages (a multiple
	 * of 6; the first page is a multiple of 64 cells, so the low six bits
	 * are free for it). */
	u64 span;
	/* Bit n: cell n is not empty. Stored under the aspace mutex; atomic,
	 * since rtree_next() takes it as a hint where to look. */
	u64 used;
	/* Under the aspace mutex; readers never look. The epoch takes over
	 * when the node has left the tree. */
	union {
		struct rt_gaps gaps;
		struct epoch_head epoch;
	};
	/* Fixed once published. */
	u8 class;		/* slab cache */
	/* Under the aspace mutex. */
	u8 live_count;		/* different words that are not 0 */
	u16 free_slots;		/* bit n: slot n has no cell; never 0 if dense */
	/* Dense: the words of the cells. Else 64 slot numbers of four bits, a
	 * cell each, then the slots; slot 0 says "empty". Stored under the
	 * aspace mutex with release, loaded by readers with acquire. */
	u64 words[];
};

/* Words in a node of each class: with the 48 bytes before them 144, 208 and
 * 560 bytes. Small nodes hold 7 or 15 different things, dense ones anything. */
#define RT_CLASS_COUNT 3
#define RT_CLASS_DENSE 2
#define RT_MAP_WORDS 4
static const u8 rt_class_words[RT_CLASS_COUNT] = {
	RT_MAP_WORDS + 8, RT_MAP_WORDS + 16, RT_CELLS
};
static const u16 rt_class_free[RT_CLASS_COUNT] = { 0xfe, 0xfffe, 1 };

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

/* What a cell says to a reader. The number may be loaded relaxed: the address of
 * the slot, which was filled before its number was published, depends on it
 * (Arm ARM B2.3.3). */
static inline u64 rt_load_word(const struct rt_node *n, u32 cell)
{
	u64 numbers;
	u32 i = cell;

	if (n->class != RT_CLASS_DENSE) {
		numbers = __atomic_load_n(&n->words[cell / 16],
					  __ATOMIC_RELAXED);
		i = RT_MAP_WORDS + ((numbers >> cell % 16 * 4) & 15);
	}
	return rt_load(&n->words[i]);
}

/* The same for writers, who are alone. */
static inline u32 rt_slot_number(const struct rt_node *n, u32 cell)
{
	return (n->words[cell / 16] >> cell % 16 * 4) & 15;
}

static inline u64 rt_word(const struct rt_node *n, u32 cell)
{
	return n->words[n->class == RT_CLASS_DENSE ? cell :
			RT_MAP_WORDS + rt_slot_number(n, cell)];
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

/* rtree.c. */
/* An empty node; NULL if memory is out. */
struct rt_node *rt_node_alloc(u64 span, u32 class);
void rt_node_free(struct rt_node *n);
void rt_node_retire(struct rt_node *n);
/* Frees all nodes below word that touch [start, end): at once, or after an
 * epoch if readers may still be there. */
void rt_free_touched(u64 word, u64 start, u64 end, bool retire);
/*
 * Puts new_word for old_word into the slot that path leads to (they may be the
 * same, if a node's gaps have changed), brings the summaries above up to date
 * and folds nodes that have come to hold one thing only.
 */
void rt_climb(struct rtree *t, const struct rt_path *path, u64 old_word,
	      u64 new_word);
/* What n's parent should say: n, or the only thing left in it (R4). */
u64 rt_folded_word(const struct rt_node *n);

/* rtree_cells.c: what the cells of a node say; published nodes as well. Not the
 * summaries. */
/* A word that n does not have yet comes to cells first..last, which are empty.
 * n->free_slots is not 0. */
void rt_put(struct rt_node *n, u32 first, u32 last, u64 word);
/* Empties `cells`, which are all cells of one word. */
void rt_clear(struct rt_node *n, u64 cells);
/* Changes one cell. In a small node: to empty, or of a word that has no other
 * cell, or to the left neighbour's word; else n->free_slots is not 0. */
void rt_set_cell(struct rt_node *n, u32 cell, u64 word);
/* Copy of a small node in the next class; NULL if memory is out. */
struct rt_node *rt_copy_larger(const struct rt_node *n);

/* rtree_build.c */
/* RT_FAILED if memory is out (all undone). */
#define RT_FAILED ((u64)RT_NODE)
u64 rt_rebuild(u64 word, u64 slot_start, u64 slot_end, u64 start, u64 end,
	       const struct rt_slot *slots, u32 count);

#endif
