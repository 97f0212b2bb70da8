/*
 * Registers of user mode's FP and SIMD unit. The kernel itself uses none.
 *
 * Lazy: CPACR_EL1 traps the first use after a switch; only threads that use FP
 * between two switches pay for loads and stores.
 */
#include "asm.h"
#include "offsets.h"

	.arch_extension fp
	.arch_extension simd
	.text

.macro each_pair op, base
	\op	q0, q1, [\base]
	\op	q2, q3, [\base, #32]
	\op	q4, q5, [\base, #64]
	\op	q6, q7, [\base, #96]
	\op	q8, q9, [\base, #128]
	\op	q10, q11, [\base, #160]
	\op	q12, q13, [\base, #192]
	\op	q14, q15, [\base, #224]
	\op	q16, q17, [\base, #256]
	\op	q18, q19, [\base, #288]
	\op	q20, q21, [\base, #320]
	\op	q22, q23, [\base, #352]
	\op	q24, q25, [\base, #384]
	\op	q26, q27, [\base, #416]
	\op	q28, q29, [\base, #448]
	\op	q30, q31, [\base, #480]
.endm

/* The running thread gets its registers, and EL0 may use them from the next
 * exception return on (which synchronises CPACR). Interrupts off. */
FUNCTION(fpu_load_current)
	mrs	x9, tpidr_el1
	add	x9, x9, #THREAD_FPU
	each_pair ldp, x9
	add	x12, x9, #FPU_FPCR
	ldp	x10, x11, [x12]
	msr	fpcr, x10
	msr	fpsr, x11
	ldr	x10, [x9, #FPU_LOADED]
	orr	x10, x10, #1		/* ARCH_LOADED_FPU */
	str	x10, [x9, #FPU_LOADED]
	mov	x10, #(3 << 20)
	msr	cpacr_el1, x10
	ret
END(fpu_load_current)

/* See "exception.h". Clobbers x9 to x13 only. */
FUNCTION(user_state_unload)
	hint	#34			/* bti c */
	add	x13, x0, #THREAD_FPU
	ldr	x9, [x13, #FPU_LOADED]
	cbz	x9, 1f
	str	xzr, [x13, #FPU_LOADED]
	tbnz	x9, #1, 2f		/* ARCH_LOADED_DEBUG */
3:	each_pair stp, x13
	mrs	x10, fpcr
	mrs	x11, fpsr
	add	x12, x13, #FPU_FPCR
	stp	x10, x11, [x12]
	mov	x10, #(1 << 20)
	msr	cpacr_el1, x10
1:	ret
2:	msr	mdscr_el1, xzr
	tbnz	x9, #0, 3b
	ret
END(user_state_unload)
