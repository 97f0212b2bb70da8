/*
 * PSCI 0.2 and later, by the conduit that the device tree names.
 */
#ifndef ARM64_PSCI_H
#define ARM64_PSCI_H

#include <kernel/types.h>

/* Any call, by the conduit of the tree; -1 (not supported) without one. */
s64 psci_call(u64 function, u64 a1, u64 a2, u64 a3);
/* CPU_ON. Returns PSCI's status: 0, or negative. */
s32 psci_cpu_on(u64 mpidr, u64 entry_paddr, u64 context);
/* Return only if there is no firmware that does it. */
void psci_system_off(void);
void psci_system_reset(void);

#define PSCI_ALREADY_ON (-4)

/* QEMU's semihosting: text to its console, and the end with a status. Return
 * without effect where it is not enabled. */
void semihosting_print(const char *text);
void semihosting_exit(int status);

#endif
