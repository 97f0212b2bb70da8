/*
 * What a kernel at EL1 and the host at EL2 below it say to each other, beyond
 * PSCI: vendor calls of the SMC calling convention, by HVC (SMCCC 1.2, section
 * 6: owner 6, vendor specific hypervisor service). Also read by assembly.
 */
#ifndef ARM64_HOST_ABI_H
#define ARM64_HOST_ABI_H

/* Who is there: four words of a UUID in w0-w3. Others answer -1. */
#define HOST_CALL_UID 0x8600ff01
#define HOST_UID_0 0x6a61636e
#define HOST_UID_1 0x4b2e7468
#define HOST_UID_2 0x9d10a15f
#define HOST_UID_3 0x32454c68

/*
 * x1 = start, x2 = bytes: this memory can be read and executed, and never
 * again written, from EL1. One way. Pages of the kernel's image only;
 * HOST_BAD_ARGUMENT for others.
 */
#define HOST_CALL_PROTECT 0xc6000001
/* x1 = physical address of the kernel's struct log_ring: its last records are
 * part of the last words. HOST_BAD_ARGUMENT if that is not RAM of EL1. */
#define HOST_CALL_LOG 0xc6000002
/*
 * x1 = seconds: the kernel says that it is alive, and that it will say so again
 * within that time; 0: it does not promise. It also lets the host's own
 * interrupts of this CPU pass again, which a kernel that sets up the interrupt
 * controller may have turned off.
 */
#define HOST_CALL_WATCHDOG 0xc6000003
/* A CPU that has called it, and is found with interrupts off, gets this one, an
 * SGI that nobody else sends, to see whether they stay off. There is nothing to
 * do at it. */
#define HOST_INTID_PROBE 15
/* x1 = index: figures of the host, HOST_FIGURE_*. */
#define HOST_CALL_FIGURE 0xc6000004
#define HOST_FIGURE_EXITS 0
#define HOST_FIGURE_INTERRUPTS 1
#define HOST_FIGURE_CALLS 2
#define HOST_FIGURE_TABLES 3

#define HOST_BAD_ARGUMENT (-3)

#endif
