/* Exception types and the records that describe them. */
#ifndef ZIRCON_SYSCALLS_EXCEPTION_H_
#define ZIRCON_SYSCALLS_EXCEPTION_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_excp_type_t;
typedef uint32_t zx_excp_policy_code_t;

/* Raised by the processor. */
#define ZX_EXCP_GENERAL ((zx_excp_type_t)0x008u)
#define ZX_EXCP_FATAL_PAGE_FAULT ((zx_excp_type_t)0x108u)
#define ZX_EXCP_UNDEFINED_INSTRUCTION ((zx_excp_type_t)0x208u)
#define ZX_EXCP_SW_BREAKPOINT ((zx_excp_type_t)0x308u)
#define ZX_EXCP_HW_BREAKPOINT ((zx_excp_type_t)0x408u)
#define ZX_EXCP_UNALIGNED_ACCESS ((zx_excp_type_t)0x508u)

/* Made by the kernel. */
#define ZX_EXCP_SYNTH ((zx_excp_type_t)0x8000u)
#define ZX_EXCP_THREAD_STARTING ((zx_excp_type_t)0x8008u)
#define ZX_EXCP_THREAD_EXITING ((zx_excp_type_t)0x8108u)
#define ZX_EXCP_POLICY_ERROR ((zx_excp_type_t)0x8208u)
#define ZX_EXCP_PROCESS_STARTING ((zx_excp_type_t)0x8308u)

#define ZX_EXCP_IS_ARCH(excp) (((excp) & ZX_EXCP_SYNTH) == 0u)

/* Which policy error: a condition of policy.h up to 13, or what has none. */
#define ZX_EXCP_POLICY_CODE_BAD_HANDLE ((zx_excp_policy_code_t)0u)
#define ZX_EXCP_POLICY_CODE_WRONG_OBJECT ((zx_excp_policy_code_t)1u)
#define ZX_EXCP_POLICY_CODE_VMAR_WX ((zx_excp_policy_code_t)2u)
#define ZX_EXCP_POLICY_CODE_NEW_ANY ((zx_excp_policy_code_t)3u)
#define ZX_EXCP_POLICY_CODE_NEW_VMO ((zx_excp_policy_code_t)4u)
#define ZX_EXCP_POLICY_CODE_NEW_CHANNEL ((zx_excp_policy_code_t)5u)
#define ZX_EXCP_POLICY_CODE_NEW_EVENT ((zx_excp_policy_code_t)6u)
#define ZX_EXCP_POLICY_CODE_NEW_EVENTPAIR ((zx_excp_policy_code_t)7u)
#define ZX_EXCP_POLICY_CODE_NEW_PORT ((zx_excp_policy_code_t)8u)
#define ZX_EXCP_POLICY_CODE_NEW_SOCKET ((zx_excp_policy_code_t)9u)
#define ZX_EXCP_POLICY_CODE_NEW_FIFO ((zx_excp_policy_code_t)10u)
#define ZX_EXCP_POLICY_CODE_NEW_TIMER ((zx_excp_policy_code_t)11u)
#define ZX_EXCP_POLICY_CODE_NEW_PROCESS ((zx_excp_policy_code_t)12u)
#define ZX_EXCP_POLICY_CODE_NEW_PROFILE ((zx_excp_policy_code_t)13u)
#define ZX_EXCP_POLICY_CODE_NEW_PAGER ((zx_excp_policy_code_t)14u)
#define ZX_EXCP_POLICY_CODE_AMBIENT_MARK_VMO_EXEC ((zx_excp_policy_code_t)15u)
#define ZX_EXCP_POLICY_CODE_CHANNEL_FULL_WRITE ((zx_excp_policy_code_t)16u)
#define ZX_EXCP_POLICY_CODE_PORT_TOO_MANY_PACKETS ((zx_excp_policy_code_t)17u)
#define ZX_EXCP_POLICY_CODE_BAD_SYSCALL ((zx_excp_policy_code_t)18u)
#define ZX_EXCP_POLICY_CODE_PORT_TOO_MANY_OBSERVERS ((zx_excp_policy_code_t)19u)

/* zx_task_create_exception_channel. */
#define ZX_EXCEPTION_CHANNEL_DEBUGGER ((uint32_t)1u)

/* zx_info_thread_t.wait_exception_channel_type. */
#define ZX_EXCEPTION_CHANNEL_TYPE_NONE ((uint32_t)0u)
#define ZX_EXCEPTION_CHANNEL_TYPE_DEBUGGER ((uint32_t)1u)
#define ZX_EXCEPTION_CHANNEL_TYPE_THREAD ((uint32_t)2u)
#define ZX_EXCEPTION_CHANNEL_TYPE_PROCESS ((uint32_t)3u)
#define ZX_EXCEPTION_CHANNEL_TYPE_JOB ((uint32_t)4u)
#define ZX_EXCEPTION_CHANNEL_TYPE_JOB_DEBUGGER ((uint32_t)5u)

/* ZX_PROP_EXCEPTION_STATE and ZX_PROP_EXCEPTION_STRATEGY. */
#define ZX_EXCEPTION_STATE_TRY_NEXT ((uint32_t)0u)
#define ZX_EXCEPTION_STATE_HANDLED ((uint32_t)1u)
/* Of later eras. */
#define ZX_EXCEPTION_STATE_THREAD_EXIT ((uint32_t)2u)
#define ZX_EXCEPTION_STRATEGY_FIRST_CHANCE ((uint32_t)0u)
#define ZX_EXCEPTION_STRATEGY_SECOND_CHANCE ((uint32_t)1u)

typedef struct zx_x86_64_exc_data {
	uint64_t vector;
	uint64_t err_code;
	uint64_t cr2;
} zx_x86_64_exc_data_t;
__ZX_STATIC_ASSERT(sizeof(zx_x86_64_exc_data_t) == 24, "zx_x86_64_exc_data_t");

/* ESR_EL1 and FAR_EL1 as the processor left them. */
typedef struct zx_arm64_exc_data {
	uint32_t esr;
	uint8_t padding1[4];
	uint64_t far;
} zx_arm64_exc_data_t;
__ZX_STATIC_ASSERT(sizeof(zx_arm64_exc_data_t) == 16, "zx_arm64_exc_data_t");

typedef struct zx_exception_context_v1 {
	struct {
		union {
			zx_x86_64_exc_data_t x86_64;
			zx_arm64_exc_data_t arm_64;
		} u;
	} arch;
} zx_exception_context_v1_t;
__ZX_STATIC_ASSERT(sizeof(zx_exception_context_v1_t) == 24, "zx_exception_context_v1_t");

/* Of later eras. */
typedef struct zx_exception_context_v2 {
	struct {
		union {
			zx_x86_64_exc_data_t x86_64;
			zx_arm64_exc_data_t arm_64;
		} u;
	} arch;
	/* Page fault: the status with which it was refused. Policy error:
	 * ZX_EXCP_POLICY_CODE_*, and a word that depends on that. Else 0. */
	uint32_t synth_code;
	uint32_t synth_data;
} zx_exception_context_v2_t;
__ZX_STATIC_ASSERT(sizeof(zx_exception_context_v2_t) == 32, "zx_exception_context_v2_t");

typedef struct zx_exception_header {
	/* Size of the whole report in bytes. */
	uint32_t size;
	zx_excp_type_t type;
} zx_exception_header_t;
__ZX_STATIC_ASSERT(sizeof(zx_exception_header_t) == 8, "zx_exception_header_t");

/* THREAD_EXCEPTION_REPORT, version 0 */
typedef struct zx_exception_report_v1 {
	zx_exception_header_t header;
	zx_exception_context_v1_t context;
} zx_exception_report_v1_t;
__ZX_STATIC_ASSERT(sizeof(zx_exception_report_v1_t) == 32, "zx_exception_report_v1_t");

/* Version 1 */
typedef struct zx_exception_report_v2 {
	zx_exception_header_t header;
	zx_exception_context_v2_t context;
} zx_exception_report_v2_t;
__ZX_STATIC_ASSERT(sizeof(zx_exception_report_v2_t) == 40, "zx_exception_report_v2_t");

#ifdef ZX_ERA_LATEST
typedef zx_exception_context_v2_t zx_exception_context_t;
typedef zx_exception_report_v2_t zx_exception_report_t;
#else
typedef zx_exception_context_v1_t zx_exception_context_t;
typedef zx_exception_report_v1_t zx_exception_report_t;
#endif

/* The message of an exception channel. */
typedef struct zx_exception_info {
	zx_koid_t pid;
	zx_koid_t tid;
	zx_excp_type_t type;
	uint8_t padding1[4];
} zx_exception_info_t;
__ZX_STATIC_ASSERT(sizeof(zx_exception_info_t) == 24, "zx_exception_info_t");

__END_CDECLS

#endif
