/*
 * Instructions replaced at boot by CPU feature: see asm.h for the macro that
 * notes them in section .altinstr.
 */
#ifndef ARM64_ALTERNATIVE_H
#define ARM64_ALTERNATIVE_H

#include <kernel/types.h>

struct alternative {
	s32 site;	/* distance of the instruction from this field */
	u32 feature;	/* enum arch_feature */
	u32 instruction;
};

/* Boot CPU, while text is still writable (on the identity map), before any of
 * the sites may run: they are in code that the boot phase does not use. */
void alternatives_apply(void);

#endif
