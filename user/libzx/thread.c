#include <string.h>

#include <jx/runtime.h>
#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/threads.h>

#include "../libc/thread_end.h"
#include "region.h"

/* First code of the thread, on its stack; tp is ready in memory. */
static void thread_main(uintptr_t arg, uintptr_t tp)
{
	struct jx_thread *self = (struct jx_thread *)arg;

	jx_set_thread_pointer(tp);
	self->result = self->fn(self->arg);
	jx_thread_end();
	zx_thread_exit();
}

static size_t region_bytes(void)
{
	size_t bytes = JX_THREAD_STACK_BYTES + jx_tls_bytes();

	return (bytes + ZX_PAGE_MASK) & ~ZX_PAGE_MASK;
}

zx_status_t jx_thread_create(struct jx_thread *thread, const char *name, int (*fn)(void *),
			     void *arg)
{
	struct jx_region region;
	zx_status_t status;
	uintptr_t tp;

	*thread = (struct jx_thread){ .fn = fn, .arg = arg, .result = -1 };
	status = jx_region_map(zx_vmar_root_self(), "thread", region_bytes(), &region);
	if (status != ZX_OK)
		return status;
	zx_handle_close(region.vmo);
	thread->vmar = region.vmar;
	status = zx_thread_create(zx_process_self(), name, strlen(name), 0, &thread->handle);
	if (status != ZX_OK)
		goto unmap;
	/* The stack grows down from where the thread-local storage begins. */
	tp = jx_tls_init((void *)(region.base + JX_THREAD_STACK_BYTES), thread->handle);
	status = zx_thread_start(thread->handle, (zx_vaddr_t)thread_main,
				 region.base + JX_THREAD_STACK_BYTES, (uintptr_t)thread, tp);
	if (status == ZX_OK)
		return ZX_OK;
	zx_handle_close(thread->handle);
unmap:
	zx_vmar_destroy(region.vmar);
	zx_handle_close(region.vmar);
	return status;
}

zx_status_t jx_thread_join_until(struct jx_thread *thread, int *result, zx_time_t deadline)
{
	zx_status_t status;

	status = zx_object_wait_one(thread->handle, ZX_THREAD_TERMINATED, deadline, NULL);
	if (status != ZX_OK)
		return status;
	if (result)
		*result = thread->result;
	zx_vmar_destroy(thread->vmar);
	zx_handle_close(thread->vmar);
	zx_handle_close(thread->handle);
	return ZX_OK;
}

zx_status_t jx_thread_join(struct jx_thread *thread, int *result)
{
	return jx_thread_join_until(thread, result, ZX_TIME_INFINITE);
}

zx_status_t thrd_status_to_zx_status(int thrd_status)
{
	static const zx_status_t statuses[] = {
		ZX_OK, ZX_ERR_SHOULD_WAIT, ZX_ERR_INTERNAL, ZX_ERR_NO_MEMORY, ZX_ERR_TIMED_OUT,
	};
	const int count = sizeof(statuses) / sizeof(statuses[0]);

	return thrd_status >= 0 && thrd_status < count ? statuses[thrd_status] : ZX_ERR_INTERNAL;
}
