/*
 * The life before kernel_main(): on the identity map, with nothing but the
 * UART that the tree named. boot.S tells the order of events.
 */
#ifndef ARM64_EARLY_H
#define ARM64_EARLY_H

#include <kernel/types.h>

#include "dt.h"

/* A UART was found: early_fail() may print there. Maps its registers. */
void early_console_set(u64 uart_paddr, enum dt_uart_kind kind);
/* Prints one sentence and ends the machine with failure: by semihosting if the
 * boot arguments ask for it, else by PSCI; stops if there is neither. */
void early_fail(const char *fmt, ...) PRINTFLIKE(1, 2) NORETURN;

/* Looks for the EL2 host, and lets its interrupts pass again. Boot CPU, when the
 * interrupt controller is set up. */
void hostcall_init(void);
/* For tests: hangs here if the argument provoke= says this moment. */
void boot_provoke(const char *moment);

/* Maps the 2 MiB block around paddr one to one: RAM, or device registers. */
void idmap_add(u64 paddr, u64 memory_type);

/* What boot.S loads to leave the identity map. Offsets in offsets.h. */
struct boot_handoff {
	u64 ttbr1;
	u64 tcr;
	u64 sctlr;
	u64 image_va;		/* where image_start will be */
	u64 key_low;		/* APIAKey of the kernel */
	u64 key_high;
	u64 idmap_ttbr0;	/* of secondary CPUs: one page of text */
	u64 image_pa;		/* where image_start lies */
};
extern struct boot_handoff boot_handoff;

#endif
