/*
 * CPU features, from the ID registers of the boot CPU, in this one place; the
 * registers that each CPU sets once; and barriers for code outside pt.c, tlb.c.
 *
 * Machines with CPUs of different kinds are not supported beyond what their
 * boot CPU has.
 */
#include <kernel/boot.h>
#include <kernel/panic.h>
#include <zircon/features.h>

#include "cpu.h"
#include "dt.h"
#include "features.h"
#include "sysreg.h"

/* Fixed once the boot CPU has run cpu_detect_features(). */
static bool features[ARCH_FEATURE_COUNT];
static u32 isa_features;
static u32 dcache_line_bytes;
static u32 breakpoint_count, watchpoint_count;
static bool asid_is_16_bits;
static bool has_pmu;
u32 cpu_zva_log2;
u64 user_key[2];

_Static_assert(FEATURE_PAN == ARCH_FEATURE_PAN, "");
_Static_assert(FEATURE_LSE == ARCH_FEATURE_LSE, "");
_Static_assert(FEATURE_PAUTH == ARCH_FEATURE_PAUTH, "");

/* Read by the code that the compiler adds, and by libfdt. */
u64 __stack_chk_guard;
void __stack_chk_fail(void) NORETURN;

void __stack_chk_fail(void)
{
	panic("stack canary overwritten in the caller of %pS",
	      __builtin_return_address(0));
}

void cpu_set_canary(u64 value)
{
	/* A zero byte ends strings that run over it. */
	__stack_chk_guard = value & ~0xfful;
}

#define READ_SYSREG(name)                                                   \
	({                                                                  \
		u64 value_;                                                 \
		__asm__ volatile("mrs %0, " #name : "=r"(value_));          \
		value_;                                                     \
	})

/* Unsigned 4-bit field of an ID register. */
static inline u32 id_field(u64 reg, u32 shift)
{
	return (reg >> shift) & 15;
}

u64 cpu_pa_range(void)
{
	u64 range = id_field(READ_SYSREG(id_aa64mmfr0_el1), 0);

	return range > 5 ? 5 : range;
}

u64 cpu_mpidr(void)
{
	return READ_SYSREG(mpidr_el1) & 0xff00fffffful;
}

/* One bit of the public feature word for each ID field at least `min`. */
struct isa_rule {
	u8 shift;
	u8 min;
	u32 bit;
};

static const struct isa_rule isar0_rules[] = {
	{ 4, 1, ZX_ARM64_FEATURE_ISA_AES },
	{ 4, 2, ZX_ARM64_FEATURE_ISA_PMULL },
	{ 8, 1, ZX_ARM64_FEATURE_ISA_SHA1 },
	{ 12, 1, ZX_ARM64_FEATURE_ISA_SHA2 },
	{ 16, 1, ZX_ARM64_FEATURE_ISA_CRC32 },
	{ 20, 2, ZX_ARM64_FEATURE_ISA_ATOMICS },
	{ 28, 1, ZX_ARM64_FEATURE_ISA_RDM },
	{ 32, 1, ZX_ARM64_FEATURE_ISA_SHA3 },
	{ 36, 1, ZX_ARM64_FEATURE_ISA_SM3 },
	{ 40, 1, ZX_ARM64_FEATURE_ISA_SM4 },
	{ 44, 1, ZX_ARM64_FEATURE_ISA_DP },
	{ 48, 1, ZX_ARM64_FEATURE_ISA_FHM },
	{ 52, 1, ZX_ARM64_FEATURE_ISA_TS },
	{ 60, 1, ZX_ARM64_FEATURE_ISA_RNDR },
};

static void detect_isa(u64 isar0, u64 isar1, u64 pfr0)
{
	u32 i;

	isa_features = ZX_HAS_CPU_FEATURES;
	for (i = 0; i < ARRAY_SIZE(isar0_rules); i++) {
		const struct isa_rule *r = &isar0_rules[i];

		if (id_field(isar0, r->shift) >= r->min)
			isa_features |= r->bit;
	}
	if (id_field(isar1, 0) >= 1)
		isa_features |= ZX_ARM64_FEATURE_ISA_DPB;
	if (id_field(pfr0, 16) != 15)
		isa_features |= ZX_ARM64_FEATURE_ISA_FP;
	if (id_field(pfr0, 20) != 15)
		isa_features |= ZX_ARM64_FEATURE_ISA_ASIMD;
}

static void detect_sizes(void)
{
	u64 ctr = READ_SYSREG(ctr_el0);
	u64 dczid = READ_SYSREG(dczid_el0);
	u64 dfr0 = READ_SYSREG(id_aa64dfr0_el1);

	dcache_line_bytes = 4u << id_field(ctr, 16);
	cpu_zva_log2 = (dczid & 16) ? 0 : 2 + id_field(dczid, 0);
	breakpoint_count = 1 + id_field(dfr0, 12);
	watchpoint_count = 1 + id_field(dfr0, 20);
	has_pmu = id_field(dfr0, 8) != 0 && id_field(dfr0, 8) != 15;
}

void cpu_detect_features(void)
{
	u64 isar0 = READ_SYSREG(id_aa64isar0_el1);
	u64 isar1 = READ_SYSREG(id_aa64isar1_el1);
	u64 isar2 = READ_SYSREG(s3_0_c0_c6_2);	/* ID_AA64ISAR2_EL1 */
	u64 mmfr1 = READ_SYSREG(id_aa64mmfr1_el1);

	features[ARCH_FEATURE_PAN] = id_field(mmfr1, 20) >= 1;
	features[ARCH_FEATURE_LSE] = id_field(isar0, 20) >= 2;
	features[ARCH_FEATURE_TLBI_RANGE] = id_field(isar0, 56) >= 2;
	features[ARCH_FEATURE_HW_AF] = id_field(mmfr1, 0) >= 1;
	features[ARCH_FEATURE_BTI] =
		id_field(READ_SYSREG(id_aa64pfr1_el1), 0) >= 1;
	/* QARMA5, an algorithm of the maker's, or QARMA3. */
	features[ARCH_FEATURE_PAUTH] = id_field(isar1, 4) || id_field(isar1, 8) ||
				       id_field(isar2, 12);
	features[ARCH_FEATURE_RNG] = id_field(isar0, 60) >= 1;
	asid_is_16_bits = id_field(READ_SYSREG(id_aa64mmfr0_el1), 4) == 2;
	detect_isa(isar0, isar1, READ_SYSREG(id_aa64pfr0_el1));
	detect_sizes();
}

bool arch_has_feature(enum arch_feature feature)
{
	return features[feature];
}

u32 arch_dcache_line_bytes(void)
{
	return dcache_line_bytes;
}

u32 arch_isa_features(void)
{
	return isa_features;
}

u32 arch_breakpoint_count(void)
{
	return breakpoint_count;
}

u32 arch_watchpoint_count(void)
{
	return watchpoint_count;
}

u64 arch_random(void)
{
	u64 value;

	if (!features[ARCH_FEATURE_RNG])
		return 0;
	/* RNDR gives 0 and sets Z where no number was ready in time. */
	__asm__ volatile("mrs %0, s3_3_c2_c4_0" : "=r"(value) : : "cc");
	return value;
}

void arch_cpu_wait(void)
{
	/* What was stored before is visible to whoever may wake this CPU. */
	__asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

u64 cpu_kernel_tcr(void)
{
	return TCR_BASE | TCR_IPS(cpu_pa_range()) |
	       (asid_is_16_bits ? TCR_ASID16 : 0) |
	       (features[ARCH_FEATURE_HW_AF] ? TCR_HA : 0);
}

u64 cpu_kernel_sctlr(void)
{
	u64 sctlr = SCTLR_KERNEL;

	if (features[ARCH_FEATURE_PAN])
		sctlr &= ~SCTLR_SPAN;
	if (features[ARCH_FEATURE_PAUTH])
		sctlr |= SCTLR_ENIA;
	return sctlr;
}

void cpu_init_registers(void)
{
	__asm__ volatile("msr cpacr_el1, %0" : : "r"(CPACR_FP_TRAP_EL0));
	__asm__ volatile("msr cntkctl_el1, %0" : : "r"(CNTKCTL_EL0_VIRTUAL));
	/* The OS locks, set at reset, would hold back debug exceptions. */
	__asm__ volatile("msr mdscr_el1, xzr");
	__asm__ volatile("msr osdlr_el1, xzr");
	__asm__ volatile("msr oslar_el1, xzr");
	__asm__ volatile("msr tpidr_el0, xzr");
	__asm__ volatile("msr tpidrro_el0, xzr");
	if (has_pmu)
		__asm__ volatile("msr pmuserenr_el0, xzr");
	if (features[ARCH_FEATURE_PAN])
		__asm__ volatile(".inst %0" : : "i"(INSN_PAN_SET));
	/* SErrors are reported. All of it holds for the next instruction. */
	__asm__ volatile("msr daifclr, #4\n\tisb" : : : "memory");
}

/* The walker is an observer of its own: only DSB orders stores against walks,
 * and ISB against instructions fetched already (Arm ARM D8.2.6, B2.3.12). */
void cpu_order_table_stores(void)
{
	__asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

void cpu_flush_kernel_pages(u64 va, u32 page_count)
{
	u64 operand = (va >> PAGE_SHIFT) & 0xfffffffffff;
	u32 i;

	/* The cleared entries are what walks see before any TLBI ... */
	__asm__ volatile("dsb ishst" : : : "memory");
	for (i = 0; i < page_count; i++)
		__asm__ volatile("tlbi vaale1is, %0" : : "r"(operand + i));
	/* ... and all CPUs are done with the old ones before we go on. */
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

void cpu_sync_text(u64 start, u64 end)
{
	u64 line = 4u << id_field(READ_SYSREG(ctr_el0), 16);
	u64 va;

	for (va = start & ~(line - 1); va < end; va += line)
		__asm__ volatile("dc cvau, %0" : : "r"(va) : "memory");
	/* Clean to the point of unification before the instruction caches
	 * forget, and forgotten before anything is fetched (B2.7.4.2). */
	__asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" : : : "memory");
}

void cpu_clean_to_memory(const void *start, const void *end)
{
	u64 line = 4u << id_field(READ_SYSREG(ctr_el0), 16);
	u64 va;

	for (va = (u64)start & ~(line - 1); va < (u64)end; va += line)
		__asm__ volatile("dc cvac, %0" : : "r"(va) : "memory");
	/* In memory before whoever reads it there is started. */
	__asm__ volatile("dsb sy" : : : "memory");
}
