/*
 * The stream size of a VMO (vmo.md 8), under the VMO's lock.
 */
#include <mm/vmo_stream.h>

static struct vmo *owner_of(struct vmo *v)
{
	return v->kind == VMO_REFERENCE ? v->base : v;
}

u64 vmo_get_stream_size(struct vmo *v)
{
	u64 size;

	mutex_lock(v->lock);
	size = owner_of(v)->content_size;
	mutex_unlock(v->lock);
	return size;
}

void vmo_store_stream_size(struct vmo *v, u64 size)
{
	mutex_lock(v->lock);
	owner_of(v)->content_size = size;
	mutex_unlock(v->lock);
}

zx_status_t vmo_set_stream_size(struct vmo *v, u64 size, bool bounded)
{
	zx_status_t status = ZX_OK;
	u64 old, end;

	mutex_lock(v->lock);
	old = owner_of(v)->content_size;
	end = vmo_size_locked(v);
	mutex_unlock(v->lock);
	if (size == old)
		return ZX_OK;
	if (bounded && size > end)
		return ZX_ERR_OUT_OF_RANGE;
	/* Calls at the same time have an order in any case: the numbers are
	 * not compared again. */
	if (min_u64(old, size) < end)
		status = vmo_zero_range(v, min_u64(old, size),
					end - min_u64(old, size), true);
	if (status == ZX_OK)
		vmo_store_stream_size(v, size);
	return status;
}
