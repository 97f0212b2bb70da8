/*
 * PSCI of whoever is below: the host, or QEMU's firmware at EL1. Every call with
 * good and bad arguments; and each CPU that the boot argument `cpus=` leaves
 * over goes on and off a thousand times, through a few instructions of
 * psci_probe.S.
 */
#include <arch/cache.h>
#include <arch/cpu.h>
#include <arch/host.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <kernel/boot.h>
#include <kernel/ktest.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <mm/pmm.h>

#include "../boot.h"
#include "../cpu.h"
#include "../dev/devices.h"
#include "../dt.h"
#include "../early.h"
#include "../firmware.h"
#include "../psci.h"
#include "psci_probe.h"

#define SMCCC_VERSION 0x80000000u
#define PSCI_VERSION 0x84000000u
#define PSCI_CPU_ON 0x84000003u
#define PSCI_CPU_ON_64 0xc4000003u
#define PSCI_AFFINITY_INFO 0x84000004u
#define PSCI_AFFINITY_INFO_64 0xc4000004u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_FEATURES 0x8400000au
#define PSCI_CPU_SUSPEND_64 0xc4000001u
#define PSCI_MIGRATE 0x84000005u
#define PSCI_SYSTEM_SUSPEND 0xc400000eu
#define PSCI_STAT_RESIDENCY 0x84000010u
#define PSCI_SYSTEM_RESET2 0x84000012u
#define PSCI_MEM_PROTECT 0x84000013u
#define PSCI_NO_CALL 0x8400001fu

#define NOT_SUPPORTED (-1)
#define INVALID_PARAMETERS (-2)
#define INVALID_ADDRESS (-9)
#define AFFINITY_ON 0
#define AFFINITY_OFF 1

#define ROUNDS 1000
#define ROUND_SECONDS 5

static s64 call(u32 function, u64 a1, u64 a2, u64 a3)
{
	return (s32)psci_call(function, a1, a2, a3);
}

KTEST(psci_versions)
{
	KEXPECT_TRUE(t, call(PSCI_VERSION, 0, 0, 0) >= 0x10000);
	KEXPECT_EQ(t, call(PSCI_FEATURES, PSCI_CPU_ON_64, 0, 0), 0);
	KEXPECT_EQ(t, call(PSCI_FEATURES, PSCI_CPU_ON, 0, 0), 0);
	KEXPECT_EQ(t, call(PSCI_FEATURES, PSCI_AFFINITY_INFO_64, 0, 0), 0);
	KEXPECT_EQ(t, call(PSCI_FEATURES, PSCI_NO_CALL, 0, 0), NOT_SUPPORTED);
	KEXPECT_EQ(t, call(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), 2);
	KEXPECT_EQ(t, call(PSCI_NO_CALL, 0, 0, 0), NOT_SUPPORTED);
}

KTEST(psci_affinity_info)
{
	u32 i;

	for (i = 0; i < boot_info.cpu_count; i++)
		KEXPECT_EQ(t, call(PSCI_AFFINITY_INFO_64,
				   boot_info.cpu_mpidr[i], 0, 0), AFFINITY_ON);
	for (; i < boot_info.cpu_found; i++)
		KEXPECT_EQ(t, call(PSCI_AFFINITY_INFO_64,
				   boot_info.cpu_mpidr[i], 0, 0), AFFINITY_OFF);
	KEXPECT_EQ(t, call(PSCI_AFFINITY_INFO_64, 0x7f7f7f, 0, 0),
		   INVALID_PARAMETERS);
}

KTEST(psci_cpu_on_refuses)
{
	u64 entry = boot_handoff.image_pa;
	u32 i;

	for (i = 0; i < boot_info.cpu_count; i++)
		KEXPECT_EQ(t, call(PSCI_CPU_ON_64, boot_info.cpu_mpidr[i],
				   entry, 0), PSCI_ALREADY_ON);
	KEXPECT_EQ(t, call(PSCI_CPU_ON_64, 0x7f7f7f, entry, 0),
		   INVALID_PARAMETERS);
	KEXPECT_EQ(t, call(PSCI_CPU_ON_64, ~0ul, entry, 0),
		   INVALID_PARAMETERS);
}

KTEST(psci_suspend_ends_at_a_pending_interrupt)
{
	u64 saved = arch_irq_save();
	u64 start = arch_counter();

	gic_send_sgi(1u << arch_cpu_id(), SGI_RESCHED);
	KEXPECT_EQ(t, call(PSCI_CPU_SUSPEND_64, 0, 0, 0), 0);
	KEXPECT_TRUE(t, arch_counter() - start < arch_timer_frequency() / 4);
	arch_irq_restore(saved);
}

/* What others may answer otherwise. By SMC as by HVC. */
KTEST(psci_of_our_host)
{
	static const u32 absent[] = {
		PSCI_SYSTEM_RESET2, PSCI_MEM_PROTECT, PSCI_SYSTEM_SUSPEND,
		PSCI_MIGRATE, PSCI_STAT_RESIDENCY,
	};
	u64 cpu = boot_info.cpu_mpidr[0];
	u64 entry = boot_handoff.image_pa;
	u32 i;

	if (!arch_host_present())
		return;
	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		KEXPECT_EQ(t, call(PSCI_FEATURES, absent[i], 0, 0),
			   NOT_SUPPORTED);
		KEXPECT_EQ(t, call(absent[i], 0, 0, 0), NOT_SUPPORTED);
	}
	KEXPECT_EQ(t, call(PSCI_VERSION, 0, 0, 0), 0x10001);
	KEXPECT_EQ(t, call(PSCI_AFFINITY_INFO, cpu, 1, 0), INVALID_PARAMETERS);
	KEXPECT_EQ(t, call(PSCI_CPU_ON_64, cpu, entry + 2, 0), INVALID_ADDRESS);
	KEXPECT_EQ(t, call(PSCI_CPU_ON_64, cpu, ~3ul, 0), INVALID_ADDRESS);
	/* The host's own memory, which is behind the kernel's bss. */
	KEXPECT_EQ(t, call(PSCI_CPU_ON_64, cpu,
			   entry + (u64)(host_area - image_start), 0),
		   INVALID_ADDRESS);
	KEXPECT_EQ(t, call(PSCI_CPU_SUSPEND_64, 1u << 16, entry, 0),
		   INVALID_PARAMETERS);
	KEXPECT_EQ(t, firmware_smc(PSCI_CPU_ON_64, cpu, entry, 0),
		   PSCI_ALREADY_ON);
	KEXPECT_EQ(t, firmware_smc(PSCI_NO_CALL, 0, 0, 0), NOT_SUPPORTED);
}

/* What the CPU counts, in memory that it writes with its MMU off. */
static u64 read_count(struct psci_probe *probe)
{
	arch_cache_invalidate(probe, sizeof(*probe));
	return *(volatile u64 *)&probe->count;
}

/* It has counted, and then gone. (Off alone may be from before it came.) */
static bool wait_for_end(u64 mpidr, struct psci_probe *probe, u64 count)
{
	u64 end = arch_counter() + ROUND_SECONDS * arch_timer_frequency();

	while (read_count(probe) != count ||
	       call(PSCI_AFFINITY_INFO_64, mpidr, 0, 0) != AFFINITY_OFF) {
		if (arch_counter() > end)
			return false;
		sched_yield();
	}
	return true;
}

static void on_and_off(struct ktest_run *t, u64 mpidr, struct psci_probe *probe)
{
	u64 entry = boot_handoff.image_pa +
		    ((u64)psci_probe_entry - (u64)image_start);
	u64 context = virt_to_phys(probe).v;
	u32 i;

	probe->count = 0;
	probe->by_smc = dt_devices.psci == PSCI_SMC;
	for (i = 0; i < ROUNDS && t->failure_count == 0; i++) {
		arch_cache_clean_invalidate(probe, sizeof(*probe));
		KEXPECT_EQ(t, call(PSCI_CPU_ON_64, mpidr, entry, context), 0);
		KEXPECT_TRUE(t, wait_for_end(mpidr, probe, i + 1));
	}
}

KTEST(psci_on_and_off)
{
	struct page *page = pmm_alloc_order(0);
	struct psci_probe *probe;
	u32 i;

	KEXPECT_TRUE(t, page != NULL);
	if (!page)
		return;
	probe = phys_to_virt(page_to_paddr(page));
	cpu_clean_to_memory(image_start, image_end);
	for (i = boot_info.cpu_count; i < boot_info.cpu_found; i++)
		on_and_off(t, boot_info.cpu_mpidr[i], probe);
	printk("psci: %u CPUs went on and off %u times",
	       boot_info.cpu_found - boot_info.cpu_count, ROUNDS);
	pmm_free_order(page, 0);
}
