/*
 * Host contract: what the kernel says to a host below it, where there is one of
 * ours (arch/arm64/host). Elsewhere nothing happens.
 */
#ifndef ARCH_HOST_H
#define ARCH_HOST_H

#include <kernel/types.h>

/* The kernel says at least so often that it lives. */
#define ARCH_HOST_PROMISE_SECONDS 15

/* Boot CPU, once, when all code is final and before other CPUs start: from here
 * on nobody can write to text and read-only data, and the host's last words
 * show the log that is kept in `log`, a struct log_ring of the kernel's image. */
void arch_host_start(const void *log);
/* There is one. */
bool arch_host_present(void);
/* Says that the kernel lives, and will say so again within the seconds above, or
 * the host ends the machine with a report. Any context. */
void arch_host_alive(void);

#endif
