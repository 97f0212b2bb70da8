/*
 * What caches hold of all RAM; see <mm/stats.h>.
 */
#include <mm/kstack.h>
#include <mm/slab.h>
#include <mm/stats.h>

u64 mm_cached_frames(void)
{
	return slab_total_pages() + kstack_kept_pages();
}
