/*
 * Levels of memory pressure, told to whoever waits for them (pager-port.md 9.3).
 *
 * One event for each level, of which that of the level now is signalled. They
 * belong to the kernel: user space gets handles to wait with, no more.
 */
#ifndef KERNEL_MEMORY_EVENT_H
#define KERNEL_MEMORY_EVENT_H

#include <kernel/object.h>
#include <mm/pressure.h>

/* Later Zircon tells a level more, which counts as CRITICAL before. */
#define MEMORY_EVENT_TELLS_IMMINENT IS_ENABLED(CONFIG_ERA_LATEST)

/* Boot, before the evictor runs: NORMAL is signalled. */
void memory_event_init(void);
/* The event of ZX_SYSTEM_EVENT_*, which never goes; NULL: no such kind. */
struct object *memory_event_object(u32 kind);
/* The level has changed. By the evictor thread, which holds nothing. */
void memory_event_level(enum mm_pressure level);
/* Nothing is left to be given back while the level is OUT_OF_MEMORY: the end of
 * a job that is marked for it. By the evictor thread. */
void memory_event_exhausted(void);

#endif
