/*
 * The lock checker reports what it must; the hook counts instead of panicking.
 */
#include <kernel/ktest.h>
#include <kernel/lock.h>
#include <kernel/thread.h>

static u32 report_count;
static struct thread *reporter;

static void count_report(const char *what)
{
	(void)what;
	if (thread_current() == reporter)
		report_count++;
}

static void begin(void)
{
	reporter = thread_current();
	report_count = 0;
	lockdep_report_hook = count_report;
}

static u32 end(void)
{
	lockdep_report_hook = NULL;
	return report_count;
}

/* The order of classes is reported where it is broken, and nowhere else. */
KTEST(lockdep_order)
{
	struct mutex outer, inner;
	struct spinlock spin;

	mutex_init(&outer, LOCK_ASPACE);
	mutex_init(&inner, LOCK_VMO);
	spin_init(&spin, LOCK_PORT);
	begin();
	mutex_lock(&outer);
	mutex_lock(&inner);
	spin_lock(&spin);
	spin_unlock(&spin);
	mutex_unlock(&outer);
	mutex_unlock(&inner);
	KEXPECT_EQ(t, end(), 0);

	begin();
	mutex_lock(&inner);
	mutex_lock(&outer);
	mutex_unlock(&outer);
	mutex_unlock(&inner);
	KEXPECT_EQ(t, end(), 1);
}

/* Two of one class only through the pair function. */
KTEST(lockdep_same_class)
{
	struct mutex a, b;

	mutex_init(&a, LOCK_VMO);
	mutex_init(&b, LOCK_VMO);
	begin();
	mutex_lock_pair(&a, &b);
	mutex_unlock_pair(&a, &b);
	KEXPECT_EQ(t, end(), 0);

	begin();
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	KEXPECT_EQ(t, end(), 1);
}

/* A lock taken again by its holder; the lock itself is left out, since taking
 * it would hang. */
KTEST(lockdep_recursion)
{
	struct mutex m;

	mutex_init(&m, LOCK_VMO);
	begin();
	mutex_lock(&m);
	lockdep_acquire(&m, m.class, LOCKDEP_MUTEX);
	lockdep_release(&m);
	mutex_unlock(&m);
	KEXPECT_EQ(t, end(), 1);
}

/* A lock freed by somebody who does not hold it. */
KTEST(lockdep_foreign_unlock)
{
	struct mutex m;

	mutex_init(&m, LOCK_VMO);
	begin();
	lockdep_release(&m);
	KEXPECT_EQ(t, end(), 1);
}

/* Sleeping with a spinlock, with preemption off, with interrupts off. */
KTEST(lockdep_sleep_in_atomic)
{
	struct spinlock spin;
	u64 mask;

	spin_init(&spin, LOCK_PORT);
	begin();
	lock_assert_may_sleep();
	KEXPECT_EQ(t, end(), 0);

	begin();
	spin_lock(&spin);
	lock_assert_may_sleep();
	spin_unlock(&spin);
	KEXPECT_EQ(t, end(), 1);

	begin();
	preempt_disable();
	lock_assert_may_sleep();
	preempt_enable();
	KEXPECT_EQ(t, end(), 1);

	begin();
	mask = arch_irq_save();
	lock_assert_may_sleep();
	arch_irq_restore(mask);
	KEXPECT_EQ(t, end(), 1);
}

/* What must be held is looked for. */
KTEST(lockdep_held_assertion)
{
	struct mutex m;

	mutex_init(&m, LOCK_VMO);
	begin();
	mutex_lock(&m);
	lock_assert_held(&m);
	mutex_unlock(&m);
	KEXPECT_EQ(t, end(), 0);

	begin();
	lock_assert_held(&m);
	KEXPECT_EQ(t, end(), 1);
}

/* Spinlocks shared with interrupts and the others are not mixed up. */
KTEST(lockdep_irq_classes)
{
	struct spinlock s, i;
	u64 mask;

	spin_init(&s, LOCK_PORT);
	spin_init(&i, LOCK_TIMER);
	begin();
	mask = spin_lock_irq(&s);
	spin_unlock_irq(&s, mask);
	KEXPECT_EQ(t, end(), 1);

	begin();
	spin_lock(&i);
	spin_unlock(&i);
	KEXPECT_EQ(t, end(), 1);
}
