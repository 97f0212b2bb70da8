/*
 * The console: output of whole pieces under LOCK_LOG, and a ring of received
 * bytes under LOCK_CONSOLE_RX. See <kernel/printk.h>.
 *
 * Bytes are raw both ways; line editing belongs to the shell.
 */
#include "console.h"

#include <arch/cpu.h>
#include <arch/irq.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/wait.h>

static struct spinlock output_lock = SPINLOCK_INIT(LOCK_LOG);
/* Under output_lock. */
static u32 output_owner;	/* CPU that holds it, plus 1 */
static bool output_enabled;
static bool line_open;		/* the last byte shown was no newline */

/* Longest piece shown with interrupts off, in bytes. */
#define PIECE_MAX 256

#define RX_SIZE 1024u		/* power of two */

static struct spinlock rx_lock = SPINLOCK_INIT(LOCK_CONSOLE_RX);
/* Under rx_lock. Positions count up forever; the difference is what is held. */
static char rx_ring[RX_SIZE];
static u32 rx_head, rx_tail;
static struct list_node rx_waiters = LIST_INIT(rx_waiters);

u64 console_lock_output(void)
{
	u64 mask;

	if (panic_is_active())
		return arch_irq_save();
	mask = spin_lock_irq(&output_lock);
	output_owner = arch_cpu_id() + 1;
	return mask;
}

void console_unlock_output(u64 mask)
{
	/* A panic may have begun meanwhile: free what was really taken. Read
	 * without the lock it can only be this CPU's number by its own store. */
	if (output_owner != arch_cpu_id() + 1) {
		arch_irq_restore(mask);
		return;
	}
	output_owner = 0;
	spin_unlock_irq(&output_lock, mask);
}

void console_put_locked(const char *s, size_t bytes)
{
	if (!output_enabled || bytes == 0)
		return;
	arch_console_put(s, bytes);
	line_open = s[bytes - 1] != '\n';
}

void console_end_line_locked(void)
{
	if (line_open)
		console_put_locked("\n", 1);
}

bool console_enable_locked(void)
{
	bool was_enabled = output_enabled;

	output_enabled = true;
	return !was_enabled;
}

void console_write(const char *s, size_t bytes)
{
	while (bytes > 0) {
		size_t piece = bytes < PIECE_MAX ? bytes : PIECE_MAX;
		u64 mask = console_lock_output();

		console_put_locked(s, piece);
		console_unlock_output(mask);
		s += piece;
		bytes -= piece;
	}
}

void console_write_polled(const char *s, size_t bytes)
{
	arch_console_put(s, bytes);
}

void console_receive(char c)
{
	u64 mask = spin_lock_irq(&rx_lock);
	struct list_node *n;

	/* With the ring full nobody reads: the byte is lost, as on any line
	 * without flow control. */
	if (rx_head - rx_tail < RX_SIZE)
		rx_ring[rx_head++ % RX_SIZE] = c;
	while ((n = list_pop_head(&rx_waiters)) != NULL)
		waiter_wake(list_entry(n, struct waiter, node), ZX_OK);
	spin_unlock_irq(&rx_lock, mask);
}

static size_t rx_take_locked(char *buf, size_t size)
{
	size_t count = 0;

	while (count < size && rx_tail != rx_head)
		buf[count++] = rx_ring[rx_tail++ % RX_SIZE];
	return count;
}

/* Takes what there is; if that is nothing, queues w. */
static size_t rx_take_or_queue(char *buf, size_t size, struct waiter *w)
{
	u64 mask = spin_lock_irq(&rx_lock);
	size_t count = rx_take_locked(buf, size);

	if (count == 0)
		list_add_tail(&rx_waiters, &w->node);
	spin_unlock_irq(&rx_lock, mask);
	return count;
}

static void rx_dequeue(struct waiter *w)
{
	u64 mask = spin_lock_irq(&rx_lock);

	list_del(&w->node);
	spin_unlock_irq(&rx_lock, mask);
}

zx_status_t console_read(char *buf, size_t size, size_t *actual)
{
	struct waiter w;
	zx_status_t status;

	for (;;) {
		waiter_init(&w);
		*actual = rx_take_or_queue(buf, size, &w);
		if (*actual > 0)
			return ZX_OK;
		status = waiter_sleep(&w, ZX_TIME_INFINITE, WAIT_INTERRUPTIBLE,
				      0);
		rx_dequeue(&w);
		if (status != ZX_OK)
			return status;
	}
}
