/*
 * Eventpairs: two objects that are nothing but their signals (tasks.md 13).
 */
#ifndef KERNEL_EVENTPAIR_H
#define KERNEL_EVENTPAIR_H

#include <kernel/peer.h>

void eventpair_init(void);
/* NO_MEMORY. Both ends carry a reference of the caller. */
MUST_CHECK zx_status_t eventpair_create(struct peer **a, struct peer **b);

#endif
