/*
 * Registers of EL2 and of what EL2 does for EL1 (Arm ARM D19). Written whole.
 * Also read by assembly.
 */
#ifndef ARM64_HOST_REGS_H
#define ARM64_HOST_REGS_H

/*
 * RW: EL1 is AArch64. VM: stage 2. IMO, FMO: interrupts come here, EL1 sees
 * virtual ones. AMO stays clear: an SError is EL1's own. TSC: SMC comes here.
 * SWIO: EL1's set/way maintenance by invalidate also cleans. E2H and TGE clear:
 * a CPU with VHE works as one without.
 */
#define HCR_RW (1 << 31)
#define HCR_TSC (1 << 19)
#define HCR_IMO (1 << 4)
#define HCR_FMO (1 << 3)
#define HCR_SWIO (1 << 1)
#define HCR_VM (1 << 0)
#define HCR_API (1ul << 41)	/* pointer authentication without traps */
#define HCR_APK (1ul << 40)	/* its keys as well */
#define HCR_GUEST (HCR_RW | HCR_TSC | HCR_IMO | HCR_FMO | HCR_SWIO | HCR_VM)

/* RES1 bits; M, C, SA, I. */
#define SCTLR_EL2_OFF 0x30c50830
#define SCTLR_EL2_ON (SCTLR_EL2_OFF | 0x100d)

/* 40-bit addresses from level 0, walks write-back inner shareable; RES1. */
#define TCR_EL2_BASE (0x80800000ul | 24 | 1 << 8 | 1 << 10 | 3 << 12)
#define TCR_EL2_PS(range) ((u64)(range) << 16)
#define MAIR_EL2_VALUE 0xff04ul		/* 0: Device-nGnRE, 1: write-back */

#define CPTR_EL2_RES1 0x33ff		/* no trap of FP, nor anything */
#define CNTHCTL_EL1_ALL 3		/* EL1 has counter and timer */
#define PSTATE_EL1H_MASKED 0x3c5
#define PSTATE_I_BIT (1u << 7)

#define ESR_CLASS(esr) (((esr) >> 26) & 0x3f)
#define CLASS_HVC 0x16
#define CLASS_SMC 0x17
#define CLASS_SYSREG 0x18
#define CLASS_FETCH_BELOW 0x20
#define CLASS_DATA_BELOW 0x24

#define FSC_KIND_MASK 0x3c
#define FSC_PERMISSION_KIND 0x0c
#define ISS_WALK (1u << 7)	/* S1PTW: a table of EL1 could not be read */
#define PAR_PAGE 0xfffffffff000ul

/* ISS of a trapped access to ICC_SGI1R_EL1, without register and direction:
 * op0 3, op1 0, CRn 12, CRm 11, op2 5. */
#define ISS_SYSREG_MASK 0x3ffc1e
#define ISS_ICC_SGI1R 0x3a3016

/* What brought us here, for host_trap(): the vector's number. */
#define TRAP_SYNC 0
#define TRAP_IRQ 1
#define TRAP_SERROR 3

#define REGS_PC 248
#define REGS_SIZE 272

#endif
