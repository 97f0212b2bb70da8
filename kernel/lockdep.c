/*
 * Lock checker. Each thread keeps the locks it holds, outermost first; since
 * every acquisition is of a later class than the last one held, the list is
 * sorted, and looking at its end checks the whole order.
 *
 * An interrupt's locks stand on the list of the thread it interrupted. That is
 * right: handlers take only I locks, which are the innermost classes, and no I
 * lock is held where an interrupt can come.
 */
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/thread.h>

#define FIRST_SPIN_CLASS LOCK_FUTEX
#define FIRST_IRQ_CLASS LOCK_PTCHECK

void (*lockdep_report_hook)(const char *what);

/* Fixed once boot is done. Before, mutexes are taken with interrupts off. */
static bool sleeping_needs_irqs;

static const char *const class_names[] = {
	[LOCK_RECLAIM] = "RECLAIM",
	[LOCK_JOB] = "JOB", [LOCK_PROCESS] = "PROCESS",
	[LOCK_HANDLES] = "HANDLES", [LOCK_ASPACE] = "ASPACE",
	[LOCK_FAMILY] = "FAMILY", [LOCK_VMO] = "VMO", [LOCK_SOURCE] = "SOURCE",
	[LOCK_KSTACK] = "KSTACK", [LOCK_DEVICE] = "DEVICE", [LOCK_FUTEX] = "FUTEX",
	[LOCK_OBJECT] = "OBJECT", [LOCK_PORT] = "PORT",
	[LOCK_THREAD] = "THREAD", [LOCK_DISCARD] = "DISCARD",
	[LOCK_EVICT] = "EVICT",
	[LOCK_PT] = "PT", [LOCK_ASID] = "ASID",
	[LOCK_SLAB] = "SLAB", [LOCK_PMM] = "PMM", [LOCK_EPOCH] = "EPOCH",
	[LOCK_MUTEX] = "MUTEX", [LOCK_PTCHECK] = "PTCHECK",
	[LOCK_TIMER] = "TIMER", [LOCK_SCHED] = "SCHED",
	[LOCK_CONSOLE_RX] = "CONSOLE_RX", [LOCK_LOG] = "LOG",
};

_Static_assert(ARRAY_SIZE(class_names) == LOCK_CLASS_COUNT, "a name each");

static const char *class_name(u32 class)
{
	return class < LOCK_CLASS_COUNT ? class_names[class] : "(bad class)";
}

/* class: of the lock concerned, or LOCK_CLASS_COUNT if none is. */
static void lockdep_report(const char *what, u32 class)
{
	struct thread *t = thread_current();
	u32 count = t->held_count;

	if (lockdep_report_hook != NULL) {
		lockdep_report_hook(what);
		return;
	}
	/* The report itself takes locks, which may not be checked. */
	t->held_count = 0;
	for (u32 i = 0; i < count; i++)
		printk("lockdep: held: %s at %p\n",
		       class_name(t->held_class[i]), t->held_lock[i]);
	panic("lockdep: %s: %s lock, last held %s", what, class_name(class),
	      count > 0 ? class_name(t->held_class[count - 1]) : "none");
}

/* The kind of context in which a lock of this kind may be taken. */
static void check_context(u32 class, enum lockdep_kind kind)
{
	bool in_irq = arch_current()->cpu->irq_depth != 0;

	switch (kind) {
	case LOCKDEP_MUTEX:
	case LOCKDEP_MUTEX_SECOND:
		if (class >= FIRST_SPIN_CLASS)
			lockdep_report("mutex of a spinlock's class", class);
		lockdep_may_sleep();
		break;
	case LOCKDEP_MUTEX_TRY:
		break;
	case LOCKDEP_SPIN:
		if (class < FIRST_SPIN_CLASS || class >= FIRST_IRQ_CLASS)
			lockdep_report("spin_lock() on a wrong class", class);
		if (in_irq)
			lockdep_report("S lock in an interrupt", class);
		break;
	case LOCKDEP_SPIN_IRQ:
		if (class < FIRST_IRQ_CLASS)
			lockdep_report("spin_lock_irq() on an S lock", class);
		break;
	}
}

static void check_order(const struct thread *t, const void *lock, u32 class,
			enum lockdep_kind kind)
{
	u32 last = t->held_class[t->held_count - 1];

	for (u32 i = 0; i < t->held_count; i++) {
		if (t->held_lock[i] == lock) {
			lockdep_report("taken twice", class);
			return;
		}
	}
	/* Who does not wait cannot wait in a circle. */
	if (kind == LOCKDEP_MUTEX_TRY)
		return;
	if (last > class || (last == class && kind != LOCKDEP_MUTEX_SECOND))
		lockdep_report("taken against the order", class);
}

void lockdep_acquire(const void *lock, u32 class, enum lockdep_kind kind)
{
	struct thread *t = thread_current();
	u64 mask;

	check_context(class, kind);
	if (t->held_count > 0)
		check_order(t, lock, class, kind);
	ASSERT(t->held_count < ARRAY_SIZE(t->held_lock));
	/* An interrupt that came in between would put its own lock into this
	 * place, since the count does not yet say that it is taken. */
	mask = arch_irq_save();
	t->held_class[t->held_count] = (u8)class;
	t->held_lock[t->held_count] = lock;
	t->held_count++;
	arch_irq_restore(mask);
}

/* Found by address: locks need not be freed in the opposite order. */
void lockdep_release(const void *lock)
{
	struct thread *t = thread_current();
	u32 at = t->held_count;

	while (at > 0 && t->held_lock[at - 1] != lock)
		at--;
	if (at == 0) {
		lockdep_report("freed by a thread that does not hold it",
			       LOCK_CLASS_COUNT);
		return;
	}
	for (; at < t->held_count; at++) {
		t->held_class[at - 1] = t->held_class[at];
		t->held_lock[at - 1] = t->held_lock[at];
	}
	__asm__ volatile("" ::: "memory");
	t->held_count--;
}

void lockdep_assert_none(const char *where)
{
	struct thread *t = thread_current();

	if (t->held_count > 0)
		lockdep_report(where, t->held_class[t->held_count - 1]);
}

void lockdep_boot_done(void)
{
	sleeping_needs_irqs = true;
}

void lockdep_not_held(u32 class)
{
	lockdep_report("not held where it must be", class);
}

void lockdep_may_sleep(void)
{
	struct thread *t = thread_current();

	if (t->held_count > 0 &&
	    t->held_class[t->held_count - 1] >= FIRST_SPIN_CLASS)
		lockdep_report("may sleep with a spinlock held",
			       LOCK_CLASS_COUNT);
	else if (t->cpu_thread.preempt_count != 0)
		lockdep_report("may sleep with preemption off",
			       LOCK_CLASS_COUNT);
	else if (sleeping_needs_irqs && arch_irqs_masked())
		lockdep_report("may sleep with interrupts off",
			       LOCK_CLASS_COUNT);
}
