/*
 * VMAR tree: what the cells of a node say, and how a writer changes it under
 * the eyes of readers.
 *
 * A dense node has a word for each cell. A small one has for each cell the
 * number of a slot, so that a word is stored once however many cells it has,
 * and a new one needs no more than a free slot: nothing moves.
 *
 * A slot is free when all its cells have become empty, not earlier: a reader
 * may have loaded its number and not yet its word. That reader finds the region
 * that was there, or what has come to other cells since and does not contain
 * its page (a node: is not of its page): both were true at some moment of its
 * lookup, for the page was free in between. Hence a cell that goes from one
 * word to another keeps its slot, even if a neighbour's slot has the same word.
 */
#include "rtree_node.h"

static inline void set_number(struct rt_node *n, u32 cell, u32 slot)
{
	u64 *map = &n->words[cell / 16], shift = cell % 16 * 4;

	rt_publish(map, (*map & ~(15ul << shift)) | (u64)slot << shift);
}

/* Relaxed: a hint, see struct rt_node. */
static inline void set_used(struct rt_node *n, u64 used)
{
	__atomic_store_n(&n->used, used, __ATOMIC_RELAXED);
}

static inline u32 take_slot(struct rt_node *n, u64 word)
{
	u32 slot = bit_lowest64(n->free_slots);

	DEBUG_ASSERT(n->free_slots);
	n->free_slots &= (u16)(n->free_slots - 1);
	rt_publish(&n->words[RT_MAP_WORDS + slot], word);
	return slot;
}

void rt_put(struct rt_node *n, u32 first, u32 last, u64 word)
{
	u32 slot;

	n->live_count++;
	set_used(n, n->used | bits_range64(first, last));
	if (n->class == RT_CLASS_DENSE) {
		do {
			rt_publish(&n->words[first], word);
		} while (first++ < last);
		return;
	}
	slot = take_slot(n, word);
	do {
		set_number(n, first, slot);
	} while (first++ < last);
}

void rt_clear(struct rt_node *n, u64 cells)
{
	n->live_count--;
	set_used(n, n->used & ~cells);
	do {
		u32 cell = bit_lowest64(cells);

		if (n->class == RT_CLASS_DENSE) {
			rt_publish(&n->words[cell], 0);
		} else {
			n->free_slots |= (u16)(1u << rt_slot_number(n, cell));
			set_number(n, cell, 0);
		}
		cells &= cells - 1;
	} while (cells);
}

static void set_small(struct rt_node *n, u32 cell, u64 word)
{
	u32 slot = rt_slot_number(n, cell);
	u32 left = cell ? rt_slot_number(n, cell - 1) : 0;
	u32 right = cell + 1 < RT_CELLS ? rt_slot_number(n, cell + 1) : 0;
	bool own = slot && slot != left && slot != right;

	if (word == 0) {
		set_number(n, cell, 0);
		if (own)
			n->free_slots |= (u16)(1u << slot);
	} else if (own) {
		rt_publish(&n->words[RT_MAP_WORDS + slot], word);
	} else if (left && n->words[RT_MAP_WORDS + left] == word) {
		set_number(n, cell, left);
	} else {
		set_number(n, cell, take_slot(n, word));
	}
}

void rt_set_cell(struct rt_node *n, u32 cell, u64 word)
{
	u64 old = rt_word(n, cell);
	u64 left = cell ? rt_word(n, cell - 1) : 0;
	u64 right = cell + 1 < RT_CELLS ? rt_word(n, cell + 1) : 0;

	if (word == old)
		return;
	/* A word that has several cells has them side by side. */
	if (old && old != left && old != right)
		n->live_count--;
	if (word && word != left && word != right)
		n->live_count++;
	set_used(n, (n->used & ~(1ul << cell)) | (u64)(word != 0) << cell);
	if (n->class == RT_CLASS_DENSE)
		rt_publish(&n->words[cell], word);
	else
		set_small(n, cell, word);
}

struct rt_node *rt_copy_larger(const struct rt_node *n)
{
	struct rt_node *c = rt_node_alloc(n->span, n->class + 1u);

	if (c == NULL)
		return NULL;
	if (c->class == RT_CLASS_DENSE) {
		for (u64 bits = n->used; bits; bits &= bits - 1) {
			u32 cell = bit_lowest64(bits);

			c->words[cell] = rt_word(n, cell);
		}
	} else {
		for (u32 i = 0; i < rt_class_words[n->class]; i++)
			c->words[i] = n->words[i];
		/* The slots that n does not have, and those free in n. */
		c->free_slots = n->free_slots | 0xff00;
	}
	c->used = n->used;
	c->live_count = n->live_count;
	c->gaps = n->gaps;
	return c;
}
