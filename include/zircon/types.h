/*
 * Base types, signals, and the constants and records of calls that need no
 * header of their own. The kernel (_KERNEL defined) includes it as well.
 */
#ifndef ZIRCON_TYPES_H_
#define ZIRCON_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__cplusplus) && !defined(_KERNEL) && __STDC_HOSTED__
#include <stdatomic.h>
#endif

#include <zircon/compiler.h>
#include <zircon/errors.h>
#include <zircon/internal/era.h>
#include <zircon/internal/signals.h>
#include <zircon/internal/vm.h>
#include <zircon/limits.h>
#include <zircon/rights.h>
#include <zircon/time.h>

__BEGIN_CDECLS

/* Handles: both low bits of every live value are 1. */
typedef uint32_t zx_handle_t;
#define ZX_HANDLE_INVALID ((zx_handle_t)0u)
#define ZX_HANDLE_FIXED_BITS_MASK ((zx_handle_t)3u)

typedef int32_t zx_status_t;
typedef uint32_t zx_clock_t;
typedef uint32_t zx_txid_t;
typedef uint32_t zx_object_info_topic_t;
typedef uint64_t zx_off_t;
typedef uintptr_t zx_vaddr_t;
typedef uintptr_t zx_paddr_t;
typedef uint32_t zx_paddr32_t;
typedef uintptr_t zx_gpaddr_t;

/* Kernel object ids are never reused while the machine is up. */
typedef uint64_t zx_koid_t;
#define ZX_KOID_INVALID ((zx_koid_t)0u)
#define ZX_KOID_KERNEL ((zx_koid_t)1u)
#define ZX_KOID_FIRST ((zx_koid_t)1024u)

/* Bytes of an object's name, the terminating NUL included. */
#define ZX_MAX_NAME_LEN ((size_t)32u)

/* Clocks that zx_clock_get knows. */
#define ZX_CLOCK_MONOTONIC ((zx_clock_t)0u)
#define ZX_CLOCK_UTC ((zx_clock_t)1u)
#define ZX_CLOCK_THREAD ((zx_clock_t)2u)

#define ZX_TIMER_SLACK_CENTER ((uint32_t)0u)
#define ZX_TIMER_SLACK_EARLY ((uint32_t)1u)
#define ZX_TIMER_SLACK_LATE ((uint32_t)2u)

/* A word that threads wait on: 4 bytes, 4-aligned. */
typedef int zx_futex_storage_t;
#if defined(__cplusplus) || defined(_KERNEL) || !__STDC_HOSTED__
typedef int zx_futex_t;
#else
typedef atomic_int zx_futex_t;
#endif
__ZX_STATIC_ASSERT(sizeof(zx_futex_t) == 4, "futex word size");

/* Object types. 7, 8, 10 and 13 are retired. */
typedef uint32_t zx_obj_type_t;
#define ZX_OBJ_TYPE_NONE ((zx_obj_type_t)0u)
#define ZX_OBJ_TYPE_PROCESS ((zx_obj_type_t)1u)
#define ZX_OBJ_TYPE_THREAD ((zx_obj_type_t)2u)
#define ZX_OBJ_TYPE_VMO ((zx_obj_type_t)3u)
#define ZX_OBJ_TYPE_CHANNEL ((zx_obj_type_t)4u)
#define ZX_OBJ_TYPE_EVENT ((zx_obj_type_t)5u)
#define ZX_OBJ_TYPE_PORT ((zx_obj_type_t)6u)
#define ZX_OBJ_TYPE_INTERRUPT ((zx_obj_type_t)9u)
#define ZX_OBJ_TYPE_PCI_DEVICE ((zx_obj_type_t)11u)
#define ZX_OBJ_TYPE_LOG ((zx_obj_type_t)12u)
#define ZX_OBJ_TYPE_DEBUGLOG ZX_OBJ_TYPE_LOG
#define ZX_OBJ_TYPE_SOCKET ((zx_obj_type_t)14u)
#define ZX_OBJ_TYPE_RESOURCE ((zx_obj_type_t)15u)
#define ZX_OBJ_TYPE_EVENTPAIR ((zx_obj_type_t)16u)
#define ZX_OBJ_TYPE_JOB ((zx_obj_type_t)17u)
#define ZX_OBJ_TYPE_VMAR ((zx_obj_type_t)18u)
#define ZX_OBJ_TYPE_FIFO ((zx_obj_type_t)19u)
#define ZX_OBJ_TYPE_GUEST ((zx_obj_type_t)20u)
#define ZX_OBJ_TYPE_VCPU ((zx_obj_type_t)21u)
#define ZX_OBJ_TYPE_TIMER ((zx_obj_type_t)22u)
#define ZX_OBJ_TYPE_IOMMU ((zx_obj_type_t)23u)
#define ZX_OBJ_TYPE_BTI ((zx_obj_type_t)24u)
#define ZX_OBJ_TYPE_PROFILE ((zx_obj_type_t)25u)
#define ZX_OBJ_TYPE_PMT ((zx_obj_type_t)26u)
#define ZX_OBJ_TYPE_SUSPEND_TOKEN ((zx_obj_type_t)27u)
#define ZX_OBJ_TYPE_PAGER ((zx_obj_type_t)28u)
#define ZX_OBJ_TYPE_EXCEPTION ((zx_obj_type_t)29u)
#define ZX_OBJ_TYPE_CLOCK ((zx_obj_type_t)30u)
#define ZX_OBJ_TYPE_STREAM ((zx_obj_type_t)31u)
#define ZX_OBJ_TYPE_MSI ((zx_obj_type_t)32u)
/* Size of a table indexed by type. */
#define ZX_OBJ_TYPE_UPPER_BOUND ((zx_obj_type_t)64u)

typedef struct zx_wait_item {
	zx_handle_t handle;
	zx_signals_t waitfor;
	zx_signals_t pending;
} zx_wait_item_t;
__ZX_STATIC_ASSERT(sizeof(zx_wait_item_t) == 12, "zx_wait_item_t");
#define ZX_WAIT_MANY_MAX_ITEMS ((size_t)64u)

/* Channel messages. */
#define ZX_CHANNEL_READ_MAY_DISCARD ((uint32_t)1u)
#define ZX_CHANNEL_MAX_MSG_BYTES ((uint32_t)65536u)
#define ZX_CHANNEL_MAX_MSG_HANDLES ((uint32_t)64u)

/* Of the latest era: a message's bytes are gathered from so many buffers. */
#define ZX_CHANNEL_WRITE_USE_IOVEC ((uint32_t)2u)
#define ZX_CHANNEL_MAX_MSG_IOVECS ((uint32_t)8192u)

typedef struct zx_channel_iovec {
	const void *buffer;
	uint32_t capacity;
	uint32_t reserved;	/* 0 */
} zx_channel_iovec_t;
__ZX_STATIC_ASSERT(sizeof(zx_channel_iovec_t) == 16, "zx_channel_iovec_t");

typedef uint32_t zx_handle_op_t;
#define ZX_HANDLE_OP_MOVE ((zx_handle_op_t)0u)
#define ZX_HANDLE_OP_DUPLICATE ((zx_handle_op_t)1u)

typedef struct zx_handle_info {
	zx_handle_t handle;
	zx_obj_type_t type;
	zx_rights_t rights;
	uint32_t unused;
} zx_handle_info_t;
__ZX_STATIC_ASSERT(sizeof(zx_handle_info_t) == 16, "zx_handle_info_t");

typedef struct zx_handle_disposition {
	zx_handle_op_t operation;
	zx_handle_t handle;
	zx_obj_type_t type;
	zx_rights_t rights;
	zx_status_t result;
} zx_handle_disposition_t;
__ZX_STATIC_ASSERT(sizeof(zx_handle_disposition_t) == 20, "zx_handle_disposition_t");

typedef struct zx_channel_call_args {
	const void *wr_bytes;
	const zx_handle_t *wr_handles;
	void *rd_bytes;
	zx_handle_t *rd_handles;
	uint32_t wr_num_bytes;
	uint32_t wr_num_handles;
	uint32_t rd_num_bytes;
	uint32_t rd_num_handles;
} zx_channel_call_args_t;
__ZX_STATIC_ASSERT(sizeof(zx_channel_call_args_t) == 48, "zx_channel_call_args_t");

typedef struct zx_channel_call_etc_args {
	const void *wr_bytes;
	zx_handle_disposition_t *wr_handles;
	void *rd_bytes;
	zx_handle_info_t *rd_handles;
	uint32_t wr_num_bytes;
	uint32_t wr_num_handles;
	uint32_t rd_num_bytes;
	uint32_t rd_num_handles;
} zx_channel_call_etc_args_t;
__ZX_STATIC_ASSERT(sizeof(zx_channel_call_etc_args_t) == 48, "zx_channel_call_etc_args_t");

/* FIFOs, sockets, streams: only the words, for programs that name them. */
#define ZX_FIFO_MAX_SIZE_BYTES ZX_PAGE_SIZE
#define ZX_SOCKET_STREAM ((uint32_t)0u)
#define ZX_SOCKET_DATAGRAM ((uint32_t)1u)
#define ZX_SOCKET_PEEK ((uint32_t)8u)
#define ZX_SOCKET_SHUTDOWN_WRITE ((uint32_t)1u)
#define ZX_SOCKET_SHUTDOWN_READ ((uint32_t)2u)
#define ZX_SOCKET_SHUTDOWN_MASK ((uint32_t)3u)
#define ZX_STREAM_MODE_READ ((uint32_t)1u)
#define ZX_STREAM_MODE_WRITE ((uint32_t)2u)
#define ZX_STREAM_APPEND ((uint32_t)1u)

typedef uint32_t zx_stream_seek_origin_t;
#define ZX_STREAM_SEEK_ORIGIN_START ((zx_stream_seek_origin_t)0u)
#define ZX_STREAM_SEEK_ORIGIN_CURRENT ((zx_stream_seek_origin_t)1u)
#define ZX_STREAM_SEEK_ORIGIN_END ((zx_stream_seek_origin_t)2u)

typedef struct zx_iovec {
	void *buffer;
	size_t capacity;
} zx_iovec_t;
__ZX_STATIC_ASSERT(sizeof(zx_iovec_t) == 16, "zx_iovec_t");

/* What ZX_VMO_OP_LOCK tells of a discardable VMO. */
typedef struct zx_vmo_lock_state {
	uint64_t offset;
	uint64_t size;
	/* What has lost its content since it was last locked; or 0 and 0. */
	uint64_t discarded_offset;
	uint64_t discarded_size;
} zx_vmo_lock_state_t;
__ZX_STATIC_ASSERT(sizeof(zx_vmo_lock_state_t) == 32, "zx_vmo_lock_state_t");

/* A set of CPUs: CPU n is bit n % 64 of word n / 64. */
#define ZX_CPU_SET_MAX_CPUS 512
#define ZX_CPU_SET_BITS_PER_WORD 64

typedef struct zx_cpu_set {
	uint64_t mask[ZX_CPU_SET_MAX_CPUS / ZX_CPU_SET_BITS_PER_WORD];
} zx_cpu_set_t;
__ZX_STATIC_ASSERT(sizeof(zx_cpu_set_t) == 64, "zx_cpu_set_t");

/* Random numbers: bytes that one kernel entry gives or takes at most. */
#define ZX_CPRNG_DRAW_MAX_LEN ((size_t)256u)
#define ZX_CPRNG_ADD_ENTROPY_MAX_LEN ((size_t)256u)

/* System events. */
typedef uint32_t zx_system_event_type_t;
#define ZX_SYSTEM_EVENT_OUT_OF_MEMORY ((zx_system_event_type_t)1u)
#define ZX_SYSTEM_EVENT_MEMORY_PRESSURE_CRITICAL ((zx_system_event_type_t)2u)
#define ZX_SYSTEM_EVENT_MEMORY_PRESSURE_WARNING ((zx_system_event_type_t)3u)
#define ZX_SYSTEM_EVENT_MEMORY_PRESSURE_NORMAL ((zx_system_event_type_t)4u)
/* Later. */
#define ZX_SYSTEM_EVENT_IMMINENT_OUT_OF_MEMORY ((zx_system_event_type_t)5u)

#define ZX_JOB_CRITICAL_PROCESS_RETCODE_NONZERO ((uint32_t)1u)

/* Interrupts and DMA lie outside the kernel; these are their words. */
#define ZX_INTERRUPT_REMAP_IRQ ((uint32_t)0x1u)
#define ZX_INTERRUPT_MODE_DEFAULT ((uint32_t)0u << 1)
#define ZX_INTERRUPT_MODE_EDGE_LOW ((uint32_t)1u << 1)
#define ZX_INTERRUPT_MODE_EDGE_HIGH ((uint32_t)2u << 1)
#define ZX_INTERRUPT_MODE_LEVEL_LOW ((uint32_t)3u << 1)
#define ZX_INTERRUPT_MODE_LEVEL_HIGH ((uint32_t)4u << 1)
#define ZX_INTERRUPT_MODE_EDGE_BOTH ((uint32_t)5u << 1)
#define ZX_INTERRUPT_MODE_MASK ((uint32_t)0xeu)
#define ZX_INTERRUPT_VIRTUAL ((uint32_t)0x10u)
#define ZX_INTERRUPT_BIND ((uint32_t)0u)
#define ZX_INTERRUPT_UNBIND ((uint32_t)1u)
#define ZX_BTI_PERM_READ ((uint32_t)1u << 0)
#define ZX_BTI_PERM_WRITE ((uint32_t)1u << 1)
#define ZX_BTI_PERM_EXECUTE ((uint32_t)1u << 2)
#define ZX_BTI_COMPRESS ((uint32_t)1u << 3)
#define ZX_BTI_CONTIGUOUS ((uint32_t)1u << 4)

__END_CDECLS

#endif
