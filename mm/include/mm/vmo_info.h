/*
 * What is told of VMOs (vmo.md 10): records, relatives, and who is charged for
 * the pages that several see.
 */
#ifndef MM_VMO_INFO_H
#define MM_VMO_INFO_H

#include <mm/vmo.h>
#include <zircon/syscalls/object.h>

/*
 * The record of vmo.md 10.2, all but handle_rights, VIA_* flags and what struct
 * vmo_charge tells: committed_bytes is 0. parent_koid is that of birth.
 */
void vmo_get_info(struct vmo *v, zx_info_vmo_t *out);
/* The parent's koid now: children of a VMO that died count for its parent. 0
 * for a root, and when no ancestor lives. */
zx_koid_t vmo_parent_koid(struct vmo *v);

/* What the VMO is charged for the pages it sees, in bytes (vmo.md 14, note). */
struct vmo_charge {
	u64 whole;		/* each page with its oldest living viewer */
	u64 own;		/* pages that nobody else sees */
	u64 scaled;		/* each page divided by its viewers ... */
	u64 fraction;		/* ... and the rest below a byte, 2^63 = 1 */
};
/* Exact for a family at rest. Takes locks of the family, one VMO's at a time;
 * preemptible. */
void vmo_get_charge(struct vmo *v, struct vmo_charge *out);
/* Bookkeeping memory, estimated from height and pages; 0 for a VMO that holds
 * neither page nor marker. */
u64 vmo_metadata_bytes(struct vmo *v);
/* Pages charged to the VMO in the range, bytes from offset, whole to the oldest
 * viewer (maps, stats). Takes locks of the family. */
u64 vmo_committed_pages(struct vmo *v, u64 offset, u64 bytes);
/* vmo_get_charge() for the pages of a range. */
void vmo_get_range_charge(struct vmo *v, u64 offset, u64 bytes,
			  struct vmo_charge *out);

#endif
