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
 * for the frame. A table that was unlinked is frozen until the flush of the
 * entry that named it is done.
 *
 * Lock: check_lock, innermost, interrupts off; not tracked by the lock checker,
 * since hooks run under any lock. It makes hooks one sequence, which is what the
 * checks are about; the operations themselves stay as concurrent as they are.
 */
#include <arch/mmu.h>
#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/thread.h>
#include <mm/pmm.h>
#include <mm/ptcheck.h>

/* State of an entry. */
#define S_EVER 1		/* was valid since the table was zeroed */
#define S_LIVE 2		/* a valid entry stands */
#define S_EXEC 4		/* what must be flushed was executable */
#define S_STAGE_SHIFT 3
#define S_STAGE (3 << S_STAGE_SHIFT)

enum stage { FLUSHED, STORED, ORDERED, SENT };

enum table_life { TABLE_UNUSED, TABLE_LINKED, TABLE_FROZEN, TABLE_FLUSHED };

#define MAP_COUNT_SYNCED (1u << 31)

struct shadow {
	struct page *table;
	struct arch_aspace *as;		/* of the last link */
	uaddr_t base;			/* first address covered */
	u32 level;
	u32 life;			/* enum table_life */
	u32 pending_count;		/* entries with a stage */
	u64 zero_event;			/* when it was found all zero */
	/* Root only: how far the flush of the ASID is, and by whom. */
	u32 asid_stage;
	u64 asid, asid_before;		/* numbers that it has and had */
	struct list_node node;		/* in `pending`, or on itself */
	u8 state[PT_ENTRY_COUNT];
	u8 owner[PT_ENTRY_COUNT];	/* CPU that has to flush */
	u32 pfn[PT_ENTRY_COUNT];	/* live, or not flushed */
};

_Static_assert(sizeof(struct shadow) <= PAGE_SIZE, "one page per table");

struct cpu_state {
	struct arch_aspace *loaded;
	u64 asid;			/* loaded with */
	u64 generation;			/* of the last local flush */
	u64 barrier_event;		/* of the last DMB or DSB */
	bool in_batch;
	bool isb_due;			/* an executable entry was flushed */
	bool switching;			/* neither the old nor the new aspace */
};

struct event {
	const char *what;
	struct arch_aspace *as;
	uaddr_t va;
	u64 value;
	u32 cpu;
};

#define EVENT_COUNT 64
#define EVENTS_SHOWN 12
#define ASID_SLOTS 256

void (*ptcheck_on_violation)(u32 invariant, const char *what);

static struct spinlock check_lock = SPINLOCK_INIT(LOCK_PTCHECK);

/* All under check_lock. */
static struct cpu_state cpus[CONFIG_MAX_CPUS];
static struct list_node pending = LIST_INIT(pending);
static struct event events[EVENT_COUNT];
static u64 event_count;
static u64 newest_generation = 1;
/* Who got ASID n last, in slot n % ASID_SLOTS. */
static struct {
	struct arch_aspace *as;
	u64 generation;
	u64 asid;
} asid_slots[ASID_SLOTS];

static u64 lock_check(void)
{
	u64 mask = arch_irq_save();

	spin_lock_raw(&check_lock);
	return mask;
}

static void unlock_check(u64 mask)
{
	spin_unlock_raw(&check_lock);
	arch_irq_restore(mask);
}

static struct cpu_state *this_cpu(void)
{
	return &cpus[arch_cpu_id()];
}

static void record(const char *what, struct arch_aspace *as, uaddr_t va,
		   u64 value)
{
	events[event_count++ % EVENT_COUNT] =
		(struct event){ what, as, va, value, arch_cpu_id() };
}

/* The last events on the aspace, oldest first, and those on no aspace. */
static void print_events(struct arch_aspace *as)
{
	u64 first = event_count > EVENT_COUNT ? event_count - EVENT_COUNT : 0;
	u64 i, shown = 0;

	for (i = event_count; i > first && shown < EVENTS_SHOWN; i--) {
		const struct event *e = &events[(i - 1) % EVENT_COUNT];

		if (e->as != NULL && as != NULL && e->as != as)
			continue;
		printk("ptcheck: -%lu cpu %u %s as %p va %lx value %lx\n",
		       (unsigned long)(event_count - i), e->cpu, e->what,
		       (void *)e->as, (unsigned long)e->va,
		       (unsigned long)e->value);
		shown++;
	}
}

/* Under check_lock, which stays taken: the machine stops here. */
static void violation(u32 invariant, const char *what, struct arch_aspace *as,
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

/* Interrupts are off inside the checker: only the count tells. */
static bool is_preemptible(void)
{
	return arch_current()->preempt_count == 0;
}

static struct shadow *shadow_of(const struct page *table)
{
	return (struct shadow *)(uintptr_t)table->private;
}

static struct page *entry_page(const u64 *entry)
{
	return paddr_to_page(virt_to_phys(entry));
}

static struct page *frame_of(u64 entry)
{
	return paddr_to_page(paddr(entry & ENTRY_ADDR));
}

/* Frames outside RAM (physical VMOs) have no struct page. */
static bool has_page(u64 entry)
{
	u64 pfn = (entry & ENTRY_ADDR) >> PAGE_SHIFT;

	return pfn >= page_map_base_pfn &&
	       pfn < page_map_base_pfn + pmm_total_count();
}

static enum stage stage_of(const struct shadow *s, u32 i)
{
	return (enum stage)((s->state[i] & S_STAGE) >> S_STAGE_SHIFT);
}

static uaddr_t entry_va(const struct shadow *s, u32 i)
{
	return s->base + ((u64)i << (39 - 9 * s->level));
}

static u64 entry_span(const struct shadow *s)
{
	return 1ul << (39 - 9 * s->level);
}

static void set_stage(struct shadow *s, u32 i, enum stage stage)
{
	bool was = stage_of(s, i) != FLUSHED;

	s->state[i] = (u8)((s->state[i] & ~S_STAGE) | stage << S_STAGE_SHIFT);
	if (!was && stage != FLUSHED && s->pending_count++ == 0)
		list_add_tail(&pending, &s->node);
	if (was && stage == FLUSHED && --s->pending_count == 0)
		list_del(&s->node);
}

/* This CPU changed the entry: it has to flush it. */
static void start_flush(struct shadow *s, u32 i, bool executable)
{
	if (executable)
		s->state[i] |= S_EXEC;
	s->owner[i] = (u8)arch_cpu_id();
	set_stage(s, i, STORED);
}

/* No TLB holds the old entry any more. */
static void finish_flush(struct shadow *s, u32 i)
{
	if (s->state[i] & S_EXEC)
		this_cpu()->isb_due = true;
	s->state[i] &= (u8)~S_EXEC;
	set_stage(s, i, FLUSHED);
	if (s->state[i] & S_LIVE)
		return;
	if (s->level < PT_LEVEL_LEAF) {
		struct page *table = &page_map[s->pfn[i]];

		if (shadow_of(table) != NULL)
			shadow_of(table)->life = TABLE_FLUSHED;
	} else if (s->pfn[i] != 0) {
		page_map[s->pfn[i]].map_count--;
	}
	s->pfn[i] = 0;
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
	u64 mask = lock_check();

	if (!is_all_zero(table))
		violation(7, "table page is not zero", NULL, 0, 0);
	record("zeroed table", NULL, 0, page_to_paddr(table).v);
	if (s != NULL)
		s->zero_event = event_count;
	unlock_check(mask);
}

void ptcheck_table_unused_hook(struct page *table)
{
	struct shadow *s = shadow_of(table);
	u64 mask = lock_check();
	u32 i;

	if (!is_all_zero(table))
		violation(7, "table page is not zero", NULL, 0, 0);
	if (s != NULL) {
		if (s->life == TABLE_LINKED || s->life == TABLE_FROZEN)
			violation(8, "table page freed before its flush",
				  s->as, s->base, s->level);
		for (i = 0; i < PT_ENTRY_COUNT; i++) {
			if (stage_of(s, i) != FLUSHED)
				finish_flush(s, i);
			s->state[i] = 0;
		}
		s->life = TABLE_UNUSED;
		s->as = NULL;
	}
	unlock_check(mask);
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
	u64 mask = lock_check();

	if (s != NULL) {
		link_table(s, as, 0, 0);
		s->asid_stage = FLUSHED;
		s->asid = 0;
		s->asid_before = 0;
	}
	unlock_check(mask);
}

void ptcheck_root_free_hook(struct arch_aspace *as, struct page *root)
{
	struct shadow *s = shadow_of(root);
	u64 mask = lock_check();
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		if (cpus[i].loaded == as)
			violation(9, "root freed while a CPU has it loaded",
				  as, 0, i);
	if (s != NULL) {
		if (s->asid_stage != FLUSHED)
			violation(9, "root freed before its ASID was flushed",
				  as, 0, s->asid_stage);
		s->life = TABLE_FLUSHED;
	}
	unlock_check(mask);
}

/* --- Stores ---------------------------------------------------------------- */

static void check_changer(struct arch_aspace *as, uaddr_t va, u64 old)
{
	if (!this_cpu()->in_batch)
		violation(16, "entry cleared or tightened outside a batch", as,
			  va, old);
	if (is_preemptible())
		violation(16, "batch with preemption on", as, va, old);
}

static void store_table(struct shadow *s, u32 i, uaddr_t va, u64 old,
			u64 value)
{
	struct shadow *child = shadow_of(frame_of(value ? value : old));

	if (value == 0) {
		check_changer(s->as, va, old);
		s->state[i] &= (u8)~S_LIVE;
		start_flush(s, i, false);
		if (child != NULL)
			child->life = TABLE_FROZEN;
		return;
	}
	if (old != 0 || stage_of(s, i) != FLUSHED)
		violation(5, "table linked over an entry not flushed", s->as,
			  va, old);
	s->state[i] |= S_LIVE | S_EVER;
	s->pfn[i] = (u32)(frame_of(value) - page_map);
	if (child == NULL)
		return;
	if (child->life != TABLE_UNUSED)
		violation(8, "table linked that is still in use", s->as, va,
			  value);
	if (!is_all_zero(child->table))
		violation(7, "table linked that is not zero", s->as, va,
			  value);
	if (this_cpu()->barrier_event < child->zero_event)
		violation(7, "zeroes not ordered before the link", s->as, va,
			  value);
	link_table(child, s->as, va, s->level + 1);
}

static void check_executable(struct shadow *s, uaddr_t va, u64 value)
{
	if (value & ENTRY_UXN || !has_page(value))
		return;
	if (!(frame_of(value)->map_count & MAP_COUNT_SYNCED))
		violation(14, "executable entry without I-cache sync", s->as,
			  va, value);
}

static void store_new(struct shadow *s, u32 i, uaddr_t va, u64 value)
{
	if (stage_of(s, i) != FLUSHED) {
		violation(5, "entry set before its old value was flushed",
			  s->as, va, value);
		finish_flush(s, i);
	}
	check_executable(s, va, value);
	s->state[i] |= S_LIVE | S_EVER;
	s->pfn[i] = 0;
	if (!has_page(value))
		return;
	s->pfn[i] = (u32)(frame_of(value) - page_map);
	frame_of(value)->map_count++;
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
		start_flush(s, i, !(old & ENTRY_UXN));
		return;
	}
	if ((old ^ value) & ~ENTRY_LIMITS) {
		violation(5, "valid entry changed without a break", s->as, va,
			  old);
		return;
	}
	if (value & ~old & ENTRY_LIMITS) {
		check_changer(s->as, va, old);
		start_flush(s, i, value & ~old & ENTRY_UXN);
	}
	if (old & ~value & ENTRY_UXN)
		check_executable(s, va, value);
}

void ptcheck_store_hook(struct arch_aspace *as, u64 *entry, uaddr_t va,
			u32 level, u64 value)
{
	struct shadow *s = shadow_of(entry_page(entry));
	u32 i = (u32)(((u64)(uintptr_t)entry & PAGE_MASK) / sizeof(u64));
	u64 mask;

	if (s == NULL)
		return;
	mask = lock_check();
	record("store", as, va, value);
	if (__atomic_load_n(&as->lock.word, __ATOMIC_RELAXED) == 0)
		violation(12, "store without the page-table lock", as, va,
			  *entry);
	if (s->life != TABLE_LINKED)
		violation(8, "store below an unlinked table", as, va, *entry);
	else if (s->as != as || s->level != level || 
		 entry_va(s, i) != (va & ~(entry_span(s) - 1)))
		violation(13, "entry is not the one for this address", as, va,
			  *entry);
	else if (level < PT_LEVEL_LEAF)
		store_table(s, i, va, *entry, value);
	else
		store_leaf(s, i, va, *entry, value);
	unlock_check(mask);
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
	mask = lock_check();
	violation(12, "entry installed without a VMO's lock", as, va, 0);
	unlock_check(mask);
}

/* --- Barriers and TLBI ----------------------------------------------------- */

void ptcheck_dmb_hook(void)
{
	u64 mask = lock_check();

	this_cpu()->barrier_event = event_count;
	unlock_check(mask);
}

/* Moves this CPU's entries of one shadow on. */
static void advance(struct shadow *s, bool loads_and_stores)
{
	u32 cpu = arch_cpu_id(), i;

	for (i = 0; i < PT_ENTRY_COUNT && s->pending_count != 0; i++) {
		if (stage_of(s, i) == FLUSHED || s->owner[i] != cpu)
			continue;
		if (stage_of(s, i) == STORED)
			set_stage(s, i, ORDERED);
		else if (stage_of(s, i) == SENT && loads_and_stores)
			finish_flush(s, i);
	}
}

/* Roots whose ASID this CPU flushes: at most one at a time, in destroy. */
static struct shadow *flushing_root[CONFIG_MAX_CPUS];

void ptcheck_dsb_hook(bool loads_and_stores)
{
	struct shadow *s, *tmp;
	u64 mask = lock_check();
	u32 cpu = arch_cpu_id();

	record(loads_and_stores ? "DSB ISH" : "DSB ISHST", NULL, 0, 0);
	this_cpu()->barrier_event = event_count;
	list_for_each_safe(s, tmp, &pending, node)
		advance(s, loads_and_stores);
	if (flushing_root[cpu] != NULL && loads_and_stores) {
		if (flushing_root[cpu]->asid_stage == SENT)
			flushing_root[cpu]->asid_stage = FLUSHED;
		flushing_root[cpu] = NULL;
	}
	unlock_check(mask);
}

void ptcheck_isb_hook(void)
{
	u64 mask = lock_check();

	this_cpu()->isb_due = false;
	unlock_check(mask);
}

static struct shadow *root_of(const struct arch_aspace *as)
{
	return shadow_of(entry_page(as->root));
}

/* This CPU invalidates [va, va + bytes) of one shadow. */
static void send(struct shadow *s, uaddr_t va, u64 bytes, bool leaf_only)
{
	u32 cpu = arch_cpu_id(), i;

	if (leaf_only && s->level < PT_LEVEL_LEAF)
		return;
	for (i = 0; i < PT_ENTRY_COUNT; i++) {
		uaddr_t first = entry_va(s, i);

		if (stage_of(s, i) == FLUSHED || s->owner[i] != cpu)
			continue;
		if (first >= va + bytes || first + entry_span(s) <= va)
			continue;
		if (stage_of(s, i) == STORED)
			violation(1, "TLBI before a DSB ISHST", s->as, first,
				  s->state[i]);
		set_stage(s, i, SENT);
	}
}

/* The ASID may have changed since it was read: see asid_to_flush(). */
static void check_asid(struct arch_aspace *as, u64 asid, uaddr_t va)
{
	const struct shadow *root = root_of(as);

	if (root != NULL && asid != root->asid && asid != root->asid_before)
		violation(13, "TLBI of another aspace's ASID", as, va, asid);
}

void ptcheck_tlbi_hook(struct arch_aspace *as, u64 asid, uaddr_t va,
		       u64 page_count, bool leaf_only)
{
	struct shadow *s;
	u64 mask = lock_check();

	record(leaf_only ? "TLBI leaf" : "TLBI", as, va, page_count);
	check_asid(as, asid, va);
	list_for_each(s, &pending, node)
		if (s->as == as)
			send(s, va, page_count << PAGE_SHIFT, leaf_only);
	unlock_check(mask);
}

void ptcheck_tlbi_asid_hook(struct arch_aspace *as, u64 asid)
{
	struct shadow *root = root_of(as);
	struct shadow *s;
	u64 mask = lock_check();

	record("TLBI asid", as, 0, asid);
	check_asid(as, asid, 0);
	list_for_each(s, &pending, node)
		if (s->as == as)
			send(s, 0, 1ul << 48, false);
	if (root != NULL) {
		root->asid_stage = SENT;
		flushing_root[arch_cpu_id()] = root;
	}
	unlock_check(mask);
}

void ptcheck_tlbi_all_hook(void)
{
	struct shadow *s;
	u64 mask = lock_check();

	record("TLBI all", NULL, 0, 0);
	list_for_each(s, &pending, node)
		send(s, 0, 1ul << 48, false);
	unlock_check(mask);
}

void ptcheck_tlbi_local_hook(void)
{
	u64 mask = lock_check();

	record("TLBI local", NULL, 0, newest_generation);
	this_cpu()->generation = newest_generation;
	unlock_check(mask);
}

/* --- Batches --------------------------------------------------------------- */

void ptcheck_batch_begin_hook(void)
{
	u64 mask = lock_check();

	if (is_preemptible())
		violation(16, "batch begins with preemption on", NULL, 0, 0);
	if (this_cpu()->in_batch)
		violation(16, "batch inside a batch", NULL, 0, 0);
	this_cpu()->in_batch = true;
	this_cpu()->isb_due = false;
	unlock_check(mask);
}

/* What this CPU should have flushed by now. */
static void check_flushed(struct shadow *s)
{
	u32 cpu = arch_cpu_id(), i;

	for (i = 0; i < PT_ENTRY_COUNT && s->pending_count != 0; i++) {
		if (stage_of(s, i) == FLUSHED || s->owner[i] != cpu)
			continue;
		if (stage_of(s, i) == SENT)
			violation(3, "no DSB ISH after the TLBI", s->as,
				  entry_va(s, i), s->state[i]);
		else
			violation(2, "no TLBI covers a changed entry", s->as,
				  entry_va(s, i), s->state[i]);
		finish_flush(s, i);
	}
}

void ptcheck_batch_end_hook(bool executable)
{
	struct shadow *s, *tmp;
	u64 mask = lock_check();

	if (is_preemptible())
		violation(16, "batch ends with preemption on", NULL, 0, 0);
	if (!this_cpu()->in_batch)
		violation(16, "batch ends on another CPU", NULL, 0, 0);
	list_for_each_safe(s, tmp, &pending, node)
		check_flushed(s);
	if (this_cpu()->isb_due)
		violation(4, "no ISB after an executable entry changed", NULL,
			  0, executable);
	this_cpu()->isb_due = false;
	this_cpu()->in_batch = false;
	unlock_check(mask);
}

void ptcheck_adopt_hook(struct arch_aspace *as, uaddr_t va, u64 page_count)
{
	uaddr_t end = va + (page_count << PAGE_SHIFT);
	struct shadow *s;
	u64 mask = lock_check();
	u32 i;

	list_for_each(s, &pending, node) {
		if (s->as != as || s->level < PT_LEVEL_LEAF)
			continue;
		for (i = 0; i < PT_ENTRY_COUNT; i++) {
			uaddr_t at = entry_va(s, i);

			if (stage_of(s, i) != FLUSHED && at >= va && at < end)
				start_flush(s, i, false);
		}
	}
	unlock_check(mask);
}

void ptcheck_assert_outside_batch_hook(const char *what)
{
	u64 mask = lock_check();

	if (this_cpu()->in_batch)
		violation(15, what, NULL, 0, 0);
	unlock_check(mask);
}

/* --- Frames ---------------------------------------------------------------- */

static void check_unmapped(struct page *p, const char *what)
{
	if ((p->map_count & ~MAP_COUNT_SYNCED) != 0) {
		violation(11, what, NULL, 0, page_to_paddr(p).v);
		p->map_count = 0;
	}
}

void ptcheck_frame_free_hook(struct page *p)
{
	u64 mask = lock_check();

	check_unmapped(p, "frame freed with entries not flushed");
	unlock_check(mask);
}

void ptcheck_frame_alloc_hook(struct page *p)
{
	u64 mask = lock_check();

	if (this_cpu()->in_batch)
		violation(15, "frame allocated inside a batch", NULL, 0, 0);
	check_unmapped(p, "frame handed out with entries not flushed");
	p->map_count = 0;
	unlock_check(mask);
}

void ptcheck_sync_icache_hook(struct page *p)
{
	u64 mask = lock_check();

	p->map_count |= MAP_COUNT_SYNCED;
	unlock_check(mask);
}

/* --- ASIDs ----------------------------------------------------------------- */

void ptcheck_asid_hook(struct arch_aspace *as, u64 generation, u64 asid)
{
	struct shadow *root = root_of(as);
	u64 mask = lock_check();
	u32 slot = asid % ASID_SLOTS, i;

	record("ASID", as, 0, generation << ASID_NUMBER_BITS | asid);
	newest_generation = max_u64(newest_generation, generation);
	if (asid_slots[slot].as != as && asid_slots[slot].asid == asid &&
	    asid_slots[slot].generation == generation)
		violation(10, "ASID given to two aspaces", as, 0, asid);
	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		if (cpus[i].loaded == as && !cpus[i].switching &&
		    cpus[i].asid != asid)
			violation(10, "loaded aspace changes its ASID", as, 0,
				  asid);
	if (root != NULL) {
		root->asid_before = root->asid;
		root->asid = asid;
	}
	asid_slots[slot].as = as;
	asid_slots[slot].generation = generation;
	asid_slots[slot].asid = asid;
	unlock_check(mask);
}

void ptcheck_switch_hook(void)
{
	u64 mask = lock_check();

	this_cpu()->switching = true;
	unlock_check(mask);
}

/* What the CPU cached of an aspace must be flushed before the root goes. */
static void mark_cached(struct arch_aspace *as)
{
	struct shadow *root = as != NULL ? root_of(as) : NULL;

	if (root == NULL)
		return;
	root->asid_stage = STORED;
	if (root->life != TABLE_LINKED)
		violation(9, "root freed while it is in use", as, 0, 0);
}

void ptcheck_activate_hook(struct arch_aspace *as, u64 asid)
{
	u64 mask = lock_check();
	struct cpu_state *cpu = this_cpu();

	record("TTBR0", as, 0, 0);
	mark_cached(cpu->loaded);
	mark_cached(as);
	cpu->switching = false;
	cpu->loaded = as;
	if (cpu->generation == 0)
		cpu->generation = 1;	/* boot left its TLB empty */
	if (as != NULL) {
		cpu->asid = ASID_NUMBER(asid);
		if (asid >> ASID_NUMBER_BITS > cpu->generation)
			violation(10, "new generation without a local flush",
				  as, 0, asid);
	}
	unlock_check(mask);
}
