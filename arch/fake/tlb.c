/*
 * The TLBs of the fake machine, as unhelpful as Arm ARM D8.14 allows:
 *
 * - They never evict on their own (but for want of room) and cache every level:
 *   leaf entries (pages and blocks) and the table descriptors on the way to them.
 *   The deepest cached entry wins, and of several the oldest.
 * - They fill speculatively, at random moments, from anything that the loaded
 *   root reaches, preferring addresses used lately.
 * - A TLBI takes effect only when its CPU executes the DSB that waits for it
 *   (DSB ISH; DSB NSH for the local form); DSB ISHST does not.
 * - A store to a table is seen by walks, of any CPU, at random as not yet done
 *   until a DSB. Any CPU's: barriers are cumulative, and the model does not
 *   know which stores a lock has handed over. mm/ptcheck.c is strict there.
 * - An invalid entry is never cached, nor one without the access flag. Who needs
 *   such an entry faults, or sets the flag where fake_hardware_af says so; then
 *   the model may do so on its own as well.
 *
 * One mutex for the whole model: an access translates and touches memory under
 * it, so that a DSB finds no access half done. Walks read whatever is in memory
 * where a cached descriptor points, be it a table or not.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <arch/mmu.h>
#include <arch/tlb_ops.h>
#include <kernel/panic.h>

#include "fake.h"

#define TLB_ENTRIES 512
#define TLBI_QUEUE 64
#define STORE_BUFFER 64
#define RECENT 16
#define ENTRY_VALID 1ul

struct tlb_entry {
	u64 tag;		/* va >> shift of the level */
	u64 descriptor;
	u32 level;		/* 0..2 table, 2 block, 3 page */
	u32 asid;
};

enum tlbi_kind { TLBI_VA, TLBI_ASID, TLBI_EVERYTHING };

struct tlbi {
	enum tlbi_kind kind;
	u32 asid;
	bool leaf_only, local;
	uaddr_t va;
	u64 page_count;
};

struct fake_tlb {
	u64 root_pa;		/* 0: nothing loaded yet */
	u32 asid;
	u32 entry_count;
	struct tlb_entry entries[TLB_ENTRIES];
	u32 tlbi_count;
	struct tlbi tlbis[TLBI_QUEUE];
};

struct buffered_store {
	const u64 *entry;	/* NULL: unused */
	u64 old;
};

u64 fake_bad_walks;

static pthread_mutex_t model = PTHREAD_MUTEX_INITIALIZER;
/* All under model. */
static struct fake_tlb tlbs[CONFIG_MAX_CPUS];
static struct buffered_store stores[STORE_BUFFER];
static u32 next_store;
static uaddr_t recent[RECENT];
static u64 random_state = 1;

static u64 model_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

u64 fake_random(void)
{
	u64 r;

	pthread_mutex_lock(&model);
	r = model_random() >> 8;
	pthread_mutex_unlock(&model);
	return r;
}

void fake_reset_tlbs(u64 seed)
{
	u32 i;

	pthread_mutex_lock(&model);
	random_state = seed * 2654435761u + 88172645463325252ul;
	for (i = 0; i < CONFIG_MAX_CPUS; i++) {
		tlbs[i].entry_count = 0;
		tlbs[i].tlbi_count = 0;
	}
	memset(stores, 0, sizeof(stores));
	fake_bad_walks = 0;
	pthread_mutex_unlock(&model);
}

static u32 level_shift(u32 level)
{
	return 39 - 9 * level;
}

/* --- Walks ------------------------------------------------------------------ */

/* What a walk finds at an entry: perhaps what stood there before a store that
 * its CPU has not waited for. */
static u64 walk_read(const u64 *entry)
{
	u32 i;

	for (i = 0; i < STORE_BUFFER; i++)
		if (stores[i].entry == entry && model_random() & 1024)
			return stores[i].old;
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

static struct tlb_entry *tlb_find(struct fake_tlb *t, u32 level, uaddr_t va)
{
	u64 tag = va >> level_shift(level);
	u32 i;

	for (i = 0; i < t->entry_count; i++) {
		struct tlb_entry *e = &t->entries[i];

		if (e->tag == tag && e->level == level && e->asid == t->asid)
			return e;
	}
	return NULL;
}

static void tlb_add(struct fake_tlb *t, u32 level, uaddr_t va, u64 descriptor)
{
	u32 slot = t->entry_count;

	if (slot == TLB_ENTRIES)
		slot = (u32)(model_random() >> 8) % TLB_ENTRIES;
	else
		t->entry_count++;
	t->entries[slot] = (struct tlb_entry){ va >> level_shift(level),
					       descriptor, level, t->asid };
}

static bool in_ram(u64 pa)
{
	return pa >= FAKE_RAM_BASE && pa - FAKE_RAM_BASE < fake_ram_bytes;
}

/* Maps memory: ends a walk. */
static bool is_leaf(u64 descriptor, u32 level)
{
	return level == PT_LEVEL_LEAF || !(descriptor & ENTRY_IS_TABLE);
}

/* As if there were only pages: a block's address goes on with va's. */
static u64 page_of_leaf(u64 descriptor, u32 level, uaddr_t va)
{
	return descriptor | (va & ((1ul << level_shift(level)) - PAGE_SIZE));
}

static struct tlb_entry *tlb_find_deepest(struct fake_tlb *t, uaddr_t va)
{
	struct tlb_entry *e = NULL;
	u32 level;

	for (level = PT_LEVEL_LEAF + 1; level > 0 && e == NULL; level--)
		e = tlb_find(t, level - 1, va);
	return e;
}

bool fake_hardware_af;

/* D8.5.2: only if the entry still is what the walk has read. */
static bool set_access_flag(u64 table, u32 index, u64 *descriptor)
{
	u64 *entry = (u64 *)phys_to_virt(paddr(table)) + index;
	u64 expected = *descriptor;

	if (!fake_hardware_af)
		return false;
	*descriptor |= ENTRY_AF;
	return __atomic_compare_exchange_n(entry, &expected, *descriptor,
					   false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

/* The leaf descriptor for va's page, from the TLB or by a walk that fills it. */
static bool translate(struct fake_tlb *t, uaddr_t va, u64 *leaf)
{
	const struct tlb_entry *e = tlb_find_deepest(t, va);
	u64 table = t->root_pa;
	u32 level = 0;

	if (e != NULL && is_leaf(e->descriptor, e->level)) {
		*leaf = page_of_leaf(e->descriptor, e->level, va);
		return true;
	}
	if (e != NULL) {
		table = e->descriptor & ENTRY_ADDR;
		level = e->level + 1;
	}
	for (;; level++) {
		u32 index = (va >> level_shift(level)) & (PT_ENTRY_COUNT - 1);
		u64 descriptor;

		if (!in_ram(table)) {
			fake_bad_walks++;
			return false;
		}
		descriptor = walk_read((u64 *)phys_to_virt(paddr(table)) +
				       index);
		if (!(descriptor & ENTRY_VALID))
			return false;
		if (is_leaf(descriptor, level) && !(descriptor & ENTRY_AF) &&
		    !set_access_flag(table, index, &descriptor))
			return false;
		tlb_add(t, level, va, descriptor);
		if (is_leaf(descriptor, level)) {
			*leaf = page_of_leaf(descriptor, level, va);
			return true;
		}
		table = descriptor & ENTRY_ADDR;
	}
}

/* Some address that the root reaches: a random way down. */
static uaddr_t reachable_va(u64 table)
{
	uaddr_t va = 0;
	u32 level;

	for (level = 0; level <= PT_LEVEL_LEAF && in_ram(table); level++) {
		const u64 *entries = phys_to_virt(paddr(table));
		u32 first = (u32)(model_random() >> 9), i, at;

		for (i = 0; i < PT_ENTRY_COUNT; i++) {
			at = (first + i) % PT_ENTRY_COUNT;
			if (__atomic_load_n(&entries[at], __ATOMIC_RELAXED) &
			    ENTRY_VALID)
				break;
		}
		if (i == PT_ENTRY_COUNT)
			break;
		va |= (u64)at << level_shift(level);
		table = __atomic_load_n(&entries[at], __ATOMIC_RELAXED);
		if (is_leaf(table, level))
			break;
		table &= ENTRY_ADDR;
	}
	return va;
}

static void speculate(struct fake_tlb *t)
{
	uaddr_t va;
	u64 leaf;

	if (t->root_pa == 0)
		return;
	if (model_random() & 2048)
		va = recent[(model_random() >> 9) % RECENT];
	else
		va = reachable_va(t->root_pa);
	translate(t, va, &leaf);
}

/* Called at every operation: whatever may happen between two of them. */
static void disturb(void)
{
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		if ((model_random() & 0x3000) == 0)
			speculate(&tlbs[i]);
}

void fake_speculate(u32 count)
{
	u32 i;

	pthread_mutex_lock(&model);
	while (count-- > 0)
		for (i = 0; i < CONFIG_MAX_CPUS; i++)
			speculate(&tlbs[i]);
	pthread_mutex_unlock(&model);
}

/* --- Accesses ---------------------------------------------------------------- */

static bool is_permitted(u64 leaf, u32 access)
{
	if (!(leaf & ENTRY_EL0))
		return false;
	if (access & PT_WRITE && leaf & ENTRY_RO)
		return false;
	return !(access & PT_EXEC && leaf & ENTRY_UXN);
}

static bool translate_access(uaddr_t va, u32 access, u64 *pa)
{
	struct fake_tlb *t = &tlbs[arch_cpu_id()];
	u64 leaf;

	recent[(model_random() >> 9) % RECENT] = va;
	disturb();
	if (t->root_pa == 0 || !translate(t, va, &leaf) ||
	    !is_permitted(leaf, access))
		return false;
	*pa = (leaf & ENTRY_ADDR) | (va & PAGE_MASK);
	return true;
}

bool fake_mmu_access(uaddr_t va, u32 access, void *data, size_t bytes)
{
	u64 pa;
	bool ok;

	pthread_mutex_lock(&model);
	ok = translate_access(va, access, &pa);
	if (ok && !in_ram(pa)) {
		fake_bad_walks++;
		ok = false;
	}
	if (ok && access & PT_WRITE)
		memcpy(phys_to_virt(paddr(pa)), data, bytes);
	else if (ok)
		memcpy(data, phys_to_virt(paddr(pa)), bytes);
	pthread_mutex_unlock(&model);
	return ok;
}

bool fake_mmu_translate(uaddr_t va, u32 access, paddr_t *pa)
{
	bool ok;

	pthread_mutex_lock(&model);
	ok = translate_access(va, access, &pa->v);
	pthread_mutex_unlock(&model);
	return ok;
}

/* --- Operations --------------------------------------------------------------- */

void hw_pte_store(u64 *entry, u64 value)
{
	pthread_mutex_lock(&model);
	disturb();
	stores[next_store++ % STORE_BUFFER] =
		(struct buffered_store){ entry, *entry };
	__atomic_store_n(entry, value, __ATOMIC_RELAXED);
	disturb();
	pthread_mutex_unlock(&model);
}

static bool tlbi_hits(const struct tlbi *op, const struct tlb_entry *e)
{
	u64 span, first;

	if (op->kind == TLBI_EVERYTHING)
		return true;
	if (e->asid != op->asid)
		return false;
	if (op->kind == TLBI_ASID)
		return true;
	if (op->leaf_only && !is_leaf(e->descriptor, e->level))
		return false;
	span = 1ul << level_shift(e->level);
	first = e->tag << level_shift(e->level);
	return first < op->va + (op->page_count << PAGE_SHIFT) &&
	       op->va < first + span;
}

static void tlb_drop(struct fake_tlb *t, const struct tlbi *op)
{
	u32 i = 0;

	while (i < t->entry_count) {
		if (tlbi_hits(op, &t->entries[i]))
			t->entries[i] = t->entries[--t->entry_count];
		else
			i++;
	}
}

static void complete_tlbi(const struct tlbi *op)
{
	u32 i;

	if (op->local) {
		tlb_drop(&tlbs[arch_cpu_id()], op);
		return;
	}
	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		tlb_drop(&tlbs[i], op);
}

static void complete_stores(void)
{
	memset(stores, 0, sizeof(stores));
}

/* local_only: DSB NSH waits for TLBIs of this CPU only. */
static void complete_tlbis(bool local_only)
{
	struct fake_tlb *t = &tlbs[arch_cpu_id()];
	u32 kept = 0, i;

	for (i = 0; i < t->tlbi_count; i++) {
		if (local_only && !t->tlbis[i].local)
			t->tlbis[kept++] = t->tlbis[i];
		else
			complete_tlbi(&t->tlbis[i]);
	}
	t->tlbi_count = kept;
}

void hw_dmb_ishst(void)
{
}

void (*fake_dsb_hook)(void);

void hw_dsb_ishst(void)
{
	void (*hook)(void) = fake_dsb_hook;

	fake_dsb_hook = NULL;
	if (hook)
		hook();
	pthread_mutex_lock(&model);
	disturb();
	complete_stores();
	disturb();
	pthread_mutex_unlock(&model);
}

void hw_dsb_ish(void)
{
	pthread_mutex_lock(&model);
	disturb();
	complete_stores();
	complete_tlbis(false);
	disturb();
	pthread_mutex_unlock(&model);
}

void hw_dsb_nsh(void)
{
	pthread_mutex_lock(&model);
	complete_stores();
	complete_tlbis(true);
	pthread_mutex_unlock(&model);
}

void hw_isb(void)
{
}

/* A full queue makes room as hardware would: the oldest takes effect. */
static void post_tlbi(struct tlbi op)
{
	struct fake_tlb *t;

	pthread_mutex_lock(&model);
	t = &tlbs[arch_cpu_id()];
	if (t->tlbi_count == TLBI_QUEUE) {
		complete_tlbi(&t->tlbis[0]);
		memmove(&t->tlbis[0], &t->tlbis[1],
			(TLBI_QUEUE - 1) * sizeof(op));
		t->tlbi_count--;
	}
	t->tlbis[t->tlbi_count++] = op;
	disturb();
	pthread_mutex_unlock(&model);
}

static u32 operand_asid(u64 operand)
{
	return (u32)(operand >> 48);
}

static void post_page(u64 operand, bool leaf_only)
{
	post_tlbi((struct tlbi){ .kind = TLBI_VA, .leaf_only = leaf_only,
				 .asid = operand_asid(operand),
				 .va = (operand & ((1ul << 44) - 1)) << 12,
				 .page_count = 1 });
}

static void post_range(u64 operand, bool leaf_only)
{
	u32 scale = (operand >> 44) & 3;
	u64 num = (operand >> 39) & 31;

	ASSERT(((operand >> 46) & 3) == 1);	/* 4 KiB granule */
	post_tlbi((struct tlbi){ .kind = TLBI_VA, .leaf_only = leaf_only,
				 .asid = operand_asid(operand),
				 .va = (operand & ((1ul << 37) - 1)) << 12,
				 .page_count = (num + 1)
					       << (5 * scale + 1) });
}

void hw_tlbi_vae1is(u64 operand)
{
	post_page(operand, false);
}

void hw_tlbi_vale1is(u64 operand)
{
	post_page(operand, true);
}

void hw_tlbi_rvae1is(u64 operand)
{
	post_range(operand, false);
}

void hw_tlbi_rvale1is(u64 operand)
{
	post_range(operand, true);
}

void hw_tlbi_aside1is(u64 operand)
{
	post_tlbi((struct tlbi){ .kind = TLBI_ASID,
				 .asid = operand_asid(operand) });
}

void hw_tlbi_vmalle1is(void)
{
	post_tlbi((struct tlbi){ .kind = TLBI_EVERYTHING });
}

void hw_tlbi_vmalle1(void)
{
	post_tlbi((struct tlbi){ .kind = TLBI_EVERYTHING, .local = true });
}

void hw_write_ttbr0(u64 value)
{
	struct fake_tlb *t;

	pthread_mutex_lock(&model);
	disturb();
	t = &tlbs[arch_cpu_id()];
	t->root_pa = value & ENTRY_ADDR;
	t->asid = (u32)(value >> 48);
	disturb();
	pthread_mutex_unlock(&model);
}
