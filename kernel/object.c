/*
 * Objects: identity, life and the count of what lives.
 *
 * koids come from one counter, 1024 upwards, and are never reused. The counts
 * by type are kept for leak checks: an object counts from object_init() until
 * its destroy function is called.
 */
#include <kernel/object.h>
#include <kernel/panic.h>

/* Atomic: only uniqueness matters, so the accesses are relaxed. */
static u64 last_koid = ZX_KOID_FIRST - 1;
/* Atomic: relaxed, a statistic. */
static u32 live_count[ZX_OBJ_TYPE_UPPER_BOUND];

void object_init(struct object *o, u32 type, const struct object_ops *ops,
		 zx_signals_t signals)
{
	o->ops = ops;
	o->koid = arch_add64(&last_koid, 1);
	o->type = type;
	o->ref_count = 1;
	o->handle_count = 0;
	o->signals = signals;
	o->observer_count = 0;
	list_init(&o->observers);
	spin_init(&o->lock, LOCK_OBJECT);
	arch_add32(&live_count[type], 1);
}

/* No reference is left. */
static void count_out(struct object *o)
{
	/* Orders the destruction behind every release in object_unref_many():
	 * whoever dropped a reference is done with the object (ARM ARM B2.3). */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	DEBUG_ASSERT(list_is_empty(&o->observers));
	arch_add32(&live_count[o->type], -1u);
}

void object_destroy(struct object *o)
{
	count_out(o);
	o->ops->destroy(o);
}

bool object_drop(struct object *o)
{
	if (arch_sub32_release(&o->ref_count, 1) != 0)
		return false;
	count_out(o);
	return true;
}

/* Relaxed: what the finder holds orders its reads. */
bool object_try_ref(struct object *o)
{
	u32 count = __atomic_load_n(&o->ref_count, __ATOMIC_RELAXED);

	while (count != 0)
		if (__atomic_compare_exchange_n(&o->ref_count, &count,
						count + 1, true,
						__ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

u64 object_count(u32 type)
{
	return __atomic_load_n(&live_count[type], __ATOMIC_RELAXED);
}
