/*
 * The vendor calls of the EL2 host, with good and bad arguments. Without a host
 * there is nothing to ask: the tests pass by finding that it says so.
 */
#include <arch/host.h>
#include <kernel/ktest.h>
#include <kernel/printk.h>

#include "../boot.h"
#include "../early.h"
#include "../firmware.h"
#include "../host/abi.h"

static u64 image_paddr(const void *p)
{
	return boot_handoff.image_pa + ((u64)p - (u64)image_start);
}

static s64 protect(u64 base, u64 bytes)
{
	return firmware_hvc(HOST_CALL_PROTECT, base, bytes, 0);
}

KTEST(host_protect_arguments)
{
	u64 text = image_paddr(text_start);

	if (!arch_host_present())
		return;
	KEXPECT_EQ(t, protect(text, 0), HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, protect(text + 8, 4096), HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, protect(text, 100), HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, protect(text - 4096, 4096), HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, protect(0, 4096), HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, protect(text, ~0xffful), HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, protect(image_paddr(host_area), 4096),
		   HOST_BAD_ARGUMENT);
	/* Again what is protected already. */
	KEXPECT_EQ(t, protect(text, 4096), 0);
}

KTEST(host_log_arguments)
{
	if (!arch_host_present())
		return;
	KEXPECT_EQ(t, firmware_hvc(HOST_CALL_LOG, 4, 0, 0), HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, firmware_hvc(HOST_CALL_LOG, ~7ul, 0, 0),
		   HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, firmware_hvc(HOST_CALL_LOG, image_paddr(host_area), 0, 0),
		   HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, firmware_hvc(HOST_CALL_LOG, image_paddr(printk_ring()),
				   0, 0), 0);
}

KTEST(host_watchdog_arguments)
{
	if (!arch_host_present())
		return;
	KEXPECT_EQ(t, firmware_hvc(HOST_CALL_WATCHDOG, 1ul << 40, 0, 0),
		   HOST_BAD_ARGUMENT);
	arch_host_alive();
}

KTEST(host_figures)
{
	s64 before;

	if (!arch_host_present())
		return;
	before = firmware_hvc(HOST_CALL_FIGURE, HOST_FIGURE_EXITS, 0, 0);
	KEXPECT_TRUE(t, firmware_hvc(HOST_CALL_FIGURE, HOST_FIGURE_EXITS, 0,
				     0) > before);
	KEXPECT_TRUE(t, firmware_hvc(HOST_CALL_FIGURE, HOST_FIGURE_TABLES, 0,
				     0) > 0);
	KEXPECT_EQ(t, firmware_hvc(HOST_CALL_FIGURE, 99, 0, 0),
		   HOST_BAD_ARGUMENT);
	KEXPECT_EQ(t, firmware_hvc(0xc60000ff, 0, 0, 0), -1);
}
