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
extern __typeof__(zx_handle_close) _zx_handle_close;
zx_status_t zx_handle_close_many(const zx_handle_t *handles, size_t num_handles);
extern __typeof__(zx_handle_close_many) _zx_handle_close_many;
zx_status_t zx_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out);
extern __typeof__(zx_handle_duplicate) _zx_handle_duplicate;
zx_status_t zx_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out);
extern __typeof__(zx_handle_replace) _zx_handle_replace;
zx_status_t zx_object_get_info(zx_handle_t handle, uint32_t topic, void *buffer,
		size_t buffer_size, size_t *actual, size_t *avail);
extern __typeof__(zx_object_get_info) _zx_object_get_info;
zx_status_t zx_object_get_property(zx_handle_t handle, uint32_t property, void *value,
		size_t value_size);
extern __typeof__(zx_object_get_property) _zx_object_get_property;
zx_status_t zx_object_set_property(zx_handle_t handle, uint32_t property, const void *value,
		size_t value_size);
extern __typeof__(zx_object_set_property) _zx_object_set_property;
zx_status_t zx_object_get_child(zx_handle_t handle, uint64_t koid, zx_rights_t rights,
		zx_handle_t *out);
extern __typeof__(zx_object_get_child) _zx_object_get_child;
zx_status_t zx_object_signal(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask);
extern __typeof__(zx_object_signal) _zx_object_signal;
zx_status_t zx_object_signal_peer(zx_handle_t handle, uint32_t clear_mask, uint32_t set_mask);
extern __typeof__(zx_object_signal_peer) _zx_object_signal_peer;
zx_status_t zx_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_time_t deadline,
		zx_signals_t *observed);
extern __typeof__(zx_object_wait_one) _zx_object_wait_one;
zx_status_t zx_object_wait_many(zx_wait_item_t *items, size_t num_items, zx_time_t deadline);
extern __typeof__(zx_object_wait_many) _zx_object_wait_many;
zx_status_t zx_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
		zx_signals_t signals, uint32_t options);
extern __typeof__(zx_object_wait_async) _zx_object_wait_async;
zx_status_t zx_port_create(uint32_t options, zx_handle_t *out);
extern __typeof__(zx_port_create) _zx_port_create;
zx_status_t zx_port_queue(zx_handle_t handle, const zx_port_packet_t *packet);
extern __typeof__(zx_port_queue) _zx_port_queue;
zx_status_t zx_port_wait(zx_handle_t handle, zx_time_t deadline, zx_port_packet_t *packet);
extern __typeof__(zx_port_wait) _zx_port_wait;
zx_status_t zx_port_cancel(zx_handle_t handle, zx_handle_t source, uint64_t key);
extern __typeof__(zx_port_cancel) _zx_port_cancel;
zx_status_t zx_port_cancel_key(zx_handle_t handle, uint32_t options, uint64_t key);
extern __typeof__(zx_port_cancel_key) _zx_port_cancel_key;
zx_status_t zx_event_create(uint32_t options, zx_handle_t *out);
extern __typeof__(zx_event_create) _zx_event_create;
zx_status_t zx_futex_wait(const zx_futex_t *value_ptr, zx_futex_t current_value,
		zx_handle_t new_futex_owner, zx_time_t deadline);
extern __typeof__(zx_futex_wait) _zx_futex_wait;
zx_status_t zx_futex_wake(const zx_futex_t *value_ptr, uint32_t wake_count);
extern __typeof__(zx_futex_wake) _zx_futex_wake;
zx_status_t zx_nanosleep(zx_time_t deadline);
extern __typeof__(zx_nanosleep) _zx_nanosleep;
zx_status_t zx_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options, size_t offset,
		size_t size, zx_handle_t *child_vmar, zx_vaddr_t *child_addr);
extern __typeof__(zx_vmar_allocate) _zx_vmar_allocate;
zx_status_t zx_vmar_map(zx_handle_t handle, zx_vm_option_t options, size_t vmar_offset,
		zx_handle_t vmo, uint64_t vmo_offset, size_t len, zx_vaddr_t *mapped_addr);
extern __typeof__(zx_vmar_map) _zx_vmar_map;
zx_status_t zx_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, size_t len);
extern __typeof__(zx_vmar_unmap) _zx_vmar_unmap;
zx_status_t zx_vmar_protect(zx_handle_t handle, zx_vm_option_t options, zx_vaddr_t addr,
		size_t len);
extern __typeof__(zx_vmar_protect) _zx_vmar_protect;
zx_status_t zx_vmar_destroy(zx_handle_t handle);
extern __typeof__(zx_vmar_destroy) _zx_vmar_destroy;
zx_status_t zx_vmar_op_range(zx_handle_t handle, uint32_t op, zx_vaddr_t address, size_t size,
		void *buffer, size_t buffer_size);
extern __typeof__(zx_vmar_op_range) _zx_vmar_op_range;
zx_status_t zx_vmo_create(uint64_t size, uint32_t options, zx_handle_t *out);
extern __typeof__(zx_vmo_create) _zx_vmo_create;
zx_status_t zx_vmo_read(zx_handle_t handle, void *buffer, uint64_t offset, size_t buffer_size);
extern __typeof__(zx_vmo_read) _zx_vmo_read;
zx_status_t zx_vmo_write(zx_handle_t handle, const void *buffer, uint64_t offset,
		size_t buffer_size);
extern __typeof__(zx_vmo_write) _zx_vmo_write;
zx_status_t zx_vmo_get_size(zx_handle_t handle, uint64_t *size);
extern __typeof__(zx_vmo_get_size) _zx_vmo_get_size;
zx_status_t zx_vmo_set_size(zx_handle_t handle, uint64_t size);
extern __typeof__(zx_vmo_set_size) _zx_vmo_set_size;
zx_status_t zx_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset, uint64_t size,
		void *buffer, size_t buffer_size);
extern __typeof__(zx_vmo_op_range) _zx_vmo_op_range;
zx_status_t zx_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex, zx_handle_t *out);
extern __typeof__(zx_vmo_replace_as_executable) _zx_vmo_replace_as_executable;
zx_status_t zx_pager_create(uint32_t options, zx_handle_t *out);
extern __typeof__(zx_pager_create) _zx_pager_create;
zx_status_t zx_pager_create_vmo(zx_handle_t pager, uint32_t options, zx_handle_t port,
		uint64_t key, uint64_t size, zx_handle_t *out);
extern __typeof__(zx_pager_create_vmo) _zx_pager_create_vmo;
zx_status_t zx_pager_detach_vmo(zx_handle_t pager, zx_handle_t vmo);
extern __typeof__(zx_pager_detach_vmo) _zx_pager_detach_vmo;
zx_status_t zx_pager_supply_pages(zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset,
		uint64_t length, zx_handle_t aux_vmo, uint64_t aux_offset);
extern __typeof__(zx_pager_supply_pages) _zx_pager_supply_pages;
zx_status_t zx_process_create(zx_handle_t job, const char *name, size_t name_size,
		uint32_t options, zx_handle_t *proc_handle, zx_handle_t *vmar_handle);
extern __typeof__(zx_process_create) _zx_process_create;
zx_status_t zx_process_start(zx_handle_t handle, zx_handle_t thread, zx_vaddr_t entry,
		zx_vaddr_t stack, zx_handle_t arg1, uintptr_t arg2);
extern __typeof__(zx_process_start) _zx_process_start;
void zx_process_exit(int64_t retcode) __NO_RETURN;
extern __typeof__(zx_process_exit) _zx_process_exit __NO_RETURN;
zx_status_t zx_process_read_memory(zx_handle_t handle, zx_vaddr_t vaddr, void *buffer,
		size_t buffer_size, size_t *actual);
extern __typeof__(zx_process_read_memory) _zx_process_read_memory;
zx_status_t zx_process_write_memory(zx_handle_t handle, zx_vaddr_t vaddr, const void *buffer,
		size_t buffer_size, size_t *actual);
extern __typeof__(zx_process_write_memory) _zx_process_write_memory;
zx_status_t zx_thread_create(zx_handle_t process, const char *name, size_t name_size,
		uint32_t options, zx_handle_t *out);
extern __typeof__(zx_thread_create) _zx_thread_create;
zx_status_t zx_thread_start(zx_handle_t handle, zx_vaddr_t thread_entry, zx_vaddr_t stack,
		uintptr_t arg1, uintptr_t arg2);
extern __typeof__(zx_thread_start) _zx_thread_start;
void zx_thread_exit(void) __NO_RETURN;
extern __typeof__(zx_thread_exit) _zx_thread_exit __NO_RETURN;
zx_status_t zx_task_kill(zx_handle_t handle);
extern __typeof__(zx_task_kill) _zx_task_kill;
zx_status_t zx_task_suspend(zx_handle_t handle, zx_handle_t *token);
extern __typeof__(zx_task_suspend) _zx_task_suspend;
zx_status_t zx_task_suspend_token(zx_handle_t handle, zx_handle_t *token);
extern __typeof__(zx_task_suspend_token) _zx_task_suspend_token;
zx_status_t zx_thread_read_state(zx_handle_t handle, uint32_t kind, void *buffer,
		size_t buffer_size);
extern __typeof__(zx_thread_read_state) _zx_thread_read_state;
zx_status_t zx_thread_write_state(zx_handle_t handle, uint32_t kind, const void *buffer,
		size_t buffer_size);
extern __typeof__(zx_thread_write_state) _zx_thread_write_state;
zx_status_t zx_clock_get(zx_clock_t clock_id, zx_time_t *out);
extern __typeof__(zx_clock_get) _zx_clock_get;
zx_status_t zx_system_get_features(uint32_t kind, uint32_t *features);
extern __typeof__(zx_system_get_features) _zx_system_get_features;
zx_status_t zx_system_powerctl(zx_handle_t resource, uint32_t cmd,
		const zx_system_powerctl_arg_t *arg);
extern __typeof__(zx_system_powerctl) _zx_system_powerctl;
zx_status_t zx_debug_write(const char *buffer, size_t buffer_size);
extern __typeof__(zx_debug_write) _zx_debug_write;
zx_status_t zx_debug_read(zx_handle_t handle, char *buffer, size_t buffer_size, size_t *actual);
extern __typeof__(zx_debug_read) _zx_debug_read;
zx_status_t zx_debuglog_create(zx_handle_t resource, uint32_t options, zx_handle_t *out);
extern __typeof__(zx_debuglog_create) _zx_debuglog_create;
zx_status_t zx_debuglog_write(zx_handle_t handle, uint32_t options, const void *buffer,
		size_t buffer_size);
extern __typeof__(zx_debuglog_write) _zx_debuglog_write;
zx_status_t zx_debuglog_read(zx_handle_t handle, uint32_t options, void *buffer,
		size_t buffer_size);
extern __typeof__(zx_debuglog_read) _zx_debuglog_read;
zx_status_t zx_resource_create(zx_handle_t parent_rsrc, uint32_t options, uint64_t base,
		size_t size, const char *name, size_t name_size, zx_handle_t *resource_out);
extern __typeof__(zx_resource_create) _zx_resource_create;
zx_status_t zx_iommu_create(zx_handle_t resource, uint32_t type, const void *desc,
		size_t desc_size, zx_handle_t *out);
extern __typeof__(zx_iommu_create) _zx_iommu_create;
zx_status_t zx_bti_create(zx_handle_t iommu, uint32_t options, uint64_t bti_id, zx_handle_t *out);
extern __typeof__(zx_bti_create) _zx_bti_create;
zx_status_t zx_bti_pin(zx_handle_t handle, uint32_t options, zx_handle_t vmo, uint64_t offset,
		uint64_t size, zx_paddr_t *addrs, size_t num_addrs, zx_handle_t *pmt);
extern __typeof__(zx_bti_pin) _zx_bti_pin;
zx_status_t zx_pmt_unpin(zx_handle_t handle);
extern __typeof__(zx_pmt_unpin) _zx_pmt_unpin;
zx_status_t zx_bti_release_quarantine(zx_handle_t handle);
extern __typeof__(zx_bti_release_quarantine) _zx_bti_release_quarantine;
zx_status_t zx_vmo_create_child(zx_handle_t handle, uint32_t options, uint64_t offset,
		uint64_t size, zx_handle_t *out);
extern __typeof__(zx_vmo_create_child) _zx_vmo_create_child;
zx_status_t zx_vmo_set_cache_policy(zx_handle_t handle, uint32_t cache_policy);
extern __typeof__(zx_vmo_set_cache_policy) _zx_vmo_set_cache_policy;
zx_status_t zx_vmo_create_contiguous(zx_handle_t bti, size_t size, uint32_t alignment_log2,
		zx_handle_t *out);
extern __typeof__(zx_vmo_create_contiguous) _zx_vmo_create_contiguous;
zx_status_t zx_vmo_create_physical(zx_handle_t resource, zx_paddr_t paddr, size_t size,
		zx_handle_t *out);
extern __typeof__(zx_vmo_create_physical) _zx_vmo_create_physical;
zx_status_t zx_vmo_get_stream_size(zx_handle_t handle, uint64_t *size);
extern __typeof__(zx_vmo_get_stream_size) _zx_vmo_get_stream_size;
zx_status_t zx_vmo_set_stream_size(zx_handle_t handle, uint64_t size);
extern __typeof__(zx_vmo_set_stream_size) _zx_vmo_set_stream_size;
zx_status_t zx_vmo_transfer_data(zx_handle_t dst_vmo, uint32_t options, uint64_t offset,
		uint64_t length, zx_handle_t src_vmo, uint64_t src_offset);
extern __typeof__(zx_vmo_transfer_data) _zx_vmo_transfer_data;
zx_status_t zx_eventpair_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1);
extern __typeof__(zx_eventpair_create) _zx_eventpair_create;
zx_status_t zx_channel_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1);
extern __typeof__(zx_channel_create) _zx_channel_create;
zx_status_t zx_channel_write(zx_handle_t handle, uint32_t options, const void *bytes,
		uint32_t num_bytes, const zx_handle_t *handles, uint32_t num_handles);
extern __typeof__(zx_channel_write) _zx_channel_write;
zx_status_t zx_channel_write_etc(zx_handle_t handle, uint32_t options, const void *bytes,
		uint32_t num_bytes, zx_handle_disposition_t *handles, uint32_t num_handles);
extern __typeof__(zx_channel_write_etc) _zx_channel_write_etc;
zx_status_t zx_channel_read(zx_handle_t handle, uint32_t options, void *bytes,
		zx_handle_t *handles, uint32_t num_bytes, uint32_t num_handles,
		uint32_t *actual_bytes, uint32_t *actual_handles);
extern __typeof__(zx_channel_read) _zx_channel_read;
zx_status_t zx_channel_read_etc(zx_handle_t handle, uint32_t options, void *bytes,
		zx_handle_info_t *handles, uint32_t num_bytes, uint32_t num_handles,
		uint32_t *actual_bytes, uint32_t *actual_handles);
extern __typeof__(zx_channel_read_etc) _zx_channel_read_etc;
zx_status_t zx_channel_call(zx_handle_t handle, uint32_t options, zx_time_t deadline,
		const zx_channel_call_args_t *args, uint32_t *actual_bytes,
		uint32_t *actual_handles);
extern __typeof__(zx_channel_call) _zx_channel_call;
zx_status_t zx_channel_call_etc(zx_handle_t handle, uint32_t options, zx_time_t deadline,
		zx_channel_call_etc_args_t *args, uint32_t *actual_bytes, uint32_t *actual_handles);
extern __typeof__(zx_channel_call_etc) _zx_channel_call_etc;
zx_status_t zx_timer_create(uint32_t options, zx_clock_t clock_id, zx_handle_t *out);
extern __typeof__(zx_timer_create) _zx_timer_create;
zx_status_t zx_timer_set(zx_handle_t handle, zx_time_t deadline, zx_duration_t slack);
extern __typeof__(zx_timer_set) _zx_timer_set;
zx_status_t zx_timer_cancel(zx_handle_t handle);
extern __typeof__(zx_timer_cancel) _zx_timer_cancel;
zx_status_t zx_fifo_create(size_t elem_count, size_t elem_size, uint32_t options,
		zx_handle_t *out0, zx_handle_t *out1);
extern __typeof__(zx_fifo_create) _zx_fifo_create;
zx_status_t zx_fifo_write(zx_handle_t handle, size_t elem_size, const void *data, size_t count,
		size_t *actual_count);
extern __typeof__(zx_fifo_write) _zx_fifo_write;
zx_status_t zx_fifo_read(zx_handle_t handle, size_t elem_size, void *data, size_t count,
		size_t *actual_count);
extern __typeof__(zx_fifo_read) _zx_fifo_read;
zx_status_t zx_pager_op_range(zx_handle_t pager, uint32_t op, zx_handle_t pager_vmo,
		uint64_t offset, uint64_t length, uint64_t data);
extern __typeof__(zx_pager_op_range) _zx_pager_op_range;
zx_status_t zx_pager_query_dirty_ranges(zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset,
		uint64_t length, void *buffer, size_t buffer_size, size_t *actual, size_t *avail);
extern __typeof__(zx_pager_query_dirty_ranges) _zx_pager_query_dirty_ranges;
zx_status_t zx_pager_query_vmo_stats(zx_handle_t pager, zx_handle_t pager_vmo, uint32_t options,
		void *buffer, size_t buffer_size);
extern __typeof__(zx_pager_query_vmo_stats) _zx_pager_query_vmo_stats;
zx_status_t zx_futex_wake_single_owner(const zx_futex_t *value_ptr);
extern __typeof__(zx_futex_wake_single_owner) _zx_futex_wake_single_owner;
zx_status_t zx_futex_requeue(const zx_futex_t *value_ptr, uint32_t wake_count,
		zx_futex_t current_value, const zx_futex_t *requeue_ptr, uint32_t requeue_count,
		zx_handle_t new_requeue_owner);
extern __typeof__(zx_futex_requeue) _zx_futex_requeue;
zx_status_t zx_futex_requeue_single_owner(const zx_futex_t *value_ptr, zx_futex_t current_value,
		const zx_futex_t *requeue_ptr, uint32_t requeue_count,
		zx_handle_t new_requeue_owner);
extern __typeof__(zx_futex_requeue_single_owner) _zx_futex_requeue_single_owner;
zx_status_t zx_futex_get_owner(const zx_futex_t *value_ptr, zx_koid_t *koid);
extern __typeof__(zx_futex_get_owner) _zx_futex_get_owner;
zx_status_t zx_task_create_exception_channel(zx_handle_t handle, uint32_t options,
		zx_handle_t *out);
extern __typeof__(zx_task_create_exception_channel) _zx_task_create_exception_channel;
zx_status_t zx_exception_get_thread(zx_handle_t handle, zx_handle_t *out);
extern __typeof__(zx_exception_get_thread) _zx_exception_get_thread;
zx_status_t zx_exception_get_process(zx_handle_t handle, zx_handle_t *out);
extern __typeof__(zx_exception_get_process) _zx_exception_get_process;
zx_status_t zx_job_create(zx_handle_t parent_job, uint32_t options, zx_handle_t *out);
extern __typeof__(zx_job_create) _zx_job_create;
zx_status_t zx_job_set_policy(zx_handle_t handle, uint32_t options, uint32_t topic,
		const void *policy, uint32_t policy_size);
extern __typeof__(zx_job_set_policy) _zx_job_set_policy;
zx_status_t zx_job_set_critical(zx_handle_t job, uint32_t options, zx_handle_t process);
extern __typeof__(zx_job_set_critical) _zx_job_set_critical;
zx_status_t zx_system_get_event(zx_handle_t root_job, uint32_t kind, zx_handle_t *event);
extern __typeof__(zx_system_get_event) _zx_system_get_event;
zx_status_t zx_cprng_add_entropy(const void *buffer, size_t buffer_size);
extern __typeof__(zx_cprng_add_entropy) _zx_cprng_add_entropy;
zx_status_t zx_debug_send_command(zx_handle_t resource, const char *buffer, size_t buffer_size);
extern __typeof__(zx_debug_send_command) _zx_debug_send_command;
zx_status_t zx_syscall_test_0(void);
extern __typeof__(zx_syscall_test_0) _zx_syscall_test_0;
zx_status_t zx_syscall_test_1(int a);
extern __typeof__(zx_syscall_test_1) _zx_syscall_test_1;
zx_status_t zx_syscall_test_2(int a, int b);
extern __typeof__(zx_syscall_test_2) _zx_syscall_test_2;
zx_status_t zx_syscall_test_3(int a, int b, int c);
extern __typeof__(zx_syscall_test_3) _zx_syscall_test_3;
zx_status_t zx_syscall_test_4(int a, int b, int c, int d);
extern __typeof__(zx_syscall_test_4) _zx_syscall_test_4;
zx_status_t zx_syscall_test_5(int a, int b, int c, int d, int e);
extern __typeof__(zx_syscall_test_5) _zx_syscall_test_5;
zx_status_t zx_syscall_test_6(int a, int b, int c, int d, int e, int f);
extern __typeof__(zx_syscall_test_6) _zx_syscall_test_6;
zx_status_t zx_syscall_test_7(int a, int b, int c, int d, int e, int f, int g);
extern __typeof__(zx_syscall_test_7) _zx_syscall_test_7;
zx_status_t zx_syscall_test_8(int a, int b, int c, int d, int e, int f, int g, int h);
extern __typeof__(zx_syscall_test_8) _zx_syscall_test_8;
zx_status_t zx_syscall_test_handle_create(zx_status_t return_value, zx_handle_t *out);
extern __typeof__(zx_syscall_test_handle_create) _zx_syscall_test_handle_create;
zx_ticks_t zx_ticks_get(void);
extern __typeof__(zx_ticks_get) _zx_ticks_get;
zx_ticks_t zx_ticks_per_second(void);
extern __typeof__(zx_ticks_per_second) _zx_ticks_per_second;
zx_time_t zx_clock_get_monotonic(void);
extern __typeof__(zx_clock_get_monotonic) _zx_clock_get_monotonic;
zx_time_t zx_deadline_after(zx_duration_t nanoseconds);
extern __typeof__(zx_deadline_after) _zx_deadline_after;
void zx_cprng_draw(void *buffer, size_t buffer_size);
extern __typeof__(zx_cprng_draw) _zx_cprng_draw;
uint32_t zx_system_get_num_cpus(void);
extern __typeof__(zx_system_get_num_cpus) _zx_system_get_num_cpus;
uint64_t zx_system_get_physmem(void);
extern __typeof__(zx_system_get_physmem) _zx_system_get_physmem;
uint32_t zx_system_get_dcache_line_size(void);
extern __typeof__(zx_system_get_dcache_line_size) _zx_system_get_dcache_line_size;
uint32_t zx_system_get_page_size(void);
extern __typeof__(zx_system_get_page_size) _zx_system_get_page_size;
zx_string_view_t zx_system_get_version_string(void);
extern __typeof__(zx_system_get_version_string) _zx_system_get_version_string;
zx_status_t zx_system_get_version(char *version, size_t version_size);
extern __typeof__(zx_system_get_version) _zx_system_get_version;
zx_status_t zx_cache_flush(const void *addr, size_t size, uint32_t options);
extern __typeof__(zx_cache_flush) _zx_cache_flush;
zx_status_t zx_syscall_test_wrapper(int a, int b, int c);
extern __typeof__(zx_syscall_test_wrapper) _zx_syscall_test_wrapper;
zx_status_t zx_vmar_unmap_handle_close_thread_exit(zx_handle_t vmar_handle, zx_vaddr_t addr,
		size_t size, zx_handle_t close_handle);
extern __typeof__(zx_vmar_unmap_handle_close_thread_exit) _zx_vmar_unmap_handle_close_thread_exit;
void zx_futex_wake_handle_close_thread_exit(const zx_futex_t *value_ptr, uint32_t wake_count,
		int32_t new_value, zx_handle_t close_handle) __NO_RETURN;
extern __typeof__(zx_futex_wake_handle_close_thread_exit)
		_zx_futex_wake_handle_close_thread_exit __NO_RETURN;

__END_CDECLS

#endif
