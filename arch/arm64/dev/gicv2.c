/*
 * GICv2: distributor and the memory-mapped CPU interface.
 *
 * The first 32 interrupts of the distributor are banked: each CPU sees its own.
 */
#include "gic.h"

#include <arch/cpu.h>
#include <arch/kmap.h>
#include <kernel/panic.h>

#include "../dt.h"
#include "mmio.h"

#define GICD_ITARGETSR 0x800
#define GICD_SGIR 0xf00
#define SGIR_TARGET_SHIFT 16

#define GICC_CTLR 0x00
#define GICC_PMR 0x04
#define GICC_BPR 0x08
#define GICC_IAR 0x0c
#define GICC_EOIR 0x10
#define IAR_INTID 0x3ffu

#define ENABLE 1u

/* Fixed after init(). */
static void *dist, *cpu_interface;
/* The distributor's name for each CPU: one bit. Written once by that CPU
 * before it takes part in anything that sends it an interrupt. */
static u8 target_mask[CONFIG_MAX_CPUS];

/* A banked register that tells each CPU its own bit, in every byte that is
 * implemented. */
static u8 read_own_target(void)
{
	u32 i, bits = 0;

	for (i = 0; i < 32 && bits == 0; i += 4)
		bits = mmio_read32(dist, GICD_ITARGETSR + i);
	bits |= bits >> 16;
	bits |= bits >> 8;
	/* A GIC of a single CPU has no such register and needs no bit. */
	return bits & 0xff ? (u8)bits : 1;
}

static void init(void)
{
	u32 i, line_count;
	u8 boot_target;

	dist = arch_map_device(paddr(dt_devices.gic_dist.base),
			       dt_devices.gic_dist.size);
	cpu_interface = arch_map_device(paddr(dt_devices.gic_cpu.base),
					dt_devices.gic_cpu.size);
	if (!dist || !cpu_interface)
		panic_stop("cannot map the interrupt controller");
	mmio_write32(dist, GIC_CTLR, 0);
	line_count = gic_line_count(dist);
	boot_target = read_own_target();
	gic_reset_lines(dist, GIC_SPI_FIRST, line_count);
	/* All shared interrupts go to the boot CPU. */
	for (i = GIC_SPI_FIRST; i < line_count; i++)
		mmio_write8(dist, GICD_ITARGETSR + i, boot_target);
	mmio_write32(dist, GIC_CTLR, ENABLE);
}

static void init_cpu(void)
{
	target_mask[arch_cpu_id()] = read_own_target();
	gic_reset_lines(dist, 0, GIC_SPI_FIRST);
	/* SGIs; where they cannot be disabled the bits are fixed at one. */
	mmio_write32(dist, GIC_ISENABLER, 0xffff);
	mmio_write32(cpu_interface, GICC_PMR, GIC_PRIORITY_MASK);
	mmio_write32(cpu_interface, GICC_BPR, 0);
	mmio_write32(cpu_interface, GICC_CTLR, ENABLE);
}

static void enable(u32 intid)
{
	gic_enable_line(dist, intid);
}

static void handle(void)
{
	/* Acknowledges; for an SGI it also holds the sender's number, which
	 * the end of interrupt must repeat. */
	u32 iar = mmio_read32(cpu_interface, GICC_IAR);

	if ((iar & IAR_INTID) >= GIC_SPECIAL_FIRST)
		return;
	irqc_dispatch(iar & IAR_INTID);
	mmio_write32(cpu_interface, GICC_EOIR, iar);
}

static void send_sgi(u32 cpu_mask, u32 sgi)
{
	u32 targets = 0;

	for (; cpu_mask != 0; cpu_mask &= cpu_mask - 1)
		targets |= target_mask[__builtin_ctz(cpu_mask)];
	/* Stores to memory before the store to the device: what the handlers
	 * are told about is visible when they run (Arm ARM B2.3.7, DMB between
	 * Normal and Device accesses). */
	__asm__ volatile("dmb ishst" : : : "memory");
	mmio_write32(dist, GICD_SGIR, targets << SGIR_TARGET_SHIFT | sgi);
}

const struct irqc_ops gicv2_ops = {
	.init = init,
	.init_cpu = init_cpu,
	.enable = enable,
	.handle = handle,
	.send_sgi = send_sgi,
};
