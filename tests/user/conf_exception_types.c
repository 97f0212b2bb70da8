/* From traps to reports: spec/tasks.md 14.1, spec/vmar.md 14.5, spec/pager-port.md 2.4. */
#include <string.h>

#include <zircon/syscalls/port.h>

#include "exc_util.h"
#include "suspend_util.h"

#define ESR_EC(esr) ((esr) >> 26)
#define ESR_WNR (1u << 6)
#define EC_INSN_ABORT 0x20
#define EC_DATA_ABORT 0x24

static void undefined(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	(void)at;
	__asm__ volatile("udf #0");
	zx_process_exit(1);
}

static void breakpoint(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	(void)at;
	__asm__ volatile("brk #7");
	zx_process_exit(1);
}

/* The physical timer is the kernel's: EC 0x18. */
static void system_register(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	(void)at;
	__asm__ volatile("mrs x9, s3_3_c14_c2_1" : : : "x9");
	zx_process_exit(1);
}

static void load(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	__asm__ volatile("ldr x9, [%0]" : : "r"(at) : "x9");
	zx_process_exit(1);
}

static void store(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	__asm__ volatile("str x9, [%0]" : : "r"(at) : "x9");
	zx_process_exit(1);
}

static void jump(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	__asm__ volatile("br %0" : : "r"(at));
}

/* Within code: QEMU looks at the page before it looks at the alignment. x10 tells
 * where that is. */
static void jump_between(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	(void)at;
	__asm__ volatile("adr x10, .\n\tadd x10, x10, #2\n\tbr x10" : : : "x10");
}

/* Across 16 bytes: within them FEAT_LSE2 permits it. */
static void odd_exclusive(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	__asm__ volatile("ldxr x9, [%0]" : : "r"(at + 13) : "x9");
	zx_process_exit(1);
}

struct fault {
	struct exc_child c;
	zx_handle_t channel;
	struct exc_caught e;
	zx_exception_report_v2_t report;
	zx_thread_state_general_regs_t regs;
};

/* A child runs fn(0, hole + offset), faults, and is held. */
static bool fault_make(struct fault *f, task_entry fn, uint64_t offset, bool filled)
{
	if (!exc_child_make(&f->c))
		return false;
	if (filled)
		exc_child_fill(&f->c, 0);
	f->channel = exc_bind(f->c.task.process, 0);
	if (!task_child_start(&f->c.task, fn, f->c.hole + offset) ||
	    !exc_catch(f->channel, &f->e))
		return false;
	f->report = exc_report(f->c.task.thread);
	EXPECT_EQ(f->report.header.type, f->e.info.type);
	return EXPECT_STATUS(suspend_read_general(f->c.task.thread, &f->regs), ZX_OK);
}

static void fault_drop(struct fault *f)
{
	exc_next(&f->e);
	exc_expect_end(&f->c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(f->channel);
	exc_child_drop(&f->c);
}

static void expect_type(task_entry fn, uint64_t offset, bool filled, uint32_t type, uint32_t ec,
			bool has_far)
{
	struct fault f;

	ASSERT_TRUE(fault_make(&f, fn, offset, filled));
	EXPECT_EQ(f.e.info.type, type);
	EXPECT_EQ(ESR_EC(f.report.context.arch.u.arm_64.esr), ec);
	if (!has_far)
		EXPECT_EQ(f.report.context.arch.u.arm_64.far, 0);
	fault_drop(&f);
}

JX_TEST(tasks_14_1_r1_instructions)
{
	expect_type(undefined, 0, false, ZX_EXCP_UNDEFINED_INSTRUCTION, 0, false);
	expect_type(system_register, 0, false, ZX_EXCP_GENERAL, 0x18, false);
}

/* The pc is that of the BRK itself. */
JX_TEST(tasks_14_1_r2_breakpoint_instruction)
{
	struct fault f;
	uint32_t instruction;

	ASSERT_TRUE(fault_make(&f, breakpoint, 0, false));
	EXPECT_EQ(f.e.info.type, ZX_EXCP_SW_BREAKPOINT);
	EXPECT_EQ(ESR_EC(f.report.context.arch.u.arm_64.esr), 0x3c);
	EXPECT_EQ(f.report.context.arch.u.arm_64.esr & 0xffff, 7);
	EXPECT_EQ(f.report.context.arch.u.arm_64.far, 0);
	EXPECT_EQ(f.report.context.synth_code, 0);
	/* The child's code is ours. */
	instruction = *(const uint32_t *)f.regs.pc;
	EXPECT_EQ(instruction, 0xd4200000u | 7u << 5);
	fault_drop(&f);
}

static void expect_page_fault(task_entry fn, uint32_t ec, uint32_t wnr, zx_status_t status)
{
	struct fault f;
	uint32_t esr;

	ASSERT_TRUE(fault_make(&f, fn, 0x18, false));
	esr = f.report.context.arch.u.arm_64.esr;
	EXPECT_EQ(f.e.info.type, ZX_EXCP_FATAL_PAGE_FAULT);
	EXPECT_EQ(ESR_EC(esr), ec);
	EXPECT_EQ(esr & ESR_WNR, wnr);
	EXPECT_EQ(f.report.context.arch.u.arm_64.far, f.c.hole + 0x18);
	EXPECT_EQ((zx_status_t)f.report.context.synth_code, status);
	EXPECT_EQ(f.report.context.synth_data, 0);
	fault_drop(&f);
}

JX_TEST(tasks_14_1_r3_page_faults)
{
	expect_page_fault(load, EC_DATA_ABORT, 0, ZX_ERR_NOT_FOUND);
	expect_page_fault(store, EC_DATA_ABORT, ESR_WNR, ZX_ERR_NOT_FOUND);
	expect_page_fault(jump, EC_INSN_ABORT, 0, ZX_ERR_NOT_FOUND);
}

JX_TEST(tasks_14_1_r4_unaligned_access)
{
	struct fault f;

	ASSERT_TRUE(fault_make(&f, odd_exclusive, 0, true));
	EXPECT_EQ(f.e.info.type, ZX_EXCP_UNALIGNED_ACCESS);
	EXPECT_EQ(ESR_EC(f.report.context.arch.u.arm_64.esr), EC_DATA_ABORT);
	EXPECT_EQ(f.report.context.arch.u.arm_64.esr & 0x3f, 0x21);
	EXPECT_EQ(f.report.context.arch.u.arm_64.far, f.c.hole + 13);
	fault_drop(&f);
}

JX_TEST_OF_2020(tasks_14_1_r5_pc_alignment)
{
	expect_type(jump_between, 0, false, ZX_EXCP_GENERAL, 0x22, false);
}

JX_TEST_OF_LATEST(tasks_14_1_r5_pc_alignment_later)
{
	struct fault f;

	ASSERT_TRUE(fault_make(&f, jump_between, 0, false));
	EXPECT_EQ(f.e.info.type, ZX_EXCP_UNALIGNED_ACCESS);
	EXPECT_EQ(ESR_EC(f.report.context.arch.u.arm_64.esr), 0x22);
	EXPECT_EQ(f.report.context.arch.u.arm_64.far, f.regs.r[10]);
	EXPECT_EQ(f.regs.pc, f.regs.r[10]);
	fault_drop(&f);
}

/* What a mapping shows at the hole's first page, and how it is refused. */
static void expect_refused(zx_handle_t vmo, zx_vm_option_t perm, task_entry fn,
			   zx_status_t status)
{
	struct fault f;
	zx_vaddr_t at;

	ASSERT_TRUE(exc_child_make(&f.c));
	ASSERT_STATUS(zx_vmar_map(f.c.hole_vmar, perm | ZX_VM_SPECIFIC, 0, vmo, 0, 2 * PAGE, &at),
		      ZX_OK);
	f.channel = exc_bind(f.c.task.process, 0);
	ASSERT_TRUE(task_child_start(&f.c.task, fn, at + PAGE));
	ASSERT_TRUE(exc_catch_type(f.channel, ZX_EXCP_FATAL_PAGE_FAULT, &f.e));
	f.report = exc_report(f.c.task.thread);
	EXPECT_EQ((zx_status_t)f.report.context.synth_code, status);
	EXPECT_EQ(f.report.context.arch.u.arm_64.far, at + PAGE);
	fault_drop(&f);
}

/* Offsets are those of the specification, not of our headers. */
JX_TEST(vmar_14_5_r2_layout_of_the_report)
{
	uint8_t r[48];
	uint64_t far;
	uint32_t word[3];
	size_t actual, avail;
	struct fault f;

	ASSERT_TRUE(fault_make(&f, store, 0, false));
	for (uint32_t later = 0; later < 2; later++) {
		memset(r, 0xa5, sizeof(r));
		ASSERT_STATUS(zx_object_get_info(f.c.task.thread, 11 | later << 28, r, sizeof(r),
						 &actual, &avail), ZX_OK);
		EXPECT_EQ(actual, 1);
		EXPECT_EQ(avail, 1);
		memcpy(word, r, sizeof(word));
		memcpy(&far, r + 16, sizeof(far));
		EXPECT_EQ(word[0], later ? 40 : 32);
		EXPECT_EQ(word[1], 0x108);
		EXPECT_EQ(ESR_EC(word[2]), EC_DATA_ABORT);
		EXPECT_EQ(far, f.c.hole);
		memcpy(word, r + 32, 8);
		if (later) {
			EXPECT_EQ((zx_status_t)word[0], ZX_ERR_NOT_FOUND);
			EXPECT_EQ(word[1], 0);
		} else {
			EXPECT_EQ(word[0], 0xa5a5a5a5u);
		}
		EXPECT_EQ(r[40], 0xa5);
		EXPECT_STATUS(zx_object_get_info(f.c.task.thread, 11 | later << 28, r,
						 later ? 39 : 31, &actual, &avail),
			      ZX_ERR_BUFFER_TOO_SMALL);
		EXPECT_EQ(actual, 0);
		EXPECT_EQ(avail, 1);
	}
	fault_drop(&f);
}

JX_TEST(vmar_14_5_r2_status_in_the_report)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);

	expect_refused(vmo, VM_R, store, ZX_ERR_ACCESS_DENIED);
	expect_refused(vmo, VM_RW, jump, ZX_ERR_ACCESS_DENIED);
	expect_refused(vmo, 0, load, ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_OK);
	expect_refused(vmo, VM_RW, load, ZX_ERR_OUT_OF_RANGE);
	expect_refused(vmo, VM_RW, store, ZX_ERR_OUT_OF_RANGE);
	zx_handle_close(vmo);
}

static zx_handle_t paged(zx_handle_t pager, zx_handle_t port)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_pager_create_vmo(pager, 0, port, 1, 2 * PAGE, &vmo), ZX_OK);
	return vmo;
}

JX_TEST(pager_2_4_r1_the_report_of_a_detached_vmo)
{
	zx_handle_t pager, port, vmo;

	ASSERT_STATUS(zx_pager_create(0, &pager), ZX_OK);
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	vmo = paged(pager, port);
	ASSERT_STATUS(zx_pager_detach_vmo(pager, vmo), ZX_OK);
	expect_refused(vmo, VM_RW, load, ZX_ERR_BAD_STATE);
	expect_refused(vmo, VM_RW, store, ZX_ERR_BAD_STATE);
	zx_handle_close(vmo);
	zx_handle_close(pager);
	zx_handle_close(port);
}

/* The pager's status itself, which each access asks for anew. */
JX_TEST(pager_2_4_r2_the_report_of_a_failed_request)
{
	const zx_status_t statuses[] = { ZX_ERR_IO, ZX_ERR_IO_DATA_INTEGRITY, ZX_ERR_BAD_STATE,
					 ZX_ERR_NO_SPACE, ZX_ERR_BUFFER_TOO_SMALL };
	zx_handle_t pager, port, vmo;
	zx_port_packet_t packet;
	struct fault f;
	zx_vaddr_t at;

	ASSERT_STATUS(zx_pager_create(0, &pager), ZX_OK);
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	vmo = paged(pager, port);
	for (size_t i = 0; i < 5; i++) {
		ASSERT_TRUE(exc_child_make(&f.c));
		ASSERT_STATUS(zx_vmar_map(f.c.hole_vmar, VM_RW | ZX_VM_SPECIFIC, 0, vmo, 0,
					  2 * PAGE, &at), ZX_OK);
		f.channel = exc_bind(f.c.task.process, 0);
		ASSERT_TRUE(task_child_start(&f.c.task, load, at + PAGE));
		ASSERT_STATUS(zx_port_wait(port, zx_deadline_after(TASK_PATIENCE), &packet),
			      ZX_OK);
		ASSERT_STATUS(zx_pager_op_range(pager, ZX_PAGER_OP_FAIL, vmo, PAGE, PAGE,
						(uint64_t)(int64_t)statuses[i]), ZX_OK);
		ASSERT_TRUE(exc_catch_type(f.channel, ZX_EXCP_FATAL_PAGE_FAULT, &f.e));
		f.report = exc_report(f.c.task.thread);
		EXPECT_EQ((zx_status_t)f.report.context.synth_code, statuses[i]);
		fault_drop(&f);
	}
	zx_handle_close(vmo);
	zx_handle_close(pager);
	zx_handle_close(port);
}
