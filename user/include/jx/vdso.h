/*
 * The vDSO: the image of system calls that the kernel gives (docs/start.md).
 */
#ifndef JX_VDSO_H
#define JX_VDSO_H

#include <stdbool.h>

#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where it begins in this process. */
const void *jx_vdso_base(void);
/* Its VMO, borrowed, also after PA_VMO_VDSO was taken. */
zx_handle_t jx_vdso_vmo(void);

/*
 * Where a function stands in an image that begins at `image`, by its name (both
 * spellings are there); NULL if the image does not have it. In another process the
 * function has the same distance from where the image begins.
 */
const void *jx_vdso_find(const void *image, const char *name);

/*
 * Maps an image into a process: *base is where, or where the kernel chooses if it
 * is 0. ALREADY_EXISTS, NO_MEMORY: that place is not free (by era); ACCESS_DENIED:
 * the process has one; IO_DATA_INTEGRITY: the VMO holds no such image; others as
 * the calls tell.
 */
zx_status_t jx_vdso_map(zx_handle_t vmo, zx_handle_t root_vmar, zx_vaddr_t *base);

/*
 * Fills the table of system calls of this program: called once, by the start-up
 * code, before any of them. False if there is no image.
 */
bool jx_vdso_bind(const void *image);
/* Takes away the permission to write to that table. */
zx_status_t jx_vdso_seal(void);

#ifdef __cplusplus
}
#endif

#endif
