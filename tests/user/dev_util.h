/*
 * For tests that need what devices need: a BTI, pinned and contiguous memory.
 */
#ifndef DEV_UTIL_H
#define DEV_UTIL_H

#include <zircon/syscalls.h>

#include "vm_util.h"

#define DEV_READ ZX_BTI_PERM_READ

/* For physical VMOs whose memory nobody touches: the last page that an entry has room
 * for, where no machine has RAM. */
#define DEV_NO_RAM ((1ul << 48) - PAGE)

/* A BTI behind an IOMMU that translates nothing; 0 and a failure if not. */
zx_handle_t dev_bti(void);
/* Closes it after a look that nothing is pinned through it any more. */
void dev_bti_drop(zx_handle_t bti);
/* Pins one page and unpins it again; its physical address, 0 and a failure if
 * not. */
zx_paddr_t dev_address(zx_handle_t bti, zx_handle_t vmo, uint64_t page);
/* A token for pages [page, page + count); 0 and a failure if not. */
zx_handle_t dev_pin(zx_handle_t bti, zx_handle_t vmo, uint64_t page, uint64_t count);

#endif
