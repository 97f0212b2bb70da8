/*
 * Waiting for signals of objects (pager-port.md 12.1, 12.2).
 */
#ifndef KERNEL_WAIT_OBJECT_H
#define KERNEL_WAIT_OBJECT_H

#include <kernel/handle.h>
#include <kernel/time.h>

/*
 * Waits until one of `signals` is active on the object. OK, TIMED_OUT,
 * CANCELED (the handle was closed or moved; wins over the other two), all with
 * *observed = signals at entry and since, plus HANDLE_CLOSED if cancelled.
 * NO_MEMORY, INTERNAL_INTR_KILLED: *observed is meaningless.
 */
MUST_CHECK zx_status_t object_wait_one(const struct handle_ref *ref,
				       zx_signals_t signals, ktime_t deadline,
				       zx_signals_t *observed);

/*
 * The same for count > 0 objects at once: items[i].waitfor on refs[i], answers
 * in items[i].pending. Allocates.
 */
MUST_CHECK zx_status_t object_wait_many(const struct handle_ref *refs,
					zx_wait_item_t *items, size_t count,
					ktime_t deadline);

#endif
