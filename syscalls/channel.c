/*
 * Making channels, reading from them (tasks.md 12.2, 12.5).
 */
#include <kernel/policy.h>
#include <syscall_protos.h>

#include "channel.h"

zx_status_t sys_channel_create(uint32_t options, uaddr_t out0, uaddr_t out1)
{
	struct channel *a, *b;
	zx_status_t status;

	if (options)
		return ZX_ERR_INVALID_ARGS;
	status = policy_check(ZX_POL_NEW_CHANNEL);
	if (status != ZX_OK)
		return status;
	status = channel_create(&a, &b);
	if (status != ZX_OK)
		return status;
	return peer_make_handles(&a->peer, &b->peer, ZX_DEFAULT_CHANNEL_RIGHTS,
				 out0, out1);
}

zx_status_t channel_put_sizes(const struct channel_read *r, u32 bytes,
			      u32 handles)
{
	if (r->actual_bytes && user_put_u32(r->actual_bytes, bytes) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	if (r->actual_handles &&
	    user_put_u32(r->actual_handles, handles) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

static zx_status_t put_handle(const struct channel_read *r, u32 i,
			      const struct message_handle *h)
{
	zx_handle_info_t info = {
		.handle = h->slot.value,
		.type = h->taken.object->type,
		.rights = h->taken.rights,
	};

	if (r->etc)
		return user_write(r->handles + i * sizeof(info), &info,
				  sizeof(info));
	return user_put_u32(r->handles + i * sizeof(zx_handle_t),
			    h->slot.value);
}

/* All values stand in user memory before the first handle comes to be. */
static zx_status_t put_handles(const struct channel_read *r, struct message *m)
{
	struct handle_table *t = handle_table_current();
	zx_status_t status = ZX_OK;
	u32 n;

	for (n = 0; n < m->handle_count; n++) {
		status = handle_reserve(t, &m->handles[n].slot);
		if (status != ZX_OK)
			goto cancel;
		status = put_handle(r, n, &m->handles[n]);
		if (status != ZX_OK) {
			n++;
			goto cancel;
		}
	}
	for (u32 i = 0; i < n; i++)
		handle_publish_taken(&m->handles[i].slot,
				     &m->handles[i].taken);
	m->handle_count = 0;
	return ZX_OK;
cancel:
	while (n-- > 0)
		handle_cancel(&m->handles[n].slot);
	return status;
}

static zx_status_t put_message(const struct channel_read *r, struct message *m)
{
	zx_status_t status = channel_put_sizes(r, m->byte_count,
					       m->handle_count);

	if (status != ZX_OK)
		return status;
	if (m->byte_count &&
	    user_write(r->bytes, m->data, m->byte_count) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return m->handle_count ? put_handles(r, m) : ZX_OK;
}

zx_status_t channel_deliver(const struct channel_read *r, struct message *m)
{
	zx_status_t status = put_message(r, m);

	if (__builtin_expect(m->handle_count != 0, 0))
		message_free(m);
	else
		message_discard(m);
	return status;
}

static zx_status_t receive(struct channel *c, const struct channel_read *r,
			   bool discard, struct channel_sizes *sizes)
{
	struct message *m;
	zx_status_t status = channel_receive(c, discard, sizes, &m);

	if (status == ZX_OK)
		return channel_deliver(r, m);
	if (status == ZX_ERR_BUFFER_TOO_SMALL &&
	    channel_put_sizes(r, sizes->bytes, sizes->handles) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return status;
}

static zx_status_t read_message(zx_handle_t handle, u32 options,
				const struct channel_read *r,
				struct channel_sizes *sizes)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_CHANNEL,
					ZX_RIGHT_READ, &o);

	if (status != ZX_OK)
		return status;
	status = ZX_ERR_NOT_SUPPORTED;
	if (!(options & ~ZX_CHANNEL_READ_MAY_DISCARD))
		status = receive(channel_from_object(o), r, options != 0,
				 sizes);
	object_unref(o);
	return status;
}

zx_status_t sys_channel_read(zx_handle_t handle, uint32_t options,
			     uaddr_t bytes, uaddr_t handles,
			     uint32_t num_bytes, uint32_t num_handles,
			     uaddr_t actual_bytes, uaddr_t actual_handles)
{
	struct channel_read r = { bytes, handles, actual_bytes, actual_handles,
				  false };
	struct channel_sizes sizes = { num_bytes, num_handles };

	return read_message(handle, options, &r, &sizes);
}

zx_status_t sys_channel_read_etc(zx_handle_t handle, uint32_t options,
				 uaddr_t bytes, uaddr_t handles,
				 uint32_t num_bytes, uint32_t num_handles,
				 uaddr_t actual_bytes, uaddr_t actual_handles)
{
	struct channel_read r = { bytes, handles, actual_bytes, actual_handles,
				  true };
	struct channel_sizes sizes = { num_bytes, num_handles };

	return read_message(handle, options, &r, &sizes);
}
