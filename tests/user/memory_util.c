/* For tests of memory pressure. */
#include <zircon/jx.h>

#include "memory_util.h"

static jx_memory_stats_t stats(void)
{
	jx_memory_stats_t s = { 0 };

	EXPECT_STATUS(jx_stat(JX_STAT_MEMORY, &s, sizeof(s), NULL), ZX_OK);
	return s;
}

uint64_t memory_free_pages(void)
{
	return stats().free_pages;
}

uint64_t memory_total_pages(void)
{
	return stats().total_pages;
}

zx_handle_t memory_take(uint64_t pages, zx_status_t wanted)
{
	zx_handle_t vmo;
	zx_status_t status;

	if (!EXPECT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK))
		return 0;
	status = zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, pages * PAGE, NULL, 0);
	EXPECT_STATUS(status, wanted);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, status == ZX_OK ? pages * PAGE : 0);
	if (status == ZX_OK)
		return vmo;
	zx_handle_close(vmo);
	return 0;
}

zx_handle_t memory_ballast(uint64_t leave)
{
	uint64_t free = memory_free_pages();

	return memory_take(free > leave + 64 ? free - leave : 1, ZX_OK);
}

zx_handle_t memory_squeeze(uint64_t beyond, zx_status_t wanted)
{
	return memory_take(memory_free_pages() + beyond, wanted);
}
