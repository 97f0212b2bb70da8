/* Kill, suspend, and what a handler may do meanwhile: spec/tasks.md 14.5, 14.6, 8. */
#include <string.h>

#include "exc_util.h"
#include "suspend_util.h"

#define DEBUGGER ZX_EXCEPTION_CHANNEL_DEBUGGER

struct kept {
	struct exc_child c;
	zx_handle_t process, debugger;
	struct exc_caught e;
};

/* Held by the debugger, with the process's own handler next in line. */
static bool kept_make(struct kept *k)
{
	if (!exc_child_make(&k->c))
		return false;
	k->process = exc_bind(k->c.task.process, 0);
	k->debugger = exc_bind(k->c.task.process, DEBUGGER);
	if (!task_child_start(&k->c.task, exc_run_load, k->c.hole))
		return false;
	exc_pass(k->debugger, ZX_EXCP_THREAD_STARTING);
	return exc_catch_type(k->debugger, ZX_EXCP_FATAL_PAGE_FAULT, &k->e);
}

static void kept_drop(struct kept *k)
{
	zx_handle_close(k->e.handle);
	zx_handle_close(k->process);
	zx_handle_close(k->debugger);
	exc_child_drop(&k->c);
}

/* THREAD_EXITING is there, and nobody waited for its answer. */
JX_TEST(tasks_14_6_r1_kill_ends_the_wait)
{
	struct exc_caught exiting;
	struct kept k;

	for (int task = 0; task < 2; task++) {
		ASSERT_TRUE(kept_make(&k));
		ASSERT_STATUS(zx_task_kill(task ? k.c.task.process : k.c.task.thread), ZX_OK);
		exc_expect_end(&k.c, task ? ZX_TASK_RETCODE_SYSCALL_KILL : 0);
		exc_expect_none(k.process);
		EXPECT_STATUS(exc_set_state(&k.e, ZX_EXCEPTION_STATE_HANDLED), ZX_OK);
		exc_next(&k.e);
		exc_expect_none(k.process);
		if (exc_catch_type(k.debugger, ZX_EXCP_THREAD_EXITING, &exiting)) {
			EXPECT_STATUS(exc_set_state(&exiting, ZX_EXCEPTION_STATE_HANDLED), ZX_OK);
			exc_next(&exiting);
		}
		exc_expect_none(k.debugger);
		kept_drop(&k);
	}
}

/* The message that it came with is still unread. */
JX_TEST(tasks_14_6_r1_kill_before_the_message_is_read)
{
	struct exc_caught e;
	struct kept k;

	ASSERT_TRUE(kept_make(&k));
	exc_next(&k.e);
	task_await_signal(k.process, ZX_CHANNEL_READABLE);
	ASSERT_STATUS(zx_task_kill(k.c.task.process), ZX_OK);
	exc_expect_end(&k.c, ZX_TASK_RETCODE_SYSCALL_KILL);
	if (exc_catch_type(k.process, ZX_EXCP_FATAL_PAGE_FAULT, &e))
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_pass(k.debugger, ZX_EXCP_THREAD_EXITING);
	kept_drop(&k);
}

/* Token first, exception first. */
JX_TEST(tasks_14_6_r2_suspend_does_not_interrupt)
{
	zx_handle_t token;
	struct kept k;

	for (int exception_first = 0; exception_first < 2; exception_first++) {
		ASSERT_TRUE(kept_make(&k));
		token = suspend_token(k.c.task.thread);
		EXPECT_STATUS(zx_object_wait_one(k.c.task.thread, ZX_THREAD_SUSPENDED, 0, NULL),
			      ZX_ERR_TIMED_OUT);
		EXPECT_EQ(task_thread_info(k.c.task.thread).state,
			  ZX_THREAD_STATE_BLOCKED_EXCEPTION);
		exc_child_fill(&k.c, EXC_VALUE);
		if (exception_first) {
			exc_answer(&k.e, ZX_EXCEPTION_STATE_HANDLED);
			task_await_signal(k.c.task.thread, ZX_THREAD_SUSPENDED);
			task_await_state(k.c.task.thread, ZX_THREAD_STATE_SUSPENDED);
			zx_handle_close(token);
		} else {
			zx_handle_close(token);
			EXPECT_EQ(task_thread_info(k.c.task.thread).state,
				  ZX_THREAD_STATE_BLOCKED_EXCEPTION);
			exc_answer(&k.e, ZX_EXCEPTION_STATE_HANDLED);
		}
		exc_pass(k.debugger, ZX_EXCP_THREAD_EXITING);
		exc_expect_end(&k.c, EXC_VALUE);
		kept_drop(&k);
	}
}

JX_TEST(tasks_14_6_r3_report_of_a_held_thread)
{
	zx_exception_report_v1_t r;
	struct kept k;

	ASSERT_TRUE(kept_make(&k));
	r = exc_short_report(k.c.task.thread);
	EXPECT_EQ(r.header.type, k.e.info.type);
	EXPECT_EQ(r.context.arch.u.arm_64.far, k.c.hole);
	/* The next handler sees the same one. */
	exc_next(&k.e);
	ASSERT_TRUE(exc_catch(k.process, &k.e));
	EXPECT_TRUE(memcmp(&r, &(zx_exception_report_v1_t){ 0 }, sizeof(r)) != 0);
	r = exc_short_report(k.c.task.thread);
	EXPECT_EQ(r.header.type, k.e.info.type);
	EXPECT_EQ(r.context.arch.u.arm_64.far, k.c.hole);
	kept_drop(&k);
}

/* Loads twice; adds what a handler has put into x10 to what it loads. */
static void load_twice(uintptr_t unused, uintptr_t at)
{
	int64_t sum;

	(void)unused;
	__asm__ volatile("mov x19, #1\n\t"
			 "mov x20, x29\n\t"
			 "mov x29, #2\n\t"
			 "ldr x9, [%1]\n\t"
			 "ldr x9, [%1]\n\t"
			 "add %0, x10, x19\n\t"
			 "add %0, %0, x29\n\t"
			 "mov x29, x20\n\t"
			 : "=&r"(sum) : "r"(at) : "x9", "x10", "x19", "x20");
	zx_process_exit(sum);
}

/* The handler steps over the faulting loads and writes registers, those that the
 * kernel's own code preserves among them. */
JX_TEST(tasks_14_5_r4_handler_writes_registers)
{
	zx_thread_state_general_regs_t regs;
	zx_handle_t channel;
	struct exc_caught e;
	struct exc_child c;
	uint64_t pc = 0;

	ASSERT_TRUE(exc_child_make(&c));
	channel = exc_bind(c.task.thread, 0);
	ASSERT_TRUE(task_child_start(&c.task, load_twice, c.hole));
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
		ASSERT_STATUS(suspend_read_general(c.task.thread, &regs), ZX_OK);
		EXPECT_EQ(regs.r[19], i ? 0x300 : 1);
		EXPECT_EQ(regs.r[29], i ? 0x5000 : 2);
		if (i)
			EXPECT_EQ(regs.pc, pc);
		regs.pc += 4;
		pc = regs.pc;
		regs.r[10] = 0x70000;
		regs.r[19] = 0x300;
		regs.r[29] = 0x5000;
		ASSERT_STATUS(suspend_write_general(c.task.thread, &regs), ZX_OK);
		exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	}
	exc_expect_end(&c, 0x75300);
	zx_handle_close(channel);
	exc_child_drop(&c);
}

/* Before its first instruction: it begins elsewhere, with other arguments. */
JX_TEST(tasks_14_5_r4_registers_of_a_starting_thread)
{
	zx_thread_state_general_regs_t regs;
	zx_handle_t debugger;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	debugger = exc_bind(c.task.process, DEBUGGER);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_wait, 5));
	ASSERT_TRUE(exc_catch_type(debugger, ZX_EXCP_THREAD_STARTING, &e));
	ASSERT_STATUS(suspend_read_general(c.task.thread, &regs), ZX_OK);
	EXPECT_EQ(regs.pc, (uint64_t)exc_run_wait);
	EXPECT_EQ(regs.r[0], 0);
	EXPECT_EQ(regs.r[1], 5);
	regs.pc = (uint64_t)exc_run_exit;
	regs.r[1] = EXC_VALUE;
	ASSERT_STATUS(suspend_write_general(c.task.thread, &regs), ZX_OK);
	exc_next(&e);
	exc_expect_end(&c, EXC_VALUE);
	zx_handle_close(debugger);
	exc_child_drop(&c);
}

/* After zx_thread_exit, and of one that is killed in an exception. */
JX_TEST(tasks_14_5_r4_registers_of_an_exiting_thread)
{
	zx_thread_state_general_regs_t regs;
	zx_handle_t debugger;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	debugger = exc_bind(c.task.process, DEBUGGER);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_thread_exit, 0));
	exc_pass(debugger, ZX_EXCP_THREAD_STARTING);
	ASSERT_TRUE(exc_catch_type(debugger, ZX_EXCP_THREAD_EXITING, &e));
	ASSERT_STATUS(suspend_read_general(c.task.thread, &regs), ZX_OK);
	EXPECT_TRUE(regs.pc != 0 && regs.sp > c.task.stacks &&
		    regs.sp <= c.task.stacks + PAGE);
	exc_next(&e);
	exc_expect_end(&c, 0);
	EXPECT_STATUS(suspend_read_general(c.task.thread, &regs), ZX_ERR_BAD_STATE);
	zx_handle_close(debugger);
	exc_child_drop(&c);
}

/* Memory of a held process: what the handler writes is what it finds. */
JX_TEST(tasks_14_5_r5_handler_writes_memory)
{
	const uint64_t word = EXC_VALUE;
	zx_handle_t process;
	struct exc_caught e;
	struct exc_child c;
	size_t done;

	ASSERT_TRUE(exc_child_make(&c));
	process = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	ASSERT_TRUE(exc_catch(process, &e));
	exc_child_fill(&c, 1);
	ASSERT_STATUS(zx_process_write_memory(c.task.process, c.hole, &word, sizeof(word), &done),
		      ZX_OK);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_expect_end(&c, EXC_VALUE);
	zx_handle_close(process);
	exc_child_drop(&c);
}

/* A handler in a process of its own; runs in a child. */
static void take_and_keep(uintptr_t channel, uintptr_t unused)
{
	zx_exception_info_t info;
	zx_handle_t exception;

	(void)unused;
	zx_object_wait_one((zx_handle_t)channel, ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL);
	zx_channel_read((zx_handle_t)channel, 0, &info, &exception, sizeof(info), 1, NULL, NULL);
	zx_nanosleep(ZX_TIME_INFINITE);
}

JX_TEST(tasks_14_3_r2_the_handlers_process_dies)
{
	struct exc_child handler;
	zx_handle_t channel, process;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&handler));
	ASSERT_TRUE(exc_child_make(&c));
	process = exc_bind(c.task.process, 0);
	channel = exc_bind(c.task.thread, 0);
	ASSERT_STATUS(zx_process_start(handler.task.process, handler.task.thread,
				       (zx_vaddr_t)take_and_keep, handler.task.stacks + PAGE,
				       channel, 0), ZX_OK);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	task_await_state(handler.task.thread, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	EXPECT_EQ(task_thread_info(c.task.thread).wait_exception_channel_type,
		  ZX_EXCEPTION_CHANNEL_TYPE_THREAD);
	exc_expect_none(process);
	ASSERT_STATUS(zx_task_kill(handler.task.process), ZX_OK);
	ASSERT_TRUE(exc_catch_type(process, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	exc_child_fill(&c, EXC_VALUE);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_expect_end(&c, EXC_VALUE);
	zx_handle_close(process);
	exc_child_drop(&c);
	exc_child_drop(&handler);
}

/* It waits for itself, which only a kill ends; runs in a child. */
static void handle_oneself(uintptr_t thread, uintptr_t at)
{
	zx_handle_t channel;

	if (zx_task_create_exception_channel((zx_handle_t)thread, 0, &channel) == ZX_OK)
		zx_process_exit(*(volatile int64_t *)at);
	zx_process_exit(1);
}

JX_TEST(tasks_14_6_r1_kill_of_ones_own_handler)
{
	zx_handle_t thread;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	thread = vm_dup(c.task.thread, ZX_RIGHT_SAME_RIGHTS);
	ASSERT_STATUS(zx_process_start(c.task.process, c.task.thread, (zx_vaddr_t)handle_oneself,
				       c.task.stacks + PAGE, thread, c.hole), ZX_OK);
	ASSERT_TRUE(task_await_state(c.task.thread, ZX_THREAD_STATE_BLOCKED_EXCEPTION));
	ASSERT_STATUS(zx_task_kill(c.task.process), ZX_OK);
	exc_expect_end(&c, ZX_TASK_RETCODE_SYSCALL_KILL);
	exc_child_drop(&c);
}

static int load_here(void *arg)
{
	return *(volatile int *)arg;
}

/* A program that mends its own threads' faults, from another thread. */
JX_TEST(tasks_14_4_r2_handled_in_the_same_process)
{
	zx_handle_t channel = exc_bind(zx_process_self(), 0);
	struct jx_thread thread;
	struct exc_caught e;
	struct vm_area a;
	int result = 0;

	ASSERT_TRUE(vm_area_make(&a, 1));
	vm_vmo_set(a.vmo, 0, EXC_VALUE);
	ASSERT_STATUS(jx_thread_create(&thread, "loads", load_here, (void *)vm_at(&a, 0)), ZX_OK);
	ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	EXPECT_EQ(e.info.pid, task_koid(zx_process_self()));
	EXPECT_EQ(e.info.tid, task_koid(thread.handle));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	EXPECT_TRUE(task_join(&thread, &result));
	EXPECT_EQ(result, EXC_VALUE);
	zx_handle_close(channel);
	vm_area_drop(&a);
}
