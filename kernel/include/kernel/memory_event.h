/*
 * Levels of memory pressure, told to whoever waits for them (pager-port.md 9.3).
 */
#ifndef KERNEL_MEMORY_EVENT_H
#define KERNEL_MEMORY_EVENT_H

#include <mm/pressure.h>

/* The level has changed. By the evictor thread, which holds nothing. */
void memory_event_level(enum mm_pressure level);

#endif
