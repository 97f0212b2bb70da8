/* The console, below stdio. */
#ifndef JX_CONSOLE_H
#define JX_CONSOLE_H

#include <stddef.h>

/* Into the line buffer that stdout has. */
void jx_console_write(const char *bytes, size_t count);

/*
 * One raw byte as the terminal sent it; waits. -1 if the program was given no
 * handle that allows it.
 */
int jx_console_getc(void);

#endif
