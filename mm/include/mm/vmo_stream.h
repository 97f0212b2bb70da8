/*
 * The stream size, once called content size, of a VMO (vmo.md 8): a number
 * beside its size, in bytes.
 */
#ifndef MM_VMO_STREAM_H
#define MM_VMO_STREAM_H

#include <mm/vmo.h>

/* A reference shares the number of what it refers to. */
u64 vmo_get_stream_size(struct vmo *v);
/* Only keeps the number. */
void vmo_store_stream_size(struct vmo *v, u64 size);
/*
 * Keeps it, and makes all bytes behind the smaller of the old and the new one
 * read zero, up to the VMO's end. `bounded`: OUT_OF_RANGE if it is larger than
 * the VMO. Otherwise as vmo_zero_range(), in which case it stays as it was; may
 * wait for a pager.
 */
MUST_CHECK zx_status_t vmo_set_stream_size(struct vmo *v, u64 size,
					   bool bounded);

#endif
