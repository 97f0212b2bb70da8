/*
 * Switch of kernel threads: stack, callee-saved registers, the user's thread
 * pointer. See <arch/thread.h>.
 */
#include "asm.h"
#include "offsets.h"

	.text

/* x0 = prev, x1 = next. Interrupts off. PAN is set in both. */
FUNCTION(arch_context_switch)
	hint	#34			/* bti c */
	ldr	x9, [x0, #(THREAD_FPU + FPU_LOADED)]
	cbnz	x9, 2f
1:	add	x0, x0, #THREAD_CONTEXT
	add	x2, x1, #THREAD_CONTEXT
	stp	x19, x20, [x0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x3, sp
	mrs	x4, tpidr_el0
	stp	x3, x4, [x0, #CONTEXT_SP]
	ldp	x3, x4, [x2, #CONTEXT_SP]
	ldp	x19, x20, [x2]
	ldp	x21, x22, [x2, #16]
	ldp	x23, x24, [x2, #32]
	ldp	x25, x26, [x2, #48]
	ldp	x27, x28, [x2, #64]
	ldp	x29, x30, [x2, #80]
	mov	sp, x3
	msr	tpidr_el0, x4
	msr	tpidr_el1, x1
	ret
2:	mov	x14, x30
	bl	user_state_unload	/* keeps x0, x1, x14 */
	mov	x30, x14
	b	1b
END(arch_context_switch)

/* A new thread returns here from its first switch: x19 = entry, x20 = arg. */
FUNCTION(context_start)
	bl	sched_finish_switch
	msr	daifclr, #6
	mov	x0, x20
	blr	x19
	/* Entries do not return. */
	brk	#0
END(context_start)
