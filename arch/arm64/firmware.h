/*
 * Calls out of the kernel, by the SMC calling convention; firmware.S.
 */
#ifndef ARM64_FIRMWARE_H
#define ARM64_FIRMWARE_H

#include <kernel/types.h>

/* Four registers in, x0 out. */
s64 firmware_hvc(u64 function, u64 a1, u64 a2, u64 a3);
s64 firmware_smc(u64 function, u64 a1, u64 a2, u64 a3);
/* Only the function in, x0-x3 out. */
void firmware_hvc_words(u64 function, u64 words[4]);
/* HLT #0xf000; returns -1 where that is an undefined instruction. */
s64 firmware_semihosting(u64 operation, u64 argument);

#endif
