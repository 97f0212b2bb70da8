/*
 * VMOs: object, size, pages by offset. Copies to and from callers are in
 * vmo_io.c, range operations in vmo_range.c.
 */
#include <arch/mmu.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/ptcheck.h>
#include <mm/slab.h>
#include <mm/vmar.h>
#include <mm/vmo.h>

#include "vmo_internal.h"

/* Pages that one step of a VMO's end frees. */
#define TEARDOWN_BUDGET 1024

/* Pages of a mapping that one batch clears, and mappings that it looks at: both
 * bound the time with preemption off. */
#define STRETCH 1024ul
#define MAPPINGS_A_BATCH 64

struct page *zero_page;

static struct slab_cache vmo_cache;

void vmo_init_module(void)
{
	slab_cache_init(&vmo_cache, "vmo", sizeof(struct vmo));
}

static void free_vmo(struct epoch_head *h)
{
	slab_free(&vmo_cache, container_of(h, struct vmo, epoch));
}

/* No handle, mapping or child is left: nobody else reaches the tree. */
static void vmo_destroy(struct object *o)
{
	struct vmo *v = vmo_from_object(o);
	bool done;

	DEBUG_ASSERT(list_is_empty(&v->mappings));
	if (v->source)
		page_source_vmo_destroyed(v->source);
	do {
		struct page *list = NULL;

		done = ptree_teardown_step(&v->pages, TEARDOWN_BUDGET, &list);
		pmm_free_list(list);
	} while (!done);
	epoch_defer(&v->epoch, free_vmo);
}

static const struct object_ops vmo_ops = {
	.destroy = vmo_destroy,
};

zx_status_t vmo_create_with_source(u64 size, u32 options,
				   struct page_source *source,
				   struct vmo **out)
{
	struct vmo *v = slab_alloc(&vmo_cache);

	if (!v)
		return ZX_ERR_NO_MEMORY;
	memset(v, 0, sizeof(*v));
	object_init(&v->object, ZX_OBJ_TYPE_VMO, &vmo_ops,
		    ZX_VMO_ZERO_CHILDREN);
	mutex_init(&v->lock, LOCK_VMO);
	list_init(&v->mappings);
	ptree_init(&v->pages);
	v->size = size;
	v->options = options;
	v->cache_policy = ZX_CACHE_POLICY_CACHED;
	v->source = source;
	*out = v;
	return ZX_OK;
}

zx_status_t vmo_create(u64 size, u32 options, struct vmo **out)
{
	return vmo_create_with_source(size, options, NULL, out);
}

/* --- Mappings ------------------------------------------------------------- */

void vmo_link_mapping_locked(struct vmo *v, struct mapping *m)
{
	list_add_tail(&v->mappings, &m->vmo_node);
	v->mapping_count++;
}

void vmo_unlink_mapping_locked(struct vmo *v, struct mapping *m)
{
	list_del(&m->vmo_node);
	v->mapping_count--;
}

/* Clears what one mapping shows of [offset, end). */
static void unmap_from(struct mapping *m, u64 offset, u64 end,
		       struct tlb_batch *batch)
{
	u64 first = max_u64(offset, m->vmo_offset);
	u64 last = min_u64(end, m->vmo_offset + mapping_size(m));
	struct arch_aspace *as = &m->vmar->aspace->arch;
	uaddr_t va = mapping_base(m) + (first - m->vmo_offset);

	if (first >= last)
		return;
	pt_clear(as, va, (last - first) >> PAGE_SHIFT, batch);
	/* Whoever removes this mapping has cleared its entries, perhaps, but
	 * not flushed them: our flush must cover them too (change.c). */
	if (m->state == MAPPING_DEAD)
		tlb_batch_note_range(batch, as, va,
				     (last - first) >> PAGE_SHIFT);
}

void vmo_unmap_range_locked(struct vmo *v, u64 offset, u64 bytes,
			    struct tlb_batch *batch)
{
	struct mapping *m;
	u32 seen = 0;

	list_for_each(m, &v->mappings, vmo_node) {
		bool executable = batch->executable;

		/* Their number is the user's choice. No entry comes back
		 * meanwhile: that takes v->lock (I12). The frames that the
		 * caller will give to the batch may have been executed (I4). */
		if (seen++ == MAPPINGS_A_BATCH) {
			tlb_batch_end(batch);
			tlb_batch_begin(batch);
			batch->executable = executable;
			seen = 1;
		}
		unmap_from(m, offset, offset + bytes, batch);
	}
}

/*
 * The same for a range of any length, in batches of its own; true if one of the
 * entries was executable. What no table serves is passed over. A remover's
 * flush is done last, for all that the remover may have cleared until then (see
 * unmap_from).
 */
static bool unmap_vast_from(struct mapping *m, u64 offset, u64 end)
{
	u64 first = max_u64(offset, m->vmo_offset);
	u64 last = min_u64(end, m->vmo_offset + mapping_size(m));
	struct arch_aspace *as = &m->vmar->aspace->arch;
	uaddr_t start = mapping_base(m) + (first - m->vmo_offset);
	uaddr_t va = start, stop = start + (last - first);
	struct tlb_batch batch;
	bool executable = false;

	if (first >= last)
		return false;
	while ((va = pt_skip_empty(as, va, stop)) < stop) {
		u64 count = min_u64(STRETCH, (stop - va) >> PAGE_SHIFT);

		tlb_batch_begin(&batch);
		pt_clear(as, va, count, &batch);
		executable |= batch.executable;
		tlb_batch_end(&batch);
		va += count << PAGE_SHIFT;
	}
	if (m->state != MAPPING_DEAD)
		return executable;
	tlb_batch_begin(&batch);
	tlb_batch_note_range(&batch, as, start, (stop - start) >> PAGE_SHIFT);
	tlb_batch_end(&batch);
	return executable;
}

bool vmo_unmap_pages_locked(struct vmo *v, u64 start, u64 end)
{
	bool executable = false;
	struct tlb_batch batch;
	struct mapping *m;

	if (end - start > STRETCH) {
		list_for_each(m, &v->mappings, vmo_node)
			executable |= unmap_vast_from(m, start << PAGE_SHIFT,
						      end << PAGE_SHIFT);
		return executable;
	}
	if (start == end || list_is_empty(&v->mappings))
		return false;
	tlb_batch_begin(&batch);
	vmo_unmap_range_locked(v, start << PAGE_SHIFT,
			       (end - start) << PAGE_SHIFT, &batch);
	tlb_batch_end(&batch);
	return batch.executable;
}

/* --- Pages ---------------------------------------------------------------- */

void vmo_forget_zero_page_locked(struct vmo *v, u64 start, u64 end)
{
	if (v->zero_mapped)
		(void)vmo_unmap_pages_locked(v, start, end);
}

/* Puts a fresh zeroed page at index. Entries that show the zero page there
 * are flushed before the new page can be seen (I5). */
static zx_status_t commit_page_locked(struct vmo *v, u64 index,
				      struct page **out)
{
	struct ptree_cursor c;
	struct page *p = pmm_alloc();
	zx_status_t status;

	if (!p)
		return ZX_ERR_NO_MEMORY;
	ptree_cursor_init(&c, &v->pages);
	status = ptree_cursor_prepare(&c, index);
	if (status != ZX_OK) {
		pmm_free(p);
		return status;
	}
	arch_zero_page(phys_to_virt(page_to_paddr(p)));
	vmo_forget_zero_page_locked(v, index, index + 1);
	p->state = PAGE_VMO;
	p->private = VMO_PAGE_DIRTY;
	(void)ptree_cursor_set(&c, index, pt_slot_page(p));
	ptree_cursor_end(&c);
	stat_add(STAT_FAULTS_ZERO, 1);
	*out = p;
	return ZX_OK;
}

/* A pager's page is clean until it is written, and may be written only once it
 * is marked, so that detach and eviction know what they may drop. */
static bool touch_paged(struct page *p, bool write)
{
	if (write)
		p->private = VMO_PAGE_DIRTY;
	return p->private == VMO_PAGE_DIRTY;
}

zx_status_t vmo_get_page_locked(struct vmo *v, u64 offset, bool write,
				struct page_request *request,
				struct page **out, bool *writable)
{
	u64 index = offset >> PAGE_SHIFT;
	struct pt_slot s;

	if (offset >= v->size)
		return ZX_ERR_OUT_OF_RANGE;
	s = ptree_get(&v->pages, index);
	if (pt_slot_type(s) == PT_PAGE) {
		*out = pt_page(s);
		*writable = !v->source || touch_paged(*out, write);
		return ZX_OK;
	}
	*writable = true;
	if (pt_slot_type(s) == PT_EMPTY && v->source)
		return page_source_request(v->source,
					   round_down_page(offset), PAGE_SIZE,
					   request);
	if (write)
		return commit_page_locked(v, index, out);
	v->zero_mapped = true;
	*writable = false;
	*out = zero_page;
	return ZX_OK;
}

u64 vmo_get_resident_locked(struct vmo *v, u64 index, u64 count,
			    struct page **frames)
{
	u64 limit = v->size >> PAGE_SHIFT;
	u64 in_leaf = PT_FANOUT - index % PT_FANOUT;
	struct ptree_cursor c;
	u64 bits, end = 0;

	ptree_cursor_init(&c, &v->pages);
	ptree_cursor_load(&c, index);
	if (!c.path[0] || index >= limit)
		return 0;
	count = min_u64(min_u64(count, in_leaf), limit - index);
	bits = c.path[0]->present >> (index % PT_FANOUT);
	bits &= ~0ul >> (64 - count);
	for (; bits; bits &= bits - 1) {
		u32 i = bit_lowest64(bits);
		struct pt_slot s = { c.path[0]->slots[index % PT_FANOUT + i] };

		if (pt_slot_type(s) != PT_PAGE)
			continue;
		while (end < i)
			frames[end++] = NULL;
		frames[end++] = pt_page(s);
	}
	return end;
}

bool vmo_next_resident_locked(struct vmo *v, u64 *index, u64 end,
			      struct page **out)
{
	u64 stop = min_u64(end, v->size >> PAGE_SHIFT);

	while (*index < stop) {
		struct pt_slot s = ptree_next(&v->pages, *index, stop, index);

		if (pt_slot_type(s) == PT_EMPTY)
			return false;
		if (pt_slot_type(s) == PT_PAGE) {
			*out = pt_page(s);
			return true;
		}
		(*index)++;
	}
	return false;
}

static void drop_stretch_locked(struct vmo *v, u64 start, u64 end)
{
	struct tlb_batch batch;

	tlb_batch_begin(&batch);
	vmo_unmap_range_locked(v, start << PAGE_SHIFT,
			       (end - start) << PAGE_SHIFT, &batch);
	/* Off the tree now, free after the flush (I3). */
	(void)ptree_remove(&v->pages, start, end, &batch.frames);
	tlb_batch_end(&batch);
}

/* One batch frees them: the executable ones through an epoch (I4). */
static void free_stretch_locked(struct vmo *v, u64 start, u64 end,
				bool executable)
{
	struct tlb_batch batch;

	tlb_batch_begin(&batch);
	batch.executable = executable;
	(void)ptree_remove(&v->pages, start, end, &batch.frames);
	tlb_batch_end(&batch);
}

void vmo_free_pages_locked(struct vmo *v, u64 start, u64 end, bool executable)
{
	while (pt_slot_type(ptree_next(&v->pages, start, end, &start)) !=
	       PT_EMPTY) {
		u64 stop = min_u64(start + STRETCH, end);

		free_stretch_locked(v, start, stop, executable);
		start = stop;
	}
}

void vmo_drop_pages_locked(struct vmo *v, u64 start, u64 end)
{
	bool executable;

	if (end - start <= STRETCH) {
		if (start < end)
			drop_stretch_locked(v, start, end);
		return;
	}
	/* All mappings first and then all pages: the cost is the sum, and both
	 * are as many as the user likes. No entry comes back meanwhile (I12). */
	executable = vmo_unmap_pages_locked(v, start, end);
	vmo_free_pages_locked(v, start, end, executable);
}

/* --- Size ----------------------------------------------------------------- */

u64 vmo_get_size(struct vmo *v)
{
	u64 size;

	mutex_lock(&v->lock);
	size = v->size;
	mutex_unlock(&v->lock);
	return size;
}

static void shrink_locked(struct vmo *v, u64 size)
{
	u64 first = size >> PAGE_SHIFT;
	u64 end = v->size >> PAGE_SHIFT;

	if (v->source)
		page_source_shrink(v->source, &v->pages, size);
	v->size = size;
	vmo_forget_zero_page_locked(v, first, end);
	vmo_drop_pages_locked(v, first, end);
}

/* vmo.md 1, line 7: what an unaligned new size cuts off reads zero. */
static void zero_tail_locked(struct vmo *v, u64 size)
{
	struct pt_slot s = ptree_get(&v->pages, size >> PAGE_SHIFT);

	if (pt_slot_type(s) == PT_PAGE && !is_page_aligned(size))
		memset(vmo_page_bytes(pt_page(s)) + (size & PAGE_MASK), 0,
		       PAGE_SIZE - (size & PAGE_MASK));
}

zx_status_t vmo_set_size(struct vmo *v, u64 size)
{
	zx_status_t status = ZX_OK;
	u64 rounded;

	if (!(v->options & ZX_VMO_RESIZABLE))
		return ZX_ERR_UNAVAILABLE;
	if (!round_up_page(size, &rounded) || rounded > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	mutex_lock(&v->lock);
	if (rounded < v->size) {
		status = ptree_remove_prepare(&v->pages, rounded >> PAGE_SHIFT,
					      v->size >> PAGE_SHIFT);
		if (status == ZX_OK) {
			zero_tail_locked(v, size);
			shrink_locked(v, rounded);
		}
	} else {
		v->size = rounded;
	}
	mutex_unlock(&v->lock);
	return status;
}

/* --- Information ---------------------------------------------------------- */

u64 vmo_committed_pages(struct vmo *v, u64 offset, u64 bytes)
{
	u64 start = min_u64(offset >> PAGE_SHIFT, PT_INDEX_LIMIT);
	u64 end = min_u64(start + (bytes >> PAGE_SHIFT), PT_INDEX_LIMIT);
	u64 count;

	mutex_lock(&v->lock);
	count = ptree_count(&v->pages, start, end);
	mutex_unlock(&v->lock);
	return count;
}

void vmo_set_name(struct vmo *v, const char *name, size_t length)
{
	status_ignore(object_set_name(&v->object, name, length));
}

void vmo_get_name(struct vmo *v, char *name)
{
	object_get_name(&v->object, name);
}

/* Address spaces that map the VMO, exact up to SHARE_EXACT, and 1 below two
 * mappings (vmo.md 10.2). */
#define SHARE_EXACT 64

static u64 share_count_locked(struct vmo *v)
{
	const struct aspace *seen[SHARE_EXACT];
	struct mapping *m;
	u64 count = 0;

	list_for_each(m, &v->mappings, vmo_node) {
		u64 i = 0;

		while (i < count && seen[i] != m->vmar->aspace)
			i++;
		if (i == count && count < SHARE_EXACT)
			seen[count++] = m->vmar->aspace;
	}
	return count < 1 ? 1 : count;
}

u64 vmo_metadata_bytes(struct vmo *v)
{
	u64 bytes = 0, found;

	mutex_lock(&v->lock);
	if (ptree_next(&v->pages, 0, PT_INDEX_LIMIT, &found).word)
		bytes = sizeof(struct pt_node) *
			(v->pages.height + 1 +
			 ptree_count(&v->pages, 0, PT_INDEX_LIMIT) / PT_FANOUT);
	mutex_unlock(&v->lock);
	return bytes;
}

void vmo_get_info(struct vmo *v, zx_info_vmo_t *out)
{
	u64 page_count;

	memset(out, 0, sizeof(*out));
	out->koid = v->object.koid;
	vmo_get_name(v, out->name);
	mutex_lock(&v->lock);
	page_count = ptree_count(&v->pages, 0, PT_INDEX_LIMIT);
	out->size_bytes = v->size;
	out->num_mappings = v->mapping_count;
	out->share_count = share_count_locked(v);
	out->committed_bytes = page_count << PAGE_SHIFT;
	mutex_unlock(&v->lock);
	out->flags = ZX_INFO_VMO_TYPE_PAGED |
		     (v->options & ZX_VMO_RESIZABLE ? ZX_INFO_VMO_RESIZABLE : 0) |
		     (v->source ? ZX_INFO_VMO_PAGER_BACKED : 0);
	out->cache_policy = v->cache_policy;
}
