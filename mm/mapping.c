/*
 * Mapping objects: creation, links to their VMO, end.
 *
 * The tree's reference to a mapping comes with a reference to the VMO. When the
 * mapping has left the tree the VMO's is given up at once, since that may end
 * the VMO and needs a context that may sleep; the mapping's own goes through
 * the epoch. A reader that wants to keep a mapping adds one of each, and fails
 * if the VMO is at its end already.
 */
#include <mm/slab.h>
#include <mm/vmo.h>

#include "vmar_internal.h"
#include "vmo_internal.h"

static struct slab_cache mapping_cache;

void mapping_init_module(void)
{
	slab_cache_init(&mapping_cache, "mapping", sizeof(struct mapping));
}

struct mapping *mapping_create(struct vmar *v, u64 start, u64 end,
			       struct vmo *vmo, u64 vmo_offset, u32 prot,
			       u32 max_prot)
{
	struct mapping *m = slab_alloc(&mapping_cache);

	if (!m)
		return NULL;
	m->region.start = start;
	m->region.end = end;
	m->vmar = v;
	m->named = vmo;
	m->vmo = vmo->base;
	m->index = vmo_index(vmo, vmo_offset);
	m->max_prot = max_prot;
	m->prot = prot;
	m->fault_beyond_stream = false;
	m->is_private = false;
	m->ref_count = 1;
	object_ref(&vmo->object);
	return m;
}

struct mapping *mapping_create_piece(const struct mapping *m, u64 start,
				     u64 end, u32 prot)
{
	u64 skip = (start - m->region.start) << PAGE_SHIFT;
	struct mapping *piece = mapping_create(m->vmar, start, end, m->named,
					       mapping_vmo_offset(m) + skip,
					       prot, m->max_prot);

	if (piece) {
		piece->fault_beyond_stream = m->fault_beyond_stream;
		piece->is_private = m->is_private;
	}
	return piece;
}

void mapping_link(struct mapping *m, enum mapping_state state)
{
	mutex_lock(m->vmo->lock);
	m->state = state;
	vmo_link_mapping_locked(m);
	mutex_unlock(m->vmo->lock);
}

bool mapping_ref(struct mapping *m)
{
	if (!vmo_try_ref(m->named))
		return false;
	/* Relaxed: the epoch keeps the tree's reference. */
	__atomic_fetch_add(&m->ref_count, 1, __ATOMIC_RELAXED);
	return true;
}

/* Acquire-release: what other holders did comes before the end. Who holds the
 * only reference needs no more than the acquire: nobody can add one. */
static void drop(struct mapping *m)
{
	if (__atomic_load_n(&m->ref_count, __ATOMIC_ACQUIRE) == 1 ||
	    __atomic_sub_fetch(&m->ref_count, 1, __ATOMIC_ACQ_REL) == 0)
		slab_free(&mapping_cache, m);
}

void mapping_unref(struct mapping *m)
{
	object_unref(&m->named->object);
	drop(m);
}

void mapping_discard(struct mapping *m)
{
	if (m)
		mapping_unref(m);
}

static void drop_after_epoch(struct epoch_head *h)
{
	drop(container_of(h, struct mapping, epoch));
}

static void drop_chain_after_epoch(struct epoch_head *h)
{
	struct mapping *m = container_of(h, struct mapping, epoch);

	while (m) {
		struct mapping *next = m->next_buried;

		drop(m);
		m = next;
	}
}

/* Release: who sees the new number does not find m in the tree any more; and
 * the push to the epoch comes behind it. */
static inline void note_retired(const struct mapping *m)
{
	struct aspace *as = m->vmar->aspace;

	__atomic_store_n(&as->retired, as->retired + 1, __ATOMIC_RELEASE);
}

void mapping_retire_chain(struct mapping *chain, u32 count)
{
	note_retired(chain);
	object_unref_many(&chain->named->object, count);
	epoch_defer(&chain->epoch, drop_chain_after_epoch);
}

void mapping_retire(struct mapping *m)
{
	note_retired(m);
	object_unref(&m->named->object);
	epoch_defer(&m->epoch, drop_after_epoch);
}
