/*
 * What the files of the VMO module share.
 */
#ifndef MM_VMO_INTERNAL_H
#define MM_VMO_INTERNAL_H

#include <arch/mmu.h>
#include <mm/vmo.h>

/* struct page's private word for a page of a VMO: newer than the pager's copy.
 * Under v->lock; without meaning for anonymous VMOs. */
#define VMO_PAGE_DIRTY 1

/* The bytes of a page, through the direct map. */
static inline u8 *vmo_page_bytes(const struct page *p)
{
	return phys_to_virt(page_to_paddr(p));
}

/*
 * Frees all pages and markers of indices [start, end), after their entries are
 * cleared in all mappings and flushed. In batches of bounded length. Under
 * v->lock.
 */
void vmo_drop_pages_locked(struct vmo *v, u64 start, u64 end);

/* Clears entries of indices [start, end) in all mappings, whatever is there. In
 * batches of bounded length. True if one was executable (I4). Under v->lock. */
bool vmo_unmap_pages_locked(struct vmo *v, u64 start, u64 end);

/* Frees what vmo_drop_pages_locked() does, after vmo_unmap_pages_locked() under
 * the same hold of v->lock, which told whether an entry was executable. */
void vmo_free_pages_locked(struct vmo *v, u64 start, u64 end, bool executable);

/* Clears entries of indices [start, end) if some may show the zero page, before
 * pages appear there. Under v->lock, outside a batch. */
void vmo_forget_zero_page_locked(struct vmo *v, u64 start, u64 end);

#endif
