/*
 * The generic timer: the virtual one of EL1, whose counter user space reads as
 * well (<kernel/time.h>).
 */
#include <arch/irq.h>

#include "../dt.h"
#include "devices.h"
#include "gic.h"

#define CTL_ENABLE 1ul

void arch_timer_set(u64 counter_value)
{
	/* The interrupt line follows the comparison, so that a new value also
	 * ends the old interrupt; the ISB makes that happen before the end of
	 * interrupt is told to the controller. UINT64_MAX is never reached. */
	__asm__ volatile("msr cntv_cval_el0, %0\n\tisb"
			 : : "r"(counter_value) : "memory");
}

u64 arch_timer_frequency(void)
{
	u64 frequency;

	__asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
	return frequency;
}

void timer_init_cpu(void)
{
	arch_timer_set(UINT64_MAX);
	__asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"(CTL_ENABLE));
	irqc_enable(dt_devices.timer_irq);
}
