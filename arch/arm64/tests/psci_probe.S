/*
 * A CPU that counts once and goes off: x0 = struct psci_probe, MMU off.
 */
#include "../asm.h"
#include "psci_probe.h"

	.text
FUNCTION(psci_probe_entry)
	ldr	x1, [x0, #PROBE_COUNT]
	add	x1, x1, #1
	str	x1, [x0, #PROBE_COUNT]
	/* In memory before this CPU is gone. */
	dsb	sy
	ldr	x1, [x0, #PROBE_BY_SMC]
	mov	x0, #0x0002		/* PSCI CPU_OFF */
	movk	x0, #0x8400, lsl #16
	cbnz	x1, 1f
	hvc	#0
	b	2f
1:	smc	#0
2:	wfi				/* it did not work: seen as a timeout */
	b	2b
END(psci_probe_entry)
