/*
 * A debugger at work on a child, from its first instruction to its end: steps,
 * breakpoints in the code and in registers, a watchpoint, a value changed on the way
 * (spec/tasks.md 7.5, 14).
 */
#include <string.h>

#include "exc_util.h"
#include "suspend_util.h"

#define BRK 0xd4200000u
#define ESR_EC(esr) ((esr) >> 26)

/* x1 is where to store; ends with twice the 5 that it has counted to. */
__asm__(".pushsection .text\n"
	".balign 4\n"
	"debugged_code:\n"
	"\tmov x9, #0\n"
	"1:\n"
	"\tadd x9, x9, #1\n"
	"\tcmp x9, #5\n"
	"\tb.ne 1b\n"
	"\tstr x9, [x1]\n"
	"\tldr x0, [x1]\n"
	"\tadd x0, x0, x9\n"
	"\tb debugged_end\n"
	".popsection\n");
extern const char debugged_code[], __executable_start[];

/* By distance: our linker gives one address to local symbols of one section. */
#define AT_CODE debugged_code
#define AT_LOOP (debugged_code + 4)
#define AT_STORE (debugged_code + 16)

void debugged_end(int64_t code);
void debugged_end(int64_t code)
{
	zx_process_exit(code);
}

struct session {
	struct exc_child c;
	zx_handle_t debugger;
	struct exc_caught e;
	zx_thread_state_general_regs_t regs;
	uint32_t ec;
	uint64_t far;
};

/* The next stop, which must be of this type. */
static bool stop(struct session *s, uint32_t type)
{
	zx_exception_report_v2_t report;

	if (!exc_catch_type(s->debugger, type, &s->e))
		return false;
	report = exc_report(s->c.task.thread);
	s->ec = ESR_EC(report.context.arch.u.arm_64.esr);
	s->far = report.context.arch.u.arm_64.far;
	return EXPECT_STATUS(suspend_read_general(s->c.task.thread, &s->regs), ZX_OK);
}

static bool stop_at(struct session *s, uint32_t type, const char *pc)
{
	return stop(s, type) && EXPECT_EQ(s->regs.pc, (uint64_t)pc);
}

static void go(struct session *s)
{
	exc_answer(&s->e, ZX_EXCEPTION_STATE_HANDLED);
}

static void step(struct session *s)
{
	const uint32_t on = 1;

	EXPECT_STATUS(zx_thread_write_state(s->c.task.thread, ZX_THREAD_STATE_SINGLE_STEP, &on,
					    sizeof(on)), ZX_OK);
	go(s);
}

/* Whoever writes code sees to the caches (spec/tasks.md 19). */
static uint32_t patch(struct session *s, const char *at, uint32_t instruction)
{
	uint32_t before = 0;
	size_t done;

	EXPECT_STATUS(zx_process_read_memory(s->c.task.process, (zx_vaddr_t)at, &before,
					     sizeof(before), &done), ZX_OK);
	EXPECT_STATUS(zx_process_write_memory(s->c.task.process, (zx_vaddr_t)at, &instruction,
					      sizeof(instruction), &done), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(s->c.image, ZX_VMO_OP_CACHE_SYNC,
				      (uint64_t)(at - __executable_start), sizeof(instruction),
				      NULL, 0), ZX_OK);
	return before;
}

static bool session_make(struct session *s)
{
	if (!exc_child_make(&s->c))
		return false;
	exc_child_fill(&s->c, 0);
	s->debugger = exc_bind(s->c.task.process, ZX_EXCEPTION_CHANNEL_DEBUGGER);
	return task_child_start(&s->c.task, (task_entry)(uintptr_t)AT_CODE, s->c.hole) &&
	       stop_at(s, ZX_EXCP_THREAD_STARTING, AT_CODE);
}

static void session_end(struct session *s, int64_t code)
{
	exc_expect_end(&s->c, code);
	exc_pass(s->debugger, ZX_EXCP_THREAD_EXITING);
	zx_handle_close(s->debugger);
	exc_child_drop(&s->c);
}

/* From the start on, through the loop, to its end. */
JX_TEST(exception_debugger_steps)
{
	struct session s;

	ASSERT_TRUE(session_make(&s));
	step(&s);
	ASSERT_TRUE(stop_at(&s, ZX_EXCP_HW_BREAKPOINT, AT_LOOP));
	EXPECT_EQ(s.ec, 0x32);
	EXPECT_EQ(s.far, 0);
	for (int i = 1; i <= 5; i++) {
		for (int n = 1; n <= 3; n++) {
			step(&s);
			ASSERT_TRUE(stop(&s, ZX_EXCP_HW_BREAKPOINT));
			EXPECT_EQ(s.regs.r[9], i);
			EXPECT_EQ(s.regs.pc, (uint64_t)(n < 3 ? AT_LOOP + 4 * n
						      : i < 5 ? AT_LOOP
							      : AT_STORE));
		}
	}
	go(&s);
	session_end(&s, 10);
}

/* A BRK in place of the instruction, which is put back, stepped over, and armed
 * again: it is met five times. */
JX_TEST(exception_debugger_breaks_in_code)
{
	struct session s;
	uint32_t original;

	ASSERT_TRUE(session_make(&s));
	original = patch(&s, AT_LOOP, BRK);
	go(&s);
	for (uint64_t i = 0; i < 5; i++) {
		ASSERT_TRUE(stop_at(&s, ZX_EXCP_SW_BREAKPOINT, AT_LOOP));
		EXPECT_EQ(s.regs.r[9], i);
		EXPECT_EQ(patch(&s, AT_LOOP, original), BRK);
		step(&s);
		ASSERT_TRUE(stop_at(&s, ZX_EXCP_HW_BREAKPOINT, AT_LOOP + 4));
		EXPECT_EQ(patch(&s, AT_LOOP, BRK), original);
		go(&s);
	}
	session_end(&s, 10);
}

/* Of 2020: later these are for who has booted with debugging calls on.
 * A breakpoint register at the store, then a watchpoint instead: each is met
 * once, and what is doubled is what the debugger has put there. */
JX_TEST_OF_2020(exception_debugger_breaks_by_registers)
{
	zx_thread_state_debug_regs_t regs = { 0 };
	struct session s;

	ASSERT_TRUE(session_make(&s));
	regs.hw_bps[0].dbgbcr = 0x1e5;
	regs.hw_bps[0].dbgbvr = (uint64_t)AT_STORE;
	ASSERT_STATUS(zx_thread_write_state(s.c.task.thread, ZX_THREAD_STATE_DEBUG_REGS, &regs,
					    sizeof(regs)), ZX_OK);
	go(&s);
	ASSERT_TRUE(stop_at(&s, ZX_EXCP_HW_BREAKPOINT, AT_STORE));
	EXPECT_EQ(s.ec, 0x30);
	EXPECT_EQ(s.regs.r[9], 5);
	memset(&regs, 0, sizeof(regs));
	regs.hw_wps[0].dbgwcr = 0xff5 | 3u << 3;
	regs.hw_wps[0].dbgwvr = s.c.hole;
	ASSERT_STATUS(zx_thread_write_state(s.c.task.thread, ZX_THREAD_STATE_DEBUG_REGS, &regs,
					    sizeof(regs)), ZX_OK);
	go(&s);
	ASSERT_TRUE(stop_at(&s, ZX_EXCP_HW_BREAKPOINT, AT_STORE));
	EXPECT_EQ(s.ec, 0x34);
	EXPECT_EQ(s.far, s.c.hole);
	memset(&regs, 0, sizeof(regs));
	ASSERT_STATUS(zx_thread_write_state(s.c.task.thread, ZX_THREAD_STATE_DEBUG_REGS, &regs,
					    sizeof(regs)), ZX_OK);
	s.regs.r[9] = 21;
	ASSERT_STATUS(suspend_write_general(s.c.task.thread, &s.regs), ZX_OK);
	go(&s);
	session_end(&s, 42);
}
