/*
 * Bus transaction initiators: devices that read and write memory on their own.
 *
 * No device does here; the objects exist since memory is pinned, and contiguous
 * memory is made, in the name of a BTI (vmo.md 6.1, 13). Its IOMMU translates
 * nothing: a device would see physical addresses.
 *
 * A pinned memory token (PMT) stands for one pinned range and ends by unpinning.
 * A token whose handle is closed instead goes to the BTI's quarantine: the
 * device may still write, so its frames stay as they are until the quarantine
 * is released, for ever if the BTI's last handle closes before that.
 */
#ifndef KERNEL_BTI_H
#define KERNEL_BTI_H

#include <kernel/object.h>
#include <zircon/syscalls/object.h>

struct bti {
	struct object object;
	/* Fixed after creation. */
	struct object *iommu;		/* counted */
	u64 id;
	struct mutex lock;		/* LOCK_DEVICE */
	/* Under lock: tokens that pin; those of them that have no handle, by
	 * their node, each with a reference. */
	u64 pinned_count;
	struct list_node quarantine;
	u64 quarantine_count;
};

struct vmo;

struct pmt {
	struct object object;
	/* Fixed after creation. */
	struct bti *bti;		/* counted */
	struct vmo *vmo;		/* counted */
	u64 offset;			/* pages of the VMO, in bytes */
	u64 bytes;
	/* Under bti->lock. */
	bool pins;
	struct list_node node;		/* in the quarantine */
};

static inline struct bti *bti_from_object(struct object *o)
{
	return container_of(o, struct bti, object);
}

static inline struct pmt *pmt_from_object(struct object *o)
{
	return container_of(o, struct pmt, object);
}

void bti_init(void);
/* An IOMMU that translates nothing. NO_MEMORY. */
MUST_CHECK zx_status_t iommu_create(struct object **out);
/* NO_MEMORY. */
MUST_CHECK zx_status_t bti_create(struct object *iommu, u64 id,
				  struct bti **out);
/*
 * A token for [offset, offset + bytes) of the VMO, whole pages: errors of
 * vmo_pin() and NO_MEMORY. May wait for a pager. `writes`: the device may.
 */
MUST_CHECK zx_status_t bti_pin(struct bti *b, struct vmo *v, u64 offset,
			       u64 bytes, bool writes, struct pmt **out);
/* Ends the pin; a second time it does nothing. */
void pmt_unpin(struct pmt *p);
/* Ends all pins of tokens without handle. */
void bti_release_quarantine(struct bti *b);
void bti_get_info(struct bti *b, zx_info_bti_v2_t *out);

#endif
