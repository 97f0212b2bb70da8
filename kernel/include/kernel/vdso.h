/*
 * The vDSO: a small ELF image with the user's side of every system call, as a VMO
 * that programs are given (docs/start.md). What processes may do with its code is
 * mm's business (<mm/vdso.h>).
 */
#ifndef KERNEL_VDSO_H
#define KERNEL_VDSO_H

#include <mm/vmo.h>

/* Of handles to it: nobody writes to it, nor names it. */
#define VDSO_RIGHTS (ZX_RIGHTS_BASIC | ZX_RIGHT_READ | ZX_RIGHT_EXECUTE | \
		     ZX_RIGHT_MAP | ZX_RIGHT_GET_PROPERTY)

/* Fixed after vdso_init(): the VMO, and where its code lies in it, in bytes. */
struct vdso {
	struct vmo *vmo;
	u64 code_offset;
	u64 code_bytes;
};
extern struct vdso vdso;

/* Boot, once all CPUs are up: makes the VMO and writes the machine's constants
 * into it. A sentence and a stop without memory. */
void vdso_init(void);

#endif
