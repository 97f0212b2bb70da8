/*
 * Address space identifiers: 64-bit generation << 16 | number.
 *
 * Within a generation a number belongs to one aspace (I10). When numbers run
 * out a new generation begins: numbers that are loaded on some CPU stay with
 * their aspaces (reserved), all others are free again, and each CPU flushes its
 * own TLB before it runs an aspace of the new generation.
 *
 * The switch path takes no lock: it exchanges percpu.active_asid, which the
 * rollover sets to 0 on every CPU. Whoever comes second sees the other: if the
 * switch was first the rollover finds the number and reserves it; if the
 * rollover was first the exchange fails and the switch takes the lock. Coherence
 * of that one word decides, so its accesses need no ordering of their own.
 *
 * Lock: asid_lock, innermost but for the checker's: the switch path takes it
 * under the run-queue lock with interrupts off, nothing is taken under it.
 */
#include <arch/mmu.h>
#include <kernel/bits.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>

#include "pt.h"

#define GENERATION_ONE (1ul << ASID_NUMBER_BITS)
#define NUMBER_MAX (1u << ASID_NUMBER_BITS)

static struct spinlock asid_lock = SPINLOCK_INIT(LOCK_ASID);

/* Atomic: written under asid_lock, compared by the switch path. */
static u64 asid_generation = GENERATION_ONE;

/* Under asid_lock. */
static u64 asid_used[NUMBER_MAX / 64];	/* bit n: taken in this generation */
static u64 asid_reserved[CONFIG_MAX_CPUS]; /* loaded at the last rollover */
static u32 asid_next = 1;		/* where the search goes on */

/* Fixed after the first asid_init(). */
static u32 asid_count;			/* numbers; 0 is the empty table's */
static paddr_t empty_root_pa;

/* Untracked by the lock checker, as the run-queue lock outside it is. */
static u64 lock_asids(void)
{
	u64 mask = arch_irq_save();

	spin_lock_raw(&asid_lock);
	return mask;
}

static void unlock_asids(u64 mask)
{
	spin_unlock_raw(&asid_lock);
	arch_irq_restore(mask);
}

/* CONFIG_ASID_BITS_LIMIT cuts the numbers, but one more than the CPUs can hold
 * must be left besides 0, or a rollover would free none. */
static u32 count_asids(void)
{
	u32 bits = hw_asid_bits();

	if (CONFIG_ASID_BITS_LIMIT != 0 && CONFIG_ASID_BITS_LIMIT < bits)
		bits = CONFIG_ASID_BITS_LIMIT;
	while ((1u << bits) < cpu_count() + 2)
		bits++;
	return 1u << bits;
}

zx_status_t asid_init(void)
{
	struct pt_reserve reserve = { NULL, 0 };
	zx_status_t status;
	u64 mask;

	if (__atomic_load_n(&asid_count, __ATOMIC_ACQUIRE) != 0)
		return ZX_OK;
	status = pt_reserve_fill(&reserve, 1);
	if (status != ZX_OK)
		return status;
	mask = lock_asids();
	if (asid_count == 0) {
		empty_root_pa = page_to_paddr(pt_reserve_take(&reserve));
		asid_used[0] |= 1;
		/* Release: who sees the count sees the root. */
		__atomic_store_n(&asid_count, count_asids(), __ATOMIC_RELEASE);
	}
	unlock_asids(mask);
	pt_reserve_release(&reserve);
	return ZX_OK;
}

static bool take_number(u64 number)
{
	u64 bit = 1ul << (number % 64);

	if (asid_used[number / 64] & bit)
		return false;
	asid_used[number / 64] |= bit;
	return true;
}

/* The next free number, 0 if there is none until the next rollover. */
static u64 find_number(void)
{
	while (asid_next < asid_count) {
		u64 number = asid_next++;

		if (take_number(number))
			return number;
	}
	return 0;
}

static void start_generation(void)
{
	u32 i;

	/* Relaxed: a switch that compares with the old value is caught by its
	 * exchange on active_asid, see above. */
	__atomic_store_n(&asid_generation, asid_generation + GENERATION_ONE,
			 __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(asid_used) && i * 64 < asid_count; i++)
		asid_used[i] = 0;
	asid_used[0] = 1;
	for (i = 0; i < cpu_count(); i++) {
		struct percpu *cpu = &percpu_areas[i];
		u64 active = __atomic_exchange_n(&cpu->active_asid, 0,
						 __ATOMIC_RELAXED);

		/* 0: it has not switched since the last rollover, and still
		 * runs what was reserved then. */
		if (active != 0)
			asid_reserved[i] = active;
		if (!MUTATED(NO_RESERVED_ASIDS))
			take_number(ASID_NUMBER(asid_reserved[i]));
		cpu->asid_flush_pending = 1;
	}
	asid_next = 1;
	stat_add(STAT_ASID_ROLLOVERS, 1);
}

/* True if `old` is loaded somewhere; it becomes `new` in the books. */
static bool update_reserved(u64 old, u64 new)
{
	bool found = false;
	u32 i;

	for (i = 0; i < cpu_count(); i++) {
		if (asid_reserved[i] == old) {
			asid_reserved[i] = new;
			found = true;
		}
	}
	return found;
}

/* An ASID of this generation for an aspace that has none. */
static u64 pick_asid(u64 old)
{
	u64 number;

	if (old != 0) {
		u64 same = asid_generation | ASID_NUMBER(old);

		/* Its number, if it kept it or nobody else has it now. */
		if (update_reserved(old, same) || take_number(ASID_NUMBER(old)))
			return same;
	}
	number = find_number();
	if (number == 0) {
		start_generation();
		number = find_number();
		ASSERT(number != 0);
	}
	return asid_generation | number;
}

static bool is_current(u64 asid)
{
	u64 generation = __atomic_load_n(&asid_generation, __ATOMIC_RELAXED);

	return (asid ^ generation) >> ASID_NUMBER_BITS == 0;
}

/* I10: all that was cached under the old generation goes before the first ASID
 * of the new one is loaded. Under asid_lock. */
static void flush_if_pending(struct percpu *cpu)
{
	if (cpu->asid_flush_pending == 0)
		return;
	op_tlbi_local();
	cpu->asid_flush_pending = 0;
	stat_add(STAT_TLBI_ALL, 1);
}

static __attribute__((noinline)) u64 assign_asid(struct percpu *cpu,
						 struct arch_aspace *as)
{
	u64 mask = lock_asids();
	u64 asid = as->asid;

	if (!is_current(asid)) {
		asid = pick_asid(asid);
		PTCHECK(asid_hook(as, asid >> ASID_NUMBER_BITS,
				  ASID_NUMBER(asid)));
		__atomic_store_n(&as->asid, asid, __ATOMIC_RELAXED);
	}
	flush_if_pending(cpu);
	__atomic_store_n(&cpu->active_asid, asid, __ATOMIC_RELAXED);
	unlock_asids(mask);
	/* The new as->asid before any walk under it: pairs with the DSB ISHST
	 * and the read in asid_to_flush() (tlb.c). */
	op_dsb_ish();
	return asid;
}

/* TTBR0 on the empty table, with the number that no aspace gets. */
static void load_none(struct percpu *cpu)
{
	u64 mask;

	if (empty_root_pa.v == 0)
		return;
	mask = lock_asids();
	flush_if_pending(cpu);
	asid_reserved[cpu->id] = 0;
	__atomic_store_n(&cpu->active_asid, asid_generation, __ATOMIC_RELAXED);
	unlock_asids(mask);
	hw_write_ttbr0(empty_root_pa.v);
}

void arch_aspace_activate(struct arch_aspace *as)
{
	struct percpu *cpu = arch_current()->cpu;
	u64 active, asid;

	if (cpu->active_aspace == as)
		return;
	PTCHECK(switch_hook());
	if (as == NULL) {
		load_none(cpu);
		cpu->active_aspace = NULL;
		PTCHECK(activate_hook(NULL, 0));
		return;
	}
	asid = __atomic_load_n(&as->asid, __ATOMIC_RELAXED);
	active = __atomic_load_n(&cpu->active_asid, __ATOMIC_RELAXED);
	if (active == 0 || !is_current(asid) ||
	    !__atomic_compare_exchange_n(&cpu->active_asid, &active, asid,
					 false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		asid = assign_asid(cpu, as);
	cpu->active_aspace = as;
	PTCHECK(activate_hook(as, asid));
	hw_write_ttbr0(as->root_pa.v | ASID_NUMBER(asid) << ASID_SHIFT);
}
