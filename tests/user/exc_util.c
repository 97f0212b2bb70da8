#include <string.h>

#include "exc_util.h"

#define HOLE_PAGES 16

bool exc_child_make(struct exc_child *c)
{
	return exc_child_make_in(c, zx_job_default());
}

bool exc_child_make_in(struct exc_child *c, zx_handle_t job)
{
	memset(c, 0, sizeof(*c));
	c->image = task_image();
	return c->image && task_child_create_in(&c->task, job, c->image) &&
	       EXPECT_STATUS(zx_vmar_allocate(c->task.vmar, VM_CAN_RWX | ZX_VM_CAN_MAP_SPECIFIC, 0,
					      HOLE_PAGES * PAGE, &c->hole_vmar, &c->hole), ZX_OK);
}

void exc_child_drop(struct exc_child *c)
{
	zx_handle_close(c->hole_vmar);
	zx_handle_close(c->image);
	c->hole_vmar = c->image = ZX_HANDLE_INVALID;
	task_child_drop(&c->task);
}

void exc_child_fill(struct exc_child *c, uint64_t word)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_vaddr_t at;

	vm_vmo_set(vmo, 0, word);
	EXPECT_STATUS(zx_vmar_map(c->hole_vmar, VM_RW | ZX_VM_SPECIFIC, 0, vmo, 0, PAGE, &at),
		      ZX_OK);
	zx_handle_close(vmo);
}

void exc_run_load(uintptr_t unused, uintptr_t at)
{
	(void)unused;
	zx_process_exit(*(volatile int64_t *)at);
}

void exc_run_exit(uintptr_t unused, uintptr_t code)
{
	(void)unused;
	zx_process_exit((int64_t)code);
}

void exc_run_thread_exit(uintptr_t unused, uintptr_t unused2)
{
	(void)unused;
	(void)unused2;
	zx_thread_exit();
}

void exc_run_wait(uintptr_t unused, uintptr_t unused2)
{
	(void)unused;
	(void)unused2;
	zx_nanosleep(ZX_TIME_INFINITE);
}

zx_handle_t exc_bind(zx_handle_t task, uint32_t options)
{
	zx_handle_t channel = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_task_create_exception_channel(task, options, &channel), ZX_OK);
	return channel;
}

bool exc_catch(zx_handle_t channel, struct exc_caught *e)
{
	zx_handle_info_t h = { 0 };
	uint32_t bytes = 0, handles = 0;

	memset(e, 0, sizeof(*e));
	if (!task_await_signal(channel, ZX_CHANNEL_READABLE) ||
	    !EXPECT_STATUS(zx_channel_read_etc(channel, 0, &e->info, &h, sizeof(e->info), 1,
					       &bytes, &handles), ZX_OK))
		return false;
	e->handle = h.handle;
	return EXPECT_EQ(bytes, 24) && EXPECT_EQ(handles, 1) &&
	       EXPECT_EQ(h.type, ZX_OBJ_TYPE_EXCEPTION) &&
	       EXPECT_EQ(h.rights, ZX_RIGHT_TRANSFER | ZX_RIGHT_INSPECT | ZX_RIGHTS_PROPERTY);
}

bool exc_catch_type(zx_handle_t channel, uint32_t type, struct exc_caught *e)
{
	return exc_catch(channel, e) && EXPECT_EQ(e->info.type, type);
}

bool exc_expect_none(zx_handle_t channel)
{
	zx_signals_t seen = 0;

	zx_object_wait_one(channel, ZX_CHANNEL_READABLE, 0, &seen);
	return EXPECT_TRUE(!(seen & ZX_CHANNEL_READABLE));
}

zx_status_t exc_set_state(const struct exc_caught *e, uint32_t state)
{
	return zx_object_set_property(e->handle, ZX_PROP_EXCEPTION_STATE, &state, sizeof(state));
}

void exc_answer(struct exc_caught *e, uint32_t state)
{
	EXPECT_STATUS(exc_set_state(e, state), ZX_OK);
	exc_next(e);
}

void exc_next(struct exc_caught *e)
{
	EXPECT_STATUS(zx_handle_close(e->handle), ZX_OK);
	e->handle = ZX_HANDLE_INVALID;
}

void exc_pass(zx_handle_t channel, uint32_t type)
{
	struct exc_caught e;

	if (exc_catch_type(channel, type, &e))
		exc_next(&e);
}

zx_exception_report_v2_t exc_report(zx_handle_t thread)
{
	zx_exception_report_v2_t r = { 0 };

	EXPECT_STATUS(zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT_V2, &r, sizeof(r),
					 NULL, NULL), ZX_OK);
	EXPECT_EQ(r.header.size, sizeof(r));
	return r;
}

zx_exception_report_v1_t exc_short_report(zx_handle_t thread)
{
	zx_exception_report_v1_t r = { 0 };

	EXPECT_STATUS(zx_object_get_info(thread, ZX_INFO_THREAD_EXCEPTION_REPORT_V1, &r, sizeof(r),
					 NULL, NULL), ZX_OK);
	EXPECT_EQ(r.header.size, sizeof(r));
	return r;
}

void exc_expect_end(struct exc_child *c, int64_t code)
{
	int64_t got;

	if (task_child_await(&c->task, &got))
		EXPECT_EQ(got, code);
}
