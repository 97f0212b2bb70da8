/*
 * What of all RAM is really in use; see <mm/stats.h>.
 */
#include <mm/kstack.h>
#include <mm/pmm.h>
#include <mm/slab.h>
#include <mm/stats.h>

u64 mm_used_frames(void)
{
	return pmm_total_count() - pmm_free_count() - slab_total_pages() -
	       kstack_kept_pages();
}
