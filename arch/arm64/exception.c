/*
 * Exceptions that are not system calls, resolved faults or interrupts: what
 * they mean, and what becomes of them. Entered from exception_entry.S.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/thread.h>
#include <arch/usercopy.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/thread.h>
#include <mm/fault.h>
#include <mm/kstack.h>
#include <zircon/syscalls/exception.h>

#include "boot.h"
#include "debug.h"
#include "exception.h"
#include "extable.h"
#include "offsets.h"
#include "sysreg.h"

_Static_assert(offsetof(struct arch_frame, sp) == FRAME_SP, "");
_Static_assert(offsetof(struct arch_frame, pc) == FRAME_PC, "");
_Static_assert(offsetof(struct arch_frame, spsr) == FRAME_SPSR, "");
_Static_assert(offsetof(struct arch_frame, esr) == FRAME_ESR, "");
_Static_assert(sizeof(struct arch_frame) == FRAME_SIZE, "");
_Static_assert(FRAME_SIZE % 16 == 0, "SP stays aligned");
_Static_assert(offsetof(struct cpu_thread, resched) ==
	       THREAD_RESCHED_PENDING, "");
_Static_assert(offsetof(struct cpu_thread, pending) ==
	       THREAD_RESCHED_PENDING + 4, "read with resched at once");
_Static_assert(THREAD_PENDING_UNWIND == 1u << PENDING_UNWIND_BIT, "");
_Static_assert(offsetof(struct thread, cpu_thread.cpu) == THREAD_CPU, "");
_Static_assert(offsetof(struct thread, cpu_thread.stack_top) ==
	       THREAD_STACK_TOP, "");
_Static_assert(offsetof(struct thread, context) == THREAD_CONTEXT, "");
_Static_assert(offsetof(struct arch_context, sp) == CONTEXT_SP, "");
_Static_assert(offsetof(struct arch_context, tpidr_el0) == CONTEXT_TPIDR_EL0,
	       "");
_Static_assert(offsetof(struct thread, aspace) == THREAD_ASPACE, "");
_Static_assert(offsetof(struct thread, fpu) == THREAD_FPU, "");
_Static_assert(offsetof(struct arch_fpu, fpcr) == FPU_FPCR, "");
_Static_assert(offsetof(struct arch_fpu, loaded) == FPU_LOADED, "");
_Static_assert(offsetof(struct percpu, id) == PERCPU_ID, "");
_Static_assert(offsetof(struct percpu, stats[STAT_SYSCALLS]) ==
	       PERCPU_STAT_SYSCALLS, "");
_Static_assert(KSTACK_SIZE == KSTACK_BYTES, "");
_Static_assert(ZX_ERR_BAD_SYSCALL == -13, "exception_entry.S");
_Static_assert(PT_READ == 1 && PT_WRITE == 2 && PT_EXEC == 4, "");

extern const struct extable extable_start[], extable_end[];

struct arch_frame *arch_user_frame(void)
{
	return (struct arch_frame *)(arch_current()->stack_top - FRAME_SIZE);
}

void arch_context_init(struct thread *t, void (*entry)(void *), void *arg)
{
	struct arch_context *c = &t->context;

	__builtin_memset(c, 0, sizeof(*c));
	c->x19_x30[0] = (u64)entry;
	c->x19_x30[1] = (u64)arg;
	c->x19_x30[11] = (u64)context_start;
	/* The frame's place is free in a thread that has not begun, too. */
	c->sp = t->cpu_thread.stack_top - FRAME_SIZE;
}

/* PT_* of an abort; cache maintenance by address counts as a read. */
static u32 fault_access(u64 esr)
{
	u32 ec = ESR_EC(esr);

	if (ec == EC_INSN_ABORT_EL0 || ec == EC_INSN_ABORT_EL1)
		return PT_EXEC;
	return (esr & ESR_WNR) && !(esr & ESR_CM) ? PT_WRITE : PT_READ;
}

/* The kinds of abort that a page table entry causes and may cure. */
static bool is_page_fault(u64 esr)
{
	u32 kind = FSC_KIND(ESR_FSC(esr));

	return kind == FSC_TRANSLATION || kind == FSC_ACCESS_FLAG ||
	       kind == FSC_PERMISSION;
}

/* Later eras tell a bad pc from other mistakes, and where it was. */
#define TELLS_PC_ALIGNMENT IS_ENABLED(CONFIG_ERA_LATEST)

/* tasks.md 14.1; EC_* of EL0. */
static u32 exception_type(u64 esr)
{
	switch (ESR_EC(esr)) {
	case EC_UNKNOWN:
		return ZX_EXCP_UNDEFINED_INSTRUCTION;
	case EC_DATA_ABORT_EL0:
		if (ESR_FSC(esr) == FSC_ALIGNMENT)
			return ZX_EXCP_UNALIGNED_ACCESS;
		return ZX_EXCP_FATAL_PAGE_FAULT;
	case EC_INSN_ABORT_EL0:
		return ZX_EXCP_FATAL_PAGE_FAULT;
	case EC_BREAKPOINT_EL0:
	case EC_STEP_EL0:
	case EC_WATCHPOINT_EL0:
		return ZX_EXCP_HW_BREAKPOINT;
	case EC_BRK:
		return ZX_EXCP_SW_BREAKPOINT;
	case EC_PC_ALIGNMENT:
		return TELLS_PC_ALIGNMENT ? ZX_EXCP_UNALIGNED_ACCESS
					  : ZX_EXCP_GENERAL;
	}
	return ZX_EXCP_GENERAL;
}

static bool has_address(u64 esr)
{
	u32 ec = ESR_EC(esr);

	return ec == EC_DATA_ABORT_EL0 || ec == EC_INSN_ABORT_EL0 ||
	       ec == EC_WATCHPOINT_EL0 ||
	       (ec == EC_PC_ALIGNMENT && TELLS_PC_ALIGNMENT);
}

void exception_from_user(struct arch_frame *frame, zx_status_t status)
{
	struct user_exception e = {
		.type = exception_type(frame->esr),
		.esr = (u32)frame->esr,
		.far = has_address(frame->esr) ? frame->far : 0,
		.status = status,
		.access = fault_access(frame->esr),
		.code = (u32)status,
	};

	/* A fault that was given up is none: the way back to user mode sees to
	 * what broke it, and the instruction is tried again. */
	if (status == ZX_ERR_INTERNAL_INTR_RETRY ||
	    status == ZX_ERR_INTERNAL_INTR_KILLED)
		return;
	if (ESR_EC(frame->esr) == EC_STEP_EL0)
		debug_step_done(frame);
	kernel_user_exception(&e, frame);
}

static const char *fault_words(u64 esr)
{
	switch (FSC_KIND(ESR_FSC(esr))) {
	case 0:
		return "address size";
	case FSC_TRANSLATION:
		return "nothing mapped";
	case FSC_ACCESS_FLAG:
		return "access flag";
	case FSC_PERMISSION:
		return "permission";
	case FSC_EXTERNAL:
		return "external abort";
	}
	return ESR_FSC(esr) == FSC_ALIGNMENT ? "alignment" : "odd kind";
}

static const char *class_words(u64 esr)
{
	switch (ESR_EC(esr)) {
	case EC_UNKNOWN:
		return "undefined instruction";
	case EC_FP_TRAP:
		return "FP or SIMD instruction in the kernel";
	case EC_BTI:
		return "branch to no landing pad (BTI)";
	case EC_ILLEGAL_STATE:
		return "illegal execution state";
	case EC_SYSREG:
		return "trapped system instruction";
	case EC_PAC:
		return "pointer authentication failed";
	case EC_PC_ALIGNMENT:
		return "PC not aligned";
	case EC_SP_ALIGNMENT:
		return "SP not aligned";
	case EC_BRK:
		return "BRK instruction";
	}
	return "unexpected exception";
}

static void panic_exception(struct arch_frame *frame) NORETURN;
static void panic_exception(struct arch_frame *frame)
{
	u32 ec = ESR_EC(frame->esr);

	if (ec == EC_DATA_ABORT_EL1)
		panic_with_frame(frame, "kernel %s 0x%016lx: %s (level %lu)%s",
				 fault_access(frame->esr) == PT_WRITE ?
					 "write to" : "read from",
				 frame->far, fault_words(frame->esr),
				 frame->esr & 3,
				 kstack_is_guard(frame->far) ?
					 ", in the guard of a stack" : "");
	if (ec == EC_INSN_ABORT_EL1)
		panic_with_frame(frame, "kernel jump to 0x%016lx: %s (level %lu)",
				 frame->far, fault_words(frame->esr),
				 frame->esr & 3);
	panic_with_frame(frame, "%s in the kernel, ESR 0x%08lx",
			 class_words(frame->esr), frame->esr);
}

static inline u64 place(const s32 *field)
{
	return (u64)field + (u64)(s64)*field;
}

static const struct extable *find_entry(u64 pc)
{
	const struct extable *e;

	for (e = extable_start; e < extable_end; e++)
		if (pc >= place(&e->start) && pc < place(&e->end))
			return e;
	return NULL;
}

/*
 * A fault of a copy function on a user address: resolve it, as if the program
 * itself had touched it, with interrupts on as they were there; or go on where
 * the entry says, with the status.
 */
static void resolve_fault(struct arch_frame *frame, const struct extable *e)
{
	struct thread *t = thread_current();
	zx_status_t status = ZX_ERR_INVALID_ARGS;

	if (is_page_fault(frame->esr) && t->aspace) {
		DEBUG_ASSERT(!(frame->spsr & PSTATE_I));
		arch_irq_enable();
		status = mm_kernel_page_fault(t->aspace, frame->far,
					      fault_access(frame->esr));
	}
	if (status == ZX_OK)
		return;
	frame->x[0] = (u64)(s64)status;
	frame->pc = place(&e->to);
}

void exception_from_kernel(struct arch_frame *frame)
{
	const struct extable *e = find_entry(frame->pc);
	u32 ec = ESR_EC(frame->esr);
	bool user_abort = ec == EC_DATA_ABORT_EL1 &&
			  frame->far < USER_ASPACE_TOP;

	if (e && e->kind == EXTABLE_RESOLVE && user_abort)
		resolve_fault(frame, e);
	else if (e && e->kind == EXTABLE_FIXUP && user_abort)
		frame->pc = place(&e->to);
	else if (e && e->kind == EXTABLE_UNDEFINED && ec == EC_UNKNOWN)
		frame->pc = place(&e->to);
	else
		panic_exception(frame);
}

void exception_stack_overflow(struct arch_frame *frame)
{
	panic_with_frame(frame, "kernel stack overflow: stack 0x%016lx-0x%016lx, "
			 "SP 0x%016lx, access to 0x%016lx",
			 arch_current()->stack_top - KSTACK_SIZE,
			 arch_current()->stack_top, frame->sp, frame->far);
}

void exception_serror(struct arch_frame *frame)
{
	panic_with_frame(frame, "SError (asynchronous external abort), ESR "
			 "0x%08lx", frame->esr);
}

void exception_unexpected(struct arch_frame *frame)
{
	panic_with_frame(frame, "exception by a vector that is never used, ESR "
			 "0x%08lx", frame->esr);
}
