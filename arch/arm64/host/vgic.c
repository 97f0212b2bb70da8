/*
 * Interrupts: all physical ones come to EL2 and go on to EL1 as virtual ones.
 *
 * Taking one at EL2 lowers the running priority at once and leaves the
 * interrupt active (EOImode 1); the list register names it, so that EL1's end of
 * interrupt deactivates the physical one as well. An SGI has no such link in a
 * GICv2 and is deactivated here. EL1 owns the distributor and its interface,
 * which is the virtual one by stage 2 (GICv2) or by HCR_EL2.IMO (GICv3).
 *
 * This is what the watch rests on: an interrupt stays pending in its list
 * register for as long as EL1 does not take it.
 */
#include "abi.h"
#include "host.h"
#include "vgic.h"

#define INTID_SPECIAL 1020u
#define INTID_SGI_MAX 16u
#define PRIORITY 0xa0u		/* as the kernel sets it */

/* Fixed after vgic_init(). NULL: the machine has no GIC. */
static const struct gic_ops *gic;

void vgic_init(void)
{
	if (host_machine.gic_version == 2)
		gic = &gicv2_ops;
	else if (host_machine.gic_version == 3)
		gic = &gicv3_ops;
}

void vgic_enable_own(void)
{
	if (gic)
		gic->enable_own();
}

void vgic_init_cpu(void)
{
	u32 i;

	gic->init_cpu();
	for (i = 0; i < HOST_LRS; i++)
		gic->write_lr(i, (struct list_register){ 0 });
	vgic_enable_own();
}

/* The list register of intid, or a free one, or HOST_LRS. */
static u32 find_lr(u32 intid)
{
	struct list_register lr;
	u32 i, found = HOST_LRS;

	for (i = 0; i < HOST_LRS; i++) {
		lr = gic->read_lr(i);
		if (lr.state == 0)
			found = i;
		else if (lr.intid == intid)
			return i;
	}
	return found;
}

/* Each interrupt waits at most once: a physical one is active until EL1 has
 * handled it, and SGIs of one number are one. */
static void wait_for_lr(u32 intid, u32 source)
{
	struct host_cpu *cpu = host_cpu();
	u32 i;

	for (i = 0; i < cpu->waiting_count; i++)
		if (cpu->waiting[i].intid == intid)
			return;
	if (i == HOST_WAITING_MAX)
		host_fail("more interrupts at once than a machine of ours has",
			  intid);
	cpu->waiting[i].intid = (u16)intid;
	cpu->waiting[i].source = (u16)source;
	cpu->waiting_count++;
	gic->tell_when_free(true);
}

/* intid pends for EL1. An SGI that is active pends again beside it; one that
 * pends already is the same interrupt. Without a free register it waits, and
 * the controller tells us when one is free. */
static void inject(u32 intid, u32 source)
{
	u32 i = find_lr(intid);
	struct list_register lr;

	if (i == HOST_LRS) {
		wait_for_lr(intid, source);
		return;
	}
	lr = gic->read_lr(i);
	/* EL1 has taken what was there since the last tick. */
	if (!(lr.state & LR_PENDING))
		host_cpu()->watched &= ~(1u << i);
	/* The end of an active SGI names its sender. */
	if (lr.state == 0)
		lr.source = source;
	lr.intid = intid;
	lr.priority = PRIORITY;
	lr.is_physical = intid >= INTID_SGI_MAX;
	lr.state |= LR_PENDING;
	gic->write_lr(i, lr);
}

/* What had no list register, oldest first. */
static void inject_waiting(void)
{
	struct host_cpu *cpu = host_cpu();
	struct host_waiting waiting[HOST_WAITING_MAX];
	u32 i, count = cpu->waiting_count;

	for (i = 0; i < count; i++)
		waiting[i] = cpu->waiting[i];
	cpu->waiting_count = 0;
	gic->tell_when_free(false);
	for (i = 0; i < count; i++)
		inject(waiting[i].intid, waiting[i].source);
}

static void deliver(u32 iar, const struct host_regs *regs)
{
	u32 intid = iar & 0x3ff;

	gic->drop(iar);
	if (intid == OWN_TIMER || intid == OWN_MAINTENANCE) {
		/* The timer moves on first: its line is a level. */
		if (intid == OWN_TIMER)
			watch_tick(regs);
		gic->deactivate(iar);
		return;
	}
	if (intid < INTID_SGI_MAX)
		gic->deactivate(iar);
	inject(intid, (iar >> 10) & 7);
}

void vgic_handle(const struct host_regs *regs)
{
	u32 iar;

	host_cpu()->figures[HOST_FIGURE_INTERRUPTS]++;
	while (((iar = gic->acknowledge()) & 0x3ff) < INTID_SPECIAL)
		deliver(iar, regs);
	if (host_cpu()->waiting_count != 0)
		inject_waiting();
}

void vgic_send_sgi(u64 value)
{
	/* ICC_SGI1R_EL1. The ISB: done before EL1 goes on. */
	__asm__ volatile("msr s3_0_c12_c11_5, %0\n\tisb" : : "r"(value));
}

void vgic_send_probe(void)
{
	inject(HOST_INTID_PROBE, 0);
}

u32 vgic_pending_mask(void)
{
	u32 i, mask = 0;

	for (i = 0; gic && i < HOST_LRS; i++)
		if (gic->read_lr(i).state & LR_PENDING)
			mask |= 1u << i;
	return mask;
}

void vgic_print(void)
{
	struct list_register lr;
	u32 i;

	for (i = 0; gic && i < HOST_LRS; i++) {
		lr = gic->read_lr(i);
		if (lr.state != 0)
			host_print("host: interrupt %u is%s%s for EL1\n", lr.intid,
				   lr.state & LR_PENDING ? " pending" : "",
				   lr.state & LR_ACTIVE ? " active" : "");
	}
}
