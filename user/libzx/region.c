#include <string.h>

#include <zircon/syscalls.h>

#include "region.h"

#define REGION_OPTIONS (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC)
#define MAP_OPTIONS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_SPECIFIC)

zx_status_t jx_region_map(zx_handle_t parent, const char *name, size_t bytes,
			  struct jx_region *out)
{
	zx_vaddr_t guard;
	zx_status_t status;

	status = zx_vmo_create(bytes, 0, &out->vmo);
	if (status != ZX_OK)
		return status;
	zx_object_set_property(out->vmo, ZX_PROP_NAME, name, strlen(name));
	status = zx_vmar_allocate(parent, REGION_OPTIONS, 0, bytes + ZX_PAGE_SIZE, &out->vmar,
				  &guard);
	if (status != ZX_OK)
		goto close_vmo;
	status = zx_vmar_map(out->vmar, MAP_OPTIONS, ZX_PAGE_SIZE, out->vmo, 0, bytes, &out->base);
	if (status != ZX_OK)
		goto destroy;
	out->bytes = bytes;
	return ZX_OK;
destroy:
	zx_vmar_destroy(out->vmar);
	zx_handle_close(out->vmar);
close_vmo:
	zx_handle_close(out->vmo);
	return status;
}
