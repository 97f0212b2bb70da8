/*
 * The kernel log. See <kernel/printk.h>; the ring itself is logring.c.
 *
 * Readers are told by a thread: printk() may be called with any lock held and
 * can itself wake nobody. It raises a reschedule interrupt on its own CPU,
 * which is taken when that is possible, and wakes the thread.
 */
#include "console.h"
#include <kernel/logring.h>

#include <arch/cpu.h>
#include <arch/irq.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/thread.h>
#include <kernel/time.h>

/* Under LOCK_LOG (console_lock_output()). Its head is also read without, as a
 * hint: atomic. */
static struct log_ring ring;

/* Fixed once set; release by printk_set_notify(), acquire by printk(). */
static void (*log_notify)(void);
/* Atomic: records were added since the log thread last looked. */
static u32 log_news;
/* Guards log_waiter. Of the console's class, which admits waking inside. */
static struct spinlock notify_lock = SPINLOCK_INIT(LOCK_CONSOLE_RX);
static struct waiter *log_waiter;

/* Length without newlines at the end: a record is a line. */
static u16 trimmed_length(const char *data, u32 bytes)
{
	while (bytes > 0 && data[bytes - 1] == '\n')
		bytes--;
	return (u16)bytes;
}

/* "[    1.234567] text\n" by way of put(). */
static void record_show(union log_record *r, void (*put)(const char *, size_t))
{
	char stamp[32];
	u64 us = (u64)r->header.timestamp / 1000;
	u32 bytes = r->header.datalen;
	int length = ksnprintf(stamp, sizeof(stamp), "[%5lu.%06lu] ",
			       us / 1000000, us % 1000000);

	if (bytes > ZX_LOG_RECORD_DATA_MAX)
		bytes = ZX_LOG_RECORD_DATA_MAX;
	put(stamp, (size_t)length);
	put(log_record_data(r), trimmed_length(log_record_data(r), bytes));
	put("\n", 1);
}

static void log_add(union log_record *r)
{
	u64 mask = console_lock_output();

	r->header.timestamp = ktime_now();
	log_ring_add(&ring, r);
	console_end_line_locked();
	record_show(r, console_put_locked);
	console_unlock_output(mask);
	/* Acquire pairs with printk_set_notify(): the thread exists. The
	 * exchange makes one interrupt of many records. */
	if (__atomic_load_n(&log_notify, __ATOMIC_ACQUIRE) &&
	    !__atomic_exchange_n(&log_news, 1, __ATOMIC_ACQ_REL))
		arch_send_resched(arch_cpu_id());
}

void printk(const char *fmt, ...)
{
	union log_record r = { .header = { .severity = ZX_LOG_INFO } };
	va_list args;
	int length;

	va_start(args, fmt);
	length = kvsnprintf(log_record_data(&r), ZX_LOG_RECORD_DATA_MAX, fmt, args);
	va_end(args);
	r.header.datalen = trimmed_length(log_record_data(&r), (u32)length);
	log_add(&r);
}

void log_write_user(u64 pid, u64 tid, u8 severity, const char *data,
		    size_t bytes)
{
	union log_record r = { .header = { .severity = severity, .pid = pid,
				       .tid = tid } };
	u32 i, count = ZX_LOG_RECORD_DATA_MAX;

	if (bytes < count)
		count = (u32)bytes;
	for (i = 0; i < count; i++)
		log_record_data(&r)[i] = data[i];
	r.header.datalen = (u16)count;
	log_add(&r);
}

size_t printk_read(u64 *sequence, zx_log_record_t *out)
{
	union log_record *r = (union log_record *)out;
	u64 mask = console_lock_output();
	size_t size = 0;

	if (*sequence < ring.tail)
		*sequence = ring.tail;
	if (*sequence < ring.head) {
		*sequence = log_ring_copy(&ring, *sequence, r);
		size = sizeof(zx_log_record_t) + r->header.datalen;
	}
	console_unlock_output(mask);
	return size;
}

bool printk_is_readable(u64 sequence)
{
	return sequence < log_position();
}

void console_start(void)
{
	u64 mask = console_lock_output();
	u64 position = ring.tail;
	union log_record r;

	if (!console_enable_locked())
		position = ring.head;
	while (position < ring.head) {
		position = log_ring_copy(&ring, position, &r);
		record_show(&r, console_put_locked);
	}
	console_unlock_output(mask);
}

u64 log_position(void)
{
	/* Relaxed: for one's own records, or as a hint. */
	return __atomic_load_n(&ring.head, __ATOMIC_RELAXED);
}

void log_show_last(u32 count, u64 end, void (*put)(const char *, size_t))
{
	u64 places[32];
	u64 position = ring.tail;
	u32 i, seen = 0;
	union log_record r;

	for (; position < end; position = log_ring_next(&ring, position))
		places[seen++ % ARRAY_SIZE(places)] = position;
	if (count > ARRAY_SIZE(places))
		count = ARRAY_SIZE(places);
	for (i = seen > count ? seen - count : 0; i < seen; i++) {
		log_ring_copy(&ring, places[i % ARRAY_SIZE(places)], &r);
		record_show(&r, put);
	}
}

void printk_interrupt(void)
{
	u64 mask;

	/* Relaxed: set on this CPU before the interrupt was raised, or by
	 * another whose own interrupt follows. */
	if (!__atomic_load_n(&log_news, __ATOMIC_RELAXED))
		return;
	mask = spin_lock_irq(&notify_lock);
	if (log_waiter)
		waiter_wake(log_waiter, ZX_OK);
	spin_unlock_irq(&notify_lock, mask);
}

static void set_log_waiter(struct waiter *w)
{
	u64 mask = spin_lock_irq(&notify_lock);

	log_waiter = w;
	spin_unlock_irq(&notify_lock, mask);
}

static void log_thread(void *arg)
{
	struct waiter w;
	zx_status_t status;

	(void)arg;
	for (;;) {
		waiter_init(&w);
		set_log_waiter(&w);
		status = ZX_OK;
		/* News whose interrupt found no waiter is seen here, by the
		 * order of notify_lock. */
		if (!__atomic_load_n(&log_news, __ATOMIC_RELAXED))
			status = waiter_sleep(&w, ZX_TIME_INFINITE,
					      WAIT_UNINTERRUPTIBLE, 0);
		set_log_waiter(NULL);
		ASSERT(status == ZX_OK);
		/* Acquire: notify() finds the records that were announced;
		 * later ones announce themselves again. */
		(void)__atomic_exchange_n(&log_news, 0, __ATOMIC_ACQ_REL);
		log_notify();
	}
}

zx_status_t printk_set_notify(void (*notify)(void))
{
	zx_status_t status;

	ASSERT(!log_notify);
	/* Release: printk() that sees it may rely on all set up before. */
	__atomic_store_n(&log_notify, notify, __ATOMIC_RELEASE);
	status = thread_create_kernel("log", log_thread, NULL,
				      THREAD_PRIORITY_DEFAULT);
	if (status != ZX_OK)
		__atomic_store_n(&log_notify, NULL, __ATOMIC_RELEASE);
	return status;
}

const void *printk_ring(void)
{
	return &ring;
}
