/*
 * Programs that fault die alone, with EXCEPTION_KILL; all else goes on. And
 * programs that use up what there is (issue 2, sections 4 and 6).
 */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "task_util.h"

#define PAGE 4096ul
#define KERNEL_ADDRESS 0xffffe00000000000ul

typedef void (*code_entry)(void);

static void load_from(uintptr_t none, uintptr_t address)
{
	(void)none;
	zx_process_exit(*(volatile char *)address);
}

static void store_to(uintptr_t none, uintptr_t address)
{
	(void)none;
	*(volatile char *)address = 1;
	zx_process_exit(0);
}

static void jump_to(uintptr_t none, uintptr_t address)
{
	(void)none;
	((code_entry)address)();
	zx_process_exit(0);
}

static void undefined(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	__asm__ volatile("udf #0");
	zx_process_exit(0);
}

static void breakpoint(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	__asm__ volatile("brk #7");
	zx_process_exit(0);
}

static void unaligned_sp(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	__asm__ volatile("add x9, sp, #8\n\tmov sp, x9\n\tldr x10, [sp]" : : : "x9", "x10");
	zx_process_exit(0);
}

static void unaligned_pc(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	__asm__ volatile("adr x9, .\n\tadd x9, x9, #2\n\tbr x9" : : : "x9");
	zx_process_exit(0);
}

static void privileged(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	__asm__ volatile("msr daifset, #2\n\tmsr ttbr0_el1, xzr");
	zx_process_exit(0);
}

static void exclusive_to_odd_address(uintptr_t none, uintptr_t address)
{
	(void)none;
	/* Across 16 bytes: within them FEAT_LSE2 permits it. */
	__asm__ volatile("ldxr x9, [%0]" : : "r"(address + 13) : "x9");
	zx_process_exit(0);
}

static void return_from_entry(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	/* The link register was 0 at the start (tasks.md 7.3). */
	__asm__ volatile("mov x30, #0\n\tret");
}

/* STACK stands for an address in the child's stacks, below its own. */
#define STACK 1ul
#define TEXT 2ul

static const struct {
	const char *what;
	task_entry fn;
	uint64_t address;
} faults[] = {
	{ "load from NULL", load_from, 0 },
	{ "store to NULL", store_to, 0 },
	{ "load from the kernel", load_from, KERNEL_ADDRESS },
	{ "store to the kernel", store_to, KERNEL_ADDRESS },
	{ "load between the halves", load_from, 1ul << 52 },
	{ "load from the last byte", load_from, UINT64_MAX },
	{ "store to code", store_to, TEXT },
	{ "execute data", jump_to, STACK },
	{ "execute NULL", jump_to, 0 },
	{ "execute the kernel", jump_to, KERNEL_ADDRESS },
	{ "undefined instruction", undefined, 0 },
	{ "breakpoint", breakpoint, 0 },
	{ "unaligned program counter", unaligned_pc, 0 },
	{ "privileged instruction", privileged, 0 },
	{ "unaligned exclusive load", exclusive_to_odd_address, STACK },
	{ "return from the entry", return_from_entry, 0 },
};

static void await_nothing(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	zx_nanosleep(ZX_TIME_INFINITE);
}

JX_TEST(bad_call_faults_end_their_process_alone)
{
	zx_handle_t image = task_image(), other_thread = 0;
	struct task_child child, other;
	int64_t code;

	ASSERT_TRUE(task_child_create(&other, image));
	ASSERT_TRUE(task_child_start(&other, await_nothing, 0));
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint64_t address = faults[i].address;

		ASSERT_TRUE(task_child_create(&child, image));
		if (address == STACK)
			address = child.stacks;
		if (address == TEXT)
			address = (uint64_t)load_from;
		ASSERT_TRUE(task_child_start(&child, faults[i].fn, address));
		EXPECT_TRUE(task_child_await(&child, &code));
		if (!EXPECT_EQ(code, ZX_TASK_RETCODE_EXCEPTION_KILL))
			jx_note("that was: %s", faults[i].what);
		task_child_drop(&child);
	}
	/* A thread's fault takes its whole process along, and no other. */
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, await_nothing, 0));
	ASSERT_TRUE(task_child_add_thread(&child, 1, store_to, 0, 0, &other_thread));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_DEAD);
	zx_handle_close(other_thread);
	task_child_drop(&child);
	EXPECT_TRUE(task_await_state(other.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING));
	task_child_drop(&other);
	zx_handle_close(image);
}

/* SCTLR_EL1.SA0 asks for a fault; QEMU's TCG never checks (it says so in its
 * translator), so that the child may live there. No third outcome. */
JX_TEST(bad_call_unaligned_stack_pointer)
{
	zx_handle_t image = task_image();
	struct task_child child;
	int64_t code;

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, unaligned_sp, 0));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_TRUE(code == ZX_TASK_RETCODE_EXCEPTION_KILL || code == 0);
	task_child_drop(&child);
	zx_handle_close(image);
}

/* A child that makes objects until it gets no more, and exits with the error. */
static void make_events(uintptr_t none, uintptr_t limit)
{
	zx_status_t status = ZX_OK;
	zx_handle_t handle;

	(void)none;
	while (status == ZX_OK && limit-- > 0)
		status = zx_event_create(0, &handle);
	zx_process_exit(status);
}

static void commit_memory(uintptr_t none, uintptr_t bytes)
{
	zx_status_t status = ZX_OK;
	zx_handle_t handle;

	(void)none;
	while (status == ZX_OK) {
		status = zx_vmo_create(bytes, 0, &handle);
		if (status == ZX_OK)
			status = zx_vmo_op_range(handle, ZX_VMO_OP_COMMIT, 0, bytes, NULL, 0);
	}
	zx_process_exit(status);
}

static void exhaust(zx_handle_t image, task_entry fn, uintptr_t arg, int64_t wanted)
{
	struct task_child child;
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	int64_t code = 0;

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, fn, arg));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, wanted);
	task_child_drop(&child);
	/* What it had is there again. */
	EXPECT_STATUS(zx_vmo_create(16 * PAGE, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 16 * PAGE, NULL, 0), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST(bad_call_exhaustion_of_handles)
{
	zx_handle_t image = task_image();

	/* Many fit: what one process may have is bounded by memory alone. */
	exhaust(image, make_events, 20000, ZX_OK);
	zx_handle_close(image);
}

JX_TEST(bad_call_exhaustion_of_memory)
{
	zx_handle_t image = task_image();

	if (zx_system_get_physmem() > 256ul << 20) {
		/* It would be slow, and others run as well. */
		jx_skip("needs a machine with at most 256 MiB (MEM=128M)");
	} else {
		exhaust(image, commit_memory, 64 * PAGE, ZX_ERR_NO_MEMORY);
		exhaust(image, make_events, UINT64_MAX, ZX_ERR_NO_MEMORY);
	}
	zx_handle_close(image);
}
