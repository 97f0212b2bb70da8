/*
 * Suspend tokens: objects whose last handle ends a suspension (tasks.md 8).
 */
#include <kernel/process.h>
#include <kernel/suspend.h>
#include <mm/slab.h>

#include "suspend_internal.h"

struct suspend_token {
	struct object object;
	struct object *task;		/* fixed; counted */
	/* Atomic: not ended yet; whoever clears it ends the suspension. */
	u32 active;
};

static struct slab_cache token_cache;

void suspend_init(void)
{
	slab_cache_init(&token_cache, "suspend token",
			sizeof(struct suspend_token));
}

static void task_resume(struct object *task)
{
	if (task->type == ZX_OBJ_TYPE_THREAD)
		thread_resume(thread_from_object(task));
	else
		process_resume(process_from_object(task));
}

/* Relaxed: the task's lock orders the rest. */
static void token_end(struct object *o)
{
	struct suspend_token *s = container_of(o, struct suspend_token, object);

	if (__atomic_exchange_n(&s->active, 0, __ATOMIC_RELAXED) != 0)
		task_resume(s->task);
}

/* A token that never got a handle ends here. */
static void token_destroy(struct object *o)
{
	struct suspend_token *s = container_of(o, struct suspend_token, object);

	token_end(o);
	object_unref(s->task);
	slab_free(&token_cache, s);
}

static const struct object_ops token_ops = {
	.destroy = token_destroy,
	.on_zero_handles = token_end,
};

/* In the order of checks of tasks.md 8. */
static zx_status_t task_suspend(struct object *task)
{
	switch (task->type) {
	case ZX_OBJ_TYPE_THREAD:
		if (thread_from_object(task) == thread_current())
			return ZX_ERR_NOT_SUPPORTED;
		return thread_suspend(thread_from_object(task));
	case ZX_OBJ_TYPE_PROCESS:
		if (process_from_object(task) == process_current())
			return ZX_ERR_NOT_SUPPORTED;
		return process_suspend(process_from_object(task));
	}
	return ZX_ERR_WRONG_TYPE;
}

zx_status_t suspend_token_create(struct object *task, struct object **out)
{
	struct suspend_token *s = slab_alloc(&token_cache);
	zx_status_t status;

	if (!s)
		return ZX_ERR_NO_MEMORY;
	status = task_suspend(task);
	if (status != ZX_OK) {
		slab_free(&token_cache, s);
		return status;
	}
	object_init(&s->object, ZX_OBJ_TYPE_SUSPEND_TOKEN, &token_ops, 0);
	s->active = 1;
	s->task = task;
	object_ref(task);
	*out = &s->object;
	return ZX_OK;
}
