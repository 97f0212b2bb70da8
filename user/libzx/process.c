/* Handles of the running program and of its threads. */
#include <stdatomic.h>

#include <jx/runtime.h>
#include <zircon/process.h>

#include "names.h"

static uint32_t startup_count;
static uint32_t startup_info[JX_BOOTSTRAP_MAX_HANDLES];
/* Taken with an exchange, so that a handle is handed over once. */
static _Atomic zx_handle_t startup_values[JX_BOOTSTRAP_MAX_HANDLES];
/* Written once before main. */
static zx_handle_t process_self, vmar_root_self, job_default;

void jx_startup_set(const uint32_t *info, const zx_handle_t *values, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		startup_info[i] = info[i];
		atomic_init(&startup_values[i], values[i]);
	}
	startup_count = count;
	process_self = jx_startup_handle(PA_PROC_SELF);
	vmar_root_self = jx_startup_handle(PA_VMAR_ROOT);
	job_default = jx_startup_handle(PA_JOB_DEFAULT);
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

zx_handle_t _zx_take_startup_handle(uint32_t hnd_info)
{
	_Atomic zx_handle_t *value = find(hnd_info);

	if (!value)
		return ZX_HANDLE_INVALID;
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
