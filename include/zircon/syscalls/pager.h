/*
 * What zx_pager_query_dirty_ranges and zx_pager_query_vmo_stats tell.
 */
#ifndef ZIRCON_SYSCALLS_PAGER_H_
#define ZIRCON_SYSCALLS_PAGER_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* The range reads zero, and no page of it has memory. */
#define ZX_VMO_DIRTY_RANGE_IS_ZERO ((uint64_t)1u)

typedef struct zx_vmo_dirty_range {
	uint64_t offset;
	uint64_t length;
	uint64_t options;
} zx_vmo_dirty_range_t;
__ZX_STATIC_ASSERT(sizeof(zx_vmo_dirty_range_t) == 24, "zx_vmo_dirty_range_t");

/* Option of zx_pager_query_vmo_stats. */
#define ZX_PAGER_RESET_VMO_STATS ((uint32_t)1u)

#define ZX_PAGER_VMO_STATS_MODIFIED ((uint32_t)1u)

typedef struct zx_pager_vmo_stats {
	uint32_t modified;
} zx_pager_vmo_stats_t;
__ZX_STATIC_ASSERT(sizeof(zx_pager_vmo_stats_t) == 4, "zx_pager_vmo_stats_t");

__END_CDECLS

#endif
