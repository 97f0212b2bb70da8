/*
 * Bus transaction initiators: devices that read and write memory on their own.
 *
 * No device does here; the objects exist since memory is pinned, and contiguous
 * memory is made, in the name of a BTI (vmo.md 6.1, 13). Its IOMMU translates
 * nothing: a device would see physical addresses.
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
	/* Under lock: tokens that pin, and those of them without handle. */
	u64 pinned_count;
	u64 quarantine_count;
};

static inline struct bti *bti_from_object(struct object *o)
{
	return container_of(o, struct bti, object);
}

void bti_init(void);
/* An IOMMU that translates nothing. NO_MEMORY. */
MUST_CHECK zx_status_t iommu_create(struct object **out);
/* NO_MEMORY. */
MUST_CHECK zx_status_t bti_create(struct object *iommu, u64 id,
				  struct bti **out);
void bti_get_info(struct bti *b, zx_info_bti_t *out);

#endif
