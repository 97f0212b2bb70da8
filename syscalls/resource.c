/*
 * zx_resource_create (tasks.md 17).
 */
#include <kernel/handle.h>
#include <kernel/resource.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

zx_status_t sys_resource_create(zx_handle_t parent_rsrc, uint32_t options,
				uint64_t base, size_t size, uaddr_t name,
				size_t name_size, uaddr_t resource_out)
{
	char text[ZX_MAX_NAME_LEN] = "";
	struct object *parent;
	struct resource *r;
	zx_status_t status;

	status = handle_get(parent_rsrc, ZX_OBJ_TYPE_RESOURCE, ZX_RIGHT_WRITE,
			    &parent);
	if (status != ZX_OK)
		return status;
	/* Programs that want no name give no pointer. */
	if (name_size)
		status = user_read_name(text, name, name_size);
	if (status == ZX_OK)
		status = resource_create(resource_from_object(parent), options,
					 base, size, text, &r);
	object_unref(parent);
	if (status != ZX_OK)
		return status;
	status = handle_make(&r->object, ZX_DEFAULT_RESOURCE_RIGHTS,
			     resource_out);
	object_unref(&r->object);
	return status;
}
