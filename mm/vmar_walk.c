/*
 * Going over the pieces of a range of an address space, sub-VMARs entered.
 */
#include "vmar_internal.h"

void vmar_walk_begin(struct vmar_walk *w, struct vmar *top, u64 page)
{
	w->top = top;
	w->at = top;
	w->page = page;
}

struct rt_slot vmar_walk_slot(struct vmar_walk *w)
{
	while (w->at != w->top && w->page >= w->at->region.end)
		w->at = w->at->parent;
	for (;;) {
		struct rt_slot s = rtree_lookup(&w->at->children, w->page);

		if (rt_slot_type(s) != RT_VMAR)
			return s;
		w->at = vmar_from_slot(s);
	}
}
