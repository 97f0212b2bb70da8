/*
 * What the C library's raise() and abort() end in. A program sends signals to
 * itself alone; one that it does not handle ends it, with the status that
 * shells give.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define STATUS_OF_SIGNAL 128

/* The one process that this one can name. */
#define PID_SELF 1

pid_t getpid(void)
{
	return PID_SELF;
}

int kill(pid_t pid, int signal)
{
	if (pid != PID_SELF) {
		errno = ESRCH;
		return -1;
	}
	if (signal == 0)
		return 0;
	fflush(stdout);
	fprintf(stderr, signal == SIGABRT ? "aborted\n" : "ended by signal %d\n", signal);
	_exit(STATUS_OF_SIGNAL + signal);
}
