/*
 * The access flag of user entries: which pages were used (Arm ARM D8.5.1).
 *
 * An entry is made with the flag set. The age of pages is learnt by clearing it
 * and looking again later: hardware sets it at the next use (FEAT_HAFDBS,
 * TCR_EL1.HA), or the access faults and pt_map() sets it.
 *
 * Why the plain stores are right although hardware may change the same word:
 * hardware changes nothing but a clear flag into a set one, by an atomic update
 * that takes effect only if the entry still is what its walk has read (D8.5.2).
 * So it never brings back an entry that was cleared. A store of ours may undo
 * a flag set since we read the entry: the page looks older than it is, once.
 */
#include "pt_walk.h"

/* Takes the flag from those of `count` entries that have it. */
static u64 take_flags(struct arch_aspace *as, u64 *entry, uaddr_t va,
		      u64 count, struct tlb_batch *batch)
{
	u64 used = 0;

	for (u64 i = 0; i < count; i++, va += PAGE_SIZE) {
		u64 old = entry[i];

		/* An empty entry has it clear. */
		if (!(old & ENTRY_AF))
			continue;
		/* In place (I5): neither the address nor a right changes. */
		pte_store(as, &entry[i], va, PT_LEVEL_LEAF, old & ~ENTRY_AF);
		tlb_batch_note(batch, as, va, 1);
		used |= 1ul << i;
	}
	return used;
}

u64 pt_take_age(struct arch_aspace *as, uaddr_t va, u64 count,
		struct tlb_batch *batch)
{
	u64 used = 0, done = 0;

	spin_lock(&as->lock);
	while (done < count) {
		uaddr_t at = va + (done << PAGE_SHIFT);
		u32 level, first = pt_index(at, PT_LEVEL_LEAF);
		u64 n = min_u64(count - done, PT_ENTRY_COUNT - first);
		u64 *table = walk(as, at, &level);

		if (level == PT_LEVEL_LEAF)
			used |= take_flags(as, &table[first], at, n, batch)
				<< done;
		done += n;
	}
	spin_unlock(&as->lock);
	return used;
}
