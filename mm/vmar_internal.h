/*
 * What the files of the VMAR manager share: making mappings and VMARs, and the
 * one way in which regions leave a tree (change.c).
 */
#ifndef MM_VMAR_INTERNAL_H
#define MM_VMAR_INTERNAL_H

#include <kernel/lock.h>
#include <mm/vmar.h>
#include <mm/vmo.h>

static inline struct mapping *mapping_from_slot(struct rt_slot s)
{
	return container_of(rt_slot_region(s), struct mapping, region);
}

static inline struct vmar *vmar_from_slot(struct rt_slot s)
{
	return container_of(rt_slot_region(s), struct vmar, region);
}

static inline struct rt_slot mapping_slot(struct mapping *m)
{
	return rt_slot_make(&m->region, RT_MAPPING);
}

/* Where a page of the mapping stands in the VMO that it names, in bytes. */
static inline u64 mapping_offset_of(const struct mapping *m, u64 page)
{
	return mapping_vmo_offset(m) + ((page - m->region.start) << PAGE_SHIFT);
}

/*
 * A walk over the pieces at and below a VMAR (vmar_walk.c). Under aspace->lock;
 * nothing may change between two steps. The caller moves `page` on, to the end
 * of the piece found.
 */
struct vmar_walk {
	struct vmar *top;
	struct vmar *at;	/* whose own child the piece found is */
	u64 page;
};
void vmar_walk_begin(struct vmar_walk *w, struct vmar *top, u64 page);
/* The mapping that contains the page; an empty slot for a gap of w->at. */
struct rt_slot vmar_walk_slot(struct vmar_walk *w);

static inline bool vmar_walk_is_below(const struct vmar_walk *w)
{
	return w->at != w->top;
}

/*
 * A mapping of pages [start, end) with one reference, on no list yet; it holds
 * a reference to the VMO. NULL if memory is out.
 */
struct mapping *mapping_create(struct vmar *v, u64 start, u64 end,
			       struct vmo *vmo, u64 vmo_offset, u32 prot,
			       u32 max_prot);
/* A piece [start, end) of m, same VMO and maximum protection. */
struct mapping *mapping_create_piece(const struct mapping *m, u64 start,
				     u64 end, u32 prot);
/* Puts a new mapping on its VMO's list in the given state; takes vmo->lock. */
void mapping_link(struct mapping *m, enum mapping_state state);
/* Gives up the tree's reference to a mapping that is on no VMO's list any more:
 * the VMO's at once, which may end the VMO, the mapping's after an epoch. */
void mapping_retire(struct mapping *m);
/* The same for `count` mappings of one VMO, linked by next_buried. */
void mapping_retire_chain(struct mapping *chain, u32 count);
/* Undoes mapping_create(); NULL is fine. */
void mapping_discard(struct mapping *m);

/* Boot: the caches of mapping.c and vmar.c. */
void mapping_init_module(void);
void vmar_init_cache(void);

/* A VMAR with one reference; parent NULL makes the root. */
struct vmar *vmar_create(struct aspace *as, struct vmar *parent, uaddr_t base,
			 u64 size, u32 flags);

/* The first region that touches pages [start, end) of a VMAR, and the one that
 * contains the last page; empty slots if there is none. */
struct vmar_edges {
	struct rt_slot first;
	struct rt_slot last;
};
struct vmar_edges vmar_find_edges(const struct vmar *v, u64 start, u64 end);

/*
 * Removes everything in pages [start, end) of the VMAR, whole sub-VMARs
 * included; mappings that reach over an edge keep what lies outside. `middle`,
 * if not NULL, takes the place. NO_MEMORY: nothing changed. Under aspace->lock;
 * no sub-VMAR reaches over an edge, and at least one region is touched.
 */
MUST_CHECK zx_status_t vmar_replace_range(struct vmar *v, u64 start, u64 end,
					  const struct vmar_edges *edges,
					  struct mapping *middle);
/* The same for one whole mapping, in whose place comes nothing: cannot fail. */
void vmar_remove_mapping(struct mapping *m);
/*
 * Takes from all entries in pages [start, end) the permissions that are not in
 * flags (PT_*), or clears them if flags is 0, and flushes: on return no CPU
 * uses more. In batches of bounded length. Under aspace->lock.
 */
void vmar_limit_entries(struct aspace *as, u64 start, u64 end, u32 flags);
/* Destroys a VMAR that is alive, with all below it. Under aspace->lock. */
void vmar_destroy_locked(struct vmar *v);

#endif
