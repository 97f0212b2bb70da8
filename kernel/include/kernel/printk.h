/*
 * Kernel log: a ring of records that goes to the console, to debuglog readers
 * and, in a panic, out again. And the console itself.
 *
 * LOCK_LOG guards the ring and the output, so that lines of several CPUs do
 * not mix. Everything here but console_read() and printk_set_notify() may be
 * called in any context, with interrupts off and with any lock but LOCK_LOG.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <stdarg.h>

#include <kernel/types.h>
#include <zircon/syscalls/log.h>

/*
 * printf-like: %d %i %u %x %X %c %s %p %% with the flags - and 0, a width, a
 * precision for %s (both may be *), the sizes l ll z, and %pS for a kernel
 * address as symbol+offset. One call is one record of at most
 * ZX_LOG_RECORD_DATA_MAX bytes (the rest is cut off) and one line; a newline at
 * its end is not needed.
 */
void printk(const char *fmt, ...) PRINTFLIKE(1, 2);

/* As above, into buf, always closed by NUL if size > 0. Return the number of
 * bytes stored without the NUL (not what would have been stored). */
int ksnprintf(char *buf, size_t size, const char *fmt, ...) PRINTFLIKE(3, 4);
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	PRINTFLIKE(3, 0);

/*
 * A record of a user program (zx_debuglog_write): stamped with the time, kept,
 * and shown on the console. bytes is cut to ZX_LOG_RECORD_DATA_MAX.
 */
void log_write_user(u64 pid, u64 tid, u8 severity, const char *data,
		    size_t bytes);

/*
 * Copies the first record at or after *sequence to out, which has room for
 * ZX_LOG_RECORD_MAX bytes, and moves *sequence behind it. A reader starts with
 * 0, the oldest record; one that was overtaken goes on with the oldest there
 * is. Returns the record's size in bytes, or 0 if there is none yet.
 */
MUST_CHECK size_t printk_read(u64 *sequence, zx_log_record_t *out);
/* Whether printk_read() would find a record. */
bool printk_is_readable(u64 sequence);

/*
 * From now on calls notify() in a kernel thread after records were added, once
 * for any number of them. For the debuglog object, which wakes its readers
 * there; thread context, no lock held. Once only. NO_MEMORY.
 */
MUST_CHECK zx_status_t printk_set_notify(void (*notify)(void));
/* Called by arch for each reschedule interrupt: a record may be waiting. */
void printk_interrupt(void);

/* The ring itself, for whoever reads it when this kernel no longer runs. */
const void *printk_ring(void);

/* Called by arch when the console works: shows what was logged before. */
void console_start(void);
/* Raw output to the console, not logged; waits for room. */
void console_write(const char *s, size_t bytes);
/* Reads at least one byte, waiting interruptibly; INTERNAL_INTR_KILLED. Raw
 * bytes, no echo. size > 0. Thread context, preemption on. */
MUST_CHECK zx_status_t console_read(char *buf, size_t size, size_t *actual);
/* Called by the UART driver with each received byte, interrupts off. */
void console_receive(char c);
/* Direct output without the lock, for panics and early boot. */
void console_write_polled(const char *s, size_t bytes);

#endif
