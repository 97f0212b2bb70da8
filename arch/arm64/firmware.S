/*
 * Calls out of the kernel: hypervisor, secure firmware, debugger.
 */
#include "asm.h"
#include "extable.h"

	.text

/* SMCCC: x0-x3 in, x0 out; x4-x17 may change, which C expects of any call. */
FUNCTION(firmware_hvc)
	hint	#34			/* bti c */
	hvc	#0
	ret
END(firmware_hvc)

FUNCTION(firmware_smc)
	hint	#34			/* bti c */
	smc	#0
	ret
END(firmware_smc)

/* x1 = where x0-x3 go. */
FUNCTION(firmware_hvc_words)
	hint	#34			/* bti c */
	str	x1, [sp, #-16]!
	hvc	#0
	ldr	x4, [sp], #16
	stp	x0, x1, [x4]
	stp	x2, x3, [x4, #16]
	ret
END(firmware_hvc_words)

/* Without semihosting the HLT is undefined and ends at 2. */
FUNCTION(firmware_semihosting)
	hint	#34			/* bti c */
1:	hlt	#0xf000
	ret
2:	mov	x0, #-1
	ret
	extable	1b, 1b + 4, 2b, EXTABLE_UNDEFINED
END(firmware_semihosting)
