/*
 * Levels of memory pressure: a line in the log when memory runs out.
 */
#include <kernel/memory_event.h>
#include <kernel/printk.h>

void memory_event_level(enum mm_pressure level)
{
	if (level == MM_PRESSURE_OUT_OF_MEMORY)
		printk("memory is running out\n");
}
