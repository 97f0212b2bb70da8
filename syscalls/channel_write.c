/*
 * Writing to channels (tasks.md 12.3, 12.4).
 *
 * Handles leave the caller's table whatever comes of the call. Arrays are read
 * once, in chunks.
 */
#include <kernel/policy.h>
#include <kernel/wait.h>
#include <mm/slab.h>
#include <syscall_protos.h>

#include "channel.h"
#include "era.h"

#define CHUNK 16u

static void close_values(const zx_handle_t *values, u32 count)
{
	for (u32 i = 0; i < count; i++)
		(void)!handle_close(handle_table_current(), values[i]);
}

/* Copies of others are nothing to take away; unknown operations are moves. */
static void close_moved(const zx_handle_disposition_t *d, u32 count)
{
	for (u32 i = 0; i < count; i++)
		if (d[i].operation != ZX_HANDLE_OP_DUPLICATE)
			(void)!handle_close(handle_table_current(),
					    d[i].handle);
}

zx_status_t channel_consume(const struct channel_write *w, zx_status_t status)
{
	union {
		zx_handle_t values[CHUNK];
		zx_handle_disposition_t dispositions[CHUNK];
	} chunk;
	size_t size = w->etc ? sizeof(chunk.dispositions[0])
			     : sizeof(chunk.values[0]);
	uaddr_t at = w->handles;

	for (u32 n, left = w->num_handles; left && !thread_is_killed();
	     left -= n, at += n * size) {
		n = left < CHUNK ? left : CHUNK;
		if (user_read(&chunk, at, n * size) != ZX_OK)
			break;
		if (w->etc)
			close_moved(chunk.dispositions, n);
		else
			close_values(chunk.values, n);
	}
	return status;
}

/* Step 6 of tasks.md 12.3 for one that left the table. */
static zx_status_t judge_moved(const struct handle_taken *taken,
			       const struct object *self)
{
	if (!(taken->rights & ZX_RIGHT_TRANSFER))
		return ZX_ERR_ACCESS_DENIED;
	return taken->object == self ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
}

static zx_status_t take_values(struct message *m, const zx_handle_t *values,
			       u32 count, const struct object *self)
{
	struct handle_table *t = handle_table_current();
	zx_status_t first = ZX_OK, status;

	for (u32 i = 0; i < count; i++) {
		struct handle_taken *to = &m->handles[m->handle_count].taken;

		status = handle_take(t, values[i], to);
		if (status == ZX_OK) {
			m->handle_count++;
			status = judge_moved(to, self);
		} else {
			status = policy_bad_handle();
		}
		if (first == ZX_OK)
			first = status;
	}
	return first;
}

/* The order of tasks.md 12.4, for a handle that lives. */
static zx_status_t judge_disposition(const zx_handle_disposition_t *d,
				     const struct object *o,
				     zx_rights_t *rights,
				     const struct object *self)
{
	zx_rights_t wanted = d->rights;

	if (o == self)
		return ZX_ERR_NOT_SUPPORTED;
	if (d->type != ZX_OBJ_TYPE_NONE && d->type != o->type)
		return ZX_ERR_WRONG_TYPE;
	if (!(*rights & ZX_RIGHT_TRANSFER))
		return ZX_ERR_ACCESS_DENIED;
	if (handle_reduce_rights(*rights, &wanted) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	if (d->operation == ZX_HANDLE_OP_DUPLICATE &&
	    !(*rights & ZX_RIGHT_DUPLICATE))
		return ZX_ERR_ACCESS_DENIED;
	*rights = wanted;
	return ZX_OK;
}

static zx_status_t move_one(struct message *m, const zx_handle_disposition_t *d,
			    const struct object *self)
{
	struct handle_taken *to = &m->handles[m->handle_count].taken;
	zx_status_t status = handle_take(handle_table_current(), d->handle, to);

	if (status == ZX_OK)
		m->handle_count++;
	else
		status = policy_bad_handle();
	if (d->operation != ZX_HANDLE_OP_MOVE)
		return ZX_ERR_INVALID_ARGS;
	if (status != ZX_OK)
		return status;
	return judge_disposition(d, to->object, &to->rights, self);
}

static zx_status_t copy_one(struct message *m, const zx_handle_disposition_t *d,
			    const struct object *self)
{
	struct handle_table *t = handle_table_current();
	struct handle_ref ref;
	zx_status_t status = handle_table_get_ref(t, d->handle,
						  ZX_OBJ_TYPE_NONE, 0, &ref);

	if (status != ZX_OK)
		return status;
	status = judge_disposition(d, ref.object, &ref.rights, self);
	if (status == ZX_OK)
		status = handle_copy_taken(t, &ref, ref.rights,
					   &m->handles[m->handle_count].taken);
	if (status == ZX_OK)
		m->handle_count++;
	object_unref(ref.object);
	return status;
}

static zx_status_t take_dispositions(struct message *m,
				     zx_handle_disposition_t *d, u32 count,
				     const struct object *self)
{
	zx_status_t first = ZX_OK, status;

	for (u32 i = 0; i < count; i++) {
		status = d[i].operation == ZX_HANDLE_OP_DUPLICATE
				 ? copy_one(m, &d[i], self)
				 : move_one(m, &d[i], self);
		if (status != ZX_OK)
			d[i].result = status;
		if (first == ZX_OK)
			first = status;
	}
	return first;
}

static zx_status_t collect_values(const struct channel_write *w,
				  struct message *m, const struct object *self)
{
	zx_handle_t values[ZX_CHANNEL_MAX_MSG_HANDLES];

	if (user_read(values, w->handles, w->num_handles * sizeof(*values)) !=
	    ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return take_values(m, values, w->num_handles, self);
}

static zx_status_t read_dispositions(const struct channel_write *w,
				     struct message *m,
				     zx_handle_disposition_t *d, size_t bytes,
				     const struct object *self)
{
	zx_status_t status;

	if (user_read(d, w->handles, bytes) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	status = take_dispositions(m, d, w->num_handles, self);
	/* The element's error is the answer even if nobody can be told which. */
	if (status != ZX_OK)
		(void)!user_write(w->handles, d, bytes);
	return status;
}

/* The array is read whole, as it may have to be written back; it is too large
 * for a stack. */
static zx_status_t collect_dispositions(const struct channel_write *w,
					struct message *m,
					const struct object *self)
{
	size_t bytes = w->num_handles * sizeof(zx_handle_disposition_t);
	zx_handle_disposition_t *d = kmalloc(bytes);
	zx_status_t status;

	if (!d)
		return channel_consume(w, ZX_ERR_NO_MEMORY);
	status = read_dispositions(w, m, d, bytes, self);
	kfree(d, bytes);
	return status;
}

static zx_status_t collect_handles(const struct channel_write *w,
				   struct message *m, struct object *self)
{
	zx_status_t status;

	if (!w->num_handles)
		return ZX_OK;
	if (w->etc)
		status = collect_dispositions(w, m, self);
	else
		status = collect_values(w, m, self);
	if (status != ZX_OK)
		return status;
	return channel_note_receiver(channel_from_object(self), m);
}

/* Step 3, and step 4 of tasks.md 12.6. *bytes is the message's length; the
 * buffers to gather it from are in *v, or NULL. */
static zx_status_t judge_sizes(const struct channel_write *w,
			       zx_channel_iovec_t **v, u32 *bytes)
{
	u32 most = w->iovec ? ZX_CHANNEL_MAX_MSG_IOVECS
			    : ZX_CHANNEL_MAX_MSG_BYTES;

	*v = NULL;
	if (!w->iovec && w->num_bytes < w->min_bytes)
		return ZX_ERR_INVALID_ARGS;
	if (w->num_bytes > most || w->num_handles > ZX_CHANNEL_MAX_MSG_HANDLES)
		return ZX_ERR_OUT_OF_RANGE;
	*bytes = w->num_bytes;
	return w->iovec ? channel_iovec_read(w, v, bytes) : ZX_OK;
}

static zx_status_t collect_bytes(const struct channel_write *w,
				 const zx_channel_iovec_t *v, u32 bytes,
				 struct message **out)
{
	struct message *m;
	zx_status_t status;

	if (bytes < w->min_bytes)
		return ZX_ERR_INVALID_ARGS;
	status = message_create(bytes, w->num_handles, &m);
	if (status != ZX_OK)
		return status;
	if (v)
		status = channel_iovec_gather(w, v, m->data);
	else if (bytes)
		status = user_read(m->data, w->bytes, bytes);
	if (status != ZX_OK)
		message_discard(m);
	else
		*out = m;
	return status;
}

zx_status_t channel_collect(const struct channel_write *w,
			    struct object *self, struct message **out)
{
	zx_channel_iovec_t *v;
	struct message *m;
	u32 bytes;
	zx_status_t status = judge_sizes(w, &v, &bytes);

	if (status == ZX_OK)
		status = collect_bytes(w, v, bytes, &m);
	if (v)
		channel_iovec_free(w, v);
	if (status != ZX_OK)
		return channel_consume(w, status);
	status = collect_handles(w, m, self);
	if (status != ZX_OK)
		message_free(m);
	else
		*out = m;
	return status;
}

zx_status_t channel_stop_writer(void)
{
	exception_raise_policy(ZX_EXCP_POLICY_CODE_CHANNEL_FULL_WRITE, 0);
	return ZX_ERR_SHOULD_WAIT;
}

zx_status_t channel_send_or_free(struct channel *c, struct message *m)
{
	zx_status_t status = channel_send(c, m);

	if (__builtin_expect(status == ZX_OK, 1))
		return ZX_OK;
	message_free(m);
	return status == ZX_ERR_NO_SPACE ? channel_stop_writer() : status;
}

static zx_status_t write_message(zx_handle_t handle, u32 options,
				 const struct channel_write *w)
{
	struct message *m;
	struct object *o;
	zx_status_t status;

	if (options & ~ERA_CHANNEL_WRITE_OPTIONS)
		return channel_consume(w, ZX_ERR_INVALID_ARGS);
	status = handle_get(handle, ZX_OBJ_TYPE_CHANNEL, ZX_RIGHT_WRITE, &o);
	if (status != ZX_OK)
		return channel_consume(w, status);
	status = channel_collect(w, o, &m);
	if (status == ZX_OK)
		status = channel_send_or_free(channel_from_object(o), m);
	object_unref(o);
	return status;
}

zx_status_t sys_channel_write(zx_handle_t handle, uint32_t options,
			      uaddr_t bytes, uint32_t num_bytes,
			      uaddr_t handles, uint32_t num_handles)
{
	struct channel_write w = {
		.bytes = bytes,
		.handles = handles,
		.num_bytes = num_bytes,
		.num_handles = num_handles,
		.iovec = options == ZX_CHANNEL_WRITE_USE_IOVEC,
	};

	return write_message(handle, options, &w);
}

zx_status_t sys_channel_write_etc(zx_handle_t handle, uint32_t options,
				  uaddr_t bytes, uint32_t num_bytes,
				  uaddr_t handles, uint32_t num_handles)
{
	struct channel_write w = {
		.bytes = bytes,
		.handles = handles,
		.num_bytes = num_bytes,
		.num_handles = num_handles,
		.etc = true,
		.iovec = options == ZX_CHANNEL_WRITE_USE_IOVEC,
	};

	return write_message(handle, options, &w);
}
