/*
 * Symbols of kernel.ld and boot.S, and the entries that boot.S calls.
 */
#ifndef ARM64_BOOT_H
#define ARM64_BOOT_H

#include <kernel/types.h>

extern char image_start[], image_end[];
extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char data_start[], bss_end[];
/* Where the EL2 host is, if there is one. */
extern char host_area[];
extern char boot_stack_guard[], boot_stack[];

/*
 * Physical address of a symbol, on the identity map only. Opaque: a compiler
 * that knew it to be the symbol's address would recompute it later, upstairs.
 */
static inline u64 boot_paddr(const void *symbol)
{
	u64 pa;

	__asm__("" : "=r"(pa) : "0"(symbol));
	return pa;
}

/* PSCI starts secondary CPUs here, by physical address. */
void secondary_entry(void);

/* Called by boot.S; see there. */
u64 boot_build_idmap(u64 fdt);
void boot_early(void *fdt);
void boot_exception(u64 esr, u64 elr, u64 far) NORETURN;
void boot_main(void) NORETURN;
void secondary_main(void) NORETURN;

#endif
