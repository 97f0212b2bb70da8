/*
 * Exceptions of threads as messages to handlers (tasks.md 14, docs/exceptions.md).
 *
 * A task has a slot for each kind of exception channel. A thread that takes an
 * exception asks the handlers behind the slots in their order; while one of
 * them holds the exception's handle the thread sleeps in the kernel, and only a
 * kill ends that sleep early.
 */
#ifndef KERNEL_EXCEPTION_H
#define KERNEL_EXCEPTION_H

#include <kernel/object.h>
#include <zircon/syscalls/exception.h>

struct arch_frame;
struct channel;
struct thread;
struct user_exception;

/* A task's place for one exception channel. All zero: nobody is registered. */
struct exception_slot {
	/* Set when it is bound first, to one value. */
	struct object *task;
	/* Under the task's object.lock, and changed under registration_lock too
	 * (exception_slot.c). */
	struct channel *channel;	/* the kernel's end, the slot's alone */
	zx_rights_t rights;		/* of the handle that registered it */
	bool shut;			/* the task has died */
};

/* Boot: the cache of exceptions. After mm_init(). */
void exception_init(void);

/*
 * Registers a new channel in a slot of this task; *user is the other end, with a
 * reference for the caller. BAD_STATE: the task has died; ALREADY_BOUND: the
 * channel that is registered has a handle still; NO_MEMORY. No lock held.
 */
MUST_CHECK zx_status_t exception_slot_bind(struct object *task,
					   struct exception_slot *slot,
					   zx_rights_t rights,
					   struct channel **user);
/* Takes back a registration whose handle could not be made. */
void exception_slot_unbind(struct exception_slot *slot, struct channel *user);
/* The last handle of the user's end is gone: channel_close(). No lock held. */
void exception_channel_abandoned(struct channel *kernel);
/* The task has died, or is freed: receivers see PEER_CLOSED, and nobody can
 * register any more. No lock held; may sleep. Idempotent. */
void exception_slot_shut(struct object *task, struct exception_slot *slot);
/* Somebody is registered. Relaxed: the answer is about one moment. */
static inline bool exception_slot_is_bound(const struct exception_slot *slot)
{
	return __atomic_load_n(&slot->channel, __ATOMIC_RELAXED) != NULL;
}

enum exception_result {
	EXCEPTION_UNHANDLED,	/* nobody has taken it */
	EXCEPTION_RESUME,	/* a handler has: the thread goes on */
	EXCEPTION_EXIT,		/* a handler ends the thread, or it is killed */
};

/*
 * The running thread asks all handlers about e, in the order of tasks.md 14.4.
 * No lock held, interrupts on; sleeps as long as handlers like. Memory for a
 * message that is not to be had counts as a handler that is not there.
 */
enum exception_result exception_raise(const struct user_exception *e);

/*
 * Marks the running thread: on its way back to user mode, with the status of its
 * call in place, it raises ZX_EXCP_POLICY_ERROR with this code and this word. If
 * nobody handles that, its process dies. Any context of a user thread, whatever
 * locks it holds; never fails. A second one before that replaces the first.
 */
void exception_raise_policy(u32 code, u32 data);
/* kernel_return_to_user(): raises what was marked. Interrupts on. */
void exception_raise_marked_policy(void);

/* The running thread before its first user instruction: PROCESS_STARTING if it
 * is its process's first one, THREAD_STARTING. May not return. */
void exception_raise_starting(bool first_of_process);
/* The running thread before its end: THREAD_EXITING. Sleeps unless killed. */
void exception_raise_exiting(void);

/* Report of the exception that holds t, of both lengths. BAD_STATE: none. */
MUST_CHECK zx_status_t exception_get_report(struct thread *t,
					    zx_exception_report_v2_t *out);

/* Between objects of type EXCEPTION and what user space asks of them. */
u32 exception_get_state(struct object *o);
u32 exception_get_strategy(struct object *o);
/* ZX_EXCEPTION_STATE_*, effective when the handle closes. */
void exception_set_state(struct object *o, u32 state);
/* BAD_STATE: it did not come through the process's debugger channel. */
MUST_CHECK zx_status_t exception_set_strategy(struct object *o, u32 strategy);
/* The thread, which the exception keeps; *rights: of the handle with which this
 * handler registered. */
struct thread *exception_get_thread(struct object *o, zx_rights_t *rights);
/* ACCESS_DENIED: it came through a thread's channel. */
MUST_CHECK zx_status_t exception_check_process_access(struct object *o);

/* crash.c: the report of an exception that nobody handled, on the log. */
void crash_report(const struct user_exception *e,
		  const struct arch_frame *frame);

#endif
