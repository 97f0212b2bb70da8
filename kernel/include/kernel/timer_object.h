/*
 * Timers as objects: SIGNALED at a deadline (pager-port.md 12.8).
 */
#ifndef KERNEL_TIMER_OBJECT_H
#define KERNEL_TIMER_OBJECT_H

#include <kernel/object.h>
#include <kernel/time.h>
#include <zircon/syscalls/object.h>

/* Starts the thread that raises the signals. Boot, once. */
void timer_object_init(void);
/* NO_MEMORY. options: ZX_TIMER_SLACK_*. *out carries the caller's reference. */
MUST_CHECK zx_status_t timer_object_create(u32 options, struct object **out);
/*
 * Drops what was set before, clears SIGNALED, and sets anew: SIGNALED is raised
 * within the call if the deadline has passed, else at the deadline or soon
 * after it, which every slack allows. On return an older firing is over.
 */
void timer_object_set(struct object *o, ktime_t deadline, s64 slack);
void timer_object_cancel(struct object *o);
void timer_object_get_info(struct object *o, zx_info_timer_t *out);

#endif
