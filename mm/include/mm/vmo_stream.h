/*
 * The stream size, once called content size, of a VMO (vmo.md 8): a number
 * beside its size, in bytes.
 */
#ifndef MM_VMO_STREAM_H
#define MM_VMO_STREAM_H

#include <mm/vmo.h>

/* The index behind the last page that the stream reaches into. Under
 * v->lock. */
static inline u64 vmo_stream_end_locked(const struct vmo *v)
{
	u64 bytes = v->kind == VMO_REFERENCE ? v->base->content_size
					     : v->content_size;

	bytes = min_u64(bytes, vmo_size_locked(v));
	return vmo_index(v, bytes + PAGE_MASK);
}

/* A reference shares the number of what it refers to. */
u64 vmo_get_stream_size(struct vmo *v);
/* Only keeps the number. */
void vmo_store_stream_size(struct vmo *v, u64 size);
/*
 * Keeps it, and makes all bytes behind the smaller of the old and the new one
 * read zero, up to the VMO's end; entries for pages wholly behind it go, so that
 * mappings made with FAULT_BEYOND_STREAM_SIZE fault there. `bounded`:
 * OUT_OF_RANGE if it is larger than the VMO. Otherwise as vmo_zero_range(), in
 * which case it stays as it was; may wait for a pager.
 */
MUST_CHECK zx_status_t vmo_set_stream_size(struct vmo *v, u64 size,
					   bool bounded);
/* zx_vmo_set_size (vmo.md 3.4) where it sets the stream size too: what that
 * takes in or leaves behind in the last page reads zero. */
MUST_CHECK zx_status_t vmo_set_size_and_stream(struct vmo *v, u64 size);

#endif
