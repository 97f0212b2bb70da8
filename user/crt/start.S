/*
 * First instructions of a program: x0 is the handle of the bootstrap VMO,
 * x1 is 0, sp the top of the stack (<zircon/jx.h>).
 */
	.section .text.start, "ax", %progbits
	.global _start
	.type _start, %function
_start:
	/* Ends the chain of frames for whoever walks it. */
	mov x29, xzr
	mov x30, xzr
	b jx_start
	.size _start, . - _start

	.section .note.GNU-stack, "", %progbits
