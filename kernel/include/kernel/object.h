/*
 * Kernel objects: what a handle points at.
 *
 * Every object embeds a struct object as its first member. Lifetime: one
 * reference per handle, per pointer kept by the kernel; the last object_unref()
 * calls ops->destroy. The number of handles is counted apart: when it falls to
 * zero ops->on_zero_handles runs once (it may run again if a handle is made
 * from inside the kernel later).
 *
 * Signals: 32 bits under obj->lock (LOCK_OBJECT). Observers are records linked
 * to the object: one-shot ones wait for their first trigger, the others are
 * told of each change. They run under obj->lock. No observer, no cost.
 */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/types.h>

struct object;

struct object_ops {
	/* Frees the object; no reference is left. Thread context, may sleep. */
	void (*destroy)(struct object *);
	/* Last handle gone, or NULL. Thread context, no lock held, may sleep. */
	void (*on_zero_handles)(struct object *);
};

struct object {
	/* Fixed after object_init(). */
	const struct object_ops *ops;
	zx_koid_t koid;
	u32 type;		/* ZX_OBJ_TYPE_* */
	/* Atomic: release on the drop, acquire before destroy. Handles keep
	 * spare references in store (handle.c): do not compare it with 1. */
	u32 ref_count;
	/* Atomic: acquire and release on the drop. */
	u32 handle_count;
	/* Under lock; read without it for a look at one moment. */
	zx_signals_t signals;
	/* Under lock; the closer of a handle reads it without, see
	 * object_cancel_observers(). */
	u32 observer_count;
	struct list_node observers;
	struct spinlock lock;
};

/* Starts with one reference, which the caller owns, no handle, a new koid. */
void object_init(struct object *o, u32 type, const struct object_ops *ops,
		 zx_signals_t signals);
/* Counts the object out and calls ops->destroy; for object_unref() alone. */
void object_destroy(struct object *o);

/* Relaxed: who adds a reference has one already, or holds what keeps it. */
static inline void object_ref_many(struct object *o, u32 count)
{
	arch_add32(&o->ref_count, count);
}

static inline void object_ref(struct object *o)
{
	object_ref_many(o, 1);
}

/* Release: what this holder did to the object comes before its destruction,
 * which the acquire fence in object_destroy() orders behind all drops. */
static inline void object_unref_many(struct object *o, u32 count)
{
	if (__builtin_expect(arch_sub32_release(&o->ref_count, count) == 0, 0))
		object_destroy(o);
}

static inline void object_unref(struct object *o)
{
	object_unref_many(o, 1);
}

/* For a finder that holds what keeps the memory, but no reference: false if the
 * last one is gone already. */
bool object_try_ref(struct object *o);
/* Half of object_unref(): true if this was the last reference, and the caller
 * does what ops->destroy would. */
MUST_CHECK bool object_drop(struct object *o);

/* The types whose first handle carries ZX_RIGHT_WAIT (abi.md 5). */
#define OBJECT_WAITABLE_TYPES                                               \
	(1ul << ZX_OBJ_TYPE_PROCESS | 1ul << ZX_OBJ_TYPE_THREAD |           \
	 1ul << ZX_OBJ_TYPE_VMO | 1ul << ZX_OBJ_TYPE_CHANNEL |              \
	 1ul << ZX_OBJ_TYPE_EVENT | 1ul << ZX_OBJ_TYPE_INTERRUPT |          \
	 1ul << ZX_OBJ_TYPE_LOG | 1ul << ZX_OBJ_TYPE_SOCKET |               \
	 1ul << ZX_OBJ_TYPE_EVENTPAIR | 1ul << ZX_OBJ_TYPE_JOB |            \
	 1ul << ZX_OBJ_TYPE_FIFO | 1ul << ZX_OBJ_TYPE_TIMER |               \
	 1ul << ZX_OBJ_TYPE_CLOCK)

/* Waitable types have signals; ports, pagers, VMARs have none. */
static inline bool object_is_waitable(const struct object *o)
{
	return (OBJECT_WAITABLE_TYPES >> o->type) & 1;
}
/* Signals that zx_object_signal may change on this type (abi.md 7). */
zx_signals_t object_user_signals(const struct object *o);
zx_koid_t object_related_koid(const struct object *o);

/*
 * Clears, then sets, as one step, and notifies observers of what is set.
 * Takes o->lock; callable under VMO and port-free contexts, not from
 * interrupts.
 */
void object_update_signals(struct object *o, zx_signals_t clear,
			   zx_signals_t set);
/* The same for a caller that holds o->lock, to change more in the one step. */
void object_update_signals_locked(struct object *o, zx_signals_t clear,
				  zx_signals_t set);

/* Relaxed: the answer is about one moment and orders nothing. */
static inline zx_signals_t object_read_signals(const struct object *o)
{
	return __atomic_load_n(&o->signals, __ATOMIC_RELAXED);
}

/*
 * The name of a process, thread, job, VMO or resource: 32 bytes, zero-filled
 * behind the text; NULL for types without. Read and set by these functions,
 * under o->lock.
 */
void object_get_name(struct object *o, char out[ZX_MAX_NAME_LEN]);
/* NOT_SUPPORTED for types without a name; length is cut to 31, and at the
 * first NUL. */
MUST_CHECK zx_status_t object_set_name(struct object *o, const char *name,
				       size_t length);

/*
 * Through which handle an observer watches. Slot and word name one handle for
 * ever: the word holds the slot's generation (handle.c).
 */
struct handle_identity {
	const u64 *slot_word;
	u64 key;
};

bool handle_identity_is_live(const struct handle_identity *id);

static inline bool handle_identity_equal(const struct handle_identity *a,
					 const struct handle_identity *b)
{
	return a->slot_word == b->slot_word && a->key == b->key;
}

/*
 * Observer: told of signal changes and of the end of the handle through which
 * it watches. All callbacks run under the object's lock: they wake waiters,
 * queue packets, free the observer, nothing else.
 */
struct observer;
struct observer_ops {
	/* One shot: a trigger has become active, the observer is unlinked and
	 * may free itself. Else: the signals as they are when it is linked,
	 * and after each change. */
	void (*on_signals)(struct observer *, zx_signals_t signals);
	/* The handle was closed or moved; the observer is already unlinked. */
	void (*on_cancel)(struct observer *, zx_signals_t signals);
};

struct observer {
	/* Fixed after init. */
	const struct observer_ops *ops;
	struct handle_identity handle;
	zx_signals_t trigger;	/* one shot only */
	bool one_shot;
	bool edge;		/* one shot: what is active now is no trigger */
	/* Under the object's lock; points at itself while not linked. */
	struct list_node node;
};

#define OBJECT_MAX_OBSERVERS 65536u	/* bounds the work under one lock */

/*
 * Links the observer; a one-shot one whose trigger is active is run at once
 * instead and may be gone on return. CANCELED: its handle is closed;
 * NO_MEMORY: too many observers.
 */
MUST_CHECK zx_status_t object_add_observer(struct object *o,
					   struct observer *ob);
/* The same for a caller that holds o->lock. */
MUST_CHECK zx_status_t object_add_observer_locked(struct object *o,
						  struct observer *ob);
/* Takes a linked observer off; the object's lock is held. */
void object_unlink_observer_locked(struct object *o, struct observer *ob);
/* Unlinks it if it is linked; true if it was. On return no callback runs. */
bool object_remove_observer(struct object *o, struct observer *ob);
void object_cancel_observers_slow(struct object *o,
				  const struct handle_identity *id);
/* Cancels all observers that watch through this handle, whose word was ended
 * before. The fence pairs with the one in object_add_observer_locked(). */
static inline void object_cancel_observers(struct object *o,
					   const struct handle_identity *id)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&o->observer_count, __ATOMIC_RELAXED) != 0)
		object_cancel_observers_slow(o, id);
}

/* Live kernel objects of each type, for leak checks (racy sum). */
u64 object_count(u32 type);

#endif
