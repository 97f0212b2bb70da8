#include <stdlib.h>

#include <jx/runtime.h>
#include <zircon/syscalls/iommu.h>

#include "dev_util.h"

zx_handle_t dev_bti(void)
{
	const zx_iommu_desc_dummy_t desc = { 0 };
	zx_handle_t iommu = 0, bti = 0;

	EXPECT_STATUS(zx_iommu_create(jx_startup_handle(PA_RESOURCE), ZX_IOMMU_TYPE_DUMMY, &desc,
				      sizeof(desc), &iommu), ZX_OK);
	EXPECT_STATUS(zx_bti_create(iommu, 0, 7, &bti), ZX_OK);
	zx_handle_close(iommu);
	return bti;
}

void dev_bti_drop(zx_handle_t bti)
{
	zx_info_bti_v2_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(bti, ZX_INFO_BTI, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.pmo_count, 0);
	EXPECT_EQ(info.quarantine_count, 0);
	zx_handle_close(bti);
}

zx_paddr_t dev_address(zx_handle_t bti, zx_handle_t vmo, uint64_t page)
{
	zx_paddr_t address = 0;
	zx_handle_t pmt = 0;

	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, page * PAGE, PAGE, &address, 1, &pmt),
		      ZX_OK);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	return address;
}

zx_handle_t dev_pin(zx_handle_t bti, zx_handle_t vmo, uint64_t page, uint64_t count)
{
	zx_paddr_t *addresses = calloc(count, sizeof(*addresses));
	zx_handle_t pmt = 0;

	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, page * PAGE, count * PAGE, addresses, count,
				 &pmt), ZX_OK);
	free(addresses);
	return pmt;
}
