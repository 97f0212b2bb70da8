/*
 * What generic calls on objects need of exceptions: properties, and a topic.
 */
#ifndef SYSCALLS_EXCEPTION_H
#define SYSCALLS_EXCEPTION_H

#include "info.h"

static inline bool property_is_of_exceptions(u32 property)
{
	return property == ZX_PROP_EXCEPTION_STATE ||
	       property == ZX_PROP_EXCEPTION_STRATEGY;
}

/* tasks.md 4.1, 4.2, from the size on. BUFFER_TOO_SMALL, WRONG_TYPE,
 * INVALID_ARGS; set: BAD_STATE for the strategy of another channel's. */
MUST_CHECK zx_status_t exception_get_property(struct object *o, u32 property,
					      uaddr_t value,
					      size_t value_size);
MUST_CHECK zx_status_t exception_set_property(struct object *o, u32 property,
					      uaddr_t value,
					      size_t value_size);

/* topic: ZX_INFO_THREAD_EXCEPTION_REPORT_V1 or _V2. BAD_STATE: the thread is in
 * no exception. */
MUST_CHECK zx_status_t info_exception_report(struct object *thread, u32 topic,
					     const struct info_out *out);

#endif
