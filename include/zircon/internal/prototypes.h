/*
 * Prototypes of all calls, in two spellings that do the same. Made from
 * syscalls/syscalls.tbl by scripts/gen_syscalls.py --public and kept in the
 * tree for readers; <zircon/syscalls.h> includes this.
 */
#ifndef ZIRCON_INTERNAL_PROTOTYPES_H_
#define ZIRCON_INTERNAL_PROTOTYPES_H_

#include <zircon/string_view.h>
#include <zircon/syscalls/types.h>
#include <zircon/types.h>

__BEGIN_CDECLS

zx_status_t zx_handle_close(zx_handle_t handle);
zx_status_t _zx_handle_close(zx_handle_t handle);
zx_status_t zx_handle_close_many(const zx_handle_t *handles, size_t num_handles);
zx_status_t _zx_handle_close_many(const zx_handle_t *handles, size_t num_handles);
zx_status_t zx_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out);
zx_status_t _zx_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out);
zx_status_t zx_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out);
zx_status_t _zx_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out);
zx_status_t zx_object_get_info(zx_handle_t handle, uint32_t topic, void *buffer,
		size_t buffer_size, size_t *actual, size_t *avail);
zx_status_t _zx_object_get_info(zx_handle_t handle, uint32_t topic, void *buffer,
		size_t buffer_size, size_t *actual, size_t *avail);
zx_status_t zx_object_get_property(zx_handle_t handle, uint32_t property, void *value,
		size_t value_size);
zx_status_t _zx_object_get_property(zx_handle_t handle, uint32_t property, void *value,
		size_t value_size);
zx_status_t zx_object_set_property(zx_handle_t handle, uint32_t property, const void *value,
		size_t value_size);
zx_status_t _zx_object_set_property(zx_handle_t handle, uint32_t property, const void *value,
		size_t value_size);
zx_status_t zx_object_get_child(zx_handle_t handle, uint64_t koid, zx_rights_t rights,
		zx_handle_t *out);
zx_status_t _zx_object_get_child(zx_handle_t handle, uint64_t koid, zx_rights_t rights,
		zx_handle_t *out);
zx_status_t zx_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask);
zx_status_t _zx_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask);
zx_status_t zx_object_signal_peer(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask);
zx_status_t _zx_object_signal_peer(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask);
zx_status_t zx_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_time_t deadline,
		zx_signals_t *observed);
zx_status_t _zx_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_time_t deadline,
		zx_signals_t *observed);
zx_status_t zx_object_wait_many(zx_wait_item_t *items, size_t num_items, zx_time_t deadline);
zx_status_t _zx_object_wait_many(zx_wait_item_t *items, size_t num_items, zx_time_t deadline);
zx_status_t zx_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
		zx_signals_t signals, uint32_t options);
zx_status_t _zx_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
		zx_signals_t signals, uint32_t options);
zx_status_t zx_port_create(uint32_t options, zx_handle_t *out);
zx_status_t _zx_port_create(uint32_t options, zx_handle_t *out);
zx_status_t zx_port_queue(zx_handle_t handle, const zx_port_packet_t *packet);
zx_status_t _zx_port_queue(zx_handle_t handle, const zx_port_packet_t *packet);
zx_status_t zx_port_wait(zx_handle_t handle, zx_time_t deadline, zx_port_packet_t *packet);
zx_status_t _zx_port_wait(zx_handle_t handle, zx_time_t deadline, zx_port_packet_t *packet);
zx_status_t zx_port_cancel(zx_handle_t handle, zx_handle_t source, uint64_t key);
zx_status_t _zx_port_cancel(zx_handle_t handle, zx_handle_t source, uint64_t key);
zx_status_t zx_event_create(uint32_t options, zx_handle_t *out);
zx_status_t _zx_event_create(uint32_t options, zx_handle_t *out);
zx_status_t zx_futex_wait(const zx_futex_t *value_ptr, zx_futex_t current_value,
		zx_handle_t new_futex_owner, zx_time_t deadline);
zx_status_t _zx_futex_wait(const zx_futex_t *value_ptr, zx_futex_t current_value,
		zx_handle_t new_futex_owner, zx_time_t deadline);
zx_status_t zx_futex_wake(const zx_futex_t *value_ptr, uint32_t wake_count);
zx_status_t _zx_futex_wake(const zx_futex_t *value_ptr, uint32_t wake_count);
zx_status_t zx_nanosleep(zx_time_t deadline);
zx_status_t _zx_nanosleep(zx_time_t deadline);
zx_status_t zx_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options, size_t offset,
		size_t size, zx_handle_t *child_vmar, zx_vaddr_t *child_addr);
zx_status_t _zx_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options, size_t offset,
		size_t size, zx_handle_t *child_vmar, zx_vaddr_t *child_addr);
zx_status_t zx_vmar_map(zx_handle_t handle, zx_vm_option_t options, size_t vmar_offset,
		zx_handle_t vmo, uint64_t vmo_offset, size_t len, zx_vaddr_t *mapped_addr);
zx_status_t _zx_vmar_map(zx_handle_t handle, zx_vm_option_t options, size_t vmar_offset,
		zx_handle_t vmo, uint64_t vmo_offset, size_t len, zx_vaddr_t *mapped_addr);
zx_status_t zx_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, size_t len);
zx_status_t _zx_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, size_t len);
zx_status_t zx_vmar_protect(zx_handle_t handle, zx_vm_option_t options, zx_vaddr_t addr,
		size_t len);
zx_status_t _zx_vmar_protect(zx_handle_t handle, zx_vm_option_t options, zx_vaddr_t addr,
		size_t len);
zx_status_t zx_vmar_destroy(zx_handle_t handle);
zx_status_t _zx_vmar_destroy(zx_handle_t handle);
zx_status_t zx_vmar_op_range(zx_handle_t handle, uint32_t op, zx_vaddr_t address, size_t size,
		void *buffer, size_t buffer_size);
zx_status_t _zx_vmar_op_range(zx_handle_t handle, uint32_t op, zx_vaddr_t address, size_t size,
		void *buffer, size_t buffer_size);
zx_status_t zx_vmo_create(uint64_t size, uint32_t options, zx_handle_t *out);
zx_status_t _zx_vmo_create(uint64_t size, uint32_t options, zx_handle_t *out);
zx_status_t zx_vmo_read(zx_handle_t handle, void *buffer, uint64_t offset, size_t buffer_size);
zx_status_t _zx_vmo_read(zx_handle_t handle, void *buffer, uint64_t offset, size_t buffer_size);
zx_status_t zx_vmo_write(zx_handle_t handle, const void *buffer, uint64_t offset,
		size_t buffer_size);
zx_status_t _zx_vmo_write(zx_handle_t handle, const void *buffer, uint64_t offset,
		size_t buffer_size);
zx_status_t zx_vmo_get_size(zx_handle_t handle, uint64_t *size);
zx_status_t _zx_vmo_get_size(zx_handle_t handle, uint64_t *size);
zx_status_t zx_vmo_set_size(zx_handle_t handle, uint64_t size);
zx_status_t _zx_vmo_set_size(zx_handle_t handle, uint64_t size);
zx_status_t zx_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset, uint64_t size,
		void *buffer, size_t buffer_size);
zx_status_t _zx_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset, uint64_t size,
		void *buffer, size_t buffer_size);
zx_status_t zx_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex, zx_handle_t *out);
zx_status_t _zx_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex, zx_handle_t *out);
zx_status_t zx_pager_create(uint32_t options, zx_handle_t *out);
zx_status_t _zx_pager_create(uint32_t options, zx_handle_t *out);
zx_status_t zx_pager_create_vmo(zx_handle_t pager, uint32_t options, zx_handle_t port,
		uint64_t key, uint64_t size, zx_handle_t *out);
zx_status_t _zx_pager_create_vmo(zx_handle_t pager, uint32_t options, zx_handle_t port,
		uint64_t key, uint64_t size, zx_handle_t *out);
zx_status_t zx_pager_detach_vmo(zx_handle_t pager, zx_handle_t vmo);
zx_status_t _zx_pager_detach_vmo(zx_handle_t pager, zx_handle_t vmo);
zx_status_t zx_pager_supply_pages(zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset,
		uint64_t length, zx_handle_t aux_vmo, uint64_t aux_offset);
zx_status_t _zx_pager_supply_pages(zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset,
		uint64_t length, zx_handle_t aux_vmo, uint64_t aux_offset);
zx_status_t zx_process_create(zx_handle_t job, const char *name, size_t name_size,
		uint32_t options, zx_handle_t *proc_handle, zx_handle_t *vmar_handle);
zx_status_t _zx_process_create(zx_handle_t job, const char *name, size_t name_size,
		uint32_t options, zx_handle_t *proc_handle, zx_handle_t *vmar_handle);
zx_status_t zx_process_start(zx_handle_t handle, zx_handle_t thread, zx_vaddr_t entry,
		zx_vaddr_t stack, zx_handle_t arg1, uintptr_t arg2);
zx_status_t _zx_process_start(zx_handle_t handle, zx_handle_t thread, zx_vaddr_t entry,
		zx_vaddr_t stack, zx_handle_t arg1, uintptr_t arg2);
void zx_process_exit(int64_t retcode) __NO_RETURN;
void _zx_process_exit(int64_t retcode) __NO_RETURN;
zx_status_t zx_process_read_memory(zx_handle_t handle, zx_vaddr_t vaddr, void *buffer,
		size_t buffer_size, size_t *actual);
zx_status_t _zx_process_read_memory(zx_handle_t handle, zx_vaddr_t vaddr, void *buffer,
		size_t buffer_size, size_t *actual);
zx_status_t zx_process_write_memory(zx_handle_t handle, zx_vaddr_t vaddr, const void *buffer,
		size_t buffer_size, size_t *actual);
zx_status_t _zx_process_write_memory(zx_handle_t handle, zx_vaddr_t vaddr, const void *buffer,
		size_t buffer_size, size_t *actual);
zx_status_t zx_thread_create(zx_handle_t process, const char *name, size_t name_size,
		uint32_t options, zx_handle_t *out);
zx_status_t _zx_thread_create(zx_handle_t process, const char *name, size_t name_size,
		uint32_t options, zx_handle_t *out);
zx_status_t zx_thread_start(zx_handle_t handle, zx_vaddr_t thread_entry, zx_vaddr_t stack,
		uintptr_t arg1, uintptr_t arg2);
zx_status_t _zx_thread_start(zx_handle_t handle, zx_vaddr_t thread_entry, zx_vaddr_t stack,
		uintptr_t arg1, uintptr_t arg2);
void zx_thread_exit(void) __NO_RETURN;
void _zx_thread_exit(void) __NO_RETURN;
zx_status_t zx_task_kill(zx_handle_t handle);
zx_status_t _zx_task_kill(zx_handle_t handle);
zx_status_t zx_clock_get(zx_clock_t clock_id, zx_time_t *out);
zx_status_t _zx_clock_get(zx_clock_t clock_id, zx_time_t *out);
zx_status_t zx_system_get_features(uint32_t kind, uint32_t *features);
zx_status_t _zx_system_get_features(uint32_t kind, uint32_t *features);
zx_status_t zx_system_powerctl(zx_handle_t resource, uint32_t cmd,
		const zx_system_powerctl_arg_t *arg);
zx_status_t _zx_system_powerctl(zx_handle_t resource, uint32_t cmd,
		const zx_system_powerctl_arg_t *arg);
zx_status_t zx_debug_write(const char *buffer, size_t buffer_size);
zx_status_t _zx_debug_write(const char *buffer, size_t buffer_size);
zx_status_t zx_debug_read(zx_handle_t handle, char *buffer, size_t buffer_size, size_t *actual);
zx_status_t _zx_debug_read(zx_handle_t handle, char *buffer, size_t buffer_size, size_t *actual);
zx_status_t zx_debuglog_create(zx_handle_t resource, uint32_t options, zx_handle_t *out);
zx_status_t _zx_debuglog_create(zx_handle_t resource, uint32_t options, zx_handle_t *out);
zx_status_t zx_debuglog_write(zx_handle_t handle, uint32_t options, const void *buffer,
		size_t buffer_size);
zx_status_t _zx_debuglog_write(zx_handle_t handle, uint32_t options, const void *buffer,
		size_t buffer_size);
zx_status_t zx_debuglog_read(zx_handle_t handle, uint32_t options, void *buffer,
		size_t buffer_size);
zx_status_t _zx_debuglog_read(zx_handle_t handle, uint32_t options, void *buffer,
		size_t buffer_size);
zx_status_t zx_resource_create(zx_handle_t parent_rsrc, uint32_t options, uint64_t base,
		size_t size, const char *name, size_t name_size, zx_handle_t *resource_out);
zx_status_t _zx_resource_create(zx_handle_t parent_rsrc, uint32_t options, uint64_t base,
		size_t size, const char *name, size_t name_size, zx_handle_t *resource_out);
zx_status_t zx_iommu_create(zx_handle_t resource, uint32_t type, const void *desc,
		size_t desc_size, zx_handle_t *out);
zx_status_t _zx_iommu_create(zx_handle_t resource, uint32_t type, const void *desc,
		size_t desc_size, zx_handle_t *out);
zx_status_t zx_bti_create(zx_handle_t iommu, uint32_t options, uint64_t bti_id, zx_handle_t *out);
zx_status_t _zx_bti_create(zx_handle_t iommu, uint32_t options, uint64_t bti_id, zx_handle_t *out);
zx_status_t zx_bti_pin(zx_handle_t handle, uint32_t options, zx_handle_t vmo, uint64_t offset,
		uint64_t size, zx_paddr_t *addrs, size_t num_addrs, zx_handle_t *pmt);
zx_status_t _zx_bti_pin(zx_handle_t handle, uint32_t options, zx_handle_t vmo, uint64_t offset,
		uint64_t size, zx_paddr_t *addrs, size_t num_addrs, zx_handle_t *pmt);
zx_status_t zx_pmt_unpin(zx_handle_t handle);
zx_status_t _zx_pmt_unpin(zx_handle_t handle);
zx_status_t zx_bti_release_quarantine(zx_handle_t handle);
zx_status_t _zx_bti_release_quarantine(zx_handle_t handle);
zx_status_t zx_vmo_create_child(zx_handle_t handle, uint32_t options, uint64_t offset,
		uint64_t size, zx_handle_t *out);
zx_status_t _zx_vmo_create_child(zx_handle_t handle, uint32_t options, uint64_t offset,
		uint64_t size, zx_handle_t *out);
zx_status_t zx_vmo_set_cache_policy(zx_handle_t handle, uint32_t cache_policy);
zx_status_t _zx_vmo_set_cache_policy(zx_handle_t handle, uint32_t cache_policy);
zx_status_t zx_vmo_create_contiguous(zx_handle_t bti, size_t size, uint32_t alignment_log2,
		zx_handle_t *out);
zx_status_t _zx_vmo_create_contiguous(zx_handle_t bti, size_t size, uint32_t alignment_log2,
		zx_handle_t *out);
zx_status_t zx_vmo_create_physical(zx_handle_t resource, zx_paddr_t paddr, size_t size,
		zx_handle_t *out);
zx_status_t _zx_vmo_create_physical(zx_handle_t resource, zx_paddr_t paddr, size_t size,
		zx_handle_t *out);
zx_status_t zx_vmo_get_stream_size(zx_handle_t handle, uint64_t *size);
zx_status_t _zx_vmo_get_stream_size(zx_handle_t handle, uint64_t *size);
zx_status_t zx_vmo_set_stream_size(zx_handle_t handle, uint64_t size);
zx_status_t _zx_vmo_set_stream_size(zx_handle_t handle, uint64_t size);
zx_status_t zx_vmo_transfer_data(zx_handle_t dst_vmo, uint32_t options, uint64_t offset,
		uint64_t length, zx_handle_t src_vmo, uint64_t src_offset);
zx_status_t _zx_vmo_transfer_data(zx_handle_t dst_vmo, uint32_t options, uint64_t offset,
		uint64_t length, zx_handle_t src_vmo, uint64_t src_offset);
zx_ticks_t zx_ticks_get(void);
zx_ticks_t _zx_ticks_get(void);
zx_ticks_t zx_ticks_per_second(void);
zx_ticks_t _zx_ticks_per_second(void);
zx_time_t zx_clock_get_monotonic(void);
zx_time_t _zx_clock_get_monotonic(void);
zx_time_t zx_deadline_after(zx_duration_t nanoseconds);
zx_time_t _zx_deadline_after(zx_duration_t nanoseconds);
void zx_cprng_draw(void *buffer, size_t buffer_size);
void _zx_cprng_draw(void *buffer, size_t buffer_size);
uint32_t zx_system_get_num_cpus(void);
uint32_t _zx_system_get_num_cpus(void);
uint64_t zx_system_get_physmem(void);
uint64_t _zx_system_get_physmem(void);
uint32_t zx_system_get_dcache_line_size(void);
uint32_t _zx_system_get_dcache_line_size(void);
uint32_t zx_system_get_page_size(void);
uint32_t _zx_system_get_page_size(void);
zx_string_view_t zx_system_get_version_string(void);
zx_string_view_t _zx_system_get_version_string(void);
zx_status_t zx_system_get_version(char *version, size_t version_size);
zx_status_t _zx_system_get_version(char *version, size_t version_size);
zx_status_t zx_cache_flush(const void *addr, size_t size, uint32_t options);
zx_status_t _zx_cache_flush(const void *addr, size_t size, uint32_t options);
zx_status_t zx_vmar_unmap_handle_close_thread_exit(zx_handle_t vmar_handle, zx_vaddr_t addr,
		size_t size, zx_handle_t close_handle);
zx_status_t _zx_vmar_unmap_handle_close_thread_exit(zx_handle_t vmar_handle, zx_vaddr_t addr,
		size_t size, zx_handle_t close_handle);
void zx_futex_wake_handle_close_thread_exit(const zx_futex_t *value_ptr, uint32_t wake_count,
		int32_t new_value, zx_handle_t close_handle) __NO_RETURN;
void _zx_futex_wake_handle_close_thread_exit(const zx_futex_t *value_ptr, uint32_t wake_count,
		int32_t new_value, zx_handle_t close_handle) __NO_RETURN;

__END_CDECLS

#endif
