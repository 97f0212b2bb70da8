/*
 * zx_vmo_*: checks of handles and pure values in the order of spec/vmo.md. The
 * work is in mm/. Children are in vmo_child.c, range operations in vmo_op.c,
 * special kinds of VMOs in vmo_special.c.
 */
#include <arch/usercopy.h>
#include <kernel/policy.h>
#include <mm/vmo.h>
#include <mm/vmo_cache.h>
#include <mm/vmo_stream.h>
#include <syscall_protos.h>

#include "era.h"

static zx_status_t get_vmo(zx_handle_t handle, zx_rights_t rights,
			   struct vmo **out)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, rights, &o);

	if (status == ZX_OK)
		*out = vmo_from_object(o);
	return status;
}

/* vmo.md 3.1: which of two failures is told differs between the eras. */
static zx_status_t check_create(u64 size, u32 options, u64 *rounded)
{
	const u32 both = ZX_VMO_UNBOUNDED | ZX_VMO_RESIZABLE;
	bool unknown = options & ~ERA_VMO_CREATE_OPTIONS;

	if (unknown && !ERA_VMO_CREATE_SIZE_FIRST)
		return ZX_ERR_INVALID_ARGS;
	if ((options & both) == both)
		return ZX_ERR_INVALID_ARGS;
	if (!round_up_page(size, rounded) || *rounded > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	return unknown ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

zx_status_t sys_vmo_create(uint64_t size, uint32_t options, uaddr_t out)
{
	struct vmo *v;
	u64 rounded;
	zx_status_t status = policy_check(ZX_POL_NEW_VMO);

	if (status != ZX_OK)
		return status;
	status = check_create(size, options, &rounded);
	if (status != ZX_OK)
		return status;
	if (options & ZX_VMO_UNBOUNDED)
		rounded = VMO_MAX_SIZE;
	status = vmo_create(rounded, options, &v);
	if (status != ZX_OK)
		return status;
	if (ERA_VMO_HAS_STREAM_SIZE)
		v->content_size = size;
	status = handle_make(&v->object, ERA_VMO_RIGHTS(options), out);
	object_unref(&v->object);
	return status;
}

zx_status_t sys_vmo_read(zx_handle_t handle, uaddr_t buffer, uint64_t offset,
			 size_t buffer_size)
{
	struct vmo *v;
	zx_status_t status = get_vmo(handle, ZX_RIGHT_READ, &v);

	if (status != ZX_OK)
		return status;
	status = vmo_read_user(v, buffer, offset, buffer_size);
	object_unref(&v->object);
	return status;
}

zx_status_t sys_vmo_write(zx_handle_t handle, uaddr_t buffer, uint64_t offset,
			  size_t buffer_size)
{
	struct vmo *v;
	zx_status_t status = get_vmo(handle, ZX_RIGHT_WRITE, &v);

	if (status != ZX_OK)
		return status;
	status = vmo_write_user(v, buffer, offset, buffer_size);
	object_unref(&v->object);
	return status;
}

/* --- Sizes ----------------------------------------------------------------- */

zx_status_t sys_vmo_get_size(zx_handle_t handle, uaddr_t size)
{
	struct vmo *v;
	zx_status_t status = get_vmo(handle, 0, &v);

	if (status != ZX_OK)
		return status;
	if (put_user_u64(size, vmo_get_size(v)) != ZX_OK)
		status = ZX_ERR_INVALID_ARGS;
	object_unref(&v->object);
	return status;
}

/* vmo.md 3.4, after WRITE. */
static zx_status_t set_size(const struct handle_ref *h, u64 size)
{
	struct vmo *v = vmo_from_object(h->object);
	zx_status_t status;

	if (ERA_VMO_RESIZE_IS_A_RIGHT && (v->options & ZX_VMO_RESIZABLE) &&
	    !(h->rights & ZX_RIGHT_RESIZE))
		return ZX_ERR_ACCESS_DENIED;
	status = ERA_VMO_HAS_STREAM_SIZE ? vmo_set_size_and_stream(v, size)
					 : vmo_set_size(v, size);
	return status == ZX_ERR_NOT_SUPPORTED ? ERA_VMO_PHYSICAL_RESIZE
					      : status;
}

zx_status_t sys_vmo_set_size(zx_handle_t handle, uint64_t size)
{
	struct handle_ref h;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_VMO,
					    ZX_RIGHT_WRITE, &h);

	if (status != ZX_OK)
		return status;
	status = set_size(&h, size);
	object_unref(h.object);
	return status;
}

zx_status_t sys_vmo_get_stream_size(zx_handle_t handle, uaddr_t size)
{
	struct vmo *v;
	zx_status_t status;

	if (!ERA_VMO_HAS_STREAM_SIZE)
		return ZX_ERR_NOT_SUPPORTED;
	status = get_vmo(handle, 0, &v);
	if (status != ZX_OK)
		return status;
	if (put_user_u64(size, vmo_get_stream_size(v)) != ZX_OK)
		status = ZX_ERR_INVALID_ARGS;
	object_unref(&v->object);
	return status;
}

zx_status_t sys_vmo_set_stream_size(zx_handle_t handle, uint64_t size)
{
	struct vmo *v;
	zx_status_t status;

	if (!ERA_VMO_HAS_STREAM_SIZE)
		return ZX_ERR_NOT_SUPPORTED;
	status = get_vmo(handle, ZX_RIGHT_WRITE, &v);
	if (status != ZX_OK)
		return status;
	if (v->base->kind != VMO_PAGED)
		status = ZX_ERR_NOT_SUPPORTED;
	else
		status = vmo_set_stream_size(v, size, true);
	object_unref(&v->object);
	return status;
}

/* --- Moving pages ---------------------------------------------------------- */

zx_status_t sys_vmo_transfer_data(zx_handle_t dst_vmo, uint32_t options,
				  uint64_t offset, uint64_t length,
				  zx_handle_t src_vmo, uint64_t src_offset)
{
	struct vmo *dst, *src;
	zx_status_t status;

	if (!ERA_HAS_TRANSFER_DATA)
		return ZX_ERR_NOT_SUPPORTED;
	if (options != 0 || !is_page_aligned(offset | length | src_offset))
		return ZX_ERR_INVALID_ARGS;
	status = get_vmo(dst_vmo, ZX_RIGHT_WRITE, &dst);
	if (status != ZX_OK)
		return status;
	status = get_vmo(src_vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE, &src);
	if (status == ZX_OK) {
		if (dst != src || offset != src_offset)
			status = vmo_transfer_data(dst, offset, length, src,
						   src_offset);
		object_unref(&src->object);
	}
	object_unref(&dst->object);
	return status;
}

/* --- Cache policy ---------------------------------------------------------- */

zx_status_t sys_vmo_set_cache_policy(zx_handle_t handle,
				     uint32_t cache_policy)
{
	struct vmo *v;
	zx_status_t status;

	if (cache_policy & ~ZX_CACHE_POLICY_MASK)
		return ZX_ERR_INVALID_ARGS;
	status = get_vmo(handle, ZX_RIGHT_MAP, &v);
	if (status != ZX_OK)
		return status;
	status = vmo_set_cache_policy(v, cache_policy,
				      ERA_VMO_POLICY_MAY_RETURN);
	object_unref(&v->object);
	return status;
}
