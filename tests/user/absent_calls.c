/* abi.md 21: calls that are known by name and not supported, whatever they get. */
#include <zircon/syscalls.h>

#include <jx/ktap.h>

typedef zx_status_t (*absent_call)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
				   uint64_t, uint64_t);

#define ABSENT(name) { #name, (absent_call)(void *)name, (absent_call)(void *)_##name }

static const struct {
	const char *name;
	absent_call call;
	absent_call other_spelling;
} calls[] = {
	ABSENT(zx_socket_create),
	ABSENT(zx_socket_write),
	ABSENT(zx_socket_read),
	ABSENT(zx_socket_shutdown),
	ABSENT(zx_stream_create),
	ABSENT(zx_stream_writev),
	ABSENT(zx_stream_writev_at),
	ABSENT(zx_stream_readv),
	ABSENT(zx_stream_readv_at),
	ABSENT(zx_stream_seek),
	ABSENT(zx_interrupt_create),
	ABSENT(zx_interrupt_bind),
	ABSENT(zx_interrupt_wait),
	ABSENT(zx_interrupt_destroy),
	ABSENT(zx_interrupt_ack),
	ABSENT(zx_interrupt_trigger),
	ABSENT(zx_interrupt_bind_vcpu),
	ABSENT(zx_ioports_request),
	ABSENT(zx_ioports_release),
	ABSENT(zx_smc_call),
	ABSENT(zx_pci_get_nth_device),
	ABSENT(zx_pci_enable_bus_master),
	ABSENT(zx_pci_reset_device),
	ABSENT(zx_pci_config_read),
	ABSENT(zx_pci_config_write),
	ABSENT(zx_pci_cfg_pio_rw),
	ABSENT(zx_pci_get_bar),
	ABSENT(zx_pci_map_interrupt),
	ABSENT(zx_pci_query_irq_mode),
	ABSENT(zx_pci_set_irq_mode),
	ABSENT(zx_pci_init),
	ABSENT(zx_pci_add_subtract_io_range),
	ABSENT(zx_msi_allocate),
	ABSENT(zx_msi_create),
	ABSENT(zx_guest_create),
	ABSENT(zx_guest_set_trap),
	ABSENT(zx_vcpu_create),
	ABSENT(zx_vcpu_resume),
	ABSENT(zx_vcpu_interrupt),
	ABSENT(zx_vcpu_read_state),
	ABSENT(zx_vcpu_write_state),
	ABSENT(zx_ktrace_read),
	ABSENT(zx_ktrace_control),
	ABSENT(zx_ktrace_write),
	ABSENT(zx_mtrace_control),
	ABSENT(zx_clock_create),
	ABSENT(zx_clock_read),
	ABSENT(zx_clock_get_details),
	ABSENT(zx_clock_update),
	ABSENT(zx_clock_adjust),
	ABSENT(zx_profile_create),
	ABSENT(zx_object_set_profile),
	ABSENT(zx_system_mexec),
	ABSENT(zx_system_mexec_payload_get),
	ABSENT(zx_framebuffer_get_info),
	ABSENT(zx_framebuffer_set_range),
	ABSENT(zx_pc_firmware_tables),
};

JX_TEST(absent_names_outside_the_scope_are_not_supported)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!EXPECT_STATUS(calls[i].call(0, 0, 0, 0, 0, 0, 0, 0), ZX_ERR_NOT_SUPPORTED) ||
		    !EXPECT_STATUS(calls[i].other_spelling(~0ul, 8, 8, 8, 8, 8, 8, 8),
				   ZX_ERR_NOT_SUPPORTED))
			jx_note("%s", calls[i].name);
	}
}

/* Each argument in its place: every stub passes as many as it has. */
JX_TEST(absent_test_calls_sum)
{
	EXPECT_EQ(zx_syscall_test_0(), 0);
	EXPECT_EQ(zx_syscall_test_1(1), 1);
	EXPECT_EQ(zx_syscall_test_2(1, 20), 21);
	EXPECT_EQ(zx_syscall_test_3(1, 20, 300), 321);
	EXPECT_EQ(zx_syscall_test_4(1, 2, 3, 4), 10);
	EXPECT_EQ(zx_syscall_test_5(1, 2, 3, 4, 5), 15);
	EXPECT_EQ(zx_syscall_test_6(1, 2, 3, 4, 5, 6), 21);
	EXPECT_EQ(zx_syscall_test_7(1, 2, 3, 4, 5, 6, 7), 28);
	EXPECT_EQ(zx_syscall_test_8(1, 2, 3, 4, 5, 6, 7, 8), 36);
	EXPECT_STATUS(zx_syscall_test_2(-7, 3), -4);
	EXPECT_EQ((uint32_t)zx_syscall_test_2(INT32_MAX, 1), 0x80000000u);
}

JX_TEST(absent_test_wrapper)
{
	EXPECT_STATUS(zx_syscall_test_wrapper(-1, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_syscall_test_wrapper(0, -1, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_syscall_test_wrapper(0, 0, -1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_syscall_test_wrapper(20, 30, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(zx_syscall_test_wrapper(20, 29, 1), 50);
}

JX_TEST(absent_test_handle_create)
{
	zx_handle_t out = 7;

	EXPECT_STATUS(zx_syscall_test_handle_create(ZX_ERR_UNAVAILABLE, &out),
		      ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_syscall_test_handle_create(3, &out), 3);
	EXPECT_STATUS(zx_syscall_test_handle_create(ZX_OK, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 7);
	ASSERT_STATUS(zx_syscall_test_handle_create(ZX_OK, &out), ZX_OK);
	EXPECT_STATUS(zx_handle_close(out), ZX_OK);
}
