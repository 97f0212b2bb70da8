/*
 * Kernel log: a ring of records that goes to the console, to debuglog readers
 * and, in a panic, out again. Any context.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <kernel/types.h>

/* printf-like: %d %u %x %lx %llu %zu %p %s %c with width and zero padding,
 * and %pS for a kernel address as symbol+offset. One call is one record. */
void printk(const char *fmt, ...) PRINTFLIKE(1, 2);
int ksnprintf(char *buf, size_t size, const char *fmt, ...) PRINTFLIKE(3, 4);

/* Raw output to the console, not logged; waits for room. */
void console_write(const char *s, size_t bytes);
/* Reads at least one byte, waiting interruptibly; INTERNAL_INTR_KILLED. */
MUST_CHECK zx_status_t console_read(char *buf, size_t size, size_t *actual);
/* Called by the UART driver with each received byte, interrupts off. */
void console_receive(char c);
/* Direct polled output for panics and early boot. */
void console_write_polled(const char *s, size_t bytes);

#endif
