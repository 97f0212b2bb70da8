/*
 * Ways into the host and out of it.
 *
 * boot.S copies the host to its place, clears its bss and jumps to
 * host_start on the boot CPU, at EL2 with the MMU off: x0 = device tree,
 * x1, x2 = the kernel's image with its bss, x3 = HOST_TREE_BYTES for the tree
 * that EL1 gets, x4 = where EL1 begins. It begins there with x0 = that tree.
 */
#include "../asm.h"
#include "layout.h"
#include "regs.h"

	.section .head.text, "ax"
	mov	x19, x0
	mov	x20, x1
	mov	x21, x2
	mov	x22, x3
	mov	x23, x4
	adr	x0, host_start
	address	x1, host_rela_start
	address	x2, host_rela_end
	b	2f
1:	ldp	x3, x4, [x1], #24	/* R_AARCH64_RELATIVE and no other */
	ldr	x5, [x1, #-8]
	add	x5, x5, x0
	str	x5, [x0, x3]
2:	cmp	x1, x2
	b.lo	1b
	address	x0, host_cpus
	ldr	x1, [x0, #HOST_CPU_STACK]
	msr	tpidr_el2, x0
	address	x1, boot_stack_top
	mov	sp, x1
	mov	x29, xzr
	bl	set_registers
	mov	x0, x19
	bl	host_early_map
	bl	mmu_on
	mov	x0, x19
	mov	x1, x20
	mov	x2, x21
	mov	x3, x22
	mov	x4, #HOST_TREE_BYTES
	bl	host_main
	mov	x1, x0
	mov	x0, x23
	b	host_enter_guest

/* Where the firmware, or a spin table, lets a CPU begin. */
FUNCTION(host_secondary_entry)
	msr	daifset, #0xf
	mrs	x0, mpidr_el1
	ldr	x1, =0xff00ffffff
	and	x0, x0, x1
	/* Its own place is the one with its number: host_cpus is in memory, and
	 * was cleaned to it, before anyone begins here. */
	address	x1, host_cpus
	mov	x3, #HOST_CPU_MAX
1:	ldr	x2, [x1, #HOST_CPU_MPIDR]
	cmp	x0, x2
	b.eq	2f
	add	x1, x1, #HOST_CPU_BYTES
	subs	x3, x3, #1
	b.ne	1b
3:	wfi				/* a CPU that the tree did not tell of */
	b	3b
2:	msr	tpidr_el2, x1
	mov	x19, x1
	ldr	x0, [x1, #HOST_CPU_STACK]
	mov	sp, x0
	mov	x29, xzr
	bl	set_registers
	bl	host_map_root
	bl	mmu_on
	mov	x0, x19
	bl	host_secondary_main
END(host_secondary_entry)

/* Every register of EL2 that decides what EL1 may do; see regs.h. Leaf. */
set_registers:
	ldr	x0, =SCTLR_EL2_OFF
	msr	sctlr_el2, x0
	mov	x0, #HCR_RW
	msr	hcr_el2, x0
	isb
	mov	x0, #CPTR_EL2_RES1
	msr	cptr_el2, x0
	msr	hstr_el2, xzr
	mrs	x0, pmcr_el0
	ubfx	x0, x0, #11, #5		/* all event counters are EL1's */
	msr	mdcr_el2, x0
	mov	x0, #CNTHCTL_EL1_ALL
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0
	adr	x0, host_vectors
	msr	vbar_el2, x0
	isb
	ret

/* x0 = root of the identity map. Leaf. */
mmu_on:
	ldr	x1, =MAIR_EL2_VALUE
	msr	mair_el2, x1
	mrs	x1, id_aa64mmfr0_el1
	and	x1, x1, #7		/* up to 48 bits */
	cmp	x1, #5
	mov	x2, #5
	csel	x1, x1, x2, lo
	ldr	x2, =TCR_EL2_BASE
	orr	x2, x2, x1, lsl #16
	msr	tcr_el2, x2
	msr	ttbr0_el2, x0
	/* The walks that follow use these registers and no older entry; the
	 * instruction cache may hold what was here before the host. */
	isb
	tlbi	alle2
	ic	iallu
	dsb	nsh
	isb
	ldr	x1, =SCTLR_EL2_ON
	msr	sctlr_el2, x1
	isb
	ret

/* x0 = pc, x1 = its x0. The stack is empty when the next exit comes. */
FUNCTION(host_enter_guest)
	mrs	x2, tpidr_el2
	ldr	x2, [x2, #HOST_CPU_STACK]
	mov	sp, x2
	msr	elr_el2, x0
	mov	x2, #PSTATE_EL1H_MASKED
	msr	spsr_el2, x2
	ldr	x2, =0x30d00980		/* RES1: MMU and caches off */
	msr	sctlr_el1, x2
	msr	tpidr_el1, xzr
	mov	x0, x1
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	eret
END(host_enter_guest)

FUNCTION(host_smc)
	smc	#0
	ret
END(host_smc)

.macro from_below kind
	.balign	128
	sub	sp, sp, #REGS_SIZE
	stp	x0, x1, [sp]
	mov	x1, #\kind
	b	save_and_handle
.endm

.macro from_host
	.balign	128
	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	host_own_fault
.endm

	.section .vectors, "ax"
	.balign	2048
host_vectors:
	.rept	8
	from_host
	.endr
	from_below TRAP_SYNC
	from_below TRAP_IRQ
	from_below TRAP_IRQ		/* FIQ: nothing is in its group */
	from_below TRAP_SERROR
	.rept	4
	from_host
	.endr

/* x2 to x29, to or from their places. */
.macro pairs instruction
	\instruction	x2, x3, [sp, #16]
	\instruction	x4, x5, [sp, #32]
	\instruction	x6, x7, [sp, #48]
	\instruction	x8, x9, [sp, #64]
	\instruction	x10, x11, [sp, #80]
	\instruction	x12, x13, [sp, #96]
	\instruction	x14, x15, [sp, #112]
	\instruction	x16, x17, [sp, #128]
	\instruction	x18, x19, [sp, #144]
	\instruction	x20, x21, [sp, #160]
	\instruction	x22, x23, [sp, #176]
	\instruction	x24, x25, [sp, #192]
	\instruction	x26, x27, [sp, #208]
	\instruction	x28, x29, [sp, #224]
.endm

save_and_handle:
	pairs	stp
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x30, x2, [sp, #240]
	str	x3, [sp, #256]
	mov	x0, sp
	mov	x29, xzr
	bl	host_trap
	ldr	x3, [sp, #256]
	ldp	x30, x2, [sp, #240]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	pairs	ldp
	ldp	x0, x1, [sp]
	add	sp, sp, #REGS_SIZE
	eret

	.section .bss, "aw", %nobits
	.balign	16
boot_stack:
	.skip	8192			/* libfdt works on it */
boot_stack_top:

	.section .note.GNU-stack, "", %progbits
