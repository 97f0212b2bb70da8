/*
 * ptcheck: a second opinion on every page-table change (docs/invariants.md).
 *
 * Each table page has a shadow page that page->private points at: for each
 * entry what it translates or may still translate to in some TLB, and how far
 * its flush has come. An entry that was cleared or tightened is
 *
 *	STORED -> (DSB ISHST or DSB ISH) -> ORDERED -> (a TLBI that covers it) -> SENT
 *	-> (DSB ISH) -> flushed,
 *
 * each step by the CPU that changed it (or that adopted the flush), all before
 * that CPU's batch ends. struct page.map_count counts for each frame the entries
 * that are live or not flushed; bit 31 of it says that the I-cache was synced
 * for the frame, and no entry was made since that lets a program write to it. A
 * table that was unlinked is frozen until the flush of the entry that named it
 * is done.
 *
 * Lock: check_lock, innermost, interrupts off; not tracked by the lock checker,
 * since hooks run under any lock. It makes hooks one sequence, which is what the
 * checks are about; the operations themselves stay as concurrent as they are.
 */
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/thread.h>
#include <mm/pmm.h>

#include "ptcheck_internal.h"

struct event {
	const char *what;
	struct arch_aspace *as;
	uaddr_t va;
	u64 value;
	u32 cpu;
};

#define EVENT_COUNT 64
#define EVENTS_SHOWN 12
void (*ptcheck_on_violation)(u32 invariant, const char *what);

static struct spinlock check_lock = SPINLOCK_INIT(LOCK_PTCHECK);

/* All under check_lock. */
struct cpu_state ptcheck_cpus[CONFIG_MAX_CPUS];
struct list_node ptcheck_pending = LIST_INIT(ptcheck_pending);
static struct event events[EVENT_COUNT];
u64 ptcheck_event_count;
u64 ptcheck_lock(void)
{
	u64 mask = arch_irq_save();

	spin_lock_raw(&check_lock);
	return mask;
}

void ptcheck_unlock(u64 mask)
{
	spin_unlock_raw(&check_lock);
	arch_irq_restore(mask);
}

void ptcheck_record(const char *what, struct arch_aspace *as, uaddr_t va,
		   u64 value)
{
	events[ptcheck_event_count++ % EVENT_COUNT] =
		(struct event){ what, as, va, value, arch_cpu_id() };
}

/* The last events on the aspace, oldest first, and those on no aspace. */
static void print_events(struct arch_aspace *as)
{
	u64 first = ptcheck_event_count > EVENT_COUNT ? ptcheck_event_count - EVENT_COUNT : 0;
	u64 i, shown = 0;

	for (i = ptcheck_event_count; i > first && shown < EVENTS_SHOWN; i--) {
		const struct event *e = &events[(i - 1) % EVENT_COUNT];

		if (e->as != NULL && as != NULL && e->as != as)
			continue;
		printk("ptcheck: -%lu cpu %u %s as %p va %lx value %lx\n",
		       (unsigned long)(ptcheck_event_count - i), e->cpu, e->what,
		       (void *)e->as, (unsigned long)e->va,
		       (unsigned long)e->value);
		shown++;
	}
}

/* Under check_lock, which stays taken: the machine stops here. */
void ptcheck_violation(u32 invariant, const char *what, struct arch_aspace *as,
		      uaddr_t va, u64 entry)
{
	if (ptcheck_on_violation != NULL) {
		ptcheck_on_violation(invariant, what);
		return;
	}
	print_events(as);
	panic("ptcheck: I%u broken: %s (as %p va %lx entry %lx)", invariant,
	      what, (void *)as, (unsigned long)va, (unsigned long)entry);
}

static struct page *table_of(u64 entry)
{
	return paddr_to_page(paddr(entry & ENTRY_ADDR));
}

/* What entry i names, whose value is known. */
static void set_frame(struct shadow *s, u32 i, u64 entry)
{
	u64 number = ((entry & ENTRY_ADDR) >> PAGE_SHIFT) + 1;

	s->frame[i] = number == (u32)number ? (u32)number : 0;
}

/* Page n of those that leaf entry i maps; NULL for frames outside RAM (physical
 * VMOs), which nobody counts. */
static struct page *frame_page(const struct shadow *s, u32 i, u32 n)
{
	paddr_t pa = paddr(((u64)s->frame[i] - 1 + n) << PAGE_SHIFT);

	if (s->frame[i] == 0 || !arch_is_ram(pa, PAGE_SIZE))
		return NULL;
	return paddr_to_page(pa);
}

static u32 frame_count(const struct shadow *s)
{
	return s->level == PT_LEVEL_LEAF ? 1 : PT_BLOCK_PAGES;
}

/* One entry more, or less, translates to these frames. */
static void count_frames(const struct shadow *s, u32 i, s32 change)
{
	u32 n, count = frame_count(s);

	for (n = 0; n < count; n++) {
		struct page *p = frame_page(s, i, n);

		if (p != NULL)
			p->map_count += (u32)change;
	}
}

void ptcheck_set_stage(struct shadow *s, u32 i, enum stage stage)
{
	bool was = stage_of(s, i) != FLUSHED;

	s->state[i] = (u8)((s->state[i] & ~S_STAGE) | stage << S_STAGE_SHIFT);
	if (!was && stage != FLUSHED && s->pending_count++ == 0)
		list_add_tail(&ptcheck_pending, &s->node);
	if (was && stage == FLUSHED && --s->pending_count == 0)
		list_del(&s->node);
}

/* This CPU changed the entry: it has to flush it. */
void ptcheck_start_flush(struct shadow *s, u32 i, bool executable)
{
	if (executable)
		s->state[i] |= S_EXEC;
	s->owner[i] = (u8)arch_cpu_id();
	ptcheck_set_stage(s, i, STORED);
}

/* No TLB holds the old entry any more. */
void ptcheck_finish_flush(struct shadow *s, u32 i)
{
	if (s->state[i] & S_EXEC)
		this_cpu()->isb_due = true;
	s->state[i] &= (u8)~S_EXEC;
	ptcheck_set_stage(s, i, FLUSHED);
	if (s->state[i] & S_LIVE)
		return;
	if (is_leaf(s, i)) {
		count_frames(s, i, -1);
	} else {
		struct page *table = frame_page(s, i, 0);

		if (table != NULL && shadow_of(table) != NULL)
			shadow_of(table)->life = TABLE_FLUSHED;
	}
	s->state[i] &= (u8)~S_BLOCK;
	s->frame[i] = 0;
}

/* --- Table pages ----------------------------------------------------------- */

static bool is_all_zero(const struct page *table)
{
	const u64 *words = phys_to_virt(page_to_paddr(table));
	u32 i;

	for (i = 0; i < PT_ENTRY_COUNT; i++)
		if (words[i] != 0)
			return false;
	return true;
}

/* Without memory for the shadow the table is not checked. */
void ptcheck_table_alloc_hook(struct page *table)
{
	struct page *p = pmm_alloc();
	struct shadow *s;

	table->private = 0;
	if (p == NULL)
		return;
	s = phys_to_virt(page_to_paddr(p));
	arch_zero_page(s);
	s->table = table;
	list_init(&s->node);
	table->private = (u64)(uintptr_t)s;
}

void ptcheck_table_zeroed_hook(struct page *table)
{
	struct shadow *s = shadow_of(table);
	u64 mask = ptcheck_lock();

	if (!is_all_zero(table))
		ptcheck_violation(7, "table page is not zero", NULL, 0, 0);
	ptcheck_record("zeroed table", NULL, 0, page_to_paddr(table).v);
	if (s != NULL)
		s->zero_event = ptcheck_event_count;
	ptcheck_unlock(mask);
}

void ptcheck_table_unused_hook(struct page *table)
{
	struct shadow *s = shadow_of(table);
	u64 mask = ptcheck_lock();
	u32 i;

	if (!is_all_zero(table))
		ptcheck_violation(7, "table page is not zero", NULL, 0, 0);
	if (s != NULL) {
		if (s->life == TABLE_LINKED || s->life == TABLE_FROZEN)
			ptcheck_violation(8, "table page freed before its flush",
				  s->as, s->base, s->level);
		for (i = 0; i < PT_ENTRY_COUNT; i++) {
			if (stage_of(s, i) != FLUSHED)
				ptcheck_finish_flush(s, i);
			s->state[i] = 0;
		}
		s->life = TABLE_UNUSED;
		s->as = NULL;
	}
	ptcheck_unlock(mask);
}

void ptcheck_table_free_hook(struct page *table)
{
	struct shadow *s = shadow_of(table);

	ptcheck_table_unused_hook(table);
	if (s == NULL)
		return;
	table->private = 0;
	pmm_free(paddr_to_page(virt_to_phys(s)));
}

static void link_table(struct shadow *s, struct arch_aspace *as, uaddr_t va,
		       u32 level)
{
	s->as = as;
	s->level = level;
	s->base = level == 0 ? 0 : va >> (48 - 9 * level) << (48 - 9 * level);
	s->life = TABLE_LINKED;
}

void ptcheck_root_hook(struct arch_aspace *as, struct page *root)
{
	struct shadow *s = shadow_of(root);
	u64 mask = ptcheck_lock();

	if (s != NULL) {
		link_table(s, as, 0, 0);
		s->asid_stage = FLUSHED;
		s->asid = 0;
		s->asid_before = 0;
	}
	ptcheck_unlock(mask);
}

void ptcheck_root_free_hook(struct arch_aspace *as, struct page *root)
{
	struct shadow *s = shadow_of(root);
	u64 mask = ptcheck_lock();
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		if (ptcheck_cpus[i].loaded == as)
			ptcheck_violation(9, "root freed while a CPU has it loaded",
				  as, 0, i);
	if (s != NULL) {
		if (s->asid_stage != FLUSHED)
			ptcheck_violation(9, "root freed before its ASID was flushed",
				  as, 0, s->asid_stage);
		s->life = TABLE_FLUSHED;
	}
	ptcheck_unlock(mask);
}

/* --- Stores ---------------------------------------------------------------- */

static void check_changer(struct arch_aspace *as, uaddr_t va, u64 old)
{
	if (!this_cpu()->in_batch)
		ptcheck_violation(16, "entry cleared or tightened outside a batch", as,
			  va, old);
	if (is_preemptible())
		ptcheck_violation(16, "batch with preemption on", as, va, old);
}

static void store_table(struct shadow *s, u32 i, uaddr_t va, u64 old,
			u64 value)
{
	struct shadow *child = shadow_of(table_of(value ? value : old));

	if (value == 0) {
		check_changer(s->as, va, old);
		s->state[i] &= (u8)~S_LIVE;
		ptcheck_start_flush(s, i, false);
		if (child != NULL)
			child->life = TABLE_FROZEN;
		return;
	}
	if (old != 0 || stage_of(s, i) != FLUSHED)
		ptcheck_violation(5, "table linked over an entry not flushed", s->as,
			  va, old);
	s->state[i] |= S_LIVE | S_EVER;
	set_frame(s, i, value);
	if (child == NULL)
		return;
	if (child->life != TABLE_UNUSED)
		ptcheck_violation(8, "table linked that is still in use", s->as, va,
			  value);
	if (!is_all_zero(child->table))
		ptcheck_violation(7, "table linked that is not zero", s->as, va,
			  value);
	if (this_cpu()->barrier_event < child->zero_event)
		ptcheck_violation(7, "zeroes not ordered before the link", s->as, va,
			  value);
	link_table(child, s->as, va, s->level + 1);
}

/* The frames of entry i are known already. */
static void check_executable(struct shadow *s, u32 i, uaddr_t va, u64 value)
{
	u32 n, count = frame_count(s);

	for (n = 0; n < count && !(value & ENTRY_UXN); n++) {
		const struct page *p = frame_page(s, i, n);

		if (p == NULL || p->map_count & MAP_COUNT_SYNCED)
			continue;
		ptcheck_violation(14, "executable entry without I-cache sync",
				  s->as, va + n * PAGE_SIZE, value);
		return;
	}
}

/* What a program may write from now on is not what was synced. */
static void forget_sync(struct shadow *s, u32 i, u64 value)
{
	u32 n, count = frame_count(s);

	for (n = 0; n < count && !(value & ENTRY_RO); n++) {
		struct page *p = frame_page(s, i, n);

		if (p != NULL)
			p->map_count &= ~MAP_COUNT_SYNCED;
	}
}

static void store_new(struct shadow *s, u32 i, uaddr_t va, u64 value)
{
	if (stage_of(s, i) != FLUSHED) {
		ptcheck_violation(5, "entry set before its old value was flushed",
			  s->as, va, value);
		ptcheck_finish_flush(s, i);
	}
	set_frame(s, i, value);
	check_executable(s, i, va, value);
	forget_sync(s, i, value);
	s->state[i] |= S_LIVE | S_EVER;
	if (s->level == PT_LEVEL_BLOCK)
		s->state[i] |= S_BLOCK;
	count_frames(s, i, 1);
}

static void store_leaf(struct shadow *s, u32 i, uaddr_t va, u64 old, u64 value)
{
	if (old == 0) {
		store_new(s, i, va, value);
		return;
	}
	if (value == 0) {
		check_changer(s->as, va, old);
		s->state[i] &= (u8)~S_LIVE;
		ptcheck_start_flush(s, i, !(old & ENTRY_UXN));
		return;
	}
	/* The access flag comes and goes without a flush: it changes no
	 * translation. */
	if ((old ^ value) & ~ENTRY_MUTABLE) {
		ptcheck_violation(5, "valid entry changed without a break", s->as, va,
			  old);
		return;
	}
	if (value & ~old & ENTRY_LIMITS) {
		check_changer(s->as, va, old);
		ptcheck_start_flush(s, i, value & ~old & ENTRY_UXN);
	}
	if (old & ~value & ENTRY_UXN)
		check_executable(s, i, va, value);
	if (old & ~value & ENTRY_RO)
		forget_sync(s, i, value);
}

void ptcheck_store_hook(struct arch_aspace *as, u64 *entry, uaddr_t va,
			u32 level, u64 value)
{
	struct shadow *s = shadow_of(entry_page(entry));
	u32 i = (u32)(((u64)(uintptr_t)entry & PAGE_MASK) / sizeof(u64));
	u64 mask;

	if (s == NULL)
		return;
	mask = ptcheck_lock();
	ptcheck_record("store", as, va, value);
	if (__atomic_load_n(&as->lock.word, __ATOMIC_RELAXED) == 0)
		ptcheck_violation(12, "store without the page-table lock", as, va,
			  *entry);
	if (s->life != TABLE_LINKED)
		ptcheck_violation(8, "store below an unlinked table", as, va, *entry);
	else if (s->as != as || s->level != level ||
		 entry_va(s, i) != (va & ~(entry_span(s) - 1)))
		ptcheck_violation(13, "entry is not the one for this address", as, va,
			  *entry);
	else if (level < PT_LEVEL_BLOCK ||
		 (level == PT_LEVEL_BLOCK &&
		  (value ? value : *entry) & ENTRY_IS_TABLE))
		store_table(s, i, va, *entry, value);
	else
		store_leaf(s, i, va, *entry, value);
	ptcheck_unlock(mask);
}

/* I12. Only the lock checker knows who holds what. */
void ptcheck_map_hook(struct arch_aspace *as, uaddr_t va)
{
	const struct thread *t = thread_current();
	u64 mask;
	u32 i;

	if (!IS_ENABLED(CONFIG_LOCKDEP))
		return;
	for (i = 0; i < t->held_count; i++)
		if (t->held_class[i] == LOCK_VMO)
			return;
	mask = ptcheck_lock();
	ptcheck_violation(12, "entry installed without a VMO's lock", as, va, 0);
	ptcheck_unlock(mask);
}

/* --- Frames ---------------------------------------------------------------- */

static void check_unmapped(struct page *p, const char *what)
{
	if ((p->map_count & ~MAP_COUNT_SYNCED) != 0) {
		ptcheck_violation(11, what, NULL, 0, page_to_paddr(p).v);
		p->map_count = 0;
	}
}

void ptcheck_frame_free_hook(struct page *p)
{
	u64 mask = ptcheck_lock();

	check_unmapped(p, "frame freed with entries not flushed");
	ptcheck_unlock(mask);
}

void ptcheck_frame_alloc_hook(struct page *p)
{
	u64 mask = ptcheck_lock();

	if (this_cpu()->in_batch)
		ptcheck_violation(15, "frame allocated inside a batch", NULL, 0, 0);
	check_unmapped(p, "frame handed out with entries not flushed");
	p->map_count = 0;
	ptcheck_unlock(mask);
}

void ptcheck_sync_icache_hook(struct page *p)
{
	u64 mask = ptcheck_lock();

	p->map_count |= MAP_COUNT_SYNCED;
	ptcheck_unlock(mask);
}
