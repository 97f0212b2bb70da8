/* Exceptions as objects: spec/tasks.md 4.1, 4.2, 14.5, and what topics tell (3.3). */
#include "exc_util.h"

#define DEBUGGER ZX_EXCEPTION_CHANNEL_DEBUGGER

/* A child that is held by a channel of its process, of this kind. */
struct held {
	struct exc_child c;
	zx_handle_t channel;
	struct exc_caught e;
};

static bool held_make(struct held *h, uint32_t options)
{
	if (!exc_child_make(&h->c))
		return false;
	h->channel = exc_bind(h->c.task.process, options);
	if (!task_child_start(&h->c.task, exc_run_load, h->c.hole))
		return false;
	if (options & DEBUGGER)
		exc_pass(h->channel, ZX_EXCP_THREAD_STARTING);
	return exc_catch_type(h->channel, ZX_EXCP_FATAL_PAGE_FAULT, &h->e);
}

static void held_drop(struct held *h)
{
	exc_next(&h->e);
	exc_expect_end(&h->c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(h->channel);
	exc_child_drop(&h->c);
}

static zx_status_t get(zx_handle_t handle, uint32_t property, uint32_t *value)
{
	return zx_object_get_property(handle, property, value, sizeof(*value));
}

static zx_status_t set(zx_handle_t handle, uint32_t property, uint32_t value)
{
	return zx_object_set_property(handle, property, &value, sizeof(value));
}

static void expect_word(zx_handle_t handle, uint32_t property, uint32_t wanted)
{
	uint32_t value = CONF_UNTOUCHED;

	EXPECT_STATUS(get(handle, property, &value), ZX_OK);
	EXPECT_EQ(value, wanted);
}

static void refuses_size_and_type(zx_handle_t exception, uint32_t property)
{
	uint32_t bad = 7;

	/* Size before type, type before the pointer, that before the value. */
	EXPECT_STATUS(zx_object_set_property(exception, property, &bad, 3),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_set_property(zx_process_self(), property, &bad, 3),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_set_property(zx_process_self(), property,
					     (void *)VM_KERNEL_ADDRESS, 4), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_set_property(exception, property, (void *)VM_KERNEL_ADDRESS, 4),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_property(exception, property, &bad, 3),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_get_property(zx_process_self(), property, &bad, 4),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_get_property(exception, property, (void *)VM_KERNEL_ADDRESS, 4),
		      ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_4_2_r16_exception_state)
{
	struct held h;

	ASSERT_TRUE(held_make(&h, 0));
	refuses_size_and_type(h.e.handle, ZX_PROP_EXCEPTION_STATE);
	expect_word(h.e.handle, ZX_PROP_EXCEPTION_STATE, ZX_EXCEPTION_STATE_TRY_NEXT);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STATE, 3), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STATE, UINT32_MAX), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STATE, ZX_EXCEPTION_STATE_THREAD_EXIT),
		      conf_era(ZX_ERR_INVALID_ARGS, ZX_OK));
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STATE, ZX_EXCEPTION_STATE_HANDLED),
		      ZX_OK);
	expect_word(h.e.handle, ZX_PROP_EXCEPTION_STATE, ZX_EXCEPTION_STATE_HANDLED);
	/* Effective when the handle closes, and not before. */
	EXPECT_EQ(task_thread_info(h.c.task.thread).state, ZX_THREAD_STATE_BLOCKED_EXCEPTION);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STATE, ZX_EXCEPTION_STATE_TRY_NEXT),
		      ZX_OK);
	held_drop(&h);
}

JX_TEST(tasks_4_2_r18_exception_strategy)
{
	struct held h;

	ASSERT_TRUE(held_make(&h, DEBUGGER));
	refuses_size_and_type(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY);
	expect_word(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY, ZX_EXCEPTION_STRATEGY_FIRST_CHANCE);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY,
			  ZX_EXCEPTION_STRATEGY_SECOND_CHANCE), ZX_OK);
	expect_word(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY, ZX_EXCEPTION_STRATEGY_SECOND_CHANCE);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY,
			  ZX_EXCEPTION_STRATEGY_FIRST_CHANCE), ZX_OK);
	held_drop(&h);
}

JX_TEST(tasks_4_2_r18_strategy_is_the_debuggers)
{
	struct held h;

	ASSERT_TRUE(held_make(&h, 0));
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY,
			  ZX_EXCEPTION_STRATEGY_SECOND_CHANCE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(set(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY,
			  ZX_EXCEPTION_STRATEGY_FIRST_CHANCE), ZX_ERR_BAD_STATE);
	expect_word(h.e.handle, ZX_PROP_EXCEPTION_STRATEGY, ZX_EXCEPTION_STRATEGY_FIRST_CHANCE);
	held_drop(&h);
}

JX_TEST(tasks_4_2_r19_rights_of_properties)
{
	zx_handle_t less;
	uint32_t value;
	struct held h;

	ASSERT_TRUE(held_make(&h, 0));
	ASSERT_STATUS(zx_handle_replace(h.e.handle, ZX_RIGHT_GET_PROPERTY, &less), ZX_OK);
	EXPECT_STATUS(get(less, ZX_PROP_EXCEPTION_STATE, &value), ZX_OK);
	EXPECT_STATUS(set(less, ZX_PROP_EXCEPTION_STATE, 7), ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(zx_handle_replace(less, 0, &h.e.handle), ZX_OK);
	EXPECT_STATUS(get(h.e.handle, ZX_PROP_EXCEPTION_STATE, &value), ZX_ERR_ACCESS_DENIED);
	held_drop(&h);
}

JX_TEST(tasks_14_5_c1_lookup)
{
	zx_handle_t out = CONF_UNTOUCHED;

	EXPECT_STATUS(zx_exception_get_thread(ZX_HANDLE_INVALID, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_exception_get_process(ZX_HANDLE_INVALID, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_exception_get_thread(zx_thread_self(), &out), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_exception_get_process(zx_process_self(), &out), ZX_ERR_WRONG_TYPE);
	EXPECT_EQ(out, CONF_UNTOUCHED);
}

JX_TEST(tasks_14_5_c2_out)
{
	struct held h;

	ASSERT_TRUE(held_make(&h, 0));
	EXPECT_STATUS(zx_exception_get_thread(h.e.handle, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_exception_get_process(h.e.handle, NULL), ZX_ERR_INVALID_ARGS);
	held_drop(&h);
}

static void expect_task(zx_handle_t got, zx_handle_t task, zx_rights_t rights)
{
	EXPECT_EQ(conf_koid(got), conf_koid(task));
	EXPECT_EQ(conf_rights(got), rights);
	zx_handle_close(got);
}

/* Through a handle that has fewer rights than others to the same process. */
JX_TEST(tasks_14_5_r1_rights_of_the_registering_handle)
{
	const zx_rights_t rights = ZX_RIGHT_INSPECT | ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER |
				   ZX_RIGHT_MANAGE_THREAD | ZX_RIGHT_ENUMERATE | ZX_RIGHT_READ;
	zx_handle_t less, bare, thread, process;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	less = vm_dup(c.task.process, rights);
	process = exc_bind(less, 0);
	zx_handle_close(less);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	ASSERT_TRUE(exc_catch(process, &e));
	/* No right of the exception itself is asked for. */
	ASSERT_STATUS(zx_handle_replace(e.handle, 0, &bare), ZX_OK);
	ASSERT_STATUS(zx_exception_get_thread(bare, &thread), ZX_OK);
	expect_task(thread, c.task.thread, rights);
	ASSERT_STATUS(zx_exception_get_process(bare, &thread), ZX_OK);
	expect_task(thread, c.task.process, rights);
	zx_handle_close(bare);
	exc_expect_end(&c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(process);
	exc_child_drop(&c);
}

/* Each handler gets the rights of its own registration. */
JX_TEST(tasks_14_5_r1_rights_change_with_the_handler)
{
	zx_handle_t job, process, thread;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	process = exc_bind(c.task.process, 0);
	job = exc_bind(zx_job_default(), 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	ASSERT_TRUE(exc_catch(process, &e));
	ASSERT_STATUS(zx_exception_get_thread(e.handle, &thread), ZX_OK);
	expect_task(thread, c.task.thread, conf_rights(c.task.process));
	exc_next(&e);
	ASSERT_TRUE(exc_catch(job, &e));
	ASSERT_STATUS(zx_exception_get_thread(e.handle, &thread), ZX_OK);
	expect_task(thread, c.task.thread, conf_rights(zx_job_default()));
	ASSERT_STATUS(zx_exception_get_process(e.handle, &thread), ZX_OK);
	expect_task(thread, c.task.process, conf_rights(zx_job_default()));
	exc_next(&e);
	exc_expect_end(&c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(process);
	zx_handle_close(job);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_5_r2_a_threads_channel_gives_no_process)
{
	zx_handle_t channel, out = CONF_UNTOUCHED;
	struct exc_caught e;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	channel = exc_bind(c.task.thread, 0);
	ASSERT_TRUE(task_child_start(&c.task, exc_run_load, c.hole));
	ASSERT_TRUE(exc_catch(channel, &e));
	EXPECT_STATUS(zx_exception_get_process(e.handle, NULL), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_exception_get_process(e.handle, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(out, CONF_UNTOUCHED);
	ASSERT_STATUS(zx_exception_get_thread(e.handle, &out), ZX_OK);
	expect_task(out, c.task.thread, conf_rights(c.task.thread));
	exc_next(&e);
	exc_expect_end(&c, ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(channel);
	exc_child_drop(&c);
}

JX_TEST(tasks_14_5_r3_after_the_tasks_death)
{
	zx_handle_t out;
	struct held h;

	ASSERT_TRUE(held_make(&h, 0));
	ASSERT_STATUS(zx_task_kill(h.c.task.process), ZX_OK);
	exc_expect_end(&h.c, ZX_TASK_RETCODE_SYSCALL_KILL);
	ASSERT_STATUS(zx_exception_get_thread(h.e.handle, &out), ZX_OK);
	EXPECT_EQ(task_thread_info(out).state, ZX_THREAD_STATE_DEAD);
	zx_handle_close(out);
	ASSERT_STATUS(zx_exception_get_process(h.e.handle, &out), ZX_OK);
	EXPECT_TRUE(task_process_info(out).exited);
	zx_handle_close(out);
	exc_next(&h.e);
	zx_handle_close(h.channel);
	exc_child_drop(&h.c);
}

static zx_status_t report(zx_handle_t thread)
{
	zx_exception_report_t r;

	return zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT, &r, sizeof(r), NULL,
				  NULL);
}

JX_TEST(tasks_3_3_r21_report_of_threads_in_no_exception)
{
	zx_handle_t less;
	struct held h;

	EXPECT_STATUS(report(zx_thread_self()), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(report(zx_process_self()), ZX_ERR_WRONG_TYPE);
	ASSERT_TRUE(exc_child_make(&h.c));
	EXPECT_STATUS(report(h.c.task.thread), ZX_ERR_BAD_STATE);
	exc_child_drop(&h.c);
	ASSERT_TRUE(held_make(&h, 0));
	EXPECT_STATUS(report(h.c.task.thread), ZX_OK);
	less = vm_dup(h.c.task.thread, ZX_RIGHT_READ);
	EXPECT_STATUS(report(less), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(less);
	ASSERT_STATUS(zx_task_kill(h.c.task.process), ZX_OK);
	exc_expect_end(&h.c, ZX_TASK_RETCODE_SYSCALL_KILL);
	EXPECT_STATUS(report(h.c.task.thread), ZX_ERR_BAD_STATE);
	exc_next(&h.e);
	zx_handle_close(h.channel);
	exc_child_drop(&h.c);
}

JX_TEST(tasks_3_3_r22_debugger_attached)
{
	zx_handle_t process, debugger;
	struct exc_child c;

	ASSERT_TRUE(exc_child_make(&c));
	process = exc_bind(c.task.process, 0);
	EXPECT_TRUE(!task_process_info(c.task.process).debugger_attached);
	debugger = exc_bind(c.task.process, DEBUGGER);
	EXPECT_TRUE(task_process_info(c.task.process).debugger_attached);
	zx_handle_close(debugger);
	EXPECT_TRUE(!task_process_info(c.task.process).debugger_attached);
	zx_handle_close(process);
	exc_child_drop(&c);
}
