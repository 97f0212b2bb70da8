/*
 * Who else sees the pages of a page tree: a copy of one path of a tree, taken
 * under its VMO's mutex, and its comparison with another tree under the other
 * VMO's mutex. The two are never held together.
 *
 * Equal words mean equal content only as long as neither tree changes between
 * the two looks. A node or page that was freed and used again meanwhile may
 * compare equal: good enough for figures (committed_bytes), for nothing else.
 * The words of a view are compared and never followed.
 *
 * A family is walked like this, shown for "pages of V that no older member
 * sees"; LIMIT is PT_INDEX_LIMIT, or the end of a range:
 *
 *	for (index = 0; ; index = ptree_view_end(&view, level)) {
 *		V's mutex: if (!ptree_view(&v->pages, index, LIMIT, &view)) break;
 *		level = view.level;
 *		seen = 0;
 *		for each older member m, as long as view.shared & ~seen:
 *			m's mutex: seen |= ptree_view_match(&m->pages, &view,
 *							    &level);
 *		sum += ptree_view_count(&view, level, view.pages & ~seen);
 *	}
 *
 * With each member's answer kept, the same walk counts viewers (1/n). In a
 * family that shares all, it is one step; a step passes a leaf at least. (An
 * older member that has all of a high level may end the step: the others'
 * answers, which lower the level, do not matter then.)
 */
#ifndef MM_PTREE_VIEW_H
#define MM_PTREE_VIEW_H

#include <mm/ptree.h>

/* 720 bytes. */
struct ptree_view {
	u64 base;		/* first index of the leaf */
	u64 end;		/* of the range that is looked at */
	u64 pages;		/* bit n: base + n is in the range and a page */
	/* Of those: pages that other trees may name as well. */
	u64 shared;
	u32 height;		/* of the tree */
	/*
	 * The highest level whose subtree around the leaf lies in the range:
	 * level h stands for 64^h indices, 1 is the leaf. 1 as well if `shared`
	 * is not all of `pages`.
	 */
	u32 level;
	/* By level - 1, up to height: the node's slot word and pages. */
	u64 words[PT_MAX_HEIGHT];
	u64 counts[PT_MAX_HEIGHT];
	u64 slots[PT_FANOUT];	/* of the leaf, where `pages` has a bit */
};

/*
 * Copies the path to the first leaf with a page in [index, end). False if there
 * is no page. Under t's mutex, no cursor open. Skips what is empty as
 * ptree_next() does.
 */
MUST_CHECK bool ptree_view(const struct ptree *t, u64 index, u64 end,
			   struct ptree_view *view);

/*
 * Which pages of the view's leaf does t, another tree, hold at the same
 * indices? Lowers *level, if needed, to the highest level for which t answers
 * alike: above 1, t has all that the view's tree has in the subtree of that
 * level (then the result is view->pages) or nothing of it (then 0). Under t's
 * mutex; O(height), and 64 comparisons where leaves differ.
 */
u64 ptree_view_match(const struct ptree *t, const struct ptree_view *view,
		     u32 *level);

/* First index behind the subtree of a level around the leaf. */
static inline u64 ptree_view_end(const struct ptree_view *view, u32 level)
{
	return ((view->base >> 6 * level) + 1) << 6 * level;
}

/* How many pages mask, a part of view->pages, stands for at a level: above 1
 * it is nothing or all, and stands for the subtree. */
u64 ptree_view_count(const struct ptree_view *view, u32 level, u64 mask);

#endif
