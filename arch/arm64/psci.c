/*
 * Firmware calls: PSCI, and QEMU's semihosting where the boot arguments ask
 * for it.
 */
#include <arch/cpu.h>
#include <arch/irq.h>
#include <kernel/boot.h>

#include "dt.h"
#include "firmware.h"
#include "psci.h"

#define PSCI_CPU_ON 0xc4000003u
#define PSCI_SYSTEM_OFF 0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u

#define SEMIHOSTING_WRITE0 0x04
#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define STOPPED_APPLICATION_EXIT 0x20026

s64 psci_call(u64 function, u64 a1, u64 a2, u64 a3)
{
	if (dt_devices.psci == PSCI_HVC)
		return firmware_hvc(function, a1, a2, a3);
	if (dt_devices.psci == PSCI_SMC)
		return firmware_smc(function, a1, a2, a3);
	return -1;
}

s32 psci_cpu_on(u64 mpidr, u64 entry_paddr, u64 context)
{
	return (s32)psci_call(PSCI_CPU_ON, mpidr, entry_paddr, context);
}

void psci_system_off(void)
{
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void psci_system_reset(void)
{
	psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

static bool semihosting_allowed(void)
{
	char how[16];

	return boot_get_arg("exit", how, sizeof(how)) &&
	       __builtin_memcmp(how, "semihosting", sizeof("semihosting")) == 0;
}

void semihosting_print(const char *text)
{
	if (semihosting_allowed())
		firmware_semihosting(SEMIHOSTING_WRITE0, (u64)text);
}

void semihosting_exit(int status)
{
	u64 block[2] = { STOPPED_APPLICATION_EXIT, (u64)(u32)status };

	if (semihosting_allowed())
		firmware_semihosting(SEMIHOSTING_EXIT_EXTENDED, (u64)block);
}

/* Nothing answered: this CPU stops, the machine stays on. */
static void halt(void) NORETURN;
static void halt(void)
{
	(void)arch_irq_save();
	for (;;)
		arch_cpu_wait();
}

void arch_power_off(int status)
{
	semihosting_exit(status);
	psci_system_off();
	halt();
}

void arch_reset(void)
{
	psci_system_reset();
	halt();
}
