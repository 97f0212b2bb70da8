/*
 * Private to the log, the console and the panic: output under LOCK_LOG.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <kernel/types.h>

/*
 * LOCK_LOG, which guards the log ring and the console's output. In a panic
 * nothing is locked: the other CPUs are stopped, one may have held the lock.
 */
MUST_CHECK u64 console_lock_output(void);
void console_unlock_output(u64 mask);

/* Text for the console; dropped before console_start(). */
void console_put_locked(const char *s, size_t bytes);
/* Ends a line that raw output left open, so that a record starts on its own. */
void console_end_line_locked(void);
/* From now on output is shown; false if it was already. */
bool console_enable_locked(void);

/* Where the next record will go. */
u64 log_position(void);
/* Shows the last `count` records before position `end` by way of put(). No
 * lock: for panics. */
void log_show_last(u32 count, u64 end, void (*put)(const char *s, size_t bytes));

#endif
