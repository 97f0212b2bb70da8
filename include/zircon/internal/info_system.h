/*
 * Records of zx_object_get_info about the system and about objects outside
 * the VM; <zircon/syscalls/object.h> includes this.
 */
#ifndef ZIRCON_INTERNAL_INFO_SYSTEM_H_
#define ZIRCON_INTERNAL_INFO_SYSTEM_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* TIMER */
typedef struct zx_info_timer {
	uint32_t options;
	uint8_t padding1[4];
	zx_time_t deadline;
	zx_duration_t slack;
} zx_info_timer_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_timer_t) == 24, "zx_info_timer_t");

/* STREAM */
typedef struct zx_info_stream {
	uint32_t options;
	uint8_t padding1[4];
	uint64_t seek;
	uint64_t content_size;
} zx_info_stream_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_stream_t) == 24, "zx_info_stream_t");

/* SOCKET */
typedef struct zx_info_socket {
	uint32_t options;
	uint8_t padding1[4];
	size_t rx_buf_max;
	size_t rx_buf_size;
	size_t rx_buf_available;
	size_t tx_buf_max;
	size_t tx_buf_size;
} zx_info_socket_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_socket_t) == 48, "zx_info_socket_t");

/* BTI. The size of the buffer says which record is wanted. */
typedef struct zx_info_bti_v1 {
	uint64_t minimum_contiguity;
	uint64_t aspace_size;
} zx_info_bti_v1_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_bti_v1_t) == 16, "zx_info_bti_v1_t");

/* Of later eras. */
typedef struct zx_info_bti_v2 {
	uint64_t minimum_contiguity;
	uint64_t aspace_size;
	/* Pinned memory tokens that still pin, and those of them without handle. */
	uint64_t pmo_count;
	uint64_t quarantine_count;
} zx_info_bti_v2_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_bti_v2_t) == 32, "zx_info_bti_v2_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_bti_v2_t, pmo_count) == 16, "pmo_count");

#ifdef ZX_ERA_LATEST
typedef zx_info_bti_v2_t zx_info_bti_t;
#else
typedef zx_info_bti_v1_t zx_info_bti_t;
#endif

/* RESOURCE */
typedef struct zx_info_resource {
	uint32_t kind;
	uint32_t flags;
	uint64_t base;
	size_t size;
	char name[ZX_MAX_NAME_LEN];
} zx_info_resource_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_resource_t) == 56, "zx_info_resource_t");

/* MSI */
typedef struct zx_info_msi {
	uint64_t target_addr;
	uint32_t target_data;
	uint32_t base_irq_id;
	uint32_t num_irq;
	uint32_t interrupt_count;
} zx_info_msi_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_msi_t) == 24, "zx_info_msi_t");

#define ZX_INFO_CPU_STATS_FLAG_ONLINE ((uint32_t)1u)

/* CPU_STATS, one per CPU */
typedef struct zx_info_cpu_stats {
	uint32_t cpu_number;
	uint32_t flags;
	zx_duration_t idle_time;
	uint64_t reschedules;
	uint64_t context_switches;
	uint64_t irq_preempts;
	uint64_t preempts;
	uint64_t yields;
	uint64_t ints;
	uint64_t timer_ints;
	uint64_t timers;
	uint64_t page_faults;
	uint64_t exceptions;
	uint64_t syscalls;
	uint64_t reschedule_ipis;
	uint64_t generic_ipis;
} zx_info_cpu_stats_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_cpu_stats_t) == 120, "zx_info_cpu_stats_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_cpu_stats_t, reschedules) == 16, "reschedules");
__ZX_STATIC_ASSERT(__offsetof(zx_info_cpu_stats_t, syscalls) == 96, "syscalls");

/* KMEM_STATS */
typedef struct zx_info_kmem_stats {
	uint64_t total_bytes;
	uint64_t free_bytes;
	uint64_t wired_bytes;
	uint64_t total_heap_bytes;
	uint64_t free_heap_bytes;
	uint64_t vmo_bytes;
	uint64_t mmu_overhead_bytes;
	uint64_t ipc_bytes;
	uint64_t other_bytes;
} zx_info_kmem_stats_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_kmem_stats_t) == 72, "zx_info_kmem_stats_t");

/* KMEM_STATS_EXTENDED */
typedef struct zx_info_kmem_stats_extended {
	uint64_t total_bytes;
	uint64_t free_bytes;
	uint64_t wired_bytes;
	uint64_t total_heap_bytes;
	uint64_t free_heap_bytes;
	uint64_t vmo_bytes;
	uint64_t vmo_pager_total_bytes;
	uint64_t vmo_pager_newest_bytes;
	uint64_t vmo_pager_oldest_bytes;
	uint64_t vmo_discardable_locked_bytes;
	uint64_t vmo_discardable_unlocked_bytes;
	uint64_t mmu_overhead_bytes;
	uint64_t ipc_bytes;
	uint64_t other_bytes;
} zx_info_kmem_stats_extended_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_kmem_stats_extended_t) == 112, "zx_info_kmem_stats_extended_t");

__END_CDECLS

#endif
