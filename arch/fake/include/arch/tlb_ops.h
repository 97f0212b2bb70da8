/*
 * The operations of arch/arm64/include/arch/tlb_ops.h on modelled TLBs; what
 * they do is told in arch/fake/tlb.c. Operands are those of the instructions.
 */
#ifndef FAKE_ARCH_TLB_OPS_H
#define FAKE_ARCH_TLB_OPS_H

#include <kernel/types.h>

void hw_pte_store(u64 *entry, u64 value);
void hw_dmb_ishst(void);
void hw_dsb_ishst(void);
void hw_dsb_ish(void);
void hw_dsb_nsh(void);
void hw_isb(void);
void hw_tlbi_vae1is(u64 operand);
void hw_tlbi_vale1is(u64 operand);
void hw_tlbi_rvae1is(u64 operand);
void hw_tlbi_rvale1is(u64 operand);
void hw_tlbi_aside1is(u64 operand);
void hw_tlbi_vmalle1is(void);
void hw_tlbi_vmalle1(void);
void hw_write_ttbr0(u64 value);
u32 hw_asid_bits(void);

#endif
