/*
 * Registers and call chains for reports. Trusts nothing: it runs when something
 * is broken.
 *
 * Frames are chained through x29 (the kernel is built with frame pointers): a
 * pair { caller's x29, return address } at x29. The chain is followed only
 * upwards inside one stack; what lies above its end and looks like an address
 * of kernel text is offered as uncertain.
 */
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/thread.h>
#include <kernel/printk.h>
#include <mm/kstack.h>

#include "boot.h"

#define MAX_ADDRESSES 32
#define VA_SIGN (1ul << 55)

/* Return addresses may carry a signature above the address proper. */
static u64 strip_signature(u64 pc)
{
	u64 low = pc & ((1ul << VA_BITS) - 1);

	return (pc & VA_SIGN) ? low | ~0ul << VA_BITS : low;
}

static bool is_text(u64 pc)
{
	return pc >= (u64)text_start && pc < (u64)text_end;
}

/* Two words at this address lie on the running thread's stack. */
static bool on_stack(u64 address, u64 bottom, u64 top)
{
	return (address & 7) == 0 && address >= bottom && address <= top - 16;
}

static void scan_stack(u64 from, u64 top, u32 budget,
		       void (*fn)(void *, u64, bool), void *arg)
{
	u64 at, pc;

	for (at = from; at + 8 <= top && budget > 0; at += 8) {
		pc = strip_signature(*(const u64 *)at);
		if (!is_text(pc))
			continue;
		fn(arg, pc, false);
		budget--;
	}
}

void arch_backtrace(const struct arch_frame *frame,
		    void (*fn)(void *arg, u64 pc, bool certain), void *arg)
{
	u64 top = arch_current()->stack_top;
	u64 fp = (u64)__builtin_frame_address(0);
	u64 last = fp, pc;
	u64 bottom = top - KSTACK_SIZE;
	u32 count = 0;

	if (frame) {
		fn(arg, frame->pc, true);
		fp = frame->x[29];
		last = frame->sp & ~7ul;
		if (is_text(strip_signature(frame->x[30])))
			fn(arg, strip_signature(frame->x[30]), false);
	}
	while (on_stack(fp, bottom, top) && count < MAX_ADDRESSES) {
		pc = strip_signature(((const u64 *)fp)[1]);
		if (!is_text(pc))
			break;
		fn(arg, pc, true);
		count++;
		last = fp + 16;
		if (((const u64 *)fp)[0] <= fp)
			break;
		fp = ((const u64 *)fp)[0];
	}
	if (count == 0 && on_stack(last, bottom, top))
		scan_stack(last, top, MAX_ADDRESSES, fn, arg);
}

void arch_frame_print(const struct arch_frame *frame)
{
	const u64 *x = frame->x;
	u32 i;

	printk("  pc  %016lx  sp  %016lx  spsr %08lx", frame->pc, frame->sp,
	       frame->spsr);
	for (i = 0; i < 30; i += 3)
		printk("  x%-2u %016lx  x%-2u %016lx  x%-2u %016lx", i, x[i],
		       i + 1, x[i + 1], i + 2, x[i + 2]);
	printk("  x30 %016lx  esr %08lx  far %016lx", x[30], frame->esr,
	       frame->far);
}
