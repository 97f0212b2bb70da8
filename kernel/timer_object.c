/*
 * Timers as objects.
 *
 * A ktimer's function runs in the timer interrupt, where no object's lock may
 * be taken. So it puts the object on a stack and calls a thread, which raises
 * the signal under the object's lock, if the deadline that is set then has
 * passed: a firing that was overtaken by a set or a cancel does nothing.
 *
 * A timer that lies on the stack holds a reference of its own. The interrupt
 * may take it, since a timer is armed only while it has a handle: the last
 * handle's end stops it for good.
 */
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/timer_object.h>
#include <mm/slab.h>

struct timer_object {
	struct object object;
	u32 options;			/* fixed */
	struct ktimer ktimer;		/* its owner: holder of object.lock */
	/* Under object.lock. */
	ktime_t deadline;
	s64 slack;
	bool armed;			/* deadline and slack mean something */
	bool closed;			/* no handle: never armed again */
	/* Atomic: it lies on the stack `fired`, or its firing is not looked at
	 * yet. */
	bool is_fired;
	struct timer_object *fired_next;
};

static struct slab_cache timer_cache;
/* Fixed once the thread runs. */
static struct thread *signaller;
/* Atomic: stack of fired timers; release by the pusher, acquire by the thread. */
static struct timer_object *fired;
/* Atomic: 1 from a call for the thread until it looks. */
static s32 signaller_called;

static struct timer_object *from_object(struct object *o)
{
	return container_of(o, struct timer_object, object);
}

/* Timer interrupt. */
static void timer_fire(struct ktimer *k)
{
	struct timer_object *t = container_of(k, struct timer_object, ktimer);
	struct thread *to = __atomic_load_n(&signaller, __ATOMIC_ACQUIRE);

	/* Acquire and release: if it is on its way already, the thread will
	 * look at the deadline after it has taken the mark off. */
	if (__atomic_exchange_n(&t->is_fired, true, __ATOMIC_ACQ_REL))
		return;
	object_ref(&t->object);
	t->fired_next = __atomic_load_n(&fired, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&fired, &t->fired_next, t, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	/* Release: what was pushed comes before the call. */
	__atomic_store_n(&signaller_called, 1, __ATOMIC_RELEASE);
	if (to)
		sched_wake(to);
}

static void raise_due(struct timer_object *t)
{
	spin_lock(&t->object.lock);
	if (t->armed && t->deadline <= ktime_now()) {
		t->armed = false;
		object_update_signals_locked(&t->object, 0, ZX_TIMER_SIGNALED);
	}
	spin_unlock(&t->object.lock);
}

static void signaller_main(void *arg)
{
	struct timer_object *t, *next;

	(void)arg;
	__atomic_store_n(&signaller, thread_current(), __ATOMIC_RELEASE);
	for (;;) {
		/* Acquire: timers of a call that we take back are seen. */
		__atomic_exchange_n(&signaller_called, 0, __ATOMIC_ACQUIRE);
		t = __atomic_exchange_n(&fired, NULL, __ATOMIC_ACQUIRE);
		for (; t; t = next) {
			next = t->fired_next;
			/* Before the look at the deadline; see timer_fire(). */
			(void)__atomic_exchange_n(&t->is_fired, false,
						  __ATOMIC_ACQ_REL);
			raise_due(t);
			object_unref(&t->object);
		}
		sched_block_while(&signaller_called, 0, 0);
	}
}

void timer_object_init(void)
{
	slab_cache_init(&timer_cache, "timer", sizeof(struct timer_object));
	if (thread_create_kernel("timers", signaller_main, NULL,
				 THREAD_PRIORITY_HIGH) != ZX_OK)
		panic("no memory for the thread of timers");
}

static void timer_destroy(struct object *o)
{
	slab_free(&timer_cache, from_object(o));
}

/* timer_fire() takes no lock, so that it may be waited for under this one. */
static void disarm_locked(struct timer_object *t)
{
	ktimer_cancel(&t->ktimer);
	t->armed = false;
	object_update_signals_locked(&t->object, ZX_TIMER_SIGNALED, 0);
}

static void timer_close(struct object *o)
{
	struct timer_object *t = from_object(o);

	spin_lock(&o->lock);
	t->closed = true;
	disarm_locked(t);
	spin_unlock(&o->lock);
}

static const struct object_ops timer_ops = {
	.destroy = timer_destroy,
	.on_zero_handles = timer_close,
};

zx_status_t timer_object_create(u32 options, struct object **out)
{
	struct timer_object *t = slab_alloc(&timer_cache);

	if (!t)
		return ZX_ERR_NO_MEMORY;
	object_init(&t->object, ZX_OBJ_TYPE_TIMER, &timer_ops, 0);
	ktimer_init(&t->ktimer, timer_fire);
	t->options = options;
	t->armed = false;
	t->closed = false;
	t->is_fired = false;
	*out = &t->object;
	return ZX_OK;
}

static void arm_locked(struct timer_object *t, ktime_t deadline, s64 slack)
{
	if (deadline <= ktime_now()) {
		object_update_signals_locked(&t->object, 0, ZX_TIMER_SIGNALED);
		return;
	}
	t->deadline = deadline;
	t->slack = slack;
	t->armed = true;
	ktimer_start(&t->ktimer, deadline);
}

void timer_object_set(struct object *o, ktime_t deadline, s64 slack)
{
	struct timer_object *t = from_object(o);

	spin_lock(&o->lock);
	disarm_locked(t);
	if (!t->closed)
		arm_locked(t, deadline, slack);
	spin_unlock(&o->lock);
}

void timer_object_cancel(struct object *o)
{
	spin_lock(&o->lock);
	disarm_locked(from_object(o));
	spin_unlock(&o->lock);
}

void timer_object_get_info(struct object *o, zx_info_timer_t *out)
{
	struct timer_object *t = from_object(o);

	__builtin_memset(out, 0, sizeof(*out));
	out->options = t->options;
	spin_lock(&o->lock);
	if (t->armed) {
		out->deadline = t->deadline;
		out->slack = t->slack;
	}
	spin_unlock(&o->lock);
}
