/*
 * Calls on FIFOs. Elements go through a buffer of the kernel's: nothing may
 * fault under a lock.
 */
#include <kernel/fifo.h>
#include <kernel/policy.h>
#include <mm/slab.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

zx_status_t sys_fifo_create(size_t elem_count, size_t elem_size,
			    uint32_t options, uaddr_t out0, uaddr_t out1)
{
	struct fifo *a, *b;
	zx_status_t status;

	if (options)
		return ZX_ERR_INVALID_ARGS;
	if (elem_count == 0 || elem_size == 0 ||
	    elem_count > ZX_FIFO_MAX_SIZE_BYTES / elem_size)
		return ZX_ERR_OUT_OF_RANGE;
	status = policy_check(ZX_POL_NEW_FIFO);
	if (status != ZX_OK)
		return status;
	status = fifo_create((u32)elem_count, (u32)elem_size, &a, &b);
	if (status != ZX_OK)
		return status;
	return peer_make_handles(&a->peer, &b->peer, ZX_DEFAULT_FIFO_RIGHTS,
				 out0, out1);
}

/* One transfer, as its caller wants it. */
struct transfer {
	uaddr_t data;
	size_t count;
	uaddr_t actual;		/* or 0 */
	bool is_write;
};

static zx_status_t copy(struct fifo *f, const struct transfer *t, u8 *buffer,
			u32 count)
{
	zx_status_t status;

	if (t->is_write && user_read(buffer, t->data,
				     (size_t)count * f->elem_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	status = t->is_write ? fifo_put(f, buffer, &count)
			     : fifo_get(f, buffer, &count);
	if (status != ZX_OK)
		return status;
	/* Elements that were taken and cannot be copied are lost. */
	if (!t->is_write && user_write(t->data, buffer,
				       (size_t)count * f->elem_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return user_put_optional(t->actual, count);
}

static zx_status_t transfer(struct fifo *f, size_t elem_size,
			    const struct transfer *t)
{
	u32 count = f->elem_count;
	zx_status_t status;
	size_t bytes;
	u8 *buffer;

	if (elem_size != f->elem_size || t->count == 0)
		return ZX_ERR_OUT_OF_RANGE;
	if (t->count < count)
		count = (u32)t->count;
	bytes = (size_t)count * f->elem_size;
	buffer = kmalloc(bytes);
	if (!buffer)
		return ZX_ERR_NO_MEMORY;
	status = copy(f, t, buffer, count);
	kfree(buffer, bytes);
	return status;
}

static zx_status_t look_up_and_transfer(zx_handle_t handle, size_t elem_size,
					const struct transfer *t)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_FIFO,
					t->is_write ? ZX_RIGHT_WRITE
						    : ZX_RIGHT_READ, &o);

	if (status != ZX_OK)
		return status;
	status = transfer(fifo_from_object(o), elem_size, t);
	object_unref(o);
	return status;
}

zx_status_t sys_fifo_write(zx_handle_t handle, size_t elem_size, uaddr_t data,
			   size_t count, uaddr_t actual_count)
{
	struct transfer t = { data, count, actual_count, true };

	return look_up_and_transfer(handle, elem_size, &t);
}

zx_status_t sys_fifo_read(zx_handle_t handle, size_t elem_size, uaddr_t data,
			  size_t count, uaddr_t actual_count)
{
	struct transfer t = { data, count, actual_count, false };

	return look_up_and_transfer(handle, elem_size, &t);
}
