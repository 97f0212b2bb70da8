/*
 * Threads of <threads.h>. All that a thread has lies in one region of the
 * address space: guard page, stack, struct jx_thrd, thread-local storage.
 */
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/threads.h>

#include "../libzx/region.h"
#include "deadline.h"
#include "thread_end.h"

#define STACK_BYTES (256ul << 10)

enum thrd_state {
	THRD_JOINABLE,
	THRD_DETACHED,	/* frees itself */
	THRD_ENDED,	/* or will very soon; whoever joins frees it */
};

struct jx_thrd {
	thrd_start_t function;
	void *argument;
	/* Read by who joins, after the thread has ended. */
	int result;
	_Atomic int state;
	zx_handle_t handle;
	/* The whole region, guard page included; 0 in the first thread. */
	zx_vaddr_t base;
	size_t bytes;
};

/* Of the first thread, which may be asked for like any other. */
static struct jx_thrd first_thread;
/* NULL in the first thread, and in those of <jx/thread.h>. */
static _Thread_local struct jx_thrd *current;
/* Threads of this file that have not ended, and the first one. */
static atomic_int live_count = 1;

static size_t round_up(size_t bytes, size_t align)
{
	return (bytes + align - 1) & ~(align - 1);
}

static void thrd_main(uintptr_t argument, uintptr_t tp)
{
	struct jx_thrd *self = (struct jx_thrd *)argument;

	jx_set_thread_pointer(tp);
	current = self;
	thrd_exit(self->function(self->argument));
}

/* Maps the region of a thread; *top is where its stack begins. */
static zx_status_t thrd_map(struct jx_thrd **out, const char *name)
{
	size_t bytes = round_up(STACK_BYTES + round_up(sizeof(**out), 16) + jx_tls_bytes(),
				ZX_PAGE_SIZE);
	struct jx_region region;
	struct jx_thrd *thread;
	zx_status_t status;

	status = jx_region_map(zx_vmar_root_self(), "thread", bytes, &region);
	if (status != ZX_OK)
		return status;
	/* The address space keeps both. */
	zx_handle_close(region.vmo);
	zx_handle_close(region.vmar);
	thread = (struct jx_thrd *)(region.base + STACK_BYTES);
	thread->base = region.base - ZX_PAGE_SIZE;
	thread->bytes = bytes + ZX_PAGE_SIZE;
	status = zx_thread_create(zx_process_self(), name, strlen(name), 0, &thread->handle);
	if (status == ZX_OK)
		*out = thread;
	else
		zx_vmar_unmap(zx_vmar_root_self(), thread->base, thread->bytes);
	return status;
}

/* For a thread that has ended, or never began. */
static void thrd_free(struct jx_thrd *thread)
{
	zx_handle_close(thread->handle);
	zx_vmar_unmap(zx_vmar_root_self(), thread->base, thread->bytes);
}

int thrd_create_with_name(thrd_t *out, thrd_start_t function, void *argument, const char *name)
{
	struct jx_thrd *thread;
	zx_status_t status;
	uintptr_t tp;

	status = thrd_map(&thread, name);
	if (status != ZX_OK)
		return status == ZX_ERR_NO_MEMORY ? thrd_nomem : thrd_error;
	thread->function = function;
	thread->argument = argument;
	thread->result = -1;
	tp = jx_tls_init((char *)thread + round_up(sizeof(*thread), 16), thread->handle);
	atomic_fetch_add(&live_count, 1);
	*out = thread;
	status = zx_thread_start(thread->handle, (zx_vaddr_t)thrd_main, (zx_vaddr_t)thread,
				 (uintptr_t)thread, tp);
	if (status == ZX_OK)
		return thrd_success;
	atomic_fetch_sub(&live_count, 1);
	thrd_free(thread);
	return status == ZX_ERR_NO_MEMORY ? thrd_nomem : thrd_error;
}

int thrd_create(thrd_t *out, thrd_start_t function, void *argument)
{
	return thrd_create_with_name(out, function, argument, "thread");
}

thrd_t thrd_current(void)
{
	return current ? current : &first_thread;
}

int thrd_equal(thrd_t a, thrd_t b)
{
	return a == b;
}

zx_handle_t thrd_get_zx_handle(thrd_t thread)
{
	return thread == &first_thread ? jx_startup_handle(PA_THREAD_SELF) : thread->handle;
}

void thrd_exit(int result)
{
	struct jx_thrd *self = current;
	int seen = THRD_JOINABLE;

	jx_thread_end();
	if (atomic_fetch_sub(&live_count, 1) == 1)
		exit(EXIT_SUCCESS);
	if (!self)
		zx_thread_exit();
	self->result = result;
	/* Release: who frees the thread sees its result. */
	if (atomic_compare_exchange_strong_explicit(&self->state, &seen, THRD_ENDED,
						    memory_order_release, memory_order_relaxed))
		zx_thread_exit();
	zx_vmar_unmap_handle_close_thread_exit(zx_vmar_root_self(), self->base, self->bytes,
					       self->handle);
	__builtin_trap();
}

int thrd_join(thrd_t thread, int *result)
{
	if (zx_object_wait_one(thread->handle, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL) !=
	    ZX_OK)
		return thrd_error;
	if (result)
		*result = thread->result;
	thrd_free(thread);
	return thrd_success;
}

int thrd_detach(thrd_t thread)
{
	int seen = THRD_JOINABLE;

	/* One that has gone past its own choice is joined: it is about to end. */
	if (atomic_compare_exchange_strong_explicit(&thread->state, &seen, THRD_DETACHED,
						    memory_order_acquire, memory_order_acquire))
		return thrd_success;
	return thrd_join(thread, NULL);
}

int thrd_sleep(const struct timespec *duration, struct timespec *remaining)
{
	if (duration->tv_sec < 0 || duration->tv_nsec < 0 || duration->tv_nsec >= ZX_SEC(1))
		return -2;
	zx_nanosleep(zx_deadline_after(jx_deadline(duration)));
	if (remaining)
		*remaining = (struct timespec){ 0 };
	return 0;
}

void thrd_yield(void)
{
	zx_nanosleep(0);
}
