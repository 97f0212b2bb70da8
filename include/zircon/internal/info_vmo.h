/*
 * Records of zx_object_get_info about VMOs; <zircon/syscalls/object.h> includes
 * this.
 *
 * The record has grown three times. The plain names are those of 2020, or the
 * longest with ZX_ERA_LATEST (internal/era.h).
 */
#ifndef ZIRCON_INTERNAL_INFO_VMO_H_
#define ZIRCON_INTERNAL_INFO_VMO_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* flags. */
#define ZX_INFO_VMO_TYPE(flags) ((flags) & 1u)
#define ZX_INFO_VMO_TYPE_PHYSICAL ((uint32_t)0u)
#define ZX_INFO_VMO_TYPE_PAGED ((uint32_t)1u)
#define ZX_INFO_VMO_RESIZABLE ((uint32_t)(1u << 1))
#define ZX_INFO_VMO_IS_COW_CLONE ((uint32_t)(1u << 2))
#define ZX_INFO_VMO_VIA_HANDLE ((uint32_t)(1u << 3))
#define ZX_INFO_VMO_VIA_MAPPING ((uint32_t)(1u << 4))
#define ZX_INFO_VMO_PAGER_BACKED ((uint32_t)(1u << 5))
#define ZX_INFO_VMO_CONTIGUOUS ((uint32_t)(1u << 6))
#define ZX_INFO_VMO_DISCARDABLE ((uint32_t)(1u << 7))
#define ZX_INFO_VMO_IMMUTABLE ((uint32_t)(1u << 8))
#define ZX_INFO_VMO_VIA_IOB_HANDLE ((uint32_t)(1u << 9))

/* VMO and PROCESS_VMOS, version 0 */
typedef struct zx_info_vmo_v1 {
	zx_koid_t koid;
	char name[ZX_MAX_NAME_LEN];
	uint64_t size_bytes;
	zx_koid_t parent_koid;
	size_t num_children;
	size_t num_mappings;
	/* Address spaces that map it; 1 also below two mappings. */
	size_t share_count;
	uint32_t flags;
	uint8_t padding1[4];
	uint64_t committed_bytes;
	zx_rights_t handle_rights;
	uint32_t cache_policy;
} zx_info_vmo_v1_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_vmo_v1_t) == 104, "zx_info_vmo_v1_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v1_t, size_bytes) == 40, "size_bytes");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v1_t, flags) == 80, "flags");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v1_t, committed_bytes) == 88, "committed_bytes");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v1_t, handle_rights) == 96, "handle_rights");

/* Version 1 */
typedef struct zx_info_vmo_v2 {
	zx_koid_t koid;
	char name[ZX_MAX_NAME_LEN];
	uint64_t size_bytes;
	zx_koid_t parent_koid;
	size_t num_children;
	size_t num_mappings;
	size_t share_count;
	uint32_t flags;
	uint8_t padding1[4];
	uint64_t committed_bytes;
	zx_rights_t handle_rights;
	uint32_t cache_policy;
	uint64_t metadata_bytes;
	uint64_t committed_change_events;
} zx_info_vmo_v2_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_vmo_v2_t) == 120, "zx_info_vmo_v2_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v2_t, metadata_bytes) == 104, "metadata_bytes");

/* Version 2 */
typedef struct zx_info_vmo_v3 {
	zx_koid_t koid;
	char name[ZX_MAX_NAME_LEN];
	uint64_t size_bytes;
	zx_koid_t parent_koid;
	size_t num_children;
	size_t num_mappings;
	size_t share_count;
	uint32_t flags;
	uint8_t padding1[4];
	uint64_t committed_bytes;
	zx_rights_t handle_rights;
	uint32_t cache_policy;
	uint64_t metadata_bytes;
	uint64_t committed_change_events;
	uint64_t populated_bytes;
} zx_info_vmo_v3_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_vmo_v3_t) == 128, "zx_info_vmo_v3_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v3_t, populated_bytes) == 120, "populated_bytes");

/* Version 3 */
typedef struct zx_info_vmo_v4 {
	zx_koid_t koid;
	char name[ZX_MAX_NAME_LEN];
	uint64_t size_bytes;
	zx_koid_t parent_koid;
	size_t num_children;
	size_t num_mappings;
	size_t share_count;
	uint32_t flags;
	uint8_t padding1[4];
	uint64_t committed_bytes;
	zx_rights_t handle_rights;
	uint32_t cache_policy;
	uint64_t metadata_bytes;
	uint64_t committed_change_events;
	uint64_t populated_bytes;
	/* What nobody else sees, and each page divided by its viewers. */
	uint64_t committed_private_bytes;
	uint64_t populated_private_bytes;
	uint64_t committed_scaled_bytes;
	uint64_t populated_scaled_bytes;
	/* The rest below a byte; 1 << 63 is one. */
	uint64_t committed_fractional_scaled_bytes;
	uint64_t populated_fractional_scaled_bytes;
} zx_info_vmo_v4_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_vmo_v4_t) == 176, "zx_info_vmo_v4_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v4_t, committed_private_bytes) == 128, "private");
__ZX_STATIC_ASSERT(__offsetof(zx_info_vmo_v4_t, committed_fractional_scaled_bytes) == 160,
		   "fractional");

#ifdef ZX_ERA_LATEST
typedef zx_info_vmo_v4_t zx_info_vmo_t;
#else
typedef zx_info_vmo_v1_t zx_info_vmo_t;
#endif

__END_CDECLS

#endif
