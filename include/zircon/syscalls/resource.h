/* Resource kinds and flags. */
#ifndef ZIRCON_SYSCALLS_RESOURCE_H_
#define ZIRCON_SYSCALLS_RESOURCE_H_

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_rsrc_kind_t;
typedef uint32_t zx_rsrc_flags_t;

#define ZX_RSRC_KIND_MMIO ((zx_rsrc_kind_t)0u)
#define ZX_RSRC_KIND_IRQ ((zx_rsrc_kind_t)1u)
#define ZX_RSRC_KIND_IOPORT ((zx_rsrc_kind_t)2u)
#define ZX_RSRC_KIND_HYPERVISOR ((zx_rsrc_kind_t)3u)
#define ZX_RSRC_KIND_ROOT ((zx_rsrc_kind_t)4u)
#define ZX_RSRC_KIND_VMEX ((zx_rsrc_kind_t)5u)
#define ZX_RSRC_KIND_SMC ((zx_rsrc_kind_t)6u)
#define ZX_RSRC_KIND_COUNT ((zx_rsrc_kind_t)7u)
/* Later programs name what concerns the whole system by a base in this kind;
 * one that covers VMEX_BASE is as good as kind VMEX, one that covers IOMMU_BASE
 * as good as ROOT for zx_iommu_create. */
#define ZX_RSRC_KIND_SYSTEM ((zx_rsrc_kind_t)8u)
#define ZX_RSRC_SYSTEM_HYPERVISOR_BASE ((uint64_t)0u)
#define ZX_RSRC_SYSTEM_VMEX_BASE ((uint64_t)1u)
#define ZX_RSRC_SYSTEM_DEBUG_BASE ((uint64_t)2u)
#define ZX_RSRC_SYSTEM_INFO_BASE ((uint64_t)3u)
#define ZX_RSRC_SYSTEM_CPU_BASE ((uint64_t)4u)
#define ZX_RSRC_SYSTEM_POWER_BASE ((uint64_t)5u)
#define ZX_RSRC_SYSTEM_MEXEC_BASE ((uint64_t)6u)
#define ZX_RSRC_SYSTEM_ENERGY_INFO_BASE ((uint64_t)7u)
#define ZX_RSRC_SYSTEM_IOMMU_BASE ((uint64_t)8u)
#define ZX_RSRC_SYSTEM_FRAMEBUFFER_BASE ((uint64_t)9u)
#define ZX_RSRC_SYSTEM_PROFILE_BASE ((uint64_t)10u)
#define ZX_RSRC_SYSTEM_MSI_BASE ((uint64_t)11u)
#define ZX_RSRC_SYSTEM_COUNT ((uint64_t)12u)

#define ZX_RSRC_FLAG_EXCLUSIVE ((zx_rsrc_flags_t)0x00010000u)

#define ZX_RSRC_EXTRACT_KIND(x) ((x) & 0x0000ffffu)
#define ZX_RSRC_EXTRACT_FLAGS(x) ((x) & 0xffff0000u)

__END_CDECLS

#endif
