/*
 * Register state of threads that stand still, by kinds (abi.md 15).
 */
#include <arch/cpu.h>
#include <arch/thread.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#include "debug.h"
#include "exception.h"
#include "offsets.h"

#define PSTATE_NZCV 0xf0000000ul
/* AHP, DN, FZ, RMode, FZ16, trap enables; of FPSR the flags. */
#define FPCR_MASK 0x07c89f00u
#define FPSR_MASK 0xf800009fu

static struct arch_frame *frame_of(const struct thread *t)
{
	return (struct arch_frame *)(t->cpu_thread.stack_top - FRAME_SIZE);
}

/* Interrupts off: no switch in between may save what was changed already. */
void arch_user_state_save(void)
{
	struct thread *t = thread_current();
	struct arch_frame *frame = frame_of(t);
	u64 mask = arch_irq_save();

	user_state_unload(t);
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(frame->tpidr));
	arch_irq_restore(mask);
}

/* FP registers come with their next use. */
void arch_user_state_load(void)
{
	__asm__ volatile("msr tpidr_el0, %0"
			 : : "r"(frame_of(thread_current())->tpidr));
}

void arch_user_frame_init(uaddr_t pc, uaddr_t sp, u64 x0, u64 x1)
{
	struct arch_frame *frame = frame_of(thread_current());

	memset(frame, 0, sizeof(*frame));
	frame->pc = pc;
	frame->sp = sp;
	frame->x[0] = x0;
	frame->x[1] = x1;
}

size_t arch_thread_state_bytes(u32 kind)
{
	switch (kind) {
	case ZX_THREAD_STATE_GENERAL_REGS:
		return sizeof(zx_thread_state_general_regs_t);
	case ZX_THREAD_STATE_FP_REGS:
		return sizeof(zx_thread_state_fp_regs_t);
	case ZX_THREAD_STATE_VECTOR_REGS:
		return sizeof(zx_thread_state_vector_regs_t);
	case ZX_THREAD_STATE_DEBUG_REGS:
		return sizeof(zx_thread_state_debug_regs_t);
	case ZX_THREAD_STATE_SINGLE_STEP:
		return sizeof(zx_thread_state_single_step_t);
	case ZX_THREAD_X86_REGISTER_FS:
	case ZX_THREAD_X86_REGISTER_GS:
		return sizeof(u64);
	}
	return 0;
}

_Static_assert(sizeof(((zx_thread_state_general_regs_t *)0)->r) == 30 * 8, "");

static void read_general(const struct thread *t,
			 zx_thread_state_general_regs_t *r)
{
	const struct arch_frame *frame = frame_of(t);

	memcpy(r->r, frame->x, sizeof(r->r));
	r->lr = frame->x[30];
	r->sp = frame->sp;
	r->pc = frame->pc;
	r->cpsr = frame->spsr & PSTATE_NZCV;
	r->tpidr = frame->tpidr;
}

/* Any pc will do: ERET to EL0 takes it, and the fetch faults there. */
static void write_general(struct thread *t,
			  const zx_thread_state_general_regs_t *r,
			  bool *pc_moved)
{
	struct arch_frame *frame = frame_of(t);

	*pc_moved = frame->pc != r->pc;
	memcpy(frame->x, r->r, sizeof(r->r));
	frame->x[30] = r->lr;
	frame->sp = r->sp;
	frame->pc = r->pc;
	frame->spsr = (frame->spsr & ~PSTATE_NZCV) | (r->cpsr & PSTATE_NZCV);
	frame->tpidr = r->tpidr;
}

static void read_vector(const struct thread *t,
			zx_thread_state_vector_regs_t *r)
{
	_Static_assert(sizeof(r->v) == sizeof(t->fpu.v), "");
	memcpy(r->v, t->fpu.v, sizeof(r->v));
	r->fpcr = (u32)t->fpu.fpcr;
	r->fpsr = (u32)t->fpu.fpsr;
}

static void write_vector(struct thread *t,
			 const zx_thread_state_vector_regs_t *r)
{
	memcpy(t->fpu.v, r->v, sizeof(r->v));
	t->fpu.fpcr = r->fpcr & FPCR_MASK;
	t->fpu.fpsr = r->fpsr & FPSR_MASK;
}

zx_status_t arch_thread_state_read(const struct thread *t, u32 kind,
				   void *record)
{
	switch (kind) {
	case ZX_THREAD_STATE_GENERAL_REGS:
		read_general(t, record);
		return ZX_OK;
	case ZX_THREAD_STATE_VECTOR_REGS:
		read_vector(t, record);
		return ZX_OK;
	case ZX_THREAD_STATE_DEBUG_REGS:
		debug_read_registers(t, record);
		return ZX_OK;
	case ZX_THREAD_STATE_SINGLE_STEP:
		*(u32 *)record = t->single_step;
		return ZX_OK;
	}
	return ZX_ERR_NOT_SUPPORTED;
}

zx_status_t arch_thread_state_write(struct thread *t, u32 kind,
				    const void *record, bool *pc_moved)
{
	switch (kind) {
	case ZX_THREAD_STATE_GENERAL_REGS:
		write_general(t, record, pc_moved);
		return ZX_OK;
	case ZX_THREAD_STATE_VECTOR_REGS:
		write_vector(t, record);
		return ZX_OK;
	case ZX_THREAD_STATE_DEBUG_REGS:
		return debug_write_registers(t, record);
	case ZX_THREAD_STATE_SINGLE_STEP:
		return debug_write_step(t, *(const u32 *)record);
	}
	return ZX_ERR_NOT_SUPPORTED;
}
