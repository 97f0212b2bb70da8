/*
 * Thread contract: exception frame, context switch, entry to user mode.
 */
#ifndef ARCH_THREAD_H
#define ARCH_THREAD_H

#include <kernel/types.h>

struct thread;

/* User registers saved at kernel entry, at the top of the kernel stack. */
#include <arch/thread_impl.h>	/* struct arch_frame, struct arch_context,
				 * struct arch_fpu */

/* Prepares a new kernel stack so that the first switch to t calls
 * entry(arg) with interrupts on and preemption off count 0. */
void arch_context_init(struct thread *t, void (*entry)(void *), void *arg);

/*
 * Switches stacks and callee-saved registers. FP state is saved only if prev has
 * used it since its load; breakpoints and single steps of prev are disarmed.
 * Interrupts off, run-queue lock handed over as sched.c says. Returns in
 * `next`'s life.
 */
void arch_context_switch(struct thread *prev, struct thread *next);

/* Fills the frame of a thread that has not been in user mode yet: all registers
 * zero but those given (tasks.md 18.1). The running thread. */
void arch_user_frame_init(uaddr_t pc, uaddr_t sp, u64 x0, u64 x1);
/* Enters user mode with the registers of the frame. Interrupts may be on. */
void arch_enter_user(void) NORETURN;

/* The frame of the running thread's last entry from user mode. */
struct arch_frame *arch_user_frame(void);

/*
 * All user registers of the running thread, into memory and back: between the
 * two its register state is nowhere else and may be read and written by others.
 * On the way to user mode kernel_return_to_user() has to be called after it,
 * with THREAD_PENDING_REGS if general registers were written inside a call.
 */
void arch_user_state_save(void);
void arch_user_state_load(void);

/*
 * Register state by kinds (ZX_THREAD_STATE_*, abi.md 15), of a thread between
 * these two; the caller sees to it that it stays there.
 */
/* Bytes of the kind's record; 0 for what no machine has. */
size_t arch_thread_state_bytes(u32 kind);
/* Memory that a write of this kind needs. NO_MEMORY. No lock held. */
MUST_CHECK zx_status_t arch_thread_state_prepare(struct thread *t, u32 kind);
/* Frees that, at t's end. */
void arch_thread_state_free(struct thread *t);
/* NOT_SUPPORTED: not on this machine. */
MUST_CHECK zx_status_t arch_thread_state_read(const struct thread *t, u32 kind,
					      void *record);
/* NOT_SUPPORTED, INVALID_ARGS: nothing is written. *pc_moved: it will go on
 * somewhere else. Prepared before. */
MUST_CHECK zx_status_t arch_thread_state_write(struct thread *t, u32 kind,
					       const void *record,
					       bool *pc_moved);

/* t has breakpoints, watchpoints or a step armed: it needs THREAD_PENDING_DEBUG.
 * As for the functions above. */
bool arch_debug_is_armed(const struct thread *t);
/* They are the CPU's until the next switch. On the way to user mode, after all
 * that may switch, interrupts off. */
void arch_debug_load(void);

/* Prints the registers of a frame, one printk record a line. Any context. */
void arch_frame_print(const struct arch_frame *frame);

/*
 * Calls fn for each return address, innermost first: from the frame (its pc
 * first), or from the caller if frame is NULL. certain is false for what was
 * only found lying on the stack. Any context; stops at anything odd.
 */
void arch_backtrace(const struct arch_frame *frame,
		    void (*fn)(void *arg, u64 pc, bool certain), void *arg);

/* Calls from arch upwards ("interrupt", "page fault", "system call"). */
void kernel_irq_enter(void);		/* before the controller's handlers */
void kernel_irq_exit(bool from_user);	/* reschedules if asked */
/* On return to user mode with THREAD_PENDING_* or resched set, interrupts
 * off; comes back with nothing pending and interrupts off. */
void kernel_return_to_user(void);
/* An exception of user mode that no fault handler resolved. May not return. */
struct user_exception {
	u32 type;		/* ZX_EXCP_* */
	u32 esr;
	u64 far;
	zx_status_t status;	/* why a page fault could not be resolved */
	u32 access;		/* PT_READ, PT_WRITE or PT_EXEC for page faults */
	/* For the report: status as a number; of policy errors, which and what. */
	u32 code;
	u32 data;
};
void kernel_user_exception(const struct user_exception *e,
			   struct arch_frame *frame);

#endif
