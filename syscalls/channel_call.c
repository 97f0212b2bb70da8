/*
 * Calls through channels (tasks.md 12.6).
 */
#include <syscall_protos.h>

#include "channel.h"
#include "era.h"

/* Steps 8 to 10: the sizes are told even of a reply that does not fit. */
static zx_status_t deliver_reply(const zx_channel_call_args_t *args,
				 const struct channel_read *r,
				 struct message *reply)
{
	u32 bytes = reply->byte_count, handles = reply->handle_count;

	if (r->actual_bytes && r->actual_handles && bytes <= args->rd_num_bytes &&
	    handles <= args->rd_num_handles)
		return channel_deliver(r, reply);
	message_free(reply);
	if (!r->actual_bytes || !r->actual_handles ||
	    channel_put_sizes(r, bytes, handles) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return ZX_ERR_BUFFER_TOO_SMALL;
}

static zx_status_t call(const struct handle_ref *ref, zx_time_t deadline,
			const struct channel_write *w, struct message **reply)
{
	struct message *m;
	zx_status_t status = channel_collect(w, ref->object, &m);

	if (status != ZX_OK)
		return status;
	status = channel_call(channel_from_object(ref->object), &ref->identity,
			      m, deadline, reply);
	return status == ZX_ERR_NO_SPACE ? channel_stop_writer() : status;
}

/* Both kinds of arguments are laid out alike. */
_Static_assert(sizeof(zx_channel_call_args_t) ==
		       sizeof(zx_channel_call_etc_args_t),
	       "one layout for both");

static zx_status_t call_and_read(zx_handle_t handle, u32 options,
				 zx_time_t deadline, uaddr_t args,
				 struct channel_read *r)
{
	zx_channel_call_args_t a;
	struct channel_write w;
	struct handle_ref ref;
	struct message *reply;
	zx_status_t status;

	if (user_read(&a, args, sizeof(a)) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	w = (struct channel_write){
		.bytes = (uaddr_t)a.wr_bytes,
		.handles = (uaddr_t)a.wr_handles,
		.num_bytes = a.wr_num_bytes,
		.num_handles = a.wr_num_handles,
		.min_bytes = sizeof(zx_txid_t),
		.etc = r->etc,
		.iovec = options == ZX_CHANNEL_WRITE_USE_IOVEC,
	};
	r->bytes = (uaddr_t)a.rd_bytes;
	r->handles = (uaddr_t)a.rd_handles;
	if (options & ~ERA_CHANNEL_WRITE_OPTIONS)
		return channel_consume(&w, ZX_ERR_INVALID_ARGS);
	status = handle_get_ref(handle, ZX_OBJ_TYPE_CHANNEL,
				ZX_RIGHT_READ | ZX_RIGHT_WRITE, &ref);
	if (status != ZX_OK)
		return channel_consume(&w, status);
	status = call(&ref, deadline, &w, &reply);
	object_unref(ref.object);
	return status == ZX_OK ? deliver_reply(&a, r, reply) : status;
}

zx_status_t sys_channel_call(zx_handle_t handle, uint32_t options,
			     zx_time_t deadline, uaddr_t args,
			     uaddr_t actual_bytes, uaddr_t actual_handles)
{
	struct channel_read r = { 0, 0, actual_bytes, actual_handles, false };

	return call_and_read(handle, options, deadline, args, &r);
}

zx_status_t sys_channel_call_etc(zx_handle_t handle, uint32_t options,
				 zx_time_t deadline, uaddr_t args,
				 uaddr_t actual_bytes, uaddr_t actual_handles)
{
	struct channel_read r = { 0, 0, actual_bytes, actual_handles, true };

	return call_and_read(handle, options, deadline, args, &r);
}
