/*
 * Exception objects: one thread's exception, and the question to one handler.
 *
 * The object has one handle at most, since that cannot be duplicated: it goes
 * out in a message, and its end is the handler's answer. The thread sleeps
 * meanwhile with a waiter that the object names. A thread that is killed takes
 * its waiter away and leaves the object to whoever has the handle.
 */
#include <kernel/message.h>
#include <kernel/suspend.h>
#include <mm/reclaim.h>
#include <mm/slab.h>

#include "exception_internal.h"

/* Frames for a message and an object. */
#define EXCEPTION_FRAMES 2

struct exception {
	struct object object;
	/* Fixed after creation. */
	struct thread *thread;			/* counted */
	zx_exception_report_v2_t report;
	/* Under object.lock: of the handler that is asked at present. */
	struct waiter *waiter;			/* NULL: nobody waits */
	u32 state;				/* ZX_EXCEPTION_STATE_* */
	u32 strategy;				/* ZX_EXCEPTION_STRATEGY_* */
	u32 channel_type;
	zx_rights_t task_rights;
};

static struct slab_cache exception_cache;

void exception_init(void)
{
	slab_cache_init(&exception_cache, "exception",
			sizeof(struct exception));
}

static inline struct exception *exception_from_object(struct object *o)
{
	return container_of(o, struct exception, object);
}

static void exception_destroy(struct object *o)
{
	struct exception *e = exception_from_object(o);

	object_unref(&e->thread->object);
	slab_free(&exception_cache, e);
}

/* The handler has decided, or its channel closed over the unread message. */
static void exception_on_zero_handles(struct object *o)
{
	struct exception *e = exception_from_object(o);

	spin_lock(&o->lock);
	if (e->waiter)
		waiter_wake(e->waiter, ZX_OK);
	spin_unlock(&o->lock);
}

static const struct object_ops exception_ops = {
	.destroy = exception_destroy,
	.on_zero_handles = exception_on_zero_handles,
};

static void fill_report(zx_exception_report_v2_t *r,
			const struct user_exception *what)
{
	__builtin_memset(r, 0, sizeof(*r));
	r->header.size = sizeof(*r);
	r->header.type = what->type;
	r->context.arch.u.arm_64.esr = what->esr;
	r->context.arch.u.arm_64.far = what->far;
	r->context.synth_code = what->code;
	r->context.synth_data = what->data;
}

static struct exception *exception_create(const struct user_exception *what)
{
	struct exception *e = slab_alloc(&exception_cache);

	if (!e)
		return NULL;
	object_init(&e->object, ZX_OBJ_TYPE_EXCEPTION, &exception_ops, 0);
	e->thread = thread_current();
	object_ref(&e->thread->object);
	fill_report(&e->report, what);
	e->waiter = NULL;
	e->state = ZX_EXCEPTION_STATE_TRY_NEXT;
	e->strategy = ZX_EXCEPTION_STRATEGY_FIRST_CHANCE;
	e->channel_type = ZX_EXCEPTION_CHANNEL_TYPE_NONE;
	e->task_rights = 0;
	return e;
}

static zx_status_t try_prepare(struct exception_inquiry *q,
			       struct message **out)
{
	if (!q->exception)
		q->exception = exception_create(q->what);
	if (!q->exception)
		return ZX_ERR_NO_MEMORY;
	return message_create_kernel(sizeof(zx_exception_info_t), 1, out);
}

/* The object, if it is not there yet, and a message that has no handle yet. */
static zx_status_t prepare(struct exception_inquiry *q, struct message **out)
{
	zx_status_t status;

	do {
		status = try_prepare(q, out);
	} while (mm_try_again(status, EXCEPTION_FRAMES));
	return status;
}

static void fill_message(struct message *m, struct exception *e)
{
	zx_exception_info_t info = {
		.pid = e->thread->process->object.koid,
		.tid = e->thread->object.koid,
		.type = e->report.header.type,
	};

	__builtin_memcpy(m->data, &info, sizeof(info));
	handle_make_taken(&e->object, ZX_DEFAULT_EXCEPTION_RIGHTS,
			 &m->handles[0].taken);
	m->handle_count = 1;
}

/* From here to hold_end() others see the thread in the exception. */
static void hold_begin(struct exception *e, struct waiter *w, u32 channel_type,
		       zx_rights_t rights)
{
	struct thread *t = e->thread;

	thread_regs_expose();
	waiter_init(w);
	spin_lock(&e->object.lock);
	e->waiter = w;
	e->state = ZX_EXCEPTION_STATE_TRY_NEXT;
	e->strategy = ZX_EXCEPTION_STRATEGY_FIRST_CHANCE;
	e->channel_type = channel_type;
	e->task_rights = rights;
	spin_unlock(&e->object.lock);
	spin_lock(&t->object.lock);
	t->exception = e;
	spin_unlock(&t->object.lock);
	t->exception_channel_type = channel_type;
	/* Before the sleep: who has the message may look at once. */
	t->shown_state = ZX_THREAD_STATE_BLOCKED_EXCEPTION;
}

static enum exception_result hold_end(struct exception *e,
				      zx_status_t slept, bool *second_chance)
{
	struct thread *t = e->thread;
	u32 state;

	t->exception_channel_type = ZX_EXCEPTION_CHANNEL_TYPE_NONE;
	spin_lock(&t->object.lock);
	t->exception = NULL;
	spin_unlock(&t->object.lock);
	thread_regs_hide();
	spin_lock(&e->object.lock);
	e->waiter = NULL;
	state = e->state;
	*second_chance = e->strategy == ZX_EXCEPTION_STRATEGY_SECOND_CHANCE;
	spin_unlock(&e->object.lock);
	/* Killed first, then answered: the wake alone says the answer. */
	if (slept != ZX_OK || thread_is_killed() ||
	    state == ZX_EXCEPTION_STATE_THREAD_EXIT)
		return EXCEPTION_EXIT;
	return state == ZX_EXCEPTION_STATE_HANDLED ? EXCEPTION_RESUME
						   : EXCEPTION_UNHANDLED;
}

enum exception_result exception_ask(struct exception_inquiry *q,
				    struct object *task,
				    struct exception_slot *slot,
				    u32 channel_type)
{
	struct channel *c;
	struct message *m;
	struct waiter w;
	zx_rights_t rights;
	zx_status_t status;

	q->second_chance = false;
	c = exception_slot_get(task, slot, &rights);
	if (!c)
		return EXCEPTION_UNHANDLED;
	if (prepare(q, &m) != ZX_OK) {
		object_unref(&c->peer.object);
		return EXCEPTION_UNHANDLED;
	}
	hold_begin(q->exception, &w, channel_type, rights);
	fill_message(m, q->exception);
	/* A message that cannot be sent takes its handle with it: as if the
	 * handler had closed it unseen, the sleep ends at once. */
	if (channel_send(c, m) != ZX_OK)
		message_free(m);
	object_unref(&c->peer.object);
	status = waiter_sleep(&w, ZX_TIME_INFINITE, WAIT_KILLABLE,
			      ZX_THREAD_STATE_BLOCKED_EXCEPTION);
	return hold_end(q->exception, status, &q->second_chance);
}

void exception_inquiry_end(struct exception_inquiry *q)
{
	if (q->exception)
		object_unref(&q->exception->object);
}

zx_status_t exception_get_report(struct thread *t,
				 zx_exception_report_v2_t *out)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	/* The thread's own reference keeps the object while it is named. */
	spin_lock(&t->object.lock);
	if (t->exception) {
		*out = t->exception->report;
		status = ZX_OK;
	}
	spin_unlock(&t->object.lock);
	return status;
}

/* Relaxed: a word of one moment, which the handler itself sets. */
u32 exception_get_state(struct object *o)
{
	return __atomic_load_n(&exception_from_object(o)->state,
			       __ATOMIC_RELAXED);
}

u32 exception_get_strategy(struct object *o)
{
	return __atomic_load_n(&exception_from_object(o)->strategy,
			       __ATOMIC_RELAXED);
}

void exception_set_state(struct object *o, u32 state)
{
	spin_lock(&o->lock);
	exception_from_object(o)->state = state;
	spin_unlock(&o->lock);
}

zx_status_t exception_set_strategy(struct object *o, u32 strategy)
{
	struct exception *e = exception_from_object(o);
	zx_status_t status = ZX_ERR_BAD_STATE;

	spin_lock(&o->lock);
	if (e->channel_type == ZX_EXCEPTION_CHANNEL_TYPE_DEBUGGER) {
		e->strategy = strategy;
		status = ZX_OK;
	}
	spin_unlock(&o->lock);
	return status;
}

struct thread *exception_get_thread(struct object *o, zx_rights_t *rights)
{
	struct exception *e = exception_from_object(o);

	spin_lock(&o->lock);
	*rights = e->task_rights;
	spin_unlock(&o->lock);
	return e->thread;
}

zx_status_t exception_check_process_access(struct object *o)
{
	struct exception *e = exception_from_object(o);
	u32 type;

	spin_lock(&o->lock);
	type = e->channel_type;
	spin_unlock(&o->lock);
	return type == ZX_EXCEPTION_CHANNEL_TYPE_THREAD ? ZX_ERR_ACCESS_DENIED
							: ZX_OK;
}
