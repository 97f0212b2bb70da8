/*
 * ptcheck, second half: barriers, TLBI, batches and ASIDs. See ptcheck.c.
 */
#include "ptcheck_internal.h"

#define ASID_SLOTS 256

/* All under check_lock. */
static u64 newest_generation = 1;
/* Who got ASID n last, in slot n % ASID_SLOTS. */
static struct {
	struct arch_aspace *as;
	u64 generation;
	u64 asid;
} asid_slots[ASID_SLOTS];

/* --- Barriers and TLBI ----------------------------------------------------- */

void ptcheck_dmb_hook(void)
{
	u64 mask = ptcheck_lock();

	this_cpu()->barrier_event = ptcheck_event_count;
	ptcheck_unlock(mask);
}

/* Moves this CPU's entries of one shadow on. */
static void advance(struct shadow *s, bool loads_and_stores)
{
	u32 cpu = arch_cpu_id(), i;

	for (i = 0; i < PT_ENTRY_COUNT && s->pending_count != 0; i++) {
		if (stage_of(s, i) == FLUSHED || s->owner[i] != cpu)
			continue;
		if (stage_of(s, i) == STORED)
			ptcheck_set_stage(s, i, ORDERED);
		else if (stage_of(s, i) == SENT && loads_and_stores)
			ptcheck_finish_flush(s, i);
	}
}

/* Roots whose ASID this CPU flushes: at most one at a time, in destroy. */
static struct shadow *flushing_root[CONFIG_MAX_CPUS];

void ptcheck_dsb_hook(bool loads_and_stores)
{
	struct shadow *s, *tmp;
	u64 mask = ptcheck_lock();
	u32 cpu = arch_cpu_id();

	ptcheck_record(loads_and_stores ? "DSB ISH" : "DSB ISHST", NULL, 0, 0);
	this_cpu()->barrier_event = ptcheck_event_count;
	list_for_each_safe(s, tmp, &ptcheck_pending, node)
		advance(s, loads_and_stores);
	if (flushing_root[cpu] != NULL && loads_and_stores) {
		if (flushing_root[cpu]->asid_stage == SENT)
			flushing_root[cpu]->asid_stage = FLUSHED;
		flushing_root[cpu] = NULL;
	}
	ptcheck_unlock(mask);
}

void ptcheck_isb_hook(void)
{
	u64 mask = ptcheck_lock();

	this_cpu()->isb_due = false;
	ptcheck_unlock(mask);
}

/* This CPU invalidates [va, va + bytes) of one shadow. */
static void send(struct shadow *s, uaddr_t va, u64 bytes, bool leaf_only)
{
	u32 cpu = arch_cpu_id(), i;

	for (i = 0; i < PT_ENTRY_COUNT; i++) {
		uaddr_t first = entry_va(s, i);

		if (stage_of(s, i) == FLUSHED || s->owner[i] != cpu)
			continue;
		if (first >= va + bytes || first + entry_span(s) <= va ||
		    (leaf_only && !is_leaf(s, i)))
			continue;
		if (stage_of(s, i) == STORED)
			ptcheck_violation(1, "TLBI before a DSB ISHST", s->as, first,
				  s->state[i]);
		ptcheck_set_stage(s, i, SENT);
	}
}

/* The ASID may have changed since it was read: see asid_to_flush(). */
static void check_asid(struct arch_aspace *as, u64 asid, uaddr_t va)
{
	const struct shadow *root = root_of(as);

	if (root != NULL && asid != root->asid && asid != root->asid_before)
		ptcheck_violation(13, "TLBI of another aspace's ASID", as, va, asid);
}

void ptcheck_tlbi_hook(struct arch_aspace *as, u64 asid, uaddr_t va,
		       u64 page_count, bool leaf_only)
{
	struct shadow *s;
	u64 mask = ptcheck_lock();

	ptcheck_record(leaf_only ? "TLBI leaf" : "TLBI", as, va, page_count);
	check_asid(as, asid, va);
	list_for_each(s, &ptcheck_pending, node)
		if (s->as == as)
			send(s, va, page_count << PAGE_SHIFT, leaf_only);
	ptcheck_unlock(mask);
}

void ptcheck_tlbi_asid_hook(struct arch_aspace *as, u64 asid)
{
	struct shadow *root = root_of(as);
	struct shadow *s;
	u64 mask = ptcheck_lock();

	ptcheck_record("TLBI asid", as, 0, asid);
	check_asid(as, asid, 0);
	list_for_each(s, &ptcheck_pending, node)
		if (s->as == as)
			send(s, 0, 1ul << 48, false);
	if (root != NULL) {
		root->asid_stage = SENT;
		flushing_root[arch_cpu_id()] = root;
	}
	ptcheck_unlock(mask);
}

void ptcheck_tlbi_all_hook(void)
{
	struct shadow *s;
	u64 mask = ptcheck_lock();

	ptcheck_record("TLBI all", NULL, 0, 0);
	list_for_each(s, &ptcheck_pending, node)
		send(s, 0, 1ul << 48, false);
	ptcheck_unlock(mask);
}

void ptcheck_tlbi_local_hook(void)
{
	u64 mask = ptcheck_lock();

	ptcheck_record("TLBI local", NULL, 0, newest_generation);
	this_cpu()->generation = newest_generation;
	ptcheck_unlock(mask);
}

/* --- Batches --------------------------------------------------------------- */

void ptcheck_batch_begin_hook(void)
{
	u64 mask = ptcheck_lock();

	if (is_preemptible())
		ptcheck_violation(16, "batch begins with preemption on", NULL, 0, 0);
	if (this_cpu()->in_batch)
		ptcheck_violation(16, "batch inside a batch", NULL, 0, 0);
	this_cpu()->in_batch = true;
	this_cpu()->isb_due = false;
	ptcheck_unlock(mask);
}

/* What this CPU should have flushed by now. */
static void check_flushed(struct shadow *s)
{
	u32 cpu = arch_cpu_id(), i;

	for (i = 0; i < PT_ENTRY_COUNT && s->pending_count != 0; i++) {
		if (stage_of(s, i) == FLUSHED || s->owner[i] != cpu)
			continue;
		if (stage_of(s, i) == SENT)
			ptcheck_violation(3, "no DSB ISH after the TLBI", s->as,
				  entry_va(s, i), s->state[i]);
		else
			ptcheck_violation(2, "no TLBI covers a changed entry", s->as,
				  entry_va(s, i), s->state[i]);
		ptcheck_finish_flush(s, i);
	}
}

void ptcheck_batch_end_hook(bool executable)
{
	struct shadow *s, *tmp;
	u64 mask = ptcheck_lock();

	if (is_preemptible())
		ptcheck_violation(16, "batch ends with preemption on", NULL, 0, 0);
	if (!this_cpu()->in_batch)
		ptcheck_violation(16, "batch ends on another CPU", NULL, 0, 0);
	list_for_each_safe(s, tmp, &ptcheck_pending, node)
		check_flushed(s);
	if (this_cpu()->isb_due)
		ptcheck_violation(4, "no ISB after an executable entry changed", NULL,
			  0, executable);
	this_cpu()->isb_due = false;
	this_cpu()->in_batch = false;
	ptcheck_unlock(mask);
}

void ptcheck_adopt_hook(struct arch_aspace *as, uaddr_t va, u64 page_count)
{
	uaddr_t end = va + (page_count << PAGE_SHIFT);
	struct shadow *s;
	u64 mask = ptcheck_lock();
	u32 i;

	list_for_each(s, &ptcheck_pending, node) {
		if (s->as != as)
			continue;
		for (i = 0; i < PT_ENTRY_COUNT; i++) {
			uaddr_t at = entry_va(s, i);

			if (stage_of(s, i) != FLUSHED && is_leaf(s, i) &&
			    at < end && at + entry_span(s) > va)
				ptcheck_start_flush(s, i, false);
		}
	}
	ptcheck_unlock(mask);
}

void ptcheck_assert_outside_batch_hook(const char *what)
{
	u64 mask = ptcheck_lock();

	if (this_cpu()->in_batch)
		ptcheck_violation(15, what, NULL, 0, 0);
	ptcheck_unlock(mask);
}

/* --- ASIDs ----------------------------------------------------------------- */

void ptcheck_asid_hook(struct arch_aspace *as, u64 generation, u64 asid)
{
	struct shadow *root = root_of(as);
	u64 mask = ptcheck_lock();
	u32 slot = asid % ASID_SLOTS, i;

	ptcheck_record("ASID", as, 0, generation << ASID_NUMBER_BITS | asid);
	newest_generation = max_u64(newest_generation, generation);
	if (asid_slots[slot].as != as && asid_slots[slot].asid == asid &&
	    asid_slots[slot].generation == generation)
		ptcheck_violation(10, "ASID given to two aspaces", as, 0, asid);
	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		if (ptcheck_cpus[i].loaded == as && !ptcheck_cpus[i].switching &&
		    ptcheck_cpus[i].asid != asid)
			ptcheck_violation(10, "loaded aspace changes its ASID", as, 0,
				  asid);
	if (root != NULL) {
		root->asid_before = root->asid;
		root->asid = asid;
	}
	asid_slots[slot].as = as;
	asid_slots[slot].generation = generation;
	asid_slots[slot].asid = asid;
	ptcheck_unlock(mask);
}

void ptcheck_switch_hook(void)
{
	u64 mask = ptcheck_lock();

	this_cpu()->switching = true;
	ptcheck_unlock(mask);
}

/* What the CPU cached of an aspace must be flushed before the root goes. */
static void mark_cached(struct arch_aspace *as)
{
	struct shadow *root = as != NULL ? root_of(as) : NULL;

	if (root == NULL)
		return;
	root->asid_stage = STORED;
	if (root->life != TABLE_LINKED)
		ptcheck_violation(9, "root freed while it is in use", as, 0, 0);
}

void ptcheck_activate_hook(struct arch_aspace *as, u64 asid)
{
	u64 mask = ptcheck_lock();
	struct cpu_state *cpu = this_cpu();

	ptcheck_record("TTBR0", as, 0, 0);
	mark_cached(cpu->loaded);
	mark_cached(as);
	cpu->switching = false;
	cpu->loaded = as;
	if (cpu->generation == 0)
		cpu->generation = 1;	/* boot left its TLB empty */
	if (as != NULL) {
		cpu->asid = ASID_NUMBER(asid);
		if (asid >> ASID_NUMBER_BITS > cpu->generation)
			ptcheck_violation(10, "new generation without a local flush",
				  as, 0, asid);
	}
	ptcheck_unlock(mask);
}
