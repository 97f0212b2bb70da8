/*
 * Calls of Zircon that lie outside of this project (abi.md 21): programs may name
 * them, and they answer ZX_ERR_NOT_SUPPORTED whatever their arguments are. They do
 * not enter the kernel: user/libzx/absent.S has them all.
 */
#ifndef ZIRCON_INTERNAL_ABSENT_H_
#define ZIRCON_INTERNAL_ABSENT_H_

#include <zircon/syscalls/types.h>
#include <zircon/types.h>

__BEGIN_CDECLS


/* Sockets and streams. */
zx_status_t zx_socket_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1);
extern __typeof__(zx_socket_create) _zx_socket_create;
zx_status_t zx_socket_write(zx_handle_t handle, uint32_t options, const void *buffer,
		size_t buffer_size, size_t *actual);
extern __typeof__(zx_socket_write) _zx_socket_write;
zx_status_t zx_socket_read(zx_handle_t handle, uint32_t options, void *buffer, size_t buffer_size,
		size_t *actual);
extern __typeof__(zx_socket_read) _zx_socket_read;
zx_status_t zx_socket_shutdown(zx_handle_t handle, uint32_t options);
extern __typeof__(zx_socket_shutdown) _zx_socket_shutdown;
zx_status_t zx_stream_create(uint32_t options, zx_handle_t vmo, zx_off_t seek,
		zx_handle_t *out_stream);
extern __typeof__(zx_stream_create) _zx_stream_create;
zx_status_t zx_stream_writev(zx_handle_t handle, uint32_t options, const zx_iovec_t *vector,
		size_t num_vector, size_t *actual);
extern __typeof__(zx_stream_writev) _zx_stream_writev;
zx_status_t zx_stream_writev_at(zx_handle_t handle, uint32_t options, zx_off_t offset,
		const zx_iovec_t *vector, size_t num_vector, size_t *actual);
extern __typeof__(zx_stream_writev_at) _zx_stream_writev_at;
zx_status_t zx_stream_readv(zx_handle_t handle, uint32_t options, const zx_iovec_t *vector,
		size_t num_vector, size_t *actual);
extern __typeof__(zx_stream_readv) _zx_stream_readv;
zx_status_t zx_stream_readv_at(zx_handle_t handle, uint32_t options, zx_off_t offset,
		const zx_iovec_t *vector, size_t num_vector, size_t *actual);
extern __typeof__(zx_stream_readv_at) _zx_stream_readv_at;
zx_status_t zx_stream_seek(zx_handle_t handle, zx_stream_seek_origin_t whence, int64_t offset,
		zx_off_t *out_seek);
extern __typeof__(zx_stream_seek) _zx_stream_seek;

/* Interrupts, I/O ports, calls of the firmware. */
zx_status_t zx_interrupt_create(zx_handle_t src_obj, uint32_t src_num, uint32_t options,
		zx_handle_t *out_handle);
extern __typeof__(zx_interrupt_create) _zx_interrupt_create;
zx_status_t zx_interrupt_bind(zx_handle_t handle, zx_handle_t port_handle, uint64_t key,
		uint32_t options);
extern __typeof__(zx_interrupt_bind) _zx_interrupt_bind;
zx_status_t zx_interrupt_wait(zx_handle_t handle, zx_time_t *out_timestamp);
extern __typeof__(zx_interrupt_wait) _zx_interrupt_wait;
zx_status_t zx_interrupt_destroy(zx_handle_t handle);
extern __typeof__(zx_interrupt_destroy) _zx_interrupt_destroy;
zx_status_t zx_interrupt_ack(zx_handle_t handle);
extern __typeof__(zx_interrupt_ack) _zx_interrupt_ack;
zx_status_t zx_interrupt_trigger(zx_handle_t handle, uint32_t options, zx_time_t timestamp);
extern __typeof__(zx_interrupt_trigger) _zx_interrupt_trigger;
zx_status_t zx_interrupt_bind_vcpu(zx_handle_t handle, zx_handle_t vcpu, uint32_t options);
extern __typeof__(zx_interrupt_bind_vcpu) _zx_interrupt_bind_vcpu;
zx_status_t zx_ioports_request(zx_handle_t resource, uint16_t io_addr, uint32_t len);
extern __typeof__(zx_ioports_request) _zx_ioports_request;
zx_status_t zx_ioports_release(zx_handle_t resource, uint16_t io_addr, uint32_t len);
extern __typeof__(zx_ioports_release) _zx_ioports_release;
zx_status_t zx_smc_call(zx_handle_t handle, const zx_smc_parameters_t *parameters,
		zx_smc_result_t *out_smc_result);
extern __typeof__(zx_smc_call) _zx_smc_call;

/* PCI and message-signalled interrupts. */
zx_status_t zx_pci_get_nth_device(zx_handle_t handle, uint32_t index,
		zx_pcie_device_info_t *out_info, zx_handle_t *out_handle);
extern __typeof__(zx_pci_get_nth_device) _zx_pci_get_nth_device;
zx_status_t zx_pci_enable_bus_master(zx_handle_t handle, bool enable);
extern __typeof__(zx_pci_enable_bus_master) _zx_pci_enable_bus_master;
zx_status_t zx_pci_reset_device(zx_handle_t handle);
extern __typeof__(zx_pci_reset_device) _zx_pci_reset_device;
zx_status_t zx_pci_config_read(zx_handle_t handle, uint16_t offset, size_t width,
		uint32_t *out_val);
extern __typeof__(zx_pci_config_read) _zx_pci_config_read;
zx_status_t zx_pci_config_write(zx_handle_t handle, uint16_t offset, size_t width, uint32_t val);
extern __typeof__(zx_pci_config_write) _zx_pci_config_write;
zx_status_t zx_pci_cfg_pio_rw(zx_handle_t handle, uint8_t bus, uint8_t dev, uint8_t func,
		uint8_t offset, uint32_t *val, size_t width, bool write);
extern __typeof__(zx_pci_cfg_pio_rw) _zx_pci_cfg_pio_rw;
zx_status_t zx_pci_get_bar(zx_handle_t handle, uint32_t bar_num, zx_pci_bar_t *out_bar,
		zx_handle_t *out_handle);
extern __typeof__(zx_pci_get_bar) _zx_pci_get_bar;
zx_status_t zx_pci_map_interrupt(zx_handle_t handle, int32_t which_irq, zx_handle_t *out_handle);
extern __typeof__(zx_pci_map_interrupt) _zx_pci_map_interrupt;
zx_status_t zx_pci_query_irq_mode(zx_handle_t handle, uint32_t mode, uint32_t *out_max_irqs);
extern __typeof__(zx_pci_query_irq_mode) _zx_pci_query_irq_mode;
zx_status_t zx_pci_set_irq_mode(zx_handle_t handle, uint32_t mode, uint32_t requested_irq_count);
extern __typeof__(zx_pci_set_irq_mode) _zx_pci_set_irq_mode;
zx_status_t zx_pci_init(zx_handle_t handle, const zx_pci_init_arg_t *init_buf, uint32_t len);
extern __typeof__(zx_pci_init) _zx_pci_init;
zx_status_t zx_pci_add_subtract_io_range(zx_handle_t handle, bool mmio, uint64_t base,
		uint64_t len, bool add);
extern __typeof__(zx_pci_add_subtract_io_range) _zx_pci_add_subtract_io_range;
zx_status_t zx_msi_allocate(zx_handle_t handle, uint32_t count, zx_handle_t *out_allocation);
extern __typeof__(zx_msi_allocate) _zx_msi_allocate;
zx_status_t zx_msi_create(zx_handle_t handle, uint32_t options, uint32_t msi_id, zx_handle_t vmo,
		size_t vmo_offset, zx_handle_t *out_interrupt);
extern __typeof__(zx_msi_create) _zx_msi_create;

/* Hypervisors. */
zx_status_t zx_guest_create(zx_handle_t resource, uint32_t options, zx_handle_t *guest_handle,
		zx_handle_t *vmar_handle);
extern __typeof__(zx_guest_create) _zx_guest_create;
zx_status_t zx_guest_set_trap(zx_handle_t handle, uint32_t kind, zx_vaddr_t addr, size_t size,
		zx_handle_t port_handle, uint64_t key);
extern __typeof__(zx_guest_set_trap) _zx_guest_set_trap;
zx_status_t zx_vcpu_create(zx_handle_t guest, uint32_t options, zx_vaddr_t entry,
		zx_handle_t *out);
extern __typeof__(zx_vcpu_create) _zx_vcpu_create;
zx_status_t zx_vcpu_resume(zx_handle_t handle, zx_port_packet_t *packet);
extern __typeof__(zx_vcpu_resume) _zx_vcpu_resume;
zx_status_t zx_vcpu_interrupt(zx_handle_t handle, uint32_t vector);
extern __typeof__(zx_vcpu_interrupt) _zx_vcpu_interrupt;
zx_status_t zx_vcpu_read_state(zx_handle_t handle, uint32_t kind, void *buffer,
		size_t buffer_size);
extern __typeof__(zx_vcpu_read_state) _zx_vcpu_read_state;
zx_status_t zx_vcpu_write_state(zx_handle_t handle, uint32_t kind, const void *buffer,
		size_t buffer_size);
extern __typeof__(zx_vcpu_write_state) _zx_vcpu_write_state;

/* Traces. */
zx_status_t zx_ktrace_read(zx_handle_t handle, void *data, uint32_t offset, size_t data_size,
		size_t *actual);
extern __typeof__(zx_ktrace_read) _zx_ktrace_read;
zx_status_t zx_ktrace_control(zx_handle_t handle, uint32_t action, uint32_t options, void *ptr);
extern __typeof__(zx_ktrace_control) _zx_ktrace_control;
zx_status_t zx_ktrace_write(zx_handle_t handle, uint32_t id, uint32_t arg0, uint32_t arg1);
extern __typeof__(zx_ktrace_write) _zx_ktrace_write;
zx_status_t zx_mtrace_control(zx_handle_t handle, uint32_t kind, uint32_t action,
		uint32_t options, void *ptr, size_t ptr_size);
extern __typeof__(zx_mtrace_control) _zx_mtrace_control;

/* Clocks of the kernel, profiles of the scheduler. */
zx_status_t zx_clock_create(uint64_t options, const void *args, zx_handle_t *out);
extern __typeof__(zx_clock_create) _zx_clock_create;
zx_status_t zx_clock_read(zx_handle_t handle, zx_time_t *now);
extern __typeof__(zx_clock_read) _zx_clock_read;
zx_status_t zx_clock_get_details(zx_handle_t handle, uint64_t options, void *details);
extern __typeof__(zx_clock_get_details) _zx_clock_get_details;
zx_status_t zx_clock_update(zx_handle_t handle, uint64_t options, const void *args);
extern __typeof__(zx_clock_update) _zx_clock_update;
zx_status_t zx_clock_adjust(zx_handle_t handle, zx_clock_t clock_id, int64_t offset);
extern __typeof__(zx_clock_adjust) _zx_clock_adjust;
zx_status_t zx_profile_create(zx_handle_t root_job, uint32_t options,
		const zx_profile_info_t *profile, zx_handle_t *out);
extern __typeof__(zx_profile_create) _zx_profile_create;
zx_status_t zx_object_set_profile(zx_handle_t handle, zx_handle_t profile, uint32_t options);
extern __typeof__(zx_object_set_profile) _zx_object_set_profile;

/* Start of another kernel, frame buffers, tables of a PC. */
zx_status_t zx_system_mexec(zx_handle_t resource, zx_handle_t kernel_vmo,
		zx_handle_t bootimage_vmo);
extern __typeof__(zx_system_mexec) _zx_system_mexec;
zx_status_t zx_system_mexec_payload_get(zx_handle_t resource, void *buffer, size_t buffer_size);
extern __typeof__(zx_system_mexec_payload_get) _zx_system_mexec_payload_get;
zx_status_t zx_framebuffer_get_info(zx_handle_t resource, uint32_t *format, uint32_t *width,
		uint32_t *height, uint32_t *stride);
extern __typeof__(zx_framebuffer_get_info) _zx_framebuffer_get_info;
zx_status_t zx_framebuffer_set_range(zx_handle_t resource, zx_handle_t vmo, uint32_t len,
		uint32_t format, uint32_t width, uint32_t height, uint32_t stride);
extern __typeof__(zx_framebuffer_set_range) _zx_framebuffer_set_range;
zx_status_t zx_pc_firmware_tables(zx_handle_t resource, zx_paddr_t *acpi_rsdp,
		zx_paddr_t *smbios);
extern __typeof__(zx_pc_firmware_tables) _zx_pc_firmware_tables;

__END_CDECLS

#endif
