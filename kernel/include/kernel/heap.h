/*
 * Leftist heap with embedded nodes: the smallest key in one load, insert and
 * removal of any node in O(log n) at worst, without allocation. The caller
 * serialises. Nodes of equal key come out in no particular order.
 *
 * Shape: no key is smaller than its parent's; rank is the length of the path
 * along `right` to the end; rank(left) >= rank(right), hence rank(root) is at
 * most log2(n + 1).
 */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include <kernel/types.h>

struct heap_node {
	struct heap_node *left;
	struct heap_node *right;
	struct heap_node *parent;
	s64 key;
	u32 rank;
};

struct heap {
	struct heap_node *root;		/* smallest key, or NULL */
};

/* Adds n, which is in no heap, with its key set. */
void heap_insert(struct heap *h, struct heap_node *n);
/* Takes n out of the heap it is in. */
void heap_remove(struct heap *h, struct heap_node *n);

#endif
