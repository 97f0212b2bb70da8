/* Loading a static AArch64 ELF program into another process. */
#ifndef JX_ELF_LOAD_H
#define JX_ELF_LOAD_H

#include <stddef.h>

#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Maps the segments of an image in memory into a process's root VMAR. name is
 * the prefix of the VMO names. INVALID_ARGS with a sentence in *why if the
 * image cannot be run; else the status of a kernel call.
 */
zx_status_t jx_elf_load(const char *image, size_t size, const char *name, zx_handle_t root_vmar,
			zx_vaddr_t *entry, const char **why);

#ifdef __cplusplus
}
#endif

#endif
