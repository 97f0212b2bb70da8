/* Commands of zx_system_powerctl. */
#ifndef ZIRCON_SYSCALLS_SYSTEM_H_
#define ZIRCON_SYSCALLS_SYSTEM_H_

#include <zircon/syscalls/types.h>
#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS ((uint32_t)1u)
#define ZX_SYSTEM_POWERCTL_DISABLE_ALL_CPUS_BUT_PRIMARY ((uint32_t)2u)
#define ZX_SYSTEM_POWERCTL_ACPI_TRANSITION_S_STATE ((uint32_t)3u)
#define ZX_SYSTEM_POWERCTL_REBOOT ((uint32_t)5u)
#define ZX_SYSTEM_POWERCTL_REBOOT_BOOTLOADER ((uint32_t)6u)
#define ZX_SYSTEM_POWERCTL_REBOOT_RECOVERY ((uint32_t)7u)
#define ZX_SYSTEM_POWERCTL_SHUTDOWN ((uint32_t)8u)

/*
 * No command of this kernel needs an argument. SHUTDOWN looks at
 * exit_status, if arg is not NULL: QEMU ends with it where the machine can
 * (semihosting), which is how `make run` learns a program's status.
 */
typedef struct zx_system_powerctl_arg {
	int32_t exit_status;
	uint8_t reserved[28];
} zx_system_powerctl_arg_t;
__ZX_STATIC_ASSERT(sizeof(zx_system_powerctl_arg_t) == 32, "zx_system_powerctl_arg_t");

__END_CDECLS

#endif
