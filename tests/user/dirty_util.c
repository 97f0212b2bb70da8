#include <string.h>

#include <jx/ktap.h>

#include "dirty_util.h"

#define RANGES 16

bool dirty_is(struct paging *p, uint64_t first, uint64_t count, const struct dirty_range *wanted,
	      size_t wanted_count)
{
	zx_vmo_dirty_range_t got[RANGES];
	size_t actual = 99, avail = 99;
	bool good;

	if (!EXPECT_STATUS(zx_pager_query_dirty_ranges(p->pager, p->vmo, first * PAGE,
						       count * PAGE, got, sizeof(got), &actual,
						       &avail), ZX_OK))
		return false;
	good = EXPECT_EQ(actual, wanted_count) && EXPECT_EQ(avail, wanted_count);
	for (size_t i = 0; i < actual && i < wanted_count; i++) {
		/* The first of the list is empty. */
		const struct dirty_range *w = &wanted[i + 1];

		good = EXPECT_EQ(got[i].offset, w->first * PAGE) &&
		       EXPECT_EQ(got[i].length, w->count * PAGE) &&
		       EXPECT_EQ(got[i].options, w->options) && good;
	}
	return good;
}

zx_status_t dirty_op(struct paging *p, uint32_t op, uint64_t first, uint64_t count, uint64_t data)
{
	return zx_pager_op_range(p->pager, op, p->vmo, first * PAGE, count * PAGE, data);
}

void dirty_clean(struct paging *p, uint64_t first, uint64_t count)
{
	EXPECT_STATUS(dirty_op(p, ZX_PAGER_OP_WRITEBACK_BEGIN, first, count, 0), ZX_OK);
	EXPECT_STATUS(dirty_op(p, ZX_PAGER_OP_WRITEBACK_END, first, count, 0), ZX_OK);
}

zx_status_t dirty_supply_nothing(struct paging *p, uint64_t first, uint64_t count)
{
	zx_handle_t aux = ZX_HANDLE_INVALID;
	zx_status_t status;

	if (!EXPECT_STATUS(zx_vmo_create(count * PAGE, 0, &aux), ZX_OK))
		return ZX_ERR_INTERNAL;
	status = zx_pager_supply_pages(p->pager, p->vmo, first * PAGE, count * PAGE, aux, 0);
	zx_handle_close(aux);
	return status;
}

bool dirty_modified(struct paging *p, bool reset)
{
	zx_pager_vmo_stats_t stats = { 77 };

	EXPECT_STATUS(zx_pager_query_vmo_stats(p->pager, p->vmo,
					       reset ? ZX_PAGER_RESET_VMO_STATS : 0, &stats,
					       sizeof(stats)), ZX_OK);
	EXPECT_TRUE(stats.modified <= ZX_PAGER_VMO_STATS_MODIFIED);
	return stats.modified != 0;
}

bool dirty_expect(struct paging *p, uint64_t first, uint64_t count)
{
	return paging_expect_request(p, ZX_PAGER_VMO_DIRTY, first, count);
}
