/*
 * PSCI 1.1 for EL1 (Arm DEN 0022): taken by HVC and by trapped SMC, passed on to
 * firmware where it has PSCI, made from spin table and power block where not.
 *
 * A CPU's state changes under host_lock. With firmware, CPU_OFF really leaves
 * and CPU_ON comes back through host_secondary_entry; with a spin table a CPU
 * leaves the table once and afterwards waits in psci_park().
 */
#include "abi.h"
#include "host.h"
#include "regs.h"

#define SMCCC_VERSION 0x80000000u
#define SMCCC_ARCH_FEATURES 0x80000001u
#define PSCI_VERSION 0x84000000u
#define PSCI_CPU_SUSPEND 0x84000001u
#define PSCI_CPU_OFF 0x84000002u
#define PSCI_CPU_ON 0x84000003u
#define PSCI_AFFINITY_INFO 0x84000004u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_FEATURES 0x8400000au
#define CALL_64 0x40000000u	/* the same call with 64-bit arguments */

#define VERSION_1_1 0x10001
#define SUCCESS 0
#define NOT_SUPPORTED (-1)
#define INVALID_PARAMETERS (-2)
#define ALREADY_ON (-4)
#define ON_PENDING (-5)
#define INVALID_ADDRESS (-9)

#define AFFINITY_ON 0
#define AFFINITY_OFF 1
#define AFFINITY_COMING 2
#define MIGRATE_NOT_NEEDED 2
#define SUSPEND_STATE_MASK 0xffffu	/* else: power down, more than a CPU */

u32 host_lock;

/* Acquire and release: what the lock guards is seen by the next holder. It is
 * held for a few instructions, or for one call of stage2_protect(). */
void host_lock_take(void)
{
	u32 expected = 0;

	while (!__atomic_compare_exchange_n(&host_lock, &expected, 1, false,
					    __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED))
		expected = 0;
}

void host_lock_release(void)
{
	__atomic_store_n(&host_lock, 0, __ATOMIC_RELEASE);
}

static struct host_cpu *find_cpu(u64 mpidr)
{
	u32 i;

	for (i = 0; i < host_machine.cpu_count; i++)
		if (host_cpus[i].mpidr == mpidr)
			return &host_cpus[i];
	return NULL;
}

/* With its MMU off it reads memory past our cache. */
static void clean_to_memory(const void *from, u64 bytes)
{
	u64 at = (u64)from & ~15ul;

	for (; at < (u64)from + bytes; at += 16)
		__asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
	/* Complete before the CPU is told to begin. */
	__asm__ volatile("dsb sy" : : : "memory");
}

/* The spin table: the address that the CPU waits for, and the event that it
 * sleeps for. */
static void release_from_table(struct host_cpu *cpu)
{
	*(volatile u64 *)cpu->release_addr = (u64)host_secondary_entry;
	clean_to_memory((const void *)cpu->release_addr, 8);
	__asm__ volatile("sev" : : : "memory");
}

/* The CPU is coming; its entry is stored. Who has moved it to COMING is alone
 * with its release_addr. Firmware may still be busy with its
 * CPU_OFF, which it answers by ALREADY_ON for a while. */
static s64 start_cpu(struct host_cpu *cpu)
{
	s64 result;

	clean_to_memory(cpu, sizeof(*cpu));
	if (!host_machine.has_psci) {
		if (cpu->release_addr != 0)
			release_from_table(cpu);
		/* From now on it waits in psci_park(): its state is stored for
		 * all to see before the event that it sleeps for. */
		cpu->release_addr = 0;
		__asm__ volatile("dsb ishst\n\tsev" : : : "memory");
		return SUCCESS;
	}
	do {
		result = host_smc(PSCI_CPU_ON | CALL_64, cpu->mpidr,
				  (u64)host_secondary_entry, 0);
	} while (result == ALREADY_ON || result == ON_PENDING);
	return result;
}

static s64 cpu_on(u64 mpidr, u64 entry, u64 context)
{
	struct host_cpu *cpu = find_cpu(mpidr);
	s64 result = SUCCESS;

	if (!cpu)
		return INVALID_PARAMETERS;
	if (entry % 4 != 0 || !stage2_is_ram(entry, 4))
		return INVALID_ADDRESS;
	host_lock_take();
	if (cpu->state != CPU_IS_OFF) {
		result = cpu->state == CPU_IS_ON ? ALREADY_ON : ON_PENDING;
		host_lock_release();
		return result;
	}
	cpu->entry = entry;
	cpu->context = context;
	/* Release: psci_park() reads both after it has seen the state. */
	__atomic_store_n(&cpu->state, CPU_IS_COMING, __ATOMIC_RELEASE);
	host_lock_release();
	result = start_cpu(cpu);
	if (result != SUCCESS) {
		host_lock_take();
		cpu->state = CPU_IS_OFF;
		host_lock_release();
	}
	return result;
}

void psci_park(struct host_cpu *cpu)
{
	/* Acquire: entry and context were stored before the state. */
	while (__atomic_load_n(&cpu->state, __ATOMIC_ACQUIRE) != CPU_IS_COMING)
		__asm__ volatile("wfe" : : : "memory");
	host_secondary_main(cpu);
}

/* Under host_lock. */
static bool all_are_off(void)
{
	u32 i;

	for (i = 0; i < host_machine.cpu_count; i++)
		if (host_cpus[i].state != CPU_IS_OFF)
			return false;
	return true;
}

static s64 cpu_off(void)
{
	struct host_cpu *cpu = host_cpu();
	s64 result = SUCCESS;
	bool is_last;

	host_lock_take();
	cpu->state = CPU_IS_OFF;
	is_last = all_are_off();
	host_lock_release();
	/* Nobody is left who could turn one on. */
	if (is_last)
		host_fail("EL1 has turned off its last CPU, MPIDR", cpu->mpidr);
	if (!host_machine.has_psci)
		psci_park(cpu);
	/* In memory before our cache is gone with us. */
	clean_to_memory(cpu, sizeof(*cpu));
	result = host_smc(PSCI_CPU_OFF, 0, 0, 0);
	host_lock_take();
	cpu->state = CPU_IS_ON;
	host_lock_release();
	return result;
}

static s64 affinity_info(u64 mpidr, u64 level)
{
	struct host_cpu *cpu = find_cpu(mpidr);

	if (!cpu || level != 0)
		return INVALID_PARAMETERS;
	/* Without the lock: an answer about one moment. Acquire: what the CPU
	 * did before it went off is seen by who is told so. */
	switch (__atomic_load_n(&cpu->state, __ATOMIC_ACQUIRE)) {
	case CPU_IS_ON:
		return AFFINITY_ON;
	case CPU_IS_COMING:
		return AFFINITY_COMING;
	}
	/* Off for us; it may still be on its way down through the firmware. */
	if (host_machine.has_psci)
		return host_smc(PSCI_AFFINITY_INFO | CALL_64, mpidr, 0, 0);
	return AFFINITY_OFF;
}

/* Standby only: a wait for an interrupt, as EL1 could do itself. Here a virtual
 * one that pends already would not end it. */
static s64 cpu_suspend(u32 power_state)
{
	if (power_state & ~SUSPEND_STATE_MASK)
		return INVALID_PARAMETERS;
	/* The DSB, as before any WFI: what it stored is seen while it sleeps. */
	if (vgic_pending_mask() == 0)
		__asm__ volatile("dsb sy\n\twfi" : : : "memory");
	return SUCCESS;
}

/* The power block of BCM2835 and its heirs: every write carries a password. */
#define PM_RSTC 0x1c
#define PM_RSTS 0x20
#define PM_WDOG 0x24
#define PM_PASSWORD 0x5a000000u
#define PM_RSTC_FULL 0x20u
#define PM_RSTC_MASK 0x30u
#define PM_RSTS_HALT 0x555u	/* the boot code stays off after this reset */

static void power_block_reset(u32 status)
{
	u64 pm = host_machine.power.base;
	u32 rstc;

	if (host_machine.power.size == 0)
		return;
	rstc = *(volatile u32 *)(pm + PM_RSTC) & ~PM_RSTC_MASK;
	*(volatile u32 *)(pm + PM_RSTS) = PM_PASSWORD | status;
	*(volatile u32 *)(pm + PM_WDOG) = PM_PASSWORD | 10;
	*(volatile u32 *)(pm + PM_RSTC) = PM_PASSWORD | PM_RSTC_FULL | rstc;
}

static void stop_here(void) NORETURN;
static void stop_here(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

void psci_system_off(void)
{
	/* Where the tree tells of neither, nothing is lost by asking. */
	if (host_machine.has_psci || host_machine.power.size == 0)
		host_smc(PSCI_SYSTEM_OFF, 0, 0, 0);
	power_block_reset(PM_RSTS_HALT);
	stop_here();
}

static void system_reset(void) NORETURN;
static void system_reset(void)
{
	if (host_machine.has_psci)
		host_smc(PSCI_SYSTEM_RESET, 0, 0, 0);
	power_block_reset(0);
	stop_here();
}

static s64 features(u32 call)
{
	static const u32 calls[] = {
		SMCCC_VERSION, SMCCC_ARCH_FEATURES, PSCI_VERSION,
		PSCI_CPU_SUSPEND, PSCI_CPU_SUSPEND | CALL_64, PSCI_CPU_OFF,
		PSCI_CPU_ON, PSCI_CPU_ON | CALL_64, PSCI_AFFINITY_INFO,
		PSCI_AFFINITY_INFO | CALL_64, PSCI_MIGRATE_INFO_TYPE,
		PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i] == call)
			return SUCCESS;
	return NOT_SUPPORTED;
}

static s64 figure(u64 index)
{
	if (index == HOST_FIGURE_TABLES)
		return stage2_table_count();
	return index < HOST_FIGURE_TABLES ? (s64)host_cpu()->figures[index] :
					    HOST_BAD_ARGUMENT;
}

static void say_who(struct host_regs *regs)
{
	regs->x[0] = HOST_UID_0;
	regs->x[1] = HOST_UID_1;
	regs->x[2] = HOST_UID_2;
	regs->x[3] = HOST_UID_3;
}

/* x0-x3 as the call has them: the 32-bit form has 32-bit arguments. */
static s64 handle(u32 call, u64 x1, u64 x2, u64 x3)
{
	switch (call) {
	case SMCCC_VERSION:
	case PSCI_VERSION:
		return VERSION_1_1;
	case SMCCC_ARCH_FEATURES:
	case PSCI_FEATURES:
		return features((u32)x1);
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | CALL_64:
		return cpu_suspend((u32)x1);
	case PSCI_CPU_OFF:
		return cpu_off();
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | CALL_64:
		return cpu_on(x1, x2, x3);
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | CALL_64:
		return affinity_info(x1, (u32)x2);
	case PSCI_MIGRATE_INFO_TYPE:
		return MIGRATE_NOT_NEEDED;
	case PSCI_SYSTEM_OFF:
		psci_system_off();
	case PSCI_SYSTEM_RESET:
		system_reset();
	case HOST_CALL_PROTECT:
		return stage2_protect(x1, x2) ? SUCCESS : HOST_BAD_ARGUMENT;
	case HOST_CALL_LOG:
		return report_set_log(x1);
	case HOST_CALL_WATCHDOG:
		return watch_promise(x1);
	case HOST_CALL_FIGURE:
		return figure(x1);
	}
	return NOT_SUPPORTED;
}

void psci_handle(struct host_regs *regs)
{
	u32 call = (u32)regs->x[0];
	u64 mask = call & CALL_64 ? ~0ul : 0xffffffff;

	host_cpu()->figures[HOST_FIGURE_CALLS]++;
	if (call == HOST_CALL_UID)
		say_who(regs);
	else
		regs->x[0] = (u64)handle(call, regs->x[1] & mask,
					 regs->x[2] & mask, regs->x[3] & mask);
}
