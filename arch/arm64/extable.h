/*
 * Stretches of kernel code whose exceptions are expected, noted in section
 * .extable by the macro of asm.h. Also read by assembly.
 */
#ifndef ARM64_EXTABLE_H
#define ARM64_EXTABLE_H

/* A fault on a user address is resolved and the instruction tried again; if it
 * cannot be, execution goes on at `to` with x0 = the status. */
#define EXTABLE_RESOLVE 0
/* A fault on a user address goes on at `to` at once, x0 as it was. */
#define EXTABLE_FIXUP 1
/* An undefined instruction goes on at `to`. */
#define EXTABLE_UNDEFINED 2

#ifndef __ASSEMBLER__
#include <kernel/types.h>

/* Distances from each field to what it names. */
struct extable {
	s32 start;
	s32 end;
	s32 to;
	u32 kind;
};
#endif

#endif
