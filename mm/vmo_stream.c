/*
 * The stream size of a VMO, once called content size (vmo.md 8).
 *
 * The bytes behind it, to the VMO's end, read zero once it grows over them. They
 * are not kept zero meanwhile, for a program may write there; so each change
 * clears all from the smaller of the old and the new size on. A new size of the
 * VMO is its stream size too. A slice has one of its own, a reference has its
 * base's.
 */
#include <mm/reclaim.h>
#include <mm/vmo_stream.h>

#include "vmo_internal.h"

/* The VMO that has the number. */
static struct vmo *owner_of(struct vmo *v)
{
	return v->kind == VMO_REFERENCE ? v->base : v;
}

void vmo_store_stream_size(struct vmo *v, u64 size)
{
	mutex_lock(v->lock);
	owner_of(v)->content_size = size;
	mutex_unlock(v->lock);
}

u64 vmo_get_stream_size(struct vmo *v)
{
	u64 bytes;

	mutex_lock(v->lock);
	bytes = owner_of(v)->content_size;
	mutex_unlock(v->lock);
	return bytes;
}

/* The range that a change to `bytes` must clear: from there to the VMO's end,
 * or to `limit` if that is less. Memory that is not cached is the caller's; of
 * what was discarded nothing is there. */
static u64 stale_bytes_locked(const struct vmo *v, u64 bytes, u64 limit,
			      u64 *from)
{
	u64 end = min_u64(vmo_size_locked(v), limit);

	*from = min_u64(min_u64(v->content_size, bytes), end);
	if (v->base->cache_policy != ZX_CACHE_POLICY_CACHED ||
	    (v->base->lookup & VMO_IS_DISCARDED))
		return 0;
	return end - *from;
}

/* Pages wholly behind the stream go from all mappings, so that those which
 * must not show them fault. */
static void cut_stream_locked(struct vmo *v, u64 bytes)
{
	v->content_size = bytes;
	(void)vmo_unmap_pages_locked(v->base, vmo_stream_end_locked(v),
				     vmo_end_locked(v));
}

/* One try; false: another thread was faster, and its change counts. */
static bool try_stream_size(struct vmo *v, u64 size, bool bounded,
			    zx_status_t *status)
{
	u64 old, from, stale;
	bool done = true;

	*status = ZX_OK;
	mutex_lock(v->lock);
	old = v->content_size;
	if (bounded && size != old && size > vmo_size_locked(v))
		*status = ZX_ERR_OUT_OF_RANGE;
	stale = stale_bytes_locked(v, size, ~0ul, &from);
	mutex_unlock(v->lock);
	if (*status != ZX_OK || size == old)
		return true;
	if (stale)
		*status = vmo_zero_range(v, from, stale, true);
	if (*status != ZX_OK)
		return true;
	mutex_lock(v->lock);
	if (v->content_size == old)
		cut_stream_locked(v, size);
	else
		done = false;
	mutex_unlock(v->lock);
	return done;
}

zx_status_t vmo_set_stream_size(struct vmo *v, u64 size, bool bounded)
{
	zx_status_t status;

	while (!try_stream_size(owner_of(v), size, bounded, &status))
		continue;
	return status;
}

/* Clears what a new size would bring into the stream, or leave behind it in
 * the last page, once it is known that the size can be set. */
static zx_status_t prepare_stream(struct vmo *v, u64 size, u64 rounded,
				   u64 *old)
{
	zx_status_t status;
	u64 from, stale;

	mutex_lock(v->lock);
	*old = v->content_size;
	status = vmo_prepare_resize_locked(v, rounded);
	stale = stale_bytes_locked(v, size, rounded, &from);
	mutex_unlock(v->lock);
	if (status == ZX_OK && stale)
		status = vmo_zero_range(v, from, stale, true);
	return status;
}

/* One try; SHOULD_WAIT: another thread was faster, and its change counts. */
static zx_status_t try_size(struct vmo *v, u64 size, u64 rounded)
{
	u64 old;
	zx_status_t status = prepare_stream(v, size, rounded, &old);

	if (status != ZX_OK)
		return status;
	mutex_lock(v->lock);
	status = v->content_size == old ? vmo_resize_locked(v, size, rounded)
					: ZX_ERR_SHOULD_WAIT;
	if (status == ZX_OK)
		cut_stream_locked(v, size);
	mutex_unlock(v->lock);
	return status;
}

zx_status_t vmo_set_size_and_stream(struct vmo *v, u64 size)
{
	struct vmo *o = owner_of(v);
	u64 rounded;
	zx_status_t status = vmo_check_set_size(o, size, &rounded);

	if (status != ZX_OK)
		return status;
	do {
		status = try_size(o, size, rounded);
	} while (status == ZX_ERR_SHOULD_WAIT || mm_try_again(status, 1));
	return status;
}
