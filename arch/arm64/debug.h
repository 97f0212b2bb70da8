/*
 * Breakpoints, watchpoints and single steps of user threads (tasks.md 7.5).
 *
 * A thread that has any of them armed keeps THREAD_PENDING_DEBUG, so that each
 * of its ways to user mode comes past arch_debug_load(). The switch away from
 * it disarms the CPU (user_state_unload()), so other threads never see them.
 */
#ifndef ARM64_DEBUG_H
#define ARM64_DEBUG_H

#include <zircon/syscalls/debug.h>

#include <kernel/thread.h>

/* Of a thread whose registers are open (<kernel/suspend.h>), under its lock. */
void debug_read_registers(const struct thread *t,
			  zx_thread_state_debug_regs_t *r);
/* INVALID_ARGS: an address that is not user space's, or more than there are.
 * arch_thread_state_prepare() has been called. */
MUST_CHECK zx_status_t debug_write_registers(struct thread *t,
					     const zx_thread_state_debug_regs_t *r);
/* INVALID_ARGS: neither 0 nor 1. */
MUST_CHECK zx_status_t debug_write_step(struct thread *t, u32 on);

/* The running thread has made its step: there will be no second one. */
void debug_step_done(struct arch_frame *frame);

/* In debug_registers.S. */
void debug_load_registers(const struct arch_debug *d, u32 breakpoints,
			  u32 watchpoints);

#endif
