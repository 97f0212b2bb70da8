/*
 * Topics about the machine's memory: KMEM_STATS and KMEM_STATS_EXTENDED (tasks.md
 * 3.5). The parts never sum to more than the whole: every frame is counted once.
 */
#include <kernel/message.h>
#include <kernel/resource.h>
#include <mm/discardable.h>
#include <mm/evict.h>
#include <mm/reclaim.h>
#include <mm/stats.h>

#include "info.h"

bool info_memory_needs(u32 topic, u32 *type, zx_rights_t *rights)
{
	*type = ZX_OBJ_TYPE_RESOURCE;
	*rights = 0;
	return topic == ZX_INFO_KMEM_STATS ||
	       topic == ZX_INFO_KMEM_STATS_EXTENDED;
}

static u64 in_bytes(u64 frames)
{
	return frames << PAGE_SHIFT;
}

/* Messages live in slabs and blocks of the heap; they are told apart from it. */
static zx_status_t tell(const struct mm_frame_count *f,
			const struct info_out *out)
{
	zx_info_kmem_stats_t r = {
		.total_bytes = in_bytes(f->total),
		.free_bytes = in_bytes(f->free),
		.wired_bytes = in_bytes(f->wired),
		.total_heap_bytes = in_bytes(f->heap),
		.free_heap_bytes = f->heap_free_bytes,
		.vmo_bytes = in_bytes(f->vmo),
		.mmu_overhead_bytes = in_bytes(f->tables),
		.other_bytes = in_bytes(f->other),
	};

	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t tell_more(const struct mm_frame_count *f,
			     const struct info_out *out)
{
	struct evict_count paged;
	zx_info_kmem_stats_extended_t r;

	mm_count_pager_pages(&paged);
	r = (zx_info_kmem_stats_extended_t){
		.total_bytes = in_bytes(f->total),
		.free_bytes = in_bytes(f->free),
		.wired_bytes = in_bytes(f->wired),
		.total_heap_bytes = in_bytes(f->heap),
		.free_heap_bytes = f->heap_free_bytes,
		.vmo_bytes = in_bytes(f->vmo),
		.vmo_pager_total_bytes = in_bytes(paged.total),
		.vmo_pager_newest_bytes = in_bytes(paged.newest),
		.vmo_pager_oldest_bytes = in_bytes(paged.oldest),
		.mmu_overhead_bytes = in_bytes(f->tables),
		.other_bytes = in_bytes(f->other),
	};
	return info_put_record(out, &r, sizeof(r));
}

zx_status_t info_memory_answer(u32 topic, const struct handle_ref *ref,
			       const struct info_out *out)
{
	struct mm_frame_count f;

	if (resource_from_object(ref->object)->kind != ZX_RSRC_KIND_ROOT)
		return ZX_ERR_WRONG_TYPE;
	mm_count_frames(&f);
	return topic == ZX_INFO_KMEM_STATS ? tell(&f, out) : tell_more(&f, out);
}
