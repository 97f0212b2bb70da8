/*
 * The kernel's own page tables: see kmap.c and <arch/kmap.h>.
 */
#ifndef ARM64_KMAP_H
#define ARM64_KMAP_H

#include <kernel/types.h>

/*
 * Boot, on the identity map: builds the tables of TTBR1 with the image at
 * image_va, and the identity map of secondary CPUs; puts both roots into
 * boot_handoff.
 */
void kmap_build(u64 image_va);
/* The boot CPU runs on those tables: they are reached by the direct map now. */
void kmap_leave_identity(void);

/* Physical address of a page of zeroes, to be TTBR0's root when no address
 * space is loaded. Fixed after kmap_build(). */
extern u64 kmap_empty_root_pa;

#endif
