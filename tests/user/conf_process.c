/* Conformance: processes are made, start and exit (tasks.md 5.1, 6.1-6.4). */
#include <string.h>

#include <zircon/process.h>

#include "exc_util.h"
#include "suspend_util.h"

#define UNTOUCHED 0x1234u

static zx_handle_t without(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handle, conf_rights(handle) & ~rights, &copy), ZX_OK);
	return copy;
}

static bool is_dead_handle(zx_handle_t handle)
{
	return EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
			     ZX_ERR_BAD_HANDLE);
}

/* --- zx_process_create --------------------------------------------------------------- */

static zx_status_t create(zx_handle_t job, const char *name, uint32_t options)
{
	zx_handle_t process = UNTOUCHED, vmar = UNTOUCHED;
	zx_status_t status = zx_process_create(job, name, 1, options, &process, &vmar);

	if (status == ZX_OK) {
		zx_handle_close(process);
		zx_handle_close(vmar);
	} else {
		EXPECT_EQ(process, UNTOUCHED);
		EXPECT_EQ(vmar, UNTOUCHED);
	}
	return status;
}

JX_TEST(tasks_6_1_c1_options)
{
	EXPECT_STATUS(create(0, NULL, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(create(zx_job_default(), "p", 1u << 31), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_6_1_c3_name)
{
	EXPECT_STATUS(create(0, NULL, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(create(0, (const char *)8, 0), ZX_ERR_INVALID_ARGS);
}

/* MANAGE_PROCESS, or WRITE in its place. */
JX_TEST(tasks_6_1_c4_job)
{
	zx_handle_t bare = without(zx_job_default(), ZX_RIGHT_MANAGE_PROCESS | ZX_RIGHT_WRITE);
	zx_handle_t writer = without(zx_job_default(), ZX_RIGHT_MANAGE_PROCESS);
	zx_handle_t manager = without(zx_job_default(), ZX_RIGHT_WRITE);

	EXPECT_STATUS(create(0, "p", 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(create(zx_process_self(), "p", 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(create(bare, "p", 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(create(writer, "p", 0), ZX_OK);
	EXPECT_STATUS(create(manager, "p", 0), ZX_OK);
	zx_handle_close(bare);
	zx_handle_close(writer);
	zx_handle_close(manager);
}

static size_t process_count(void)
{
	size_t avail = 0;

	EXPECT_STATUS(zx_object_get_info(zx_job_default(), ZX_INFO_JOB_PROCESSES, NULL, 0, NULL,
					 &avail), ZX_OK);
	return avail;
}

/* The process dies with its handles. */
JX_TEST(tasks_6_1_c6_outs)
{
	zx_handle_t out = UNTOUCHED;
	size_t before = process_count();

	EXPECT_STATUS(zx_process_create(zx_job_default(), "p", 1, 0, NULL, &out),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_create(zx_job_default(), "p", 1, 0, &out, (zx_handle_t *)8),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(process_count(), before);
}

/* The address space is there at once; the VMAR alone does not keep the process. */
JX_TEST(tasks_6_1_r1_before_the_start)
{
	zx_handle_t process, vmar, vmo = vm_vmo_make(1, 0), copy = ZX_HANDLE_INVALID;
	zx_vaddr_t at;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "p", 1, 0, &process, &vmar), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(vmar, VM_RW, 0, vmo, 0, PAGE, &at), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(process, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	zx_handle_close(process);
	EXPECT_STATUS(zx_vmar_map(vmar, VM_RW, 0, vmo, 0, PAGE, &at), ZX_OK);
	zx_handle_close(copy);
	EXPECT_STATUS(zx_vmar_map(vmar, VM_RW, 0, vmo, 0, PAGE, &at), ZX_ERR_BAD_STATE);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}

/* --- zx_process_start: in every failing row arg1 is closed ---------------------------- */

struct pair {
	struct task_child child;
	zx_handle_t image;
	zx_handle_t event;
};

static bool pair_make(struct pair *p)
{
	p->image = task_image();
	return p->image && task_child_create(&p->child, p->image) &&
	       EXPECT_STATUS(zx_event_create(0, &p->event), ZX_OK);
}

static void pair_drop(struct pair *p)
{
	task_child_drop(&p->child);
	zx_handle_close(p->image);
}

/* Starts with the event for arg1, which is gone then. */
static zx_status_t start(struct pair *p, zx_handle_t process, zx_handle_t thread, zx_vaddr_t entry)
{
	zx_status_t status = zx_process_start(process, thread, entry, p->child.stacks + PAGE,
					      p->event, 0);

	is_dead_handle(p->event);
	if (status != ZX_OK)
		EXPECT_STATUS(zx_event_create(0, &p->event), ZX_OK);
	return status;
}

JX_TEST(tasks_6_2_c1_process)
{
	struct pair p;
	zx_handle_t bare;

	ASSERT_TRUE(pair_make(&p));
	bare = without(p.child.process, ZX_RIGHT_WRITE | ZX_RIGHT_MANAGE_PROCESS);
	EXPECT_STATUS(start(&p, 0, 0, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(start(&p, p.child.thread, 0, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(start(&p, bare, 0, 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	zx_handle_close(p.event);
	pair_drop(&p);
}

JX_TEST(tasks_6_2_c2_thread)
{
	struct pair p;
	zx_handle_t bare;

	ASSERT_TRUE(pair_make(&p));
	bare = without(p.child.thread, ZX_RIGHT_WRITE | ZX_RIGHT_MANAGE_THREAD);
	EXPECT_STATUS(start(&p, p.child.process, 0, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(start(&p, p.child.process, p.child.process, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(start(&p, p.child.process, bare, 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	zx_handle_close(p.event);
	pair_drop(&p);
}

/* 0 and dead values mean "no handle". */
JX_TEST(tasks_6_2_c3_no_handle)
{
	for (int dead = 0; dead < 2; dead++) {
		struct pair p;
		zx_handle_t value = ZX_HANDLE_INVALID;
		int64_t code = 5;

		ASSERT_TRUE(pair_make(&p));
		zx_handle_close(p.event);
		if (dead)
			value = p.event;
		/* The child exits with x0 >> 0, which is 0, for its code. */
		EXPECT_STATUS(zx_process_start(p.child.process, p.child.thread,
					       (zx_vaddr_t)zx_process_exit, p.child.stacks + PAGE,
					       value, 0), ZX_OK);
		EXPECT_TRUE(task_child_await(&p.child, &code));
		EXPECT_EQ(code, 0);
		pair_drop(&p);
	}
}

JX_TEST(tasks_6_2_c4_foreign_thread)
{
	zx_handle_t mine = ZX_HANDLE_INVALID;
	struct pair p;

	ASSERT_TRUE(pair_make(&p));
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "t", 1, 0, &mine), ZX_OK);
	EXPECT_STATUS(start(&p, p.child.process, mine, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(task_thread_info(mine).state, ZX_THREAD_STATE_NEW);
	zx_handle_close(mine);
	zx_handle_close(p.event);
	pair_drop(&p);
}

JX_TEST(tasks_6_2_c5_no_transfer)
{
	struct pair p;
	zx_handle_t bound;

	ASSERT_TRUE(pair_make(&p));
	bound = without(p.event, ZX_RIGHT_TRANSFER);
	EXPECT_STATUS(zx_process_start(p.child.process, p.child.thread, 1, 0, bound, 0),
		      ZX_ERR_ACCESS_DENIED);
	is_dead_handle(bound);
	EXPECT_TRUE(!task_process_info(p.child.process).started);
	zx_handle_close(p.event);
	pair_drop(&p);
}

JX_TEST(tasks_6_2_c7_started_or_dead)
{
	struct pair p;
	zx_handle_t more = ZX_HANDLE_INVALID;

	ASSERT_TRUE(pair_make(&p));
	ASSERT_TRUE(task_child_start(&p.child, exc_run_wait, 0));
	ASSERT_STATUS(zx_thread_create(p.child.process, "t", 1, 0, &more), ZX_OK);
	EXPECT_STATUS(start(&p, p.child.process, more, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_task_kill(p.child.process), ZX_OK);
	EXPECT_TRUE(task_await_signal(p.child.process, ZX_PROCESS_TERMINATED));
	EXPECT_STATUS(start(&p, p.child.process, more, 1), ZX_ERR_BAD_STATE);
	zx_handle_close(more);
	zx_handle_close(p.event);
	pair_drop(&p);
}

/* What was put into the new process's table for it is gone again. */
JX_TEST(tasks_6_2_c8_entry)
{
	zx_info_handle_count_t count = { 0 };
	zx_handle_t copy = ZX_HANDLE_INVALID;
	struct pair p;

	ASSERT_TRUE(pair_make(&p));
	ASSERT_STATUS(zx_handle_duplicate(p.event, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	EXPECT_STATUS(start(&p, p.child.process, p.child.thread, 1ul << 63), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_info(copy, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(count.handle_count, 1);
	EXPECT_TRUE(!task_process_info(p.child.process).started);
	EXPECT_EQ(task_thread_info(p.child.thread).state, ZX_THREAD_STATE_NEW);
	zx_handle_close(copy);
	zx_handle_close(p.event);
	pair_drop(&p);
}

JX_TEST(tasks_6_2_r1_suspended_before)
{
	zx_handle_t token;
	int64_t code = 5;
	struct pair p;

	ASSERT_TRUE(pair_make(&p));
	token = suspend_token(p.child.process);
	EXPECT_STATUS(start(&p, p.child.process, p.child.thread, (zx_vaddr_t)exc_run_exit), ZX_OK);
	EXPECT_TRUE(task_await_signal(p.child.thread, ZX_THREAD_SUSPENDED));
	EXPECT_TRUE(task_process_info(p.child.process).started);
	EXPECT_TRUE(!task_process_info(p.child.process).exited);
	zx_handle_close(token);
	EXPECT_TRUE(task_child_await(&p.child, &code));
	EXPECT_EQ(code, 0);
	pair_drop(&p);
}

/* An entry where nothing is mapped starts fine, and faults. */
JX_TEST(tasks_6_2_r2_unmapped_entry)
{
	for (int entry = 0; entry < 2; entry++) {
		struct pair p;
		int64_t code = 5;

		ASSERT_TRUE(pair_make(&p));
		EXPECT_STATUS(start(&p, p.child.process, p.child.thread,
				    entry ? 0x7654321000ul : 0), ZX_OK);
		EXPECT_TRUE(task_child_await(&p.child, &code));
		EXPECT_EQ(code, ZX_TASK_RETCODE_EXCEPTION_KILL);
		pair_drop(&p);
	}
}

/* --- zx_process_exit ------------------------------------------------------------------ */

static void spin(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	for (;;)
		__asm__ volatile("" : : : "memory");
}

/* All threads end, whatever they do: also one that stands still. */
JX_TEST(tasks_6_3_r1_exit_ends_all)
{
	zx_handle_t image = task_image(), others[3], token;
	struct task_child child;
	int64_t code = 5;

	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, exc_run_wait, 0));
	ASSERT_TRUE(task_child_add_thread(&child, 1, spin, 0, 0, &others[0]));
	ASSERT_TRUE(task_child_add_thread(&child, 2, exc_run_wait, 0, 0, &others[1]));
	token = suspend_now(others[1]);
	ASSERT_TRUE(task_child_add_thread(&child, 3, exc_run_exit, 0, 77, &others[2]));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, 77);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(task_thread_info(others[i]).state, ZX_THREAD_STATE_DEAD);
		zx_handle_close(others[i]);
	}
	zx_handle_close(token);
	task_child_drop(&child);
	zx_handle_close(image);
}

/* Who comes first fixes the code: a kill after an exit changes nothing. */
JX_TEST(tasks_6_3_r2_first_code_stays)
{
	zx_handle_t image = task_image();

	for (int64_t code = 1; code < 4; code++) {
		struct task_child child;
		int64_t seen = 5;

		ASSERT_TRUE(task_child_create(&child, image));
		ASSERT_TRUE(task_child_start(&child, exc_run_exit, (uintptr_t)code));
		EXPECT_TRUE(task_child_await(&child, &seen));
		EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
		EXPECT_EQ(task_process_info(child.process).return_code, code);
		EXPECT_EQ(seen, code);
		task_child_drop(&child);
	}
	zx_handle_close(image);
}
