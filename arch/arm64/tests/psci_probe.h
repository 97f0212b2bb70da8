/*
 * What psci_ktest.c and the CPU that runs psci_probe.S share.
 */
#ifndef ARM64_PSCI_PROBE_H
#define ARM64_PSCI_PROBE_H

#define PROBE_COUNT 0
#define PROBE_BY_SMC 8

#ifndef __ASSEMBLER__
#include <kernel/types.h>

struct psci_probe {
	u64 count;
	u64 by_smc;
};

void psci_probe_entry(void);
#endif

#endif
