/*
 * Exception vectors: from user mode and back, and from the kernel itself.
 *
 * From user mode SP_EL1 is the top of the thread's stack; struct arch_frame is
 * saved there once, whole. C preserves x19-x29, so the way back restores the
 * others only. The address space stays loaded: no TTBR changes here.
 *
 * With pointer authentication the kernel signs with a key that user mode must
 * not be able to use: it is loaded at entry and replaced at exit. Other CPUs
 * skip both by a branch.
 */
#include <syscall_numbers.h>

#include "asm.h"
#include "features.h"
#include "offsets.h"
#include "sysreg.h"

.macro save_frame sp_source
	stp	x0, x1, [sp, #FRAME_X(0)]
	stp	x2, x3, [sp, #FRAME_X(2)]
	stp	x4, x5, [sp, #FRAME_X(4)]
	stp	x6, x7, [sp, #FRAME_X(6)]
	stp	x8, x9, [sp, #FRAME_X(8)]
	stp	x10, x11, [sp, #FRAME_X(10)]
	stp	x12, x13, [sp, #FRAME_X(12)]
	stp	x14, x15, [sp, #FRAME_X(14)]
	stp	x16, x17, [sp, #FRAME_X(16)]
	stp	x18, x19, [sp, #FRAME_X(18)]
	stp	x20, x21, [sp, #FRAME_X(20)]
	stp	x22, x23, [sp, #FRAME_X(22)]
	stp	x24, x25, [sp, #FRAME_X(24)]
	stp	x26, x27, [sp, #FRAME_X(26)]
	stp	x28, x29, [sp, #FRAME_X(28)]
	.ifc	\sp_source, user
	mrs	x9, sp_el0
	.else
	add	x9, sp, #FRAME_SIZE
	.endif
	mrs	x10, elr_el1
	mrs	x11, spsr_el1
	stp	x30, x9, [sp, #FRAME_X(30)]
	stp	x10, x11, [sp, #FRAME_PC]
.endm

/* All but x0, x19-x29. */
.macro restore_frame_but_x0 sp_target
	ldp	x9, x10, [sp, #FRAME_PC]
	ldp	x30, x11, [sp, #FRAME_X(30)]
	msr	elr_el1, x9
	msr	spsr_el1, x10
	.ifc	\sp_target, user
	msr	sp_el0, x11
	.endif
	ldr	x1, [sp, #FRAME_X(1)]
	ldp	x2, x3, [sp, #FRAME_X(2)]
	ldp	x4, x5, [sp, #FRAME_X(4)]
	ldp	x6, x7, [sp, #FRAME_X(6)]
	ldp	x8, x9, [sp, #FRAME_X(8)]
	ldp	x10, x11, [sp, #FRAME_X(10)]
	ldp	x12, x13, [sp, #FRAME_X(12)]
	ldp	x14, x15, [sp, #FRAME_X(14)]
	ldp	x16, x17, [sp, #FRAME_X(16)]
	ldr	x18, [sp, #FRAME_X(18)]
	add	sp, sp, #FRAME_SIZE
.endm

/* Nothing is speculated past the return. */
.macro exception_return
	eret
	dsb	nsh
	isb
.endm

/* APIAKey from the pair of words at \symbol; clobbers x9, x10. */
.macro load_key symbol, offset
	address	x9, \symbol
	ldp	x9, x10, [x9, #\offset]
	msr	s3_0_c2_c1_0, x9
	msr	s3_0_c2_c1_1, x10
.endm

.macro enter_kernel_key
	alternative FEATURE_PAUTH, INSN_NOP, b .Lkernel_key\@
	load_key boot_handoff, HANDOFF_KEY
	/* Signing sees the new key. */
	isb
.Lkernel_key\@:
.endm

/* The ERET synchronises. */
.macro leave_kernel_key
	alternative FEATURE_PAUTH, INSN_NOP, b .Luser_key\@
	load_key user_key, 0
.Luser_key\@:
.endm

.macro vector_from_user handler
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	save_frame user
	b	\handler
.endm

.macro vector_from_kernel handler
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	save_frame kernel
	b	\handler
.endm

	.section .vectors, "ax"
	.balign	2048
	.global	vectors
	.hidden	vectors
vectors:
	/* Kernel on SP_EL0: never. */
	.rept	4
	vector_from_kernel unexpected
	.endr

	.balign	128
	b	kernel_sync_entry
	vector_from_kernel kernel_irq
	vector_from_kernel unexpected
	vector_from_kernel kernel_serror

	.balign	128
	sub	sp, sp, #FRAME_SIZE
	save_frame user
	mrs	x12, esr_el1
	lsr	w13, w12, #26
	cmp	w13, #EC_SVC
	b.ne	user_sync
	b	user_syscall
	vector_from_user user_irq
	vector_from_user unexpected
	vector_from_user kernel_serror

	/* AArch32 programs: never. */
	.rept	4
	vector_from_user unexpected
	.endr

	.text

/* x0-x7 are the arguments, x16 the number; scratch x8-x15, x17, x18. */
user_syscall:
	enter_kernel_key
	mrs	x9, tpidr_el1
	ldr	x10, [x9, #THREAD_CPU]
	ldr	x11, [x10, #PERCPU_STAT_SYSCALLS]
	add	x11, x11, #1
	str	x11, [x10, #PERCPU_STAT_SYSCALLS]
	msr	daifclr, #6
	cmp	x16, #SYSCALL_COUNT
	b.hs	bad_syscall
	/* Should the branch be mispredicted, the index is 0 all the same. */
	csel	x16, x16, xzr, lo
	hint	#20			/* csdb */
	address	x17, syscall_table
	ldr	x17, [x17, x16, lsl #3]
	blr	x17
	/* The status' upper half is not defined by the call. */
	sxtw	x0, w0
syscall_return:
	msr	daifset, #2
	mrs	x9, tpidr_el1
	ldr	x10, [x9, #THREAD_RESCHED_PENDING]
	cbnz	x10, syscall_work
syscall_resume:
	leave_kernel_key
	restore_frame_but_x0 user
	exception_return

/* A call that was given up has no result: x0 is what was written there. */
syscall_work:
	tbnz	x10, #(32 + PENDING_UNWIND_BIT), user_work
	str	x0, [sp, #FRAME_X(0)]
	b	user_work

bad_syscall:
	mov	x0, #-13		/* ZX_ERR_BAD_SYSCALL */
	b	syscall_return

/* Synchronous exception of user mode but SVC: x12 = ESR, w13 = its class. */
user_sync:
	enter_kernel_key
	cmp	w13, #EC_FP_TRAP
	b.eq	user_fp_trap
	mrs	x1, far_el1
	stp	x12, x1, [sp, #FRAME_ESR]
	msr	daifclr, #6
	cmp	w13, #EC_DATA_ABORT_EL0
	b.ne	user_instruction_abort
	/* PT_READ is 1, PT_WRITE 2: 1 + WnR, unless it is cache maintenance,
	 * which counts as a read. */
	ubfx	w2, w12, #6, #1
	bic	w2, w2, w12, lsr #8
	add	w2, w2, #1
	/* Translation, access flag, permission: kinds 4, 8, 12. */
user_abort:
	and	w3, w12, #0x3c
	sub	w3, w3, #FSC_TRANSLATION
	cmp	w3, #(FSC_PERMISSION - FSC_TRANSLATION)
	b.hi	user_exception
	mrs	x9, tpidr_el1
	ldr	x0, [x9, #THREAD_ASPACE]
	bl	mm_page_fault
	cbnz	w0, user_fault_refused
user_return:
	msr	daifset, #2
	mrs	x9, tpidr_el1
	ldr	x10, [x9, #THREAD_RESCHED_PENDING]
	cbnz	x10, user_work
user_resume:
	leave_kernel_key
	ldr	x0, [sp, #FRAME_X(0)]
	restore_frame_but_x0 user
	exception_return

user_instruction_abort:
	mov	w2, #4			/* PT_EXEC */
	cmp	w13, #EC_INSN_ABORT_EL0
	b.eq	user_abort
user_exception:
	mov	w0, wzr
user_fault_refused:
	mov	w1, w0
	mov	x0, sp
	bl	exception_from_user
	msr	daifset, #2
	b	user_work

/* Others may have written the registers while the thread stood still. */
user_work:
	bl	kernel_return_to_user
user_resume_all:
	ldr	x19, [sp, #FRAME_X(19)]
	ldp	x20, x21, [sp, #FRAME_X(20)]
	ldp	x22, x23, [sp, #FRAME_X(22)]
	ldp	x24, x25, [sp, #FRAME_X(24)]
	ldp	x26, x27, [sp, #FRAME_X(26)]
	ldp	x28, x29, [sp, #FRAME_X(28)]
	b	user_resume

/* First use of FP since the thread was switched in; interrupts masked. */
user_fp_trap:
	bl	fpu_load_current
	b	user_return

user_irq:
	enter_kernel_key
	msr	daifclr, #4
	bl	kernel_irq_enter
	bl	irqc_handle
	mov	w0, #1
	bl	kernel_irq_exit
	b	user_return

kernel_irq:
	msr	daifclr, #4
	bl	kernel_irq_enter
	bl	irqc_handle
	mov	w0, wzr
	bl	kernel_irq_exit
	msr	daifset, #4
kernel_resume:
	ldr	x0, [sp, #FRAME_X(0)]
	restore_frame_but_x0 kernel
	exception_return

/*
 * An exception in the kernel: faults on user addresses, and mistakes. The stack
 * itself may be what faulted, so it is looked at before anything is stored.
 * TPIDRRO_EL0 keeps x0 meanwhile, and is zero whenever user mode runs.
 */
kernel_sync_entry:
	msr	tpidrro_el0, x0
	mrs	x0, tpidr_el1
	ldr	x0, [x0, #THREAD_STACK_TOP]
	sub	x0, sp, x0
	add	x0, x0, #KSTACK_BYTES
	sub	x0, x0, #FRAME_SIZE
	tbnz	x0, #63, stack_overflow
	mrs	x0, tpidrro_el0
	msr	tpidrro_el0, xzr
	sub	sp, sp, #FRAME_SIZE
	save_frame kernel
	mrs	x12, esr_el1
	mrs	x13, far_el1
	stp	x12, x13, [sp, #FRAME_ESR]
	mov	x0, sp
	bl	exception_from_kernel
	/* What follows must not be interrupted between ELR and ERET. */
	msr	daifset, #0xf
	b	kernel_resume

/* Onto this CPU's emergency stack, with as many registers as can be kept. */
stack_overflow:
	msr	tpidr_el0, x1
	mrs	x0, tpidr_el1
	ldr	x0, [x0, #THREAD_CPU]
	ldr	w0, [x0, #PERCPU_ID]
	add	x0, x0, #1
	address	x1, emergency_stacks
	add	x1, x1, x0, lsl #12	/* EMERGENCY_STACK_SIZE */
	mov	x0, sp
	sub	sp, x1, #FRAME_SIZE
	mrs	x1, tpidr_el0
	str	x0, [sp, #FRAME_ESR]
	mrs	x0, tpidrro_el0
	save_frame kernel
	ldr	x9, [sp, #FRAME_ESR]
	str	x9, [sp, #FRAME_SP]
	mrs	x12, esr_el1
	mrs	x13, far_el1
	stp	x12, x13, [sp, #FRAME_ESR]
	mov	x0, sp
	bl	exception_stack_overflow

kernel_serror:
	mrs	x12, esr_el1
	mrs	x13, far_el1
	stp	x12, x13, [sp, #FRAME_ESR]
	mov	x0, sp
	bl	exception_serror

unexpected:
	mrs	x12, esr_el1
	mrs	x13, far_el1
	stp	x12, x13, [sp, #FRAME_ESR]
	mov	x0, sp
	bl	exception_unexpected

/* See <arch/thread.h>. What called this is forgotten. */
FUNCTION(arch_enter_user)
	hint	#34			/* bti c */
	msr	daifset, #2
	mrs	x9, tpidr_el1
	ldr	x9, [x9, #THREAD_STACK_TOP]
	sub	sp, x9, #FRAME_SIZE
	/* A kill or a switch that came meanwhile; masked until the ERET. */
	b	user_work
END(arch_enter_user)

	.bss
	.balign	16
emergency_stacks:
	.skip	EMERGENCY_STACK_SIZE * CONFIG_MAX_CPUS
