/*
 * Clock and per-CPU timers. See <kernel/time.h>.
 *
 * Each CPU has a heap of deadlines under its own lock (LOCK_TIMER), and one
 * hardware timer, which is programmed for the earlier of the first deadline
 * and the next tick. It is moved only to earlier times and by the interrupt:
 * a cancelled timer leaves an interrupt behind that finds nothing to do, which
 * is cheaper than to program the hardware at each cancel.
 */
#include <arch/cpu.h>
#include <arch/irq.h>
#include <kernel/lock.h>
#include <kernel/sched.h>
#include <kernel/time.h>

struct timer_cpu {
	struct spinlock lock;
	/* Under lock. */
	struct heap heap;
	ktime_t armed;			/* what the hardware waits for */
	struct ktimer *running;		/* its fn is being called, or NULL */
	/* This CPU only, interrupts off. ZX_TIME_INFINITE: no tick. */
	ktime_t next_tick;
} __attribute__((aligned(CACHE_LINE)));

struct time_scale ktime_scale;
static struct timer_cpu timer_cpus[CONFIG_MAX_CPUS];

void ktime_init(void)
{
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++) {
		spin_init(&timer_cpus[i].lock, LOCK_TIMER);
		timer_cpus[i].armed = ZX_TIME_INFINITE;
		timer_cpus[i].next_tick = ZX_TIME_INFINITE;
	}
	time_scale_init(&ktime_scale, arch_timer_frequency());
}

u64 ktime_ticks_per_second(void)
{
	return arch_timer_frequency();
}

static struct ktimer *timer_of(struct heap_node *n)
{
	return container_of(n, struct ktimer, node);
}

/* Programs this CPU's hardware; interrupts off. */
static void timer_arm(struct timer_cpu *q, ktime_t deadline)
{
	q->armed = deadline;
	if (deadline == ZX_TIME_INFINITE)
		arch_timer_set(UINT64_MAX);
	else if (deadline <= 0)
		arch_timer_set(0);
	else
		arch_timer_set(time_scale_ticks(&ktime_scale, deadline));
}

void ktimer_init(struct ktimer *t, void (*fn)(struct ktimer *))
{
	t->queued = false;
	t->fn = fn;
	t->cpu_plus_1 = 0;
}

void ktimer_start(struct ktimer *t, ktime_t deadline)
{
	u64 irqs = arch_irq_save();
	u32 cpu = arch_cpu_id();
	struct timer_cpu *q = &timer_cpus[cpu];
	u64 mask = spin_lock_irq(&q->lock);

	t->node.key = deadline;
	t->queued = true;
	/* Relaxed: ktimer_cancel() is called by the same owner, or after fn,
	 * which the owner learns about through a lock. */
	__atomic_store_n(&t->cpu_plus_1, cpu + 1, __ATOMIC_RELAXED);
	heap_insert(&q->heap, &t->node);
	if (deadline < q->armed)
		timer_arm(q, deadline);
	spin_unlock_irq(&q->lock, mask);
	arch_irq_restore(irqs);
}

/* Takes t off queue q; false if its fn is running. */
static bool timer_dequeue(struct timer_cpu *q, struct ktimer *t)
{
	u64 mask = spin_lock_irq(&q->lock);
	bool running = q->running == t;

	if (t->queued) {
		heap_remove(&q->heap, &t->node);
		t->queued = false;
	}
	spin_unlock_irq(&q->lock, mask);
	return !running;
}

void ktimer_cancel(struct ktimer *t)
{
	/* Relaxed: as in ktimer_start(). The loop reads it again, since fn may
	 * have started the timer anew. */
	u32 cpu_plus_1 = __atomic_load_n(&t->cpu_plus_1, __ATOMIC_RELAXED);

	if (cpu_plus_1 == 0)
		return;
	while (!timer_dequeue(&timer_cpus[cpu_plus_1 - 1], t)) {
		arch_cpu_relax();
		cpu_plus_1 = __atomic_load_n(&t->cpu_plus_1, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&t->cpu_plus_1, 0, __ATOMIC_RELAXED);
}

/* Takes the first timer that is due at `now` and makes it the running one. */
static struct ktimer *timer_take_due_locked(struct timer_cpu *q, ktime_t now)
{
	struct heap_node *n = q->heap.root;

	if (!n || n->key > now) {
		q->running = NULL;
		return NULL;
	}
	heap_remove(&q->heap, n);
	q->running = timer_of(n);
	q->running->queued = false;
	return q->running;
}

/* The scheduler's tick if it is due. It ends in the idle thread. */
static void tick_run_due(struct timer_cpu *q, ktime_t now)
{
	struct thread *t = thread_current();

	if (now < q->next_tick)
		return;
	if (t == t->cpu_thread.cpu->idle) {
		q->next_tick = ZX_TIME_INFINITE;
		return;
	}
	q->next_tick = now + TICK_NS;
	sched_tick();
}

void ktime_interrupt(void)
{
	struct timer_cpu *q = &timer_cpus[arch_cpu_id()];
	ktime_t now = ktime_now();
	ktime_t next;
	struct ktimer *t;
	u64 mask;

	tick_run_due(q, now);
	mask = spin_lock_irq(&q->lock);
	while ((t = timer_take_due_locked(q, now)) != NULL) {
		spin_unlock_irq(&q->lock, mask);
		/* t may be gone when fn returns: from then on only q->running
		 * names it, and nobody follows that. */
		t->fn(t);
		mask = spin_lock_irq(&q->lock);
	}
	next = q->next_tick;
	if (q->heap.root && q->heap.root->key < next)
		next = q->heap.root->key;
	timer_arm(q, next);
	spin_unlock_irq(&q->lock, mask);
}

void ktime_tick_resume(void)
{
	struct timer_cpu *q = &timer_cpus[arch_cpu_id()];
	u64 mask;

	if (q->next_tick != ZX_TIME_INFINITE)
		return;
	q->next_tick = ktime_now() + TICK_NS;
	mask = spin_lock_irq(&q->lock);
	if (q->next_tick < q->armed)
		timer_arm(q, q->next_tick);
	spin_unlock_irq(&q->lock, mask);
}
