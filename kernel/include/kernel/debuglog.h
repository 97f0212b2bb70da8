/*
 * Debug log objects: one reader or writer of the kernel log (tasks.md 15).
 */
#ifndef KERNEL_DEBUGLOG_H
#define KERNEL_DEBUGLOG_H

#include <kernel/object.h>
#include <zircon/syscalls/log.h>

void debuglog_init(void);
/* readable: it gets ZX_LOG_READABLE while records wait for it. NO_MEMORY. */
MUST_CHECK zx_status_t debuglog_create(bool readable, struct object **out);
/* The next record and its size; SHOULD_WAIT if there is none. */
MUST_CHECK zx_status_t debuglog_read(struct object *o, zx_log_record_t *out,
				     size_t *bytes);

#endif
