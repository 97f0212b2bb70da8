/*
 * Log and panic of the fake machine: standard error, abort.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <kernel/panic.h>
#include <kernel/printk.h>

#include "fake.h"

void (*fake_panic_hook)(const char *message);

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

void panic(const char *fmt, ...)
{
	char message[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (fake_panic_hook != NULL)
		fake_panic_hook(message);
	fprintf(stderr, "panic: %s\n", message);
	abort();
}
