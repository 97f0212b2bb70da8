/*
 * Two calls that end the thread without touching its stack, which may be gone
 * after the first step: all they need stays in registers, and a system call
 * changes none but x0.
 */
#include <syscall_numbers.h>

	.macro function name
	.section .text.\name, "ax", %progbits
	.global _\name
	.type _\name, %function
_\name:
	.weak \name
	.type \name, %function
\name:
	.endm

	/* Closes the handle in w3 (0 is none), then ends the thread. */
	.macro close_and_exit
	mov w0, w3
	mov x16, #SYS_handle_close
	svc #0
	cbnz w0, 2f
	mov x16, #SYS_thread_exit
	svc #0
2:	brk #1
	.endm

/* (x0 vmar, x1 addr, x2 size, x3 handle): returns only if unmap fails. */
function zx_vmar_unmap_handle_close_thread_exit
	mov x16, #SYS_vmar_unmap
	svc #0
	cbz w0, 1f
	ret
1:	close_and_exit
	.size _zx_vmar_unmap_handle_close_thread_exit, . - _zx_vmar_unmap_handle_close_thread_exit

/*
 * (x0 futex, x1 count, x2 new value, x3 handle). Release: who sees the new
 * value also sees all that this thread wrote before.
 */
function zx_futex_wake_handle_close_thread_exit
	stlr w2, [x0]
	mov x16, #SYS_futex_wake
	svc #0
	cbnz w0, 2f
	close_and_exit
	.size _zx_futex_wake_handle_close_thread_exit, . - _zx_futex_wake_handle_close_thread_exit

	.section .note.GNU-stack, "", %progbits
