/*
 * zx_iommu_create, zx_bti_*, zx_pmt_unpin: checks of handles and pure values.
 */
#include <kernel/bti.h>
#include <kernel/handle.h>
#include <kernel/resource.h>
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
	zx_status_t status = resource_check_root(resource);
	struct object *o;

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
