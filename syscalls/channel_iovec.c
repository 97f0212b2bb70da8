/*
 * Messages gathered from many buffers (tasks.md 12.3, USE_IOVEC).
 *
 * The array is read once, whole, and judged before any buffer is read: what
 * changes there meanwhile cannot tell the two apart.
 */
#include <mm/slab.h>

#include "channel.h"

static size_t array_bytes(const struct channel_write *w)
{
	return w->num_bytes * sizeof(zx_channel_iovec_t);
}

/* The first element that is wrong decides. */
static zx_status_t sum(const zx_channel_iovec_t *v, u32 count, u32 *bytes)
{
	*bytes = 0;
	for (u32 i = 0; i < count; i++) {
		if (v[i].reserved != 0)
			return ZX_ERR_INVALID_ARGS;
		if (v[i].capacity > ZX_CHANNEL_MAX_MSG_BYTES - *bytes)
			return ZX_ERR_OUT_OF_RANGE;
		*bytes += v[i].capacity;
	}
	return ZX_OK;
}

zx_status_t channel_iovec_read(const struct channel_write *w,
			       zx_channel_iovec_t **out, u32 *bytes)
{
	zx_channel_iovec_t *v = kmalloc(array_bytes(w));
	zx_status_t status = ZX_OK;

	if (!v)
		return ZX_ERR_NO_MEMORY;
	if (w->num_bytes)
		status = user_read(v, w->bytes, array_bytes(w));
	if (status == ZX_OK)
		status = sum(v, w->num_bytes, bytes);
	if (status == ZX_OK)
		*out = v;
	else
		kfree(v, array_bytes(w));
	return status;
}

void channel_iovec_free(const struct channel_write *w, zx_channel_iovec_t *v)
{
	kfree(v, array_bytes(w));
}

zx_status_t channel_iovec_gather(const struct channel_write *w,
				 const zx_channel_iovec_t *v, u8 *to)
{
	for (u32 i = 0; i < w->num_bytes; i++) {
		if (v[i].capacity && user_read(to, (uaddr_t)v[i].buffer,
					       v[i].capacity) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
		to += v[i].capacity;
	}
	return ZX_OK;
}
