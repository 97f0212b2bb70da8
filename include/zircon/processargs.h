/* The message that a program is started with. */
#ifndef ZIRCON_PROCESSARGS_H_
#define ZIRCON_PROCESSARGS_H_

#include <stdint.h>

#include <zircon/compiler.h>

__BEGIN_CDECLS

#define ZX_PROCARGS_PROTOCOL ((uint32_t)0x4150585du)
#define ZX_PROCARGS_VERSION ((uint32_t)0x0001000u)

/*
 * Offsets are bytes from the start of the message. The handle-info table is
 * one u32 per handle; each string area is NUL-terminated strings end to end.
 */
typedef struct zx_proc_args {
	uint32_t protocol;
	uint32_t version;
	uint32_t handle_info_off;
	uint32_t args_off;
	uint32_t args_num;
	uint32_t environ_off;
	uint32_t environ_num;
	uint32_t names_off;
	uint32_t names_num;
} zx_proc_args_t;
__ZX_STATIC_ASSERT(sizeof(zx_proc_args_t) == 36, "zx_proc_args_t");

/* Handle-info words: what a handle is for. */
#define PA_HND(type, arg) (((type) & 0xffu) | (((arg) & 0xffffu) << 16))
#define PA_HND_TYPE(word) ((word) & 0xffu)
#define PA_HND_SUBTYPE(word) (((word) >> 8) & 0xffu)
#define PA_HND_ARG(word) (((word) >> 16) & 0xffffu)

#define PA_PROC_SELF 0x01u
#define PA_THREAD_SELF 0x02u
#define PA_JOB_DEFAULT 0x03u
#define PA_VMAR_ROOT 0x04u
#define PA_VMAR_LOADED 0x05u
#define PA_LDSVC_LOADER 0x10u
#define PA_VMO_VDSO 0x11u
#define PA_VMO_STACK 0x13u
#define PA_VMO_EXECUTABLE 0x14u
#define PA_VMO_BOOTDATA 0x1Au
#define PA_VMO_BOOTFS 0x1Bu
#define PA_VMO_KERNEL_FILE 0x1Cu
#define PA_NS_DIR 0x20u
#define PA_FD 0x30u
#define PA_LIFECYCLE 0x3Au
#define PA_DIRECTORY_REQUEST 0x3Bu
#define PA_RESOURCE 0x3Fu
#define PA_CLOCK_UTC 0x40u
#define PA_MMIO_RESOURCE 0x50u
#define PA_IRQ_RESOURCE 0x51u
#define PA_IOPORT_RESOURCE 0x52u
#define PA_SMC_RESOURCE 0x53u
#define PA_USER0 0xF0u
#define PA_USER1 0xF1u
#define PA_USER2 0xF2u

__END_CDECLS

#endif
