/*
 * The EL2 host as a file inside the kernel's image. boot.S copies it to its
 * place and runs it if the kernel is entered at EL2; see host/.
 */
	.section .rodata.host, "a"
	.balign	64
	.global host_file_start, host_file_end
	.hidden host_file_start, host_file_end
host_file_start:
	.incbin "el2/host.bin"
	.balign	64
host_file_end:
