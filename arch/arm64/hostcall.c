/*
 * Calls to the EL2 host: see host/abi.h.
 */
#include <arch/host.h>
#include <kernel/printk.h>

#include "boot.h"
#include "dt.h"
#include "early.h"
#include "firmware.h"
#include "host/abi.h"
#include "psci.h"

/* Fixed after hostcall_init(). */
static bool is_present;

static u64 image_paddr(const void *p)
{
	return boot_handoff.image_pa + ((u64)p - (u64)image_start);
}

/* Who answers otherwise, firmware or another hypervisor, says that it does not
 * know the call. */
static bool is_ours(void)
{
	u64 words[4];

	if (dt_devices.psci != PSCI_HVC)
		return false;
	firmware_hvc_words(HOST_CALL_UID, words);
	return (u32)words[0] == HOST_UID_0 && (u32)words[1] == HOST_UID_1 &&
	       (u32)words[2] == HOST_UID_2 && (u32)words[3] == HOST_UID_3;
}

void hostcall_init(void)
{
	is_present = is_ours();
	arch_host_alive();
}

void arch_host_start(const void *log)
{
	s64 protect, tell;

	if (!is_present)
		return;
	protect = firmware_hvc(HOST_CALL_PROTECT, image_paddr(text_start),
			       (u64)(rodata_end - text_start), 0);
	tell = firmware_hvc(HOST_CALL_LOG, image_paddr(log), 0, 0);
	printk("host at EL2: %ld KiB of text and constants protected%s",
	       protect == 0 ? (rodata_end - text_start) / 1024 : 0,
	       tell == 0 ? "" : ", log refused");
}

bool arch_host_present(void)
{
	return is_present;
}

void arch_host_alive(void)
{
	if (is_present)
		firmware_hvc(HOST_CALL_WATCHDOG, ARCH_HOST_PROMISE_SECONDS, 0,
			     0);
}
