/*
 * Why EL1 has come here, and what follows.
 */
#include "abi.h"
#include "host.h"
#include "regs.h"

static bool is_permission(u64 esr)
{
	return (esr & FSC_KIND_MASK) == FSC_PERMISSION_KIND;
}

/* What EL1's own tables make of the address; the ISB: PAR_EL1 holds it. */
static u64 page_of(u64 va)
{
	u64 par;

	__asm__ volatile("at s1e1r, %1\n\tisb\n\tmrs %0, par_el1"
			 : "=r"(par) : "r"(va));
	return par & PAR_PAGE;
}

/* The intermediate address of a stage 2 fault: page and offset. HPFAR_EL2 holds
 * the page, but for a permission fault that is not of a walk (Arm ARM,
 * HPFAR_EL2). */
static u64 fault_address(u64 esr)
{
	u64 far = READ_REG("far_el2");
	u64 page = READ_REG("hpfar_el2") >> 4 << 12;

	if (is_permission(esr) && !(esr & ISS_WALK))
		page = page_of(far);
	return page | (far & 0xfff);
}

/* EL1 has everything but these two. */
static void handle_fault(const struct host_regs *regs, u64 esr)
{
	u64 address = fault_address(esr);
	u64 host = (u64)host_start;

	if (address >= host && address < (u64)host_end)
		report_and_end(regs, "EL1 touched memory of the host at physical "
			       "address", address);
	if (is_permission(esr))
		report_and_end(regs, "EL1 wrote to protected memory at physical "
			       "address", address);
	report_and_end(regs, "EL1 used an address that no machine of ours has:",
		       address);
}

static void handle_sysreg(struct host_regs *regs, u64 esr)
{
	u64 rt = (esr >> 5) & 31;

	if ((esr & ISS_SYSREG_MASK) != ISS_ICC_SGI1R)
		report_and_end(regs, "EL1 used a system register that is the "
			       "host's, ISS", esr & 0x1ffffff);
	vgic_send_sgi(rt == 31 ? 0 : regs->x[rt]);
	regs->pc += 4;
}

static void handle_sync(struct host_regs *regs)
{
	u64 esr = READ_REG("esr_el2");

	switch (ESR_CLASS(esr)) {
	case CLASS_SMC:
		/* Trapped before it was done. */
		regs->pc += 4;
		psci_handle(regs);
		return;
	case CLASS_HVC:
		psci_handle(regs);
		return;
	case CLASS_SYSREG:
		handle_sysreg(regs, esr);
		return;
	case CLASS_FETCH_BELOW:
	case CLASS_DATA_BELOW:
		handle_fault(regs, esr);
		return;
	}
	report_and_end(regs, "an exception that the host does not expect, ESR",
		       esr);
}

void host_trap(struct host_regs *regs, u64 kind)
{
	host_cpu()->figures[HOST_FIGURE_EXITS]++;
	switch (kind) {
	case TRAP_SYNC:
		handle_sync(regs);
		return;
	case TRAP_IRQ:
		vgic_handle(regs);
		return;
	}
	report_and_end(regs, "an SError came to EL2, ESR", READ_REG("esr_el2"));
}
