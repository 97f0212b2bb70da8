/*
 * Address spaces, VMARs and mappings: one manager over the radix tree.
 *
 * An aspace has one sleeping lock for writers (LOCK_ASPACE) and one root VMAR.
 * Each VMAR holds a radix tree of its children; a child is a mapping or a
 * sub-VMAR. Page faults and other readers walk the trees inside an epoch and
 * take no aspace lock.
 *
 * Mapping: immutable range, VMO, offset, protection and maximum protection;
 * only its state changes, ALIVE -> DEAD, under the VMO's lock. Split, protect
 * and partial unmap replace it. Order of a removal: DEAD under the VMO's lock
 * (no entry is installed from then on, I12); entries cleared and flushed in
 * one TLB batch; unlinked from the VMO's list under its lock; freed by the
 * epoch. A VMO operation that meets a DEAD mapping on its list flushes that
 * range itself, since the remover may not have done so yet.
 *
 * Statuses are neutral; syscalls/era.h turns them into an era's answers:
 * ALREADY_EXISTS for a collision, NO_RESOURCES for no gap, NOT_FOUND for
 * nothing there.
 */
#ifndef MM_VMAR_H
#define MM_VMAR_H

#include <arch/mmu.h>
#include <kernel/epoch.h>
#include <kernel/object.h>
#include <mm/rtree.h>

struct vmo;
struct vmar;
struct process;

struct aspace {
	/* Fixed after creation. */
	uaddr_t base;
	u64 size;
	struct vmar *root;		/* counted */
	struct mutex lock;		/* LOCK_ASPACE */
	struct arch_aspace arch;
	/* Under lock: state of the placement generator. */
	u64 random_state[2];
	/* Atomic: one for the process, one for each loaded CPU or holder. */
	u32 ref_count;
	char name[ZX_MAX_NAME_LEN];
};

struct vmar {
	struct object object;
	struct aspace *aspace;		/* counted; fixed */
	/* Fixed after creation. */
	uaddr_t base;
	u64 size;
	u32 flags;			/* ZX_VM_CAN_MAP_*, ZX_VM_COMPACT */
	struct vmar *parent;		/* NULL for the root; not counted */
	/* Written under aspace->lock; read by faults inside an epoch. */
	struct rtree children;
	/* Under aspace->lock: false once destroyed (DEAD). Read racily by
	 * readers, who look again under the lock where it matters. */
	bool alive;
	struct epoch_head epoch;
};

enum mapping_state {
	MAPPING_ALIVE,
	MAPPING_DEAD,
};

struct mapping {
	/* Fixed after creation. */
	uaddr_t base;
	u64 size;
	struct vmo *vmo;		/* counted */
	u64 vmo_offset;
	u32 prot;			/* ZX_VM_PERM_* now */
	u32 max_prot;			/* ZX_VM_PERM_* that protect may give */
	struct aspace *aspace;		/* outlives the mapping */
	struct vmar *vmar;		/* its parent; outlives the mapping */
	/* Under vmo->lock. */
	struct list_node vmo_node;
	u32 state;			/* enum mapping_state */
	/* Atomic: tree's reference plus temporary ones. */
	u32 ref_count;
	struct epoch_head epoch;
};

MUST_CHECK zx_status_t aspace_create(const char *name, struct aspace **out);
/* Every VMAR DEAD, every mapping gone; the root table goes when the last
 * reference is dropped (I9). No lock held; may sleep. */
void aspace_destroy(struct aspace *as);
void aspace_ref(struct aspace *as);
void aspace_unref(struct aspace *as);

static inline struct vmar *vmar_from_object(struct object *o)
{
	return container_of(o, struct vmar, object);
}

/*
 * The calls. Arguments have passed the checks of the handle and of pure values
 * (lists of spec/vmar.md 4-9); state and range checks are made here in the
 * spec's order. All-or-nothing. None sleeps for user space; all may sleep for
 * locks. Sizes in bytes, page-aligned.
 */

/* Where a region goes: options is ZX_VM_SPECIFIC, SPECIFIC_OVERWRITE,
 * OFFSET_IS_UPPER_LIMIT or 0, and the ALIGN field. */
struct vmar_placement {
	u32 options;
	u64 offset;
	u64 size;
};

/* spec 4, checks 6-13. The new VMAR carries one reference for the caller. */
MUST_CHECK zx_status_t vmar_allocate(struct vmar *parent,
				     const struct vmar_placement *where,
				     u32 flags, struct vmar **out);
/* spec 5, checks 10-19 and 22. prot, max_prot: ZX_VM_PERM_*. */
MUST_CHECK zx_status_t vmar_map(struct vmar *vmar,
				const struct vmar_placement *where,
				struct vmo *vmo, u64 vmo_offset, u32 prot,
				u32 max_prot, bool populate, uaddr_t *out);
/* spec 6, checks 4-9; NOT_FOUND if nothing was there. */
MUST_CHECK zx_status_t vmar_unmap(struct vmar *vmar, uaddr_t addr, u64 size);
/* spec 7, checks 6-9. */
MUST_CHECK zx_status_t vmar_protect(struct vmar *vmar, uaddr_t addr, u64 size,
				    u32 prot);
/* spec 8. BAD_STATE if dead already. */
MUST_CHECK zx_status_t vmar_destroy(struct vmar *vmar);
/* spec 9, checks 6-9: DECOMMIT of what is mapped there. */
MUST_CHECK zx_status_t vmar_decommit(struct vmar *vmar, uaddr_t addr, u64 size,
				     bool descend);

/*
 * The mapping at an address, nested VMARs included, with a reference that the
 * caller drops by mapping_unref(); NULL if none. Lock-free (epoch inside).
 */
struct mapping *aspace_find_mapping(struct aspace *as, uaddr_t va);
/* The same without a reference, for a caller that is inside an epoch. */
struct mapping *aspace_lookup_mapping(struct aspace *as, uaddr_t va);
void mapping_ref(struct mapping *m);
void mapping_unref(struct mapping *m);

/* Maps listing (spec 13.2): fills up to `capacity` records into a kernel
 * buffer, starting after the position of *cursor; false when done. */
struct maps_cursor {
	uaddr_t address;
	u64 depth;
	bool started;
	bool folding_done;
};
MUST_CHECK zx_status_t aspace_list_maps(struct aspace *as,
					struct maps_cursor *cursor,
					zx_info_maps_t *records,
					size_t capacity, size_t *filled);

#endif
