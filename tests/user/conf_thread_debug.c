/*
 * Conformance: single steps, breakpoints and watchpoints (tasks.md 7.5, 14.1).
 * They are seen as exceptions of the thread.
 */
#include <string.h>

#include "exc_util.h"
#include "suspend_util.h"

/* Adds 1, 2, 4 to x0, stores it at x1, and then goes round. */
__asm__(".pushsection .text\n"
	".balign 4\n"
	"debug_code:\n"
	"\tadd x0, x0, #1\n"
	"\tadd x0, x0, #2\n"
	"\tadd x0, x0, #4\n"
	"\tstr x0, [x1]\n"
	"\tb .\n"
	".popsection\n");
/* Hidden: by way of a GOT the linker loses how far behind .text it is. */
extern const char debug_code[] __attribute__((visibility("hidden")));
#define CODE(n) ((uint64_t)(uintptr_t)debug_code + 4 * (n))

static _Atomic uint64_t stored;

/* A thread that stands at the beginning of the code, and its exceptions. */
struct subject {
	struct counting c;
	zx_handle_t channel;
	zx_handle_t token;
};

static bool subject_put(struct subject *s, uint64_t pc)
{
	zx_thread_state_general_regs_t regs;

	if (!EXPECT_STATUS(suspend_read_general(s->c.thread.handle, &regs), ZX_OK))
		return false;
	regs.pc = pc;
	regs.r[0] = 0;
	regs.r[1] = (uint64_t)(uintptr_t)&stored;
	return EXPECT_STATUS(suspend_write_general(s->c.thread.handle, &regs), ZX_OK);
}

static bool subject_make(struct subject *s)
{
	stored = 0;
	if (!counting_start(&s->c))
		return false;
	s->channel = exc_bind(s->c.thread.handle, 0);
	s->token = suspend_now(s->c.thread.handle);
	return s->channel && s->token && subject_put(s, CODE(0));
}

static void subject_go(struct subject *s)
{
	EXPECT_STATUS(zx_handle_close(s->token), ZX_OK);
	s->token = ZX_HANDLE_INVALID;
}

static void subject_drop(struct subject *s)
{
	EXPECT_STATUS(zx_task_kill(s->c.thread.handle), ZX_OK);
	EXPECT_TRUE(task_join(&s->c.thread, NULL));
	zx_handle_close(s->channel);
	if (s->token)
		zx_handle_close(s->token);
}

static bool stands_at(struct subject *s, uint64_t pc, uint64_t x0)
{
	zx_thread_state_general_regs_t regs;

	return EXPECT_STATUS(suspend_read_general(s->c.thread.handle, &regs), ZX_OK) &&
	       EXPECT_EQ(regs.pc, pc) && EXPECT_EQ(regs.r[0], x0);
}

/* It gets to the end of the code without another exception. */
static void expect_runs_to_end(struct subject *s)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);

	while (stored != 7 && EXPECT_TRUE(zx_clock_get_monotonic() < end))
		zx_nanosleep(0);
	EXPECT_TRUE(exc_expect_none(s->channel));
}

static zx_status_t write_step(struct subject *s, uint32_t on)
{
	return zx_thread_write_state(s->c.thread.handle, ZX_THREAD_STATE_SINGLE_STEP, &on,
				     sizeof(on));
}

static uint32_t read_step(struct subject *s)
{
	uint32_t on = 55;

	EXPECT_STATUS(zx_thread_read_state(s->c.thread.handle, ZX_THREAD_STATE_SINGLE_STEP, &on,
					   sizeof(on)), ZX_OK);
	return on;
}

JX_TEST(tasks_7_5_r5_one_step)
{
	struct exc_caught e;
	struct subject s;

	ASSERT_TRUE(subject_make(&s));
	EXPECT_STATUS(write_step(&s, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(read_step(&s), 0);
	EXPECT_STATUS(write_step(&s, 1), ZX_OK);
	EXPECT_EQ(read_step(&s), 1);
	subject_go(&s);
	for (uint64_t n = 1; n < 4; n++) {
		ASSERT_TRUE(exc_catch_type(s.channel, ZX_EXCP_HW_BREAKPOINT, &e));
		EXPECT_TRUE(stands_at(&s, CODE(n), (1u << n) - 1));
		/* Once only: the last time it is left to run. */
		EXPECT_EQ(read_step(&s), 0);
		if (n < 3)
			EXPECT_STATUS(write_step(&s, 1), ZX_OK);
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	}
	expect_runs_to_end(&s);
	subject_drop(&s);
}

/* Armed and taken back again, nothing comes. */
JX_TEST(tasks_7_5_r5_step_taken_back)
{
	struct subject s;

	ASSERT_TRUE(subject_make(&s));
	EXPECT_STATUS(write_step(&s, 1), ZX_OK);
	EXPECT_STATUS(write_step(&s, 0), ZX_OK);
	subject_go(&s);
	expect_runs_to_end(&s);
	subject_drop(&s);
}

static zx_status_t write_debug(struct subject *s, const zx_thread_state_debug_regs_t *r)
{
	return zx_thread_write_state(s->c.thread.handle, ZX_THREAD_STATE_DEBUG_REGS, r,
				     sizeof(*r));
}

static zx_thread_state_debug_regs_t read_debug(struct subject *s)
{
	zx_thread_state_debug_regs_t r;

	memset(&r, 0x77, sizeof(r));
	EXPECT_STATUS(zx_thread_read_state(s->c.thread.handle, ZX_THREAD_STATE_DEBUG_REGS, &r,
					   sizeof(r)), ZX_OK);
	return r;
}

JX_TEST_OF_2020(tasks_7_5_r6_breakpoint)
{
	zx_thread_state_debug_regs_t r = { 0 };
	struct counting other;
	struct exc_caught e;
	struct subject s;

	ASSERT_TRUE(subject_make(&s));
	ASSERT_TRUE(counting_start(&other));
	r.hw_bps[0].dbgbcr = 1;
	r.hw_bps[0].dbgbvr = CODE(2);
	EXPECT_STATUS(write_debug(&s, &r), ZX_OK);
	EXPECT_EQ(read_debug(&s).hw_bps[0].dbgbcr, 0x1e5);
	EXPECT_EQ(read_debug(&s).hw_bps[0].dbgbvr, CODE(2));
	subject_go(&s);
	ASSERT_TRUE(exc_catch_type(s.channel, ZX_EXCP_HW_BREAKPOINT, &e));
	EXPECT_TRUE(stands_at(&s, CODE(2), 3));
	/* It is the thread's own: others pass there, on any CPU. */
	EXPECT_TRUE(counting_runs(&other));
	r.hw_bps[0].dbgbcr = 0;
	EXPECT_STATUS(write_debug(&s, &r), ZX_OK);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	expect_runs_to_end(&s);
	subject_drop(&s);
	EXPECT_TRUE(counting_end(&other));
}

JX_TEST_OF_2020(tasks_7_5_r6_watchpoint)
{
	zx_thread_state_debug_regs_t r = { 0 };
	zx_exception_report_t report;
	struct exc_caught e;
	struct subject s;

	ASSERT_TRUE(subject_make(&s));
	/* EL0, stores, all eight bytes. */
	r.hw_wps[0].dbgwcr = 0x1ff5;
	r.hw_wps[0].dbgwvr = (uint64_t)(uintptr_t)&stored;
	EXPECT_STATUS(write_debug(&s, &r), ZX_OK);
	EXPECT_EQ(read_debug(&s).hw_wps[0].dbgwcr, 0x1ff5);
	subject_go(&s);
	ASSERT_TRUE(exc_catch_type(s.channel, ZX_EXCP_HW_BREAKPOINT, &e));
	EXPECT_TRUE(stands_at(&s, CODE(3), 7));
	EXPECT_EQ(stored, 0);
	EXPECT_STATUS(zx_object_get_info(s.c.thread.handle, ZX_INFO_THREAD_EXCEPTION_REPORT,
					 &report, sizeof(report), NULL, NULL), ZX_OK);
	EXPECT_EQ(report.context.arch.u.arm_64.far, (uint64_t)(uintptr_t)&stored);
	EXPECT_EQ(read_debug(&s).far, (uint64_t)(uintptr_t)&stored);
	r.hw_wps[0].dbgwcr = 0;
	EXPECT_STATUS(write_debug(&s, &r), ZX_OK);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	expect_runs_to_end(&s);
	subject_drop(&s);
}

/* Two threads at the same code, one of them with a breakpoint there, taking
 * turns on the CPUs: only that one stops. */
JX_TEST_OF_2020(tasks_7_5_r6_own_breakpoints_only)
{
	zx_thread_state_debug_regs_t r = { 0 };
	struct subject s[4];
	struct exc_caught e;

	for (int i = 0; i < 4; i++)
		ASSERT_TRUE(subject_make(&s[i]));
	r.hw_bps[1].dbgbcr = 1;
	r.hw_bps[1].dbgbvr = CODE(4);
	EXPECT_STATUS(write_debug(&s[1], &r), ZX_OK);
	for (int i = 0; i < 4; i++)
		subject_go(&s[i]);
	for (int i = 0; i < 20; i++) {
		ASSERT_TRUE(exc_catch_type(s[1].channel, ZX_EXCP_HW_BREAKPOINT, &e));
		EXPECT_TRUE(stands_at(&s[1], CODE(4), 7));
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	}
	/* The last one is still held, or comes. */
	for (int i = 0; i < 4; i++) {
		if (i != 1)
			EXPECT_TRUE(exc_expect_none(s[i].channel));
		subject_drop(&s[i]);
	}
}

/* What is refused changes nothing. */
JX_TEST_OF_2020(tasks_7_5_c8_debug_regs)
{
	zx_thread_state_debug_regs_t good = { 0 }, bad, got;
	struct subject s;

	ASSERT_TRUE(subject_make(&s));
	got = read_debug(&s);
	EXPECT_TRUE(got.hw_bps_count >= 2 && got.hw_bps_count <= 16);
	EXPECT_TRUE(got.hw_wps_count >= 2 && got.hw_wps_count <= 16);
	good.hw_bps[1].dbgbvr = CODE(1);
	good.hw_bps[1].dbgbcr = 1;
	/* Counts are not written. */
	good.hw_bps_count = 99;
	EXPECT_STATUS(write_debug(&s, &good), ZX_OK);
	good = read_debug(&s);
	EXPECT_EQ(good.hw_bps_count, got.hw_bps_count);
	for (int i = 0; i < 4; i++) {
		bad = good;
		if (i == 0)
			bad.hw_bps[0].dbgbvr = 1ul << 63;
		else if (i == 1)
			bad.hw_wps[1].dbgwvr = 1ul << 48;
		else if (i == 2)
			bad.hw_bps[good.hw_bps_count].dbgbcr = 1;
		else
			bad.hw_wps[15].dbgwvr = 8;
		if (i == 2 && good.hw_bps_count == 16)
			continue;
		bad.hw_bps[1].dbgbcr = 0;
		EXPECT_STATUS(write_debug(&s, &bad), ZX_ERR_INVALID_ARGS);
		got = read_debug(&s);
		EXPECT_EQ(memcmp(&got, &good, sizeof(got)), 0);
	}
	subject_drop(&s);
}

JX_TEST_OF_LATEST(tasks_7_5_c9_debug_regs_are_off)
{
	zx_thread_state_debug_regs_t r = { 0 };
	struct subject s;

	ASSERT_TRUE(subject_make(&s));
	EXPECT_STATUS(write_debug(&s, &r), ZX_ERR_NOT_SUPPORTED);
	EXPECT_TRUE(read_debug(&s).hw_bps_count >= 2);
	subject_drop(&s);
}
