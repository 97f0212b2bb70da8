/*
 * GICv2 with virtualization extensions: GICC for us, GICH for the list
 * registers, GICV in the place of EL1's GICC.
 */
#include "../dev/mmio.h"
#include "host.h"
#include "vgic.h"

#define GICD_IGROUPR 0x080
#define GICD_ISENABLER 0x100
#define GICD_CTLR 0x000

#define GICC_CTLR 0x00
#define GICC_PMR 0x04
#define GICC_IAR 0x0c
#define GICC_EOIR 0x10
#define GICC_DIR 0x1000
#define CTLR_ENABLE 1u
#define CTLR_EOI_MODE (1u << 9)

#define GICH_HCR 0x00
#define GICH_VMCR 0x08
#define GICH_LR 0x100
#define HCR_ON 1u
#define HCR_UNDERFLOW 2u

#define LR_HW (1u << 31)

static void *at(const struct boot_range *r)
{
	return (void *)r->base;
}

static void enable_own(void)
{
	mmio_write32(at(&host_machine.gic_dist), GICD_ISENABLER,
		     1u << OWN_TIMER | 1u << OWN_MAINTENANCE);
}

static void init_cpu(void)
{
	void *cpu_interface = at(&host_machine.gic_cpu);
	void *hyp = at(&host_machine.gic_hyp);

	/* Until the kernel sets up the distributor nothing passes but ours. */
	mmio_write32(at(&host_machine.gic_dist), GICD_CTLR, CTLR_ENABLE);
	mmio_write32(cpu_interface, GICC_PMR, 0xff);
	mmio_write32(cpu_interface, GICC_CTLR, CTLR_ENABLE | CTLR_EOI_MODE);
	mmio_write32(hyp, GICH_VMCR, 0);
	mmio_write32(hyp, GICH_HCR, HCR_ON);
}

static u32 acknowledge(void)
{
	return mmio_read32(at(&host_machine.gic_cpu), GICC_IAR);
}

static void drop(u32 iar)
{
	mmio_write32(at(&host_machine.gic_cpu), GICC_EOIR, iar);
}

static void deactivate(u32 iar)
{
	mmio_write32(at(&host_machine.gic_cpu), GICC_DIR, iar);
}

static struct list_register read_lr(u32 index)
{
	u32 v = mmio_read32(at(&host_machine.gic_hyp), GICH_LR + 4 * index);

	return (struct list_register){
		.intid = v & 0x3ff,
		.source = v & LR_HW ? 0 : (v >> 10) & 7,
		.priority = (v >> 23 & 0x1f) << 3,
		.state = (v >> 28) & 3,
		.is_physical = v & LR_HW,
	};
}

static void write_lr(u32 index, struct list_register lr)
{
	u32 v = lr.intid | lr.priority >> 3 << 23 | lr.state << 28;

	v |= lr.is_physical ? LR_HW | lr.intid << 10 : lr.source << 10;
	mmio_write32(at(&host_machine.gic_hyp), GICH_LR + 4 * index, v);
}

static void tell_when_free(bool wanted)
{
	mmio_write32(at(&host_machine.gic_hyp), GICH_HCR,
		     HCR_ON | (wanted ? HCR_UNDERFLOW : 0));
}

const struct gic_ops gicv2_ops = {
	.init_cpu = init_cpu,
	.enable_own = enable_own,
	.acknowledge = acknowledge,
	.drop = drop,
	.deactivate = deactivate,
	.read_lr = read_lr,
	.write_lr = write_lr,
	.tell_when_free = tell_when_free,
};
