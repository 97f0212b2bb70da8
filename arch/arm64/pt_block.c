/*
 * Block entries: 2 MiB of contiguous memory in one entry of level 2.
 *
 * A block is never split into a table of pages. Where a part of it must change
 * it goes as a whole, by way of invalid and a flush (I5), and the rest comes
 * back by faults; so no operation that takes rights away needs memory.
 *
 * One TLBI by any address of a block drops all of it, whatever pieces a TLB has
 * made of it (Arm ARM D8.14.5), and the last-level forms hit it, since level 2 is
 * where its walk ends. So a block is noted as one page.
 *
 * All of this is off the hot paths of pt.c: as->block_count says whether there is
 * any block to look for. Everything runs under LOCK_PT.
 */
#include "pt_walk.h"

#define BLOCK_MASK (PT_BLOCK_BYTES - 1)

u64 *pt_find_block(const struct arch_aspace *as, uaddr_t va)
{
	u32 level;
	u64 *table = walk(as, va, &level);
	u64 *entry = &table[pt_index(va, PT_LEVEL_BLOCK)];

	return level == PT_LEVEL_BLOCK && *entry != 0 ? entry : NULL;
}

bool pt_block_permits(u64 block, uaddr_t va, u64 want)
{
	u64 page = block | (va & BLOCK_MASK & ~PAGE_MASK) | ENTRY_PAGE;

	/* I5: only rights may differ, as in pt_widen(). */
	ASSERT(((page ^ want) & ~ENTRY_LIMITS) == 0);
	return (block & ~want & ENTRY_LIMITS) == 0;
}

zx_status_t pt_map_block(struct arch_aspace *as, uaddr_t va, paddr_t pa,
			 u32 flags, struct pt_reserve *reserve)
{
	u64 want = user_entry(pa, flags) & ~ENTRY_IS_TABLE;
	zx_status_t status = ZX_OK;
	u64 *table, *entry;
	u32 level;

	DEBUG_ASSERT(((va | pa.v) & BLOCK_MASK) == 0);
	PTCHECK(map_hook(as, va));
	spin_lock(&as->lock);
	table = walk(as, va, &level);
	if (level < PT_LEVEL_BLOCK)
		table = pt_add_tables(as, va, table, level, PT_LEVEL_BLOCK,
				      reserve);
	if (level == PT_LEVEL_LEAF) {
		status = ZX_ERR_ALREADY_EXISTS;
	} else if (table == NULL) {
		status = ZX_ERR_NO_RESOURCES;
	} else if (*(entry = &table[pt_index(va, PT_LEVEL_BLOCK)]) == 0) {
		/* No TLBI and no barrier, as for a page (I6). */
		pte_store(as, entry, va, PT_LEVEL_BLOCK, want);
		table_page(table)->count++;
		as->block_count++;
		stat_add(STAT_PTES_SET, 1);
	} else {
		pt_widen(as, entry, va, PT_LEVEL_BLOCK, want);
	}
	spin_unlock(&as->lock);
	return status;
}

static void take_down(struct arch_aspace *as, u64 *entry, uaddr_t va,
		      struct tlb_batch *batch)
{
	u64 old = *entry;

	pte_store(as, entry, va, PT_LEVEL_BLOCK, 0);
	table_page(entry)->count--;
	as->block_count--;
	batch->executable |= (old & ENTRY_UXN) == 0;
	if (MUTATED(NOTE_OTHER_BLOCK))
		va ^= PT_BLOCK_BYTES;
	tlb_batch_note(batch, as, va, 1);
}

u64 pt_clear_block(struct arch_aspace *as, u64 *entry, uaddr_t va,
		   uaddr_t stop, struct tlb_batch *batch)
{
	take_down(as, entry, va, batch);
	/* The rest of the block is none of this operation's. Another one that
	 * finds nothing there must not go on before the flush, so that has to
	 * happen under LOCK_PT, as if a table had been unlinked. */
	if (stop - va < PT_BLOCK_BYTES && !MUTATED(LATE_PART_FLUSH))
		batch->table_unlinked = true;
	/* An empty leaf table is found again by pt_unmap(), an empty table
	 * above the leaves would not be: it goes now. */
	if (table_page(entry)->count == 0)
		pt_prune_above(as, va, batch);
	return 1;
}

void pt_break_block(struct arch_aspace *as, u64 *entry, uaddr_t va)
{
	struct tlb_batch batch;

	tlb_batch_begin(&batch);
	take_down(as, entry, va, &batch);
	stat_add(STAT_PTES_CLEARED, 1);
	if (MUTATED(BREAK_NO_FLUSH))
		batch.note_count = 0;
	/* Before the table that takes its place is linked (I5). The batch has
	 * nothing to free, so it may end under LOCK_PT. */
	tlb_batch_end(&batch);
}

u64 pt_tighten_block(struct arch_aspace *as, u64 *entry, uaddr_t va,
		     uaddr_t stop, u64 limits, struct tlb_batch *batch)
{
	u64 old = *entry;

	if ((old & limits) == limits)
		return 0;
	if (stop - va < PT_BLOCK_BYTES)
		return pt_clear_block(as, entry, va, stop, batch);
	/* In place: rights may change under a valid entry (I5). */
	pte_store(as, entry, va, PT_LEVEL_BLOCK, old | limits);
	batch->executable |= (old & ENTRY_UXN) == 0;
	tlb_batch_note(batch, as, va, 1);
	return 1;
}
