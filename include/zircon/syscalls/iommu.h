/* What zx_iommu_create is told about a device that translates for others. */
#ifndef ZIRCON_SYSCALLS_IOMMU_H_
#define ZIRCON_SYSCALLS_IOMMU_H_

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_IOMMU_MAX_DESC_LEN ((size_t)8192u)

/* Types: one that translates nothing, and one that this kernel does not know. */
#define ZX_IOMMU_TYPE_DUMMY ((uint32_t)0u)
#define ZX_IOMMU_TYPE_INTEL ((uint32_t)1u)

typedef struct zx_iommu_desc_dummy {
	uint8_t reserved;
} zx_iommu_desc_dummy_t;
__ZX_STATIC_ASSERT(sizeof(zx_iommu_desc_dummy_t) == 1, "zx_iommu_desc_dummy_t");

/* Later names of the same. */
#define ZX_IOMMU_TYPE_STUB ZX_IOMMU_TYPE_DUMMY
typedef zx_iommu_desc_dummy_t zx_iommu_desc_stub_t;

__END_CDECLS

#endif
