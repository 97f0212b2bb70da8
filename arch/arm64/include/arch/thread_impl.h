/*
 * Register images of a thread. Assembly knows their layout by offsets.h, which
 * exception.c checks against these.
 */
#ifndef ARM64_ARCH_THREAD_IMPL_H
#define ARM64_ARCH_THREAD_IMPL_H

#include <kernel/types.h>

/* Saved at each exception; a user thread's lies at the top of its stack. */
struct arch_frame {
	u64 x[31];
	u64 sp;		/* SP_EL0; of an exception in the kernel: its SP */
	u64 pc;
	u64 spsr;
	/* Of faults and other synchronous exceptions, not of system calls. */
	u64 esr;
	u64 far;
	/* TPIDR_EL0, while others may write it (arch_user_state_save()). */
	u64 tpidr;
	u64 unused;	/* SP stays aligned */
};

/* What a function call preserves, saved by arch_context_switch(). */
struct arch_context {
	u64 x19_x30[12];
	u64 sp;
	u64 tpidr_el0;
};

/* V0-V31, FPCR, FPSR of user mode; all zero for a new thread. */
struct arch_fpu {
	u64 v[64] __attribute__((aligned(16)));
	u64 fpcr;
	u64 fpsr;
	/* This thread only, ARCH_LOADED_*: what the CPU holds of this thread. */
	u64 loaded;
};

#define ARCH_LOADED_FPU 1ul	/* newer values than these */
#define ARCH_LOADED_DEBUG 2ul	/* breakpoints, watchpoints, step: armed */

/* Registers of breakpoints and watchpoints, as the hardware takes them. */
#define ARCH_DEBUG_MAX 16

struct arch_debug {
	u64 bvr[ARCH_DEBUG_MAX];
	u64 wvr[ARCH_DEBUG_MAX];
	u32 bcr[ARCH_DEBUG_MAX];
	u32 wcr[ARCH_DEBUG_MAX];
};

#endif
