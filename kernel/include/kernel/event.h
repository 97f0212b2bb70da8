/*
 * Events: objects that are nothing but their signals (tasks.md 13).
 */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include <kernel/object.h>

void event_init(void);
/* NO_MEMORY. *out carries the caller's reference. */
MUST_CHECK zx_status_t event_create(struct object **out);

#endif
