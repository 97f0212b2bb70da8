#include <string.h>

#include <jx/ktap.h>
#include <jx/vdso.h>
#include <zircon/process.h>

#include "task_util.h"

#define STACK_BYTES 4096ul

/* From user.ld: code, constants and the template of thread storage. */
extern const char __executable_start[], __tdata_end[];

zx_info_thread_t task_thread_info(zx_handle_t thread)
{
	zx_info_thread_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info;
}

zx_info_process_t task_process_info(zx_handle_t process)
{
	zx_info_process_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info;
}

zx_koid_t task_koid(zx_handle_t handle)
{
	zx_info_handle_basic_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	return info.koid;
}

bool task_await_state(zx_handle_t thread, uint32_t state)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);
	uint32_t seen;

	while ((seen = task_thread_info(thread).state) != state) {
		if (seen == ZX_THREAD_STATE_DEAD || zx_clock_get_monotonic() > end) {
			jx_fail("a thread is in state 0x%x instead of 0x%x", seen, state);
			return false;
		}
		zx_nanosleep(0);
	}
	return true;
}

bool task_await_signal(zx_handle_t handle, zx_signals_t signal)
{
	return EXPECT_STATUS(zx_object_wait_one(handle, signal, zx_deadline_after(TASK_PATIENCE),
						NULL), ZX_OK);
}

bool task_join(struct jx_thread *thread, int *result)
{
	return EXPECT_STATUS(jx_thread_join_until(thread, result,
						  zx_deadline_after(TASK_PATIENCE)), ZX_OK);
}

/* Where user space begins in this era: the root VMAR's base. */
static size_t user_base(void)
{
	zx_info_vmar_t root = { 0, 0 };

	EXPECT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root),
					 NULL, NULL),
		      ZX_OK);
	return root.base;
}

static size_t image_bytes(void)
{
	size_t bytes = (size_t)(__tdata_end - __executable_start);

	return (bytes + ZX_PAGE_MASK) & ~ZX_PAGE_MASK;
}

zx_handle_t task_image(void)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID, image = ZX_HANDLE_INVALID;

	if (!EXPECT_STATUS(zx_vmo_create(image_bytes(), 0, &vmo), ZX_OK))
		return ZX_HANDLE_INVALID;
	EXPECT_STATUS(zx_vmo_write(vmo, __executable_start, 0,
				   (size_t)(__tdata_end - __executable_start)), ZX_OK);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &image), ZX_OK);
	return image;
}

static bool map_image(struct task_child *c, zx_handle_t image)
{
	const zx_vm_option_t options = ZX_VM_SPECIFIC | ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE;
	zx_vaddr_t at;

	return EXPECT_STATUS(zx_vmar_map(c->vmar, options,
					 (size_t)__executable_start - user_base(), image, 0,
					 image_bytes(), &at), ZX_OK);
}

/* Where this program's copy of the table of system calls says. */
static bool map_vdso(struct task_child *c)
{
	zx_vaddr_t base = (zx_vaddr_t)jx_vdso_base();

	return EXPECT_STATUS(jx_vdso_map(jx_vdso_vmo(), c->vmar, &base), ZX_OK);
}

static bool map_stacks(struct task_child *c)
{
	const size_t bytes = TASK_CHILD_STACKS * STACK_BYTES;
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	bool good;

	if (!EXPECT_STATUS(zx_vmo_create(bytes, 0, &vmo), ZX_OK))
		return false;
	good = EXPECT_STATUS(zx_vmar_map(c->vmar, TASK_RW, 0, vmo, 0, bytes, &c->stacks), ZX_OK);
	zx_handle_close(vmo);
	return good;
}

bool task_child_create(struct task_child *c, zx_handle_t image)
{
	return task_child_create_in(c, zx_job_default(), image);
}

bool task_child_create_in(struct task_child *c, zx_handle_t job, zx_handle_t image)
{
	memset(c, 0, sizeof(*c));
	return EXPECT_STATUS(zx_process_create(job, "child", 5, 0, &c->process,
					       &c->vmar), ZX_OK) &&
	       map_image(c, image) && map_vdso(c) && map_stacks(c) &&
	       EXPECT_STATUS(zx_thread_create(c->process, "first", 5, 0, &c->thread), ZX_OK);
}

static zx_vaddr_t stack_top(const struct task_child *c, uint32_t stack)
{
	return c->stacks + (stack + 1) * STACK_BYTES;
}

bool task_child_start(struct task_child *c, task_entry fn, uintptr_t arg)
{
	return EXPECT_STATUS(zx_process_start(c->process, c->thread, (zx_vaddr_t)fn,
					      stack_top(c, 0), ZX_HANDLE_INVALID, arg), ZX_OK);
}

bool task_child_start_with(struct task_child *c, task_entry fn, zx_handle_t handle, uintptr_t arg)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	return EXPECT_STATUS(zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK) &&
	       EXPECT_STATUS(zx_process_start(c->process, c->thread, (zx_vaddr_t)fn,
					      stack_top(c, 0), copy, arg), ZX_OK);
}

bool task_child_add_thread(struct task_child *c, uint32_t stack, task_entry fn, uintptr_t arg1,
			   uintptr_t arg2, zx_handle_t *thread)
{
	*thread = ZX_HANDLE_INVALID;
	return EXPECT_STATUS(zx_thread_create(c->process, "next", 4, 0, thread), ZX_OK) &&
	       EXPECT_STATUS(zx_thread_start(*thread, (zx_vaddr_t)fn, stack_top(c, stack), arg1,
					     arg2), ZX_OK);
}

bool task_child_map(struct task_child *c, zx_handle_t vmo, uint64_t bytes, zx_vaddr_t *at)
{
	return EXPECT_STATUS(zx_vmar_map(c->vmar, TASK_RW, 0, vmo, 0, bytes, at), ZX_OK);
}

bool task_child_await(struct task_child *c, int64_t *code)
{
	*code = 0;
	if (!task_await_signal(c->process, ZX_PROCESS_TERMINATED))
		return false;
	*code = task_process_info(c->process).return_code;
	return true;
}

void task_child_drop(struct task_child *c)
{
	if (c->process) {
		zx_task_kill(c->process);
		task_await_signal(c->process, ZX_PROCESS_TERMINATED);
	}
	zx_handle_close(c->thread);
	zx_handle_close(c->vmar);
	zx_handle_close(c->process);
	memset(c, 0, sizeof(*c));
}
