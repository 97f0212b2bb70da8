/*
 * Exception channels of tasks: who is registered, and until when.
 *
 * The kernel's end of a channel is in no handle table, but counts as a handle:
 * giving it up closes it as zx_handle_close would. It names its slot, so that the
 * close of the user's end finds it, and the slot names it. Both change together,
 * under registration_lock and the task's lock: who wants to go from the channel
 * to the slot takes the first, which keeps the task from being freed.
 */
#include "exception_internal.h"

/* Outside the tasks' object locks. */
static struct spinlock registration_lock = SPINLOCK_INIT(LOCK_EXCEPTION);

static void close_end(struct channel *c)
{
	struct handle_taken end = { .object = &c->peer.object };

	handle_release_taken(&end);
}

static zx_status_t bind_locked(struct object *task,
			       struct exception_slot *slot, struct channel *c,
			       zx_rights_t rights)
{
	if (slot->shut)
		return ZX_ERR_BAD_STATE;
	if (slot->channel)
		return ZX_ERR_ALREADY_BOUND;
	slot->task = task;
	slot->channel = c;
	slot->rights = rights;
	c->exceptions = slot;
	return ZX_OK;
}

zx_status_t exception_slot_bind(struct object *task,
				struct exception_slot *slot,
				zx_rights_t rights, struct channel **user)
{
	struct handle_taken end;
	struct channel *kernel;
	zx_status_t status = channel_create(&kernel, user);

	if (status != ZX_OK)
		return status;
	handle_make_taken(&kernel->peer.object, 0, &end);
	object_unref(&kernel->peer.object);
	spin_lock(&registration_lock);
	spin_lock(&task->lock);
	status = bind_locked(task, slot, kernel, rights);
	spin_unlock(&task->lock);
	spin_unlock(&registration_lock);
	if (status != ZX_OK) {
		handle_release_taken(&end);
		object_unref(&(*user)->peer.object);
	}
	return status;
}

/* Takes the channel that a slot holds, if any, or only a certain one. */
static struct channel *unbind_locked(struct exception_slot *slot,
				     const struct channel *only)
{
	struct channel *c;

	spin_lock(&slot->task->lock);
	c = slot->channel;
	if (c && only && c != only)
		c = NULL;
	if (c) {
		slot->channel = NULL;
		c->exceptions = NULL;
	}
	spin_unlock(&slot->task->lock);
	return c;
}

/* Exceptions that it got meanwhile go to the next handler with its memory. */
void exception_slot_unbind(struct exception_slot *slot, struct channel *user)
{
	struct channel *c;

	spin_lock(&registration_lock);
	c = unbind_locked(slot, channel_other(user));
	spin_unlock(&registration_lock);
	if (c)
		close_end(c);
}

void exception_channel_abandoned(struct channel *kernel)
{
	struct channel *c = NULL;

	spin_lock(&registration_lock);
	if (kernel->exceptions)
		c = unbind_locked(kernel->exceptions, kernel);
	spin_unlock(&registration_lock);
	if (c)
		close_end(c);
}

void exception_slot_shut(struct object *task, struct exception_slot *slot)
{
	struct channel *c = NULL;
	bool bound;

	spin_lock(&task->lock);
	slot->shut = true;
	bound = slot->channel;
	spin_unlock(&task->lock);
	if (!bound)
		return;
	spin_lock(&registration_lock);
	c = unbind_locked(slot, NULL);
	spin_unlock(&registration_lock);
	if (c)
		close_end(c);
}

struct channel *exception_slot_get(struct object *task,
				   struct exception_slot *slot,
				   zx_rights_t *rights)
{
	struct channel *c;

	if (!exception_slot_is_bound(slot))
		return NULL;
	spin_lock(&task->lock);
	c = slot->channel;
	if (c) {
		object_ref(&c->peer.object);
		*rights = slot->rights;
	}
	spin_unlock(&task->lock);
	return c;
}
