/* How processes and threads begin and end (tasks.md 5-7, 9). */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/jx.h>
#include <zircon/process.h>

#include "pager_util.h"

static void exit_with(uintptr_t none, uintptr_t code)
{
	(void)none;
	zx_process_exit((int64_t)code);
}

static void end_thread(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	zx_thread_exit();
}

static void sleep_for_ever(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	zx_nanosleep(ZX_TIME_INFINITE);
}

/* All 64 bits of a code arrive, and those of the kernel's can be chosen too. */
JX_TEST(process_exit_codes)
{
	static const int64_t codes[] = { 0, 1, -1, 255, 256, INT32_MAX, INT64_MAX, INT64_MIN,
					 ZX_TASK_RETCODE_SYSCALL_KILL };
	zx_handle_t image = task_image();

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct task_child child;
		int64_t code = 5;

		ASSERT_TRUE(task_child_create(&child, image));
		ASSERT_TRUE(task_child_start(&child, exit_with, (uintptr_t)codes[i]));
		EXPECT_TRUE(task_child_await(&child, &code));
		EXPECT_EQ(code, codes[i]);
		EXPECT_TRUE(task_process_info(child.process).started);
		/* Too late: it is dead, and the code stays. */
		EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
		EXPECT_EQ(task_process_info(child.process).return_code, codes[i]);
		task_child_drop(&child);
	}
	zx_handle_close(image);
}

/* The last thread's end is the process's, with code 0; an exit ends all. */
JX_TEST(process_ends_with_its_last_thread)
{
	zx_handle_t image = task_image(), second = 0;
	struct task_child child;
	int64_t code = 5;

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, sleep_for_ever, 0));
	ASSERT_TRUE(task_child_add_thread(&child, 1, end_thread, 0, 0, &second));
	EXPECT_TRUE(task_await_signal(second, ZX_THREAD_TERMINATED));
	zx_handle_close(second);
	EXPECT_TRUE(!task_process_info(child.process).exited);
	EXPECT_STATUS(zx_task_kill(child.thread), ZX_OK);
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, 0);
	task_child_drop(&child);
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, sleep_for_ever, 0));
	ASSERT_TRUE(task_child_add_thread(&child, 1, exit_with, 0, 9, &second));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, 9);
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_DEAD);
	zx_handle_close(second);
	task_child_drop(&child);
	zx_handle_close(image);
}

/* 5.1: whoever sees TERMINATED finds handles closed and mappings gone. */
JX_TEST(process_terminated_comes_after_its_handles_and_mappings)
{
	zx_handle_t image = task_image();

	for (int i = 0; i < 20; i++) {
		zx_info_handle_count_t count = { 0 };
		zx_handle_t vmo = 0, event = 0;
		zx_info_vmo_t info = { 0 };
		struct task_child child;
		zx_vaddr_t at = 0;
		int64_t code;

		ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
		ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
		ASSERT_TRUE(task_child_create(&child, image));
		ASSERT_TRUE(task_child_map(&child, vmo, PAGE, &at));
		ASSERT_TRUE(task_child_start_with(&child, i % 2 ? sleep_for_ever : exit_with,
						  event, 3));
		if (i % 2)
			EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
		EXPECT_TRUE(task_child_await(&child, &code));
		EXPECT_TRUE(task_process_info(child.process).exited);
		EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL),
			      ZX_OK);
		EXPECT_EQ(info.num_mappings, 0);
		EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count),
						 NULL, NULL), ZX_OK);
		EXPECT_EQ(count.handle_count, 1);
		EXPECT_STATUS(zx_vmar_map(child.vmar, TASK_RW, 0, vmo, 0, PAGE, &at),
			      ZX_ERR_BAD_STATE);
		task_child_drop(&child);
		zx_handle_close(event);
		zx_handle_close(vmo);
	}
	zx_handle_close(image);
}

/* A process whose handles are all gone runs on (5.4). */
JX_TEST(process_runs_on_without_handles)
{
	zx_handle_t image = task_image(), value = 0, event = 0;
	struct task_child child;
	zx_info_handle_count_t count = { 0 };
	zx_koid_t koid;
	zx_handle_t again = 0;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_TRUE(task_child_create(&child, image));
	koid = task_koid(child.process);
	ASSERT_TRUE(task_child_start_with(&child, sleep_for_ever, event, 0));
	const zx_handle_t all[] = { child.process, child.vmar, child.thread };

	EXPECT_STATUS(zx_handle_close_many(all, 3), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(count.handle_count, 2);
	/* Its job still knows it. */
	ASSERT_STATUS(zx_object_get_child(zx_job_default(), koid, ZX_RIGHT_SAME_RIGHTS, &again),
		      ZX_OK);
	EXPECT_STATUS(zx_task_kill(again), ZX_OK);
	EXPECT_TRUE(task_await_signal(again, ZX_PROCESS_TERMINATED));
	EXPECT_STATUS(zx_object_get_child(zx_job_default(), koid, ZX_RIGHT_SAME_RIGHTS, &value),
		      ZX_ERR_NOT_FOUND);
	zx_handle_close(again);
	zx_handle_close(event);
	zx_handle_close(image);
}

struct starting {
	zx_handle_t thread;
	zx_vaddr_t entry;
	zx_vaddr_t stack;
	_Atomic int *won;
};

static int start_it(void *arg)
{
	struct starting *s = arg;
	zx_status_t status = zx_thread_start(s->thread, s->entry, s->stack, 0, 0);

	*s->won += status == ZX_OK;
	return status;
}

/* 7.2: of several starters exactly one wins, the others get BAD_STATE. */
JX_TEST(thread_start_races)
{
	static uint8_t stacks[4096] __attribute__((aligned(16)));

	for (int i = 0; i < 20; i++) {
		struct jx_thread starters[3];
		_Atomic int won = 0;
		struct starting s = { .entry = (zx_vaddr_t)end_thread, .won = &won,
				      .stack = (zx_vaddr_t)stacks + sizeof(stacks) };

		ASSERT_STATUS(zx_thread_create(zx_process_self(), "raced", 5, 0, &s.thread), ZX_OK);
		for (int t = 0; t < 3; t++)
			ASSERT_STATUS(jx_thread_create(&starters[t], "start", start_it, &s), ZX_OK);
		for (int t = 0; t < 3; t++) {
			int result = 1;

			ASSERT_TRUE(task_join(&starters[t], &result));
			EXPECT_TRUE(result == ZX_OK || result == ZX_ERR_BAD_STATE);
		}
		EXPECT_EQ(won, 1);
		EXPECT_TRUE(task_await_signal(s.thread, ZX_THREAD_TERMINATED));
		EXPECT_STATUS(start_it(&s), ZX_ERR_BAD_STATE);
		zx_handle_close(s.thread);
	}
}

struct killing {
	zx_handle_t process;
};

static int kill_it(void *arg)
{
	return zx_task_kill(((struct killing *)arg)->process);
}

/* 7.2: a start while the process is killed fails, or gives a dead thread. */
JX_TEST(thread_start_races_with_kill)
{
	zx_handle_t image = task_image();

	for (int i = 0; i < 20; i++) {
		struct task_child child;
		struct jx_thread killer;
		zx_handle_t second = 0;
		struct killing k;
		zx_status_t status;
		int64_t code;

		ASSERT_TRUE(task_child_create(&child, image));
		ASSERT_TRUE(task_child_start(&child, sleep_for_ever, 0));
		ASSERT_STATUS(zx_thread_create(child.process, "s", 1, 0, &second), ZX_OK);
		k.process = child.process;
		ASSERT_STATUS(jx_thread_create(&killer, "kill", kill_it, &k), ZX_OK);
		status = zx_thread_start(second, (zx_vaddr_t)sleep_for_ever, child.stacks + 8192,
					 0, 0);
		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_BAD_STATE);
		ASSERT_TRUE(task_join(&killer, NULL));
		EXPECT_TRUE(task_child_await(&child, &code));
		EXPECT_EQ(code, ZX_TASK_RETCODE_SYSCALL_KILL);
		if (status == ZX_OK)
			EXPECT_TRUE(task_await_signal(second, ZX_THREAD_TERMINATED));
		zx_handle_close(second);
		task_child_drop(&child);
	}
	zx_handle_close(image);
}

/* 5.2: signals and states of a thread from NEW to DEAD. */
JX_TEST(thread_states_and_signals)
{
	zx_handle_t image = task_image();
	struct task_child child;
	zx_signals_t seen = 99;

	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_NEW);
	EXPECT_STATUS(zx_object_wait_one(child.thread, ZX_THREAD_TERMINATED, 0, &seen),
		      ZX_ERR_TIMED_OUT);
	EXPECT_EQ(seen, 0);
	ASSERT_TRUE(task_child_start(&child, sleep_for_ever, 0));
	EXPECT_STATUS(zx_object_wait_one(child.thread, ZX_THREAD_RUNNING, 0, &seen), ZX_OK);
	EXPECT_EQ(seen, ZX_THREAD_RUNNING);
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_TRUE(task_await_signal(child.thread, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_object_wait_one(child.thread, 0, 0, &seen), ZX_ERR_TIMED_OUT);
	EXPECT_EQ(seen, ZX_THREAD_TERMINATED);
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_DEAD);
	task_child_drop(&child);
	zx_handle_close(image);
}

/* 18.1: what a thread finds at its first instruction. */
void report_registers(uintptr_t arg1, uintptr_t arg2);
__asm__(".pushsection .text, \"ax\"\n"
	".type report_registers, %function\n"
	"report_registers:\n"
	"	orr x2, x2, x3\n	orr x2, x2, x4\n	orr x2, x2, x5\n"
	"	orr x2, x2, x6\n	orr x2, x2, x7\n	orr x2, x2, x8\n"
	"	orr x2, x2, x9\n	orr x2, x2, x10\n	orr x2, x2, x11\n"
	"	orr x2, x2, x12\n	orr x2, x2, x13\n	orr x2, x2, x14\n"
	"	orr x2, x2, x15\n	orr x2, x2, x16\n	orr x2, x2, x17\n"
	"	orr x2, x2, x18\n	orr x2, x2, x19\n	orr x2, x2, x20\n"
	"	orr x2, x2, x21\n	orr x2, x2, x22\n	orr x2, x2, x23\n"
	"	orr x2, x2, x24\n	orr x2, x2, x25\n	orr x2, x2, x26\n"
	"	orr x2, x2, x27\n	orr x2, x2, x28\n	orr x2, x2, x29\n"
	"	orr x2, x2, x30\n"
	"	mrs x3, tpidr_el0\n	orr x2, x2, x3\n"
	"	mrs x3, nzcv\n	orr x2, x2, x3\n"
	"	mrs x3, fpcr\n	orr x2, x2, x3\n"
	"	mrs x3, fpsr\n	orr x2, x2, x3\n"
	"	fmov x3, d0\n	orr x2, x2, x3\n	fmov x3, d31\n	orr x2, x2, x3\n"
	"	orr x2, x2, x0\n"
	"	eor x0, x1, x2\n"
	"	b zx_process_exit\n"
	".size report_registers, . - report_registers\n"
	".popsection\n");

JX_TEST(thread_starts_with_clean_registers)
{
	zx_handle_t image = task_image();
	struct task_child child;
	int64_t code = 0;

	ASSERT_TRUE(task_child_create(&child, image));
	/* All zero but x1: so the code is what it held. */
	ASSERT_TRUE(task_child_start(&child, report_registers, 0x1234567890abcdeful));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, 0x1234567890abcdeful);
	task_child_drop(&child);
	zx_handle_close(image);
}
