/*
 * The promise to the host at EL2 that this kernel lives; watchdog.c.
 */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

/* Boot, in a thread: starts it if there is a host. */
void watchdog_start(void);

#endif
