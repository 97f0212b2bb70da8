/*
 * The system calls as programs call them: jumps into the vDSO through a table that
 * jx_vdso_bind() fills (docs/start.md). Made from syscalls/syscalls.tbl.
 */
#include <zircon/errors.h>

	/* A call that this kernel does not have. */
	.section .text.jx_missing, "ax", %progbits
	.type jx_missing_call, %function
jx_missing_call:
	mov w0, #ZX_ERR_BAD_SYSCALL
	ret
	.size jx_missing_call, . - jx_missing_call

	/* The same for a function that cannot tell. */
	.type jx_missing_trap, %function
jx_missing_trap:
	brk #1
	.size jx_missing_trap, . - jx_missing_trap

#include <zx_bind.S>
