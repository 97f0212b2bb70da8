/*
 * Look-ups that one of two rights is enough for (tasks.md 20).
 */
#ifndef SYSCALLS_EITHER_H
#define SYSCALLS_EITHER_H

#include <kernel/handle.h>

static inline MUST_CHECK zx_status_t handle_get_either(zx_handle_t value,
						       u32 type, zx_rights_t a,
						       zx_rights_t b,
						       struct object **out)
{
	zx_status_t status = handle_get(value, type, a, out);

	return status == ZX_ERR_ACCESS_DENIED ? handle_get(value, type, b, out)
					      : status;
}

#endif
