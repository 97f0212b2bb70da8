/*
 * Listing of what lies in a VMAR (ZX_INFO_PROCESS_MAPS, ZX_INFO_VMAR_MAPS;
 * spec/vmar.md 13), neighbours folded as 12.4 says.
 */
#ifndef MM_MAPS_H
#define MM_MAPS_H

#include <mm/vmar.h>
#include <mm/vmo_info.h>

/* One line of a listing: a VMAR, or a run of mappings that continue each
 * other. What stands behind `type` is of mappings only, zero else. */
struct maps_entry {
	char name[ZX_MAX_NAME_LEN];
	uaddr_t base;
	u64 size;
	u64 depth;		/* 0 for the VMAR that the listing is of */
	u32 type;		/* ZX_INFO_MAPS_TYPE_VMAR or _MAPPING */
	u32 prot;		/* ZX_VM_PERM_* */
	u32 max_prot;
	zx_koid_t vmar_koid;	/* in which the mapping is */
	zx_koid_t vmo_koid;
	u64 vmo_offset;
	struct vmo_charge charge;
};

/* Where a listing stands; starts zeroed. */
struct maps_cursor {
	uaddr_t address;	/* of the last entry told ... */
	u64 depth;		/* ... and its depth */
	bool started;
	bool done;
	bool is_open;		/* `last` may go on at its end */
	struct maps_entry last;
};

/*
 * Fills up to `capacity` entries, going on after the cursor, which says at the
 * end that it is done. *filled may be 0 before that: the aspace's lock is held
 * for a bounded number of regions a call. BAD_STATE if the VMAR is dead.
 */
MUST_CHECK zx_status_t vmar_list_maps(struct vmar *top,
				      struct maps_cursor *cursor,
				      struct maps_entry *entries,
				      size_t capacity, size_t *filled);

#endif
