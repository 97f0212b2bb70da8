/*
 * GICv3 (and 4, of which no more is used): distributor, one redistributor a
 * CPU, and the CPU interface in system registers.
 */
#include "gic.h"

#include <arch/cpu.h>
#include <arch/kmap.h>
#include <kernel/boot.h>
#include <kernel/panic.h>

#include "../dt.h"
#include "mmio.h"

/* Distributor. */
#define CTLR_ENABLE_GROUP1 0x3u		/* both views of the bit */
#define CTLR_AFFINITY_ROUTING 0x10u
#define CTLR_WRITE_PENDING (1u << 31)
#define GICD_IROUTER 0x6000

/* Redistributor: a control frame and a frame for SGIs and PPIs. */
#define REDIST_FRAMES_SIZE 0x20000u
#define REDIST_STRIDE_V4 0x40000u
#define REDIST_SGI_FRAME 0x10000u
#define GICR_TYPER 0x8
#define TYPER_VLPIS (1ul << 1)		/* two more frames */
#define TYPER_LAST (1ul << 4)
#define TYPER_AFFINITY_SHIFT 32
#define GICR_WAKER 0x14
#define WAKER_SLEEP 2u
#define WAKER_CHILDREN_ASLEEP 4u

/* MPIDR: Aff3 in bits 39:32, Aff2-Aff0 in 23:0. */
#define MPIDR_AFFINITY 0xff00fffffful
#define SGI1R_INTID_SHIFT 24
#define SGI1R_RANGE_SHIFT 44

/* Fixed after init(). */
static void *dist;
static void *redist[CONFIG_MAX_CPUS];

/* Distributor and redistributor registers act some time after the write. */
static void dist_wait(void)
{
	while (mmio_read32(dist, GIC_CTLR) & CTLR_WRITE_PENDING)
		arch_cpu_relax();
}

/* The affinity of a redistributor as MPIDR spells it. */
static u64 typer_to_mpidr(u64 typer)
{
	u64 affinity = typer >> TYPER_AFFINITY_SHIFT;

	return (affinity & 0xffffff) | (affinity & 0xff000000) << 8;
}

static void redist_assign(void *frames, u64 mpidr)
{
	u32 i;

	for (i = 0; i < boot_info.cpu_count; i++)
		if ((boot_info.cpu_mpidr[i] & MPIDR_AFFINITY) == mpidr)
			redist[i] = frames;
}

/*
 * Goes through one range of redistributors; each CPU's tells its affinity. They
 * are mapped one by one, since a range may have room for more CPUs than there
 * are, and nothing lies behind the last.
 */
static void redist_search(const struct boot_range *range)
{
	u64 offset = 0, typer = 0;
	void *frames;

	while (!(typer & TYPER_LAST) &&
	       offset + REDIST_FRAMES_SIZE <= range->size) {
		frames = arch_map_device(paddr(range->base + offset),
					 REDIST_FRAMES_SIZE);
		if (!frames)
			panic_stop("cannot map the interrupt controller");
		typer = mmio_read64(frames, GICR_TYPER);
		redist_assign(frames, typer_to_mpidr(typer));
		offset += typer & TYPER_VLPIS ? REDIST_STRIDE_V4
					      : REDIST_FRAMES_SIZE;
	}
}

static void redist_search_all(void)
{
	u32 i;

	for (i = 0; i < dt_devices.gic_redist_count; i++)
		redist_search(&dt_devices.gic_redist[i]);
	for (i = 0; i < boot_info.cpu_count; i++)
		if (!redist[i])
			panic_stop("no GIC redistributor for CPU %u (MPIDR %#lx)",
				   i, boot_info.cpu_mpidr[i]);
}

static void init(void)
{
	u64 boot_affinity = boot_info.cpu_mpidr[0] & MPIDR_AFFINITY;
	u32 i, line_count;

	dist = arch_map_device(paddr(dt_devices.gic_dist.base),
			       dt_devices.gic_dist.size);
	if (!dist)
		panic_stop("cannot map the interrupt controller");
	redist_search_all();
	mmio_write32(dist, GIC_CTLR, 0);
	dist_wait();
	line_count = gic_line_count(dist);
	gic_reset_lines(dist, GIC_SPI_FIRST, line_count);
	for (i = GIC_SPI_FIRST / 8; i < line_count / 8; i += 4)
		mmio_write32(dist, GIC_IGROUPR + i, ~0u);
	/* Routing by affinity first: IROUTER exists only with it. */
	mmio_write32(dist, GIC_CTLR, CTLR_AFFINITY_ROUTING);
	dist_wait();
	mmio_write32(dist, GIC_CTLR,
		     CTLR_AFFINITY_ROUTING | CTLR_ENABLE_GROUP1);
	dist_wait();
	/* All shared interrupts go to the boot CPU. */
	for (i = GIC_SPI_FIRST; i < line_count; i++)
		mmio_write64(dist, GICD_IROUTER + 8 * i, boot_affinity);
}

static void *own_sgi_frame(void)
{
	return (char *)redist[arch_cpu_id()] + REDIST_SGI_FRAME;
}

static void redist_wake(void *frames)
{
	u32 waker = mmio_read32(frames, GICR_WAKER);

	mmio_write32(frames, GICR_WAKER, waker & ~WAKER_SLEEP);
	while (mmio_read32(frames, GICR_WAKER) & WAKER_CHILDREN_ASLEEP)
		arch_cpu_relax();
}

/* ICC_SRE_EL1, PMR, BPR1, CTLR, IGRPEN1 by encoding: older assemblers and
 * -march=armv8-a do not know the names. */
static void cpu_interface_enable(void)
{
	/* System registers instead of memory; the ISB before the first use. */
	__asm__ volatile("msr s3_0_c12_c12_5, %0\n\tisb" : : "r"(1ul));
	__asm__ volatile("msr s3_0_c4_c6_0, %0"
			 : : "r"((u64)GIC_PRIORITY_MASK));
	__asm__ volatile("msr s3_0_c12_c12_3, %0" : : "r"(0ul));
	/* EOImode 0: the end of interrupt also deactivates. */
	__asm__ volatile("msr s3_0_c12_c12_4, %0" : : "r"(0ul));
	/* The ISB: enabled before the caller unmasks interrupts. */
	__asm__ volatile("msr s3_0_c12_c12_7, %0\n\tisb" : : "r"(1ul));
}

static void init_cpu(void)
{
	void *sgi_frame = own_sgi_frame();

	redist_wake(redist[arch_cpu_id()]);
	gic_reset_lines(sgi_frame, 0, GIC_SPI_FIRST);
	mmio_write32(sgi_frame, GIC_IGROUPR, ~0u);
	mmio_write32(sgi_frame, GIC_ISENABLER, 0xffff);
	cpu_interface_enable();
}

static void enable(u32 intid)
{
	gic_enable_line(intid < GIC_SPI_FIRST ? own_sgi_frame() : dist, intid);
}

static void handle(void)
{
	u64 intid;

	/* ICC_IAR1_EL1 acknowledges. The DSB completes that before the handler
	 * touches the device, whose line may fall (GICv3 spec 4.1.1). */
	__asm__ volatile("mrs %0, s3_0_c12_c12_0\n\tdsb sy"
			 : "=r"(intid) : : "memory");
	if (intid >= GIC_SPECIAL_FIRST)
		return;
	irqc_dispatch((u32)intid);
	/* ICC_EOIR1_EL1. */
	__asm__ volatile("msr s3_0_c12_c12_1, %0" : : "r"(intid) : "memory");
}

static void send_sgi_one(u64 mpidr, u64 sgi)
{
	u64 aff0 = mpidr & 0xff;
	u64 value = 1ul << (aff0 & 15) | sgi << SGI1R_INTID_SHIFT |
		    (aff0 >> 4) << SGI1R_RANGE_SHIFT;

	value |= (mpidr & 0xff00) << 8;			/* Aff1 */
	value |= (mpidr & 0xff0000) << 16;		/* Aff2 */
	value |= (mpidr & 0xff00000000ul) << 16;	/* Aff3 */
	/* ICC_SGI1R_EL1. */
	__asm__ volatile("msr s3_0_c12_c11_5, %0" : : "r"(value) : "memory");
}

static void send_sgi(u32 cpu_mask, u32 sgi)
{
	/* The interrupt is raised by a system register, which only a DSB
	 * orders after stores: what the handlers are told about is visible when
	 * they run (Arm ARM B2.3.7). */
	__asm__ volatile("dsb ishst" : : : "memory");
	for (; cpu_mask != 0; cpu_mask &= cpu_mask - 1)
		send_sgi_one(boot_info.cpu_mpidr[__builtin_ctz(cpu_mask)],
			     sgi);
	/* Done before the sender goes on, for instance to WFI. */
	__asm__ volatile("isb" : : : "memory");
}

const struct irqc_ops gicv3_ops = {
	.init = init,
	.init_cpu = init_cpu,
	.enable = enable,
	.handle = handle,
	.send_sgi = send_sgi,
};
