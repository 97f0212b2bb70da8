/* Conformance: threads are made, start and end (tasks.md 5.2, 7.1-7.3). */
#include <string.h>

#include <zircon/process.h>

#include "exc_util.h"
#include "suspend_util.h"

#define UNTOUCHED 0x1234u

static zx_handle_t make_thread(zx_handle_t process)
{
	zx_handle_t thread = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_thread_create(process, "t", 1, 0, &thread), ZX_OK);
	return thread;
}

static zx_signals_t signals_of(zx_handle_t handle)
{
	zx_signals_t seen = 0;

	(void)zx_object_wait_one(handle, 0, 0, &seen);
	return seen;
}

static size_t listed_threads(zx_handle_t process)
{
	zx_koid_t koids[8];
	size_t actual = 0, avail = 0;

	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_THREADS, koids, sizeof(koids),
					 &actual, &avail), ZX_OK);
	return avail;
}

/* --- zx_thread_create ------------------------------------------------------------- */

JX_TEST(tasks_7_1_c1_options)
{
	zx_handle_t thread = UNTOUCHED;

	/* Before all that is wrong besides. */
	EXPECT_STATUS(zx_thread_create(0, NULL, 1, 1, &thread), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_create(zx_process_self(), "t", 1, 1u << 31, &thread),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(thread, UNTOUCHED);
}

JX_TEST(tasks_7_1_c2_name)
{
	zx_handle_t thread = UNTOUCHED;

	EXPECT_STATUS(zx_thread_create(0, NULL, 0, 0, &thread), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_create(0, (const char *)8, 1, 0, &thread), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(thread, UNTOUCHED);
}

JX_TEST(tasks_7_1_c3_process)
{
	zx_handle_t thread = UNTOUCHED, bare = ZX_HANDLE_INVALID;

	ASSERT_STATUS(zx_handle_duplicate(zx_process_self(), ZX_DEFAULT_PROCESS_RIGHTS &
					  ~ZX_RIGHT_MANAGE_THREAD, &bare), ZX_OK);
	EXPECT_STATUS(zx_thread_create(0, "t", 1, 0, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_thread_create(zx_thread_self(), "t", 1, 0, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_thread_create(bare, "t", 1, 0, NULL), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(thread, UNTOUCHED);
	zx_handle_close(bare);
}

JX_TEST(tasks_7_1_c4_dead_process)
{
	zx_handle_t thread = UNTOUCHED, image = task_image();
	struct task_child child;

	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_STATUS(zx_thread_create(child.process, "t", 1, 0, &thread), ZX_ERR_BAD_STATE);
	EXPECT_EQ(thread, UNTOUCHED);
	task_child_drop(&child);
	zx_handle_close(image);
}

JX_TEST(tasks_7_1_c5_out)
{
	EXPECT_STATUS(zx_thread_create(zx_process_self(), "t", 1, 0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_create(zx_process_self(), "t", 1, 0, (zx_handle_t *)8),
		      ZX_ERR_INVALID_ARGS);
}

/* In a process that has not begun, too; listed is what has started. */
JX_TEST(tasks_7_1_r1_listed_from_its_start)
{
	zx_handle_t image = task_image(), more;
	struct task_child child;

	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_EQ(listed_threads(child.process), 0);
	ASSERT_TRUE(task_child_start(&child, exc_run_wait, 0));
	EXPECT_EQ(listed_threads(child.process), 1);
	more = make_thread(child.process);
	EXPECT_EQ(listed_threads(child.process), 1);
	zx_handle_close(more);
	task_child_drop(&child);
	zx_handle_close(image);
}

JX_TEST(tasks_7_1_r2_handle)
{
	zx_info_handle_basic_t info = { 0 };
	zx_handle_t thread = make_thread(zx_process_self());
	char name[ZX_MAX_NAME_LEN] = "";

	EXPECT_STATUS(zx_object_get_info(thread, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(info.rights, ZX_DEFAULT_THREAD_RIGHTS);
	EXPECT_EQ(info.type, ZX_OBJ_TYPE_THREAD);
	EXPECT_EQ(info.related_koid, task_koid(zx_process_self()));
	EXPECT_STATUS(zx_object_get_property(thread, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	EXPECT_EQ(strcmp(name, "t"), 0);
	zx_handle_close(thread);
}

/* --- zx_thread_start -------------------------------------------------------------- */

JX_TEST(tasks_7_2_c1_thread)
{
	zx_handle_t thread = make_thread(zx_process_self()), bare = ZX_HANDLE_INVALID;

	ASSERT_STATUS(zx_handle_duplicate(thread, ZX_DEFAULT_THREAD_RIGHTS &
					  ~ZX_RIGHT_MANAGE_THREAD, &bare), ZX_OK);
	EXPECT_STATUS(zx_thread_start(0, 1, 0, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_thread_start(zx_process_self(), 1, 0, 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_thread_start(bare, 1, 0, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(task_thread_info(thread).state, ZX_THREAD_STATE_NEW);
	zx_handle_close(bare);
	zx_handle_close(thread);
}

/* Neither before the process starts nor after its end; the entry is looked at
 * later. */
JX_TEST(tasks_7_2_c2_process)
{
	zx_handle_t image = task_image();
	struct task_child child;

	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_STATUS(zx_thread_start(child.thread, 1, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_STATUS(zx_thread_start(child.thread, 1, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_NEW);
	task_child_drop(&child);
	zx_handle_close(image);
}

JX_TEST(tasks_7_2_c3_entry)
{
	const size_t listed = listed_threads(zx_process_self());
	zx_handle_t thread = make_thread(zx_process_self());

	EXPECT_STATUS(zx_thread_start(thread, 1ul << 63, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_start(thread, 1, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(task_thread_info(thread).state, ZX_THREAD_STATE_NEW);
	EXPECT_EQ(listed_threads(zx_process_self()), listed);
	/* A thread that has started is told of its entry first. */
	EXPECT_STATUS(zx_thread_start(zx_thread_self(), 1, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	zx_handle_close(thread);
}

JX_TEST(tasks_7_2_c4_started)
{
	const zx_vaddr_t entry = (zx_vaddr_t)zx_thread_exit;
	zx_handle_t thread = make_thread(zx_process_self());

	EXPECT_STATUS(zx_thread_start(zx_thread_self(), entry, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_thread_start(thread, entry, 0, 0, 0), ZX_OK);
	EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_thread_start(thread, entry, 0, 0, 0), ZX_ERR_BAD_STATE);
	zx_handle_close(thread);
}

/* An entry of 0 starts, and a stack of 0 is fine until it is used: both fault in
 * user mode. */
JX_TEST(tasks_7_2_r1_stack_and_entry_of_0)
{
	for (int entry = 0; entry < 2; entry++) {
		zx_handle_t thread = make_thread(zx_process_self());
		zx_handle_t channel = exc_bind(thread, 0);
		struct exc_caught e;

		/* Any function that pushes something. */
		EXPECT_STATUS(zx_thread_start(thread, entry ? (zx_vaddr_t)task_image : 0, 0, 0, 0),
			      ZX_OK);
		ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
		EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
		exc_next(&e);
		EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
		zx_handle_close(channel);
		zx_handle_close(thread);
	}
}

/* Many starters at once: one wins. */
struct race {
	zx_handle_t thread;
	_Atomic uint32_t arrived;
	_Atomic uint32_t won;
	_Atomic uint32_t lost;
};

static int start_it(void *arg)
{
	struct race *r = arg;
	zx_status_t status;

	r->arrived++;
	while (r->arrived < 3)
		zx_nanosleep(0);
	status = zx_thread_start(r->thread, (zx_vaddr_t)zx_thread_exit, 0, 0, 0);
	r->won += status == ZX_OK;
	r->lost += status == ZX_ERR_BAD_STATE;
	return 0;
}

JX_TEST(tasks_7_2_r2_one_starter_wins)
{
	for (int round = 0; round < 20; round++) {
		struct race r = { .thread = make_thread(zx_process_self()) };
		struct jx_thread threads[3];

		for (int i = 0; i < 3; i++)
			ASSERT_STATUS(jx_thread_create(&threads[i], "start", start_it, &r), ZX_OK);
		for (int i = 0; i < 3; i++)
			EXPECT_TRUE(task_join(&threads[i], NULL));
		EXPECT_EQ(r.won, 1);
		EXPECT_EQ(r.lost, 2);
		EXPECT_TRUE(task_await_signal(r.thread, ZX_THREAD_TERMINATED));
		zx_handle_close(r.thread);
	}
}

/* Its process is killed at the same time: refused, or it never runs. */
static int kill_it(void *arg)
{
	struct race *r = arg;

	r->arrived++;
	while (r->arrived < 2)
		zx_nanosleep(0);
	EXPECT_STATUS(zx_task_kill(r->thread), ZX_OK);
	return 0;
}

JX_TEST(tasks_7_2_r3_against_a_kill)
{
	zx_handle_t image = task_image();

	for (int round = 0; round < 20; round++) {
		struct task_child child;
		struct jx_thread thread;
		struct race r = { 0 };
		zx_handle_t more;
		zx_status_t status;
		int64_t code = 5;

		ASSERT_TRUE(task_child_create(&child, image));
		ASSERT_TRUE(task_child_start(&child, exc_run_wait, 0));
		more = make_thread(child.process);
		r.thread = child.process;
		ASSERT_STATUS(jx_thread_create(&thread, "kill", kill_it, &r), ZX_OK);
		r.arrived++;
		while (r.arrived < 2)
			zx_nanosleep(0);
		/* Should it run, the process's code would be another. */
		status = zx_thread_start(more, (zx_vaddr_t)exc_run_exit, child.stacks + 2 * PAGE,
					 0, 99);
		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_BAD_STATE);
		EXPECT_TRUE(task_join(&thread, NULL));
		EXPECT_TRUE(task_child_await(&child, &code));
		EXPECT_TRUE(code == ZX_TASK_RETCODE_SYSCALL_KILL ||
			    (status == ZX_OK && code == 99));
		EXPECT_EQ(task_thread_info(more).state, status == ZX_OK ? ZX_THREAD_STATE_DEAD :
									  ZX_THREAD_STATE_NEW);
		zx_handle_close(more);
		task_child_drop(&child);
	}
	zx_handle_close(image);
}

/* --- zx_thread_exit --------------------------------------------------------------- */

JX_TEST(tasks_7_3_r1_last_thread)
{
	zx_handle_t image = task_image();
	struct task_child child;
	int64_t code = 5;

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, exc_run_thread_exit, 0));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, 0);
	EXPECT_TRUE(task_process_info(child.process).exited);
	task_child_drop(&child);
	zx_handle_close(image);
}

static void return_from_entry(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
}

/* x30 was 0. */
JX_TEST(tasks_7_3_r2_return_is_no_exit)
{
	zx_handle_t thread = make_thread(zx_process_self());
	zx_handle_t channel = exc_bind(thread, 0);
	zx_thread_state_general_regs_t regs = { .pc = 1 };
	struct exc_caught e;

	EXPECT_STATUS(zx_thread_start(thread, (zx_vaddr_t)return_from_entry, 0, 0, 0), ZX_OK);
	ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	EXPECT_STATUS(suspend_read_general(thread, &regs), ZX_OK);
	EXPECT_EQ(regs.pc, 0);
	EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
	exc_next(&e);
	EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
	zx_handle_close(channel);
	zx_handle_close(thread);
}

/* --- Signals of the states (5.2) ---------------------------------------------------- */

#define LIFE (ZX_THREAD_RUNNING | ZX_THREAD_SUSPENDED | ZX_THREAD_TERMINATED)

JX_TEST(tasks_5_2_r1_new)
{
	zx_handle_t thread = make_thread(zx_process_self());

	EXPECT_EQ(task_thread_info(thread).state, ZX_THREAD_STATE_NEW);
	EXPECT_EQ(signals_of(thread) & LIFE, 0);
	zx_handle_close(thread);
}

JX_TEST(tasks_5_2_r2_start_suspend_and_back)
{
	zx_handle_t token;
	struct counting c;

	ASSERT_TRUE(counting_start(&c));
	EXPECT_EQ(task_thread_info(c.thread.handle).state, ZX_THREAD_STATE_RUNNING);
	EXPECT_EQ(signals_of(c.thread.handle) & LIFE, ZX_THREAD_RUNNING);
	token = suspend_now(c.thread.handle);
	EXPECT_EQ(signals_of(c.thread.handle) & LIFE, ZX_THREAD_SUSPENDED);
	EXPECT_TRUE(suspend_end(&token, c.thread.handle));
	EXPECT_EQ(signals_of(c.thread.handle) & LIFE, ZX_THREAD_RUNNING);
	EXPECT_TRUE(counting_end(&c));
}

/* DYING changes nothing: a debugger holds it there. */
JX_TEST(tasks_5_2_r3_dying)
{
	zx_handle_t channel;
	struct exc_child child;
	struct exc_caught e;

	ASSERT_TRUE(exc_child_make(&child));
	channel = exc_bind(child.task.process, ZX_EXCEPTION_CHANNEL_DEBUGGER);
	ASSERT_TRUE(task_child_start(&child.task, exc_run_thread_exit, 0));
	exc_pass(channel, ZX_EXCP_THREAD_STARTING);
	ASSERT_TRUE(exc_catch_type(channel, ZX_EXCP_THREAD_EXITING, &e));
	EXPECT_EQ(task_thread_info(child.task.thread).state, ZX_THREAD_STATE_DYING);
	EXPECT_EQ(signals_of(child.task.thread) & LIFE, ZX_THREAD_RUNNING);
	exc_next(&e);
	exc_expect_end(&child, 0);
	zx_handle_close(channel);
	exc_child_drop(&child);
}

JX_TEST(tasks_5_2_r4_dead)
{
	zx_handle_t thread = make_thread(zx_process_self());

	EXPECT_STATUS(zx_thread_start(thread, (zx_vaddr_t)zx_thread_exit, 0, 0, 0), ZX_OK);
	EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
	EXPECT_EQ(signals_of(thread) & LIFE, ZX_THREAD_TERMINATED);
	EXPECT_EQ(task_thread_info(thread).state, ZX_THREAD_STATE_DEAD);
	zx_handle_close(thread);
}

/* --- zx_task_kill (9) --------------------------------------------------------------- */

JX_TEST(tasks_9_c1_handle)
{
	zx_handle_t bare = ZX_HANDLE_INVALID;

	ASSERT_STATUS(zx_handle_duplicate(zx_process_self(), ZX_DEFAULT_PROCESS_RIGHTS &
					  ~ZX_RIGHT_DESTROY, &bare), ZX_OK);
	EXPECT_STATUS(zx_task_kill(0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_task_kill(bare), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
}

/* No threads: DEAD before the call returns. */
JX_TEST(tasks_9_r1_process_without_threads)
{
	zx_handle_t image = task_image();
	struct task_child child;

	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(child.process, ZX_PROCESS_TERMINATED, 0, NULL), ZX_OK);
	EXPECT_TRUE(task_process_info(child.process).exited);
	EXPECT_EQ(task_process_info(child.process).return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
	/* Again: OK, and the code stays. */
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_EQ(task_process_info(child.process).return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
	task_child_drop(&child);
	zx_handle_close(image);
}

/* arg1: a handle to its own process. */
static void kill_oneself(uintptr_t self, uintptr_t none)
{
	(void)none;
	zx_task_kill((zx_handle_t)self);
	zx_process_exit(77);
}

JX_TEST(tasks_9_r2_oneself)
{
	zx_handle_t image = task_image(), self = ZX_HANDLE_INVALID;
	struct task_child child;
	int64_t code = 5;

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_STATUS(zx_handle_duplicate(child.process, ZX_RIGHT_SAME_RIGHTS, &self), ZX_OK);
	ASSERT_STATUS(zx_process_start(child.process, child.thread, (zx_vaddr_t)kill_oneself,
				       child.stacks + PAGE, self, 0), ZX_OK);
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, ZX_TASK_RETCODE_SYSCALL_KILL);
	task_child_drop(&child);
	zx_handle_close(image);
}

JX_TEST(tasks_9_r3_new_thread)
{
	zx_handle_t thread = make_thread(zx_process_self());

	EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
	EXPECT_EQ(task_thread_info(thread).state, ZX_THREAD_STATE_NEW);
	EXPECT_STATUS(zx_thread_start(thread, (zx_vaddr_t)zx_thread_exit, 0, 0, 0), ZX_OK);
	EXPECT_TRUE(task_await_signal(thread, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
	zx_handle_close(thread);
}

/* The last thread takes its process with it. */
JX_TEST(tasks_9_r4_last_thread)
{
	zx_handle_t image = task_image();
	struct task_child child;
	int64_t code = 5;

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, exc_run_wait, 0));
	EXPECT_STATUS(zx_task_kill(child.thread), ZX_OK);
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, 0);
	task_child_drop(&child);
	zx_handle_close(image);
}
