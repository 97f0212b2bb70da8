/*
 * Kernel mappings: device registers and kernel stacks.
 *
 * The tables of the kernel's half are never freed and are shared by all CPUs.
 */
#ifndef ARCH_KMAP_H
#define ARCH_KMAP_H

#include <arch/layout.h>	/* KMAP_STACK_BASE, KMAP_STACK_SIZE */
#include <kernel/types.h>

struct page;

/*
 * Device registers [base, base + size), Device-nGnRE, for good. Returns the
 * address of base; NULL if memory or the area is out. Boot only, one CPU.
 */
void *arch_map_device(paddr_t base, u64 size);

/*
 * Maps count pages, readable and writable, at va inside the stack area. The
 * range was never mapped or has been unmapped. NO_MEMORY: nothing was mapped.
 * The caller serialises all calls (LOCK_KSTACK); usable on every CPU on return.
 */
MUST_CHECK zx_status_t arch_kmap_pages(u64 va, struct page *const *pages,
				       u32 count);
/* Unmaps them; on return no CPU holds a translation. Serialised as above. */
void arch_kunmap_pages(u64 va, u32 count);

#endif
