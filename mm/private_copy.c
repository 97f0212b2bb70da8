/*
 * Writing to what a mapping shows where the mapping could never be written:
 * in place of the shared VMO it gets a copy-on-write child of its own
 * (spec/vmar.md 16, later Zircon).
 */
#include <mm/reclaim.h>
#include <mm/vmo.h>

#include "vmar_internal.h"
#include "vmo_internal.h"

/* A child that shows what the mapping shows. Its pages past the VMO's end are
 * not there, so that access to them goes on failing. */
static zx_status_t make_child(const struct mapping *m, struct vmo **out)
{
	u64 offset = mapping_vmo_offset(m), size = vmo_get_size(m->named);
	struct vmo_child want = {
		.kind = VMO_CHILD_SNAPSHOT,
		.later_order = true,
		.offset = offset,
	};
	zx_status_t status;

	if (offset >= size)
		return ZX_ERR_OUT_OF_RANGE;
	want.size = min_u64(mapping_size(m), size - offset);
	status = vmo_try_create_child(m->named, &want, out);
	if (status != ZX_ERR_NOT_SUPPORTED)
		return status;
	/* A pager's pages cannot be snapshotted. */
	want.kind = VMO_CHILD_AT_LEAST_ON_WRITE;
	return vmo_try_create_child(m->named, &want, out);
}

static zx_status_t replace_mapping(const struct mapping *m, struct vmo *child)
{
	u64 start = m->region.start, end = m->region.end;
	struct vmar_edges edges = vmar_find_edges(m->vmar, start, end);
	struct mapping *copy = mapping_create(m->vmar, start, end, child, 0,
					      m->prot, m->max_prot);
	zx_status_t status;

	if (!copy)
		return ZX_ERR_NO_MEMORY;
	copy->is_private = true;
	status = vmar_replace_range(m->vmar, start, end, &edges, copy);
	if (status != ZX_OK)
		mapping_discard(copy);
	return status;
}

static zx_status_t make_private_locked(struct aspace *as, uaddr_t va)
{
	struct vmar_walk w;
	struct mapping *m;
	struct vmo *child;
	struct rt_slot s;
	zx_status_t status;

	if (!as->root || !vmar_contains(as->root, va, 1))
		return ZX_ERR_NOT_FOUND;
	vmar_walk_begin(&w, as->root, va >> PAGE_SHIFT);
	s = vmar_walk_slot(&w);
	if (rt_slot_type(s) != RT_MAPPING)
		return ZX_ERR_NOT_FOUND;
	m = mapping_from_slot(s);
	/* What may be made writable writes to the VMO anyway. */
	if (m->is_private || (m->max_prot & ZX_VM_PERM_WRITE))
		return ZX_OK;
	status = make_child(m, &child);
	if (status != ZX_OK)
		return status;
	status = replace_mapping(m, child);
	object_unref(&child->object);
	return status;
}

zx_status_t aspace_make_private(struct aspace *as, uaddr_t va)
{
	zx_status_t status;

	do {
		mutex_lock(&as->lock);
		status = make_private_locked(as, va);
		mutex_unlock(&as->lock);
	} while (mm_try_again(status, 1));
	return status;
}
