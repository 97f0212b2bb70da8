/*
 * System register values (Arm ARM D19.2). Written whole: what a register holds
 * at reset differs between CPUs and hypervisors. Also read by assembly.
 */
#ifndef ARM64_SYSREG_H
#define ARM64_SYSREG_H

#define HCR_EL2_RW 0x80000000		/* EL1 is AArch64 */
#define CPTR_EL2_RES1 0x33ff		/* traps nothing */
#define PSTATE_EL1H_MASKED 0x3c5

/* Bits that are 1 on a CPU of v8.0: EOS, nothing of AArch32, EIS, SPAN ... */
#define SCTLR_MMU_OFF 0x30d00980
/* M, C, SA, SA0, I; for EL0: DC ZVA, CTR_EL0, WFI, WFE, cache maintenance. */
#define SCTLR_KERNEL (SCTLR_MMU_OFF | 0x405d01d)
#define SCTLR_SPAN (1ul << 23)		/* clear: exceptions set PAN */
#define SCTLR_ENIA (1ul << 31)		/* sign with APIAKey */

/* 48-bit halves, 4 KiB granules, walks write-back and inner shareable. */
#define TCR_BASE 0xb5103510ul
#define TCR_EPD1 (1ul << 23)		/* no walks through TTBR1 */
#define TCR_IPS(range) ((u64)(range) << 32)
#define TCR_ASID16 (1ul << 36)
#define TCR_HA (1ul << 39)		/* hardware sets the access flag */

#define CPACR_FP_TRAP_EL0 (1ul << 20)	/* FP traps from EL0 only */
#define CPACR_FP_ON (3ul << 20)

#define CNTKCTL_EL0_VIRTUAL 2ul		/* EL0 reads CNTVCT_EL0, nothing else */

/* ESR_EL1: exception class, and what aborts add (Arm ARM D19.2.37). */
#define ESR_EC(esr) (((esr) >> 26) & 0x3f)
#define EC_UNKNOWN 0x00
#define EC_FP_TRAP 0x07
#define EC_BTI 0x0d
#define EC_ILLEGAL_STATE 0x0e
#define EC_SVC 0x15
#define EC_SYSREG 0x18
#define EC_PAC 0x1c
#define EC_INSN_ABORT_EL0 0x20
#define EC_INSN_ABORT_EL1 0x21
#define EC_PC_ALIGNMENT 0x22
#define EC_DATA_ABORT_EL0 0x24
#define EC_DATA_ABORT_EL1 0x25
#define EC_SP_ALIGNMENT 0x26
#define EC_SERROR 0x2f
#define EC_BREAKPOINT_EL0 0x30
#define EC_STEP_EL0 0x32
#define EC_WATCHPOINT_EL0 0x34
#define EC_BRK 0x3c

#define ESR_WNR (1u << 6)		/* data abort: a write */
#define ESR_CM (1u << 8)		/* data abort: cache maintenance */
#define ESR_FNV (1u << 10)		/* FAR_EL1 is not valid */
#define ESR_FSC(esr) ((esr) & 0x3f)
#define FSC_KIND(fsc) ((fsc) & 0x3c)	/* the low two bits are the level */
#define FSC_TRANSLATION 0x04
#define FSC_ACCESS_FLAG 0x08
#define FSC_PERMISSION 0x0c
#define FSC_EXTERNAL 0x10
#define FSC_ALIGNMENT 0x21

#endif
