/* Snapshots of snapshots: as deep as one likes, and no deeper to read. */
#include <stdio.h>

#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls/object.h>

#include "demo.h"

#define GENERATIONS 1000u
#define PAGES 64u

/* The number of the generation that wrote a page of generation `of`. */
static uint32_t writer_of(uint32_t page, uint32_t of)
{
	uint32_t last = of - of % PAGES + page;

	return last <= of ? last : last - PAGES;
}

/* Each generation writes its number into one page of a snapshot of the one
 * before; the first 64 write them all. */
static uint32_t make_chain(zx_handle_t *chain)
{
	for (uint32_t i = 0; i < GENERATIONS; i++) {
		zx_status_t status = i == 0 ?
			zx_vmo_create(PAGES * PAGE, 0, &chain[0]) :
			zx_vmo_create_child(chain[i - 1], ZX_VMO_CHILD_SNAPSHOT, 0, PAGES * PAGE,
					    &chain[i]);

		if (!demo_expect(status, ZX_OK, "zx_vmo_create_child"))
			return i;
		demo_expect(zx_vmo_write(chain[i], &i, i % PAGES * PAGE, sizeof(i)), ZX_OK,
			    "zx_vmo_write");
	}
	return GENERATIONS;
}

/* Pages of a generation that do not hold what it must see. */
static uint32_t count_wrong(zx_handle_t vmo, uint32_t generation)
{
	uint32_t wrong = 0;

	for (uint32_t page = 0; page < PAGES; page++) {
		uint32_t seen = ~0u;
		uint32_t wanted = generation < PAGES && page > generation ?
					  0 : writer_of(page, generation);

		demo_expect(zx_vmo_read(vmo, &seen, page * PAGE, sizeof(seen)), ZX_OK,
			    "zx_vmo_read");
		wrong += seen != wanted;
	}
	return wrong;
}

void demo_snapshot(void)
{
	static zx_handle_t chain[GENERATIONS];
	uint32_t made, wrong = 0;
	zx_info_vmo_t info;

	printf("\n4. zx_vmo_create_child(SNAPSHOT): %u generations, each of the one before\n",
	       GENERATIONS);
	made = make_chain(chain);
	for (uint32_t i = 0; i < made; i += 111)
		wrong += count_wrong(chain[i], i);
	/* All that stands between the first and the last goes. */
	for (uint32_t i = 1; i + 1 < made; i++)
		zx_handle_close(chain[i]);
	wrong += count_wrong(chain[made - 1], made - 1);
	demo_expect(zx_object_get_info(chain[made - 1], ZX_INFO_VMO, &info, sizeof(info), NULL,
				       NULL), ZX_OK, "zx_object_get_info");
	printf("  each wrote one page and sees its ancestors' others: %u pages wrong\n", wrong);
	printf("  with all between closed the last holds %llu pages, and reads them as before\n",
	       (unsigned long long)(info.committed_bytes / PAGE));
	if (wrong || made != GENERATIONS)
		demo_fail("a snapshot saw what it should not", ZX_ERR_INTERNAL);
	zx_handle_close(chain[0]);
	zx_handle_close(chain[made - 1]);
}
