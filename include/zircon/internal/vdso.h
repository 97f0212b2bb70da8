/*
 * What the kernel writes into the vDSO at boot for its functions to read: the page
 * before the code. Both sides are built together; no program includes this.
 */
#ifndef ZIRCON_INTERNAL_VDSO_H_
#define ZIRCON_INTERNAL_VDSO_H_

#include <stdint.h>

#include <zircon/compiler.h>

typedef struct vdso_constants {
	uint64_t ticks_per_second;
	/* Nanoseconds per tick with 32 bits of fraction. */
	uint64_t ns_per_tick;
	uint64_t physmem;
	uint32_t cpu_count;
	uint32_t version_bytes;		/* without the NUL */
	char version[64];
} vdso_constants_t;
__ZX_STATIC_ASSERT(sizeof(vdso_constants_t) == 96, "vdso_constants_t");

#endif
