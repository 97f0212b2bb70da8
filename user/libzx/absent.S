/*
 * Calls of Zircon that lie outside of this project (abi.md 21): known by name,
 * and not supported. Their prototypes: <zircon/internal/absent.h>.
 */

	.macro absent name
	.section .text.\name, "ax", %progbits
	.balign 4
	.global _\name
	.type _\name, %function
_\name:
	.weak \name
	.type \name, %function
\name:
	mov w0, #-2			/* ZX_ERR_NOT_SUPPORTED */
	ret
	.size _\name, . - _\name
	.size \name, . - \name
	.endm


	absent zx_socket_create
	absent zx_socket_write
	absent zx_socket_read
	absent zx_socket_shutdown
	absent zx_stream_create
	absent zx_stream_writev
	absent zx_stream_writev_at
	absent zx_stream_readv
	absent zx_stream_readv_at
	absent zx_stream_seek

	absent zx_interrupt_create
	absent zx_interrupt_bind
	absent zx_interrupt_wait
	absent zx_interrupt_destroy
	absent zx_interrupt_ack
	absent zx_interrupt_trigger
	absent zx_interrupt_bind_vcpu
	absent zx_ioports_request
	absent zx_ioports_release
	absent zx_smc_call

	absent zx_pci_get_nth_device
	absent zx_pci_enable_bus_master
	absent zx_pci_reset_device
	absent zx_pci_config_read
	absent zx_pci_config_write
	absent zx_pci_cfg_pio_rw
	absent zx_pci_get_bar
	absent zx_pci_map_interrupt
	absent zx_pci_query_irq_mode
	absent zx_pci_set_irq_mode
	absent zx_pci_init
	absent zx_pci_add_subtract_io_range
	absent zx_msi_allocate
	absent zx_msi_create

	absent zx_guest_create
	absent zx_guest_set_trap
	absent zx_vcpu_create
	absent zx_vcpu_resume
	absent zx_vcpu_interrupt
	absent zx_vcpu_read_state
	absent zx_vcpu_write_state

	absent zx_ktrace_read
	absent zx_ktrace_control
	absent zx_ktrace_write
	absent zx_mtrace_control

	absent zx_clock_create
	absent zx_clock_read
	absent zx_clock_get_details
	absent zx_clock_update
	absent zx_clock_adjust
	absent zx_profile_create
	absent zx_object_set_profile

	absent zx_system_mexec
	absent zx_system_mexec_payload_get
	absent zx_framebuffer_get_info
	absent zx_framebuffer_set_range
	absent zx_pc_firmware_tables

	.section .note.GNU-stack, "", %progbits
