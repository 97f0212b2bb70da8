/*
 * The interrupt controller, whichever the device tree names, and what each
 * interrupt means. There are four sources: other CPUs, the timer, the UART, and
 * mistakes.
 */
#include "devices.h"

#include <arch/cpu.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/time.h>

#include "../dt.h"
#include "gic.h"

/* Fixed after irqc_init(). */
static bool is_v3;
static bool is_ready;

void irqc_init(void)
{
	if (dt_devices.gic_version != 2 && dt_devices.gic_version != 3)
		panic_stop("the device tree has no GIC of version 2 or 3");
	is_v3 = dt_devices.gic_version == 3;
	if (is_v3)
		gicv3_init();
	else
		gicv2_init();
}

void irqc_init_cpu(void)
{
	if (is_v3)
		gicv3_init_cpu();
	else
		gicv2_init_cpu();
	/* The boot CPU sets it before another one runs. */
	is_ready = true;
}

void irqc_enable(u32 intid)
{
	if (is_v3)
		gicv3_enable(intid);
	else
		gicv2_enable(intid);
}

void irqc_handle(void)
{
	if (is_v3)
		gicv3_handle();
	else
		gicv2_handle();
}

void gic_send_sgi(u32 cpu_mask, enum sgi sgi)
{
	/* A panic may come before the controller; there is one CPU then. */
	if (!is_ready)
		return;
	if (is_v3)
		gicv3_send_sgi(cpu_mask, sgi);
	else
		gicv2_send_sgi(cpu_mask, sgi);
}

static void dispatch_sgi(u32 sgi)
{
	stat_add(STAT_IPIS, 1);
	switch (sgi) {
	case SGI_RESCHED:
		/* The way out of the interrupt looks at `resched`. */
		printk_interrupt();
		break;
	case SGI_SYNC:
		smp_handle_sync();
		break;
	case SGI_STOP:
		smp_handle_stop();
	default:
		printk("unknown interrupt from a CPU: %u", sgi);
	}
}

void irqc_dispatch(u32 intid)
{
	if (intid == dt_devices.timer_irq) {
		stat_add(STAT_TIMER_IRQS, 1);
		ktime_interrupt();
	} else if (intid < GIC_PPI_FIRST) {
		dispatch_sgi(intid);
	} else if (intid == dt_devices.uart_irq) {
		uart_interrupt();
	} else {
		/* None but the above were ever enabled. */
		printk("interrupt %u has no handler", intid);
	}
}
