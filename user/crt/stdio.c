/*
 * The three standard streams on the kernel's console. Each thread keeps the
 * line that it is printing, and a full line goes out with one zx_debug_write,
 * so that programs and threads that print at the same time mix lines, not
 * characters. Standard error is kept by lines as well, which C allows.
 */
#include <stdio.h>
#include <unistd.h>

#include <jx/console.h>
#include <jx/runtime.h>
#include <zircon/syscalls.h>

#include "../libc/thread_end.h"

/* What one zx_debug_write takes. */
#define LINE_BYTES 256

/* A line that a thread has begun; on the list while it holds something. */
struct line {
	struct line *next;
	size_t used;
	char bytes[LINE_BYTES];
};

/* Of the calling thread; another one reads it when the program ends. */
static _Thread_local struct line own_line;
static struct jx_lock out_lock;
/* Under out_lock, as is every field of every line; but see console_flush(). */
static struct line *begun_lines;

static void flush_locked(struct line *line)
{
	struct line **link = &begun_lines;

	if (line->used == 0)
		return;
	zx_debug_write(line->bytes, line->used);
	line->used = 0;
	while (*link != line)
		link = &(*link)->next;
	*link = line->next;
}

static void put_locked(struct line *line, char c)
{
	if (line->used == 0) {
		line->next = begun_lines;
		begun_lines = line;
	}
	line->bytes[line->used++] = c;
	if (c == '\n' || line->used == LINE_BYTES)
		flush_locked(line);
}

void jx_console_write(const char *bytes, size_t count)
{
	/* A thread without thread-local storage has no line. */
	if (!jx_thread_pointer()) {
		zx_debug_write(bytes, count);
		return;
	}
	jx_lock_acquire(&out_lock);
	for (size_t i = 0; i < count; i++)
		put_locked(&own_line, bytes[i]);
	jx_lock_release(&out_lock);
}

static int console_put(char c, FILE *file)
{
	(void)file;
	jx_console_write(&c, 1);
	return 0;
}

/*
 * Without the lock if there is nothing to print: a thread that is killed with it, at
 * its end, silences all others. Relaxed: only the thread itself fills its line, and
 * who else empties it ends the process.
 */
static int console_flush(FILE *file)
{
	(void)file;
	if (!jx_thread_pointer() || __atomic_load_n(&own_line.used, __ATOMIC_RELAXED) == 0)
		return 0;
	jx_lock_acquire(&out_lock);
	flush_locked(&own_line);
	jx_lock_release(&out_lock);
	return 0;
}

void jx_stdio_thread_end(void)
{
	console_flush(NULL);
}

static int console_get(FILE *file)
{
	int c;

	console_flush(file);
	c = jx_console_getc();
	return c == '\r' ? '\n' : c < 0 ? _FDEV_EOF : c;
}

static FILE stdin_file = FDEV_SETUP_STREAM(NULL, console_get, NULL, _FDEV_SETUP_READ);
static FILE stdout_file = FDEV_SETUP_STREAM(console_put, NULL, console_flush, _FDEV_SETUP_WRITE);
static FILE stderr_file = FDEV_SETUP_STREAM(console_put, NULL, console_flush, _FDEV_SETUP_WRITE);

FILE *const stdin = &stdin_file;
FILE *const stdout = &stdout_file;
FILE *const stderr = &stderr_file;

void _exit(int status)
{
	jx_lock_acquire(&out_lock);
	while (begun_lines)
		flush_locked(begun_lines);
	zx_process_exit(status);
}
