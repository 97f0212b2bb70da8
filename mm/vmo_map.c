/*
 * The mappings that show a VMO: list, and taking entries away from them.
 *
 * An operation on pages walks the list of its VMO, and those of the overlays
 * through which a pager's VMO shines; all are under one lock. Their number is
 * the user's choice, so the walk is cut into batches. No entry comes back
 * meanwhile: installing one takes the same lock (I12).
 */
#include <kernel/bits.h>
#include <mm/vmar.h>

#include "vmo_internal.h"

/* What one batch does, but for its last mapping: bounds the time with preemption
 * off. A mapping costs 1, and each 16 of its pages 1 more. */
#define BATCH_BUDGET 64
#define PAGES_COST_SHIFT 4

void vmo_link_mapping_locked(struct mapping *m)
{
	list_add_tail(&m->vmo->mappings, &m->vmo_node);
	m->named->mapping_count++;
}

void vmo_unlink_mapping_locked(struct mapping *m)
{
	list_del(&m->vmo_node);
	m->named->mapping_count--;
}

/*
 * Has somebody cleared or tightened entries of this mapping which are not
 * flushed yet, perhaps? Who removes it (change.c) or protects it; then our flush
 * must cover them too. Acquire: if all is flushed, that came before.
 */
static inline bool is_unflushed(const struct mapping *m)
{
	return m->state == MAPPING_DEAD ||
	       __atomic_load_n(&m->vmar->aspace->tightening, __ATOMIC_ACQUIRE);
}

/* Indices, and what is done to their entries: cleared (keep is 0), or left with
 * the permissions in keep. By value: it stays in registers. */
struct sweep {
	u64 start, end;
	u32 keep;
};

static inline void sweep_entries(struct sweep s, struct tlb_batch *b,
				 struct mapping *m, uaddr_t va, u64 count)
{
	struct arch_aspace *as = &m->vmar->aspace->arch;

	if (s.keep)
		pt_protect(as, va, count, s.keep, b);
	else
		pt_clear(as, va, count, b);
	if (__builtin_expect(is_unflushed(m), 0))
		tlb_batch_note_range(b, as, va, count);
}

/* Flushes, lets others run, and goes on with an empty batch. */
static void sweep_pause(struct tlb_batch *b)
{
	tlb_batch_end(b);
	tlb_batch_begin(b);
}

/* A range of any length, in batches of its own; what no table serves is passed
 * over. */
static __attribute__((noinline)) void
sweep_vast(struct sweep s, struct tlb_batch *b, struct mapping *m,
	   uaddr_t start, uaddr_t stop)
{
	struct arch_aspace *as = &m->vmar->aspace->arch;
	uaddr_t va = start;

	while ((va = pt_skip_empty(as, va, stop)) < stop) {
		u64 count = min_u64(VMO_STRETCH, (stop - va) >> PAGE_SHIFT);

		sweep_pause(b);
		sweep_entries(s, b, m, va, count);
		va += count << PAGE_SHIFT;
	}
	sweep_pause(b);
	/* Once more for all that a remover may have cleared until now. */
	if (is_unflushed(m))
		tlb_batch_note_range(b, as, start,
				     (stop - start) >> PAGE_SHIFT);
}

/* Returns what it costs. */
static inline u32 sweep_mapping(struct sweep s, struct tlb_batch *b,
				struct mapping *m)
{
	u64 first = max_u64(s.start, m->index);
	u64 last = min_u64(s.end,
			   m->index + (m->region.end - m->region.start));
	uaddr_t va = mapping_base(m) + ((first - m->index) << PAGE_SHIFT);

	if (first >= last)
		return 1;
	if (last - first <= VMO_STRETCH) {
		sweep_entries(s, b, m, va, last - first);
		return 1 + (u32)((last - first) >> PAGES_COST_SHIFT);
	}
	sweep_vast(s, b, m, va, va + ((last - first) << PAGE_SHIFT));
	return 1;
}

/* `spent` is the cost of the open batch, and then what is returned. */
static inline u32 sweep_list(struct sweep s, struct tlb_batch *b,
			     struct vmo *v, u32 spent)
{
	struct mapping *m;

	list_for_each(m, &v->mappings, vmo_node) {
		if (__builtin_expect(spent >= BATCH_BUDGET, 0)) {
			sweep_pause(b);
			spent = 0;
		}
		spent += sweep_mapping(s, b, m);
	}
	return spent;
}

static __attribute__((noinline)) u32
sweep_overlays(struct sweep s, struct tlb_batch *b, struct vmo *v, u32 spent)
{
	struct vmo *overlay;

	list_for_each(overlay, &v->overlays, overlay_node)
		spent = sweep_list(s, b, overlay, spent);
	return spent;
}

/* One pass over all who show v. The last batch stays open. */
static inline void sweep_all(struct sweep s, struct tlb_batch *b,
			     struct vmo *v)
{
	u32 spent;

	tlb_batch_begin(b);
	spent = sweep_list(s, b, v, 0);
	if (__builtin_expect(!list_is_empty(&v->overlays), 0))
		(void)sweep_overlays(s, b, v, spent);
}

/* Does without a batch where one page in one mapping is all there is to do, as
 * for most faults and DECOMMITs. False: it is not. */
static inline bool sweep_one_page(struct sweep s, struct vmo *v)
{
	struct mapping *m = container_of(v->mappings.next, struct mapping,
					 vmo_node);
	u64 into;

	if (s.end - s.start != 1 || !list_is_single(&v->mappings) ||
	    !list_is_empty(&v->overlays))
		return false;
	into = s.start - m->index;
	if (into < m->region.end - m->region.start)
		pt_clear_page(&m->vmar->aspace->arch,
			      mapping_base(m) + (into << PAGE_SHIFT));
	/* Behind the look at the entry: whoever cleared it before us said so
	 * before that. Then once more, with a flush that covers it. */
	return !is_unflushed(m);
}

static bool is_shown(const struct vmo *v)
{
	return !list_is_empty(&v->mappings) || !list_is_empty(&v->overlays);
}

/* Apart from the short cases, which need no room for a batch. */
static __attribute__((noinline)) void sweep_range(struct sweep s,
						  struct vmo *v)
{
	struct tlb_batch batch;

	sweep_all(s, &batch, v);
	tlb_batch_end(&batch);
}

void vmo_unmap_pages_locked(struct vmo *v, u64 start, u64 end)
{
	struct sweep s = { start, end, 0 };

	if (start < end && is_shown(v) && !sweep_one_page(s, v))
		sweep_range(s, v);
}

/* All mappings first and then all pages: the cost is the sum, and both are as
 * many as the user likes. No entry comes back meanwhile (I12). */
static __attribute__((noinline)) void
drop_apart_locked(struct vmo *v, u64 start, u64 end)
{
	vmo_unmap_pages_locked(v, start, end);
	vmo_free_pages_locked(v, start, end);
}

/* In one batch, which is short enough; for a tree that shares nothing: names of
 * shared pages may be given up only after the flush. */
static __attribute__((noinline)) void drop_together_locked(struct sweep s,
							   struct vmo *v)
{
	struct tlb_batch batch;

	sweep_all(s, &batch, v);
	/* Off the tree now, free after the flush (I3). */
	(void)ptree_remove(&v->pages, s.start, s.end, &batch.frames);
	tlb_batch_end(&batch);
}

void vmo_drop_pages_locked(struct vmo *v, u64 start, u64 end)
{
	struct sweep s = { start, end, 0 };

	if (start >= end)
		return;
	if (end - start > VMO_STRETCH || (v->lookup & VMO_HAS_KIN))
		drop_apart_locked(v, start, end);
	else if (!is_shown(v) || sweep_one_page(s, v))
		vmo_free_pages_locked(v, start, end);
	else
		drop_together_locked(s, v);
}

void vmo_drop_set_locked(struct vmo *v, u64 base, u64 set)
{
	struct tlb_batch batch;
	u32 spent = 0;

	tlb_batch_begin(&batch);
	while (set) {
		u32 first = bit_lowest64(set);
		u64 beyond = ~set & bits_from64(first);
		u32 last = beyond ? bit_lowest64(beyond) : 64;
		struct sweep s = { base + first, base + last, 0 };

		spent = sweep_list(s, &batch, v, spent);
		spent = sweep_overlays(s, &batch, v, spent);
		/* Off the tree now, free after the flush (I3). */
		(void)ptree_remove(&v->pages, s.start, s.end, &batch.frames);
		set &= last < 64 ? bits_from64(last) : 0;
	}
	tlb_batch_end(&batch);
}

/* --- Age ------------------------------------------------------------------ */

static u64 take_age_of_mapping(struct tlb_batch *b, struct mapping *m,
			       u64 base)
{
	u64 first = max_u64(base, m->index);
	u64 last = min_u64(base + PT_FANOUT,
			   m->index + (m->region.end - m->region.start));
	uaddr_t va = mapping_base(m) + ((first - m->index) << PAGE_SHIFT);

	if (first >= last)
		return 0;
	return pt_take_age(&m->vmar->aspace->arch, va, last - first, b)
	       << (first - base);
}

/* As sweep_list(): batches of bounded length. */
static u64 take_age_of_list(struct tlb_batch *b, struct vmo *v, u64 base,
			    u32 *spent)
{
	struct mapping *m;
	u64 used = 0;

	list_for_each(m, &v->mappings, vmo_node) {
		if ((*spent)++ >= BATCH_BUDGET / (PT_FANOUT >> PAGES_COST_SHIFT)) {
			sweep_pause(b);
			*spent = 0;
		}
		used |= take_age_of_mapping(b, m, base);
	}
	return used;
}

u64 vmo_take_age_locked(struct vmo *v, u64 base)
{
	struct tlb_batch batch;
	struct vmo *overlay;
	u32 spent = 0;
	u64 used;

	if (!is_shown(v))
		return 0;
	tlb_batch_begin(&batch);
	used = take_age_of_list(&batch, v, base, &spent);
	list_for_each(overlay, &v->overlays, overlay_node)
		used |= take_age_of_list(&batch, overlay, base, &spent);
	tlb_batch_end(&batch);
	return used;
}

void vmo_write_protect_locked(struct vmo *v, u64 start, u64 end)
{
	struct sweep s = { start, end, PT_READ | PT_EXEC };

	if (v->write_mapped && start < end)
		sweep_range(s, v);
}

void vmo_forget_zero_page_locked(struct vmo *v, u64 start, u64 end)
{
	struct vmo *overlay;
	bool shown = v->zero_mapped;

	list_for_each(overlay, &v->overlays, overlay_node)
		shown |= overlay->zero_mapped;
	if (shown)
		vmo_unmap_pages_locked(v, start, end);
}
