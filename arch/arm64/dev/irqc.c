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
#include "../host/abi.h"
#include "gic.h"

/* Fixed after irqc_init(). */
static const struct irqc_ops *ops;
static bool is_ready;

void irqc_init(void)
{
	switch (dt_devices.irqc) {
	case IRQC_GICV2:
		ops = &gicv2_ops;
		break;
	case IRQC_GICV3:
		ops = &gicv3_ops;
		break;
	case IRQC_BCM2836:
		ops = &bcm2836_ops;
		break;
	case IRQC_NONE:
		panic_stop("the device tree has no interrupt controller of ours");
	}
	ops->init();
}

void irqc_init_cpu(void)
{
	ops->init_cpu();
	/* The boot CPU sets it before another one runs. */
	is_ready = true;
}

void irqc_enable(u32 intid)
{
	ops->enable(intid);
}

void irqc_handle(void)
{
	ops->handle();
}

void gic_send_sgi(u32 cpu_mask, enum sgi sgi)
{
	/* A panic may come before the controller; there is one CPU then. */
	if (is_ready)
		ops->send_sgi(cpu_mask, sgi);
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
	} else if (intid < SGI_COUNT) {
		dispatch_sgi(intid);
	} else if (intid == dt_devices.uart_irq) {
		uart_interrupt();
	} else if (intid != HOST_INTID_PROBE) {
		/* None but the above were ever enabled. */
		printk("interrupt %u has no handler", intid);
	}
}
