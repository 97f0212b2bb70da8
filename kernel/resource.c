/*
 * The root resource. It has no state; the kernel keeps a reference for ever.
 */
#include <kernel/handle.h>
#include <kernel/panic.h>
#include <kernel/resource.h>

static struct object root;
struct object *root_resource = &root;

static void resource_destroy(struct object *o)
{
	(void)o;
	panic("the root resource lost the kernel's own reference");
}

static const struct object_ops resource_ops = {
	.destroy = resource_destroy,
};

void resource_init(void)
{
	object_init(&root, ZX_OBJ_TYPE_RESOURCE, &resource_ops, 0);
}

zx_status_t resource_check_root(zx_handle_t value)
{
	struct object *o;
	zx_status_t status = handle_get(value, ZX_OBJ_TYPE_RESOURCE, 0, &o);

	if (status == ZX_OK)
		object_unref(o);
	return status;
}
