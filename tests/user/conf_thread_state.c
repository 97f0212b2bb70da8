/* Conformance: register state of threads (tasks.md 7.4, 7.5, 18.1). */
#include <string.h>

#include <zircon/process.h>

#include "exc_util.h"
#include "suspend_util.h"

#include <syscall_numbers.h>

#define GENERAL ZX_THREAD_STATE_GENERAL_REGS
#define GENERAL_BYTES sizeof(zx_thread_state_general_regs_t)

typedef zx_thread_state_general_regs_t general_t;

static zx_handle_t without(zx_handle_t handle, zx_rights_t right)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handle, ZX_DEFAULT_THREAD_RIGHTS & ~right, &copy), ZX_OK);
	return copy;
}

/* --- Reading -------------------------------------------------------------------- */

JX_TEST(tasks_7_4_c1_handle)
{
	zx_handle_t bare = without(zx_thread_self(), ZX_RIGHT_READ);
	general_t regs;

	EXPECT_STATUS(zx_thread_read_state(0, 99, NULL, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_thread_read_state(zx_process_self(), 99, NULL, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_thread_read_state(bare, 99, &regs, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
}

JX_TEST(tasks_7_4_c2_kind)
{
	static const uint32_t unknown[] = { 3, 8, 99, UINT32_MAX };

	for (size_t i = 0; i < 4; i++)
		EXPECT_STATUS(zx_thread_read_state(zx_thread_self(), unknown[i], NULL, 0),
			      ZX_ERR_INVALID_ARGS);
}

static const struct {
	uint32_t kind;
	size_t bytes;
	bool here;
} kinds[] = {
	{ ZX_THREAD_STATE_GENERAL_REGS, 280, true },
	{ ZX_THREAD_STATE_FP_REGS, 4, false },
	{ ZX_THREAD_STATE_VECTOR_REGS, 520, true },
	{ ZX_THREAD_STATE_DEBUG_REGS, 528, true },
	{ ZX_THREAD_STATE_SINGLE_STEP, 4, true },
	{ ZX_THREAD_X86_REGISTER_FS, 8, false },
	{ ZX_THREAD_X86_REGISTER_GS, 8, false },
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static uint8_t buffer[600];

/* The state of the thread is looked at after the size. */
JX_TEST(tasks_7_4_c3_size)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		EXPECT_STATUS(zx_thread_read_state(zx_thread_self(), kinds[i].kind, buffer,
						   kinds[i].bytes - 1), ZX_ERR_BUFFER_TOO_SMALL);
		EXPECT_STATUS(zx_thread_read_state(zx_thread_self(), kinds[i].kind, buffer,
						   kinds[i].bytes), ZX_ERR_BAD_STATE);
	}
}

static zx_status_t read_general(zx_handle_t thread)
{
	return zx_thread_read_state(thread, GENERAL, buffer, GENERAL_BYTES);
}

JX_TEST(tasks_7_4_c4_state)
{
	zx_handle_t fresh = ZX_HANDLE_INVALID, image = task_image();
	struct task_child child;
	struct counting c;

	memset(buffer, 0x55, sizeof(buffer));
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "n", 1, 0, &fresh), ZX_OK);
	EXPECT_STATUS(read_general(fresh), ZX_ERR_BAD_STATE);
	zx_handle_close(fresh);
	EXPECT_STATUS(read_general(zx_thread_self()), ZX_ERR_BAD_STATE);
	ASSERT_TRUE(counting_start(&c));
	EXPECT_STATUS(read_general(c.thread.handle), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_task_kill(c.thread.handle), ZX_OK);
	EXPECT_TRUE(task_await_signal(c.thread.handle, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(read_general(c.thread.handle), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(task_join(&c.thread, NULL));
	/* Blocked is not stopped. Before the pointer, too. */
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, exc_run_wait, 0));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING));
	EXPECT_STATUS(read_general(child.thread), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_thread_read_state(child.thread, ZX_THREAD_STATE_FP_REGS, NULL, 4),
		      ZX_ERR_BAD_STATE);
	for (size_t i = 0; i < sizeof(buffer); i++)
		EXPECT_EQ(buffer[i], 0x55);
	task_child_drop(&child);
	zx_handle_close(image);
}

JX_TEST(tasks_7_4_c5_not_on_this_machine)
{
	struct counting c;
	zx_handle_t token;

	ASSERT_TRUE(counting_start(&c));
	token = suspend_now(c.thread.handle);
	for (size_t i = 0; i < KIND_COUNT; i++)
		EXPECT_STATUS(zx_thread_read_state(c.thread.handle, kinds[i].kind,
						   kinds[i].here ? buffer : NULL, kinds[i].bytes),
			      kinds[i].here ? ZX_OK : ZX_ERR_NOT_SUPPORTED);
	EXPECT_TRUE(suspend_end(&token, c.thread.handle));
	EXPECT_TRUE(counting_end(&c));
}

JX_TEST(tasks_7_4_c6_pointer)
{
	struct counting c;
	zx_handle_t token;

	ASSERT_TRUE(counting_start(&c));
	token = suspend_now(c.thread.handle);
	EXPECT_STATUS(zx_thread_read_state(c.thread.handle, GENERAL, NULL, GENERAL_BYTES),
		      ZX_ERR_INVALID_ARGS);
	/* What is behind the record stays. */
	memset(buffer, 0x55, sizeof(buffer));
	EXPECT_STATUS(zx_thread_read_state(c.thread.handle, GENERAL, buffer, sizeof(buffer)),
		      ZX_OK);
	EXPECT_EQ(buffer[GENERAL_BYTES], 0x55);
	EXPECT_TRUE(suspend_end(&token, c.thread.handle));
	EXPECT_TRUE(counting_end(&c));
}

/* --- Writing -------------------------------------------------------------------- */

JX_TEST(tasks_7_5_c1_handle)
{
	zx_handle_t bare = without(zx_thread_self(), ZX_RIGHT_WRITE);

	EXPECT_STATUS(zx_thread_write_state(0, 99, NULL, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_thread_write_state(zx_process_self(), 99, NULL, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_thread_write_state(bare, 99, NULL, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
}

JX_TEST(tasks_7_5_c2_kind)
{
	EXPECT_STATUS(zx_thread_write_state(zx_thread_self(), 3, NULL, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_write_state(zx_thread_self(), 99, NULL, 0), ZX_ERR_INVALID_ARGS);
}

/* Size, then the copy, then the state. */
JX_TEST(tasks_7_5_c3_size)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		EXPECT_STATUS(zx_thread_write_state(zx_thread_self(), kinds[i].kind, NULL,
						    kinds[i].bytes - 1), ZX_ERR_BUFFER_TOO_SMALL);
}

JX_TEST(tasks_7_5_c4_pointer)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		EXPECT_STATUS(zx_thread_write_state(zx_thread_self(), kinds[i].kind, NULL,
						    kinds[i].bytes), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_7_5_c5_state)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (kinds[i].kind == ZX_THREAD_STATE_DEBUG_REGS)
			continue;
		EXPECT_STATUS(zx_thread_write_state(zx_thread_self(), kinds[i].kind, buffer,
						    kinds[i].bytes), ZX_ERR_BAD_STATE);
	}
}

JX_TEST(tasks_7_5_c6_not_on_this_machine)
{
	struct counting c;
	zx_handle_t token;

	ASSERT_TRUE(counting_start(&c));
	token = suspend_now(c.thread.handle);
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (!kinds[i].here)
			EXPECT_STATUS(zx_thread_write_state(c.thread.handle, kinds[i].kind, buffer,
							    kinds[i].bytes), ZX_ERR_NOT_SUPPORTED);
	EXPECT_TRUE(suspend_end(&token, c.thread.handle));
	EXPECT_TRUE(counting_end(&c));
}

/* What store_code finds in all registers. */
struct found {
	uint64_t x[31];
	uint64_t sp, tpidr, nzcv;
};

/* x0 names a struct found; it ends in a loop. The other one begins with a sleep
 * until x0, after which x27 names the struct and x20 is what the call gave. */
#define TEXT_OF(number) #number
#define SYS_NUMBER(number) TEXT_OF(number)
__asm__(".pushsection .text\n"
	".balign 4\n"
	"sleep_code:\n"
	"\tmov x16, #" SYS_NUMBER(SYS_nanosleep) "\n"
	"\tsvc #0\n"
	"\tmov x20, x0\n"
	"\tmov x0, x27\n"
	"store_code:\n"
	"\tstp x0, x1, [x0]\n"
	"\tstp x2, x3, [x0, #16]\n"
	"\tstp x4, x5, [x0, #32]\n"
	"\tstp x6, x7, [x0, #48]\n"
	"\tstp x8, x9, [x0, #64]\n"
	"\tstp x10, x11, [x0, #80]\n"
	"\tstp x12, x13, [x0, #96]\n"
	"\tstp x14, x15, [x0, #112]\n"
	"\tstp x16, x17, [x0, #128]\n"
	"\tstp x18, x19, [x0, #144]\n"
	"\tstp x20, x21, [x0, #160]\n"
	"\tstp x22, x23, [x0, #176]\n"
	"\tstp x24, x25, [x0, #192]\n"
	"\tstp x26, x27, [x0, #208]\n"
	"\tstp x28, x29, [x0, #224]\n"
	"\tmov x1, sp\n"
	"\tstp x30, x1, [x0, #240]\n"
	"\tmrs x1, tpidr_el0\n"
	"\tmrs x2, nzcv\n"
	"\tstp x1, x2, [x0, #256]\n"
	"done_code:\n"
	"\tadrp x1, stored_all\n"
	"\tadd x1, x1, :lo12:stored_all\n"
	"\tmov w2, #1\n"
	"\tstlr w2, [x1]\n"
	"\tb .\n"
	/* Some of the vector registers to x0. */
	"vector_code:\n"
	"\tstp q0, q31, [x0]\n"
	"\tmrs x1, fpcr\n"
	"\tmrs x2, fpsr\n"
	"\tstp x1, x2, [x0, #32]\n"
	"\tb done_code\n"
	".popsection\n");
/* Hidden: by way of a GOT the linker loses how far behind .text they are. */
extern const char sleep_code[] __attribute__((visibility("hidden")));
extern const char store_code[] __attribute__((visibility("hidden")));
extern const char vector_code[] __attribute__((visibility("hidden")));
extern _Atomic uint32_t stored_all;
_Atomic uint32_t stored_all __attribute__((visibility("hidden")));

static struct found found;

static bool await_stored(void)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);

	while (!stored_all) {
		if (!EXPECT_TRUE(zx_clock_get_monotonic() < end))
			return false;
		zx_nanosleep(0);
	}
	return true;
}

/* A thread that stands still. */
static bool subject_make(struct counting *c, zx_handle_t *token, general_t *regs)
{
	stored_all = 0;
	memset(&found, 0, sizeof(found));
	if (!counting_start(c))
		return false;
	*token = suspend_now(c->thread.handle);
	return EXPECT_STATUS(suspend_read_general(c->thread.handle, regs), ZX_OK);
}

static void subject_drop(struct counting *c)
{
	EXPECT_STATUS(zx_task_kill(c->thread.handle), ZX_OK);
	EXPECT_TRUE(task_join(&c->thread, NULL));
}

static general_t odd_values(uint64_t x0, const char *pc)
{
	general_t regs = { .lr = 0x3030, .sp = 0x1234567890ul, .cpsr = ~0ul,
			   .tpidr = 0xfedcba9876543210ul, .pc = (uint64_t)(uintptr_t)pc };

	for (uint64_t i = 0; i < 30; i++)
		regs.r[i] = 0xabcdef0000000000ul + i;
	regs.r[0] = x0;
	return regs;
}

static void expect_found(const general_t *regs)
{
	for (int i = 0; i < 30; i++)
		EXPECT_EQ(found.x[i], regs->r[i]);
	EXPECT_EQ(found.x[30], regs->lr);
	EXPECT_EQ(found.sp, regs->sp);
	EXPECT_EQ(found.tpidr, regs->tpidr);
	EXPECT_EQ(found.nzcv, regs->cpsr);
}

/* All of it arrives; of cpsr the flags alone. */
JX_TEST(tasks_7_5_r1_general)
{
	general_t regs, again;
	zx_handle_t token;
	struct counting c;

	ASSERT_TRUE(subject_make(&c, &token, &regs));
	EXPECT_TRUE(regs.tpidr != 0 && (regs.cpsr & ~0xf0000000ul) == 0);
	regs = odd_values((uint64_t)(uintptr_t)&found, store_code);
	EXPECT_STATUS(suspend_write_general(c.thread.handle, &regs), ZX_OK);
	ASSERT_STATUS(suspend_read_general(c.thread.handle, &again), ZX_OK);
	regs.cpsr = 0xf0000000;
	EXPECT_EQ(memcmp(&again, &regs, sizeof(regs)), 0);
	zx_handle_close(token);
	EXPECT_TRUE(await_stored());
	expect_found(&regs);
	subject_drop(&c);
}

/* In a call whose pc stays: the call goes on to its end, x0 is its result, and
 * the others are what was written. */
JX_TEST(tasks_7_5_r8_in_a_call)
{
	zx_time_t deadline;
	general_t regs;
	zx_handle_t token;
	struct counting c;

	ASSERT_TRUE(subject_make(&c, &token, &regs));
	deadline = zx_deadline_after(ZX_MSEC(200));
	regs = odd_values((uint64_t)deadline, sleep_code);
	regs.r[27] = (uint64_t)(uintptr_t)&found;
	EXPECT_STATUS(suspend_write_general(c.thread.handle, &regs), ZX_OK);
	EXPECT_TRUE(suspend_end(&token, c.thread.handle));
	EXPECT_TRUE(task_await_state(c.thread.handle, ZX_THREAD_STATE_BLOCKED_SLEEPING));
	token = suspend_now(c.thread.handle);
	ASSERT_STATUS(suspend_read_general(c.thread.handle, &regs), ZX_OK);
	/* Behind the svc, with its arguments. */
	EXPECT_EQ(regs.pc, (uint64_t)(uintptr_t)sleep_code + 8);
	EXPECT_EQ(regs.r[5], 0xabcdef0000000005ul);
	EXPECT_EQ(regs.r[16], SYS_nanosleep);
	regs = odd_values(0xdead, sleep_code + 8);
	regs.r[27] = (uint64_t)(uintptr_t)&found;
	regs.sp -= 64;
	EXPECT_STATUS(suspend_write_general(c.thread.handle, &regs), ZX_OK);
	zx_handle_close(token);
	EXPECT_TRUE(await_stored());
	EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
	regs.r[0] = regs.r[27];
	regs.r[20] = ZX_OK;
	regs.cpsr = 0xf0000000;
	expect_found(&regs);
	subject_drop(&c);
}

/* Any pc is accepted, and faults in user mode. */
JX_TEST(tasks_7_5_r2_odd_pc)
{
	const uint64_t odd[] = { 0, 1ul << 63, 0xffff000000000000ul, ~3ul, 1ul << 48,
				 (uint64_t)(uintptr_t)store_code + 2, ~0ul };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		zx_handle_t token, channel;
		struct exc_caught e;
		struct counting c;
		general_t regs;

		ASSERT_TRUE(subject_make(&c, &token, &regs));
		channel = exc_bind(c.thread.handle, 0);
		regs.pc = odd[i];
		EXPECT_STATUS(suspend_write_general(c.thread.handle, &regs), ZX_OK);
		zx_handle_close(token);
		ASSERT_TRUE(exc_catch(channel, &e));
		if (odd[i] % 4 == 0)
			EXPECT_EQ(e.info.type, ZX_EXCP_FATAL_PAGE_FAULT);
		ASSERT_STATUS(suspend_read_general(c.thread.handle, &regs), ZX_OK);
		EXPECT_EQ(regs.pc, odd[i]);
		EXPECT_STATUS(zx_task_kill(c.thread.handle), ZX_OK);
		exc_next(&e);
		EXPECT_TRUE(task_join(&c.thread, NULL));
		zx_handle_close(channel);
	}
}

JX_TEST(tasks_7_5_r3_vectors)
{
	static uint64_t stored[6] __attribute__((aligned(16)));
	zx_thread_state_vector_regs_t v, again;
	general_t regs;
	zx_handle_t token;
	struct counting c;

	ASSERT_TRUE(subject_make(&c, &token, &regs));
	for (uint64_t i = 0; i < 32; i++) {
		v.v[i].low = 0x1111 * i + 1;
		v.v[i].high = ~i;
	}
	v.fpcr = ~0u;
	v.fpsr = ~0u;
	EXPECT_STATUS(zx_thread_write_state(c.thread.handle, ZX_THREAD_STATE_VECTOR_REGS, &v,
					    sizeof(v)), ZX_OK);
	ASSERT_STATUS(zx_thread_read_state(c.thread.handle, ZX_THREAD_STATE_VECTOR_REGS, &again,
					   sizeof(again)), ZX_OK);
	/* Reserved bits are not kept. */
	EXPECT_EQ(again.fpcr & 0xf80000ff, 0);
	EXPECT_EQ(again.fpsr, 0xf800009f);
	EXPECT_EQ(memcmp(again.v, v.v, sizeof(v.v)), 0);
	regs.pc = (uint64_t)(uintptr_t)vector_code;
	regs.r[0] = (uint64_t)(uintptr_t)stored;
	EXPECT_STATUS(suspend_write_general(c.thread.handle, &regs), ZX_OK);
	zx_handle_close(token);
	EXPECT_TRUE(await_stored());
	EXPECT_EQ(memcmp(stored, &v.v[0], 16), 0);
	EXPECT_EQ(memcmp(stored + 2, &v.v[31], 16), 0);
	/* DN, FZ and the rounding mode are there on every CPU. */
	EXPECT_EQ(stored[4] & 0x03c00000, 0x03c00000);
	EXPECT_EQ(stored[5] & 0x0800009f, 0x0800009f);
	subject_drop(&c);
}

/* A record that is larger is accepted, and the rest not looked at. */
JX_TEST(tasks_7_5_r4_larger)
{
	uint8_t large[GENERAL_BYTES + 8];
	general_t regs, again;
	zx_handle_t token;
	struct counting c;

	ASSERT_TRUE(subject_make(&c, &token, &regs));
	memset(large, 0xff, sizeof(large));
	regs.r[28] = 4711;
	memcpy(large, &regs, sizeof(regs));
	EXPECT_STATUS(zx_thread_write_state(c.thread.handle, GENERAL, large, sizeof(large)),
		      ZX_OK);
	EXPECT_STATUS(suspend_read_general(c.thread.handle, &again), ZX_OK);
	EXPECT_EQ(memcmp(&again, &regs, sizeof(regs)), 0);
	subject_drop(&c);
	zx_handle_close(token);
}

/* --- First instruction (18.1) ---------------------------------------------------- */

static void expect_fresh(const general_t *regs)
{
	for (int i = 2; i < 30; i++)
		EXPECT_EQ(regs->r[i], 0);
	EXPECT_EQ(regs->lr, 0);
	EXPECT_EQ(regs->tpidr, 0);
	EXPECT_EQ(regs->cpsr, 0);
}

/* What a debugger sees before the first instruction. */
JX_TEST(tasks_18_1_r1_as_seen_from_outside)
{
	zx_handle_t image = task_image(), token, event = ZX_HANDLE_INVALID;
	static const zx_thread_state_vector_regs_t zero;
	zx_thread_state_vector_regs_t v;
	struct task_child child;
	general_t regs;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_TRUE(task_child_create(&child, image));
	token = suspend_token(child.thread);
	EXPECT_STATUS(zx_process_start(child.process, child.thread, 0x123456780ul, 0x56780, event,
				       99), ZX_OK);
	EXPECT_TRUE(task_await_signal(child.thread, ZX_THREAD_SUSPENDED));
	ASSERT_STATUS(suspend_read_general(child.thread, &regs), ZX_OK);
	EXPECT_EQ(regs.pc, 0x123456780ul);
	EXPECT_EQ(regs.sp, 0x56780);
	/* The new process's value of the handle. */
	EXPECT_TRUE(regs.r[0] != 0 && (regs.r[0] >> 32) == 0);
	EXPECT_EQ(regs.r[1], 99);
	expect_fresh(&regs);
	ASSERT_STATUS(zx_thread_read_state(child.thread, ZX_THREAD_STATE_VECTOR_REGS, &v,
					   sizeof(v)), ZX_OK);
	EXPECT_EQ(memcmp(&v, &zero, sizeof(v)), 0);
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	zx_handle_close(token);
	task_child_drop(&child);
	zx_handle_close(image);
}

/* What the thread itself sees. */
JX_TEST(tasks_18_1_r2_as_seen_from_inside)
{
	zx_handle_t thread = ZX_HANDLE_INVALID;
	general_t regs = { .sp = 0x777770 };

	stored_all = 0;
	memset(&found, 0xff, sizeof(found));
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "bare", 4, 0, &thread), ZX_OK);
	ASSERT_STATUS(zx_thread_start(thread, (uintptr_t)store_code, regs.sp,
				      (uintptr_t)&found, 0x123456789abcdef0ul), ZX_OK);
	EXPECT_TRUE(await_stored());
	regs.r[0] = (uintptr_t)&found;
	regs.r[1] = 0x123456789abcdef0ul;
	expect_found(&regs);
	EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
	EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
	zx_handle_close(thread);
}
