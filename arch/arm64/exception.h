/*
 * What exception_entry.S and context.S call, and what they offer to C.
 */
#ifndef ARM64_EXCEPTION_H
#define ARM64_EXCEPTION_H

#include <arch/thread.h>

/* An exception of user mode; status: why mm_page_fault() refused, else OK. */
void exception_from_user(struct arch_frame *frame, zx_status_t status);
void exception_from_kernel(struct arch_frame *frame);
void exception_stack_overflow(struct arch_frame *frame) NORETURN;
void exception_serror(struct arch_frame *frame) NORETURN;
void exception_unexpected(struct arch_frame *frame) NORETURN;

/*
 * Saves what only the CPU holds of t's user state, the FP registers, so that their
 * next use traps and loads them; t's breakpoints and steps are off from the next
 * exception return on. t runs, or is switched out; interrupts off.
 */
void user_state_unload(struct thread *t);

/* First return address of a new thread. */
void context_start(void);

#endif
