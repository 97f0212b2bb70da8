/*
 * Interrupts of a Raspberry Pi 3, which has no GIC: a controller in the ARM
 * cluster (BCM2836 ARM-local peripherals) with a source register for each CPU,
 * mailboxes that serve as interrupts between CPUs, and behind one of its lines
 * the controller of the SoC (BCM2835 ARM Peripherals, 7).
 *
 * Numbers: local source n is n; line n of bank b of the SoC is 32 + 32 b + n, as
 * dt_node.c counts them. Bank 0 is not used.
 */
#include <arch/cpu.h>
#include <arch/kmap.h>
#include <kernel/boot.h>
#include <kernel/panic.h>

#include "../dt.h"
#include "gic.h"
#include "mmio.h"

#define LOCAL_GPU_ROUTING 0x0c
#define LOCAL_TIMER_CONTROL(cpu) (0x40 + 4 * (cpu))
#define LOCAL_MAILBOX_CONTROL(cpu) (0x50 + 4 * (cpu))
#define LOCAL_SOURCE(cpu) (0x60 + 4 * (cpu))
#define LOCAL_MAILBOX0_SET(cpu) (0x80 + 16 * (cpu))
#define LOCAL_MAILBOX0_CLEAR(cpu) (0xc0 + 16 * (cpu))
#define SOURCE_TIMERS 0xfu
#define SOURCE_MAILBOX0 (1u << 4)
#define SOURCE_GPU (1u << 8)

#define SOC_PENDING(bank) (4 * (bank))
#define SOC_ENABLE(bank) (0x0c + 4 * (bank))
#define SOC_DISABLE(bank) (0x18 + 4 * (bank))
#define SOC_BANKS 3u
#define SOC_FIRST 32u

/* Fixed after init(). */
static void *local, *soc;

/* Its number in the cluster's registers. */
static u32 core_of(u32 cpu)
{
	return boot_info.cpu_mpidr[cpu] & 3;
}

static void init(void)
{
	u32 bank;

	local = arch_map_device(paddr(dt_devices.bcm_local.base),
				dt_devices.bcm_local.size);
	soc = arch_map_device(paddr(dt_devices.bcm_soc.base),
			      dt_devices.bcm_soc.size);
	if (!local || !soc)
		panic_stop("cannot map the interrupt controller");
	for (bank = 1; bank < SOC_BANKS; bank++)
		mmio_write32(soc, SOC_DISABLE(bank), ~0u);
	mmio_write32(local, LOCAL_GPU_ROUTING, core_of(0));
}

static void init_cpu(void)
{
	u32 core = core_of(arch_cpu_id());

	mmio_write32(local, LOCAL_TIMER_CONTROL(core), 0);
	mmio_write32(local, LOCAL_MAILBOX0_CLEAR(core), ~0u);
	mmio_write32(local, LOCAL_MAILBOX_CONTROL(core), 1);
}

/* A timer's on the running CPU. */
static void enable(u32 number)
{
	u32 control = LOCAL_TIMER_CONTROL(core_of(arch_cpu_id()));
	u32 bank = (number - SOC_FIRST) / 32;

	if (number < SOC_FIRST)
		mmio_write32(local, control,
			     mmio_read32(local, control) | 1u << number);
	else if (bank < SOC_BANKS)
		mmio_write32(soc, SOC_ENABLE(bank),
			     1u << (number - SOC_FIRST) % 32);
}

static void handle_mailbox(u32 core)
{
	u32 sent = mmio_read32(local, LOCAL_MAILBOX0_CLEAR(core));

	mmio_write32(local, LOCAL_MAILBOX0_CLEAR(core), sent);
	/* The mailbox was read before what its sender stored is. */
	__asm__ volatile("dmb ish" : : : "memory");
	for (; sent != 0; sent &= sent - 1)
		irqc_dispatch((u32)__builtin_ctz(sent));
}

static void handle_soc(void)
{
	u32 bank, pending;

	for (bank = 1; bank < SOC_BANKS; bank++) {
		pending = mmio_read32(soc, SOC_PENDING(bank));
		for (; pending != 0; pending &= pending - 1)
			irqc_dispatch(SOC_FIRST + 32 * bank +
				      (u32)__builtin_ctz(pending));
	}
}

static void handle(void)
{
	u32 core = core_of(arch_cpu_id());
	u32 source = mmio_read32(local, LOCAL_SOURCE(core));

	if (source & SOURCE_MAILBOX0)
		handle_mailbox(core);
	if (source & SOURCE_TIMERS & 1u << dt_devices.timer_irq)
		irqc_dispatch(dt_devices.timer_irq);
	if (source & SOURCE_GPU)
		handle_soc();
}

static void send_sgi(u32 cpu_mask, u32 sgi)
{
	/* As gicv2.c's: what the handlers are told about is visible when
	 * they run. */
	__asm__ volatile("dmb ishst" : : : "memory");
	for (; cpu_mask != 0; cpu_mask &= cpu_mask - 1)
		mmio_write32(local,
			     LOCAL_MAILBOX0_SET(core_of((u32)
						__builtin_ctz(cpu_mask))),
			     1u << sgi);
}

const struct irqc_ops bcm2836_ops = {
	.init = init,
	.init_cpu = init_cpu,
	.enable = enable,
	.handle = handle,
	.send_sgi = send_sgi,
};
