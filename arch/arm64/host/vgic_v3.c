/*
 * GICv3: the interfaces are system registers, here by encoding, since
 * -march=armv8-a does not know their names. Of the memory-mapped parts we touch
 * the redistributor of the running CPU, for our own private interrupts.
 */
#include "../dev/mmio.h"
#include "host.h"
#include "vgic.h"

#define GICR_TYPER 0x8
#define GICR_WAKER 0x14
#define GICR_SGI_FRAME 0x10000
#define GICR_STRIDE 0x20000
#define GICR_STRIDE_V4 0x40000
#define TYPER_VLPIS (1ul << 1)
#define TYPER_LAST (1ul << 4)
#define WAKER_SLEEP 2u
#define WAKER_CHILDREN_ASLEEP 4u
#define GICR_IGROUPR 0x080
#define GICR_ISENABLER 0x100
#define GICR_IPRIORITYR 0x400
#define GICD_CTLR_ON 0x12u	/* affinity routing, group 1 */

#define WRITE_REG(name, value) \
	__asm__ volatile("msr " name ", %0" : : "r"((u64)(value)))

#define ICC_SRE_EL2 "s3_4_c12_c9_5"
#define ICC_SRE_EL1 "s3_0_c12_c12_5"
#define ICC_PMR_EL1 "s3_0_c4_c6_0"
#define ICC_CTLR_EL1 "s3_0_c12_c12_4"
#define ICC_IGRPEN1_EL1 "s3_0_c12_c12_7"
#define ICC_IAR1_EL1 "s3_0_c12_c12_0"
#define ICC_EOIR1_EL1 "s3_0_c12_c12_1"
#define ICC_DIR_EL1 "s3_0_c12_c11_1"
#define ICH_HCR_EL2 "s3_4_c12_c11_0"
#define ICH_VMCR_EL2 "s3_4_c12_c11_7"
#define ICH_LR0_EL2 "s3_4_c12_c12_0"
#define ICH_LR1_EL2 "s3_4_c12_c12_1"
#define ICH_LR2_EL2 "s3_4_c12_c12_2"
#define ICH_LR3_EL2 "s3_4_c12_c12_3"

#define SRE_ALL 0xful		/* registers, no bypass, EL1 may as well */
#define CTLR_EOI_MODE 2ul
#define HCR_ON 1ul
#define HCR_UNDERFLOW 2ul
#define LR_GROUP1 (1ul << 60)
#define LR_HW (1ul << 61)

/* The redistributor whose affinity is the running CPU's. */
static char *own_redistributor(void)
{
	const struct boot_range *r = &host_machine.gic_cpu;
	u64 mpidr = host_cpu()->mpidr;
	u64 wanted = (mpidr & 0xffffff) | (mpidr >> 8 & 0xff000000);
	char *frame = (char *)r->base;
	u64 typer;

	do {
		typer = mmio_read64(frame, GICR_TYPER);
		if (typer >> 32 == wanted)
			return frame;
		frame += typer & TYPER_VLPIS ? GICR_STRIDE_V4 : GICR_STRIDE;
	} while (!(typer & TYPER_LAST) && (u64)frame < r->base + r->size);
	host_fail("no GIC redistributor for the CPU with MPIDR", mpidr);
}

static void enable_own(void)
{
	char *sgi = own_redistributor() + GICR_SGI_FRAME;

	mmio_write32(sgi, GICR_ISENABLER,
		     1u << OWN_TIMER | 1u << OWN_MAINTENANCE);
}

static void init_cpu(void)
{
	char *frame = own_redistributor();
	char *sgi = frame + GICR_SGI_FRAME;
	u32 i, waker = mmio_read32(frame, GICR_WAKER);

	mmio_write32(frame, GICR_WAKER, waker & ~WAKER_SLEEP);
	while (mmio_read32(frame, GICR_WAKER) & WAKER_CHILDREN_ASLEEP)
		;
	mmio_write32(sgi, GICR_IGROUPR, ~0u);
	for (i = OWN_MAINTENANCE; i <= OWN_TIMER; i++)
		mmio_write8(sgi, GICR_IPRIORITYR + i, 0x80);
	mmio_write32((void *)host_machine.gic_dist.base, 0, GICD_CTLR_ON);
	/* Registers before the ISB, their use after it. */
	WRITE_REG(ICC_SRE_EL2, SRE_ALL);
	__asm__ volatile("isb" : : : "memory");
	WRITE_REG(ICC_SRE_EL1, SRE_ALL & 7);
	__asm__ volatile("isb" : : : "memory");
	WRITE_REG(ICC_PMR_EL1, 0xff);
	WRITE_REG(ICC_CTLR_EL1, CTLR_EOI_MODE);
	WRITE_REG(ICC_IGRPEN1_EL1, 1);
	WRITE_REG(ICH_VMCR_EL2, 0);
	WRITE_REG(ICH_HCR_EL2, HCR_ON);
	/* In effect before the list registers are written. */
	__asm__ volatile("isb" : : : "memory");
}

static u32 acknowledge(void)
{
	u64 iar = READ_REG(ICC_IAR1_EL1);

	/* The interrupt is ours, and what its sender stored is visible, before
	 * we act on it (Arm IHI 0069, 4.1.1). */
	__asm__ volatile("dsb sy" : : : "memory");
	return (u32)iar;
}

/* The ISBs of these two: done before the next acknowledge or exception return,
 * which is not ordered after a register write by itself. */
static void drop(u32 iar)
{
	WRITE_REG(ICC_EOIR1_EL1, iar);
	__asm__ volatile("isb" : : : "memory");
}

static void deactivate(u32 iar)
{
	WRITE_REG(ICC_DIR_EL1, iar);
	__asm__ volatile("isb" : : : "memory");
}

static struct list_register read_lr(u32 index)
{
	u64 v = index == 0 ? READ_REG(ICH_LR0_EL2) :
		index == 1 ? READ_REG(ICH_LR1_EL2) :
		index == 2 ? READ_REG(ICH_LR2_EL2) : READ_REG(ICH_LR3_EL2);

	return (struct list_register){
		.intid = (u32)v,
		.priority = v >> 48 & 0xff,
		.state = v >> 62,
		.is_physical = v & LR_HW,
	};
}

static void write_lr(u32 index, struct list_register lr)
{
	u64 v = 0;

	if (lr.state != 0)
		v = lr.intid | (u64)lr.priority << 48 | LR_GROUP1 |
		    (u64)lr.state << 62;
	if (lr.state != 0 && lr.is_physical)
		v |= LR_HW | (u64)lr.intid << 32;
	if (index == 0)
		WRITE_REG(ICH_LR0_EL2, v);
	else if (index == 1)
		WRITE_REG(ICH_LR1_EL2, v);
	else if (index == 2)
		WRITE_REG(ICH_LR2_EL2, v);
	else
		WRITE_REG(ICH_LR3_EL2, v);
}

static void tell_when_free(bool wanted)
{
	WRITE_REG(ICH_HCR_EL2, HCR_ON | (wanted ? HCR_UNDERFLOW : 0));
}

const struct gic_ops gicv3_ops = {
	.init_cpu = init_cpu,
	.enable_own = enable_own,
	.acknowledge = acknowledge,
	.drop = drop,
	.deactivate = deactivate,
	.read_lr = read_lr,
	.write_lr = write_lr,
	.tell_when_free = tell_when_free,
};
