/*
 * Epochs: grace periods by quiescent states.
 *
 * There is a global epoch number G. Each CPU notes at its quiescent points the
 * G that it sees there (`epoch_seen`), or that it is idle. G goes from g to g + 1
 * when every CPU that is not idle has seen g. A batch of deferred objects is
 * closed with the rule "due when G >= g + 2", g being read after the objects
 * were unpublished.
 *
 * Why two: a CPU may have seen g before an object was unpublished, and have
 * found the object in a reader's section since; G = g + 1 is reached without
 * asking it again. To G = g + 2 it must have seen g + 1, at a quiescent point
 * that came after the unpublishing, hence after that section.
 *
 * Orders (each pair is named where it stands):
 *  O1 a reader's loads come before its CPU's next store to `epoch_seen`
 *     (release); who advances G loads `epoch_seen` (acquire) and stores G
 *     (release); who frees loads G (acquire). So all reading comes before
 *     freeing.
 *  O2 unpublish, then push (release) / take (acquire), then a full fence, then
 *     the load of G for the batch. If that load saw g, the store of g + 1 came
 *     later; a CPU that loads g + 1 (acquire) at a quiescent point therefore
 *     sees the unpublishing in the sections that follow.
 *  O3 leaving idle: store to `epoch_seen`, full fence, reads. Advancing: full
 *     fence, loads of `epoch_seen`. Either the advancer sees the CPU as active,
 *     or the CPU's reads see what was unpublished before.
 *
 * Locks: LOCK_EPOCH of a CPU's lists is held for a few instructions; frees run
 * without it. `epoch_seen`, G and `incoming` are atomics.
 */
#include <kernel/epoch.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <kernel/wait.h>

#define EPOCH_IDLE (~0ul)
/* Deferred objects after which a user thread stops to free a batch. */
#define EPOCH_BATCH 64
/* Between two looks of epoch_drain(); nobody pays for a wake-up there. */
#define EPOCH_DRAIN_NS 200000

struct epoch_cpu {
	/* Atomic: a stack, pushed by whoever runs here, taken whole. */
	struct epoch_head *incoming;
	/* Racy: pushes, only to ask for a look now and then. */
	u32 push_count;
	/* Under lock. */
	struct spinlock lock;
	bool freeing;			/* somebody frees a batch of ours */
	struct epoch_head *waiting;	/* closed batch, or NULL */
	u64 due;			/* G at which it may be freed */
	u64 closed_count;		/* batches closed so far */
	u64 freed_count;		/* ... and freed, in that order */
} __attribute__((aligned(CACHE_LINE)));

static struct epoch_cpu epoch_cpus[CONFIG_MAX_CPUS];
/* CPUs that epoch_init_cpu() has seen; written at boot only. */
static u32 epoch_cpu_count;
u64 epoch_global __attribute__((aligned(CACHE_LINE)));

void epoch_init_cpu(struct percpu *cpu)
{
	struct epoch_cpu *ec = &epoch_cpus[cpu->id];

	cpu->epoch_seen = EPOCH_IDLE;
	spin_init(&ec->lock, LOCK_EPOCH);
	cpu->epoch = ec;
	if (cpu->id >= epoch_cpu_count)
		epoch_cpu_count = cpu->id + 1;
}

/* O2, the push: release. In line where the architecture has it. */
#if __has_include(<arch/lock_impl.h>)
static inline bool epoch_try_push(struct epoch_head **top,
				  struct epoch_head *old, struct epoch_head *h)
{
	return arch_cas_release64((u64 *)top, (u64)(uintptr_t)old,
				  (u64)(uintptr_t)h);
}
#else
static inline bool epoch_try_push(struct epoch_head **top,
				  struct epoch_head *old, struct epoch_head *h)
{
	return __atomic_compare_exchange_n(top, &old, h, true,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
#endif

/*
 * A thread that migrates meanwhile pushes onto the list of the CPU it left,
 * which does no harm. The count needs no atomic: it is right enough when two
 * threads of one CPU lose a step.
 */
void epoch_defer(struct epoch_head *h, void (*free)(struct epoch_head *))
{
	struct cpu_thread *self = arch_current();
	struct epoch_cpu *ec = self->cpu->epoch;
	struct epoch_head *old;

	h->free = free;
	do {
		old = __atomic_load_n(&ec->incoming, __ATOMIC_RELAXED);
		h->next = old;
	} while (!epoch_try_push(&ec->incoming, old, h));
	if (++ec->push_count % EPOCH_BATCH == 0)
		__atomic_fetch_or(&self->pending, THREAD_PENDING_EPOCH,
				  __ATOMIC_RELAXED);
}

/* O1: what this CPU read comes before it counts as idle. */
void epoch_idle_enter(void)
{
	__atomic_store_n(&arch_current()->cpu->epoch_seen, EPOCH_IDLE,
			 __ATOMIC_RELEASE);
}

void epoch_idle_exit(void)
{
	u64 g = __atomic_load_n(&epoch_global, __ATOMIC_ACQUIRE);

	/* A G that is old by now only delays others until we see the next. */
	__atomic_store_n(&arch_current()->cpu->epoch_seen, g, __ATOMIC_RELAXED);
	/* O3: the store above before all reads that follow. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static bool epoch_cpu_is_pending(const struct epoch_cpu *ec)
{
	return __atomic_load_n(&ec->incoming, __ATOMIC_RELAXED) != NULL ||
	       __atomic_load_n(&ec->waiting, __ATOMIC_RELAXED) != NULL;
}

bool epoch_is_pending(void)
{
	return epoch_cpu_is_pending(arch_current()->cpu->epoch);
}

static bool epoch_try_advance(void)
{
	u64 g = __atomic_load_n(&epoch_global, __ATOMIC_ACQUIRE);

	/* O3: the load of G (and what we unpublished) before the loads of
	 * `epoch_seen`. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (u32 i = 0; i < epoch_cpu_count; i++) {
		/* O1. */
		u64 seen = __atomic_load_n(&percpu_areas[i].epoch_seen,
					   __ATOMIC_ACQUIRE);

		if (seen != g && seen != EPOCH_IDLE)
			return false;
	}
	/* O1, the release. If it fails, somebody else has done it. */
	__atomic_compare_exchange_n(&epoch_global, &g, g + 1, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	return true;
}

/* True if G has come to `due`. The caller is a thread outside any epoch, which
 * is a quiescent point of its CPU. */
static bool epoch_advance_to(u64 due)
{
	while (__atomic_load_n(&epoch_global, __ATOMIC_ACQUIRE) < due) {
		bool ok;

		preempt_disable();
		epoch_quiescent();
		ok = epoch_try_advance();
		preempt_enable();
		if (!ok)
			return false;
	}
	return true;
}

/* Under ec->lock: makes a batch of what came in. */
static void epoch_close_batch(struct epoch_cpu *ec)
{
	/* O2, the take. */
	ec->waiting = __atomic_exchange_n(&ec->incoming, NULL,
					  __ATOMIC_ACQUIRE);
	if (ec->waiting == NULL)
		return;
	ec->closed_count++;
	/* O2: the unpublishing before the load of G. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ec->due = __atomic_load_n(&epoch_global, __ATOMIC_RELAXED) + 2;
}

/* Closes a batch if none waits; takes the waiting one if it is due and no
 * other is being freed. *due: what to advance to. */
static struct epoch_head *epoch_take_due(struct epoch_cpu *ec, u64 *due)
{
	struct epoch_head *list = NULL;

	*due = 0;
	spin_lock(&ec->lock);
	if (ec->waiting == NULL)
		epoch_close_batch(ec);
	if (ec->waiting != NULL)
		*due = ec->due;
	/* O1, the acquire of who frees. */
	if (ec->waiting != NULL && !ec->freeing &&
	    __atomic_load_n(&epoch_global, __ATOMIC_ACQUIRE) >= ec->due) {
		list = ec->waiting;
		ec->waiting = NULL;
		ec->freeing = true;
	}
	spin_unlock(&ec->lock);
	return list;
}

static void epoch_free_list(struct epoch_cpu *ec, struct epoch_head *list)
{
	while (list != NULL) {
		struct epoch_head *next = list->next;

		list->free(list);
		list = next;
	}
	spin_lock(&ec->lock);
	ec->freeing = false;
	ec->freed_count++;
	spin_unlock(&ec->lock);
}

/* One batch of ec, if it can be had now. */
static void epoch_step(struct epoch_cpu *ec)
{
	struct epoch_head *list;
	u64 due;

	if (!epoch_cpu_is_pending(ec))
		return;
	list = epoch_take_due(ec, &due);
	if (list == NULL && due != 0 && epoch_advance_to(due))
		list = epoch_take_due(ec, &due);
	if (list != NULL)
		epoch_free_list(ec, list);
}

void epoch_poll_local(void)
{
	epoch_step(arch_current()->cpu->epoch);
}

bool epoch_poll(void)
{
	bool pending = false;

	lock_assert_may_sleep();
	for (u32 i = 0; i < epoch_cpu_count; i++) {
		epoch_step(&epoch_cpus[i]);
		pending = pending || epoch_cpu_is_pending(&epoch_cpus[i]);
	}
	return pending;
}

/* The number of batches of ec that must have been freed before all that is
 * deferred now is. */
static u64 epoch_drain_target(struct epoch_cpu *ec)
{
	u64 target;

	spin_lock(&ec->lock);
	target = ec->closed_count;
	if (__atomic_load_n(&ec->incoming, __ATOMIC_ACQUIRE) != NULL)
		target++;
	spin_unlock(&ec->lock);
	return target;
}

static bool epoch_is_drained(struct epoch_cpu *ec, u64 target)
{
	bool done;

	spin_lock(&ec->lock);
	done = ec->freed_count >= target;
	spin_unlock(&ec->lock);
	return done;
}

/* Other CPUs are in some section, or somebody frees a batch. */
static void epoch_wait_a_little(void)
{
	struct waiter w;

	waiter_init(&w);
	if (waiter_sleep(&w, ktime_now() + EPOCH_DRAIN_NS,
			 WAIT_UNINTERRUPTIBLE, 0) != ZX_ERR_TIMED_OUT)
		panic("epoch_drain: woken by nobody");
}

void epoch_drain(void)
{
	u64 targets[CONFIG_MAX_CPUS];

	for (u32 i = 0; i < epoch_cpu_count; i++)
		targets[i] = epoch_drain_target(&epoch_cpus[i]);
	for (u32 i = 0; i < epoch_cpu_count;) {
		epoch_poll();
		if (epoch_is_drained(&epoch_cpus[i], targets[i]))
			i++;
		else
			epoch_wait_a_little();
	}
}
