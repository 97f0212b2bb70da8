/*
 * Page tables of user address spaces.
 *
 * Lock: all walks and stores stand under as->lock (LOCK_PT). There are no
 * lock-free software walkers, so a table that was unlinked and flushed is
 * nobody's, and is used again without waiting for an epoch (I8). Table pages
 * keep the number of their valid entries in page->count; the root has none.
 *
 * Invariants kept here: I5 (no change of address without a batch), I6, I7, I8.
 */
#include <arch/mmu.h>
#include <kernel/bits.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>

#include "pt.h"

/* User pages: inner shareable, accessed (no fault only to set AF), tied to the
 * ASID, never executable by the kernel; dirty state is the VMO's business, so
 * DBM is clear. */
#define USER_BASE (ENTRY_PAGE | ENTRY_EL0 | ENTRY_SH_INNER | ENTRY_AF | \
		   ENTRY_NG | ENTRY_PXN)

static inline u64 user_limits(u32 flags)
{
	return (flags & PT_WRITE ? 0 : ENTRY_RO) |
	       (flags & PT_EXEC ? 0 : ENTRY_UXN);
}

static inline u64 memory_type(u32 flags)
{
	if (flags & PT_DEVICE)
		return MAIR_INDEX_DEVICE << ENTRY_ATTR_SHIFT;
	if (flags & PT_UNCACHED)
		return MAIR_INDEX_UNCACHED << ENTRY_ATTR_SHIFT;
	return MAIR_INDEX_NORMAL << ENTRY_ATTR_SHIFT;
}

static inline u64 user_entry(paddr_t pa, u32 flags)
{
	return pa.v | USER_BASE | user_limits(flags) | memory_type(flags);
}

static inline u64 *entry_table(u64 entry)
{
	return phys_to_virt(paddr(entry & ENTRY_ADDR));
}

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

/* The deepest table for va, and its level. */
static inline u64 *walk(const struct arch_aspace *as, uaddr_t va, u32 *level)
{
	u64 *table = as->root;
	u32 l;

	for (l = 0; l < PT_LEVEL_LEAF; l++) {
		u64 entry = table[pt_index(va, l)];

		if (entry == 0)
			break;
		table = entry_table(entry);
	}
	*level = l;
	return table;
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

/* The first leaf table at or after *va; *va moves up to its first address in
 * it. NULL if none begins before end. Empty entries of a table are passed
 * without walking again. */
static __attribute__((noinline)) u64 *walk_next_leaf(struct arch_aspace *as,
						     uaddr_t *va, uaddr_t end)
{
	while (*va < end) {
		u32 level, shift, i, limit = PT_ENTRY_COUNT;
		u64 *table = walk(as, *va, &level);

		if (level == PT_LEVEL_LEAF) {
			remember_leaf(as, *va, table);
			return table;
		}
		shift = 39 - 9 * level;
		if ((end - 1) >> (shift + 9) == *va >> (shift + 9))
			limit = pt_index(end - 1, level) + 1;
		i = pt_index(*va, level);
		do {
			i++;
		} while (i < limit && table[i] == 0);
		*va = (*va >> (shift + 9) << (shift + 9)) + ((u64)i << shift);
	}
	return NULL;
}

static inline u64 *next_leaf(struct arch_aspace *as, uaddr_t *va, uaddr_t end)
{
	if (*va < end && *va >> LEAF_SHIFT == as->leaf_tag)
		return as->leaf;
	return walk_next_leaf(as, va, end);
}

/* Links what is missing down to the leaf of va, with pages of the reserve, or of
 * the stock if those are too few; NULL and no change if both are. */
static __attribute__((noinline)) u64 *add_tables(struct arch_aspace *as,
						 uaddr_t va,
						 struct pt_reserve *reserve)
{
	struct pt_reserve own = { NULL, 0 };
	u32 level, count;
	u64 *table = walk(as, va, &level);

	count = PT_LEVEL_LEAF - level;
	if (reserve == NULL || reserve->count < count) {
		pt_reserve_fill_from_stock(&own, count);
		reserve = &own;
		if (own.count < count) {
			pt_reserve_release(&own);
			return NULL;
		}
	}
	/* I7: the zeroes of the new tables before the stores that make them
	 * reachable, for the table walks of all CPUs (D8.2.6: a walk is ordered
	 * as a read that depends on the descriptor it read before). */
	op_dmb_ishst();
	for (; level < PT_LEVEL_LEAF; level++) {
		struct page *child = pt_reserve_take(reserve);

		pte_store(as, &table[pt_index(va, level)], va, level,
			  page_to_paddr(child).v | ENTRY_TABLE);
		if (level > 0)
			table_page(table)->count++;
		as->table_count++;
		table = phys_to_virt(page_to_paddr(child));
	}
	remember_leaf(as, va, table);
	return table;
}

/*
 * A valid entry gets the rights that it lacks. Another CPU, or this one, may
 * have cached the narrower entry, and would fault on it again and again if it
 * were not flushed (I6): a TLB may keep an entry that gives permission faults.
 */
static void widen(struct arch_aspace *as, u64 *entry, uaddr_t va, u64 want)
{
	u64 old = *entry;
	u64 merged = old & (want | ~ENTRY_LIMITS);

	if (MUTATED(REPLACE_IN_PLACE) && ((old ^ want) & ENTRY_ADDR)) {
		pte_store(as, entry, va, PT_LEVEL_LEAF, want);
		return;
	}
	/* I5: only rights may differ. */
	ASSERT(((old ^ want) & ~ENTRY_LIMITS) == 0);
	if (merged == old)
		return;
	pte_store(as, entry, va, PT_LEVEL_LEAF, merged);
	if (!MUTATED(NO_TLBI_WIDEN))
		tlb_flush_page(as, va);
}

zx_status_t pt_map(struct arch_aspace *as, uaddr_t va, paddr_t pa, u32 flags,
		   struct pt_reserve *reserve)
{
	u64 want = user_entry(pa, flags);
	u64 *leaf, *entry;

	PTCHECK(map_hook(as, va));
	spin_lock(&as->lock);
	leaf = find_leaf(as, va);
	if (leaf == NULL) {
		leaf = add_tables(as, va, reserve);
		if (leaf == NULL) {
			spin_unlock(&as->lock);
			return ZX_ERR_NO_RESOURCES;
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
		widen(as, entry, va, want);
	}
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
	       (type == MAIR_INDEX_UNCACHED ? PT_UNCACHED : 0) |
	       (type == MAIR_INDEX_DEVICE ? PT_DEVICE : 0);
}

bool pt_query(struct arch_aspace *as, uaddr_t va, paddr_t *pa, u32 *flags)
{
	u64 entry = 0;
	u64 *leaf;

	spin_lock(&as->lock);
	leaf = find_leaf(as, va);
	if (leaf != NULL)
		entry = leaf[pt_index(va, PT_LEVEL_LEAF)];
	spin_unlock(&as->lock);
	if (entry == 0)
		return false;
	*pa = paddr(entry & ENTRY_ADDR);
	*flags = entry_flags(entry);
	return true;
}

/* The leaf table of va is empty: takes it out of the tree, and what becomes
 * empty above it. The note made for an address below them covers all levels
 * when the flush is not leaf-only (I8). */
static __attribute__((noinline)) void prune(struct arch_aspace *as, uaddr_t va,
					    struct tlb_batch *batch)
{
	u64 *e0 = &as->root[pt_index(va, 0)];
	u64 *e1 = &entry_table(*e0)[pt_index(va, 1)];
	u64 *e2 = &entry_table(*e1)[pt_index(va, 2)];
	struct page *page1 = paddr_to_page(paddr(*e0 & ENTRY_ADDR));
	struct page *page2 = paddr_to_page(paddr(*e1 & ENTRY_ADDR));
	struct page *tables = as->leaf_page;

	tables->next = batch->tables;
	pte_store(as, e2, va, 2, 0);
	as->table_count--;
	if (--page2->count == 0) {
		page2->next = tables;
		tables = page2;
		pte_store(as, e1, va, 1, 0);
		as->table_count--;
		if (--page1->count == 0) {
			page1->next = tables;
			tables = page1;
			pte_store(as, e0, va, 0, 0);
			as->table_count--;
		}
	}
	batch->tables = tables;
	as->leaf_tag = LEAF_TAG_NONE;
	batch->table_unlinked = true;
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
	u64 total = 0;

	while (next_leaf(as, &va, end) != NULL) {
		uaddr_t stop = min_u64(end, leaf_end(va));
		u64 cleared = clear_leaf(as, va, (stop - va) >> PAGE_SHIFT,
					 batch);

		total += cleared;
		if (unlink)
			prune_if_empty(as, va, cleared, batch);
		va = stop;
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
	}
	batch->changed_count += total;
	stat_add(STAT_PTES_CLEARED, total);
	/* I5: a fault beside the range may link a new table where one has just
	 * been unlinked. It takes this lock first, so flush before it can. */
	if (batch->table_unlinked)
		tlb_batch_flush(batch);
	spin_unlock(&as->lock);
	return total;
}

uaddr_t pt_skip_empty(struct arch_aspace *as, uaddr_t va, uaddr_t end)
{
	u64 *leaf;

	spin_lock(&as->lock);
	leaf = next_leaf(as, &va, end);
	spin_unlock(&as->lock);
	return leaf ? va : end;
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

/* Adds `limits` to the valid entries among `count` of as->leaf from va on. In
 * place: rights may change under a valid entry (I5), the flush follows. */
static u64 tighten_leaf(struct arch_aspace *as, uaddr_t va, u64 count,
			u64 limits, struct tlb_batch *batch)
{
	u64 *entry = &as->leaf[pt_index(va, PT_LEVEL_LEAF)];
	u64 *end = entry + count;
	u64 all = ~0ul, changed = 0;

	for (; entry < end; entry++, va += PAGE_SIZE) {
		if (*entry == 0 || (*entry & limits) == limits)
			continue;
		all &= *entry;
		pte_store(as, entry, va, PT_LEVEL_LEAF, *entry | limits);
		tlb_batch_note(batch, as, va, 1);
		changed++;
	}
	batch->executable |= (all & ENTRY_UXN) == 0;
	return changed;
}

u64 pt_protect(struct arch_aspace *as, uaddr_t va, u64 page_count, u32 flags,
	       struct tlb_batch *batch)
{
	uaddr_t end = va + (page_count << PAGE_SHIFT);
	u64 limits = user_limits(flags);
	u64 total = 0;

	if (!(flags & PT_READ))
		return pt_clear(as, va, page_count, batch);
	spin_lock(&as->lock);
	while (next_leaf(as, &va, end) != NULL) {
		uaddr_t stop = min_u64(end, leaf_end(va));

		total += tighten_leaf(as, va, (stop - va) >> PAGE_SHIFT,
				      limits, batch);
		va = stop;
	}
	spin_unlock(&as->lock);
	batch->changed_count += total;
	return total;
}
