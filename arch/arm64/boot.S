/*
 * From the loader to C.
 *
 * Entry as the Linux boot protocol says: MMU off, x0 = device tree, loaded at
 * any multiple of 2 MiB, EL1 or EL2. From EL2 the host (host/) comes first, which
 * enters EL1 with a device tree of its own. Then, in order:
 *
 *  1. bss cleared, MMU still off;
 *  2. identity map of image and device tree (boot_early.c), MMU on;
 *  3. image relocated to where it lies, so that C code runs on that map;
 *  4. boot_early(): reads the tree, builds the kernel's map, patches text;
 *  5. image relocated to its final address, TTBR1 loaded, jump up;
 *  6. boot_main(): devices, then kernel_main().
 *
 * Registers that live through 1-5: x21 device tree.
 */
#include "asm.h"
#include "features.h"
#include "offsets.h"
#include "sysreg.h"

	.section .head.text, "ax"

/* A flat image with text_offset 0, 4 KiB pages, placed anywhere in RAM. Two
 * words for the size: a 64-bit one would need a relocation. */
boot_head:
	b	boot_entry
	.long	0
	.quad	0
	.long	image_size, 0
	.quad	0xa
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

boot_entry:
	msr	daifset, #0xf
	mov	x21, x0
	mrs	x0, CurrentEL
	cmp	x0, #(1 << 2)
	b.eq	boot_el1
	cmp	x0, #(2 << 2)
	b.ne	boot_park		/* EL3: no machine of ours */

	/* EL2: the host goes to its place and stays below us. It comes back
	 * at boot_hosted, at EL1. The lines of its area must not be written
	 * back over what is stored with the cache off. */
	address	x0, host_area
	address	x1, host_tree
	bl	clean_invalidate
	address	x0, host_area
	address	x1, host_tree
	address	x2, host_file_start
	address	x3, host_file_end
1:	ldp	x4, x5, [x2], #16
	stp	x4, x5, [x0], #16
	cmp	x2, x3
	b.lo	1b
2:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	2b
	address	x0, host_area
	bl	clean_invalidate
	/* The instruction cache may hold what was there before; the ISB: no
	 * fetch of it is ahead of that. */
	ic	iallu
	dsb	nsh
	isb
	mov	x0, x21
	adr	x1, image_start
	address	x2, bss_end
	address	x3, host_tree
	adr	x4, boot_hosted
	address	x5, host_area
	br	x5
boot_hosted:
	mov	x21, x0

boot_el1:
	ldr	x0, =SCTLR_MMU_OFF
	msr	sctlr_el1, x0
	adr	x0, boot_vectors
	msr	vbar_el1, x0
	isb

	/* The loader may have left dirty lines over our bss, which would be
	 * written back over what is stored with the cache off: out with them
	 * before the first store. */
	address	x0, bss_start
	address	x1, bss_end
	bl	clean_invalidate
	address	x0, bss_start
	address	x1, bss_end
1:	stp	xzr, xzr, [x0], #64	/* bss is made of whole 64-byte lines */
	stp	xzr, xzr, [x0, #-48]
	stp	xzr, xzr, [x0, #-32]
	stp	xzr, xzr, [x0, #-16]
	cmp	x0, x1
	b.lo	1b

	address	x0, boot_stack_top
	mov	sp, x0
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x21
	bl	boot_build_idmap
	mov	x20, x0
	/* Lines that were fetched meanwhile would hide those stores. */
	address	x0, bss_start
	address	x1, bss_end
	bl	clean_invalidate

	mov	x0, x20
	address	x1, boot_tcr_idmap
	ldr	x1, [x1]
	ldr	x2, =SCTLR_KERNEL
	bl	mmu_on
	adr	x0, image_start
	bl	relocate_image
	mov	x0, x21
	bl	boot_early

	/* Leave the identity map. boot_early() has cleaned and ordered all. */
	address	x19, boot_handoff
	ldr	x20, [x19, #HANDOFF_IMAGE_VA]
	mov	x0, x20
	bl	relocate_image
	adr	x0, boot_upstairs
	bl	jump_up
boot_upstairs:
	hint	#36			/* bti j */
	address	x0, boot_stack_top
	mov	sp, x0
	bl	cpu_finish_map
	address	x0, idle_threads
	msr	tpidr_el1, x0
	mov	x29, xzr
	bl	boot_main

/* Something is so wrong that nothing can be said. */
boot_park:
	wfi
	b	boot_park

/* Cleans and invalidates [x0, x1) by address, to the point of coherency. */
clean_invalidate:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4		/* DminLine: log2 of words */
	mov	x3, #4
	lsl	x3, x3, x2
1:	dc	civac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	1b
	/* Complete before any store or walk with the cache in another state. */
	dsb	sy
	ret

/*
 * Adds the image's address x0 to each R_AARCH64_RELATIVE place. The addends
 * stand in the entries, so it may be done again with another address. The
 * image has no relocation of another type (kernel.ld: -z text, all hidden).
 */
relocate_image:
	adr	x1, image_start
	address	x2, rela_start
	address	x3, rela_end
	b	2f
1:	ldr	x4, [x2], #24
	ldr	x5, [x2, #-8]
	add	x5, x5, x0
	str	x5, [x1, x4]
2:	cmp	x2, x3
	b.lo	1b
	ret

/*
 * Turns the MMU on: TTBR0 = x0, TCR = x1, SCTLR = x2. Runs on the identity map
 * it turns on. Leaves x19-x30.
 */
mmu_on:
	address	x3, boot_mair
	ldr	x3, [x3]
	msr	mair_el1, x3
	msr	ttbr0_el1, x0
	msr	tcr_el1, x1
	/* The walks that follow use these registers and no older entry; the
	 * instruction cache may hold what was here before the image. */
	isb
	tlbi	vmalle1
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el1, x2
	isb
	ret

/*
 * Loads the kernel's tables from the handoff x19 and returns at the final
 * address x20 + the distance of x0 from image_start. The old TTBR0 stays.
 */
jump_up:
	ldr	x1, [x19, #HANDOFF_TTBR1]
	ldr	x2, [x19, #HANDOFF_TCR]
	msr	ttbr1_el1, x1
	/* The root is in the register before TCR lets walks use it. */
	isb
	msr	tcr_el1, x2
	isb
	adr	x1, image_start
	sub	x0, x0, x1
	add	x0, x0, x20
	br	x0

/*
 * Drops the identity map, points at the vectors, turns on what SCTLR_EL1 has
 * only now (pointer authentication by keys that are set here; return addresses
 * signed before are not checked after). Caller's lr is never signed: this is a
 * leaf called from assembly.
 */
cpu_finish_map:
	address	x0, boot_handoff
	address	x1, vectors
	msr	vbar_el1, x1
	address	x1, kmap_empty_root_pa
	ldr	x1, [x1]
	msr	ttbr0_el1, x1
	/* No walk uses the old root from here on; then its entries go. */
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	ldr	x1, [x0, #HANDOFF_SCTLR]
	/* MSRs of APIAKeyLo_EL1 and APIAKeyHi_EL1, which only newer assemblers
	 * know by name, skipped where the CPU has none. */
	alternative FEATURE_PAUTH, INSN_NOP, b 1f
	ldp	x2, x3, [x0, #HANDOFF_KEY]
	msr	s3_0_c2_c1_0, x2
	msr	s3_0_c2_c1_1, x3
1:	msr	sctlr_el1, x1
	isb
	ret

/*
 * Secondary CPU, from PSCI CPU_ON: MMU off, x0 = its idle thread (a kernel
 * address). All that is read before the MMU is on was cleaned to memory by
 * smp.c. Its identity map shows this page of text alone, so everything comes
 * into registers first.
 */
FUNCTION(secondary_entry)
	msr	daifset, #0xf
	mov	x21, x0
	mrs	x0, CurrentEL
	cmp	x0, #(1 << 2)
	b.ne	boot_park
	ldr	x0, =SCTLR_MMU_OFF
	msr	sctlr_el1, x0
	adr	x0, boot_vectors
	msr	vbar_el1, x0
	isb
	address	x19, boot_handoff
	ldr	x20, [x19, #HANDOFF_IMAGE_VA]
	adr	x0, secondary_upstairs
	adr	x1, image_start
	sub	x0, x0, x1
	add	x22, x0, x20
	ldr	x1, [x19, #HANDOFF_TTBR1]
	msr	ttbr1_el1, x1
	ldr	x0, [x19, #HANDOFF_IDMAP]
	ldr	x1, [x19, #HANDOFF_TCR]
	ldr	x2, =SCTLR_KERNEL
	bl	mmu_on
	br	x22
secondary_upstairs:
	hint	#36			/* bti j */
	bl	cpu_finish_map
	msr	tpidr_el1, x21
	ldr	x0, [x21, #THREAD_STACK_TOP]
	mov	sp, x0
	mov	x29, xzr
	bl	secondary_main
END(secondary_entry)

/*
 * Until the real vectors are in place: every exception is a fault of the boot
 * code or of what it was given.
 */
.macro boot_vector
	.balign	128
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	mrs	x2, far_el1
	b	boot_exception
.endm
	.ltorg
	.balign	2048
	/* Secondary CPUs see one page: refused by .org if more stands above. */
	.org	boot_head + 2048
boot_vectors:
	.rept	16
	boot_vector
	.endr

	.section .bss.page_aligned, "aw", %nobits
	.balign	4096
	/* Not in the kernel's map: an overflow of the boot stack faults here. */
	.global	boot_stack_guard
	.hidden	boot_stack_guard
boot_stack_guard:
	.skip	4096
	.global	boot_stack
	.hidden	boot_stack
boot_stack:
	.skip	BOOT_STACK_SIZE
boot_stack_top:
