/*
 * Contiguous, physical and executable VMOs (vmo.md 6.1-6.3).
 */
#include <arch/mmu.h>
#include <arch/usercopy.h>
#include <kernel/policy.h>
#include <kernel/resource.h>
#include <mm/vmo_physical.h>
#include <syscall_protos.h>

#include "era.h"

/* Gives the VMO a first handle, with the rights of an ordinary VMO. */
static zx_status_t hand_out(struct vmo *v, uaddr_t out)
{
	zx_status_t status = handle_make(&v->object, ERA_VMO_RIGHTS(0), out);

	object_unref(&v->object);
	return status;
}

zx_status_t sys_vmo_create_contiguous(zx_handle_t bti, size_t size,
				      uint32_t alignment_log2, uaddr_t out)
{
	struct object *o;
	struct vmo *v;
	zx_status_t status;
	u64 rounded;

	if (alignment_log2 == 0)
		alignment_log2 = PAGE_SHIFT;
	if (size == 0 || alignment_log2 < PAGE_SHIFT || alignment_log2 >= 64)
		return ZX_ERR_INVALID_ARGS;
	status = policy_check(ZX_POL_NEW_VMO);
	if (status != ZX_OK)
		return status;
	status = handle_get(bti, ZX_OBJ_TYPE_BTI, ZX_RIGHT_MAP, &o);
	if (status != ZX_OK)
		return status;
	object_unref(o);	/* all that it says is that the caller may */
	if (!round_up_page(size, &rounded) || rounded > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	status = vmo_create_contiguous(rounded, alignment_log2, &v);
	return status == ZX_OK ? hand_out(v, out) : status;
}

zx_status_t sys_vmo_create_physical(zx_handle_t resource, zx_paddr_t paddr_arg,
				    size_t size, uaddr_t out)
{
	struct vmo *v;
	zx_status_t status;
	u64 rounded, last;

	status = policy_check(ZX_POL_NEW_VMO);
	if (status != ZX_OK)
		return status;
	status = resource_check_range(resource, ZX_RSRC_KIND_MMIO, paddr_arg,
				      size);
	if (status != ZX_OK)
		return status;
	if (!round_up_page(size, &rounded))
		return ZX_ERR_OUT_OF_RANGE;
	if (!is_page_aligned(paddr_arg) || rounded == 0 ||
	    __builtin_add_overflow(paddr_arg, rounded - 1, &last) ||
	    last >= PT_PADDR_LIMIT)
		return ZX_ERR_INVALID_ARGS;
	status = vmo_create_physical(paddr(paddr_arg), rounded, &v);
	return status == ZX_OK ? hand_out(v, out) : status;
}

/* Of the resource's failure, if any, and the handle's, the one to tell. */
static zx_status_t worse_of(zx_status_t resource, zx_status_t handle)
{
	return resource == ZX_OK || ERA_MARK_EXEC_HANDLE_FIRST ? handle
							       : resource;
}

/*
 * vmo.md 6.3: the same VMO through a new handle that may be mapped executable;
 * the old handle goes in any case. No resource (0) is for the job's policy to
 * allow, as it does by default; else it must permit just this.
 */
zx_status_t sys_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex,
					  uaddr_t out)
{
	struct handle_table *t = handle_table_current();
	struct handle_taken taken;
	struct handle_slot slot;
	zx_status_t status;

	if (vmex != ZX_HANDLE_INVALID)
		status = resource_check_kind(vmex, ZX_RSRC_KIND_VMEX);
	else
		status = policy_check(ERA_POL_AMBIENT_MARK_VMO_EXEC);
	if (handle_take(t, handle, &taken) != ZX_OK)
		return worse_of(status, policy_bad_handle());
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
