/*
 * VMOs whose physical addresses matter (vmo.md 6.1, 6.2).
 *
 * A contiguous VMO has its frames in a page tree like any other; what makes it
 * special is that nothing ever takes one out before its end. A physical one has
 * no tree, and its frames are no business of the allocator.
 */
#include <arch/cache.h>
#include <kernel/panic.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>
#include <mm/vmo_physical.h>

#include "vmo_internal.h"

/* Such an alignment is luck: nobody is to lose memory for it. */
#define ALIGN_HOPELESS 30

/* Puts the frames of a run into the tree, whose nodes are prepared; cannot
 * fail. A device may look at them past the caches. */
static void fill_locked(struct vmo *v, struct page *run, u64 count)
{
	struct ptree_cursor c;

	ptree_cursor_init(&c, &v->pages);
	for (u64 i = 0; i < count; i++) {
		arch_zero_page(vmo_page_bytes(&run[i]));
		run[i].state = PAGE_VMO;
		run[i].private = VMO_PAGE_DIRTY;
		if (ptree_cursor_prepare(&c, i) == ZX_OK)
			(void)ptree_cursor_set(&c, i, pt_slot_page(&run[i]));
	}
	ptree_cursor_end(&c);
	arch_cache_clean(vmo_page_bytes(run), count << PAGE_SHIFT);
}

static zx_status_t create_contiguous(u64 size, u32 align_log2,
				     struct vmo **out)
{
	u64 count = size >> PAGE_SHIFT;
	zx_status_t status;
	struct page *run;
	struct vmo *v;

	run = pmm_alloc_run(count, align_log2);
	if (!run)
		return ZX_ERR_NO_MEMORY;
	v = vmo_alloc(VMO_CONTIGUOUS, size, 0);
	if (!v)
		goto no_vmo;
	mutex_lock(v->lock);
	status = ptree_insert_prepare(&v->pages, 0, count);
	if (status == ZX_OK)
		fill_locked(v, run, count);
	mutex_unlock(v->lock);
	if (status != ZX_OK)
		goto no_nodes;
	*out = v;
	return ZX_OK;
no_nodes:
	object_unref(&v->object);
no_vmo:
	pmm_free_run(run, count);
	return ZX_ERR_NO_MEMORY;
}

zx_status_t vmo_create_contiguous(u64 size, u32 align_log2, struct vmo **out)
{
	zx_status_t status;

	do {
		status = create_contiguous(size, align_log2, out);
	} while (align_log2 < ALIGN_HOPELESS &&
		 mm_try_again(status, size >> PAGE_SHIFT));
	return status;
}

zx_status_t vmo_create_physical(paddr_t pa, u64 size, struct vmo **out)
{
	struct vmo *v = vmo_alloc(VMO_PHYSICAL, size, 0);

	if (!v)
		return ZX_ERR_NO_MEMORY;
	v->paddr = pa;
	v->cache_policy = ZX_CACHE_POLICY_UNCACHED;
	*out = v;
	return ZX_OK;
}
