/*
 * Breakpoints, watchpoints and single steps of user threads: see debug.h.
 *
 * PMC and PAC say EL0 in all of them, so nothing of the kernel matches; what a
 * program gives besides addresses is taken bit by bit.
 */
#include <arch/usercopy.h>
#include <kernel/panic.h>
#include <mm/slab.h>
#include <mm/vmar.h>

#include "debug.h"
#include "exception.h"
#include "offsets.h"

#define MDSCR_SS 1ul
#define MDSCR_MDE (1ul << 15)
#define PSTATE_SS (1ul << 21)

#define DBGCR_ENABLE 1u
#define DBGBCR_ENABLED 0x1e5u		/* EL0, all four bytes */
#define DBGWCR_EL0 4u
#define DBGWCR_FREE 0x1ff8u		/* load or store, which bytes */

_Static_assert(offsetof(struct arch_debug, bvr) == DEBUG_BVR, "");
_Static_assert(offsetof(struct arch_debug, wvr) == DEBUG_WVR, "");
_Static_assert(offsetof(struct arch_debug, bcr) == DEBUG_BCR, "");
_Static_assert(offsetof(struct arch_debug, wcr) == DEBUG_WCR, "");

static struct arch_frame *frame_of(const struct thread *t)
{
	return (struct arch_frame *)(t->cpu_thread.stack_top - FRAME_SIZE);
}

/* One thread may be prepared by two at a time. */
zx_status_t arch_thread_state_prepare(struct thread *t, u32 kind)
{
	struct arch_debug *d;

	if (kind != ZX_THREAD_STATE_DEBUG_REGS || t->debug)
		return ZX_OK;
	d = kmalloc(sizeof(*d));
	if (!d)
		return ZX_ERR_NO_MEMORY;
	__builtin_memset(d, 0, sizeof(*d));
	spin_lock(&t->object.lock);
	if (!t->debug) {
		t->debug = d;
		d = NULL;
	}
	spin_unlock(&t->object.lock);
	if (d)
		kfree(d, sizeof(*d));
	return ZX_OK;
}

void arch_thread_state_free(struct thread *t)
{
	if (t->debug)
		kfree(t->debug, sizeof(*t->debug));
}

void debug_read_registers(const struct thread *t,
			  zx_thread_state_debug_regs_t *r)
{
	const struct arch_debug *d = t->debug;

	__builtin_memset(r, 0, sizeof(*r));
	for (u32 i = 0; d && i < ARCH_DEBUG_MAX; i++) {
		r->hw_bps[i].dbgbcr = d->bcr[i];
		r->hw_bps[i].dbgbvr = d->bvr[i];
		r->hw_wps[i].dbgwcr = d->wcr[i];
		r->hw_wps[i].dbgwvr = d->wvr[i];
	}
	r->hw_bps_count = (u8)arch_breakpoint_count();
	r->hw_wps_count = (u8)arch_watchpoint_count();
	/* Of the last synchronous exception but system calls. */
	r->esr = (u32)frame_of(t)->esr;
	r->far = frame_of(t)->far;
}

static bool entry_is_good(u32 i, u32 count, u32 control, u64 address)
{
	return i < count ? address < USER_ASPACE_TOP
			 : control == 0 && address == 0;
}

zx_status_t debug_write_registers(struct thread *t,
				  const zx_thread_state_debug_regs_t *r)
{
	struct arch_debug *d = t->debug;

	for (u32 i = 0; i < ARCH_DEBUG_MAX; i++)
		if (!entry_is_good(i, arch_breakpoint_count(),
				   r->hw_bps[i].dbgbcr, r->hw_bps[i].dbgbvr) ||
		    !entry_is_good(i, arch_watchpoint_count(),
				   r->hw_wps[i].dbgwcr, r->hw_wps[i].dbgwvr))
			return ZX_ERR_INVALID_ARGS;
	for (u32 i = 0; i < ARCH_DEBUG_MAX; i++) {
		bool stops = r->hw_bps[i].dbgbcr & DBGCR_ENABLE;
		u32 watch = r->hw_wps[i].dbgwcr;

		d->bcr[i] = stops ? DBGBCR_ENABLED : 0;
		d->bvr[i] = r->hw_bps[i].dbgbvr & ~3ul;
		d->wcr[i] = (watch & DBGCR_ENABLE) == 0 ? 0 :
			    (watch & DBGWCR_FREE) | DBGWCR_EL0 | DBGCR_ENABLE;
		d->wvr[i] = r->hw_wps[i].dbgwvr & ~7ul;
	}
	return ZX_OK;
}

zx_status_t debug_write_step(struct thread *t, u32 on)
{
	struct arch_frame *frame = frame_of(t);

	if (on > 1)
		return ZX_ERR_INVALID_ARGS;
	t->single_step = on != 0;
	frame->spsr = (frame->spsr & ~PSTATE_SS) | (on ? PSTATE_SS : 0);
	return ZX_OK;
}

static bool any_enabled(const struct arch_debug *d)
{
	u32 all = 0;

	for (u32 i = 0; d && i < ARCH_DEBUG_MAX; i++)
		all |= d->bcr[i] | d->wcr[i];
	return all != 0;
}

bool arch_debug_is_armed(const struct thread *t)
{
	return t->single_step || any_enabled(t->debug);
}

/* The ERET makes all of it count (Arm ARM D2.11: a context synchronisation
 * event comes before the new settings must). */
void arch_debug_load(void)
{
	struct thread *t = thread_current();
	u64 mdscr = t->single_step ? MDSCR_SS : 0;

	if ((t->fpu.loaded & ARCH_LOADED_DEBUG) != 0)
		return;
	if (any_enabled(t->debug)) {
		debug_load_registers(t->debug, arch_breakpoint_count(),
				     arch_watchpoint_count());
		mdscr |= MDSCR_MDE;
	}
	__asm__ volatile("msr mdscr_el1, %0" : : "r"(mdscr));
	t->fpu.loaded |= ARCH_LOADED_DEBUG;
}

/* What is left armed is loaded afresh. */
void debug_step_done(struct arch_frame *frame)
{
	struct thread *t = thread_current();
	u64 mask;

	t->single_step = false;
	frame->spsr &= ~PSTATE_SS;
	if (!arch_debug_is_armed(t))
		__atomic_fetch_and(&t->cpu_thread.pending,
				   ~THREAD_PENDING_DEBUG, __ATOMIC_RELAXED);
	mask = arch_irq_save();
	user_state_unload(t);
	arch_irq_restore(mask);
}
