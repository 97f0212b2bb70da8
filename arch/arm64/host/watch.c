/*
 * The watch: EL2's own timer ticks on every CPU, a second after the last tick, and
 * at each the host looks whether EL1 is still there. Two things end the machine
 * with a report:
 *
 *  - one interrupt has been pending for EL1 for STUCK_TICKS: interrupts are off,
 *    and the code that turned them off goes on and on. No promise is needed; it
 *    works from the first instruction of EL1. Where none comes by itself, a
 *    CPU that has promised gets one. (A kernel that idles with interrupts
 *    masked wakes by one and takes it.)
 *  - the kernel has promised to say that it is alive, and has not.
 *
 * Both count ticks, not time: where the machine itself stood still for a while,
 * as a virtual one may, EL1 is given the seconds in which it can act.
 */
#include "abi.h"
#include "host.h"
#include "regs.h"

#define STUCK_TICKS 5
#define GRACE_TICKS 2		/* after the end of a promise */
#define BOOT_SECONDS 20		/* from EL1's entry to its first promise */
#define PROMISE_SECONDS_MAX 3600

/* When the kernel is to have said that it lives; 0: it has not promised.
 * Atomic: written by whichever CPU has the promise to give, read by all. A CPU
 * that reads an old value looks again at its next tick. */
static u64 promise_until;
/* As promised: for the report only, which may mix two promises. */
static u64 promise_seconds = BOOT_SECONDS;

static u64 now(void)
{
	u64 v;

	/* The ISB: not read ahead of what came before. */
	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(v) : : "memory");
	return v;
}

static u64 frequency(void)
{
	u64 v;

	__asm__("mrs %0, cntfrq_el0" : "=r"(v));
	return v;
}

/* One second on; enabled, not masked. */
static void set_timer(void)
{
	__asm__ volatile("msr cnthp_cval_el2, %0\n\t"
			 "msr cnthp_ctl_el2, %1\n\t"
			 "isb"
			 : : "r"(now() + frequency()), "r"(1ul));
}

void watch_init_cpu(void)
{
	struct host_cpu *cpu = host_cpu();

	cpu->watched = 0;
	cpu->stuck_ticks = 0;
	cpu->overdue_ticks = 0;
	cpu->takes_probes = false;
	set_timer();
}

s64 watch_promise(u64 seconds)
{
	if (seconds > PROMISE_SECONDS_MAX)
		return HOST_BAD_ARGUMENT;
	vgic_enable_own();
	host_cpu()->takes_probes = true;
	promise_seconds = seconds;
	__atomic_store_n(&promise_until,
			 seconds ? now() + seconds * frequency() : 0,
			 __ATOMIC_RELAXED);
	return 0;
}

void watch_start(void)
{
	(void)watch_promise(BOOT_SECONDS);
	/* That was not the kernel. */
	host_cpu()->takes_probes = false;
}

void watch_tick(const struct host_regs *regs)
{
	u64 until = __atomic_load_n(&promise_until, __ATOMIC_RELAXED);
	struct host_cpu *cpu = host_cpu();
	u32 pending = vgic_pending_mask();

	set_timer();
	cpu->stuck_ticks = pending & cpu->watched ? cpu->stuck_ticks + 1 : 0;
	cpu->watched = pending;
	if (pending == 0 && cpu->takes_probes && (regs->pstate & PSTATE_I_BIT))
		vgic_send_probe();
	if (cpu->stuck_ticks == STUCK_TICKS)
		report_and_end(regs, "the kernel has not taken an interrupt for "
			       "this many seconds:", STUCK_TICKS);
	cpu->overdue_ticks = until != 0 && now() > until ?
				     cpu->overdue_ticks + 1 : 0;
	if (cpu->overdue_ticks > GRACE_TICKS)
		report_and_end(regs, "the kernel has not said for this many "
			       "seconds that it is alive:", promise_seconds);
}
