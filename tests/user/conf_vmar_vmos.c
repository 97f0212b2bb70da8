/* ZX_INFO_PROCESS_VMOS on oneself: spec/vmar.md 0.3, D15. */
#include <stdlib.h>

#include "conf_util.h"

JX_TEST(vmar_d15_vmos_of_oneself)
{
	size_t actual = 0, avail = 0, found = 0;
	zx_info_vmo_t *vmos;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, NULL, 0, NULL,
					 &avail), ZX_OK);
	vmos = calloc(avail + 16, sizeof(*vmos));
	ASSERT_TRUE(vmos != NULL);
	ASSERT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_VMOS, vmos,
					 (avail + 16) * sizeof(*vmos), &actual, &avail), ZX_OK);
	for (size_t i = 0; i < actual; i++)
		found += vmos[i].koid == conf_koid(a.vmo);
	EXPECT_TRUE(found >= 1);
	free(vmos);
	vm_area_drop(&a);
}
