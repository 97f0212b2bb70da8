/*
 * Page tables of user address spaces.
 *
 * Lock: all walks and stores stand under as->lock (LOCK_PT). There are no
 * lock-free software walkers, so a table that was unlinked and flushed is
 * nobody's, and is used again without waiting for an epoch (I8). Table pages
 * keep the number of their valid entries in page->count; the root has none.
 * Blocks are the business of pt_block.c.
 *
 * Invariants kept here: I5 (no change of address without a batch), I6, I7, I8.
 */
#include <kernel/bits.h>

#include "pt_walk.h"

#define GROUP_SHIFT 4			/* entries a bit of open_groups */
#define GROUP_SIZE (1u << GROUP_SHIFT)

static inline uaddr_t leaf_end(uaddr_t va)
{
	return (va | (LEAF_BYTES - 1)) + 1;
}

/* Bytes of address space from one entry of a leaf table to another. */
static inline u64 entry_bytes(const u64 *from, const u64 *to)
{
	return (u64)(to - from) << PAGE_SHIFT;
}

zx_status_t arch_aspace_init(struct arch_aspace *as)
{
	struct pt_reserve reserve = { NULL, 0 };
	zx_status_t status;

	status = asid_init();
	if (status != ZX_OK)
		return status;
	status = pt_reserve_fill(&reserve, 1);
	if (status != ZX_OK)
		return status;
	as->root_pa = page_to_paddr(pt_reserve_take(&reserve));
	as->root = phys_to_virt(as->root_pa);
	as->asid = 0;
	as->table_count = 1;
	as->block_count = 0;
	as->leaf_tag = LEAF_TAG_NONE;
	spin_init(&as->lock, LOCK_PT);
	PTCHECK(root_hook(as, table_page(as->root)));
	return ZX_OK;
}

void arch_aspace_destroy(struct arch_aspace *as)
{
	struct page *root = table_page(as->root);
	struct tlb_batch batch;

	if (as->table_count > 1) {
		/* Tables that pt_clear() left empty. */
		tlb_batch_begin(&batch);
		pt_unmap(as, 0, 1ul << 36, &batch);
		ASSERT(batch.changed_count == 0);
		tlb_batch_end(&batch);
	}
	ASSERT(as->table_count == 1);
	/* I9: walk caches may hold the root until its ASID is flushed. */
	if (!MUTATED(ROOT_NO_FLUSH))
		tlb_flush_aspace(as);
	PTCHECK(root_free_hook(as, root));
	root->next = NULL;
	pt_stock_put_list(root);
}

u64 arch_aspace_table_pages(const struct arch_aspace *as)
{
	return __atomic_load_n(&as->table_count, __ATOMIC_RELAXED);
}

static inline void remember_leaf(struct arch_aspace *as, uaddr_t va, u64 *leaf)
{
	as->leaf_tag = va >> LEAF_SHIFT;
	as->leaf = leaf;
	as->leaf_page = table_page(leaf);
}

static __attribute__((noinline)) u64 *walk_leaf(struct arch_aspace *as,
						uaddr_t va)
{
	u32 level;
	u64 *table = walk(as, va, &level);

	if (level < PT_LEVEL_LEAF)
		return NULL;
	remember_leaf(as, va, table);
	return table;
}

/* The leaf table of va, which becomes as->leaf; NULL if there is none. */
static inline u64 *find_leaf(struct arch_aspace *as, uaddr_t va)
{
	if (va >> LEAF_SHIFT == as->leaf_tag)
		return as->leaf;
	return walk_leaf(as, va);
}

/* The first entry from i on, below limit, that is not 0; or limit. */
static inline u32 skip_zeros(const u64 *table, u32 i, u32 limit)
{
	const u64 *e;

	for (e = &table[i]; i + 8 <= limit; i += 8, e += 8)
		if ((e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]) != 0)
			break;
	while (i < limit && table[i] == 0)
		i++;
	return i;
}

/* The first leaf table or block at or after *va; *va moves up to its first
 * address in it. *block is the block's entry, or NULL for a table, which becomes
 * as->leaf. False if none begins before end. Empty entries of a table are passed
 * without walking again. */
static __attribute__((noinline)) bool walk_next(struct arch_aspace *as,
						uaddr_t *va, uaddr_t end,
						u64 **block)
{
	*block = NULL;
	while (*va < end) {
		u32 level, shift, i, limit = PT_ENTRY_COUNT;
		u64 *table = walk(as, *va, &level);

		if (level == PT_LEVEL_LEAF) {
			remember_leaf(as, *va, table);
			return true;
		}
		i = pt_index(*va, level);
		if (table[i] != 0) {
			*block = &table[i];
			return true;
		}
		shift = 39 - 9 * level;
		if ((end - 1) >> (shift + 9) == *va >> (shift + 9))
			limit = pt_index(end - 1, level) + 1;
		i = skip_zeros(table, i + 1, limit);
		*va = (*va >> (shift + 9) << (shift + 9)) + ((u64)i << shift);
	}
	return false;
}

static inline bool find_next(struct arch_aspace *as, uaddr_t *va, uaddr_t end,
			     u64 **block)
{
	if (*va >= end)
		return false;
	/* Tables often stand side by side. */
	if (find_leaf(as, *va) == NULL)
		return walk_next(as, va, end, block);
	*block = NULL;
	return true;
}

/* Takes `count` tables out of the reserve, or the stock if it has too few. */
static bool choose_reserve(struct pt_reserve **reserve, u32 count,
			   struct pt_reserve *own)
{
	if (*reserve != NULL && (*reserve)->count >= count)
		return true;
	own->pages = NULL;
	own->count = 0;
	pt_reserve_fill_from_stock(own, count);
	*reserve = own;
	if (own->count >= count)
		return true;
	pt_reserve_release(own);
	return false;
}

static inline u64 *add_tables(struct arch_aspace *as, uaddr_t va, u64 *table,
			      u32 level, u32 target,
			      struct pt_reserve *reserve)
{
	struct pt_reserve own;

	if (!choose_reserve(&reserve, target - level, &own))
		return NULL;
	if (table[pt_index(va, level)] != 0)
		pt_break_block(as, &table[pt_index(va, level)], va);
	/* I7: the zeroes of the new tables before the stores that make them
	 * reachable, for the table walks of all CPUs (D8.2.6: a walk is ordered
	 * as a read that depends on the descriptor it read before). */
	op_dmb_ishst();
	for (; level < target; level++) {
		struct page *child = pt_reserve_take(reserve);

		pte_store(as, &table[pt_index(va, level)], va, level,
			  page_to_paddr(child).v | ENTRY_TABLE);
		if (level > 0)
			table_page(table)->count++;
		as->table_count++;
		table = phys_to_virt(page_to_paddr(child));
	}
	return table;
}

u64 *pt_add_tables(struct arch_aspace *as, uaddr_t va, u64 *table, u32 level,
		   u32 target, struct pt_reserve *reserve)
{
	return add_tables(as, va, table, level, target, reserve);
}

/* There is no leaf table for va: links one. NULL: *status says why; ZX_OK if
 * that is because a block serves as well. */
static __attribute__((noinline)) u64 *add_leaf(struct arch_aspace *as,
					       uaddr_t va, u64 want,
					       struct pt_reserve *reserve,
					       zx_status_t *status)
{
	u32 level;
	u64 *table = walk(as, va, &level);
	u64 entry = table[pt_index(va, level)];

	if (entry != 0 && pt_block_permits(entry, va, want)) {
		*status = ZX_OK;
		return NULL;
	}
	*status = ZX_ERR_NO_RESOURCES;
	table = add_tables(as, va, table, level, PT_LEVEL_LEAF, reserve);
	if (table == NULL)
		return NULL;
	remember_leaf(as, va, table);
	as->leaf_page->open_groups = 0;
	return table;
}

/* Groups that [first, end) touches, end > first. */
static inline u32 group_mask(u32 first, u32 end)
{
	return (~0u << (first >> GROUP_SHIFT)) &
	       (~0u >> (31 - ((end - 1) >> GROUP_SHIFT)));
}

/* Remembers where pt_protect() has something to look for. */
static inline void note_rights(struct page *leaf, uaddr_t va, u32 flags)
{
	if (flags & (PT_WRITE | PT_EXEC) && !MUTATED(FORGET_RIGHTS))
		leaf->open_groups |=
			1u << (va >> (PAGE_SHIFT + GROUP_SHIFT) & 31);
}

/*
 * Another CPU, or this one, may have cached the narrower entry, and would fault
 * on it again and again if it were not flushed (I6): a TLB may keep an entry
 * that gives permission faults.
 */
void pt_widen(struct arch_aspace *as, u64 *entry, uaddr_t va, u32 level,
	      u64 want)
{
	u64 old = *entry;
	u64 merged = (old & (want | ~ENTRY_LIMITS)) |
		     (MUTATED(NO_ACCESS_FLAG) ? 0 : ENTRY_AF);

	if (MUTATED(REPLACE_IN_PLACE) && ((old ^ want) & ENTRY_ADDR)) {
		pte_store(as, entry, va, level, want);
		return;
	}
	/* I5: only rights may differ, and the access flag. */
	ASSERT(((old ^ want) & ~ENTRY_MUTABLE) == 0);
	if (merged == old)
		return;
	pte_store(as, entry, va, level, merged);
	/* Where only the flag was missing no TLB holds the entry that faulted
	 * for it (D8.14.1), and who holds an older one does not fault. */
	if (((merged ^ old) & ENTRY_LIMITS) && !MUTATED(NO_TLBI_WIDEN))
		tlb_flush_page(as, va);
}

zx_status_t pt_map(struct arch_aspace *as, uaddr_t va, paddr_t pa, u32 flags,
		   struct pt_reserve *reserve)
{
	u64 want = user_entry(pa, flags);
	zx_status_t status;
	u64 *leaf, *entry;

	PTCHECK(map_hook(as, va));
	spin_lock(&as->lock);
	leaf = find_leaf(as, va);
	if (leaf == NULL) {
		leaf = add_leaf(as, va, want, reserve, &status);
		if (leaf == NULL) {
			spin_unlock(&as->lock);
			return status;
		}
	}
	entry = &leaf[pt_index(va, PT_LEVEL_LEAF)];
	if (__builtin_expect(*entry == 0, 1)) {
		/* I6: no TLBI, since nothing invalid is ever cached (D8.14.1),
		 * and no barrier: a CPU that does not see the store yet takes
		 * one more fault, which finds a good entry. */
		pte_store(as, entry, va, PT_LEVEL_LEAF, want);
		as->leaf_page->count++;
		stat_add(STAT_PTES_SET, 1);
	} else {
		pt_widen(as, entry, va, PT_LEVEL_LEAF, want);
	}
	note_rights(as->leaf_page, va, flags);
	spin_unlock(&as->lock);
	return ZX_OK;
}

u32 pt_map_neighbours(struct arch_aspace *as, uaddr_t va,
		      struct page *const *frames, u32 count, u32 flags)
{
	u64 bits = user_entry(paddr(0), flags);
	u32 set = 0, i;
	u64 *entry;

	PTCHECK(map_hook(as, va));
	spin_lock(&as->lock);
	entry = find_leaf(as, va);
	if (entry != NULL) {
		u32 first = pt_index(va, PT_LEVEL_LEAF);

		count = (u32)min_u64(count, PT_ENTRY_COUNT - first);
		entry += first;
		for (i = 0; i < count; i++) {
			if (frames[i] == NULL || entry[i] != 0)
				continue;
			pte_store(as, &entry[i], va + i * PAGE_SIZE,
				  PT_LEVEL_LEAF,
				  page_to_paddr(frames[i]).v | bits);
			set++;
		}
		as->leaf_page->count += set;
		if (set != 0 && flags & (PT_WRITE | PT_EXEC))
			as->leaf_page->open_groups |=
				group_mask(first, first + count);
	}
	spin_unlock(&as->lock);
	stat_add(STAT_PTES_SET, set);
	return set;
}

static u32 entry_flags(u64 entry)
{
	u64 type = (entry & ENTRY_ATTR) >> ENTRY_ATTR_SHIFT;

	return PT_READ | (entry & ENTRY_RO ? 0 : PT_WRITE) |
	       (entry & ENTRY_UXN ? 0 : PT_EXEC) |
	       (u32)type << PT_TYPE_SHIFT;
}

bool pt_query(struct arch_aspace *as, uaddr_t va, paddr_t *pa, u32 *flags)
{
	u64 entry = 0, offset = 0;
	u64 *table;

	spin_lock(&as->lock);
	table = find_leaf(as, va);
	if (table != NULL) {
		entry = table[pt_index(va, PT_LEVEL_LEAF)];
	} else if (as->block_count != 0) {
		table = pt_find_block(as, va);
		entry = table != NULL ? *table : 0;
		offset = va & (PT_BLOCK_BYTES - 1) & ~PAGE_MASK;
	}
	spin_unlock(&as->lock);
	if (entry == 0)
		return false;
	*pa = paddr((entry & ENTRY_ADDR) + offset);
	*flags = entry_flags(entry);
	return true;
}

static inline void push_table(struct tlb_batch *batch, struct page *table)
{
	table->next = batch->tables;
	batch->tables = table;
}

/* The note made for an address below the tables covers all levels when the flush
 * is not leaf-only (I8). */
static inline void prune_above(struct arch_aspace *as, uaddr_t va,
			       struct tlb_batch *batch)
{
	u64 *e0 = &as->root[pt_index(va, 0)];
	u64 *e1 = &entry_table(*e0)[pt_index(va, 1)];
	struct page *page1 = paddr_to_page(paddr(*e0 & ENTRY_ADDR));

	push_table(batch, paddr_to_page(paddr(*e1 & ENTRY_ADDR)));
	pte_store(as, e1, va, 1, 0);
	as->table_count--;
	if (--page1->count == 0) {
		push_table(batch, page1);
		pte_store(as, e0, va, 0, 0);
		as->table_count--;
	}
	batch->table_unlinked = true;
}

void pt_prune_above(struct arch_aspace *as, uaddr_t va,
		    struct tlb_batch *batch)
{
	prune_above(as, va, batch);
}

/* The leaf table of va is empty: takes it out of the tree, and what becomes
 * empty above it. */
static __attribute__((noinline)) void prune(struct arch_aspace *as, uaddr_t va,
					    struct tlb_batch *batch)
{
	u64 *table1 = entry_table(as->root[pt_index(va, 0)]);
	u64 *table2 = entry_table(table1[pt_index(va, 1)]);

	push_table(batch, as->leaf_page);
	pte_store(as, &table2[pt_index(va, 2)], va, 2, 0);
	as->table_count--;
	as->leaf_tag = LEAF_TAG_NONE;
	batch->table_unlinked = true;
	if (--table_page(table2)->count == 0)
		prune_above(as, va, batch);
}

/* Clears the valid entries among `count` of as->leaf from va on and notes them
 * run by run. Stops when the table is empty. */
static u64 clear_leaf(struct arch_aspace *as, uaddr_t va, u64 count,
		      struct tlb_batch *batch)
{
	u64 *first = &as->leaf[pt_index(va, PT_LEVEL_LEAF)];
	u64 *entry = first, *end = first + count;
	u64 valid_count = as->leaf_page->count;
	u64 all = ~0ul, cleared = 0;

	while (entry < end && cleared < valid_count) {
		u64 *run = entry;
		u64 old = *entry;

		if (old == 0) {
			entry += end - entry >= 4 &&
				 (entry[1] | entry[2] | entry[3]) == 0 ? 4 : 1;
			continue;
		}
		do {
			all &= old;
			pte_store(as, entry, va + entry_bytes(first, entry),
				  PT_LEVEL_LEAF, 0);
			entry++;
		} while (entry < end && (old = *entry) != 0);
		cleared += (u64)(entry - run);
		tlb_batch_note(batch, as, va + entry_bytes(first, run),
			       (u64)(entry - run));
	}
	as->leaf_page->count = (u16)(valid_count - cleared);
	batch->executable |= (all & ENTRY_UXN) == 0;
	return cleared;
}

/* The same for one entry. */
static inline u64 clear_entry(struct arch_aspace *as, uaddr_t va,
			      struct tlb_batch *batch)
{
	u64 *entry = &as->leaf[pt_index(va, PT_LEVEL_LEAF)];
	u64 old = *entry;

	if (old == 0)
		return 0;
	pte_store(as, entry, va, PT_LEVEL_LEAF, 0);
	as->leaf_page->count--;
	batch->executable |= (old & ENTRY_UXN) == 0;
	tlb_batch_note(batch, as, va, 1);
	return 1;
}

/* as->leaf is va's, and `cleared` of its entries were noted just now. */
static inline void prune_if_empty(struct arch_aspace *as, uaddr_t va,
				  u64 cleared, struct tlb_batch *batch)
{
	if (as->leaf_page->count != 0)
		return;
	if (cleared == 0)
		tlb_batch_note(batch, as, va, 1);
	prune(as, va, batch);
}

static __attribute__((noinline)) u64 clear_range(struct arch_aspace *as,
						 uaddr_t va, uaddr_t end,
						 struct tlb_batch *batch,
						 bool unlink)
{
	u64 total = 0, *block;

	for (; find_next(as, &va, end, &block); va = leaf_end(va)) {
		uaddr_t stop = min_u64(end, leaf_end(va));
		u64 cleared;

		if (block != NULL) {
			total += pt_clear_block(as, block, va, stop, batch);
			continue;
		}
		cleared = clear_leaf(as, va, (stop - va) >> PAGE_SHIFT, batch);
		total += cleared;
		if (unlink)
			prune_if_empty(as, va, cleared, batch);
	}
	return total;
}

static inline u64 clear_pages(struct arch_aspace *as, uaddr_t va,
			      u64 page_count, struct tlb_batch *batch,
			      bool unlink)
{
	u64 total = 0;

	spin_lock(&as->lock);
	if (page_count != 1) {
		total = clear_range(as, va, va + (page_count << PAGE_SHIFT),
				    batch, unlink);
	} else if (find_leaf(as, va) != NULL) {
		total = clear_entry(as, va, batch);
		if (unlink)
			prune_if_empty(as, va, total, batch);
	} else if (as->block_count != 0) {
		total = clear_range(as, va, va + PAGE_SIZE, batch, unlink);
	}
	batch->changed_count += total;
	stat_add(STAT_PTES_CLEARED, total);
	/* I5: a fault beside the range may link a new table where one has just
	 * been unlinked. It takes this lock first, so flush before it can. The
	 * same if only part of a block was in the range (pt_block.c). */
	if (batch->table_unlinked)
		tlb_batch_flush(batch);
	spin_unlock(&as->lock);
	return total;
}

uaddr_t pt_skip_empty(struct arch_aspace *as, uaddr_t va, uaddr_t end)
{
	u64 *block;
	bool found;

	spin_lock(&as->lock);
	found = find_next(as, &va, end, &block);
	spin_unlock(&as->lock);
	return found ? va : end;
}

void pt_clear_page(struct arch_aspace *as, uaddr_t va)
{
	u64 *entry, old;

	spin_lock(&as->lock);
	if (find_leaf(as, va) == NULL) {
		spin_unlock(&as->lock);
		return;
	}
	entry = &as->leaf[pt_index(va, PT_LEVEL_LEAF)];
	old = *entry;
	if (old != 0) {
		/* I16: the lock keeps us on this CPU until the DSB is through,
		 * and so this is as good as a batch. */
		PTCHECK(batch_begin_hook());
		pte_store(as, entry, va, PT_LEVEL_LEAF, 0);
		as->leaf_page->count--;
		stat_add(STAT_PTES_CLEARED, 1);
		tlb_flush_page(as, va);
		/* I4, as tlb_batch_flush(). */
		if ((old & ENTRY_UXN) == 0)
			op_isb();
		PTCHECK(batch_end_hook((old & ENTRY_UXN) == 0));
	}
	spin_unlock(&as->lock);
}

u64 pt_unmap(struct arch_aspace *as, uaddr_t va, u64 page_count,
	     struct tlb_batch *batch)
{
	return clear_pages(as, va, page_count, batch, true);
}

u64 pt_clear(struct arch_aspace *as, uaddr_t va, u64 page_count,
	     struct tlb_batch *batch)
{
	return clear_pages(as, va, page_count, batch, false);
}

/* Adds `limits` to the valid entries [i, end) of as->leaf, which are of one group;
 * va is that of i. In place: rights may change under a valid entry (I5), the
 * flush follows. */
static u64 tighten_group(struct arch_aspace *as, uaddr_t va, u32 i, u32 end,
			 u64 limits, struct tlb_batch *batch)
{
	u64 *first = &as->leaf[i], *entry = first, *stop = &as->leaf[end];
	u64 changed_bits = ~0ul, same_bits = ~0ul, changed = 0;

	while (entry < stop) {
		u64 *run = entry;
		u64 old;

		for (; entry < stop; entry++) {
			old = *entry;
			if (old == 0 || (old & limits) == limits)
				break;
			changed_bits &= old;
			pte_store(as, entry, va + entry_bytes(first, entry),
				  PT_LEVEL_LEAF, old | limits);
		}
		if (entry != run) {
			changed += (u64)(entry - run);
			tlb_batch_note(batch, as, va + entry_bytes(first, run),
				       (u64)(entry - run));
		}
		for (; entry < stop; entry++) {
			old = *entry;
			if (old != 0 && (old & limits) != limits)
				break;
			same_bits &= old != 0 ? old : ~0ul;
		}
	}
	batch->executable |= (changed_bits & ENTRY_UXN) == 0;
	/* If every entry of the group permits reading alone now, the next call
	 * need not look at it. */
	if (end - i == GROUP_SIZE &&
	    (((changed_bits & same_bits) | limits) & ENTRY_LIMITS) ==
		    ENTRY_LIMITS)
		as->leaf_page->open_groups &= ~(1u << (i >> GROUP_SHIFT));
	return changed;
}

/* The entries of as->leaf for [va, stop). */
static u64 tighten_leaf(struct arch_aspace *as, uaddr_t va, uaddr_t stop,
			u64 limits, struct tlb_batch *batch)
{
	u32 groups = as->leaf_page->open_groups;
	u64 changed = 0;
	u32 first, end;

	if (groups == 0)
		return 0;
	first = pt_index(va, PT_LEVEL_LEAF);
	end = first + (u32)((stop - va) >> PAGE_SHIFT);
	groups &= group_mask(first, end);
	for (; groups != 0; groups &= groups - 1) {
		u32 g = (u32)__builtin_ctz(groups) << GROUP_SHIFT;
		u32 from = g > first ? g : first;
		u32 to = g + GROUP_SIZE < end ? g + GROUP_SIZE : end;

		changed += tighten_group(as, va + ((u64)(from - first)
						   << PAGE_SHIFT),
					 from, to, limits, batch);
	}
	return changed;
}

/* The same for one entry. */
static inline u64 tighten_entry(struct arch_aspace *as, uaddr_t va, u64 limits,
				struct tlb_batch *batch)
{
	u64 *entry = &as->leaf[pt_index(va, PT_LEVEL_LEAF)];
	u64 old = *entry;

	if (old == 0 || (old & limits) == limits)
		return 0;
	pte_store(as, entry, va, PT_LEVEL_LEAF, old | limits);
	batch->executable |= (old & ENTRY_UXN) == 0;
	tlb_batch_note(batch, as, va, 1);
	return 1;
}

static __attribute__((noinline)) u64 tighten_range(struct arch_aspace *as,
						   uaddr_t va, uaddr_t end,
						   u64 limits,
						   struct tlb_batch *batch)
{
	u64 total = 0, *block;

	for (; find_next(as, &va, end, &block); va = leaf_end(va)) {
		uaddr_t stop = min_u64(end, leaf_end(va));

		if (block != NULL)
			total += pt_tighten_block(as, block, va, stop, limits,
						  batch);
		else
			total += tighten_leaf(as, va, stop, limits, batch);
	}
	return total;
}

u64 pt_protect(struct arch_aspace *as, uaddr_t va, u64 page_count, u32 flags,
	       struct tlb_batch *batch)
{
	u64 limits = user_limits(flags);
	u64 total = 0;

	if (!(flags & PT_READ))
		return pt_clear(as, va, page_count, batch);
	spin_lock(&as->lock);
	if (page_count == 1 && find_leaf(as, va) != NULL)
		total = tighten_entry(as, va, limits, batch);
	else if (page_count != 1 || as->block_count != 0)
		total = tighten_range(as, va, va + (page_count << PAGE_SHIFT),
				      limits, batch);
	batch->changed_count += total;
	/* As in clear_pages(), for a block that went. */
	if (batch->table_unlinked)
		tlb_batch_flush(batch);
	spin_unlock(&as->lock);
	return total;
}
