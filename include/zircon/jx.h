/*
 * What Jacinth has beyond the Zircon ABI: the counters that `stat` prints. Both
 * sides of the system call boundary include this. No outside program needs it.
 */
#ifndef ZIRCON_JX_H_
#define ZIRCON_JX_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* jx_stat: kinds. */
#define JX_STAT_CPU ((uint32_t)0u)
#define JX_STAT_OBJECTS ((uint32_t)1u)
#define JX_STAT_MEMORY ((uint32_t)2u)
/* Both only in kernels with CONFIG_LATENCY; the second also forgets them. */
#define JX_STAT_LATENCY ((uint32_t)3u)
#define JX_STAT_LATENCY_RESET ((uint32_t)4u)

/* Counters of a CPU, in the order of the kernel's enum cpu_stat. */
#define JX_CPU_SYSCALLS 0
#define JX_CPU_IRQS 1
#define JX_CPU_TIMER_IRQS 2
#define JX_CPU_IPIS 3
#define JX_CPU_SWITCHES 4
#define JX_CPU_PREEMPTS 5
#define JX_CPU_FAULTS 6
#define JX_CPU_FAULTS_ZERO 7
#define JX_CPU_FAULTS_SPURIOUS 8
#define JX_CPU_FAULTS_PAGER 9
#define JX_CPU_PTES_SET 10
#define JX_CPU_PTES_CLEARED 11
#define JX_CPU_TLBI_PAGE 12
#define JX_CPU_TLBI_RANGE 13
#define JX_CPU_TLBI_ASID 14
#define JX_CPU_TLBI_ALL 15
#define JX_CPU_DSB 16
#define JX_CPU_ASID_ROLLOVERS 17
#define JX_CPU_BATCHES 18
#define JX_CPU_LOCK_WAITS 19
#define JX_CPU_LOCK_SPINS 20
#define JX_CPU_PACKETS 21
#define JX_CPU_PAGES_ALLOCATED 22
#define JX_CPU_PAGES_FREED 23
#define JX_CPU_PAGES_EVICTED 24
#define JX_CPU_STAT_COUNT 25

/* JX_STAT_CPU: one per CPU that is up. */
typedef struct jx_cpu_stats {
	uint32_t cpu;
	uint32_t reserved;
	uint64_t counters[JX_CPU_STAT_COUNT];
} jx_cpu_stats_t;
__ZX_STATIC_ASSERT(sizeof(jx_cpu_stats_t) == 208, "jx_cpu_stats_t");

/* JX_STAT_OBJECTS: uint64_t[ZX_OBJ_TYPE_UPPER_BOUND], live objects by type. */

/* JX_STAT_MEMORY: frames of RAM. */
typedef struct jx_memory_stats {
	uint64_t total_pages;
	uint64_t free_pages;
	uint64_t cached_pages;	/* of slabs and of kernel stacks kept for reuse */
	uint64_t slab_objects;	/* live objects of all slab caches */
	/* Not in free_pages: free too, but for small objects of the kernel only. */
	uint64_t reserved_pages;
} jx_memory_stats_t;
__ZX_STATIC_ASSERT(sizeof(jx_memory_stats_t) == 40, "jx_memory_stats_t");

/* JX_STAT_LATENCY: one per CPU that is up, its longest stretch with preemption or
 * interrupts off. The places, as symbol+offset: where it began, then the calls
 * by which it ended, innermost first; empty behind the last. */
#define JX_LATENCY_PLACES 6
#define JX_LATENCY_PLACE_BYTES 56
typedef struct jx_latency {
	uint32_t cpu;
	uint32_t reserved;
	uint64_t ticks;
	uint64_t ticks_per_second;
	char places[JX_LATENCY_PLACES][JX_LATENCY_PLACE_BYTES];
} jx_latency_t;
__ZX_STATIC_ASSERT(sizeof(jx_latency_t) == 360, "jx_latency_t");

#ifndef _KERNEL
zx_status_t jx_cprng_draw_once(void *buffer, size_t buffer_size);
zx_status_t jx_stat(uint32_t kind, void *buffer, size_t buffer_size, size_t *actual);
#endif

__END_CDECLS

#endif
