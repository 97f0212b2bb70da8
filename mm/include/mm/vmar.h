/*
 * Address spaces, VMARs and mappings: one manager over the radix tree.
 *
 * An aspace has one sleeping lock for writers (LOCK_ASPACE) and one root VMAR.
 * Each VMAR holds a radix tree of its children; a child is a mapping or a
 * sub-VMAR. Page faults and other readers walk the trees inside an epoch and
 * take no aspace lock.
 *
 * Mapping: immutable range, VMO, offset and maximum protection. Splitting and
 * trimming replace it by new ones; protect of a whole mapping changes its
 * protection in place, since faults read that under the VMO's lock only.
 * Order of a removal (change.c): DEAD under the VMO's lock, so that no entry
 * is installed from then on (I12); tree published; entries cleared and flushed
 * in TLB batches; unlinked from the VMO's list under its lock; freed by the
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
#include <mm/vmo.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/object.h>

struct vmar;
struct process;

struct aspace {
	/* Fixed after creation. */
	uaddr_t base;
	u64 size;
	struct vmar *root;		/* counted */
	struct mutex lock;		/* LOCK_ASPACE */
	struct arch_aspace arch;
	/* Written under lock. Atomic: read by VMO operations under the lock of a
	 * VMO that is mapped here. Nonzero while a protect has told the VMOs of
	 * less permission, but not yet flushed the entries that it tightens or
	 * clears: the release of the VMO's lock makes it known to whoever takes
	 * that next, and it falls (release) behind the flush. */
	u32 tightening;
	/* Under lock: where the vDSO's code is mapped, as pages (<mm/vdso.h>). */
	u64 code_start;
	u64 code_end;
	/* Written under lock, atomic: how many mappings have gone from the tree
	 * to the epoch. While it stands still, who has found one may find it
	 * again without the tree (fault.c). */
	u64 retired;
	/* Under lock: state of the placement generator. */
	struct rt_random random;
	/* Atomic: the process, every VMAR, every CPU that has it loaded. */
	u32 ref_count;
	/* The reaper's list, once a CPU holds the last reference. */
	struct aspace *next_stale;
	char name[ZX_MAX_NAME_LEN];
};

struct vmar {
	struct object object;
	struct rt_region region;	/* its place in the parent's tree */
	/* Fixed after creation. */
	struct aspace *aspace;		/* counted */
	struct vmar *parent;		/* NULL for the root; not counted */
	uaddr_t base;
	u64 size;
	u32 flags;			/* ZX_VM_CAN_MAP_*, ZX_VM_COMPACT */
	u32 depth;			/* 0 for the root */
	/* Written under aspace->lock: false once destroyed (DEAD). */
	bool alive;
	/* Written under aspace->lock, read by faults inside an epoch. */
	struct rtree children;
	/* Under aspace->lock: list of regions being destroyed. */
	struct vmar *next_dead;
	struct epoch_head epoch;
};

enum mapping_state {
	MAPPING_ALIVE,
	MAPPING_PENDING,	/* in the tree, but what it replaces is not yet
				 * flushed: no entry may be installed */
	MAPPING_DEAD,
};

struct mapping {
	struct rt_region region;	/* its place in the VMAR's tree */
	/* Fixed after creation. */
	struct vmar *vmar;		/* its parent, which outlives it */
	struct vmo *named;		/* the VMO it was made from; counted */
	struct vmo *vmo;		/* whose pages it shows: named's base */
	u64 index;			/* in the page tree, of its first page */
	u32 max_prot;			/* ZX_VM_PERM_* that protect may give */
	/* Written under aspace->lock and vmo->lock, read under either:
	 * protect of a whole mapping changes it in place. */
	u32 prot;			/* ZX_VM_PERM_* now */
	union {
		/* Under vmo->lock. */
		struct list_node vmo_node;
		/* The epoch's, once it is off that list: freed together. */
		struct mapping *next_buried;
	};
	u32 state;			/* enum mapping_state */
	/* Fixed after creation: pages wholly beyond the VMO's stream size
	 * fault (spec 11). */
	bool fault_beyond_stream;
	bool is_private;	/* of a VMO that nobody else knows */
	/* Atomic: the tree's reference plus temporary ones. */
	u32 ref_count;
	union {
		/* Under aspace->lock, after it left the tree: what one change
		 * removes, until the epoch gets it. */
		struct mapping *next_removed;
		struct epoch_head epoch;
	};
};

static inline uaddr_t mapping_base(const struct mapping *m)
{
	return m->region.start << PAGE_SHIFT;
}

static inline uaddr_t mapping_end(const struct mapping *m)
{
	return m->region.end << PAGE_SHIFT;
}

/* Of its first page, in the VMO that it names. */
static inline u64 mapping_vmo_offset(const struct mapping *m)
{
	return (m->index - m->named->shift) << PAGE_SHIFT;
}

static inline u64 mapping_size(const struct mapping *m)
{
	return (m->region.end - m->region.start) << PAGE_SHIFT;
}

/* Lookups walk nested VMARs with preemption off: the depth is bounded, and one
 * level more is NO_MEMORY. */
#define VMAR_MAX_DEPTH 4096

/* Boot: the caches. */
void vmar_init_module(void);

MUST_CHECK zx_status_t aspace_create(const char *name, struct aspace **out);
/* Every VMAR DEAD, every mapping gone; the root table goes when the last
 * reference is dropped (I9). No lock held; may sleep. */
void aspace_destroy(struct aspace *as);
void aspace_ref(struct aspace *as);
void aspace_unref(struct aspace *as);

/* Rights of a new handle to a VMAR, beyond READ, WRITE and EXECUTE, which go
 * with its CAN_MAP flags (spec 2.2); and of one to a root, which has all. */
#define VMAR_BASE_RIGHTS (ZX_DEFAULT_VMAR_RIGHTS | \
			  (IS_ENABLED(CONFIG_ERA_LATEST) \
				   ? ZX_RIGHT_OP_CHILDREN : 0))
#define VMAR_ROOT_RIGHTS (VMAR_BASE_RIGHTS | ZX_RIGHTS_IO | ZX_RIGHT_EXECUTE)

static inline struct vmar *vmar_from_object(struct object *o)
{
	return container_of(o, struct vmar, object);
}

/* [addr, addr + size) lies inside the VMAR and does not wrap; size > 0. */
static inline bool vmar_contains(const struct vmar *v, uaddr_t addr, u64 size)
{
	return addr >= v->base && addr - v->base < v->size &&
	       size <= v->size - (addr - v->base);
}

/*
 * The calls. Arguments have passed the checks of the handle and of pure values
 * (lists of spec/vmar.md 4-9); state and range checks are made here in the
 * spec's order. All-or-nothing. None sleeps for user space; all may sleep for
 * locks. Sizes in bytes, page-aligned.
 */

/* Where a region goes: options is ZX_VM_SPECIFIC, SPECIFIC_OVERWRITE,
 * OFFSET_IS_UPPER_LIMIT or 0, and the ALIGN field; of a mapping also
 * FAULT_BEYOND_STREAM_SIZE. */
struct vmar_placement {
	u32 options;
	u64 offset;
	u64 size;
};

/* spec 4, checks 6-13. The new VMAR carries one reference for the caller. */
MUST_CHECK zx_status_t vmar_allocate(struct vmar *parent,
				     const struct vmar_placement *where,
				     u32 flags, struct vmar **out);
/* spec 5, checks 13-19 and 22. prot, max_prot: ZX_VM_PERM_*. */
MUST_CHECK zx_status_t vmar_map(struct vmar *vmar,
				const struct vmar_placement *where,
				struct vmo *vmo, u64 vmo_offset, u32 prot,
				u32 max_prot, bool populate, uaddr_t *out);
/* Takes back a mapping just made, whose address nobody was told. */
void vmar_undo_map(struct vmar *vmar, uaddr_t addr, u64 size);
/* spec 6, checks 4-9; NOT_FOUND if nothing was there. `children`: sub-VMARs
 * may be destroyed, else one in the range is INVALID_ARGS. */
MUST_CHECK zx_status_t vmar_unmap(struct vmar *vmar, uaddr_t addr, u64 size,
				  bool children);
/* spec 7, checks 6-9. `children`: sub-VMARs are entered, and what lies in them
 * can only lose permissions; else one in the range is INVALID_ARGS. */
MUST_CHECK zx_status_t vmar_protect(struct vmar *vmar, uaddr_t addr, u64 size,
				    u32 prot, bool children);
/* spec 8. BAD_STATE if dead already. */
MUST_CHECK zx_status_t vmar_destroy(struct vmar *vmar);
/*
 * spec 9, checks 6-9, and the operation, one of ZX_VMAR_OP_*. `descend`:
 * sub-VMARs are entered, else one in the range is INVALID_ARGS. What may have
 * to wait for a pager is done with no lock held, piece by piece: what has gone
 * from the range meanwhile is BAD_STATE.
 */
MUST_CHECK zx_status_t vmar_op_range(struct vmar *vmar, u32 op, uaddr_t addr,
				     u64 size, bool descend);

/*
 * Before a write through the mapping at an address, whatever its protection: if
 * it could never be made writable it goes over to a copy-on-write child of its
 * own. NOT_FOUND (no mapping), OUT_OF_RANGE (past the VMO's end), NO_MEMORY, or
 * why the VMO cannot have such a child.
 */
MUST_CHECK zx_status_t aspace_make_private(struct aspace *as, uaddr_t va);

/*
 * The mapping at an address, nested VMARs included, with a reference that the
 * caller drops by mapping_unref(); NULL if none (or none that stays). The
 * reference keeps mapping and VMO allocated, not mapped. Lock-free.
 */
struct mapping *aspace_find_mapping(struct aspace *as, uaddr_t va);
/* The same without a reference, for a caller that is inside an epoch. */
struct mapping *aspace_lookup_mapping(struct aspace *as, uaddr_t va);
/* Adds a reference to the mapping and one to its VMO; false if the VMO is at
 * its end, as happens to a mapping just removed. Inside an epoch. */
MUST_CHECK bool mapping_ref(struct mapping *m);
void mapping_unref(struct mapping *m);

#endif
