#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <syscall_numbers.h>
#include <zircon/jx.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/policy.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/resource.h>

#include "bad_call_util.h"
#include "task_util.h"

#define BUFFER_BYTES (2 * PAGE)
#define VMAR_BYTES (64 * PAGE)
#define USER_TOP 0x1000000000000ul
#define FAR_ENTRY (1ul << 60)

#define V(v) { .kind = ARG_VALUE, .value = (uint64_t)(v) }
#define POLL { .kind = ARG_DEADLINE, .value = 0 }
#define H(o) { .kind = ARG_HANDLE, .object = OBJ_##o, .needs_right = true }
#define H_NO_RIGHT(o) { .kind = ARG_HANDLE, .object = OBJ_##o }
#define ANY(o) { .kind = ARG_HANDLE_ANY, .object = OBJ_##o, .needs_right = true }
#define ANY_NO_RIGHT(o) { .kind = ARG_HANDLE_ANY, .object = OBJ_##o }
#define OR_0(o) { .kind = ARG_HANDLE_OR_0, .object = OBJ_##o }
#define FRESH(o) { .kind = ARG_FRESH, .object = OBJ_##o }
#define IN(n) { .kind = ARG_IN, .value = (n) }
#define OUT(n) { .kind = ARG_OUT, .value = (n) }
#define OUT_HANDLE { .kind = ARG_OUT_HANDLE, .value = 4 }
#define OUT_OR_NULL(n) { .kind = ARG_OUT_OR_NULL, .value = (n) }
#define IN_MEMORY(n) { .kind = ARG_IN_MEMORY, .value = (n) }
#define OUT_MEMORY(n) { .kind = ARG_OUT_MEMORY, .value = (n) }
#define CALL(name, random, ...) { #name, SYS_##name, random, { __VA_ARGS__ } }

/* A row's good values pass every check that stands before the pointers'. A row
 * without a pointer is one where nothing is copied in such a call. */
const struct bad_call bad_calls[] = {
	CALL(handle_close, false, ANY_NO_RIGHT(EVENT)),
	CALL(handle_close_many, false, IN(4), V(1)),
	CALL(handle_duplicate, true, ANY(EVENT), V(ZX_RIGHT_SAME_RIGHTS), OUT_HANDLE),
	CALL(handle_replace, false, FRESH(EVENT), V(ZX_RIGHT_SAME_RIGHTS), OUT_HANDLE),
	CALL(object_get_info, true, ANY_NO_RIGHT(EVENT), V(ZX_INFO_HANDLE_BASIC), OUT(32), V(32),
	     OUT_OR_NULL(8), OUT_OR_NULL(8)),
	CALL(object_get_info, true, H(PROCESS), V(ZX_INFO_PROCESS), OUT(24), V(24), OUT_OR_NULL(8),
	     OUT_OR_NULL(8)),
	CALL(object_get_info, true, H(PROCESS), V(ZX_INFO_PROCESS_MAPS), OUT(320), V(320),
	     OUT_OR_NULL(8), OUT_OR_NULL(8)),
	CALL(object_get_info, true, H(THREAD), V(ZX_INFO_THREAD), OUT(48), V(128), OUT_OR_NULL(8),
	     OUT_OR_NULL(8)),
	CALL(object_get_info, true, H_NO_RIGHT(VMO), V(ZX_INFO_VMO), OUT(100), V(400),
	     OUT_OR_NULL(8), OUT_OR_NULL(8)),
	CALL(object_get_info, true, H(VMAR), V(ZX_INFO_VMAR), OUT(16), V(16), OUT_OR_NULL(8),
	     OUT_OR_NULL(8)),
	CALL(object_get_property, true, ANY(VMO), V(ZX_PROP_NAME), OUT(32), V(32)),
	CALL(object_set_property, true, ANY(VMO), V(ZX_PROP_NAME), IN(8), V(8)),
	CALL(object_get_child, true, ANY(JOB), V(1), V(ZX_RIGHT_SAME_RIGHTS), V(0)),
	CALL(object_signal, true, ANY(EVENT), V(0), V(0)),
	CALL(object_signal_peer, true, ANY(EVENT), V(0), V(0)),
	CALL(object_wait_one, true, ANY(EVENT), V(ZX_USER_SIGNAL_0), POLL, OUT_OR_NULL(4)),
	CALL(object_wait_many, false, IN(12), V(1), POLL),
	CALL(object_wait_async, true, ANY(EVENT), H(PORT), V(1), V(ZX_USER_SIGNAL_0), V(0)),
	CALL(port_create, true, V(0), OUT_HANDLE),
	CALL(port_queue, true, H(PORT), IN(48)),
	CALL(port_wait, true, H(PORT), POLL, V(0)),
	CALL(port_cancel, true, H(PORT), ANY(EVENT), V(1)),
	CALL(event_create, true, V(0), OUT_HANDLE),
	CALL(futex_wait, true, IN(4), V(0), OR_0(THREAD), POLL),
	CALL(futex_wake, true, V(0), V(1)),
	CALL(nanosleep, true, POLL),
	CALL(vmar_allocate, true, H(VMAR), V(ZX_VM_CAN_MAP_READ), V(0), V(PAGE), OUT_HANDLE,
	     OUT(8)),
	CALL(vmar_map, true, H(VMAR), V(ZX_VM_PERM_READ), V(0), H(VMO), V(0), V(PAGE), OUT(8)),
	CALL(vmar_unmap, true, H_NO_RIGHT(VMAR), V(PAGE), V(PAGE)),
	CALL(vmar_protect, true, H(VMAR), V(ZX_VM_PERM_READ), V(PAGE), V(PAGE)),
	CALL(vmar_destroy, true, H_NO_RIGHT(VMAR)),
	CALL(vmar_op_range, true, H_NO_RIGHT(VMAR), V(ZX_VMO_OP_DECOMMIT), V(PAGE), V(PAGE), V(0),
	     V(0)),
	CALL(vmo_create, true, V(PAGE), V(0), OUT_HANDLE),
	CALL(vmo_read, true, H(VMO), OUT_MEMORY(16), V(0), V(16)),
	CALL(vmo_write, true, H(VMO), IN_MEMORY(16), V(0), V(16)),
	CALL(vmo_get_size, true, H_NO_RIGHT(VMO), OUT(8)),
	CALL(vmo_set_size, true, H(VMO), V(PAGE)),
	CALL(vmo_op_range, true, H(VMO), V(ZX_VMO_OP_COMMIT), V(0), V(PAGE), V(0), V(0)),
	CALL(vmo_replace_as_executable, false, FRESH(VMO), OR_0(RESOURCE), OUT_HANDLE),
	CALL(pager_create, true, V(0), OUT_HANDLE),
	CALL(pager_create_vmo, true, H_NO_RIGHT(PAGER), V(0), H(PORT), V(1), V(PAGE), OUT_HANDLE),
	CALL(pager_detach_vmo, true, H_NO_RIGHT(PAGER), H_NO_RIGHT(PAGED_VMO)),
	CALL(pager_supply_pages, true, H_NO_RIGHT(PAGER), H_NO_RIGHT(PAGED_VMO), V(0), V(PAGE),
	     H(VMO), V(0)),
	CALL(pager_op_range, true, H_NO_RIGHT(PAGER), V(ZX_PAGER_OP_FAIL),
	     H_NO_RIGHT(PAGED_VMO), V(0), V(PAGE), V((uint64_t)ZX_ERR_IO)),
	CALL(process_create, false, H(JOB), IN(4), V(4), V(0), OUT_HANDLE, OUT_HANDLE),
	CALL(process_start, false, H(PROCESS), H(THREAD), V(FAR_ENTRY), V(0), V(0), V(0)),
	CALL(process_read_memory, true, H(PROCESS), V(0), OUT_MEMORY(16), V(16), OUT(8)),
	CALL(process_write_memory, true, H(PROCESS), V(0), IN_MEMORY(16), V(16), OUT(8)),
	CALL(thread_create, true, H(PROCESS), IN(4), V(4), V(0), OUT_HANDLE),
	CALL(thread_start, true, H(THREAD), V(0), V(0), V(0), V(0)),
	CALL(task_kill, false, ANY(THREAD)),
	CALL(clock_get, true, V(0), OUT(8)),
	CALL(jx_cprng_draw_once, true, OUT(16), V(16)),
	CALL(system_get_features, true, V(0), OUT(4)),
	CALL(system_powerctl, false, H_NO_RIGHT(RESOURCE), V(999), V(0)),
	CALL(debug_write, false, IN(2), V(2)),
	CALL(debug_read, false, H_NO_RIGHT(RESOURCE), V(0), V(0), V(0)),
	CALL(debuglog_create, true, H_NO_RIGHT(RESOURCE), V(0), OUT_HANDLE),
	CALL(debuglog_write, false, H(LOG), V(0), IN(4), V(4)),
	CALL(debuglog_read, true, H(LOG), V(0), V(0), V(0)),
	CALL(resource_create, true, H(RESOURCE), V(ZX_RSRC_KIND_VMEX), V(0), V(0), IN(4), V(4),
	     OUT_HANDLE),
	CALL(iommu_create, true, H_NO_RIGHT(RESOURCE), V(0), IN(1), V(1), OUT_HANDLE),
	CALL(bti_create, true, H_NO_RIGHT(IOMMU), V(0), V(7), OUT_HANDLE),
	CALL(bti_pin, false, H(BTI), V(ZX_BTI_PERM_READ), H(VMO), V(0), V(PAGE), OUT(8), V(1),
	     OUT_HANDLE),
	CALL(bti_release_quarantine, true, H(BTI)),
	CALL(vmo_create_child, true, H(VMO), V(ZX_VMO_CHILD_SNAPSHOT), V(0), V(PAGE), OUT_HANDLE),
	CALL(vmo_set_cache_policy, true, H(VMO), V(ZX_CACHE_POLICY_CACHED)),
	CALL(vmo_create_contiguous, true, H(BTI), V(PAGE), V(0), OUT_HANDLE),
	CALL(vmo_create_physical, false, H_NO_RIGHT(RESOURCE), V(0), V(PAGE), OUT_HANDLE),
	CALL(eventpair_create, false, V(0), OUT_HANDLE, OUT_HANDLE),
	CALL(channel_create, false, V(0), OUT_HANDLE, OUT_HANDLE),
	CALL(timer_create, true, V(0), V(0), OUT_HANDLE),
	CALL(fifo_create, false, V(4), V(8), V(0), OUT_HANDLE, OUT_HANDLE),
	CALL(task_create_exception_channel, true, ANY(PROCESS), V(0), OUT_HANDLE),
	CALL(exception_get_thread, true, H_NO_RIGHT(EXCEPTION), OUT_HANDLE),
	CALL(exception_get_process, true, H_NO_RIGHT(EXCEPTION), OUT_HANDLE),
	CALL(object_set_property, true, ANY_NO_RIGHT(EXCEPTION), V(ZX_PROP_EXCEPTION_STATE),
	     IN(4), V(4)),
	CALL(object_get_info, true, H(THREAD), V(ZX_INFO_THREAD_EXCEPTION_REPORT), V(0), V(0),
	     V(0), V(0)),
	CALL(task_suspend_token, true, ANY(THREAD), OUT_HANDLE),
	CALL(job_create, true, H(JOB), V(0), OUT_HANDLE),
	CALL(job_set_policy, true, H(JOB), V(0), V(ZX_JOB_POL_BASIC_V2), IN(12), V(1)),
	CALL(jx_stat, true, V(JX_STAT_MEMORY), OUT(sizeof(jx_memory_stats_t)),
	     V(sizeof(jx_memory_stats_t)), OUT_OR_NULL(8)),
};
const size_t bad_call_count = sizeof(bad_calls) / sizeof(bad_calls[0]);

int64_t bad_call_enter(uint32_t number, const uint64_t *args)
{
	register uint64_t x0 __asm__("x0") = args[0];
	register uint64_t x1 __asm__("x1") = args[1];
	register uint64_t x2 __asm__("x2") = args[2];
	register uint64_t x3 __asm__("x3") = args[3];
	register uint64_t x4 __asm__("x4") = args[4];
	register uint64_t x5 __asm__("x5") = args[5];
	register uint64_t x6 __asm__("x6") = args[6];
	register uint64_t x7 __asm__("x7") = args[7];
	register uint64_t x16 __asm__("x16") = number;

	__asm__ volatile("svc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
			   "+r"(x7), "+r"(x16)
			 :
			 : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x17", "memory",
			   "cc");
	return (int64_t)x0;
}

/* A VMO mapped into this process, with nothing mapped behind it. */
static bool map_memory(zx_vm_option_t options, uint64_t bytes, zx_handle_t vmar, zx_vaddr_t *at)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	bool good;

	if (!EXPECT_STATUS(zx_vmo_create(bytes, 0, &vmo), ZX_OK))
		return false;
	good = EXPECT_STATUS(zx_vmar_map(vmar, options, 0, vmo, 0, bytes, at), ZX_OK);
	zx_handle_close(vmo);
	return good;
}

/* The buffer gets a region that it does not fill, so that its end is one. */
static bool make_buffers(struct sandbox *s)
{
	zx_handle_t vmar = ZX_HANDLE_INVALID;
	zx_vaddr_t base;
	bool good;

	if (!EXPECT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), ZX_VM_CAN_MAP_READ |
					    ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
					    2 * BUFFER_BYTES, &vmar, &base), ZX_OK))
		return false;
	good = map_memory(TASK_RW | ZX_VM_SPECIFIC, BUFFER_BYTES, vmar, &s->buffer);
	zx_handle_close(vmar);
	return good && map_memory(ZX_VM_PERM_READ, PAGE, zx_vmar_root_self(), &s->read_only);
}

static bool make_pager(zx_handle_t *o)
{
	/* Detached, so that nobody ever waits for it. */
	return EXPECT_STATUS(zx_pager_create(0, &o[OBJ_PAGER]), ZX_OK) &&
	       EXPECT_STATUS(zx_pager_create_vmo(o[OBJ_PAGER], 0, o[OBJ_PORT], 1, PAGE,
						 &o[OBJ_PAGED_VMO]), ZX_OK) &&
	       EXPECT_STATUS(zx_pager_detach_vmo(o[OBJ_PAGER], o[OBJ_PAGED_VMO]), ZX_OK);
}

static bool make_child(struct sandbox *s)
{
	zx_handle_t *o = s->objects, vmar = ZX_HANDLE_INVALID;
	bool good;

	if (!EXPECT_STATUS(zx_process_create(zx_job_default(), "bad", 3, 0, &o[OBJ_PROCESS],
					     &vmar), ZX_OK))
		return false;
	good = EXPECT_STATUS(zx_thread_create(o[OBJ_PROCESS], "bad", 3, 0, &o[OBJ_THREAD]),
			     ZX_OK) &&
	       map_memory(TASK_RW, PAGE, vmar, &s->in_child);
	zx_handle_close(vmar);
	return good;
}

static bool make_devices(zx_handle_t *o)
{
	const zx_iommu_desc_dummy_t desc = { 0 };

	return EXPECT_STATUS(zx_handle_duplicate(jx_startup_handle(PA_RESOURCE),
						 ZX_RIGHT_SAME_RIGHTS, &o[OBJ_RESOURCE]), ZX_OK) &&
	       EXPECT_STATUS(zx_iommu_create(o[OBJ_RESOURCE], ZX_IOMMU_TYPE_DUMMY, &desc,
					     sizeof(desc), &o[OBJ_IOMMU]), ZX_OK) &&
	       EXPECT_STATUS(zx_bti_create(o[OBJ_IOMMU], 0, 1, &o[OBJ_BTI]), ZX_OK);
}

static bool make_exception(struct sandbox *s)
{
	struct exc_caught e;

	if (!exc_child_make(&s->held))
		return false;
	s->channel = exc_bind(s->held.task.process, 0);
	if (!task_child_start(&s->held.task, exc_run_load, s->held.hole) ||
	    !exc_catch(s->channel, &e))
		return false;
	s->objects[OBJ_EXCEPTION] = e.handle;
	return true;
}

static bool make_objects(struct sandbox *s)
{
	const zx_rights_t job_rights = ZX_DEFAULT_JOB_RIGHTS & ~(ZX_RIGHT_DESTROY |
								 ZX_RIGHT_SET_PROPERTY);
	const zx_vm_option_t vmar_options = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
					    ZX_VM_CAN_MAP_SPECIFIC;
	zx_handle_t *o = s->objects;

	return EXPECT_STATUS(zx_event_create(0, &o[OBJ_EVENT]), ZX_OK) &&
	       EXPECT_STATUS(zx_port_create(0, &o[OBJ_PORT]), ZX_OK) &&
	       EXPECT_STATUS(zx_vmo_create(PAGE, 0, &o[OBJ_VMO]), ZX_OK) && make_pager(o) &&
	       make_child(s) &&
	       EXPECT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), vmar_options, 0, VMAR_BYTES,
					      &o[OBJ_VMAR], &s->vmar_base), ZX_OK) &&
	       EXPECT_STATUS(zx_handle_duplicate(zx_job_default(), job_rights, &o[OBJ_JOB]),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_debuglog_create(jx_startup_handle(PA_RESOURCE),
						ZX_LOG_FLAG_READABLE, &o[OBJ_LOG]), ZX_OK) &&
	       make_devices(o) && make_exception(s);
}

bool sandbox_create(struct sandbox *s)
{
	memset(s, 0, sizeof(*s));
	if (!make_buffers(s) || !make_objects(s))
		return false;
	for (int i = 0; i < OBJ_COUNT; i++) {
		/* These cannot be duplicated, and no call asks them for rights. */
		if (i != OBJ_PAGER && i != OBJ_EXCEPTION &&
		    !EXPECT_STATUS(zx_handle_duplicate(s->objects[i], ZX_RIGHT_NONE, &s->bare[i]),
				   ZX_OK))
			return false;
	}
	return true;
}

void sandbox_drop(struct sandbox *s)
{
	zx_task_kill(s->objects[OBJ_PROCESS]);
	exc_child_drop(&s->held);
	zx_handle_close(s->channel);
	zx_vmar_destroy(s->objects[OBJ_VMAR]);
	for (int i = 0; i < OBJ_COUNT; i++) {
		zx_handle_close(s->objects[i]);
		zx_handle_close(s->bare[i]);
	}
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), s->buffer, 2 * BUFFER_BYTES), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), s->read_only, PAGE), ZX_OK);
}

uint64_t sandbox_good(struct sandbox *s, const struct bad_arg *arg)
{
	zx_handle_t fresh = ZX_HANDLE_INVALID;

	switch (arg->kind) {
	case ARG_HANDLE:
	case ARG_HANDLE_ANY:
		return s->objects[arg->object];
	case ARG_FRESH:
		EXPECT_STATUS(zx_handle_duplicate(s->objects[arg->object], ZX_RIGHT_SAME_RIGHTS,
						  &fresh), ZX_OK);
		return fresh;
	case ARG_HANDLE_OR_0:
		return ZX_HANDLE_INVALID;
	case ARG_END:
	case ARG_VALUE:
	case ARG_DEADLINE:
		return arg->value;
	default:
		return s->buffer;
	}
}

uint64_t sandbox_bad_pointer(const struct sandbox *s, size_t i, uint64_t bytes)
{
	const uint64_t pointers[BAD_POINTER_COUNT] = {
		0,
		8,
		USER_TOP,
		USER_TOP - bytes / 2,
		0xffff000000000000ul,
		-(bytes / 2),
		s->buffer + BUFFER_BYTES - bytes / 2,
		s->buffer + BUFFER_BYTES,
	};

	return pointers[i];
}
