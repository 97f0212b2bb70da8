/*
 * zx_iommu_create, zx_bti_*, zx_pmt_unpin: checks of handles and pure values.
 */
#include <kernel/bti.h>
#include <kernel/policy.h>
#include <kernel/resource.h>
#include <mm/vmo_pin.h>
#include <syscall_protos.h>
#include <syscalls/user.h>
#include <zircon/syscalls/iommu.h>

#include "era.h"

/* Of the only type that is known, which has nothing to say. */
static zx_status_t check_desc(u32 type, uaddr_t desc, size_t desc_size)
{
	zx_iommu_desc_dummy_t dummy;

	if (desc_size > ZX_IOMMU_MAX_DESC_LEN)
		return ZX_ERR_INVALID_ARGS;
	if (type != ZX_IOMMU_TYPE_DUMMY)
		return ZX_ERR_NOT_SUPPORTED;
	if (desc_size != sizeof(dummy))
		return ZX_ERR_INVALID_ARGS;
	return user_read(&dummy, desc, sizeof(dummy));
}

zx_status_t sys_iommu_create(zx_handle_t resource, uint32_t type, uaddr_t desc,
			     size_t desc_size, uaddr_t out)
{
	zx_status_t status = resource_check_range(resource,
						  ZX_RSRC_KIND_SYSTEM,
						  ZX_RSRC_SYSTEM_IOMMU_BASE, 1);
	struct object *o;

	/* What is not this is of the wrong kind, as for all calls of the root. */
	if (status == ZX_ERR_ACCESS_DENIED)
		return ZX_ERR_WRONG_TYPE;
	if (status == ZX_OK)
		status = check_desc(type, desc, desc_size);
	if (status == ZX_OK)
		status = iommu_create(&o);
	if (status != ZX_OK)
		return status;
	status = handle_make(o, ZX_DEFAULT_IOMMU_RIGHTS, out);
	object_unref(o);
	return status;
}

zx_status_t sys_bti_create(zx_handle_t iommu, uint32_t options,
			   uint64_t bti_id, uaddr_t out)
{
	struct object *o;
	struct bti *b;
	zx_status_t status;

	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(iommu, ZX_OBJ_TYPE_IOMMU, 0, &o);
	if (status != ZX_OK)
		return status;
	status = bti_create(o, bti_id, &b);
	object_unref(o);
	if (status != ZX_OK)
		return status;
	status = handle_make(&b->object, ERA_BTI_RIGHTS, out);
	object_unref(&b->object);
	return status;
}

/* --- Pinning --------------------------------------------------------------- */

/* Addresses that one copy to the caller holds. */
#define ADDRESS_CHUNK 32u

#define BTI_PERMS (ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE | ZX_BTI_PERM_EXECUTE)

/* What the device may do, the handle to the VMO must permit. To fetch code is
 * to read. */
static zx_status_t check_perms(u32 options, zx_rights_t rights)
{
	zx_rights_t needed = ZX_RIGHT_MAP;

	if (options & (ZX_BTI_PERM_READ | ZX_BTI_PERM_EXECUTE))
		needed |= ZX_RIGHT_READ;
	if (options & ZX_BTI_PERM_WRITE)
		needed |= ZX_RIGHT_WRITE;
	return (needed & ~rights) ? ZX_ERR_ACCESS_DENIED : ZX_OK;
}

/* One address a page, or a single one for memory that has but one. */
static zx_status_t check_options(u32 options, const struct vmo *v, u64 size,
				 size_t num_addrs)
{
	bool one = options & ZX_BTI_CONTIGUOUS;

	if (!(options & BTI_PERMS) ||
	    (options & ~(BTI_PERMS | ZX_BTI_COMPRESS | ZX_BTI_CONTIGUOUS)))
		return ZX_ERR_INVALID_ARGS;
	if (one && ((options & ZX_BTI_COMPRESS) || !vmo_is_contiguous(v)))
		return ZX_ERR_INVALID_ARGS;
	if (size == 0 || num_addrs != (one ? 1 : size >> PAGE_SHIFT))
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

static zx_status_t put_addresses(const struct pmt *p, uaddr_t addrs,
				 size_t count)
{
	u64 chunk[ADDRESS_CHUNK];

	for (u64 done = 0; done < count;) {
		u64 n = min_u64(ADDRESS_CHUNK, count - done);

		vmo_get_pinned(p->vmo, p->offset + (done << PAGE_SHIFT), chunk,
			       n);
		if (user_write(addrs + done * sizeof(u64), chunk,
			       n * sizeof(u64)) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
		done += n;
	}
	return ZX_OK;
}

/* What can fail after the pages are pinned; then they are unpinned again. */
static zx_status_t hand_out(struct pmt *p, uaddr_t addrs, size_t num_addrs,
			    uaddr_t pmt)
{
	zx_status_t status = put_addresses(p, addrs, num_addrs);

	if (status == ZX_OK)
		status = handle_make(&p->object, ZX_DEFAULT_PMT_RIGHTS, pmt);
	if (status != ZX_OK)
		pmt_unpin(p);
	object_unref(&p->object);
	return status;
}

static zx_status_t pin(struct bti *b, const struct handle_ref *vmo, u32 options,
		       u64 offset, u64 size, uaddr_t addrs, size_t num_addrs,
		       uaddr_t out)
{
	struct vmo *v = vmo_from_object(vmo->object);
	zx_status_t status = check_perms(options, vmo->rights);
	struct pmt *p;

	if (status == ZX_OK)
		status = check_options(options, v, size, num_addrs);
	if (status == ZX_OK)
		status = bti_pin(b, v, offset, size,
				 options & ZX_BTI_PERM_WRITE, &p);
	if (status != ZX_OK)
		return status;
	return hand_out(p, addrs, num_addrs, out);
}

zx_status_t sys_bti_pin(zx_handle_t handle, uint32_t options, zx_handle_t vmo,
			uint64_t offset, uint64_t size, uaddr_t addrs,
			size_t num_addrs, uaddr_t pmt)
{
	struct handle_ref v;
	struct object *b;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_BTI, ZX_RIGHT_MAP,
					&b);

	if (status != ZX_OK)
		return status;
	if (!is_page_aligned(offset) || !is_page_aligned(size))
		status = ZX_ERR_INVALID_ARGS;
	else
		status = handle_get_ref(vmo, ZX_OBJ_TYPE_VMO, 0, &v);
	if (status == ZX_OK) {
		status = pin(bti_from_object(b), &v, options, offset, size,
			     addrs, num_addrs, pmt);
		object_unref(v.object);
	}
	object_unref(b);
	return status;
}

/* The handle goes in any case, whatever it names. */
zx_status_t sys_pmt_unpin(zx_handle_t handle)
{
	struct handle_taken taken;
	zx_status_t status = handle_take(handle_table_current(), handle,
					 &taken);

	if (status != ZX_OK)
		return policy_bad_handle();
	if (taken.object->type == ZX_OBJ_TYPE_PMT)
		pmt_unpin(pmt_from_object(taken.object));
	else
		status = ZX_ERR_WRONG_TYPE;
	handle_release_taken(&taken);
	return status;
}

zx_status_t sys_bti_release_quarantine(zx_handle_t handle)
{
	struct object *b;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_BTI,
					ZX_RIGHT_WRITE, &b);

	if (status != ZX_OK)
		return status;
	bti_release_quarantine(bti_from_object(b));
	object_unref(b);
	return ZX_OK;
}
