/*
 * The kernel's half of the address space (TTBR1, 48 bits), by level-0 entry.
 * Also read by assembly.
 *
 *	0xffff000000000000	all RAM at its physical address + DIRECT_MAP_BASE
 *	0xffff800000000000	kernel stacks (mm/kstack.c), with gaps as guards
 *	0xffffc00000000000	device registers, in the order they were mapped
 *	0xffffe00000000000	the image, moved up by a random multiple of 2 MiB
 */
#ifndef ARM64_ARCH_LAYOUT_H
#define ARM64_ARCH_LAYOUT_H

#define VA_BITS 48

/* RAM at and above DIRECT_MAP_SIZE is not used. */
#define DIRECT_MAP_BASE 0xffff000000000000
#define DIRECT_MAP_SIZE 0x0000800000000000

#define KMAP_STACK_BASE 0xffff800000000000
#define KMAP_STACK_SIZE 0x0000010000000000

#define KMAP_DEVICE_BASE 0xffffc00000000000
#define KMAP_DEVICE_SIZE 0x0000008000000000

#define IMAGE_BASE 0xffffe00000000000
#define IMAGE_SLIDE_BITS 17	/* of 2 MiB steps: within 256 GiB */

#endif
