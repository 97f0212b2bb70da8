/*
 * PSCI 0.2 and later, by the conduit that the device tree names.
 */
#ifndef ARM64_PSCI_H
#define ARM64_PSCI_H

#include <kernel/types.h>

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
