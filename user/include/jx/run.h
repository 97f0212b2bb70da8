/* Running a program in the foreground, as init and the shell do. */
#ifndef JX_RUN_H
#define JX_RUN_H

#include <zircon/types.h>

/*
 * Starts a program, waits for it and tells people on the console if it could
 * not be started or was ended by the kernel. Returns an exit status, 0 to 255:
 * the program's own (its low byte; 1 if that hides a failure), 127 if it was
 * not started, 139 after an exception, 137 after any other kill.
 */
int jx_run(const char *path, int argc, const char *const argv[]);

#endif
