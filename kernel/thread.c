/*
 * Threads: creation, start, end.
 *
 * A user thread owns references on its process and on the address space; the
 * latter is dropped when the thread is off its stack for good, so that the
 * scheduler may load it for a thread that still has something to clean up
 * after its process has died.
 */
#include <kernel/futex.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/suspend.h>
#include <mm/kstack.h>
#include <mm/slab.h>
#include <mm/vmar.h>

static struct slab_cache thread_cache;

void thread_init(void)
{
	slab_cache_init(&thread_cache, "thread", sizeof(struct thread));
	suspend_init();
}

static void thread_free(struct epoch_head *h)
{
	slab_free(&thread_cache, container_of(h, struct thread, epoch));
}

/* Wakers and spinning lock waiters look at threads with preemption off and no
 * reference: hence the grace period. A thread that was never started still has
 * what the reaper takes from the others. */
void thread_destroy(struct object *o)
{
	struct thread *t = thread_from_object(o);

	if (t->stack != NULL)
		kstack_free(t->stack);
	if (t->aspace != NULL)
		aspace_unref(t->aspace);
	if (t->process != NULL) {
		/* Of one that was never started. */
		if (exception_slot_is_bound(&t->exceptions))
			exception_slot_shut(&t->object, &t->exceptions);
		object_unref(&t->process->object);
	}
	arch_thread_state_free(t);
	epoch_defer(&t->epoch, thread_free);
}

static const struct object_ops thread_ops = {
	.destroy = thread_destroy,
};

/* First function of every thread. */
static void thread_begin(void *arg)
{
	struct thread *t = arg;

	t->entry(t->entry_arg);
	thread_exit();
}

static struct thread *thread_alloc(const char *name, u32 priority,
				   void (*entry)(void *), void *arg)
{
	struct thread *t = slab_alloc(&thread_cache);

	if (t == NULL)
		return NULL;
	__builtin_memset(t, 0, sizeof(*t));
	t->stack = kstack_alloc();
	if (t->stack == NULL) {
		slab_free(&thread_cache, t);
		return NULL;
	}
	t->cpu_thread.stack_top = (u64)(uintptr_t)t->stack + KSTACK_SIZE;
	t->cpu_thread.cpu = arch_current()->cpu;
	t->sched_cpu = t->cpu_thread.cpu;
	t->sched_state = SCHED_BLOCKED;
	t->priority = priority;
	t->life = THREAD_NEW;
	t->entry = entry;
	t->entry_arg = arg;
	list_init(&t->process_node);
	for (u32 i = 0; i < ZX_MAX_NAME_LEN - 1 && name[i] != '\0'; i++)
		t->name[i] = name[i];
	object_init(&t->object, ZX_OBJ_TYPE_THREAD, &thread_ops, 0);
	arch_context_init(t, thread_begin, t);
	return t;
}

/* The first reference is the thread's own. */
zx_status_t thread_create_kernel(const char *name, void (*fn)(void *),
				 void *arg, u32 priority)
{
	struct thread *t = thread_alloc(name, priority, fn, arg);

	if (t == NULL)
		return ZX_ERR_NO_MEMORY;
	t->life = THREAD_LIVE;
	sched_start(t);
	return ZX_OK;
}

/* A kill or suspension that came before is seen by arch_enter_user(). */
static void thread_begin_user(void *arg)
{
	struct thread *t = arg;

	arch_user_frame_init(t->user_pc, t->user_sp, t->user_args[0],
			     t->user_args[1]);
	if (t->first_of_process ||
	    exception_slot_is_bound(&t->process->debugger))
		exception_raise_starting(t->first_of_process);
	arch_enter_user();
}

zx_status_t thread_create_user(struct process *process, const char *name,
			       struct thread **out)
{
	struct thread *t = thread_alloc(name, THREAD_PRIORITY_DEFAULT,
					thread_begin_user, NULL);

	if (t == NULL)
		return ZX_ERR_NO_MEMORY;
	t->entry_arg = t;
	t->process = process;
	object_ref(&process->object);
	t->aspace = process->aspace;
	aspace_ref(t->aspace);
	*out = t;
	return ZX_OK;
}

void thread_start_user_locked(struct thread *t, uaddr_t pc, uaddr_t sp,
			      u64 arg1, u64 arg2)
{
	lock_assert_held(&t->process->lock);
	ASSERT(t->life == THREAD_NEW);
	t->user_pc = pc;
	t->user_sp = sp;
	t->user_args[0] = arg1;
	t->user_args[1] = arg2;
	t->life = THREAD_LIVE;
	/* Its own reference, until the reaper has it. */
	object_ref(&t->object);
	object_update_signals(&t->object, 0, ZX_THREAD_RUNNING);
	thread_begin_suspended_locked(t);
	sched_start(t);
}

static void thread_set_life(struct thread *t, u32 life)
{
	mutex_lock(&t->process->lock);
	t->life = life;
	mutex_unlock(&t->process->lock);
}

/* A debugger may look at a thread that is DYING already. */
static void thread_tell_debugger(struct thread *t)
{
	if (!exception_slot_is_bound(&t->process->debugger))
		return;
	thread_set_life(t, THREAD_DYING);
	exception_raise_exiting();
}

/* DEAD comes before the process can become DEAD: who sees a process TERMINATED
 * finds all its threads so. */
void thread_exit(void)
{
	struct thread *t = thread_current();

	if (t->process != NULL) {
		thread_tell_debugger(t);
		thread_set_life(t, THREAD_DEAD);
		exception_slot_shut(&t->object, &t->exceptions);
		object_update_signals(&t->object,
				      ZX_THREAD_RUNNING | ZX_THREAD_SUSPENDED,
				      ZX_THREAD_TERMINATED);
		process_thread_gone(t->process, t);
	}
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_assert_none("thread ends with a lock held");
	sched_exit_current();
}

/* Release: pairs with the run-queue lock in sched_poke(), which orders the bit
 * before the look at t's state. */
void thread_kill(struct thread *t)
{
	__atomic_fetch_or(&t->cpu_thread.pending, THREAD_PENDING_KILL,
			  __ATOMIC_RELEASE);
	/* A reschedule that was asked for meanwhile happens at the end. */
	preempt_disable();
	sched_poke(t);
	preempt_enable();
}

#define PENDING_OF_STOPS (THREAD_PENDING_SUSPEND | THREAD_PENDING_UNWIND | \
			  THREAD_PENDING_REGS | THREAD_PENDING_POLICY)

/* Interrupts off, before and after. Who stops may find new bits after it. */
static __attribute__((noinline)) void return_or_stop(struct cpu_thread *self,
						     u32 pending)
{
	/* The call is over: these have done their work. */
	__atomic_fetch_and(&self->pending,
			   ~(THREAD_PENDING_UNWIND | THREAD_PENDING_REGS),
			   __ATOMIC_RELAXED);
	arch_irq_enable();
	if ((pending & THREAD_PENDING_POLICY) != 0)
		exception_raise_marked_policy();
	if ((pending & THREAD_PENDING_SUSPEND) != 0)
		thread_stop();
	(void)arch_irq_save();
}

void kernel_return_to_user(void)
{
	struct cpu_thread *self = arch_current();
	u32 pending;

	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_assert_none("back to user mode with a lock held");
	for (;;) {
		pending = __atomic_load_n(&self->pending, __ATOMIC_ACQUIRE);
		if ((pending & THREAD_PENDING_KILL) != 0) {
			arch_irq_enable();
			thread_exit();
		}
		if ((pending & THREAD_PENDING_EPOCH) != 0) {
			__atomic_fetch_and(&self->pending,
					   ~THREAD_PENDING_EPOCH,
					   __ATOMIC_RELAXED);
			arch_irq_enable();
			epoch_poll_local();
			(void)arch_irq_save();
		} else if (self->resched != 0) {
			sched_reschedule();
		} else if ((pending & PENDING_OF_STOPS) != 0) {
			return_or_stop(self, pending);
		} else {
			break;
		}
	}
	if ((pending & THREAD_PENDING_DEBUG) != 0)
		arch_debug_load();
}

u32 thread_shown_state(struct thread *t)
{
	u32 life = __atomic_load_n(&t->life, __ATOMIC_RELAXED);
	u32 blocked = __atomic_load_n(&t->shown_state, __ATOMIC_RELAXED);

	switch (life) {
	case THREAD_NEW:
		return ZX_THREAD_STATE_NEW;
	case THREAD_DEAD:
		return ZX_THREAD_STATE_DEAD;
	case THREAD_DYING:
		return ZX_THREAD_STATE_DYING;
	}
	if (thread_is_dying(t))
		return ZX_THREAD_STATE_DYING;
	if (thread_is_stopped(t))
		return ZX_THREAD_STATE_SUSPENDED;
	return blocked != 0 ? blocked : ZX_THREAD_STATE_RUNNING;
}

u64 thread_runtime_ns(struct thread *t)
{
	return (u64)time_scale_ns(&ktime_scale,
				  sched_runtime_ticks(t));
}
