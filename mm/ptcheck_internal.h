/*
 * What the two files of ptcheck share: the shadow of a table and of a CPU.
 * Everything here is under check_lock, by ptcheck_lock() and ptcheck_unlock().
 */
#ifndef MM_PTCHECK_INTERNAL_H
#define MM_PTCHECK_INTERNAL_H

#include <arch/mmu.h>
#include <kernel/list.h>
#include <kernel/percpu.h>
#include <mm/ptcheck.h>

/* State of an entry. */
#define S_EVER 1		/* was valid since the table was zeroed */
#define S_LIVE 2		/* a valid entry stands */
#define S_EXEC 4		/* what must be flushed was executable */
#define S_STAGE_SHIFT 3
#define S_STAGE (3 << S_STAGE_SHIFT)
#define S_BLOCK 32		/* level 2: it maps memory, or did until flushed */

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
	/* Root only: how far the flush of the ASID is. */
	u32 asid_stage;
	u64 asid, asid_before;		/* numbers that it has and had */
	struct list_node node;		/* in `pending`, or on itself */
	u8 state[PT_ENTRY_COUNT];
	u8 owner[PT_ENTRY_COUNT];	/* CPU that has to flush */
	/* Number plus 1 of the frame that is live or not flushed: a table, a
	 * page, or the first of a block; RAM or not. 0: none, or it does not fit
	 * (then it is no RAM of any machine we know). */
	u32 frame[PT_ENTRY_COUNT];
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

extern struct cpu_state ptcheck_cpus[CONFIG_MAX_CPUS];
extern struct list_node ptcheck_pending;	/* shadows with pending_count > 0 */
extern u64 ptcheck_event_count;

u64 ptcheck_lock(void);
void ptcheck_unlock(u64 mask);
/* Remembers an event, to be shown with a violation. */
void ptcheck_record(const char *what, struct arch_aspace *as, uaddr_t va,
		    u64 value);
/* Stops the machine, with the lock held, unless a test listens. */
void ptcheck_violation(u32 invariant, const char *what, struct arch_aspace *as,
		       uaddr_t va, u64 entry);
/* Entry i of s moves on; the last one forgets what it translated to. */
void ptcheck_set_stage(struct shadow *s, u32 i, enum stage stage);
void ptcheck_start_flush(struct shadow *s, u32 i, bool executable);
void ptcheck_finish_flush(struct shadow *s, u32 i);

static inline struct cpu_state *this_cpu(void)
{
	return &ptcheck_cpus[arch_cpu_id()];
}

/* Interrupts are off inside the checker: only the count tells. */
static inline bool is_preemptible(void)
{
	return arch_current()->preempt_count == 0;
}

static inline struct shadow *shadow_of(const struct page *table)
{
	return (struct shadow *)(uintptr_t)table->private;
}

static inline struct page *entry_page(const u64 *entry)
{
	return paddr_to_page(virt_to_phys(entry));
}

static inline struct shadow *root_of(const struct arch_aspace *as)
{
	return shadow_of(entry_page(as->root));
}

static inline enum stage stage_of(const struct shadow *s, u32 i)
{
	return (enum stage)((s->state[i] & S_STAGE) >> S_STAGE_SHIFT);
}

/* The last level of a walk: leaf-only forms of TLBI reach it. */
static inline bool is_leaf(const struct shadow *s, u32 i)
{
	return s->level == PT_LEVEL_LEAF || (s->state[i] & S_BLOCK) != 0;
}

static inline uaddr_t entry_va(const struct shadow *s, u32 i)
{
	return s->base + ((u64)i << (39 - 9 * s->level));
}

static inline u64 entry_span(const struct shadow *s)
{
	return 1ul << (39 - 9 * s->level);
}

#endif
