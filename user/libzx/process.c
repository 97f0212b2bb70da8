/* Handles of the running program and of its threads. */
#include <stdatomic.h>
#include <string.h>

#include <jx/runtime.h>
#include <jx/vdso.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "names.h"

static uint32_t startup_count;
static uint32_t startup_info[ZX_CHANNEL_MAX_MSG_HANDLES];
/* Taken with an exchange, so that a handle is handed over once. */
static _Atomic zx_handle_t startup_values[ZX_CHANNEL_MAX_MSG_HANDLES];
/* Written once before main. */
static zx_handle_t process_self, thread_first, vmar_root_self, job_default;
static struct jx_string_area startup_names;

/* Where a handle goes that the runtime keeps for itself; NULL: the others. */
static zx_handle_t *own_place(uint32_t info)
{
	switch (info) {
	case PA_PROC_SELF:
		return &process_self;
	case PA_THREAD_SELF:
		return &thread_first;
	case PA_VMAR_ROOT:
		return &vmar_root_self;
	case PA_JOB_DEFAULT:
		return &job_default;
	}
	return NULL;
}

void jx_startup_set(const struct jx_procargs *args, const zx_handle_t *values)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < args->handle_count; i++) {
		zx_handle_t *own = own_place(args->handle_info[i]);

		if (own) {
			*own = values[i];
			continue;
		}
		startup_info[n] = args->handle_info[i];
		atomic_init(&startup_values[n++], values[i]);
	}
	startup_count = n;
	startup_names = args->names;
}

zx_handle_t jx_startup_thread(void)
{
	return thread_first;
}

const char *jx_startup_name(uint32_t index)
{
	const char *at = startup_names.at;

	if (index >= startup_names.count)
		return NULL;
	while (index-- != 0)
		at += strlen(at) + 1;
	return at;
}

static _Atomic zx_handle_t *find(uint32_t info)
{
	for (uint32_t i = 0; i < startup_count; i++) {
		if (startup_info[i] == info)
			return &startup_values[i];
	}
	return NULL;
}

zx_handle_t jx_startup_handle(uint32_t info)
{
	_Atomic zx_handle_t *value = find(info);

	return value ? atomic_load_explicit(value, memory_order_relaxed) : ZX_HANDLE_INVALID;
}

/* Set before PA_VMO_VDSO is handed over: children need the vDSO all the same. */
static _Atomic zx_handle_t vdso_copy;

zx_handle_t jx_vdso_vmo(void)
{
	zx_handle_t own = jx_startup_handle(PA_HND(PA_VMO_VDSO, 0));

	return own ? own : atomic_load_explicit(&vdso_copy, memory_order_acquire);
}

/* Release: who finds the start-up handle taken finds the copy. Of two copies that
 * race for the place the later is closed. */
static void keep_vdso(zx_handle_t vmo)
{
	zx_handle_t copy = ZX_HANDLE_INVALID, none = ZX_HANDLE_INVALID;

	if (zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &copy) == ZX_OK &&
	    !atomic_compare_exchange_strong_explicit(&vdso_copy, &none, copy,
						     memory_order_release, memory_order_relaxed))
		zx_handle_close(copy);
}

zx_handle_t _zx_take_startup_handle(uint32_t hnd_info)
{
	_Atomic zx_handle_t *value = find(hnd_info);

	if (!value)
		return ZX_HANDLE_INVALID;
	if (hnd_info == PA_HND(PA_VMO_VDSO, 0))
		keep_vdso(atomic_load_explicit(value, memory_order_relaxed));
	return atomic_exchange_explicit(value, ZX_HANDLE_INVALID, memory_order_relaxed);
}

zx_handle_t _zx_process_self(void)
{
	return process_self;
}

zx_handle_t _zx_thread_self(void)
{
	const struct jx_tcb *tcb = jx_tcb_self();

	return tcb ? tcb->thread : ZX_HANDLE_INVALID;
}

zx_handle_t _zx_vmar_root_self(void)
{
	return vmar_root_self;
}

zx_handle_t _zx_job_default(void)
{
	return job_default;
}

SECOND_NAME(zx_take_startup_handle);
SECOND_NAME(zx_process_self);
SECOND_NAME(zx_thread_self);
SECOND_NAME(zx_vmar_root_self);
SECOND_NAME(zx_job_default);
