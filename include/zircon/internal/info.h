/*
 * Records of zx_object_get_info about handles, tasks and address spaces;
 * <zircon/syscalls/object.h> includes this.
 */
#ifndef ZIRCON_INTERNAL_INFO_H_
#define ZIRCON_INTERNAL_INFO_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* zx_info_handle_basic_t.props, which later became reserved. */
#define ZX_OBJ_PROP_NONE ((uint32_t)0u)
#define ZX_OBJ_PROP_WAITABLE ((uint32_t)1u)

/* HANDLE_BASIC */
typedef struct zx_info_handle_basic {
	zx_koid_t koid;
	zx_rights_t rights;
	zx_obj_type_t type;
	zx_koid_t related_koid;
	union {
		uint32_t props;
		uint32_t reserved;
	};
	uint8_t padding1[4];
} zx_info_handle_basic_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_handle_basic_t) == 32, "zx_info_handle_basic_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_handle_basic_t, type) == 12, "type");
__ZX_STATIC_ASSERT(__offsetof(zx_info_handle_basic_t, related_koid) == 16, "related_koid");

/* HANDLE_TABLE */
typedef struct zx_info_handle_extended {
	zx_obj_type_t type;
	zx_handle_t handle_value;
	zx_rights_t rights;
	uint32_t reserved;
	zx_koid_t koid;
	zx_koid_t related_koid;
	zx_koid_t peer_owner_koid;
} zx_info_handle_extended_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_handle_extended_t) == 40, "zx_info_handle_extended_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_handle_extended_t, koid) == 16, "koid");

/* HANDLE_COUNT */
typedef struct zx_info_handle_count {
	uint32_t handle_count;
} zx_info_handle_count_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_handle_count_t) == 4, "zx_info_handle_count_t");

/* PROCESS_HANDLE_STATS */
typedef struct zx_info_process_handle_stats {
	/* Indexed by object type. */
	uint32_t handle_count[ZX_OBJ_TYPE_UPPER_BOUND];
} zx_info_process_handle_stats_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_process_handle_stats_t) == 256, "zx_info_process_handle_stats_t");

/* PROCESS */
typedef struct zx_info_process {
	int64_t return_code;
	bool started;
	bool exited;
	bool debugger_attached;
	uint8_t padding1[5];
} zx_info_process_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_process_t) == 16, "zx_info_process_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_process_t, started) == 8, "started");
__ZX_STATIC_ASSERT(__offsetof(zx_info_process_t, exited) == 9, "exited");

/* JOB */
typedef struct zx_info_job {
	int64_t return_code;
	bool exited;
	bool kill_on_oom;
	bool debugger_attached;
	uint8_t padding1[5];
} zx_info_job_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_job_t) == 16, "zx_info_job_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_job_t, exited) == 8, "exited");

/* THREAD */
typedef struct zx_info_thread {
	uint32_t state;
	uint32_t wait_exception_channel_type;
	zx_cpu_set_t cpu_affinity_mask;
} zx_info_thread_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_thread_t) == 72, "zx_info_thread_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_thread_t, cpu_affinity_mask) == 8, "cpu_affinity_mask");

/* THREAD_STATS */
typedef struct zx_info_thread_stats {
	zx_duration_t total_runtime;
	uint32_t last_scheduled_cpu;
	uint8_t padding1[4];
} zx_info_thread_stats_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_thread_stats_t) == 16, "zx_info_thread_stats_t");

/* last_scheduled_cpu of a thread that never ran. */
#define ZX_INFO_INVALID_CPU ((uint32_t)0xffffffffu)

/* TASK_STATS: pages that mappings show and memory holds. */
typedef struct zx_info_task_stats_v1 {
	size_t mem_mapped_bytes;
	size_t mem_private_bytes;
	size_t mem_shared_bytes;
	/* Of shared, each page divided by the processes that map its VMO. */
	size_t mem_scaled_shared_bytes;
} zx_info_task_stats_v1_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_task_stats_v1_t) == 32, "zx_info_task_stats_v1_t");

/* Version 1, of later eras. The fraction is of one byte, which is
 * 0x8000000000000000. */
typedef struct zx_info_task_stats_v2 {
	size_t mem_mapped_bytes;
	size_t mem_private_bytes;
	size_t mem_shared_bytes;
	size_t mem_scaled_shared_bytes;
	uint64_t mem_fractional_scaled_shared_bytes;
} zx_info_task_stats_v2_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_task_stats_v2_t) == 40, "zx_info_task_stats_v2_t");

#ifdef ZX_ERA_LATEST
typedef zx_info_task_stats_v2_t zx_info_task_stats_t;
#else
typedef zx_info_task_stats_v1_t zx_info_task_stats_t;
#endif

/* TASK_RUNTIME */
typedef struct zx_info_task_runtime {
	zx_duration_t cpu_time;
	zx_duration_t queue_time;
} zx_info_task_runtime_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_task_runtime_t) == 16, "zx_info_task_runtime_t");

/* VMAR */
typedef struct zx_info_vmar {
	uintptr_t base;
	size_t len;
} zx_info_vmar_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_vmar_t) == 16, "zx_info_vmar_t");

__END_CDECLS

#endif
