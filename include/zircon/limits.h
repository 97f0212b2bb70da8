/* Page size of the target. */
#ifndef ZIRCON_LIMITS_H_
#define ZIRCON_LIMITS_H_

#include <stdint.h>

#define ZX_PAGE_SHIFT ((uint32_t)12u)
#define ZX_PAGE_SIZE ((uintptr_t)4096u)
#define ZX_PAGE_MASK (ZX_PAGE_SIZE - 1u)

/* Page sizes that some AArch64 kernel may use: 4 KiB to 64 KiB. */
#define ZX_MIN_PAGE_SHIFT ((uint32_t)12u)
#define ZX_MAX_PAGE_SHIFT ((uint32_t)16u)

#endif
