/* Bytes of kernel memory that objects take, slack of their slabs included. */
#include <zircon/jx.h>
#include <zircon/process.h>

#include "bench.h"

#define VMOS 8192u
#define PAGES 65536ul

/* Frames in use, those of slabs included: a slab keeps few that are empty. */
static uint64_t used_bytes(void)
{
	jx_memory_stats_t m;

	bench_check(jx_stat(JX_STAT_MEMORY, &m, sizeof(m), NULL), "stat");
	return (m.total_pages - m.free_pages) * PAGE;
}

static void per_vmo(void)
{
	static zx_handle_t vmos[VMOS];
	uint64_t before = used_bytes();

	for (uint32_t i = 0; i < VMOS; i++)
		vmos[i] = bench_vmo(1);
	bench_report_unit("bytes/vmo_and_handle", used_bytes() - before, VMOS, "bytes");
	for (uint32_t i = 0; i < VMOS; i++)
		zx_handle_close(vmos[i]);
}

/* Beside the page itself and its 32 bytes of the memory map. */
static void per_page(void)
{
	zx_handle_t vmo = bench_vmo(PAGES);
	uint64_t before = used_bytes();

	bench_commit(vmo, 0, PAGES);
	bench_report_unit("bytes/resident_page", used_bytes() - before - PAGES * PAGE, PAGES,
			  "bytes");
	zx_handle_close(vmo);
}

/* In one VMAR, side by side. */
static void per_mapping(void)
{
	const uint32_t count = 100000;
	zx_handle_t vmo = bench_vmo(1), vmar;
	zx_vaddr_t base, address;
	uint64_t before;

	bench_check(zx_vmar_allocate(zx_vmar_root_self(),
				     ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC, 0,
				     count * PAGE, &vmar, &base),
		    "vmar_allocate");
	before = used_bytes();
	for (uint32_t i = 0; i < count; i++)
		bench_check(zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, i * PAGE, vmo, 0,
					PAGE, &address),
			    "vmar_map");
	bench_report_unit("bytes/mapping", used_bytes() - before, count, "bytes");
	bench_check(zx_vmar_destroy(vmar), "vmar_destroy");
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}

void bench_footprint(void)
{
	per_vmo();
	per_page();
	per_mapping();
}
