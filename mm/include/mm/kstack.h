/*
 * Kernel stacks: 16 KiB with an unmapped guard below, in the kernel's
 * mapping area. Freed stacks are kept for reuse (mapped), so that thread
 * creation is cheap and no shootdown of kernel mappings is needed.
 */
#ifndef MM_KSTACK_H
#define MM_KSTACK_H

#include <kernel/types.h>

#define KSTACK_SIZE 16384ul

/* Boot. */
void kstack_init(void);
/* Frames of stacks kept for reuse, for leak checks. */
u64 kstack_kept_pages(void);

/* Lowest usable byte of a stack, or NULL if memory is out. May sleep. */
void *kstack_alloc(void);
void kstack_free(void *stack);
/* True if addr lies in a guard page (stack overflow reports). */
bool kstack_is_guard(u64 addr);

#endif
