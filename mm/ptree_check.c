/*
 * Page tree: P1 of ptree.c, counted afresh. Debug builds and unit tests; the
 * VMO's mutex is held and no cursor is open.
 */
#include "ptree_node.h"

static u64 check_word(u64 word, u32 level, u64 *nodes)
{
	const struct pt_node *n = pt_node_of(word);
	u64 pages = 0;

	if (level == 0) {
		ASSERT(!pt_is_node(word));
		ASSERT(pt_is_page(word) || word == PT_EMPTY ||
		       pt_slot_type((struct pt_slot){ word }) == PT_ZERO);
		if (pt_is_page(word))
			ASSERT(pt_page((struct pt_slot){ word })->ref_count);
		return pt_is_page(word);
	}
	ASSERT(pt_is_node(word));
	ASSERT(n->ref_count);
	++*nodes;
	for (u32 i = 0; i < PT_FANOUT; i++) {
		ASSERT((n->present >> i & 1) == (n->slots[i] != 0));
		if (n->slots[i])
			pages += check_word(n->slots[i], level - 1, nodes);
	}
	ASSERT(n->resident_count == pages);
	return pages;
}

u64 ptree_check(const struct ptree *t, u64 *nodes)
{
	u64 count = 0, pages;

	ASSERT(t->height <= PT_MAX_HEIGHT);
	pages = check_word(t->root, t->height, &count);
	if (nodes)
		*nodes = count;
	return pages;
}
