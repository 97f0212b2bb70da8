/*
 * Kernel objects: what a handle points at.
 *
 * Every object embeds a struct object as its first member. Lifetime: one
 * reference per handle, per pointer kept by the kernel; the last object_unref()
 * calls ops->destroy. The number of handles is counted apart: when it falls to
 * zero ops->on_zero_handles runs once (it may run again if a handle is made
 * from inside the kernel later).
 *
 * Signals: 32 bits under obj->lock. Observers are one-shot or persistent
 * records linked to the object; a change of signals runs them under obj->lock.
 */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

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
	/* Atomic: release on the drop, acquire before destroy. */
	u32 ref_count;
	u32 handle_count;
	/* Under lock. */
	zx_signals_t signals;
	struct list_node observers;
	struct spinlock lock;
};

/* Starts with one reference, which the caller owns, no handle, a new koid. */
void object_init(struct object *o, u32 type, const struct object_ops *ops,
		 zx_signals_t signals);
void object_ref(struct object *o);
void object_unref(struct object *o);

/* Waitable types have signals; ports, pagers, VMARs have none. */
bool object_is_waitable(const struct object *o);
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
zx_signals_t object_read_signals(struct object *o);

/*
 * Observer: told of signal changes and of the end of the handle through which
 * it watches. All callbacks run under the object's lock: they wake waiters or
 * queue packets, nothing else.
 */
struct observer;
struct observer_ops {
	/* The object's signals are now `signals`; true unlinks the observer
	 * (one shot done). */
	bool (*on_signals)(struct observer *, zx_signals_t signals);
	/* The handle was closed or moved; the observer is already unlinked. */
	void (*on_cancel)(struct observer *, zx_signals_t signals);
};

struct observer {
	/* Fixed after init. */
	const struct observer_ops *ops;
	struct object *object;	/* holds no reference: the handle or owner does */
	const void *handle;	/* identity of the struct handle watched through */
	/* Under object->lock. */
	struct list_node node;
};

/* Links the observer, unless on_signals() on the present signals says that it
 * is done already. Returns whether it was linked. */
bool object_add_observer(struct object *o, struct observer *ob,
			 const void *handle);
/* Unlinks it if it is linked; true if it was. On return no callback runs. */
bool object_remove_observer(struct object *o, struct observer *ob);
/* Cancels all observers that watch through this handle. */
void object_cancel_observers(struct object *o, const void *handle);

/* Live kernel objects of each type, for leak checks (racy sum). */
u64 object_count(u32 type);

#endif
