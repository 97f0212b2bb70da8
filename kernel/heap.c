/*
 * Leftist heap. See <kernel/heap.h>.
 */
#include <kernel/heap.h>

static u32 rank_of(const struct heap_node *n)
{
	return n ? n->rank : 0;
}

/* Makes n leftist again after a child changed; true if its rank changed. */
static bool node_repair(struct heap_node *n)
{
	u32 old = n->rank;

	if (rank_of(n->left) < rank_of(n->right)) {
		struct heap_node *left = n->left;

		n->left = n->right;
		n->right = left;
	}
	n->rank = rank_of(n->right) + 1;
	return n->rank != old;
}

/*
 * Merges two heaps, either may be NULL: interleaves their right paths by key,
 * then repairs along the merged path, whose length is at most the sum of the
 * two ranks. The result's root has parent NULL.
 */
static struct heap_node *heap_merge(struct heap_node *a, struct heap_node *b)
{
	struct heap_node *root = NULL, *parent = NULL;
	struct heap_node **link = &root;

	while (a && b) {
		if (b->key < a->key) {
			struct heap_node *smaller = b;

			b = a;
			a = smaller;
		}
		*link = a;
		a->parent = parent;
		parent = a;
		link = &a->right;
		a = a->right;
	}
	*link = a ? a : b;
	if (*link)
		(*link)->parent = parent;
	for (; parent; parent = parent->parent)
		node_repair(parent);
	return root;
}

void heap_insert(struct heap *h, struct heap_node *n)
{
	n->left = NULL;
	n->right = NULL;
	n->parent = NULL;
	n->rank = 1;
	h->root = heap_merge(h->root, n);
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *parent = n->parent;
	struct heap_node *rest;

	rest = heap_merge(n->left, n->right);
	if (rest)
		rest->parent = parent;
	if (!parent) {
		h->root = rest;
		return;
	}
	if (parent->left == n)
		parent->left = rest;
	else
		parent->right = rest;
	/* Ends where a rank did not change. On a path where all change, each is
	 * one above its child's (the old ones if they rise, the new ones if
	 * they fall), so that it has at most log2(n) steps. */
	while (parent && node_repair(parent))
		parent = parent->parent;
}
