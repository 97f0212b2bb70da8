/* Register state of a stopped thread, AArch64. */
#ifndef ZIRCON_SYSCALLS_DEBUG_H_
#define ZIRCON_SYSCALLS_DEBUG_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_thread_state_topic_t;
#define ZX_THREAD_STATE_GENERAL_REGS ((zx_thread_state_topic_t)0u)
#define ZX_THREAD_STATE_FP_REGS ((zx_thread_state_topic_t)1u)
#define ZX_THREAD_STATE_VECTOR_REGS ((zx_thread_state_topic_t)2u)
#define ZX_THREAD_STATE_DEBUG_REGS ((zx_thread_state_topic_t)4u)
#define ZX_THREAD_STATE_SINGLE_STEP ((zx_thread_state_topic_t)5u)
#define ZX_THREAD_X86_REGISTER_FS ((zx_thread_state_topic_t)6u)
#define ZX_THREAD_X86_REGISTER_GS ((zx_thread_state_topic_t)7u)

typedef struct zx_thread_state_general_regs {
	uint64_t r[30];
	uint64_t lr;
	uint64_t sp;
	uint64_t pc;
	/* NZCV only. */
	uint64_t cpsr;
	uint64_t tpidr;
} zx_thread_state_general_regs_t;
__ZX_STATIC_ASSERT(sizeof(zx_thread_state_general_regs_t) == 280, "general regs");

/* AArch64 keeps all of it with the vector registers. */
typedef struct zx_thread_state_fp_regs {
	uint32_t unused;
} zx_thread_state_fp_regs_t;
__ZX_STATIC_ASSERT(sizeof(zx_thread_state_fp_regs_t) == 4, "fp regs");

typedef struct zx_thread_state_vector_regs {
	uint32_t fpcr;
	uint32_t fpsr;
	struct {
		uint64_t low;
		uint64_t high;
	} v[32];
} zx_thread_state_vector_regs_t;
__ZX_STATIC_ASSERT(sizeof(zx_thread_state_vector_regs_t) == 520, "vector regs");

#define AARCH64_MAX_HW_BREAKPOINTS 16
#define AARCH64_MAX_HW_WATCHPOINTS 16

typedef struct zx_thread_state_debug_regs {
	struct {
		uint32_t dbgbcr;
		uint8_t padding1[4];
		uint64_t dbgbvr;
	} hw_bps[AARCH64_MAX_HW_BREAKPOINTS];
	struct {
		uint32_t dbgwcr;
		uint8_t padding1[4];
		uint64_t dbgwvr;
	} hw_wps[AARCH64_MAX_HW_WATCHPOINTS];
	uint64_t far;
	uint32_t esr;
	uint8_t hw_bps_count;
	uint8_t hw_wps_count;
	uint8_t padding1[2];
} zx_thread_state_debug_regs_t;
__ZX_STATIC_ASSERT(sizeof(zx_thread_state_debug_regs_t) == 528, "debug regs");
__ZX_STATIC_ASSERT(__offsetof(zx_thread_state_debug_regs_t, far) == 512, "far");

/* 0 or 1. */
typedef uint32_t zx_thread_state_single_step_t;

__END_CDECLS

#endif
