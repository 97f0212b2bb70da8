/*
 * What caches hold of all RAM; see <mm/stats.h>.
 */
#include <mm/kstack.h>
#include <mm/page.h>
#include <mm/pmm.h>
#include <mm/slab.h>
#include <mm/stats.h>

u64 mm_cached_frames(void)
{
	return slab_total_pages() + kstack_kept_pages();
}

static u64 left_of(u64 total, u64 used)
{
	return total > used ? total - used : 0;
}

/* A frame's state is its own while a VMO or a table has it: those are made of
 * single frames, and freeing one changes it. */
void mm_count_frames(struct mm_frame_count *c)
{
	u64 i, frames = pmm_map_count();

	*c = (struct mm_frame_count){
		.total = pmm_total_count(),
		.wired = pmm_wired_count(),
		.heap = slab_total_pages(),
		.heap_free_bytes = slab_total_free_bytes(),
	};
	for (i = 0; i < frames; i++) {
		/* Relaxed: whatever each was at some moment. */
		u8 state = __atomic_load_n(&page_map[i].state,
					   __ATOMIC_RELAXED);

		c->vmo += state == PAGE_VMO || state == PAGE_TEXT;
		c->tables += state == PAGE_TABLE;
	}
	c->free = min_u64(pmm_free_count() + pmm_reserve_count(),
			  left_of(c->total, c->wired + c->heap + c->vmo +
						    c->tables));
	c->other = left_of(c->total, c->free + c->wired + c->heap + c->vmo +
					     c->tables);
}
