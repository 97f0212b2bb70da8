/*
 * zx_vmo_*: checks of handles and pure values in the order of spec/vmo.md. The
 * work is in mm/.
 */
#include <arch/usercopy.h>
#include <kernel/handle.h>
#include <kernel/resource.h>
#include <mm/vmo.h>
#include <syscall_protos.h>

#include "era.h"

#define VMO_RIGHTS ZX_DEFAULT_VMO_RIGHTS

static zx_status_t get_vmo(zx_handle_t handle, zx_rights_t rights,
			   struct vmo **out)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, rights, &o);

	if (status == ZX_OK)
		*out = vmo_from_object(o);
	return status;
}

zx_status_t sys_vmo_create(uint64_t size, uint32_t options, uaddr_t out)
{
	struct vmo *v;
	zx_status_t status;
	u64 rounded;

	if (options & ~ZX_VMO_RESIZABLE)
		return ZX_ERR_INVALID_ARGS;
	if (!round_up_page(size, &rounded) || rounded > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	status = vmo_create(rounded, options, &v);
	if (status != ZX_OK)
		return status;
	status = handle_make(&v->object, VMO_RIGHTS, out);
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

zx_status_t sys_vmo_set_size(zx_handle_t handle, uint64_t size)
{
	struct vmo *v;
	zx_status_t status = get_vmo(handle, ZX_RIGHT_WRITE, &v);

	if (status != ZX_OK)
		return status;
	status = vmo_set_size(v, size);
	object_unref(&v->object);
	return status;
}

/*
 * COMMIT, DECOMMIT and ZERO work. LOCK and UNLOCK are refused as on any VMO
 * that is not discardable. The cache operations are known to the table of
 * vmo.md 4.1, but not offered yet.
 */
static zx_status_t op_range(const struct handle_ref *h, u32 op, u64 offset,
			    u64 size)
{
	struct vmo *v = vmo_from_object(h->object);
	bool writable = h->rights & ZX_RIGHT_WRITE;

	switch (op) {
	case ZX_VMO_OP_COMMIT:
		return writable ? vmo_commit_range(v, offset, size,
						   ERA_VMO_RANGE_TRIMS)
				: ZX_ERR_ACCESS_DENIED;
	case ZX_VMO_OP_DECOMMIT:
		return writable ? vmo_decommit_range(v, offset, size,
						     ERA_VMO_RANGE_TRIMS)
				: ZX_ERR_ACCESS_DENIED;
	case ZX_VMO_OP_ZERO:
		return writable ? vmo_zero_range(v, offset, size,
						 ERA_VMO_RANGE_TRIMS)
				: ZX_ERR_ACCESS_DENIED;
	case ZX_VMO_OP_LOCK:
	case ZX_VMO_OP_UNLOCK:
	case ZX_VMO_OP_CACHE_SYNC:
	case ZX_VMO_OP_CACHE_INVALIDATE:
	case ZX_VMO_OP_CACHE_CLEAN:
	case ZX_VMO_OP_CACHE_CLEAN_INVALIDATE:
		return ZX_ERR_NOT_SUPPORTED;
	default:
		return ZX_ERR_INVALID_ARGS;
	}
}

zx_status_t sys_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset,
			     uint64_t size, uaddr_t buffer, size_t buffer_size)
{
	struct handle_ref h;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_VMO, 0, &h);

	(void)buffer;		/* ignored, vmo.md 4.1 */
	(void)buffer_size;
	if (status != ZX_OK)
		return status;
	status = op_range(&h, op, offset, size);
	object_unref(h.object);
	return status;
}

/* Of the resource's failure, if any, and the handle's, the one to tell. */
static zx_status_t worse_of(zx_status_t resource, zx_status_t handle)
{
	return resource == ZX_OK || ERA_MARK_EXEC_HANDLE_FIRST ? handle
							       : resource;
}

/*
 * vmo.md 6.3: the same VMO through a new handle that may be mapped executable;
 * the old handle goes in any case. No resource (0) is allowed by the default
 * policy of the root job; else it must permit just this.
 */
zx_status_t sys_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex,
					  uaddr_t out)
{
	struct handle_table *t = handle_table_current();
	struct handle_taken taken;
	struct handle_slot slot;
	zx_status_t status = ZX_OK;

	if (vmex != ZX_HANDLE_INVALID)
		status = resource_check_kind(vmex, ZX_RSRC_KIND_VMEX);
	if (handle_take(t, handle, &taken) != ZX_OK)
		return worse_of(status, ZX_ERR_BAD_HANDLE);
	if (taken.object->type != ZX_OBJ_TYPE_VMO)
		status = worse_of(status, ZX_ERR_BAD_HANDLE);
	if (status == ZX_OK)
		status = handle_reserve(t, &slot);
	if (status != ZX_OK) {
		handle_release_taken(&taken);
		return status;
	}
	if (put_user_u32(out, slot.value) != ZX_OK) {
		handle_cancel(&slot);
		handle_release_taken(&taken);
		return ZX_ERR_INVALID_ARGS;
	}
	taken.rights |= ZX_RIGHT_EXECUTE;
	handle_publish_taken(&slot, &taken);
	return ZX_OK;
}
