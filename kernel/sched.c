/*
 * Scheduler. Rules and locks: <kernel/sched.h>.
 *
 * A thread's scheduling state changes under the lock of its sched_cpu:
 * RUNNING -> READY (preempted, on a queue) or BLOCKED or EXITED, BLOCKED ->
 * READY by sched_wake(), READY -> RUNNING when its CPU, or one that steals it,
 * takes it off the queue. Between leaving one CPU's lock and entering another's
 * in sched_wake() a READY thread is on no queue; nobody else looks for it.
 */
#include <arch/irq.h>
#include <arch/mmu.h>
#include <kernel/bits.h>
#include <kernel/panic.h>
#include <kernel/reaper.h>
#include <kernel/sched.h>
#include <mm/vmar.h>

#define SLICE_TICKS 2		/* of 5 ms */

/* Set by a switch for the thread that it leads to. */
#define AFTER_IDLE 1u		/* the idle thread was left */
#define AFTER_EXIT 2u		/* a thread has ended */
#define AFTER_STALE 4u		/* an aspace was left */

struct sched_cpu {
	struct spinlock lock;		/* LOCK_SCHED */
	/* Under lock; the first two are also read racily as hints. */
	u32 ready_bits;			/* bit p: queues[p] is not empty */
	u32 ready_count;
	struct thread *current;
	struct thread *ended;		/* AFTER_EXIT: who was left */
	struct aspace *aspace;		/* in TTBR0, counted; or NULL */
	struct aspace *stale;		/* left at this switch, to be dropped */
	u32 after;			/* AFTER_*: what follows this switch */
	struct list_node queues[THREAD_PRIORITY_COUNT];
} __attribute__((aligned(CACHE_LINE)));

static struct sched_cpu sched_cpus[CONFIG_MAX_CPUS];
/* Atomic: bit n set while CPU n idles and nobody has sent it work. A hint: the
 * queue's lock decides, a wrong bit costs a detour only. */
static u32 sched_idle_mask;

void sched_init_cpu(struct percpu *cpu, struct thread *idle)
{
	struct sched_cpu *sc = &sched_cpus[cpu->id];

	spin_init(&sc->lock, LOCK_SCHED);
	for (u32 i = 0; i < THREAD_PRIORITY_COUNT; i++)
		list_init(&sc->queues[i]);
	idle->cpu_thread.cpu = cpu;
	idle->sched_cpu = cpu;
	idle->sched_state = SCHED_RUNNING;
	idle->priority = THREAD_PRIORITY_IDLE;
	sc->current = idle;
	cpu->idle = idle;
	cpu->sched = sc;
}

static void queue_add(struct sched_cpu *sc, struct thread *t, bool at_head)
{
	struct list_node *queue = &sc->queues[t->priority];

	if (at_head)
		list_add_head(queue, &t->run_node);
	else
		list_add_tail(queue, &t->run_node);
	sc->ready_bits |= 1u << t->priority;
	sc->ready_count++;
}

/* The first thread of the highest priority, or NULL. Its node is left as it
 * is: nobody asks a thread whether it is on a queue. */
static inline struct thread *queue_pop(struct sched_cpu *sc)
{
	struct list_node *queue, *node;
	u32 priority;

	if (sc->ready_bits == 0)
		return NULL;
	priority = 31 - (u32)__builtin_clz(sc->ready_bits);
	queue = &sc->queues[priority];
	node = queue->next;
	queue->next = node->next;
	node->next->prev = queue;
	if (node->next == queue)
		sc->ready_bits &= ~(1u << priority);
	sc->ready_count--;
	return list_entry(node, struct thread, run_node);
}

static void idle_mask_set(u32 cpu)
{
	__atomic_fetch_or(&sched_idle_mask, 1u << cpu, __ATOMIC_RELAXED);
}

static void idle_mask_clear(u32 cpu)
{
	__atomic_fetch_and(&sched_idle_mask, ~(1u << cpu), __ATOMIC_RELAXED);
}

/*
 * A ready thread of another CPU, for one that would idle. Under this CPU's
 * lock, hence only tries the others: who would wait could wait for one that
 * waits for us. What is on a queue has been switched away from completely.
 */
static struct thread *sched_steal(struct percpu *cpu)
{
	for (u32 i = 0; i < cpu_count(); i++) {
		struct sched_cpu *victim = &sched_cpus[i];
		struct thread *t;

		if (i == cpu->id ||
		    __atomic_load_n(&victim->ready_count, __ATOMIC_RELAXED) == 0)
			continue;
		if (!spin_try_raw(&victim->lock))
			continue;
		t = queue_pop(victim);
		if (t != NULL)
			t->sched_cpu = cpu;
		spin_unlock_raw(&victim->lock);
		if (t != NULL)
			return t;
	}
	return NULL;
}

/* Gives back the reference of a CPU on an aspace, but not the last one, whose
 * end is too much work for this place. Release: we no longer use it. */
static void sched_drop_aspace(struct aspace *as)
{
	u32 count = __atomic_load_n(&as->ref_count, __ATOMIC_RELAXED);

	while (count > 1) {
		if (__atomic_compare_exchange_n(&as->ref_count, &count,
						count - 1, true,
						__ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
	}
	reaper_add_aspace(as);
}

/* Under the CPU's lock. The thread that will run holds a reference on as, so
 * it exists; ours is taken before the CPU walks its tables (I9), and the old
 * one is dropped after the switch. */
static void sched_load_aspace(struct sched_cpu *sc, struct aspace *as)
{
	if (as != NULL)
		aspace_ref(as);
	sc->stale = sc->aspace;
	sc->aspace = as;
	sc->after |= AFTER_STALE;
	arch_aspace_activate(as != NULL ? &as->arch : NULL);
}

/* What few switches need. Frees the lock. */
static __attribute__((noinline)) void sched_finish_rare(struct sched_cpu *sc)
{
	struct thread *ended = sc->ended;
	struct aspace *stale = sc->stale;
	u32 after = sc->after;

	sc->stale = NULL;
	sc->after = 0;
	spin_unlock_raw(&sc->lock);
	if ((after & AFTER_IDLE) != 0)
		ktime_tick_resume();
	if (stale != NULL)
		sched_drop_aspace(stale);
	if ((after & AFTER_EXIT) != 0)
		reaper_add_thread(ended);
}

/* Who was left may run elsewhere as soon as the lock is free, unless it has
 * exited. */
static inline void finish_switch(void)
{
	struct sched_cpu *sc = arch_current()->cpu->sched;

	if (__builtin_expect(sc->after != 0, 0))
		sched_finish_rare(sc);
	else
		spin_unlock_raw(&sc->lock);
}

void sched_finish_switch(void)
{
	finish_switch();
}

/* The thread to run now. A CPU that was idle says so in the mask. */
static inline struct thread *sched_pick(struct percpu *cpu, struct thread *prev)
{
	struct thread *next = queue_pop(cpu->sched);

	if (next == NULL)
		next = sched_steal(cpu);
	if (next == NULL) {
		idle_mask_set(cpu->id);
		return cpu->idle;
	}
	if (prev == cpu->idle) {
		idle_mask_clear(cpu->id);
		cpu->sched->after |= AFTER_IDLE;
	}
	return next;
}

/*
 * Under the CPU's lock, interrupts off; prev's new state is set and prev is on
 * its queue if it is READY. Frees the lock. Returns when prev runs again. In
 * line where a thread falls asleep, which is what most switches are.
 */
static inline __attribute__((always_inline)) void
switch_from(struct percpu *cpu, struct thread *prev)
{
	struct sched_cpu *sc = cpu->sched;
	struct thread *next = sched_pick(cpu, prev);
	u64 now;

	prev->cpu_thread.resched = 0;
	next->sched_state = SCHED_RUNNING;
	if (next == prev) {
		spin_unlock_raw(&sc->lock);
		return;
	}
	now = arch_counter();
	prev->runtime_ticks += now - prev->switched_in_ticks;
	next->switched_in_ticks = now;
	next->sched_cpu = cpu;
	next->cpu_thread.cpu = cpu;
	sc->current = next;
	cpu->stats[STAT_SWITCHES]++;
	/* Threads without an aspace run on whatever is loaded, but idling keeps
	 * nobody's tables alive. */
	if (next->aspace != sc->aspace &&
	    (next->aspace != NULL || next == cpu->idle))
		sched_load_aspace(sc, next->aspace);
	/* prev has preemption on: this CPU is outside any epoch. */
	epoch_quiescent();
	arch_context_switch(prev, next);
	finish_switch();
}

static __attribute__((noinline)) void sched_switch(struct percpu *cpu,
						   struct thread *prev)
{
	switch_from(cpu, prev);
}

void sched_reschedule(void)
{
	struct thread *t = thread_current();
	struct percpu *cpu = t->cpu_thread.cpu;

	spin_lock_raw(&cpu->sched->lock);
	if (t != cpu->idle) {
		bool slice_left = t->timeslice_ticks != 0;

		if (!slice_left)
			t->timeslice_ticks = SLICE_TICKS;
		t->sched_state = SCHED_READY;
		queue_add(cpu->sched, t, slice_left);
		cpu->stats[STAT_PREEMPTS]++;
	}
	sched_switch(cpu, t);
}

void preempt_resched(void)
{
	u64 mask;

	/* Inside an interrupt, or with interrupts off: the flag stays, and the
	 * interrupt's end or the next preempt_enable() comes back to it. */
	if (arch_irqs_masked())
		return;
	mask = arch_irq_save();
	sched_reschedule();
	arch_irq_restore(mask);
}

void sched_yield(void)
{
	struct thread *t = thread_current();
	u64 mask = arch_irq_save();
	struct percpu *cpu = t->cpu_thread.cpu;

	spin_lock_raw(&cpu->sched->lock);
	t->sched_state = SCHED_READY;
	t->timeslice_ticks = SLICE_TICKS;
	queue_add(cpu->sched, t, false);
	sched_switch(cpu, t);
	arch_irq_restore(mask);
}

void sched_block_while(const s32 *word, s32 value, u32 unless_pending)
{
	struct thread *t = thread_current();
	u64 mask = arch_irq_save();
	struct percpu *cpu = t->cpu_thread.cpu;
	struct sched_cpu *sc = cpu->sched;

	spin_lock_raw(&sc->lock);
	/* Under the lock that wakers take after their change: either we see the
	 * change, or they see BLOCKED. */
	if (__atomic_load_n(word, __ATOMIC_RELAXED) != value ||
	    (__atomic_load_n(&t->cpu_thread.pending, __ATOMIC_RELAXED) &
	     unless_pending) != 0) {
		spin_unlock_raw(&sc->lock);
	} else {
		t->sched_state = SCHED_BLOCKED;
		switch_from(cpu, t);
	}
	arch_irq_restore(mask);
}

void sched_exit_current(void)
{
	struct thread *t = thread_current();
	struct percpu *cpu;

	(void)arch_irq_save();
	cpu = t->cpu_thread.cpu;
	spin_lock_raw(&cpu->sched->lock);
	t->sched_state = SCHED_EXITED;
	cpu->sched->after |= AFTER_EXIT;
	cpu->sched->ended = t;
	sched_switch(cpu, t);
	panic("a dead thread runs");
}

/* The lock of t's CPU. t may move until we have it. */
static inline struct percpu *sched_lock_cpu_of(struct thread *t)
{
	for (;;) {
		struct percpu *cpu = __atomic_load_n(&t->sched_cpu,
						     __ATOMIC_RELAXED);

		spin_lock_raw(&cpu->sched->lock);
		if (t->sched_cpu == cpu)
			return cpu;
		spin_unlock_raw(&cpu->sched->lock);
	}
}

/* Racy: the CPU with the fewest ready threads, `last` if it is as good. */
static struct percpu *sched_shortest(struct percpu *last)
{
	struct percpu *best = last;
	u32 best_count = last->sched->ready_count;

	for (u32 i = 0; best_count > 0 && i < cpu_count(); i++) {
		u32 count = __atomic_load_n(&sched_cpus[i].ready_count,
					    __ATOMIC_RELAXED);

		if (count < best_count) {
			best_count = count;
			best = &percpu_areas[i];
		}
	}
	return best;
}

/* Where a thread that wakes up goes: where it ran last if that idles, else to
 * any idle CPU, else to the shortest queue. */
static __attribute__((noinline)) struct percpu *sched_choose(struct percpu *last,
							     u32 idle)
{
	u32 id;

	if (idle == 0)
		return sched_shortest(last);
	id = (idle >> last->id & 1) != 0 ? last->id : (u32)__builtin_ctz(idle);
	idle_mask_clear(id);
	return &percpu_areas[id];
}

/* The same; in line when nobody idles and where it ran last nobody waits. */
static inline struct percpu *sched_place(struct percpu *last)
{
	u32 idle = __atomic_load_n(&sched_idle_mask, __ATOMIC_RELAXED);

	if ((idle | last->sched->ready_count) == 0)
		return last;
	return sched_choose(last, idle);
}

/* Under cpu's lock: asks it to switch if t should run before what runs. */
static void sched_kick(struct percpu *cpu, const struct thread *t)
{
	struct thread *running = cpu->sched->current;

	if (running->priority >= t->priority)
		return;
	__atomic_store_n(&running->cpu_thread.resched, 1, __ATOMIC_RELAXED);
	if (cpu != arch_current()->cpu)
		arch_send_resched(cpu->id);
}

/* t was BLOCKED and is READY, under last's lock, which is freed. */
static inline void sched_make_ready(struct thread *t, struct percpu *last)
{
	struct percpu *cpu = sched_place(last);

	if (cpu != last) {
		__atomic_store_n(&t->sched_cpu, cpu, __ATOMIC_RELAXED);
		spin_unlock_raw(&last->sched->lock);
		spin_lock_raw(&cpu->sched->lock);
	}
	queue_add(cpu->sched, t, false);
	sched_kick(cpu, t);
	spin_unlock_raw(&cpu->sched->lock);
}

void sched_wake(struct thread *t)
{
	u64 mask = arch_irq_save();
	struct percpu *cpu = sched_lock_cpu_of(t);

	if (t->sched_state == SCHED_BLOCKED) {
		t->sched_state = SCHED_READY;
		sched_make_ready(t, cpu);
	} else {
		spin_unlock_raw(&cpu->sched->lock);
	}
	arch_irq_restore(mask);
}

u64 sched_runtime_ticks(struct thread *t)
{
	u64 mask = arch_irq_save();
	struct percpu *cpu = sched_lock_cpu_of(t);
	u64 ticks = t->runtime_ticks;

	if (t->sched_state == SCHED_RUNNING)
		ticks += arch_counter() - t->switched_in_ticks;
	spin_unlock_raw(&cpu->sched->lock);
	arch_irq_restore(mask);
	return ticks;
}

void sched_poke(struct thread *t)
{
	u64 mask = arch_irq_save();
	struct percpu *cpu = sched_lock_cpu_of(t);
	bool runs_elsewhere = t->sched_state == SCHED_RUNNING &&
			      cpu != arch_current()->cpu;

	spin_unlock_raw(&cpu->sched->lock);
	if (runs_elsewhere)
		arch_send_resched(cpu->id);
	else
		sched_wake(t);
	arch_irq_restore(mask);
}

void sched_start(struct thread *t)
{
	preempt_disable();
	t->sched_state = SCHED_BLOCKED;
	t->timeslice_ticks = SLICE_TICKS;
	t->sched_cpu = arch_current()->cpu;
	sched_wake(t);
	preempt_enable();
}

/* Somebody idles while threads are ready here: it shall come and steal. */
static void sched_offer_work(const struct sched_cpu *sc)
{
	u32 idle = __atomic_load_n(&sched_idle_mask, __ATOMIC_RELAXED);
	struct percpu *cpu;

	if (sc->ready_count == 0 || idle == 0)
		return;
	cpu = &percpu_areas[__builtin_ctz(idle)];
	__atomic_store_n(&cpu->idle->cpu_thread.resched, 1, __ATOMIC_RELAXED);
	arch_send_resched(cpu->id);
}

void sched_tick(void)
{
	struct thread *t = thread_current();
	struct percpu *cpu = t->cpu_thread.cpu;
	struct sched_cpu *sc = cpu->sched;

	if (t == cpu->idle)
		return;
	if (epoch_is_pending())
		reaper_kick();
	sched_offer_work(sc);
	if (t->timeslice_ticks > 1) {
		t->timeslice_ticks--;
		return;
	}
	/* The read without the lock may miss a thread that is just coming; the
	 * next tick sees it. */
	t->timeslice_ticks = 0;
	if (sc->ready_bits >> t->priority != 0)
		t->cpu_thread.resched = 1;
}

void kernel_irq_enter(void)
{
	struct percpu *cpu = arch_current()->cpu;

	if (LATENCY_TRACED)
		latency_begin();
	cpu->irq_depth++;
	cpu->stats[STAT_IRQS]++;
}

void kernel_irq_exit(bool from_user)
{
	struct cpu_thread *t = arch_current();

	t->cpu->irq_depth--;
	if (LATENCY_TRACED)
		latency_end();
	if (t->preempt_count != 0)
		return;
	/* Preemption was on where the interrupt came: outside any epoch. */
	epoch_quiescent();
	if (!from_user && t->resched != 0)
		sched_reschedule();
}

/*
 * The idle thread never blocks. It looks for work with interrupts off, so that
 * a wake-up after the look is a pending interrupt that ends the wait.
 */
void sched_idle_loop(void)
{
	const struct cpu_thread *self = arch_current();

	(void)arch_irq_save();
	epoch_idle_exit();
	sched_reschedule();
	for (;;) {
		if (epoch_is_pending())
			reaper_kick();
		if (__atomic_load_n(&self->resched, __ATOMIC_RELAXED) == 0) {
			epoch_idle_enter();
			arch_cpu_wait();
			epoch_idle_exit();
		}
		arch_irq_enable();
		(void)arch_irq_save();
		if (self->resched != 0)
			sched_reschedule();
	}
}
