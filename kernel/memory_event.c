/*
 * Levels of memory pressure: events, a line in the log when memory runs out, and
 * the jobs that end then.
 */
#include <kernel/job.h>
#include <kernel/memory_event.h>
#include <kernel/panic.h>
#include <kernel/printk.h>

/* By level. In 2020 that of IMMINENT stays as it is. */
static struct object events[MM_PRESSURE_COUNT];
/* The evictor's: which of them is signalled. */
static enum mm_pressure signalled = MM_PRESSURE_NORMAL;

static void event_destroy(struct object *o)
{
	(void)o;
	panic("an event of memory pressure lost the kernel's own reference");
}

static const struct object_ops event_ops = {
	.destroy = event_destroy,
};

void memory_event_init(void)
{
	for (u32 i = 0; i < MM_PRESSURE_COUNT; i++)
		object_init(&events[i], ZX_OBJ_TYPE_EVENT, &event_ops,
			    i == signalled ? ZX_EVENT_SIGNALED : 0);
}

struct object *memory_event_object(u32 kind)
{
	switch (kind) {
	case ZX_SYSTEM_EVENT_OUT_OF_MEMORY:
		return &events[MM_PRESSURE_OUT_OF_MEMORY];
	case ZX_SYSTEM_EVENT_MEMORY_PRESSURE_CRITICAL:
		return &events[MM_PRESSURE_CRITICAL];
	case ZX_SYSTEM_EVENT_MEMORY_PRESSURE_WARNING:
		return &events[MM_PRESSURE_WARNING];
	case ZX_SYSTEM_EVENT_MEMORY_PRESSURE_NORMAL:
		return &events[MM_PRESSURE_NORMAL];
	case ZX_SYSTEM_EVENT_IMMINENT_OUT_OF_MEMORY:
		return MEMORY_EVENT_TELLS_IMMINENT ? &events[MM_PRESSURE_IMMINENT]
						   : NULL;
	}
	return NULL;
}

/* The old one first: nobody sees two at a time. */
void memory_event_level(enum mm_pressure level)
{
	if (level == MM_PRESSURE_OUT_OF_MEMORY)
		printk("memory is running out");
	if (level == MM_PRESSURE_IMMINENT && !MEMORY_EVENT_TELLS_IMMINENT)
		level = MM_PRESSURE_CRITICAL;
	if (level == signalled)
		return;
	object_update_signals(&events[signalled], ZX_EVENT_SIGNALED, 0);
	signalled = level;
	object_update_signals(&events[signalled], 0, ZX_EVENT_SIGNALED);
}

void memory_event_exhausted(void)
{
	if (job_kill_for_memory())
		printk("memory is out: a job was killed");
}
