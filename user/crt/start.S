/*
 * First instructions of a program: x0 is the handle of the bootstrap channel, x1
 * where the vDSO begins, sp the top of the stack (docs/start.md).
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
