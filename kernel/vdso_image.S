/* The vDSO's file, as the linker made it (user/rules.mk). */
	.section .rodata.vdso, "a"
	.balign 8
	.global vdso_image_start
vdso_image_start:
	.incbin "libzx.so"
	.global vdso_image_end
vdso_image_end:

	.section .note.GNU-stack, "", %progbits
