/*
 * The VMOs behind an address space's mappings (vmo.md 10.5), and what is
 * counted of their pages (tasks.md 3.4).
 */
#include <mm/map_vmos.h>

#include "vmar_internal.h"

/* Mappings that one part is made of at most. */
#define PART_BUDGET 256u

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

/* Takes m in, if it shows on what the part has shown until now. */
static bool take(struct mapped_part *part, const struct mapping *m)
{
	u64 count = m->region.end - m->region.start;

	if (!part->vmo) {
		part->vmo = m->vmo;
		part->page = m->region.start;
		part->index = m->index;
		part->count = count;
		return true;
	}
	if (m->vmo != part->vmo || m->index != part->index + part->count ||
	    m->region.start != part->page + part->count)
		return false;
	part->count += count;
	return true;
}

bool aspace_next_part(struct aspace *as, u64 page, struct mapped_part *part)
{
	struct mapping *m;

	part->vmo = NULL;
	mutex_lock(&as->lock);
	for (u32 i = 0; i < PART_BUDGET && as->root; i++) {
		m = next_mapping(as->root, page);
		if (!m || !take(part, m))
			break;
		page = m->region.end;
	}
	if (part->vmo)
		object_ref(&part->vmo->object);
	mutex_unlock(&as->lock);
	return part->vmo != NULL;
}
