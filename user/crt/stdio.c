/*
 * The three standard streams on the kernel's console. Output is kept per line:
 * a full line goes out with one zx_debug_write, so that programs and threads
 * that print at the same time mix lines, not characters.
 */
#include <stdio.h>
#include <unistd.h>

#include <jx/console.h>
#include <jx/runtime.h>
#include <zircon/syscalls.h>

/* What one zx_debug_write takes. */
#define LINE_BYTES 256

static struct jx_lock out_lock;
/* Under out_lock. */
static char line[LINE_BYTES];
static size_t line_used;

static void flush_locked(void)
{
	if (line_used != 0)
		zx_debug_write(line, line_used);
	line_used = 0;
}

static int console_put(char c, FILE *file)
{
	(void)file;
	jx_lock_acquire(&out_lock);
	line[line_used++] = c;
	if (c == '\n' || line_used == LINE_BYTES)
		flush_locked();
	jx_lock_release(&out_lock);
	return 0;
}

static int console_flush(FILE *file)
{
	(void)file;
	jx_lock_acquire(&out_lock);
	flush_locked();
	jx_lock_release(&out_lock);
	return 0;
}

/* Errors go out at once, after what stands in the line. */
static int error_put(char c, FILE *file)
{
	console_put(c, file);
	return c == '\n' ? 0 : console_flush(file);
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
static FILE stderr_file = FDEV_SETUP_STREAM(error_put, NULL, console_flush, _FDEV_SETUP_WRITE);

FILE *const stdin = &stdin_file;
FILE *const stdout = &stdout_file;
FILE *const stderr = &stderr_file;

void jx_console_write(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		console_put(bytes[i], NULL);
}

void _exit(int status)
{
	console_flush(NULL);
	zx_process_exit(status);
}
