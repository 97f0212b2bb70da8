/*
 * TLB batches: the order of store, barrier, TLBI, barrier, free.
 *
 * A TLBI ...IS reaches all CPUs of the inner-shareable domain, and the DSB ISH
 * after it waits until all of them are done with the old translations (Arm ARM
 * D8.14.4): no interrupts between CPUs. Takes no lock but LOCK_PT in
 * tlb_batch_note_range(). Invariants kept here: I1-I4, I8, I13, I15, I16.
 */
#include <arch/mmu.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <mm/pmm.h>

#include "pt.h"

/* Pages of one aspace that are flushed by range operations before the whole
 * ASID is: at most four operations a note. */
#define RANGE_PAGE_LIMIT 8192

static u64 tlb_page_limit(void)
{
	return arch_has_feature(ARCH_FEATURE_TLBI_RANGE) ? RANGE_PAGE_LIMIT :
							   CONFIG_TLB_RANGE_MAX;
}

void tlb_batch_begin(struct tlb_batch *b)
{
	if (!MUTATED(PREEMPTIBLE_BATCH))
		preempt_disable();
	PTCHECK(batch_begin_hook());
	b->note_count = 0;
	b->flush_all = false;
	b->table_unlinked = false;
	b->executable = false;
	b->changed_count = 0;
	b->frames = NULL;
	b->tables = NULL;
}

/* Makes room: each aspace that has several notes gets one for its whole ASID.
 * False if all notes are of different aspaces. */
static bool fold_notes(struct tlb_batch *b)
{
	u32 kept = 0, i, j;

	for (i = 0; i < b->note_count; i++) {
		for (j = 0; j < kept && b->notes[j].as != b->notes[i].as; j++)
			;
		if (j == kept) {
			b->notes[kept++] = b->notes[i];
			continue;
		}
		b->notes[j].va = 0;
		b->notes[j].page_count = TLB_WHOLE_ASID;
	}
	b->note_count = kept;
	return kept < TLB_NOTE_COUNT;
}

void tlb_batch_note(struct tlb_batch *b, struct arch_aspace *as, uaddr_t va,
		    u64 page_count)
{
	struct tlb_note *last;

	if (MUTATED(SHORT_NOTE) && --page_count == 0)
		return;
	if (b->note_count != 0) {
		last = &b->notes[b->note_count - 1];
		/* A whole-ASID note ends at no user address. */
		if (last->as == as &&
		    last->va + (last->page_count << PAGE_SHIFT) == va) {
			last->page_count += page_count;
			return;
		}
		if (b->note_count == TLB_NOTE_COUNT && !fold_notes(b)) {
			b->flush_all = !MUTATED(FORGET_OVERFLOW);
			return;
		}
	}
	last = &b->notes[b->note_count++];
	last->as = as;
	last->va = va;
	last->page_count = page_count;
}

void tlb_batch_note_range(struct tlb_batch *b, struct arch_aspace *as,
			  uaddr_t va, u64 page_count)
{
	/* Whoever cleared these entries did so under this lock. Taking it once
	 * makes those stores observed by this CPU, hence covered by its DSB
	 * ISHST (B2.3.10: barriers are cumulative). */
	spin_lock(&as->lock);
	PTCHECK(adopt_hook(as, va, page_count));
	spin_unlock(&as->lock);
	tlb_batch_note(b, as, va, page_count);
}

/*
 * The ASID to flush, read after the DSB ISHST of the flush. If another CPU
 * gives the aspace a new ASID now, asid.c makes that store complete before the
 * CPU can walk these tables, so either this read sees the new ASID or all
 * walks under the new one see the changed entries. 0: it never ran.
 */
static inline u64 asid_to_flush(struct arch_aspace *as)
{
	if (MUTATED(TLBI_OF_CURRENT) && arch_current()->cpu->active_aspace)
		as = arch_current()->cpu->active_aspace;
	return __atomic_load_n(&as->asid, __ATOMIC_RELAXED);
}

static void flush_asid(struct arch_aspace *as, u64 asid)
{
	op_tlbi_asid(as, asid);
	stat_add(STAT_TLBI_ASID, 1);
}

/* Two pages or more. Each operation covers num + 1 units of 2, 64, 2048 or
 * 65536 pages; the digits of page_count in that system say which. */
static void flush_range(struct arch_aspace *as, u64 asid, uaddr_t va,
			u64 page_count, bool leaf_only)
{
	u32 scale;

	if (page_count & 1) {
		op_tlbi_page(as, asid, va, leaf_only);
		stat_add(STAT_TLBI_PAGE, 1);
		va += PAGE_SIZE;
	}
	for (scale = 0; scale < 4; scale++) {
		u32 shift = 5 * scale + 1;
		u64 units = (page_count >> shift) & 31;

		if (units == 0)
			continue;
		op_tlbi_range(as, asid, va, units - 1, scale, leaf_only);
		stat_add(STAT_TLBI_RANGE, 1);
		va += units << (shift + PAGE_SHIFT);
	}
}

static void flush_pages(const struct tlb_note *note, u64 asid, bool leaf_only)
{
	u64 i;

	if (note->page_count > 1 && arch_has_feature(ARCH_FEATURE_TLBI_RANGE)) {
		flush_range(note->as, asid, note->va, note->page_count,
			    leaf_only);
		return;
	}
	for (i = 0; i < note->page_count; i++)
		op_tlbi_page(note->as, asid, note->va + (i << PAGE_SHIFT),
			     leaf_only);
	stat_add(STAT_TLBI_PAGE, note->page_count);
}

/* Pages noted for the aspace of note i; sets *first if i is its first note. */
static u64 count_noted(const struct tlb_batch *b, u32 i, bool *first)
{
	u64 limit = tlb_page_limit(), sum = 0;
	u32 j;

	*first = true;
	for (j = 0; j < b->note_count; j++) {
		if (b->notes[j].as != b->notes[i].as)
			continue;
		if (j < i)
			*first = false;
		if (b->notes[j].page_count > limit)
			sum = limit + 1;	/* TLB_WHOLE_ASID would wrap */
		else if (sum <= limit)
			sum += b->notes[j].page_count;
	}
	return sum;
}

static inline bool is_leaf_only(const struct tlb_batch *b)
{
	return MUTATED(LEAF_ONLY) || !b->table_unlinked;
}

/* So few pages are noted in all that no aspace has too many. */
static bool noted_few(const struct tlb_batch *b)
{
	u64 limit = tlb_page_limit(), sum = 0;
	u32 i;

	for (i = 0; i < b->note_count && sum <= limit; i++) {
		if (b->notes[i].page_count > limit)
			return false;	/* TLB_WHOLE_ASID would wrap */
		sum += b->notes[i].page_count;
	}
	return sum <= limit;
}

static inline void flush_note(const struct tlb_batch *b, u32 i, bool few)
{
	const struct tlb_note *note = &b->notes[i];
	u64 asid = asid_to_flush(note->as);
	bool first;

	if (asid == 0) {
		PTCHECK(tlbi_asid_hook(note->as, 0));
		return;
	}
	if (few || count_noted(b, i, &first) <= tlb_page_limit())
		flush_pages(note, asid, is_leaf_only(b));
	else if (first)
		flush_asid(note->as, asid);
}

static __attribute__((noinline)) void flush_notes(const struct tlb_batch *b)
{
	bool few;
	u32 i;

	if (b->flush_all) {
		op_tlbi_all();
		stat_add(STAT_TLBI_ALL, 1);
		return;
	}
	few = noted_few(b);
	for (i = 0; i < b->note_count; i++)
		flush_note(b, i, few);
}

/* Mutants: what the batch holds goes before the flush. */
static inline void free_too_early(struct tlb_batch *b)
{
	if (MUTATED(FREE_BEFORE_FLUSH) && b->frames != NULL) {
		pmm_free_list(b->frames);
		b->frames = NULL;
	}
	if (MUTATED(TABLE_FREE_EARLY) && b->tables != NULL) {
		pt_stock_put_list(b->tables);
		b->tables = NULL;
	}
}

void tlb_batch_flush(struct tlb_batch *b)
{
	struct percpu *cpu = arch_current()->cpu;
	u64 asid;

	free_too_early(b);
	/* I1: the cleared entries before the TLBI. Otherwise a walk after the
	 * TLBI could still read the old entry and cache it (D8.14.4). ISHST: only
	 * stores matter, and only to walkers of the inner-shareable domain. */
	op_dsb_ishst();
	/* One page alone, the usual case, is never too much. */
	asid = asid_to_flush(b->notes[0].as);
	if (b->note_count == 1 && b->notes[0].page_count == 1 && asid != 0) {
		op_tlbi_page(b->notes[0].as, asid, b->notes[0].va,
			     is_leaf_only(b));
		cpu->stats[STAT_TLBI_PAGE]++;
	} else {
		flush_notes(b);
	}
	/* I3: waits until every CPU has dropped the translations and finished
	 * the accesses that used them. Only now may the frames have a new
	 * owner, the locks go and the call return. */
	op_dsb_ish();
	/* I4: instructions fetched by the old translation must not run here. */
	if (b->executable)
		op_isb();
	cpu->stats[STAT_DSB] += 2;
	cpu->stats[STAT_BATCHES]++;
	b->note_count = 0;
	b->flush_all = false;
	b->table_unlinked = false;
}

void tlb_batch_end(struct tlb_batch *b)
{
	if (MUTATED(ALLOC_IN_BATCH))
		pmm_free(pmm_alloc());
	if (b->note_count != 0)
		tlb_batch_flush(b);
	PTCHECK(batch_end_hook(b->executable));
	if (!MUTATED(PREEMPTIBLE_BATCH))
		preempt_enable();
	if (b->tables != NULL)
		pt_stock_put_list(b->tables);
	if (b->frames != NULL)
		pmm_free_list(b->frames);
}

void tlb_flush_page(struct arch_aspace *as, uaddr_t va)
{
	u64 asid;

	/* The changed entry before the TLBI, as in tlb_batch_flush(). */
	op_dsb_ishst();
	asid = asid_to_flush(as);
	if (asid != 0) {
		op_tlbi_page(as, asid, va, true);
		stat_add(STAT_TLBI_PAGE, 1);
	} else {
		PTCHECK(tlbi_asid_hook(as, 0));
	}
	/* Until here a CPU may use the old entry; from here none can. */
	op_dsb_ish();
	stat_add(STAT_DSB, 2);
}

void tlb_flush_aspace(struct arch_aspace *as)
{
	u64 asid;

	preempt_disable();
	/* All unlinking stores before the TLBI, as in flush(). */
	op_dsb_ishst();
	asid = asid_to_flush(as);
	if (asid != 0)
		flush_asid(as, asid);
	else
		PTCHECK(tlbi_asid_hook(as, 0));
	/* I9: no walk of any CPU uses the root or a cached part of it now. */
	op_dsb_ish();
	stat_add(STAT_DSB, 2);
	preempt_enable();
}
