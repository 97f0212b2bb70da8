/*
 * Memory pressure: who is asked to give frames back, in which order.
 */
#include <kernel/lock.h>
#include <mm/discardable.h>
#include <mm/evict.h>
#include <mm/pmm.h>
#include <mm/pressure.h>
#include <mm/reclaim.h>

struct reclaimer {
	const char *name;
	/* Frees `pages` frames or more, or all it can; returns how many. Under
	 * reclaim_lock alone. */
	u64 (*reclaim)(u64 pages);
};

/* Those whose memory is missed least come first. */
static const struct reclaimer reclaimers[] = {
	{ "clean pages that nobody needs", evict_unneeded },
	{ "clean pages that nobody uses", evict_unused },
	{ "discardable VMOs", discardable_reclaim },
	{ "clean pages", evict_clean },
	{ "clean pages that somebody always needs", evict_needed },
};

/* Frames are freed for one operation at a time: two that fail together do not
 * both take what would have served either. */
static struct mutex reclaim_lock;
/* Written under reclaim_lock. Atomic: read before it is taken, relaxed, for it
 * orders nothing: frames freed since then count for whoever read it. */
static u64 reclaimed_total;

void reclaim_init_module(void)
{
	mutex_init(&reclaim_lock, LOCK_RECLAIM);
	discardable_init_module();
}

static u64 ask_reclaimers(u64 pages)
{
	u64 freed = 0;

	for (u32 i = 0; i < ARRAY_SIZE(reclaimers) && freed < pages; i++)
		freed += reclaimers[i].reclaim(pages - freed);
	return freed;
}

u64 mm_reclaim(u64 pages)
{
	u64 before = __atomic_load_n(&reclaimed_total, __ATOMIC_RELAXED);
	u64 free = pmm_free_count();
	u64 missing = pages > free ? pages - free : 1;
	u64 freed;

	/* Hopeless: others need not lose their memory for it. */
	if (pages > pmm_total_count())
		return 0;
	mutex_lock(&reclaim_lock);
	freed = reclaimed_total - before;
	if (freed < missing)
		freed += ask_reclaimers(missing - freed);
	__atomic_store_n(&reclaimed_total, before + freed, __ATOMIC_RELAXED);
	mutex_unlock(&reclaim_lock);
	if (freed == 0)
		mm_pressure_exhausted();
	return freed;
}

u64 mm_reclaim_idle(u64 pages, u32 looks)
{
	u64 freed;

	mutex_lock(&reclaim_lock);
	freed = evict_unneeded(pages);
	if (freed < pages)
		freed += evict_idle(pages - freed, looks);
	__atomic_store_n(&reclaimed_total, reclaimed_total + freed,
			 __ATOMIC_RELAXED);
	mutex_unlock(&reclaim_lock);
	return freed;
}

void mm_count_pager_pages(struct evict_count *count)
{
	mutex_lock(&reclaim_lock);
	evict_count(count);
	mutex_unlock(&reclaim_lock);
}

void mm_make_room(u64 pages)
{
	if (pmm_free_count() < pages)
		(void)mm_reclaim(pages);
}
