/*
 * The VMOs behind an address space's mappings (vmo.md 10.5).
 */
#include <mm/map_vmos.h>

#include "vmar_internal.h"

/* The first mapping that reaches beyond `page`. An empty sub-VMAR sends the
 * search back to the root, to what follows it. */
static struct mapping *next_mapping(struct vmar *root, u64 page)
{
	struct vmar *v = root;

	for (;;) {
		struct rt_slot child = rtree_next(&v->children, page);

		if (rt_slot_type(child) == RT_MAPPING)
			return mapping_from_slot(child);
		if (child.word) {
			v = vmar_from_slot(child);
			continue;
		}
		if (v == root)
			return NULL;
		page = v->region.end;
		v = root;
	}
}

size_t aspace_list_vmos(struct aspace *as, u64 *page, struct vmo **vmos,
			size_t capacity)
{
	struct mapping *m;
	size_t count = 0;

	mutex_lock(&as->lock);
	while (count < capacity && as->root &&
	       (m = next_mapping(as->root, *page)) != NULL) {
		object_ref(&m->named->object);
		vmos[count++] = m->named;
		*page = m->region.end;
	}
	mutex_unlock(&as->lock);
	return count;
}
