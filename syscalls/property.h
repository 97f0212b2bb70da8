/*
 * What generic calls on properties need of processes (tasks.md 4.1, 4.2).
 */
#ifndef SYSCALLS_PROPERTY_H
#define SYSCALLS_PROPERTY_H

#include <kernel/object.h>
#include <zircon/syscalls/object.h>

static inline bool property_is_of_processes(u32 property)
{
	return property == ZX_PROP_PROCESS_DEBUG_ADDR ||
	       property == ZX_PROP_PROCESS_BREAK_ON_LOAD ||
	       property == ZX_PROP_PROCESS_HW_TRACE_CONTEXT_ID;
}

/* From the size on: BUFFER_TOO_SMALL, WRONG_TYPE, NOT_SUPPORTED (traces),
 * INVALID_ARGS. */
MUST_CHECK zx_status_t process_get_property(struct object *o, u32 property,
					    uaddr_t value, size_t value_size);
/* BUFFER_TOO_SMALL, WRONG_TYPE, INVALID_ARGS; ACCESS_DENIED: the debug address
 * is set for good. */
MUST_CHECK zx_status_t process_set_property(struct object *o, u32 property,
					    uaddr_t value, size_t value_size);

#endif
