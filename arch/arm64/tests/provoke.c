/*
 * Ends that a kernel cannot report itself, for tests of the EL2 host: the boot
 * argument `provoke=` says which.
 */
#include <arch/irq.h>
#include <arch/kmap.h>
#include <kernel/ktest.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>

#include "../boot.h"
#include "../early.h"
#include "../psci.h"

#define PSCI_CPU_OFF 0x84000002u

static void *window(const void *symbol)
{
	u64 pa = boot_handoff.image_pa + ((u64)symbol - (u64)image_start);
	void *va = arch_map_device(paddr(pa), PAGE_SIZE);

	if (!va)
		panic_stop("no memory for a mapping");
	return va;
}

static bool is(const char *a, const char *b)
{
	return __builtin_strcmp(a, b) == 0;
}

static void spin(void) NORETURN;
static void spin(void)
{
	for (;;)
		__asm__ volatile("");
}

void arch_provoke(const char *what)
{
	printk("provoking %s", what);
	if (is(what, "write-text"))
		*(volatile u32 *)window(text_start) = 0;
	if (is(what, "write-constants"))
		*(volatile u32 *)window(rodata_start) = 0;
	if (is(what, "read-host"))
		(void)*(volatile u32 *)window(host_area);
	if (is(what, "write-host"))
		*(volatile u32 *)window(host_area) = 0;
	if (is(what, "masked")) {
		(void)arch_irq_save();
		spin();
	}
	if (is(what, "silent")) {
		preempt_disable();
		spin();
	}
	if (is(what, "all-off"))
		psci_call(PSCI_CPU_OFF, 0, 0, 0);
	panic_stop("provoke=%s did nothing", what);
}
