/*
 * Suspension: counts, and the place where a suspended thread stands still.
 *
 * Nothing is lost between a resumption and the sleep in stop(): it sleeps only
 * if the pending word is what was looked at, and whoever changes the word wakes
 * the thread after it (sched_block_while()). Nothing is read or written of a
 * thread that runs: the bit in regs_open is taken back under the same lock.
 */
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/suspend.h>

#include "suspend_internal.h"

/* --- Counts, under process->lock ---------------------------------------------- */

/* Release: pairs with the run-queue lock in sched_poke(), which orders the bit
 * before the look at t's state; acquire comes with the lock of the sleeper. */
static void set_pending(struct thread *t, u32 clear, u32 set)
{
	if (clear != 0)
		__atomic_fetch_and(&t->cpu_thread.pending, ~clear,
				   __ATOMIC_RELEASE);
	if (set != 0)
		__atomic_fetch_or(&t->cpu_thread.pending, set,
				  __ATOMIC_RELEASE);
	preempt_disable();
	sched_poke(t);
	preempt_enable();
}

/* Counts have changed: sees to it that a started thread stops or goes on. */
static void follow_counts_locked(struct thread *t)
{
	bool is = (__atomic_load_n(&t->cpu_thread.pending, __ATOMIC_RELAXED) &
		   THREAD_PENDING_SUSPEND) != 0;
	bool shall = t->suspend_count + t->process->suspend_count != 0;

	if (t->life != THREAD_LIVE || is == shall)
		return;
	set_pending(t, shall ? 0 : THREAD_PENDING_SUSPEND,
		    shall ? THREAD_PENDING_SUSPEND : 0);
}

void thread_begin_suspended_locked(struct thread *t)
{
	lock_assert_held(&t->process->lock);
	/* Relaxed: the start that follows hands the thread over by a lock. */
	if (t->suspend_count + t->process->suspend_count != 0)
		__atomic_fetch_or(&t->cpu_thread.pending,
				  THREAD_PENDING_SUSPEND, __ATOMIC_RELAXED);
}

zx_status_t thread_suspend(struct thread *t)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&t->process->lock);
	if (t->life < THREAD_DYING && !thread_is_dying(t)) {
		t->suspend_count++;
		follow_counts_locked(t);
		status = ZX_OK;
	}
	mutex_unlock(&t->process->lock);
	return status;
}

void thread_resume(struct thread *t)
{
	mutex_lock(&t->process->lock);
	t->suspend_count--;
	follow_counts_locked(t);
	mutex_unlock(&t->process->lock);
}

static void process_change_locked(struct process *p, u32 change)
{
	struct thread *t;

	p->suspend_count += change;
	list_for_each(t, &p->threads, process_node)
		follow_counts_locked(t);
}

zx_status_t process_suspend(struct process *p)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&p->lock);
	if (p->state < PROCESS_DYING) {
		process_change_locked(p, 1);
		status = ZX_OK;
	}
	mutex_unlock(&p->lock);
	return status;
}

void process_resume(struct process *p)
{
	mutex_lock(&p->lock);
	process_change_locked(p, -1u);
	mutex_unlock(&p->lock);
}

/* --- Standing still ----------------------------------------------------------- */

static u32 pending_of(const struct thread *t)
{
	return __atomic_load_n(&t->cpu_thread.pending, __ATOMIC_ACQUIRE);
}

static bool must_stop(u32 pending)
{
	return (pending & (THREAD_PENDING_SUSPEND | THREAD_PENDING_KILL)) ==
	       THREAD_PENDING_SUSPEND;
}

/* Relaxed: who acts on the bits has the lock; thread_is_stopped() only shows. */
static void open_locked(struct thread *t, u32 bits)
{
	__atomic_store_n(&t->regs_open, t->regs_open | bits, __ATOMIC_RELAXED);
}

static void close_locked(struct thread *t, u32 bits)
{
	__atomic_store_n(&t->regs_open, t->regs_open & ~bits, __ATOMIC_RELAXED);
}

/* Under t's object.lock, which is let go while it sleeps. */
static void stand_still_locked(struct thread *t)
{
	u32 pending;

	while (must_stop(pending = pending_of(t))) {
		spin_unlock(&t->object.lock);
		sched_block_while((const s32 *)&t->cpu_thread.pending,
				  (s32)pending, 0);
		spin_lock(&t->object.lock);
	}
}

/* A kill leaves the signals to the thread's end (5.2). */
static void stop(u32 where)
{
	struct thread *t = thread_current();
	struct object *o = &t->object;

	arch_user_state_save();
	spin_lock(&o->lock);
	if (must_stop(pending_of(t))) {
		open_locked(t, where);
		object_update_signals_locked(o, ZX_THREAD_RUNNING,
					     ZX_THREAD_SUSPENDED);
		stand_still_locked(t);
		close_locked(t, where);
		if ((pending_of(t) & THREAD_PENDING_KILL) == 0)
			object_update_signals_locked(o, ZX_THREAD_SUSPENDED,
						     ZX_THREAD_RUNNING);
	}
	spin_unlock(&o->lock);
	arch_user_state_load();
}

void thread_stop(void)
{
	stop(THREAD_REGS_STOPPED);
}

zx_status_t thread_stop_in_call(void)
{
	u32 pending;

	stop(THREAD_REGS_STOPPED | THREAD_REGS_IN_CALL);
	pending = pending_of(thread_current());
	return (pending & (THREAD_PENDING_KILL | THREAD_PENDING_UNWIND)) == 0
		       ? ZX_OK
		       : ZX_ERR_INTERNAL_INTR_KILLED;
}

void thread_regs_expose(void)
{
	struct thread *t = thread_current();

	arch_user_state_save();
	spin_lock(&t->object.lock);
	open_locked(t, THREAD_REGS_EXPOSED);
	spin_unlock(&t->object.lock);
}

void thread_regs_hide(void)
{
	struct thread *t = thread_current();

	spin_lock(&t->object.lock);
	close_locked(t, THREAD_REGS_EXPOSED);
	spin_unlock(&t->object.lock);
	arch_user_state_load();
}

/* --- Register state ----------------------------------------------------------- */

zx_status_t thread_read_state(struct thread *t, u32 kind, void *record)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	spin_lock(&t->object.lock);
	if (t->regs_open != 0)
		status = arch_thread_state_read(t, kind, record);
	spin_unlock(&t->object.lock);
	return status;
}

static zx_status_t write_locked(struct thread *t, u32 kind, const void *record)
{
	u32 *pending = &t->cpu_thread.pending;
	bool pc_moved = false;
	zx_status_t status = arch_thread_state_write(t, kind, record,
						     &pc_moved);

	if (status != ZX_OK)
		return status;
	/* The way to user mode looks at these; the thread has our lock to take
	 * before it gets there. */
	if ((t->regs_open & THREAD_REGS_IN_CALL) != 0)
		__atomic_fetch_or(pending, THREAD_PENDING_REGS |
				  (pc_moved ? THREAD_PENDING_UNWIND : 0),
				  __ATOMIC_RELAXED);
	if (arch_debug_is_armed(t))
		__atomic_fetch_or(pending, THREAD_PENDING_DEBUG,
				  __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(pending, ~THREAD_PENDING_DEBUG,
				   __ATOMIC_RELAXED);
	return ZX_OK;
}

/* Racy: a look before memory is spent on a write. */
static bool regs_are_open(const struct thread *t)
{
	return __atomic_load_n(&t->regs_open, __ATOMIC_RELAXED) != 0;
}

zx_status_t thread_write_state(struct thread *t, u32 kind, const void *record)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	if (regs_are_open(t))
		status = arch_thread_state_prepare(t, kind);
	if (status != ZX_OK)
		return status;
	status = ZX_ERR_BAD_STATE;
	spin_lock(&t->object.lock);
	if (t->regs_open != 0)
		status = write_locked(t, kind, record);
	spin_unlock(&t->object.lock);
	return status;
}
