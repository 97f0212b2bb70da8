/*
 * Records that describe an address space: PROCESS_MAPS in its three lengths
 * and VMAR_MAPS, which has the longest. <zircon/syscalls/object.h> includes
 * this. The plain names are as info_vmo.h has it.
 */
#ifndef ZIRCON_INTERNAL_INFO_MAPS_H_
#define ZIRCON_INTERNAL_INFO_MAPS_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* Types of zx_info_maps_t. */
typedef uint32_t zx_info_maps_type_t;
#define ZX_INFO_MAPS_TYPE_NONE ((zx_info_maps_type_t)0u)
#define ZX_INFO_MAPS_TYPE_ASPACE ((zx_info_maps_type_t)1u)
#define ZX_INFO_MAPS_TYPE_VMAR ((zx_info_maps_type_t)2u)
#define ZX_INFO_MAPS_TYPE_MAPPING ((zx_info_maps_type_t)3u)

typedef struct zx_info_maps_mapping_v1 {
	/* ZX_VM_PERM_* bits only. */
	zx_vm_option_t mmu_flags;
	uint8_t padding1[4];
	zx_koid_t vmo_koid;
	uint64_t vmo_offset;
	size_t committed_pages;
} zx_info_maps_mapping_v1_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_maps_mapping_v1_t) == 32, "zx_info_maps_mapping_v1_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_mapping_v1_t, committed_pages) == 24,
		   "committed_pages");

/* PROCESS_MAPS, version 0 */
typedef struct zx_info_maps_v1 {
	char name[ZX_MAX_NAME_LEN];
	zx_vaddr_t base;
	size_t size;
	/* 0 for the aspace, one more than the parent's below it. */
	size_t depth;
	zx_info_maps_type_t type;
	uint8_t padding1[4];
	union {
		zx_info_maps_mapping_v1_t mapping;
	} u;
} zx_info_maps_v1_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_maps_v1_t) == 96, "zx_info_maps_v1_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_v1_t, base) == 32, "base");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_v1_t, depth) == 48, "depth");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_v1_t, type) == 56, "type");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_v1_t, u) == 64, "u");

/* Version 1, of later eras */
typedef struct zx_info_maps_mapping_v2 {
	zx_vm_option_t mmu_flags;
	uint8_t padding1[4];
	zx_koid_t vmo_koid;
	uint64_t vmo_offset;
	size_t committed_pages;
	/* With what is compressed. */
	size_t populated_pages;
} zx_info_maps_mapping_v2_t;

typedef struct zx_info_maps_v2 {
	char name[ZX_MAX_NAME_LEN];
	zx_vaddr_t base;
	size_t size;
	size_t depth;
	zx_info_maps_type_t type;
	uint8_t padding1[4];
	union {
		zx_info_maps_mapping_v2_t mapping;
	} u;
} zx_info_maps_v2_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_maps_v2_t) == 104, "zx_info_maps_v2_t");

/* Version 2, and VMAR_MAPS. Fractions are of one byte,
 * which is 0x8000000000000000. */
typedef struct zx_info_maps_mapping_v3 {
	zx_vm_option_t mmu_flags;
	uint8_t padding1[4];
	zx_koid_t vmo_koid;
	uint64_t vmo_offset;
	uint64_t committed_bytes;
	uint64_t populated_bytes;
	/* Pages that no other VMO shares; and each page divided by its sharers. */
	uint64_t committed_private_bytes;
	uint64_t populated_private_bytes;
	uint64_t committed_scaled_bytes;
	uint64_t populated_scaled_bytes;
	uint64_t committed_fractional_scaled_bytes;
	uint64_t populated_fractional_scaled_bytes;
} zx_info_maps_mapping_v3_t;

typedef struct zx_info_maps_v3 {
	char name[ZX_MAX_NAME_LEN];
	zx_vaddr_t base;
	size_t size;
	size_t depth;
	zx_info_maps_type_t type;
	uint8_t padding1[4];
	union {
		zx_info_maps_mapping_v3_t mapping;
	} u;
} zx_info_maps_v3_t;
__ZX_STATIC_ASSERT(sizeof(zx_info_maps_v3_t) == 152, "zx_info_maps_v3_t");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_v3_t, u) == 64, "u");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_mapping_v3_t, committed_bytes) == 24, "bytes");
__ZX_STATIC_ASSERT(__offsetof(zx_info_maps_mapping_v3_t, populated_fractional_scaled_bytes) == 80,
		   "fraction");

#ifdef ZX_ERA_LATEST
typedef zx_info_maps_mapping_v3_t zx_info_maps_mapping_t;
typedef zx_info_maps_v3_t zx_info_maps_t;
#else
typedef zx_info_maps_mapping_v1_t zx_info_maps_mapping_t;
typedef zx_info_maps_v1_t zx_info_maps_t;
#endif

__END_CDECLS

#endif
