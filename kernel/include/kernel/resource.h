/*
 * Resources: permission to do what concerns the whole machine (tasks.md 17).
 * There is one, of kind ROOT; the first program gets a handle to it.
 */
#ifndef KERNEL_RESOURCE_H
#define KERNEL_RESOURCE_H

#include <kernel/object.h>

/* Fixed after resource_init(). */
extern struct object *root_resource;
void resource_init(void);

/* Whether the handle names the root resource: BAD_HANDLE, WRONG_TYPE. */
MUST_CHECK zx_status_t resource_check_root(zx_handle_t value);

#endif
