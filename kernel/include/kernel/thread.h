/*
 * Threads: scheduling entity and kernel object in one.
 *
 * States (tasks.md 5.2): NEW -> RUNNING (ready, running or blocked) -> DYING
 * -> DEAD. A thread that has started holds a reference to itself until it is
 * DEAD and off its stack. Kernel threads have no process.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <arch/cpu.h>
#include <arch/thread.h>
#include <kernel/epoch.h>
#include <kernel/exception.h>
#include <kernel/object.h>
#include <kernel/wait.h>

enum thread_life {
	THREAD_NEW,
	THREAD_LIVE,
	THREAD_DYING,
	THREAD_DEAD,
};

/* Bits of cpu_thread.pending; each makes the return to user mode stop. */
#define THREAD_PENDING_KILL 1u
#define THREAD_PENDING_EPOCH 2u	/* has deferred much: epoch_poll_local() */
#define THREAD_PENDING_SUSPEND 4u	/* stop here: suspend.c */
/* While it was stopped inside a system call: its pc was written, so the call is
 * given up as by a kill and its status dropped; registers were written. */
#define THREAD_PENDING_UNWIND 8u
#define THREAD_PENDING_REGS 16u
#define THREAD_PENDING_POLICY 32u	/* exception_raise_marked_policy() */
#define THREAD_PENDING_DEBUG 64u	/* always: arch_debug_load() */

enum thread_sched_state {
	SCHED_READY,
	SCHED_RUNNING,
	SCHED_BLOCKED,
	SCHED_EXITED,
};

#define THREAD_PRIORITY_IDLE 0
#define THREAD_PRIORITY_DEFAULT 16
#define THREAD_PRIORITY_HIGH 24
#define THREAD_PRIORITY_COUNT 32

struct aspace;
struct mapping;
struct process;

struct thread {
	struct cpu_thread cpu_thread;	/* first: arch_current() */
	struct arch_context context;	/* saved by the switch */
	/* Under the run-queue lock of `sched_cpu`. */
	struct list_node run_node;
	u32 sched_state;		/* enum thread_sched_state */
	u32 timeslice_ticks;
	struct percpu *sched_cpu;	/* whose queue, or where it last ran */
	u64 runtime_ticks;		/* counter ticks up to switched_in */
	u64 switched_in_ticks;
	/* Fixed after creation. */
	u32 priority;
	/* Written by the thread itself around a sleep, read racily by info. */
	u32 shown_state;		/* ZX_THREAD_STATE_BLOCKED_* or 0 */
	/* Fixed from creation until the thread is off its stack. */
	struct aspace *aspace;		/* NULL for kernel threads; counted */
	void *stack;			/* kernel stack, lowest usable byte */
	void (*entry)(void *);
	void *entry_arg;
	/* Written once by the start, before the thread runs. */
	uaddr_t user_pc;
	uaddr_t user_sp;
	u64 user_args[2];
	/* This thread only: messages that it is freeing, or NULL (message.c). */
	struct list_node *dying_messages;
	/* Fixed after creation. */
	struct process *process;	/* NULL for kernel threads; counted */
	/* Under process->lock. */
	struct list_node process_node;
	u32 life;			/* enum thread_life */
	u32 suspend_count;		/* tokens of its own */
	/* Under object.lock. */
	u32 regs_open;			/* THREAD_REGS_*, suspend.h */
	char name[ZX_MAX_NAME_LEN];
	struct object object;
	/* The reaper's list of dead threads; then the epoch. */
	union {
		struct thread *reap_next;
		struct epoch_head epoch;
	};
	struct arch_fpu fpu;
	/* This thread only: the mapping of its last page fault, or NULL, and
	 * aspace->retired as it was before that one was found (mm/fault.c). */
	struct mapping *fault_mapping;
	u64 fault_retired;
	/* Under the lock of that futex's bucket: where it waits, or 0. */
	uaddr_t futex_addr;
	/* The exception that a handler decides about, or NULL. Under
	 * object.lock; written by the thread itself. */
	struct exception *exception;
	struct exception_slot exceptions;
	/* As shown_state: ZX_EXCEPTION_CHANNEL_TYPE_* of that handler. */
	u32 exception_channel_type;
	/* This thread only: what THREAD_PENDING_POLICY is about. */
	u32 policy_code;
	u32 policy_data;
	/* Written once by the start, as user_pc. */
	bool first_of_process;
	/* While its registers are open under object.lock, else its own. */
	struct arch_debug *debug;	/* NULL until written first */
	bool single_step;
	/* Lock-order checker: classes held, in order (CONFIG_LOCKDEP). */
	u32 held_count;
	u8 held_class[16];
	const void *held_lock[16];
};

_Static_assert(offsetof(struct thread, cpu_thread) == 0,
	       "arch_current() points at the thread");

static inline struct thread *thread_current(void)
{
	return (struct thread *)arch_current();
}

static inline struct thread *thread_from_object(struct object *o)
{
	return container_of(o, struct thread, object);
}

/* Boot: the caches of threads and suspend tokens. After mm_init(). */
void thread_init(void);
/* Kernel thread, started at once. Detached: it frees itself at its end. */
MUST_CHECK zx_status_t thread_create_kernel(const char *name,
					    void (*fn)(void *), void *arg,
					    u32 priority);
/* A NEW user thread of process; the caller gets the object's reference. */
MUST_CHECK zx_status_t thread_create_user(struct process *process,
					  const char *name,
					  struct thread **out);
/* NEW -> LIVE: it will enter user mode. Under process->lock; once only. */
void thread_start_user_locked(struct thread *t, uaddr_t pc, uaddr_t sp,
			      u64 arg1, u64 arg2);
/* Ends the running thread: leaves the process, dies. */
void thread_exit(void) NORETURN;
/* Marks t for death and breaks its interruptible sleep. Any context of a
 * thread; asynchronous. Idempotent. */
void thread_kill(struct thread *t);
/* True if t was killed and is on its way out. A waker that gives something away
 * passes over such a thread, which would take it to the grave. */
static inline bool thread_is_dying(const struct thread *t)
{
	/* Relaxed: whoever saw the kill's end sees the bit; in a race with the
	 * kill either answer is right. */
	return (__atomic_load_n(&t->cpu_thread.pending, __ATOMIC_RELAXED) &
		THREAD_PENDING_KILL) != 0;
}
/* ZX_THREAD_STATE_* as zx_info_thread_t shows it; racy by nature. */
u32 thread_shown_state(struct thread *t);
/* CPU time that t has used, in ns; for a thread that runs, up to this moment. */
u64 thread_runtime_ns(struct thread *t);
/* Last reference on a dead or never started thread is gone: the object's
 * destroy. Frees it after a grace period. */
void thread_destroy(struct object *o);

#endif
