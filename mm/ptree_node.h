/*
 * Inside of the page tree, private to ptree*.c.
 */
#ifndef MM_PTREE_NODE_H
#define MM_PTREE_NODE_H

#include <kernel/panic.h>
#include <mm/ptree.h>

static inline struct pt_node *pt_node_of(u64 word)
{
	return (struct pt_node *)(uintptr_t)(word & ~3ul);
}

static inline u64 pt_node_word(const struct pt_node *n)
{
	return (u64)(uintptr_t)n | PT_NODE;
}

static inline bool pt_is_node(u64 word)
{
	return (word & 3) == PT_NODE;
}

static inline bool pt_is_page(u64 word)
{
	return (word & 3) == PT_PAGE;
}

/* Is the index beyond what a tree of this height can hold? */
static inline bool pt_beyond(u32 height, u64 index)
{
	return index >> (PT_LEVEL_BITS * height) != 0;
}

static inline u32 pt_cell(u64 index, u32 shift)
{
	return index >> shift & (PT_FANOUT - 1);
}

static inline void pt_set_slot(struct pt_node *n, u32 cell, u64 word)
{
	n->slots[cell] = word;
	n->present |= 1ul << cell;
}

static inline void pt_clear_slot(struct pt_node *n, u32 cell)
{
	n->slots[cell] = 0;
	n->present &= ~(1ul << cell);
}

/* ptree.c. An empty node; NULL if memory is out. */
struct pt_node *pt_node_alloc(void);
void pt_node_free(struct pt_node *n);
/* One more name for what a word names. */
void pt_word_ref(u64 word);
/* Gives up one name of n; true if it was the last, then n is the caller's. */
MUST_CHECK bool pt_node_unref(struct pt_node *n);
/* Replaces the shared node in *slot by a copy of its own; false if memory is
 * out. */
MUST_CHECK bool pt_unshare(u64 *slot);

#endif
