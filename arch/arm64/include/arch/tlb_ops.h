/*
 * The instructions behind page tables and TLB batches, one inline each. Nobody
 * includes this but arch/arm64/pt.h, whose wrappers add the checker's hooks;
 * arch/fake has its own version, which acts on modelled TLBs.
 *
 * Operands of TLBI by address: ASID in bits 63:48, address bits 55:12 in bits
 * 43:0 (Arm ARM D8.14.5). The range forms are written as SYS operations, since
 * the kernel is built for Armv8.0 and uses them only where ID_AA64ISAR0_EL1
 * has them.
 */
#ifndef ARM64_ARCH_TLB_OPS_H
#define ARM64_ARCH_TLB_OPS_H

#include <kernel/types.h>

/* One store, never torn: the table walk of any CPU sees the old or the new
 * descriptor (single-copy atomicity, Arm ARM B2.2.1). */
static inline void hw_pte_store(u64 *entry, u64 value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELAXED);
}

static inline void hw_dmb_ishst(void)
{
	__asm__ volatile("dmb ishst" : : : "memory");
}

static inline void hw_dsb_ishst(void)
{
	__asm__ volatile("dsb ishst" : : : "memory");
}

static inline void hw_dsb_ish(void)
{
	__asm__ volatile("dsb ish" : : : "memory");
}

static inline void hw_dsb_nsh(void)
{
	__asm__ volatile("dsb nsh" : : : "memory");
}

static inline void hw_isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

/* All levels of one address. */
static inline void hw_tlbi_vae1is(u64 operand)
{
	__asm__ volatile("tlbi vae1is, %0" : : "r"(operand) : "memory");
}

/* Last level only. */
static inline void hw_tlbi_vale1is(u64 operand)
{
	__asm__ volatile("tlbi vale1is, %0" : : "r"(operand) : "memory");
}

/* RVAE1IS, all levels of a range. */
static inline void hw_tlbi_rvae1is(u64 operand)
{
	__asm__ volatile("sys #0, c8, c2, #1, %0" : : "r"(operand) : "memory");
}

/* RVALE1IS, last level of a range. */
static inline void hw_tlbi_rvale1is(u64 operand)
{
	__asm__ volatile("sys #0, c8, c2, #5, %0" : : "r"(operand) : "memory");
}

static inline void hw_tlbi_aside1is(u64 operand)
{
	__asm__ volatile("tlbi aside1is, %0" : : "r"(operand) : "memory");
}

static inline void hw_tlbi_vmalle1is(void)
{
	__asm__ volatile("tlbi vmalle1is" : : : "memory");
}

/* This CPU only. */
static inline void hw_tlbi_vmalle1(void)
{
	__asm__ volatile("tlbi vmalle1" : : : "memory");
}

/* Root and ASID change in one write, so that no walk sees one without the
 * other. The ISB makes the instructions that follow use them. */
static inline void hw_write_ttbr0(u64 value)
{
	__asm__ volatile("msr ttbr0_el1, %0\n\tisb" : : "r"(value) : "memory");
}

/* TCR_EL1.AS says what boot chose from ID_AA64MMFR0_EL1.ASIDBits. */
static inline u32 hw_asid_bits(void)
{
	u64 tcr;

	__asm__("mrs %0, tcr_el1" : "=r"(tcr));
	return (tcr >> 36) & 1 ? 16 : 8;
}

#endif
