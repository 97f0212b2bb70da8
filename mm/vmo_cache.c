/*
 * Cache policy of VMOs, and cache maintenance by ranges (vmo.md 4.6, 6.4).
 *
 * The kernel's own alias of every frame is cacheable. While a VMO is not CACHED
 * nothing is done through it (vmo_read, ZERO and the like are refused), and the
 * lines it may have left are written back and dropped when the policy changes.
 */
#include <arch/cache.h>
#include <kernel/wait.h>
#include <mm/vmo_cache.h>

#include "vmo_internal.h"

/* Pages handled before the lock is given up for a moment. */
#define PAGES_A_TURN 256
/* Bytes of a physical VMO handled before a kill is looked for. */
#define TURN_BYTES (PAGES_A_TURN * PAGE_SIZE)

static void maintain(enum vmo_cache_op op, u8 *va, u64 bytes)
{
	switch (op) {
	case VMO_CACHE_SYNC:
		arch_cache_sync(va, bytes);
		break;
	case VMO_CACHE_INVALIDATE:
		arch_cache_invalidate(va, bytes);
		break;
	case VMO_CACHE_CLEAN:
		arch_cache_clean(va, bytes);
		break;
	case VMO_CACHE_CLEAN_INVALIDATE:
		arch_cache_clean_invalidate(va, bytes);
		break;
	}
}

/*
 * Only where a device may have written are lines dropped as they are. Elsewhere
 * that would bring back what the frame held in its last life, or take away what
 * relatives have stored in a page that they share.
 */
static enum vmo_cache_op op_for_page_locked(const struct vmo *base, u64 index,
					    const struct page *page,
					    enum vmo_cache_op op)
{
	struct pt_slot own;

	if (op != VMO_CACHE_INVALIDATE || base->kind == VMO_CONTIGUOUS)
		return op;
	own = ptree_get(&base->pages, index);
	return page->count && pt_slot_type(own) == PT_PAGE &&
			       pt_page(own) == page
		       ? op : VMO_CACHE_CLEAN_INVALIDATE;
}

/* The first page at or after *index that shines through an overlay, whose own
 * slot must be empty there. */
static bool next_source_page_locked(struct vmo *base, u64 *index, u64 end,
				    struct page **out)
{
	u64 stop = min_u64(end, base->window_end);

	while (vmo_next_resident_locked(base->source_vmo, index, stop, out)) {
		struct pt_slot own = ptree_get(&base->pages, *index);

		if (pt_slot_type(own) == PT_EMPTY)
			return true;
		(*index)++;
	}
	return false;
}

/* The first page at or after *index that a read would find. */
static bool next_seen_locked(struct vmo *base, u64 *index, u64 end,
			     struct page **out)
{
	u64 own = *index, other = *index;
	struct page *page;
	bool found = vmo_next_resident_locked(base, &own, end, out);

	if (base->source_vmo &&
	    next_source_page_locked(base, &other, found ? own : end, &page)) {
		*out = page;
		*index = other;
		return true;
	}
	*index = own;
	return found;
}

/* Pages of [*offset, end) until the turn is over; *offset moves on to the end
 * of what is done. A VMO that has shrunk meanwhile ends it. */
static void maintain_turn_locked(struct vmo *v, enum vmo_cache_op op,
				 u64 *offset, u64 end)
{
	u64 index = vmo_index(v, *offset);
	u64 stop = min_u64(vmo_index(v, end + PAGE_MASK), vmo_end_locked(v));
	struct page *page;

	for (u32 i = 0; i < PAGES_A_TURN; i++) {
		u64 start, last;

		if (!next_seen_locked(v->base, &index, stop, &page)) {
			*offset = end;
			return;
		}
		start = (index - v->shift) << PAGE_SHIFT;
		last = min_u64(end, start + PAGE_SIZE);
		start = max_u64(start, *offset);
		maintain(op_for_page_locked(v->base, index, page, op),
			 vmo_page_bytes(page) + (start & PAGE_MASK),
			 last - start);
		*offset = last;
		index++;
	}
}

static zx_status_t maintain_physical(struct vmo *v, enum vmo_cache_op op,
				     u64 offset, u64 bytes)
{
	u64 first = v->base->paddr.v + (v->shift << PAGE_SHIFT) + offset;
	u64 start = round_down_page(first);
	u64 end = round_down_page(first + bytes - 1) + PAGE_SIZE;

	if (!arch_is_ram(paddr(start), end - start))
		return ZX_ERR_NOT_SUPPORTED;
	for (u64 done = 0; done < bytes; done += TURN_BYTES) {
		maintain(op, (u8 *)phys_to_virt(paddr(first + done)),
			 min_u64(bytes - done, TURN_BYTES));
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return ZX_OK;
}

zx_status_t vmo_cache_op(struct vmo *v, enum vmo_cache_op op, u64 offset,
			 u64 bytes, bool with_physical)
{
	u64 end;

	if (bytes == 0)
		return ZX_ERR_INVALID_ARGS;
	if (__builtin_add_overflow(offset, bytes, &end) ||
	    end > vmo_get_size(v))
		return ZX_ERR_OUT_OF_RANGE;
	if (v->base->kind == VMO_PHYSICAL)
		return with_physical ? maintain_physical(v, op, offset, bytes)
				     : ZX_ERR_NOT_SUPPORTED;
	while (offset < end) {
		mutex_lock(v->lock);
		maintain_turn_locked(v, op, &offset, end);
		mutex_unlock(v->lock);
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return ZX_OK;
}

/* --- Policy ---------------------------------------------------------------- */

/* Mappings and children come under the lock that is held, so neither appears
 * before the policy is set. */
static bool is_reached_locked(struct vmo *v)
{
	return v->base != v || v->is_clone || vmo_child_count(v) != 0 ||
	       !list_is_empty(&v->mappings);
}

static zx_status_t check_policy_locked(struct vmo *v, u32 policy,
				       bool may_return)
{
	u64 index = 0;
	struct page *page;

	if (v->base->kind == VMO_PHYSICAL && policy == v->base->cache_policy)
		return ZX_OK;
	if (!may_return && v->cache_policy != ZX_CACHE_POLICY_CACHED &&
	    vmo_next_resident_locked(v, &index, PT_INDEX_LIMIT, &page))
		return ZX_ERR_BAD_STATE;
	return v->base->pin_count || is_reached_locked(v) ? ZX_ERR_BAD_STATE
							  : ZX_OK;
}

/* Lines written through the kernel's alias must not come out later, over what a
 * program stored past the cache; lines read through it must not be read again
 * when the VMO is CACHED after that. */
static void flush_pages_locked(struct vmo *v)
{
	struct page *page;

	for (u64 i = 0; vmo_next_resident_locked(v, &i, PT_INDEX_LIMIT, &page);
	     i++)
		arch_cache_clean_invalidate(vmo_page_bytes(page), PAGE_SIZE);
}

zx_status_t vmo_set_cache_policy(struct vmo *v, u32 policy, bool may_return)
{
	zx_status_t status;

	mutex_lock(v->lock);
	status = check_policy_locked(v, policy, may_return);
	if (status == ZX_OK && policy != v->base->cache_policy) {
		flush_pages_locked(v);
		v->cache_policy = policy;
		v->lookup &= ~(u32)VMO_IS_UNCACHED;
		if (policy != ZX_CACHE_POLICY_CACHED)
			v->lookup |= VMO_IS_UNCACHED;
	}
	mutex_unlock(v->lock);
	return status;
}
