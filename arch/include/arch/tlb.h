/*
 * TLB batch: one flush for all entries that one operation cleared or tightened,
 * in any number of address spaces (docs/invariants.md, I1-I4, I8, I13-I16).
 *
 * Lives on the writer's stack, under the locks of the operation. What it notes
 * are ranges. Above tlb_page_limit() pages of one aspace it flushes the whole
 * ASID; when more separate ranges are noted than fit, the aspace with no room
 * is turned into one whole-ASID note, and if that makes no room either,
 * everything is flushed.
 */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include <kernel/preempt.h>
#include <mm/page.h>

struct arch_aspace;

#define TLB_NOTE_COUNT 16
#define TLB_WHOLE_ASID (~0ul)	/* page_count of a note: all addresses */

struct tlb_note {
	struct arch_aspace *as;
	uaddr_t va;
	u64 page_count;
};

struct tlb_batch {
	u32 note_count;
	bool flush_all;		/* notes overflowed over several aspaces */
	bool table_unlinked;	/* leaf-only forms are not enough (I2) */
	bool executable;	/* an executable entry changed (I4) */
	u64 changed_count;	/* entries cleared or tightened */
	struct page *frames;	/* freed after the flush, list by next */
	struct page *tables;	/* the same for unlinked tables, all zero */
	struct tlb_note notes[TLB_NOTE_COUNT];
};

/* Preemption is off from here to tlb_batch_end(): DSB waits only for what this
 * CPU did (I16). Batches do not nest. */
void tlb_batch_begin(struct tlb_batch *b);

/* The frame is freed by tlb_batch_end() after the flush, not before. */
static inline void tlb_batch_free_page(struct tlb_batch *b, struct page *p)
{
	p->next = b->frames;
	b->frames = p;
}

/*
 * Notes the range for invalidation although no entry is valid now: for
 * mappings that another thread has cleared but not yet flushed. A block that the
 * range touches is covered as a whole. Takes LOCK_PT,
 * which orders that thread's stores before this batch's flush.
 */
void tlb_batch_note_range(struct tlb_batch *b, struct arch_aspace *as,
			  uaddr_t va, u64 page_count);

/*
 * DSB ISHST; TLBIs; DSB ISH (; ISB); then frees. On return no CPU holds a
 * translation that was cleared or tightened in this batch. Nothing noted:
 * no barrier, no TLBI. No spinlock held.
 */
void tlb_batch_end(struct tlb_batch *b);

#endif
